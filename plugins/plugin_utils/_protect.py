# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The decisions of the role protect: pure functions of its variables, of listed instances and of module results.

The filters protect_settings, protect_choice, protect_retention, protect_plan and protect_summary pass plain values.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import UUID, Row
from ansible_collections.magalu.cloud.plugins.plugin_utils._given import is_given, text_of, texts_of
from ansible_collections.magalu.cloud.plugins.plugin_utils._joint_plan import (
    NO_STEPS,
    check_joint_plan,
    join_plans,
    plan_of,
    read_approval,
    split_plan,
)
from ansible_collections.magalu.cloud.plugins.plugin_utils._sentences import (
    agree,
    capitalized,
    counted,
    label_of,
    totals,
)

Names = t.Sequence[str]
Pair = t.Sequence[t.Any]  # a target, and the result of the module for it
LONGEST = 86400  # seconds that a job may take without wait_timeout: more than the modules' own default
GRACE = 600  # seconds after wait_timeout, after which a job that has not ended is killed
NUMBERS = {  # the option -> the pattern of its values, and in words
    "keep_last": (r"[0-9]*", "a whole number, or blank"),
    "keep_days": (r"([0-9]+([.][0-9]+)?)?", "a number of days, or blank"),
    "prune_max": (r"[0-9]*", "a whole number, or blank"),
    "concurrency": (r"0*[1-9][0-9]*", "a number above 0"),
    "wait_timeout": (r"(0*[1-9][0-9]*)?", "a number of seconds above 0"),
}
IS_THERE = "it has a copy of this period"
NOT_THERE = "there is no such instance in this region"
NO_INSTANCE = "There is no such instance."
LOST = "its job in the background was killed before it returned a result; the next run finds what it has created"
SILENT = "its module was killed before it returned a result; the next run finds what it has created"


class Settings(t.NamedTuple):
    """The settings that the variables alone decide."""

    problems: list[str]  # sentences; nothing is requested if there are any
    query: Row  # options of vm_info
    lists_all: bool  # whether a second list is needed, to find out which of the named instances do not exist
    prunes: bool
    approved: bool  # whether the run is held to an approved plan
    seconds: int  # the time that a background job may take


class Target(t.NamedTuple):
    """An instance to copy."""

    id: str
    name: str | None
    state: str | None
    round: int  # targets of a round are copied at the same time
    present: Row  # the module's options for the copy
    pruned: Row  # the module's options for the retention


class Choice(t.NamedTuple):
    """The chosen instances."""

    targets: list[Target]
    skipped: list[Row]  # a copy of them would be of no use
    missing: list[str]  # the ids or names of those that do not exist


# Checks and settings


def read_protect_variables(given: Row, groups: t.Container[str]) -> Settings:
    """Return the settings for the role's variables, given without their prefix, and the inventory's groups."""
    seconds = given["wait_timeout"]
    problems = find_problems(given, groups)
    return Settings(
        problems=problems,
        query={} if problems else make_query(given),
        lists_all=bool(_names_instances(given) and (text_of(given["name_pattern"]) or texts_of(given["labels"]))),
        prunes=_keeps(given),
        approved=is_given(given["expected_plan"]),
        seconds=(LONGEST if problems or not is_given(seconds) else int(seconds)) + GRACE,
    )


def find_problems(given: Row, groups: t.Container[str]) -> list[str]:
    """Return a sentence for each variable that is not valid."""
    found = [
        f"protect_{name} must be {words}, not '{text_of(given[name])}'."
        for name, (pattern, words) in NUMBERS.items()
        if not re.fullmatch(pattern, text_of(given[name]))
    ]
    if not found and _keeps(given) and not any(float(text_of(given[name]) or 0) for name in ("keep_last", "keep_days")):
        found.append(
            "protect_keep_last and protect_keep_days come to 0, so that every copy would be deleted. Give at least one "
            "of them more than 0."
        )
    if not is_given(given["name_prefix"]) or "{" in str(given["name_prefix"]):
        found.append(
            f"protect_name_prefix must be a text without braces, not '{given['name_prefix']}': retention finds the "
            "copies by it."
        )
    if not is_given(given["period"]):
        found.append("protect_period must not be blank: the next run finds the copies by it.")
    try:
        if is_given(given["expected_plan"]):
            read_approval(given["expected_plan"])
    except Refused as error:
        found.append(str(error))
    return [*found, *_selection_problems(given, groups)]


def _selection_problems(given: Row, groups: t.Container[str]) -> t.Iterator[str]:
    group = text_of(given["group"])
    if not _chooses(given):
        if given["host"] == "localhost":
            yield (
                "Which instances? Give protect_name_pattern (* for all), protect_ids, protect_labels or protect_group, "
                "or run the role on the hosts to protect."
            )
    elif not (given["copy_name"] or _is_alone(given)):
        yield (
            "protect_name_pattern, protect_ids, protect_labels and protect_group choose from the API: give them in a "
            "play on localhost alone. Otherwise each host would protect all of them."
        )
    if group and group not in groups:
        yield f"There is no group '{group}' in this inventory."


def make_query(given: Row) -> Row:
    """Return the options of vm_info that list the instances to choose from."""
    if not _chooses(given):
        own = text_of(given["instance"])
        return {"id" if UUID.fullmatch(own) else "name": own, "expand": []}
    labels = texts_of(given["labels"])
    query: Row = {
        "name_pattern": given["name_pattern"],
        "labels": labels or None,
        "expand": ["labels"] if labels else [],
    }
    return _without_blank(query)


def _is_alone(given: Row) -> bool:
    """Return whether the host is the only one that runs the role.

    Hosts that were added during the run are among the play's hosts too.
    """
    return len(given["play_hosts"]) == 1 or (given["host"] == "localhost" and len(given["play_batch"]) == 1)


def _names_instances(given: Row) -> bool:
    return bool(texts_of(given["ids"]) or text_of(given["group"]))


def _chooses(given: Row) -> bool:
    return bool(_names_instances(given) or text_of(given["name_pattern"]) or texts_of(given["labels"]))


def _keeps(given: Row) -> bool:
    return bool(text_of(given["keep_last"]) or text_of(given["keep_days"]))


# The choice


def choose_copied(given: Row, listed: t.Sequence[Row], everything: t.Sequence[Row] | None, members: Names) -> Choice:
    """Return the chosen instances of those that were listed.

    `everything` is the second list, if the settings ask for a second list; `members` are the ids of the group's hosts.
    A named instance that the other conditions exclude is not missing.
    """
    named = _chosen_ids(given, members)
    if _names_instances(given):
        chosen = [row for row in listed if str(row["id"]).lower() in named]
        there = {str(row["id"]).lower() for row in (chosen if everything is None else everything)}
        missing = [each for each in named if each not in there]
    else:
        chosen = list(listed)
        missing = [] if listed or _chooses(given) else [text_of(given["instance"])]
    useful = [row for row in chosen if is_useful(row)]
    place = list(given["play_batch"]).index(given["host"]) if given["host"] in given["play_batch"] else 0
    targets = [_target(given, row, place + number) for number, row in enumerate(useful)]
    expected = given["expected_plan"]
    plan = read_approval(expected).saved if is_given(expected) else None
    return Choice(
        targets=[_with_approved_plans(target, split_plan(plan)) for target in targets] if plan is not None else targets,
        skipped=[{key: row.get(key) for key in ("id", "name", "status")} for row in chosen if not is_useful(row)],
        missing=missing,
    )


def is_useful(row: Row) -> bool:
    """Return whether a copy of the instance can be of use: it exists, and its creation has not failed."""
    return row["phase"] not in ("creation_failed", "deleting", "gone")


def group_members(hosts: Names, hostvars: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[str]:
    """Return the ids of the hosts' instances, in lower case; the host's own name if it has no id."""
    members = []
    for host in hosts:
        instance = hostvars[host].get("mgc_id")
        members.append(str(instance).lower() if is_given(instance) else host)
    return members


def _chosen_ids(given: Row, members: Names) -> list[str]:
    """Return the ids that are given, or those of the group; if both are given, those that are in both."""
    ids = list(dict.fromkeys(each.lower() for each in texts_of(given["ids"])))
    if not text_of(given["group"]):
        return ids
    return [each for each in dict.fromkeys(members) if not ids or each in ids]


def _target(given: Row, row: Row, place: int) -> Target:
    # YAML reads a name of digits as a number, and 2026-11-30 as a date.
    prefix, period = str(given["name_prefix"]), str(given["period"])
    usual = f"{prefix}{{instance}}-{period.replace('{id}', row['id'])}"
    waits = {"wait_timeout": given["wait_timeout"]}
    copy = {"name": given["copy_name"] or usual, "power_off": given["power_off"], **waits}
    numbers = {name: text_of(given[name]) for name in ("keep_last", "keep_days", "prune_max")}
    names = {"name_prefix": prefix, "protect_names": given["protect_names"]}
    return Target(
        id=row["id"],
        name=row.get("name"),
        state=row.get("state"),
        round=place // int(given["concurrency"]),
        present=_without_blank(copy),
        pruned=_without_blank({**numbers, **names, **waits}),
    )


def _without_blank(options: Row) -> Row:
    return {name: value for name, value in options.items() if is_given(value)}


# The retention and the plan


def retention_targets(copies: t.Sequence[Pair], kind: str, trial: bool) -> list[Row]:
    """Return the targets of the retention: those whose copy has not failed.

    After a trial run, the options name the copy that does not exist yet.
    """
    made = [(target, result) for target, result in copies if not result.get("failed")]
    if not trial:
        return [target for target, _result in made]
    return [{**target, "pruned": {**target["pruned"], "new_copy": result[kind]["name"]}} for target, result in made]


def task_name(state: str, target: Row) -> str:
    """Return the name that a target's task has in the plan of the run."""
    return f"{state} {target['id']}"


def _with_approved_plans(target: Target, plans: t.Mapping[str, Row]) -> Target:
    """Return the target with the approved plans of its tasks, without steps where nothing was approved."""
    present, pruned = (plans.get(task_name(state, target._asdict()), NO_STEPS) for state in ("present", "pruned"))
    return target._replace(
        present={**target.present, "expected_plan": present}, pruned={**target.pruned, "expected_plan": pruned}
    )


def plan_copies(
    targets: t.Sequence[Target], copies: t.Sequence[Pair], prunings: t.Sequence[Pair], expected: t.Any
) -> Row:
    """Return the plan of the run, after a trial run.

    With an approved plan, also return why the run differs from that plan (`refusal`), and the targets for the real run,
    each held to its own part of the plan.
    """
    tried = (("present", copies), ("pruned", prunings))
    results = {task_name(state, target): result for state, pairs in tried for target, result in pairs}
    plan = join_plans({name: plan_of(result) for name, result in results.items()})
    found: Row = {"plan": plan, "refusal": "", "warnings": [], "targets": list(targets)}
    if not is_given(expected):
        return found
    approval = read_approval(expected)
    try:
        approved = check_joint_plan(approval, results)
    except Refused as error:
        return {**found, "refusal": str(error)}
    return {
        **found,
        "warnings": [] if plan["lines"] else approval.nothing_left_warnings(),
        "targets": [_with_approved_plans(target, approved) for target in targets],
    }


# The summary


def summarize_copies(
    choice: Choice, kind: str, copies: t.Sequence[Pair], prunings: t.Sequence[Pair], check: bool
) -> Row:
    """Return protect_result."""
    made = [(target, result) for target, result in copies if not result.get("failed")]
    gone = [(target, result) for target, result in prunings if not result.get("failed")]
    failures = [(target, result) for target, result in [*copies, *prunings] if result.get("failed")]
    skipped = [_copy_row(target, result[kind], IS_THERE) for target, result in made if not result.get("changed")]
    failed = [_copy_row({"name": each, "id": each}, reason=NOT_THERE) for each in choice.missing]
    result: Row = {
        "kind": kind,
        "check_mode": check,
        "created": [_copy_row(target, result[kind]) for target, result in made if result.get("changed")],
        "skipped": [*skipped, *(_copy_row(each, reason=f"its status is {each['status']}") for each in choice.skipped)],
        "failed": [*failed, *(_copy_row(target, reason=failure(result)) for target, result in failures)],
        "pruned": [_copy_row(target, copy) for target, result in gone for copy in result.get("pruned") or ()],
        "found_stopped": [
            label_of(target._asdict())
            for target in choice.targets
            if target.present.get("power_off") and target.state == "stopped"
        ],
    }
    chosen = len(choice.targets) + len(choice.skipped) + len(choice.missing)
    return {**result, "message": "\n".join(_summary_lines(result, chosen))}


def failure(result: Row) -> str:
    """Return why the module failed. A job that was killed has not finished."""
    if not result.get("finished", True):
        return LOST
    if _was_killed(result):
        return SILENT
    return str(result.get("msg") or "it ended without a message")


def _was_killed(result: Row) -> bool:
    """Return whether a signal ended the module, according to Ansible's report on a missing result.

    Ansible returns `module_stdout` with an exit status: above 128 if a shell started the module, below 0 otherwise. In
    the background it returns `data`, the output, without a status.
    """
    if "module_stdout" in result:
        return not 0 <= int(result.get("rc") or 0) <= 128
    return result.get("data") == "" and not result.get("stderr")


def _copy_row(target: Row, copy: Row | None = None, reason: str | None = None) -> Row:
    row = {"instance": label_of(target), "id": target["id"]}
    if copy:
        row.update(copy=copy["name"], copy_id=copy.get("id"))  # null for a copy that check mode would create
    return {**row, "reason": reason} if reason else row


def _summary_lines(result: Row, chosen: int) -> t.Iterator[str]:
    if not chosen:
        yield NO_INSTANCE
        return
    created, skipped, failed, pruned = (result[key] for key in ("created", "skipped", "failed", "pruned"))
    kind, would = result["kind"], "would be " if result["check_mode"] else ""
    numbers = totals(
        (len(created), f"{would}created"), (len(skipped), "skipped"), (len(failed), "failed"),
        (len(pruned), f"{agree(len(pruned), f'old {kind}')} {would}deleted"), none=f"nothing {would}done",
    )  # fmt: skip
    yield f"{kind.capitalize()}s of {counted(chosen, 'instance')}: {numbers}."
    if created:
        yield f"{capitalized(would + 'created')}: {', '.join(row['copy'] for row in created)}"
    if skipped:
        yield f"Skipped: {'; '.join('{instance}, {reason}'.format(**row) for row in skipped)}"
    if pruned:
        yield f"{capitalized(would + 'deleted')}: {', '.join(row['copy'] for row in pruned)}"
    if result["found_stopped"]:
        yield f"Found stopped, perhaps left so by a run that was killed: {', '.join(result['found_stopped'])}"
    for row in failed:
        name, id_ = row["instance"], row["id"]
        yield f"Failed: {name if name == id_ else f'{name} ({id_})'}: {row['reason']}"
