# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Choose instances from a listing by the answers of a job, and refuse unexpected choices."""

from __future__ import annotations

import fnmatch
import typing as t

from ._sentences import capitalized, counted, label_of, labels_of, matching

Row = t.Mapping[str, t.Any]
Answers = t.Mapping[str, t.Any]
PREFIX = "magalu_"


def without_prefix(answers: Answers) -> dict[str, t.Any]:
    """Return the answers of a playbook by their names without magalu_."""
    return {name.removeprefix(PREFIX): value for name, value in answers.items()}


class Choice(t.NamedTuple):
    """The chosen instances, and the instances that are not in the inventory."""

    selected: list[Row]
    outside: list[Row]
    missing: list[str]  # ids that no instance has


def choose(
    rows: t.Iterable[Row], answers: Answers, members: t.Iterable[str] = (), known: t.Iterable[str] = ()
) -> Choice:
    """Return the instances that the answers choose, without those that are being deleted.

    `members` are the ids of the group's hosts, `known` those of all hosts. Case does not count in ids.
    """
    living = [row for row in rows if row.get("phase") != "deleting"]
    ids = [str(each).lower() for each in answers.get("ids") or ()]
    wanted = {*ids, *(str(member).lower() for member in members)}
    inventory = {str(host).lower() for host in known}
    pattern = answers.get("name_pattern")
    if pattern:
        selected = [row for row in living if fnmatch.fnmatchcase(str(row.get("name") or ""), pattern)]
    else:
        selected = [row for row in living if _id(row) in wanted]
    found = {_id(row) for row in selected}
    outside = [row for row in living if answers.get("group") and _id(row) not in inventory]
    return Choice(selected, outside, [word for word in ids if word not in found])


def _id(row: Row) -> str:
    return str(row["id"]).lower()


def choice_refusal(choice: Choice, answers: Answers, verb: str = "") -> str:
    """Return the reason if nothing may be done to the chosen instances, else an empty text.

    With a `verb` (deleted), a count above 0 must have been confirmed.
    """
    count, names = answers.get("confirm_count"), ", ".join(labels_of(choice.selected))
    number = len(choice.selected)
    if choice.missing:
        return (
            f"This region has no instances with these ids: {', '.join(choice.missing)}. Nothing was done. Leave them "
            "out of "
            "magalu_ids, or give their region as magalu_region."
        )
    if count is not None and count != number:
        they = f" They are: {names}." if names else ""
        return f"{matching(number)}, but magalu_confirm_count is {count}. Nothing was done.{they}"
    if not number and count is None and not answers.get("allow_none"):
        return nothing_found(_sought(answers))
    if verb and number and count is None:
        return (
            f"{capitalized(counted(number, 'instance'))} would be {verb}. Nothing was done. To confirm it, give "
            f"magalu_confirm_count: {number}. They are: {names}."
        )
    return ""


def _sought(answers: Answers) -> str:
    pattern = answers.get("name_pattern")
    if pattern:
        return f"instance of this region has a name that matches magalu_name_pattern {pattern}"
    return f"instance of this region is a host of magalu_group {answers.get('group')}"


def nothing_found(sought: str) -> str:
    """Return the message for a choice that matches nothing, which is a failure unless the answers allow it."""
    return (
        f"No {sought}. Nothing was done. Check the answers, and magalu_region. If nothing may match, give "
        "magalu_allow_none: true."
    )


def choice_notes(choice: Choice, group: str, hosts: int) -> list[str]:
    """Return sentences about hosts that are not instances, and instances that are not hosts.

    `hosts` is the number of hosts in the group.
    """
    number = len(choice.selected)
    notes = []
    if number < hosts:
        notes.append(
            f"{number} of the {counted(hosts, 'host')} of {group} "
            f"{'is an instance' if number == 1 else 'are instances'} of this "
            "region. The others do not exist any more, are in another region, or are not hosts of the plugin "
            "magalu.cloud.vm_instances."
        )
    if choice.outside:
        notes.append(
            f"{counted(len(choice.outside), 'instance', 'is')} not in the inventory, so it is not known whether they "
            "belong to "
            f"{group}: {', '.join(map(label_of, choice.outside))}. AWX leaves out disabled hosts, such as stopped "
            "instances. "
            "magalu_name_pattern finds them."
        )
    return notes
