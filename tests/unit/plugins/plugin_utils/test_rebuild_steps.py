# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps of the role rebuild: their requests and outcomes, the summary, and runs that are killed anywhere.

The property tests run the role's steps with a small model of the cloud, with kills, failures and silent instances
between them.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.filter.rebuild_after import rebuild_after
from ansible_collections.magalu.cloud.plugins.filter.rebuild_plan import rebuild_plan
from ansible_collections.magalu.cloud.plugins.filter.rebuild_requests import rebuild_requests
from ansible_collections.magalu.cloud.plugins.filter.rebuild_settings import rebuild_settings
from ansible_collections.magalu.cloud.plugins.filter.rebuild_summary import rebuild_summary
from tests.conftest import ROOT
from tests.support.documents import load_yaml
from tests.unit.plugins.plugin_utils.rebuild import ALL, ID, ONE, RESTORED, TWO, VARIABLES, Fields, row

NEW = ID.format(9)


def read(**variables: Any) -> Fields:
    return rebuild_settings({**VARIABLES, **(variables or ALL)})


def member(instance: Fields | None = None, **fields: Any) -> Fields:
    """Return a member of a batch."""
    made = rebuild_plan(read(), [instance or row(1)], [])["members"][0]
    return {**made, **fields}


def requested(step: str, *members: Fields, listed: Any = (), **variables: Any) -> list[Any]:
    requests = rebuild_requests(members, step, read(**variables), listed)
    return [(request["name"], request["options"]) for request in requests]


ASIDE = {"id": ONE, "name": "web-1-old-x1", "state": "stopped"}
BACK = {"id": ONE, "name": "web-1", "state": "running"}
GONE = {"id": ONE, "state": "absent", "delete_public_ip": True, "protect_names": ["web-1"]}
COPIED, FAILED = {"snapshot": "copy"}, {"reason": "not now"}
LISTED = [row(9), row(1, "web-1-old-x1", "stopped"), row(8, "web-2")]


@pytest.mark.parametrize(
    ("step", "fields", "listed", "options"),
    [
        ("put_aside", {}, (), [ASIDE]),
        ("put_aside", {"begun": True}, (), [ASIDE]),
        ("try", {"begun": True}, (), []),
        ("create", {**COPIED, **FAILED}, (), []),
        ("delete_new", COPIED, LISTED, []),
        ("delete_new", {**COPIED, **FAILED}, LISTED, [{"id": NEW, "state": "absent", "delete_public_ip": True}]),
        ("delete_new", {**COPIED, **FAILED}, LISTED[1:], []),
        ("delete_new", {**COPIED, **FAILED}, [row(1)], []),  # the old instance still has its own name
        ("delete_new", {**COPIED, **FAILED}, [row(2, "web-2"), row(1, None)], []),
        ("delete_new", {**COPIED, **FAILED}, LISTED[::2], []),  # somebody else has deleted the old instance
        ("delete_new", {**COPIED, **FAILED}, [LISTED[0], row(1, "web-1-old-x1", status="deleting")], []),
        ("delete_new", FAILED, LISTED, []),  # without a snapshot, no new instance was created
        ("give_back", {**COPIED, **FAILED}, (), [BACK]),
        ("give_back", FAILED, (), [BACK]),
        ("give_back", {**COPIED, **FAILED, "back_reason": "not now"}, (), []),  # the new instance still has its name
        ("give_back", COPIED, (), []),
        ("delete_old", {**COPIED, **FAILED}, (), []),
        ("delete_old", COPIED, (), [GONE]),
    ],
)
def test_each_step_requests_its_tasks(step: str, fields: Fields, listed: Any, options: list[Fields]) -> None:
    assert requested(step, member(**fields), listed=listed) == [("web-1", each) for each in options]


def test_an_old_instance_that_has_its_name_back_is_not_deleted() -> None:
    """Its name is a pattern of protect_names, in which nothing but the name itself matches."""
    ((_name, made),) = requested("delete_old", member(name="web[1]*"))
    assert made["protect_names"] == ["web[[]1][*]"]


@pytest.mark.parametrize("deleted", [True, False])
def test_rebuild_delete_public_ip_decides_about_public_addresses(deleted: bool) -> None:
    made = requested("delete_old", member(), **ALL, delete_public_ip=deleted)
    assert made == [("web-1", {**GONE, "delete_public_ip": deleted})]


GROUP = {"interfaces": [{"security_groups": ["group", {"id": "no text"}]}], "vpc": {"id": "vpc"}}
OLD = row(1, machine_type={"id": "small"}, ssh_key_name="deploy", availability_zone="br-se1-a", labels=["prod"],
          network=GROUP, public_ipv4="192.0.2.1")  # fmt: skip
SAME = {
    "name": "web-1", "state": "running", "on_immutable_change": "ignore", "machine_type": "small", "ssh_key_name": "deploy",
    "availability_zone": "br-se1-a",
    "network": {"vpc": "vpc", "security_groups": ["group"], "associate_public_ip": True},
}  # fmt: skip
BLANK = {
    "ssh_key_name": "", "image": None, "machine_type": " ", "labels": "", "id": "", "state": None,
    "network": {"vpc": "", "security_groups": None, "associate_public_ip": "__omit_place_holder__1"},
}  # fmt: skip
BARE = {"name": "web-1", "state": "running", "on_immutable_change": "ignore", "network": {"associate_public_ip": False}}


@pytest.mark.parametrize(
    ("old", "variables", "declared"),
    [
        (OLD, ALL, {**SAME, "image": "image", "labels": ["prod"]}),
        (OLD, RESTORED, {**SAME, "snapshot": "copy"}),
        (row(1), ALL, {**BARE, "image": "image"}),
        (row(1, image=None), {**ALL, "declaration": {"image": "debian"}}, {**BARE, "image": "debian"}),
        (
            OLD,
            {**ALL, "declaration": {"labels": [], "user_data": "x", "network": {"vpc": "other"}}},
            {**SAME, "image": "image", "labels": [], "user_data": "x", "network": {**SAME["network"], "vpc": "other"}},
        ),
        (
            row(1),
            {"declaration": {"image": "all", "name": "x"}, "instances": [{"name": "web-1", "image": "own"}]},
            {**BARE, "image": "own"},
        ),
        (row(1), {"instances": [{"name": "web-1"}, {"name": "web-2", "image": "own"}]}, {**BARE, "image": "image"}),
        (OLD, {**ALL, "declaration": BLANK}, {**SAME, "image": "image", "labels": ["prod"]}),
        (OLD, {"instances": [{"name": "web-1", **BLANK}]}, {**SAME, "image": "image", "labels": ["prod"]}),
    ],
)
def test_the_new_instance_equals_the_old_instance_unless_declared_otherwise(
    old: Fields, variables: Fields, declared: Fields
) -> None:
    assert requested("create", member(old, **COPIED), **variables) == [("web-1", declared)]


def test_a_creation_is_tried_with_a_name_that_nothing_has() -> None:
    ((_name, tried),) = requested("try", member())
    assert tried == {**BARE, "image": "image", "name": f"web-1-{ONE}"}
    assert len(requested("try", {**member(), "name": "w" * 255})[0][1]["name"]) < 255
    larger = {**RESTORED, "declaration": {"machine_type": "BV9"}}
    assert requested("try", member(), **larger) == [("web-1", {"id": ONE, "machine_type": "BV9"})]


def after(step: str, result: Fields, **fields: Any) -> Fields:
    """Return the member's fields that a step changes."""
    before = member(**fields)
    asked = [{"name": "web-1", "options": {}}] if step not in ("copy", "check") else []
    (made,) = rebuild_after([before], step, result, asked)
    return {key: value for key, value in made.items() if value != before[key] and key != "failed"}


NO = {"failed": True, "msg": "not now"}
KEPT = f"the instance {NEW} has its name, and is left as it is"
CREATED = {"instance": row(9), "actions": []}


@pytest.mark.parametrize(
    ("step", "result", "fields", "changed"),
    [
        *((step, {"members": [NO]}, {}, {"reason": "not now"}) for step in ("try", "put_aside", "create")),
        *((step, {"members": [NO]}, FAILED, {"back_reason": "not now"}) for step in ("delete_new", "give_back")),
        ("delete_old", {"members": [NO]}, {}, {"end_reason": "not now"}),
        ("put_aside", {"failed": True, "msg": "bad option"}, {}, {"reason": "bad option"}),
        ("put_aside", {"failed": True}, {}, {"reason": "it ended without a message"}),
        ("put_aside", {"members": [{"failed": True}]}, {}, {"reason": "it ended without a message"}),
        ("put_aside", {"members": [CREATED]}, {}, {}),
        ("create", {"members": [CREATED]}, {}, {"new": row(9)}),
        ("delete_old", {"members": [{"kept_public_ips": ["192.0.2.1"]}]}, {}, {"kept_public_ips": ["192.0.2.1"]}),
        ("give_back", {"members": [CREATED]}, FAILED, {}),
        ("check", {"web-1": "no login"}, {}, {"reason": "the new instance does not answer: no login"}),
        ("check", {"web-2": "no login"}, {}, {}),
        ("copy", {"created": [{"id": ONE, "copy_id": "copy"}]}, {}, COPIED),
        ("copy", {"skipped": [{"id": ONE.upper(), "copy_id": "copy", "reason": "there"}]}, {}, COPIED),
        ("copy", {"failed": [{"id": ONE, "reason": "quota"}]}, {}, {"reason": "quota"}),
        ("copy", {"skipped": [{"id": ONE, "reason": "its status is x"}]}, {}, {"reason": "its status is x"}),
        ("copy", {"msg": "the role failed"}, {}, {"reason": "the role failed"}),
        ("copy", {"created": [{"id": TWO, "copy_id": "c"}]}, {}, {"reason": "it ended without a message"}),
        ("copy", {"created": [{"id": ONE, "copy_id": "copy"}]}, FAILED, {}),
        # A new instance of an earlier run is deleted only if the snapshot of this rebuild was seen.
        ("put_aside", {"members": [NO]}, {"new": row(9)}, {"reason": "not now", "back_reason": KEPT}),
        ("copy", {"msg": "not now"}, {"new": row(9)}, {"reason": "not now", "back_reason": KEPT}),
        ("create", {"members": [NO]}, {"new": row(9), **COPIED}, {"reason": "not now"}),
    ],
)
def test_the_result_of_a_step_changes_the_member(step: str, result: Fields, fields: Fields, changed: Fields) -> None:
    assert after(step, result, **fields) == changed


def test_a_new_instance_that_could_not_be_deleted_counts() -> None:
    asked = [{"name": "web-1", "options": {}}] * 2
    for rows in ([NO, CREATED], [CREATED, NO]):
        (made,) = rebuild_after([member(**FAILED)], "delete_new", {"members": rows}, asked)
        assert made["back_reason"] == "not now"


def summary(*finished: Fields, current: Any = (), check: bool = False, **variables: Any) -> Fields:
    chosen = read(**variables)
    planned = rebuild_plan(chosen, [row(number, f"web-{number}") for number in (1, 2)], [])
    return rebuild_summary({**planned, "earlier": ["web-0"]}, chosen, finished, current, check)


DONE: Fields = {"snapshot": "copy", "new": row(9), "kept_public_ips": ["192.0.2.1"]}


def test_the_summary_of_replaced_instances() -> None:
    result = summary(member(**DONE), current=[member(row(2, "web-2"))])
    assert result == {
        "id": "x1",
        "check_mode": False,
        "rebuilt": [
            {"name": "web-1", "id": NEW, "old_id": ONE, "snapshot": "rebuild-web-1-old-x1", "snapshot_id": "copy"}
        ],
        "earlier": ["web-0"],
        "failed": [],
        "cut_off": ["web-2"],
        "left": [],
        "kept_public_ips": ["192.0.2.1"],
        "message": "Rebuild x1: 1 instance replaced, 1 by an earlier run.\nReplaced: web-1\n"
        "Cut off in the middle, and carried on by the same run again: web-2\n"
        "Public IPv4 addresses that are left, and billed: 192.0.2.1",
    }


@pytest.mark.parametrize(
    ("fields", "reason", "back", "now"),
    [
        ({"reason": "no quota"}, "no quota.", True, f"The old instance ({ONE}) is back, and runs as web-1."),
        (
            {"reason": "no quota. ", "back_reason": "not now"},
            "no quota.",
            False,
            f"The way back failed too: not now. The old instance is {ONE}, called web-1-old-x1 if it was put aside.",
        ),
        (
            {**DONE, "end_reason": "not now."},
            "not now.",
            False,
            f"The new instance ({NEW}) answers. The old instance is still there, as web-1-old-x1.",
        ),
    ],
)
def test_the_summary_of_failed_instances(fields: Fields, reason: str, back: bool, now: str) -> None:
    result = summary(member(**fields))
    (failed,) = result["failed"]
    assert (failed["name"], failed["id"], failed["reason"], failed["back"]) == ("web-1", ONE, reason, back)
    assert failed["now"].startswith(now) and (back or failed["now"].endswith(" Fix the cause and run this again."))
    assert (result["rebuilt"], result["left"]) == ([], ["web-2"])
    assert "1 failed." in result["message"]
    assert result["message"].splitlines()[-1] == f"Failed: web-1: {reason} {failed['now']}"
    assert "Not started, after more failures than rebuild_max_failures: web-2" in result["message"]


@pytest.mark.parametrize(("variables", "disks"), [(ALL, "goes (the snapshots keep it)"), (RESTORED, "stays")])
def test_the_summary_in_check_mode(variables: Fields, disks: str) -> None:
    result = summary(check=True, **variables)
    assert (result["left"], result["check_mode"]) == (["web-1", "web-2"], True)
    assert result["message"] == (
        "Rebuild x1: 2 instances would be replaced, 1 was by an earlier run.\n"
        f"Would be replaced: web-1, web-2; what is on their disks {disks}, ids and addresses change, and volumes are "
        "detached."
    )


# Runs over a model of the cloud


class Killed(Exception):
    """The end of a killed run."""


class Cloud:
    """A model of instances with disks, and snapshots. A change may be refused, or be the last one before a kill."""

    def __init__(self, names: list[str]) -> None:
        self.minute = itertools.count(1)
        self.numbers = itertools.count(1)
        self.ticks = itertools.count(1)
        self.written: dict[str, int] = {}  # when each instance last wrote to its disk: a running one always does
        self.instances: list[Fields] = []
        self.snapshots: list[Fields] = []
        for name in names:
            self.create(name)
        self.olds = {each["name"]: each["id"] for each in self.instances}
        self.left, self.refuses = 10**6, iter(())  # type: float, Any

    def create(self, name: str) -> Fields:
        number, minute = next(self.numbers), next(self.minute)
        made = row(0, name, id=f"{number:08d}-0000-4000-8000-000000000000")
        made["created_at"] = f"2026-11-25T{minute // 60:02d}:{minute % 60:02d}:00Z"
        self.instances.append(made)
        return made

    def change(self) -> None:
        """Count a change; it takes effect when this returns."""
        if next(self.refuses, False):
            raise ValueError("not now")
        if self.left <= 0:
            raise Killed
        self.left -= 1
        tick = next(self.ticks)
        self.written.update({each["id"]: tick for each in self.instances if each["state"] == "running"})

    def lives(self, identity: str) -> bool:
        return any(each["id"] == identity for each in self.instances)

    def reconcile(self, options: Fields) -> Fields:
        """Apply a declaration as vm_fleet does, change by change."""
        found = next((each for each in self.instances if options.get("id", each["id"]) == each["id"]
                      and ("id" in options or each["name"] == options["name"])), None)  # fmt: skip
        if options["state"] == "absent":
            if found:
                self.change()
                self.instances.remove(found)
            return {"instance": None}
        if found is None:
            assert "id" not in options, "a resource that is gone is declared"
            self.change()
            found = self.create(options["name"])
        if found["name"] != options["name"]:
            assert all(each["name"] != options["name"] for each in self.instances), "two would have this name"
            self.change()
            found["name"] = options["name"]
        if found["state"] != options["state"]:
            self.change()
            found["state"] = options["state"]
        return {"instance": dict(found)}

    def fleet(self, requests: list[Fields]) -> Fields:
        rows = []
        for request in requests:
            try:
                rows.append(self.reconcile(request["options"]))
            except ValueError as error:
                rows.append({"failed": True, "msg": str(error)})
        return {"members": rows}

    def protect(self, ids: list[str]) -> Fields:
        """Create snapshots as the role protect does."""
        result: Fields = {"created": [], "skipped": [], "failed": []}
        for identity in ids:
            found = next(each for each in self.instances if each["id"] == identity)
            name = f"rebuild-{found['name']}"
            there = next((each for each in self.snapshots if each["name"] == name), None)
            try:
                if there is None:
                    self.change()
                    minute = next(self.minute)
                    there = {"id": f"copy-{minute}", "name": name, "instance": {"id": identity},
                             "holds": self.written[identity],
                             "created_at": f"2026-11-25T{minute // 60:02d}:{minute % 60:02d}:00Z"}  # fmt: skip
                    self.snapshots.append(there)
                assert there["instance"]["id"] == identity, "the snapshot is of another instance"
                result["created"].append({"id": identity, "copy_id": there["id"]})
            except ValueError as error:
                result["failed"].append({"id": identity, "reason": str(error)})
        return result


STEPS = ["outdated", "put_aside", "copy", "create", "check", "back", "delete_old"]  # as in replace.yml


def replace(cloud: Cloud, batch: list[Fields], chosen: Fields, silent: Any) -> list[Fields]:
    """Run the tasks of replace.yml."""

    def step(members: list[Fields], name: str) -> list[Fields]:
        requests = rebuild_requests(members, name, chosen, list(cloud.instances))
        return rebuild_after(members, name, cloud.fleet(requests), requests)

    for each in batch:
        if each["outdated"]:
            cloud.change()
            cloud.snapshots = [copy for copy in cloud.snapshots if copy["id"] != each["outdated"]]
    members = step(batch, "put_aside")
    ids = [each["old"]["id"] for each in members if not each["failed"]]
    members = rebuild_after(members, "copy", cloud.protect(ids)) if ids else members
    members = step(members, "create")
    asked = [each["name"] for each in members if not each["failed"]]
    members = rebuild_after(members, "check", {name: "no login" for name in asked if next(silent, False)})
    if any(each["failed"] for each in members):
        members = step(step(members, "delete_new"), "give_back")
    return step(members, "delete_old")


NONE: Any = iter(())


def run(cloud: Cloud, chosen: Fields, silent: Any = NONE) -> Fields | None:
    """Run the role, and return its summary, None if it refuses to run."""
    planned = rebuild_plan(chosen, [dict(each) for each in cloud.instances], list(cloud.snapshots))
    if planned["problems"]:
        return None
    finished: list[Fields] = []
    for at in range(0, len(planned["members"]), planned["size"]):
        finished += replace(cloud, planned["members"][at : at + planned["size"]], chosen, silent)
    return rebuild_summary(planned, chosen, finished, [])


def check_nothing_is_lost(cloud: Cloud) -> None:
    """Assert that each instance exists, or a new running one of its name and a snapshot of the old disk."""
    copied = [old for old in cloud.olds.values() for copy in cloud.snapshots
              if (copy["instance"]["id"], copy["holds"]) == (old, cloud.written[old])]  # fmt: skip
    for name, old in cloud.olds.items():
        running = [each for each in cloud.instances if each["name"] == name and each["state"] == "running"]
        assert cloud.lives(old) or (running and old in copied), f"{name} is gone, and not replaced"


NAMES = st.integers(1, 3).map(lambda count: [f"web-{number}" for number in range(count)])
SOME = st.lists(st.booleans(), max_size=12)


@settings(max_examples=200)
@given(NAMES, st.sampled_from(["1", "2", "100%"]), st.lists(st.tuples(st.integers(0, 16), SOME), max_size=5))
def test_no_instance_is_ever_both_gone_and_not_replaced(names: list[str], batch: str, kills: list[Any]) -> None:
    """After kills at any change and silent new instances, a last run completes: no instance is lost."""
    cloud, chosen = Cloud(names), read(**ALL, batch=batch)
    for changes, silent in kills:
        cloud.left = changes
        try:
            run(cloud, chosen, iter(silent))
        except Killed:
            pass
        check_nothing_is_lost(cloud)
    cloud.left = 10**6
    result = run(cloud, chosen)
    check_nothing_is_lost(cloud)
    assert result is not None and result["failed"] == []
    assert sorted(each["name"] for each in cloud.instances) == names
    assert not any(cloud.lives(old) for old in cloud.olds.values())
    assert {copy["name"] for copy in cloud.snapshots} == {f"rebuild-{name}-old-x1" for name in names}
    replaced = [one["name"] for one in result["rebuilt"]]
    assert sorted(replaced + result["earlier"]) == names
    again = run(cloud, chosen)
    assert again is not None and (again["rebuilt"], again["earlier"]) == ([], names)


@settings(max_examples=200)
@given(
    NAMES, st.sampled_from(["1", "100%"]), st.lists(st.tuples(st.integers(0, 16), SOME, SOME), min_size=1, max_size=4)
)
def test_nothing_is_lost_where_the_api_refuses_anything(names: list[str], batch: str, runs: list[Any]) -> None:
    """Nothing is lost if the API refuses any change of any run, and failures say where the old instance is."""
    cloud, chosen = Cloud(names), read(**ALL, batch=batch)
    for changes, refuses, silent in runs:
        cloud.left, cloud.refuses = changes, iter(refuses)
        try:
            result = run(cloud, chosen, iter(silent))
        except (Killed, ValueError):
            result = None
        check_nothing_is_lost(cloud)
        for failed in (result or {}).get("failed", []):
            assert cloud.lives(failed["id"])
            if failed["back"]:
                now = next(each for each in cloud.instances if each["id"] == failed["id"])
                assert (now["name"], now["state"]) == (failed["name"], "running")


def test_the_steps_are_those_of_the_role() -> None:
    """The role's files have the steps of the model above, in the same order."""
    tasks = ROOT / "roles/rebuild/tasks"
    words = {"vm_snapshot": "outdated", "copy.yml": "copy", "check.yml": "check", "back.yml": "back"}

    def steps(file: str) -> list[str]:
        found = []
        for task in load_yaml((tasks / file).read_text()):
            step = task.get("vars", {}).get("_rebuild_step")
            included = task.get("ansible.builtin.include_tasks")
            found.append(step or words.get(included) or ("outdated" if "magalu.cloud.vm_snapshot" in task else None))
        return [step for step in found if step]

    assert steps("replace.yml") == STEPS
    assert steps("back.yml") == ["delete_new", "give_back"]
