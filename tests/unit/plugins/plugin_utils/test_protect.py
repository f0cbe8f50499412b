# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The decisions of the role protect: each rule as rows of a table."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.filter.protect_choice import protect_choice
from ansible_collections.magalu.cloud.plugins.filter.protect_retention import protect_retention
from ansible_collections.magalu.cloud.plugins.filter.protect_settings import protect_settings
from ansible_collections.magalu.cloud.plugins.filter.protect_summary import protect_summary
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import INSTANCES
from ansible_collections.magalu.cloud.plugins.module_utils._api.statuses import with_phase
from tests.support.protect import VARIABLES

Fields = dict[str, Any]
ID = "0000000{}-0000-4000-8000-00000000000a"
ONE, TWO, THREE = (ID.format(number) for number in (1, 2, 3))
ALL: Fields = {"name_pattern": "*"}
HOST: Fields = {"host": "two", "instance": "two", "play_hosts": ["one", "two"], "play_batch": ["one", "two"]}
GROUPS = {"web": ["one", "two"]}


def row(number: int, name: str | None = "", **fields: Any) -> Fields:
    """Return an instance as vm_info returns it."""
    made = {
        "id": ID.format(number),
        "name": f"web-{number}" if name == "" else name,
        "state": "running",
        "status": "completed",
    }
    return with_phase({**made, **fields}, INSTANCES)


def read(**variables: Any) -> Fields:
    return protect_settings({**VARIABLES, **variables}, GROUPS)


def chosen(
    rows: list[Fields], everything: list[Fields] | None = None, hosts: Fields | None = None, **given: Any
) -> Any:
    """Return the ids of the targets and of the skipped instances, and the missing names."""
    found = protect_choice({**VARIABLES, **given}, rows, everything, list(hosts or {}), hosts or {})
    return [[each["id"] for each in found[key]] for key in ("targets", "skipped")] + [found["missing"]]


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({**ALL, "keep_last": "many"}, "protect_keep_last must be a whole number, or blank, not 'many'."),
        ({**ALL, "keep_last": -1}, "protect_keep_last must be a whole number, or blank, not '-1'."),
        ({**ALL, "keep_last": "1.5"}, "protect_keep_last must be a whole number, or blank, not '1.5'."),
        ({**ALL, "keep_days": "week"}, "protect_keep_days must be a number of days, or blank, not 'week'."),
        ({**ALL, "keep_days": "nan"}, "protect_keep_days must be a number of days, or blank, not 'nan'."),
        ({**ALL, "prune_max": -1}, "protect_prune_max must be a whole number, or blank, not '-1'."),
        ({**ALL, "concurrency": 0}, "protect_concurrency must be a number above 0, not '0'."),
        ({**ALL, "wait_timeout": "0"}, "protect_wait_timeout must be a number of seconds above 0, not '0'."),
        ({**ALL, "keep_last": 0}, "protect_keep_last and protect_keep_days come to 0, so that every copy would be"),
        ({**ALL, "keep_last": 0, "keep_days": "0.0"}, "protect_keep_last and protect_keep_days come to 0, so that"),
        ({**ALL, "name_prefix": "{instance}"}, "protect_name_prefix must be a text without braces, not '{instance}'"),
        ({**ALL, "name_prefix": " "}, "protect_name_prefix must be a text without braces, not ' '"),
        ({**ALL, "period": " "}, "protect_period must not be blank"),
        ({}, "Which instances? Give protect_name_pattern"),
        ({"group": "db"}, "There is no group 'db' in this inventory."),
        ({**HOST, **ALL}, "give them in a play on localhost alone"),
        ({**HOST, "ids": [ONE]}, "give them in a play on localhost alone"),
        ({**HOST, "labels": ["prod"]}, "give them in a play on localhost alone"),
        ({**HOST, "group": "web"}, "give them in a play on localhost alone"),
        ({**ALL, "play_hosts": ["localhost", "one"], "play_batch": ["localhost", "one"]}, "on localhost alone"),
    ],
)
def test_bad_variables_are_refused(variables: Fields, problem: str) -> None:
    problems = read(**variables)["problems"]
    assert len(problems) == 1 and problem in problems[0]


@pytest.mark.parametrize(
    "variables",
    [
        ALL,
        {**ALL, "keep_last": 0, "keep_days": "0.5"},
        {**ALL, "keep_last": " 7 ", "prune_max": 0, "wait_timeout": 60, "concurrency": "2"},
        {**ALL, "keep_last": None, "keep_days": None, "prune_max": None, "group": None, "period": "x"},
        {"group": "web"},
        HOST,
        {**ALL, "play_hosts": ["localhost", "added"]},  # a host that was added during the run
        {**HOST, **ALL, "play_hosts": ["two"], "play_batch": ["two"]},
        {**HOST, "ids": [ONE], "copy_name": "rebuild-{instance}"},  # the role rebuild, for each host
    ],
)
def test_good_variables_are_accepted(variables: Fields) -> None:
    assert read(**variables)["problems"] == []


def test_all_problems_are_reported_at_once() -> None:
    assert len(read(keep_last="x", keep_days="x", period="", group="db")["problems"]) == 4


@pytest.mark.parametrize(
    ("variables", "query", "lists_all"),
    [
        (ALL, {"name_pattern": "*", "expand": []}, False),
        ({"ids": [ONE]}, {"expand": []}, False),
        ({"group": "web"}, {"expand": []}, False),
        ({"labels": ["prod"]}, {"labels": ["prod"], "expand": ["labels"]}, False),
        ({"labels": "prod, db"}, {"labels": ["prod", "db"], "expand": ["labels"]}, False),
        ({**ALL, "labels": [""], "ids": [" "]}, {"name_pattern": "*", "expand": []}, False),
        ({**ALL, "ids": [ONE]}, {"name_pattern": "*", "expand": []}, True),
        ({"labels": ["prod"], "group": "web"}, {"labels": ["prod"], "expand": ["labels"]}, True),
        (HOST, {"name": "two", "expand": []}, False),
        ({**HOST, "instance": ONE.upper()}, {"id": ONE.upper(), "expand": []}, False),
    ],
)
def test_the_query_follows_from_the_variables(variables: Fields, query: Fields, lists_all: bool) -> None:
    made = read(**variables)
    assert (made["query"], made["lists_all"]) == (query, lists_all)


@pytest.mark.parametrize(("given", "seconds"), [("", 87000), (None, 87000), (60, 660), ("60", 660)])
def test_a_job_has_longer_than_its_module(given: Any, seconds: int) -> None:
    assert read(**ALL, wait_timeout=given)["seconds"] == seconds


@pytest.mark.parametrize(
    ("variables", "prunes"),
    [({}, False), ({"prune_max": 3}, False), ({"keep_last": 1}, True), ({"keep_days": "0.5"}, True)],
)
def test_without_retention_nothing_is_pruned(variables: Fields, prunes: bool) -> None:
    assert read(**ALL, **variables)["prunes"] is prunes


@pytest.mark.parametrize(
    ("status", "state", "useful"),
    [
        ("completed", "running", True),
        ("completed", "stopped", True),
        ("stopping", "running", True),
        ("deleting_error", "running", True),
        ("creating", "new", True),
        ("deleting", "running", False),
        ("deleted", "deleted", False),
        ("creating_error", "error", False),
        ("creating_error_quota", "error", False),
    ],
)
def test_only_created_instances_that_stay_are_copied(status: str, state: str, useful: bool) -> None:
    found = chosen([row(1, status=status, state=state)], **ALL)
    assert found == ([[ONE], [], []] if useful else [[], [ONE], []])


ROWS = [row(1), row(2)]
MEMBERS = {"one": {"mgc_id": ONE.upper()}, "two": {"mgc_id": THREE}, "three": {}}


@pytest.mark.parametrize(
    ("variables", "hosts", "found"),
    [
        (ALL, None, [[ONE, TWO], [], []]),
        ({"labels": ["prod"]}, None, [[ONE, TWO], [], []]),
        ({"ids": [ONE.upper(), THREE, THREE]}, None, [[ONE], [], [THREE]]),
        ({"ids": f"{ONE}, {TWO}"}, None, [[ONE, TWO], [], []]),
        ({"group": "web"}, MEMBERS, [[ONE], [], [THREE, "three"]]),
        ({"group": "web"}, {}, [[], [], []]),
        ({"group": "web", "ids": [ONE, TWO]}, MEMBERS, [[ONE], [], []]),
        ({"group": "web", "ids": [TWO]}, MEMBERS, [[], [], []]),
    ],
)
def test_which_instances_are_chosen(variables: Fields, hosts: Fields | None, found: Any) -> None:
    assert chosen(ROWS, hosts=hosts, **variables) == found


def test_instances_excluded_by_other_conditions_are_not_missing() -> None:
    assert chosen([row(1)], ROWS, ids=[TWO, THREE], name_pattern="web-1") == [[], [], [THREE]]


@pytest.mark.parametrize(("listed", "found"), [([row(2)], [[TWO], [], []]), ([], [[], [], ["two"]])])
def test_a_host_protects_its_own_instance(listed: list[Fields], found: Any) -> None:
    assert chosen(listed, **HOST) == found


@pytest.mark.parametrize(
    ("variables", "present"),
    [
        ({}, {"name": "nightly-{instance}-{date}", "power_off": False}),
        ({"period": "{id}", "power_off": True}, {"name": f"nightly-{{instance}}-{ONE}", "power_off": True}),
        ({"copy_name": "rebuild-{instance}"}, {"name": "rebuild-{instance}", "power_off": False}),
        ({"wait_timeout": 60}, {"name": "nightly-{instance}-{date}", "power_off": False, "wait_timeout": 60}),
        ({"period": datetime.date(2026, 11, 30)}, {"name": "nightly-{instance}-2026-11-30", "power_off": False}),
        ({"period": 47, "name_prefix": 2026}, {"name": "2026{instance}-47", "power_off": False}),
    ],
)
def test_options_of_a_copy(variables: Fields, present: Fields) -> None:
    assert protect_choice({**VARIABLES, **ALL, **variables}, [row(1)])["targets"][0]["present"] == present


@pytest.mark.parametrize(
    ("variables", "pruned"),
    [
        ({"keep_last": " 7 ", "power_off": True}, {"keep_last": "7"}),
        ({"keep_days": 2.5, "prune_max": 3, "wait_timeout": 60}, {"keep_days": "2.5", "prune_max": "3", "wait_timeout": 60}),
        ({"keep_last": 0, "protect_names": ["*-0"]}, {"keep_last": "0", "protect_names": ["*-0"]}),
        ({"protect_names": []}, {"protect_names": []}),  # given, so it overrides module_defaults
    ],
)  # fmt: skip
def test_options_of_the_retention(variables: Fields, pruned: Fields) -> None:
    made = protect_choice({**VARIABLES, **ALL, **variables}, [row(1)])["targets"][0]["pruned"]
    assert made == {"name_prefix": "nightly-", **pruned}


@settings(max_examples=50)
@given(st.integers(0, 30), st.integers(1, 7), st.integers(0, 4))
def test_no_more_at_a_time_than_concurrency(count: int, concurrency: int, place: int) -> None:
    """At most `concurrency` copies run at a time: for targets of localhost, and for hosts with one target each."""
    rows = [row(number % 9, id=f"{number}") for number in range(count)]
    own = protect_choice({**VARIABLES, **ALL, "concurrency": str(concurrency)}, rows)["targets"]
    hosts = [str(number) for number in range(count)]
    each = [
        protect_choice({**VARIABLES, "host": host, "play_batch": hosts, "concurrency": concurrency}, [row(1)])[
            "targets"
        ]
        for host in hosts
    ]
    rounds = [number // concurrency for number in range(count)]
    assert [target["round"] for target in own] == rounds == [targets[0]["round"] for targets in each]


# The plan


@pytest.mark.parametrize(
    ("expected", "approved", "problem"),
    [
        ("", False, ""), (None, False, ""), (" ", False, ""), ("0" * 64, True, ""),
        ("yes", True, "expected_plan is neither a plan"), ({}, True, "expected_plan is neither a plan"),
        ({"digest": "0" * 64}, True, "expected_plan does not have the digest that it names"),
    ],
    ids=str,
)  # fmt: skip
def test_which_plans_are_read(expected: Any, approved: bool, problem: str) -> None:
    settings = read(**ALL, expected_plan=expected)
    assert settings["approved"] is approved
    assert " ".join(settings["problems"]).startswith(problem) and bool(settings["problems"]) == bool(problem)


def test_targets_of_the_retention_are_those_with_a_copy() -> None:
    targets = protect_choice({**VARIABLES, **ALL, "keep_last": 1}, [row(1), row(2)])["targets"]
    pairs = [[targets[0], copied()], [targets[1], {"failed": True}]]
    assert protect_retention(pairs, "snapshot") == targets[:1]
    (planned,) = protect_retention(pairs, "snapshot", trial=True)
    assert planned == {**targets[0], "pruned": {**targets[0]["pruned"], "new_copy": "copy-1"}}


# The summary: pairs of a target and a result

TARGETS = [row(1), row(2, state="stopped")]


def summary(
    copies: list[Any], prunings: list[Any], rows: list[Fields] | None = None, check: bool = False, **given: Any
) -> Fields:
    choice = protect_choice({**VARIABLES, **ALL, **given}, TARGETS if rows is None else rows)
    pairs = [
        [[choice["targets"][number], result] for number, result in enumerate(results) if result]
        for results in (copies, prunings)
    ]
    return protect_summary(choice, "snapshot", *pairs, check_mode=check)


def copied(changed: bool = True, **fields: Any) -> Fields:
    return {"changed": changed, "failed": False, "snapshot": {"name": "copy-1", "id": THREE}, "finished": 1, **fields}


def test_the_summary_of_a_good_run() -> None:
    prunings = [{"pruned": [{"name": "old-1", "id": "o1"}, {"name": "old-2", "id": "o2"}]}, {"pruned": []}]
    bad = row(3, status="creating_error", state="error")
    result = summary([copied(), copied(False)], prunings, [*TARGETS, bad])
    assert result == {
        "kind": "snapshot",
        "check_mode": False,
        "created": [{"instance": "web-1", "id": ONE, "copy": "copy-1", "copy_id": THREE}],
        "skipped": [
            {
                "instance": "web-2",
                "id": TWO,
                "copy": "copy-1",
                "copy_id": THREE,
                "reason": "it has a copy of this period",
            },
            {"instance": "web-3", "id": THREE, "reason": "its status is creating_error"},
        ],
        "failed": [],
        "pruned": [
            {"instance": "web-1", "id": ONE, "copy": "old-1", "copy_id": "o1"},
            {"instance": "web-1", "id": ONE, "copy": "old-2", "copy_id": "o2"},
        ],
        "found_stopped": [],
        "message": "Snapshots of 3 instances: 1 created, 2 skipped, 2 old snapshots deleted.\n"
        "Created: copy-1\n"
        "Skipped: web-2, it has a copy of this period; web-3, its status is creating_error\n"
        "Deleted: old-1, old-2",
    }


LOST = "its job in the background was killed before it returned a result; the next run finds what it has created"
SILENT = "its module was killed before it returned a result; the next run finds what it has created"


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"failed": True, "msg": "not now", "finished": 1}, "not now"),
        ({"failed": True, "msg": "not now"}, "not now"),  # in check mode, without a job
        ({"failed": True, "finished": 0, "started": 1}, LOST),
        ({"failed": True, "finished": False, "msg": ""}, LOST),
        ({"failed": True, "msg": "MODULE FAILURE", "module_stdout": "", "rc": -9}, SILENT),  # not yet in the background
        ({"failed": True, "msg": "MODULE FAILURE", "module_stdout": "", "module_stderr": "Killed", "rc": 137}, SILENT),
        (
            {"failed": True, "msg": "Traceback ...", "cmd": "vm_snapshot.py", "data": "", "stderr": "", "finished": 1},
            SILENT,
        ),
        # Not killed: Ansible's message is more detailed.
        (
            {"failed": True, "msg": "no python3.9", "module_stdout": "", "module_stderr": "not found", "rc": 127},
            "no python3.9",
        ),
        ({"failed": True, "msg": "not JSON", "module_stdout": "x", "rc": 0}, "not JSON"),
        ({"failed": True, "msg": "not JSON", "cmd": "x", "data": "x", "finished": 1}, "not JSON"),
        ({"failed": True, "msg": "no json", "cmd": "x", "data": "", "stderr": "ImportError", "finished": 1}, "no json"),
        ({"failed": True}, "it ended without a message"),
    ],
)
def test_the_reason_of_a_failure_is_reported(result: Fields, reason: str) -> None:
    """The reason of a failure is reported for a copy and for a retention."""
    for pairs in ([[result], []], [[copied()], [result]]):
        made = summary(*pairs)
        assert made["failed"] == [{"instance": "web-1", "id": ONE, "reason": reason}]
        assert "1 failed" in made["message"] and made["pruned"] == []
        assert made["message"].splitlines()[-1] == f"Failed: web-1 ({ONE}): {reason}"


def test_a_missing_instance_counts_as_failed() -> None:
    result = summary([], [], rows=[], ids=[TWO])
    assert result["failed"] == [{"instance": TWO, "id": TWO, "reason": "there is no such instance in this region"}]
    assert result["message"] == (
        f"Snapshots of 1 instance: 1 failed.\nFailed: {TWO}: there is no such instance in this region"
    )


def test_the_summary_in_check_mode() -> None:
    result = summary(
        [{"changed": True, "snapshot": {"name": "copy-1"}}], [{"pruned": [{"name": "o", "id": "o"}]}], check=True
    )
    assert result["created"] == [{"instance": "web-1", "id": ONE, "copy": "copy-1", "copy_id": None}]
    assert result["message"].splitlines() == [
        "Snapshots of 2 instances: 1 would be created, 1 old snapshot would be deleted.",
        "Would be created: copy-1",
        "Would be deleted: o",
    ]


@pytest.mark.parametrize(("power_off", "stopped"), [(True, ["web-2"]), (False, [])])
def test_instances_found_stopped_are_named(power_off: bool, stopped: list[str]) -> None:
    result = summary([copied(), copied()], [], power_off=power_off)
    assert result["found_stopped"] == stopped
    assert ("Found stopped, perhaps left so by a run that was killed: web-2" in result["message"]) == power_off


def test_an_instance_without_a_name_is_called_by_its_id() -> None:
    rows = [row(1, name=None, state="stopped"), {key: value for key, value in row(2).items() if key != "name"}]
    result = summary([copied(), {"failed": True, "msg": "not now"}], [], rows=rows, power_off=True)
    assert (result["created"][0]["instance"], result["found_stopped"]) == (ONE, [ONE])
    assert result["message"].splitlines()[-1] == f"Failed: {TWO}: not now"


def test_the_summary_says_if_no_instance_matches() -> None:
    assert summary([], [], rows=[])["message"].splitlines()[-1] == "There is no such instance."
