# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""vm_fleet treats each member as vm_instance does, and check mode predicts it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.choice import one_in
from tests.support.declarations import DEFAULTS, IMAGE, LARGE, SMALL
from tests.support.fleet import Fields, actions, changes, plain, rows, run
from tests.support.module import result

PORT = "11111111-1111-4111-8111-11111111111{}"
THERE = st.fixed_dictionaries({
    "state": st.sampled_from(["running", "stopped", "suspended"]),
    "machine_type": st.sampled_from([SMALL, LARGE]),
    "status": st.sampled_from(["completed", "completed", "retyping_error"]),
    "public_ip": st.booleans(),
    "image": st.sampled_from([IMAGE, "cloud-debian-12 LTS"]),
})  # fmt: skip
FAILED = st.just({"state": "error", "status": "creating_error_capacity"})
WANTED = st.fixed_dictionaries({}, optional={
    "state": st.sampled_from(["present", "running", "stopped", "suspended", "rebooted", "absent"]),
    "machine_type": st.sampled_from([SMALL, LARGE, "BV9-9-90"]),
    "network_interfaces": st.sampled_from([[], [PORT]]),
    "on_failed": st.just("replace"),
    "on_immutable_change": st.sampled_from(["fail", "ignore", "recreate"]),
    "delete_public_ip": st.booleans(),
    "user_data": st.just("#!/bin/sh\n"),
    "labels": st.just(["blue"]),
    "protect_names": st.sampled_from([["web-1"], ["nothing"]]),
})  # fmt: skip
MIXES = st.lists(st.tuples(st.one_of(st.none(), FAILED, THERE, THERE), WANTED), min_size=1, max_size=4)
CONDITIONS: list[Fields] = [
    {}, {"edition": "2024-08"}, {"unique_names": False, "nulls": "omitted"}, {"lag": 5, "stale": 2}, {"address_delay": 40},
]  # fmt: skip


def seed_members(sim: Any, mix: Any, condition: Fields) -> list[Fields]:
    """Create the resources before the run, and return the declared members."""
    sim.reset(quota_public_ips=None, **condition)
    for number, (there, _wanted) in enumerate(mix):
        if there:
            sim.seed("instance", **{"name": f"web-{number}", "created_at": sim.now() - 3600, **there})
    sim.advance(60)
    old = condition.get("edition") == "2024-08"  # does not accept these
    members = [{"name": f"web-{number}", **wanted} for number, (_there, wanted) in enumerate(mix)]
    for number, one in enumerate(members):
        if one.get("network_interfaces"):
            one["network_interfaces"] = [PORT.format(number)]
        if old:
            one.pop("labels", None)
    return members


def list_resources(sim: Any) -> Any:
    """Return all resources at the end, and the instances with public IPs."""
    held = sorted(str(bool(ip["instance"])) for ip in sim.state()["br-se1"]["public_ips"])
    return sorted((plain(row) for row in rows(sim)), key=lambda row: str(row["name"])), held


def comparable_result(given: Fields) -> Fields:
    """Return the keys of a result that vm_instance and a fleet's members share. Ansible's own keys are left out."""
    own = {key: value for key, value in given.items() if key not in ("invocation", "warnings", "exception", "plan")}
    return {"changed": False, "actions": [], **own}


@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
@settings(max_examples=25 // one_in(12))
@given(mix=MIXES)
def test_the_end_and_the_results_are_those_of_vm_instance(simulator_server: Any, condition: Fields, mix: Any) -> None:
    sim = simulator_server
    members = seed_members(sim, mix, condition)
    alone = [comparable_result(result(sim, "vm_instance", {**DEFAULTS, "wait_timeout": 900, **one})) for one in members]
    sim.advance(60)
    expected = list_resources(sim)
    seed_members(sim, mix, condition)
    checked = run(sim, check=True, instances=members)
    assert not changes(sim)
    fleet = run(sim, instances=members, wait_timeout=900)
    sim.advance(60)
    assert list_resources(sim) == expected
    assert [one["name"] for one in fleet["members"]] == [one["name"] for one in members]
    for one, single in zip(fleet["members"], alone, strict=True):
        assert plain(comparable_result(one)) == plain({"name": one["name"], **single})
    assert bool(fleet.get("failed")) == any(one.get("failed") for one in alone)
    assert actions(checked) == actions(fleet)
    assert [one.get("msg") for one in checked["members"]] == [one.get("msg") for one in fleet["members"]]
    assert (checked["changed"], checked["totals"]) == (fleet["changed"], fleet["totals"])


def test_alternatives_are_tried_for_each_member(sim: Any) -> None:
    """Each member tries its alternatives if the first type has no capacity; failed attempts go with their addresses."""
    other = {"alternatives": [{"machine_type": LARGE}], "alternatives_on": ["capacity"]}
    sim.reset(capacity={SMALL: 0}, quota_public_ips=None)
    alone = comparable_result(result(sim, "vm_instance", {**DEFAULTS, "name": "web-1", **other}))
    sim.reset(capacity={SMALL: 0}, quota_public_ips=None)
    given = run(sim, count=6, name_format="web-{index}", defaults=other)
    assert len(alone["creation_attempts"]) == 1
    assert plain(comparable_result(given["members"][0])) == plain({"name": "web-1", **alone})
    assert {row["machine_type"]["name"] for row in rows(sim)} == {LARGE}
    assert len(rows(sim)) == 6
    assert not sim.state()["br-se1"]["public_ips"]
    assert run(sim, count=6, name_format="web-{index}", defaults=other)["changed"] is False


NO = {"kind": "status", "status": 403, "body": {"slug": "forbidden", "message": "No"}}
FAULTS: dict[str, tuple[Fields, Fields]] = {
    "refused deletion": ({"name": "web", "state": "absent"}, {**NO, "operation": "DELETE /v1/instances/{id}"}),
    "refused action": ({"name": "web", "state": "stopped"}, {**NO, "operation": "POST /v1/instances/{id}/stop"}),
    "refused second action": ({"name": "web", "machine_type": LARGE, "state": "stopped"},
                              {**NO, "operation": "POST /v1/instances/{id}/stop"}),
    "refused creation": ({"name": "new"}, {**NO, "operation": "POST /v1/instances"}),
    "failed creation": ({"name": "new"}, {"operation": "POST /v1/instances", "kind": "failing"}),
    "failed action": ({"name": "web", "state": "stopped"}, {"operation": "POST /v1/instances/{id}/stop", "kind": "failing"}),
    "action stuck": ({"name": "web", "state": "stopped"}, {"operation": "POST /v1/instances/{id}/stop", "kind": "stuck"}),
    "creation stuck": ({"name": "new"}, {"operation": "POST /v1/instances", "kind": "stuck"}),
    "lost creation": ({"name": "new"}, {"operation": "POST /v1/instances", "kind": "reset", "nth": "every"}),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_failures_are_reported_as_by_vm_instance(sim: Any, fault: str) -> None:
    declared, wire = FAULTS[fault]
    results = []
    for module in ("vm_instance", "vm_fleet"):
        sim.reset()
        sim.seed("instance", name="web", public_ip=True)
        sim.add_fault(**wire)
        options = (
            {**DEFAULTS, **declared} if module == "vm_instance" else {"instances": [declared], "defaults": DEFAULTS}
        )
        results.append(result(sim, module, {**options, "wait_timeout": 200}))
    alone, fleet = results
    assert alone["failed"] and fleet["failed"]
    assert plain(comparable_result(fleet["members"][0])) == plain(
        {"name": declared["name"], **comparable_result(alone)}
    )
    assert plain(alone["msg"]) in plain(fleet["msg"])
