# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of the role rebuild: each rule as rows of a table."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.filter.rebuild_plan import rebuild_plan
from ansible_collections.magalu.cloud.plugins.filter.rebuild_settings import rebuild_settings
from ansible_collections.magalu.cloud.plugins.plugin_utils._rebuild_plan import batch_size, read_rebuild_variables
from tests.unit.plugins.plugin_utils.rebuild import ALL, ID, ONE, RESTORED, TWO, VARIABLES, Fields, at, row

HOST: Fields = {"host": "web-1", "play_hosts": ["web-1", "web-2"], "play_batch": ["web-1", "web-2"]}


def aside(number: int = 1, state: str = "stopped", **fields: Any) -> Fields:
    return row(number, "web-1-old-x1", state, **fields)


def copy(minute: int = 5, of: str | None = ONE, name: str = "web-1") -> Fields:
    """Return a snapshot as vm_info returns it."""
    return {"id": "copy", "name": f"rebuild-{name}-old-x1", "created_at": at(minute), "instance": of and {"id": of}}


def plan(there: list[Fields], snapshots: list[Fields] | None = None, **variables: Any) -> Fields:
    settings = rebuild_settings({**VARIABLES, **(variables or ALL)})
    assert settings["problems"] == []
    return rebuild_plan(settings, there, snapshots or [])


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({**ALL, "id": "a b"}, "rebuild_id must be letters, digits, dots, dashes and underscores, not 'a b'"),
        ({**ALL, "old_suffix": ""}, "rebuild_old_suffix must be letters, digits, dots, dashes and underscores, not ''"),
        ({**ALL, "batch": 0}, "rebuild_batch must be a number above 0, or a percentage, not '0'."),
        ({**ALL, "batch": "0%"}, "rebuild_batch must be a number above 0, or a percentage, not '0%'."),
        ({**ALL, "batch": "101%"}, "rebuild_batch must be a number above 0, or a percentage, not '101%'."),
        ({**ALL, "max_failures": -1}, "rebuild_max_failures must be a number from 0 on, not '-1'."),
        ({**ALL, "check_timeout": 0}, "rebuild_check_timeout must be a number of seconds above 0, not '0'."),
        ({**ALL, "wait_timeout": 0}, "rebuild_wait_timeout must be a number of seconds above 0, not '0'."),
        ({}, "Give rebuild_name_pattern or rebuild_instances in a play on localhost alone"),
        ({**ALL, "instances": [{"name": "web-1"}]}, "Give rebuild_name_pattern or rebuild_instances in a play on"),
        ({**HOST, **ALL}, "give them in a play on localhost alone"),
        ({**HOST, "instances": [{"name": "web-1"}]}, "give them in a play on localhost alone"),
        ({"instances": [{"name": "web-1"}, {"name": "web-1"}]}, "Each of rebuild_instances needs a name of its own."),
        ({"instances": [{"image": "debian"}]}, "Each of rebuild_instances needs a name of its own."),
        ({**ALL, "declaration": {"network": {"interface": ONE}}}, "cannot have network.interface: what only one"),
        ({"instances": [{"name": "web-7", "id": ONE}]}, "cannot have id: what only one instance can have"),
        ({"instances": [{"name": "web-7", "id": ONE}]}, "These options are given: id, name."),
        ({**ALL, "declaration": {"state": "running", "volumes": []}}, "cannot have state, volumes"),
        ({**ALL, "ssh_port": True}, "rebuild_ssh_port must be a port, such as 22, not 'True'."),
        ({**ALL, "from": "snapshots"}, "rebuild_from must be image or snapshot, not 'snapshots'."),
        ({**RESTORED, "declaration": {"image": "debian"}}, "image cannot be declared with rebuild_from: snapshot."),
        ({**RESTORED, "declaration": {"labels": [], "image": "x"}}, "image and labels cannot be declared with"),
    ],
)
def test_bad_variables_are_refused(variables: Fields, problem: str) -> None:
    problems = rebuild_settings({**VARIABLES, **variables})["problems"]
    assert len(problems) == 1 and problem in problems[0]


@pytest.mark.parametrize("declaration", ['{"image": "x", "ssh_key_name": ""}', "image=x", {"image": "x"}])
@pytest.mark.parametrize("instances", ['{"name": "web-1"}', "name=web-1", ['{"name": "web-1"}'], [{"name": "web-1"}]])
def test_texts_that_the_argument_spec_accepts(declaration: Any, instances: Any) -> None:
    settings = read_rebuild_variables({**VARIABLES, "declaration": declaration, "instances": instances})
    assert settings.problems == [] and settings.declaration == {"image": "x"}
    assert settings.instances == [{"name": "web-1"}]


def test_null_counts_as_not_given() -> None:
    settings = read_rebuild_variables({**VARIABLES, **ALL, "declaration": None, "instances": None})
    assert (settings.problems, settings.declaration, settings.instances) == ([], {}, [])


@pytest.mark.parametrize(
    "variables",
    [
        ALL,
        {**ALL, "batch": 2, "wait_timeout": "60", "max_failures": "3"},
        {**ALL, "batch": "100%", "old_suffix": "_before"},
        {"instances": [{"name": "web-1", "image": "debian"}, {"name": "web-2"}]},
        HOST,
        {**ALL, "play_hosts": ["localhost", "added"]},
        {**RESTORED, "declaration": {"network": {"vpc": ONE}}},
    ],
)
def test_good_variables_are_accepted(variables: Fields) -> None:
    assert rebuild_settings({**VARIABLES, **variables})["problems"] == []


NAMELESS = {key: value for key, value in row(2).items() if key != "name"}
# The name, the id of the old instance, whether its rebuild has begun, and the outdated snapshot.
FRESH, BEGUN = ("web-1", ONE, False, ""), ("web-1", ONE, True, "")


@pytest.mark.parametrize(
    ("instances", "snapshots", "members", "earlier"),
    [
        ([row(1)], [], [FRESH], []),
        ([aside()], [], [BEGUN], []),
        ([aside(state="running")], [], [BEGUN], []),
        ([aside()], [copy()], [BEGUN], []),
        ([aside(state="running")], [copy()], [("web-1", ONE, True, "copy")], []),
        ([aside(), row(6)], [copy()], [BEGUN], []),
        ([row(1)], [copy()], [("web-1", ONE, False, "copy")], []),  # after the way back
        ([row(1, state="stopped")], [copy()], [FRESH], []),  # killed on the way back
        ([row(6)], [copy()], [], ["web-1"]),
        ([row(6)], [copy(of=None)], [], ["web-1"]),
        ([row(6, created_at=None)], [copy()], [("web-1", ID.format(6), False, "copy")], []),
        ([row(1), row(2, "web-1-old-x1", status="deleting", state="stopped")], [], [FRESH], []),
        ([row(1), row(2, "db-1"), row(3, "web-1-old-x0", "stopped")], [], None, []),
        ([row(1), row(2, "db-1"), row(3, "db-1-old-x1", "stopped")], [], [FRESH], []),
        ([row(1), NAMELESS, row(3, None)], [{"id": "copy"}], [FRESH], []),
    ],
)
def test_the_steps_done_so_far_follow_from_names(
    instances: list[Fields], snapshots: list[Fields], members: list[Any] | None, earlier: list[str]
) -> None:
    made = plan(instances, snapshots)
    if members is None:  # of another rebuild: an instance like any other, and not running
        assert [problem.partition(":")[0] for problem in made["problems"]] == ["web-1-old-x0"]
        return
    assert made["problems"] == []
    found = [(each["name"], each["old"]["id"], each["begun"], each["outdated"]) for each in made["members"]]
    assert (found, made["earlier"]) == (members, earlier)


LABELS = ["prod", "db"]
BESIDE = f"there are both it ({ID.format(6)}) and web-1-old-x1 ({ONE}), which is running. Delete or rename one"


@pytest.mark.parametrize(
    ("instances", "snapshots", "variables", "problem"),
    [
        ([row(1, state="stopped")], [], ALL, "it is stopped, its status completed; only an instance that runs"),
        ([row(1, status="stopping")], [], ALL, "it is running, its status stopping; only an instance that runs"),
        ([row(1, status="stopping")], [copy()], ALL, "it is running, its status stopping; only an instance that runs"),
        ([row(1, state="error", status="error")], [copy()], ALL, "it is error, its status error; only an instance"),
        ([row(1), row(2)], [], ALL, f"there are several instances of this name: {ONE}, {TWO}"),
        ([aside(1), aside(2)], [], ALL, f"there are several instances of this name: {ONE}, {TWO}"),
        ([], [], {"instances": [{"name": "web-1"}]}, "there is no such instance"),
        ([], [copy()], {"instances": [{"name": "web-1"}]}, "but its snapshot rebuild-web-1-old-x1 (copy)"),
        ([row(1, image=None)], [], ALL, "the API does not return its image, and no image is declared"),
        ([row(1, network=None)], [], ALL, "the API does not return its interfaces"),
        ([row(1, network={"interfaces": [{}, {}]})], [], ALL, "it has interfaces beyond the primary, which would be"),
        ([row(1, network={"ports": [{}, {}]})], [], ALL, "it has interfaces beyond the primary, which would be"),
        ([row(1, labels=LABELS)], [], RESTORED, "its labels would be lost, since restores take none: prod, db. Accept"),
        ([aside(state="running"), row(6)], [copy()], ALL, BESIDE),
        ([aside(), row(6)], [], ALL, f"there is another instance of this name ({ID.format(6)}), which this rebuild"),
        ([aside(), row(4)], [copy()], ALL, f"which this rebuild did not create, beside web-1-old-x1 ({ONE})"),
        (
            [row(2)],
            [],
            {**HOST, "host_id": ONE},
            f"the instance of this host, {ONE}, is not in this region, and the",
        ),
        ([row(6)], [copy(of=TWO)], {**HOST, "host_id": ONE}, "and the instance named web-1 here is another instance"),
    ],
)
def test_an_instance_that_cannot_be_replaced_is_refused(
    instances: list[Fields], snapshots: list[Fields], variables: Fields, problem: str
) -> None:
    problems = plan(instances, snapshots, **variables)["problems"]
    assert len(problems) == 1 and problems[0].startswith("web-1: ") and problem in problems[0]


@pytest.mark.parametrize(
    ("instance", "variables"),
    [
        (row(1, image=None), {**ALL, "declaration": {"image": "debian"}}),
        (row(1, image=None), {"instances": [{"name": "web-1", "image": "debian"}]}),
        (row(1, image=None), RESTORED),
        (row(1, labels=LABELS), ALL),
        (row(1, labels=LABELS), {**RESTORED, "accept_loss": ["labels"]}),
        (row(1, labels=None), RESTORED),
        (row(1, network={"interfaces": []}), ALL),
        (row(1, network={"ports": [{}]}), ALL),
    ],
)
def test_an_instance_that_can_be_replaced_is_accepted(instance: Fields, variables: Fields) -> None:
    assert plan([instance], **variables)["problems"] == []


def test_all_problems_of_all_instances_are_reported() -> None:
    made = plan([row(1, state="stopped", image=None), row(2, "web-2", labels=None, network=None)])
    assert [line.count("; ") for line in made["problems"]] == [2, 0]
    assert plan([row(1, "db-1")])["problems"] == ["No instance matches rebuild_name_pattern 'web-*'."]


@pytest.mark.parametrize(
    ("instances", "snapshots", "host_id", "name"),
    [
        ([row(1, "other")], [], ONE.upper(), "other"),
        ([aside()], [], ONE, "web-1"),
        ([row(6, "other")], [{**copy(name="other")}], ONE, "other"),  # replaced already: the inventory has the old id
        ([row(1)], [], "", "web-1"),
    ],
)
def test_a_host_rebuilds_its_own_instance(
    instances: list[Fields], snapshots: list[Fields], host_id: str, name: str
) -> None:
    made = plan([*instances, row(3, "third")], snapshots, **{**HOST, "host_id": host_id})
    assert made["problems"] == []
    assert [member["name"] for member in made["members"]] + made["earlier"] == [name]


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        (ALL, ["web-1", "web-old"]),
        ({"instances": [{"name": "db-old-x0"}, {"name": "db-old"}]}, ["db-old", "db-old-x0"]),
        ({**ALL, "name_pattern": "*-old*"}, ["db-1", "db-old", "db-old-x0", "web-old"]),
        ({**ALL, "name_pattern": "WEB-*"}, []),
        ({"instances": [{"name": 101}]}, ["101"]),
    ],
)
def test_only_instances_renamed_by_this_rebuild_belong_to_it(variables: Fields, names: list[str]) -> None:
    """An instance whose name only ends like those put aside is an ordinary one, also when listed by name."""
    there = [row(number, name) for number, name in enumerate(["web-old", "web-1", "db-old", "db-old-x0", "101"])]
    made = plan([*there, row(7, "db-1-old-x1", "stopped")], **variables)
    assert sorted(member["name"] for member in made["members"]) == names
    assert [each["name"] for each in made["members"] if each["begun"]] == [name for name in names if name == "db-1"]


def test_an_instance_without_a_name_is_not_rebuilt() -> None:
    assert plan([NAMELESS, row(3, None)], name_pattern="*")["problems"] == [
        "No instance matches rebuild_name_pattern '*'."
    ]
    own = plan([row(1), NAMELESS], **{**HOST, "host_id": TWO.upper()})
    assert own["problems"] == [f"{TWO}: it has no name, by which its old and its new instance would be found"]
    assert own["members"] == []


def test_instances_already_begun_come_first() -> None:
    made = plan([row(1), row(2, "web-2"), row(3, "web-3-old-x1", "stopped")])
    assert [member["name"] for member in made["members"]] == ["web-3", "web-1", "web-2"]


@pytest.mark.parametrize(
    ("batch", "members", "size"),
    [("1", 9, 1), ("3", 2, 3), ("70%", 3, 2), ("20%", 3, 1), ("100%", 7, 7), ("50%", 0, 1)],
)
def test_size_of_a_batch(batch: str, members: int, size: int) -> None:
    assert batch_size(batch, members) == size
