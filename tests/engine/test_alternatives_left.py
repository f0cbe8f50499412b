# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alternatives: lost responses, attempts that earlier runs left, restores, and random cases under all conditions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.module_utils._engine.driver import drive_members
from ansible_collections.magalu.cloud.plugins.module_utils._engine.member import Member
from ansible_collections.magalu.cloud.plugins.module_utils._resources.instance import instance_task
from tests.engine.alternatives import (
    CAPACITY,
    CONDITIONS,
    OTHER,
    POST_CREATE,
    PUBLIC,
    REFUSED,
    WAYS,
    WITH_WAYS,
    attempted_types,
    count_public_ips,
    everywhere,
    own_instances,
)
from tests.support import copies, task
from tests.support.choice import one_in
from tests.support.declarations import DECLARED, IMAGE, LARGE, SMALL


@pytest.mark.one_in(5)
@pytest.mark.parametrize("fault", [{"kind": "reset"}, {"kind": "status", "status": 502}], ids=["reset", "502"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("unique", [True, False])
@pytest.mark.parametrize("what", [("DELETE /v1/instances/{id}", 1), (POST_CREATE, 2), (POST_CREATE, 1)], ids=str)
def test_a_lost_response_between_attempts_does_no_harm(
    sim: Any, what: Any, unique: bool, when: str, fault: Any
) -> None:
    sim.reset(unique_names=unique, capacity={SMALL: 0}, lag=3)
    sim.add_fault(operation=what[0], nth=what[1], when=when, **fault)
    done = task.run(sim, **WITH_WAYS)
    assert (done.failure, done.actions, attempted_types(done)) == (None, ["create", "delete", "create"], [SMALL])
    assert [row["machine_type"]["name"] for row in own_instances(sim)] == [LARGE]
    assert count_public_ips(sim) == 1


def test_each_has_its_own_number_of_sends(sim: Any) -> None:
    sim.reset(capacity={SMALL: 0, LARGE: 0})
    for number in (1, 3, 5):
        sim.add_fault(operation=POST_CREATE, nth=number, kind="reset")
    done = task.run(sim, **WITH_WAYS)
    assert (done.failure, attempted_types(done)) == (None, [SMALL, LARGE])
    assert task.list_changes(sim).count("POST instances") == 6


@pytest.mark.one_in(4)
@everywhere
@pytest.mark.parametrize("number", range(3))
def test_a_failed_attempt_of_an_earlier_run_is_deleted_and_the_next_tried(
    sim: Any, conditions: Any, number: int
) -> None:
    kinds = [SMALL, LARGE, OTHER]
    sim.reset(**conditions, capacity={kinds[number]: 0})
    zone = {"availability_zone": "br-se1-b"} if number == 2 else {}
    left = task.run(sim, **{**PUBLIC, "machine_type": kinds[number], **zone}).row["id"]
    sim.advance(10)
    plan = task.check(sim, **WITH_WAYS)
    assert [step.action for step in plan.steps] == ["delete", "create"]
    assert "It is deleted, and the next alternative is tried." in plan.warnings[0]
    done = task.run(sim, **WITH_WAYS)
    assert (done.failure, done.actions) == (None, ["delete", "create"])
    assert done.row["machine_type"]["name"] == kinds[(number + 1) % 3]
    assert left not in [row["id"] for row in own_instances(sim)]
    assert count_public_ips(sim) == len(own_instances(sim)) == 1


def test_the_failed_attempt_of_an_earlier_run_is_tried_again_last(sim: Any) -> None:
    sim.seed(
        "instance", name="web", machine_type=SMALL, status="creating_error_capacity", state="error", public_ip=True
    )
    for _refused in (LARGE, OTHER):
        sim.add_fault(operation=POST_CREATE, nth=len(sim.faults()) + 1, kind="status", status=409, body=REFUSED)
    done = task.run(sim, **WITH_WAYS)
    assert (done.failure, attempted_types(done), done.row["machine_type"]["name"]) == (None, [LARGE, OTHER], SMALL)
    assert done.actions == ["delete", "create"]
    assert count_public_ips(sim) == 1


def test_runs_without_wait_continue_each_others_attempts(sim: Any) -> None:
    sim.reset(capacity={SMALL: 0, LARGE: 0})
    for actions in (["create"], ["delete", "create"], ["delete", "create"], []):
        done = task.run(sim, wait=False, **WITH_WAYS)
        assert (done.failure, done.actions) == (None, actions)
        sim.advance(60)
    assert own_instances(sim)[0]["machine_type"]["name"] == OTHER


KEPT: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("another type", {"machine_type": "BV2-4-40"}, {}),
    ("a type that is not told", {"machine_type": None}, {}),
    ("another zone", {"availability_zone": "br-se1-c"}, {"availability_zone": "br-se1-a", "alternatives": WAYS[1:]}),
    ("it ran", {"state": "running"}, {}),
    ("another reason", {"status": "creating_error", "error": {"slug": "create_instance.keypair.not_found"}}, {}),
    ("a quota", {"status": "creating_error_quota_vcpu", "error": None}, {}),
    ("protected", {}, {"protect_names": ["w*"]}),
    ("labels not told", {"labels": None}, {"protect_labels": ["prod"]}),
]


@pytest.mark.parametrize(("why", "fields", "options"), KEPT, ids=[case[0] for case in KEPT])
def test_an_instance_that_may_not_be_a_failed_attempt_stays(sim: Any, why: str, fields: Any, options: Any) -> None:
    failed = {"machine_type": SMALL, "status": "creating_error_capacity", "state": "error"}
    row = sim.seed("instance", name="web", **{**failed, **fields})
    done = task.run(sim, **{**WITH_WAYS, **options})
    assert done.failure is not None, why
    assert task.list_changes(sim) == []
    assert [one["id"] for one in own_instances(sim)] == [row["id"]]


def test_an_instance_given_by_id_stays(sim: Any) -> None:
    row = sim.seed("instance", name="web", machine_type=SMALL, status="creating_error_capacity", state="error")
    assert task.run(sim, **{**WITH_WAYS, "id": row["id"]}).failure is not None
    assert task.list_changes(sim) == []


def test_a_protected_attempt_stays_and_is_reported(sim: Any) -> None:
    sim.reset(capacity={SMALL: 0})
    done = task.run(sim, **WITH_WAYS, protect_names=["web"])
    assert "is protected from deletion" in str(done.failure)
    assert done.actions == ["create"]
    assert done.outcome.created == [own_instances(sim)[0]["id"]]


def test_an_attempt_that_cannot_be_deleted_is_reported(sim: Any) -> None:
    sim.reset(capacity={SMALL: 0, LARGE: 0, OTHER: 0})
    sim.add_fault(operation="DELETE /v1/instances/{id}", nth=3, times=9, kind="status", status=400,
                  body={"slug": "no", "message": "No"})  # fmt: skip
    done = task.run(sim, **WITH_WAYS)
    assert "Tried were" in str(done.failure)
    assert "Left to be done: delete instance web." in str(done.failure)
    assert done.outcome.created == [row["id"] for row in own_instances(sim)]


@pytest.mark.parametrize("more", [{"on_failed": "replace"}, {"alternatives": WAYS}], ids=["replace", "alternatives"])
def test_a_failed_attempt_to_rename_is_created_under_the_new_name(sim: Any, more: Any) -> None:
    sim.seed("instance", name="web", machine_type=SMALL, status="creating_error_capacity", state="error")
    done = task.run(sim, **DECLARED, new_name="www", **more)
    assert (done.failure, done.actions, done.row["name"]) == (None, ["delete", "create"], "www")


@pytest.mark.one_in(3)
@pytest.mark.parametrize("kind", ["snapshot", "backup"])
@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
@pytest.mark.parametrize("by", ["module", "instance"])
def test_restores_have_them_too(sim: Any, kind: str, edition: str, by: str) -> None:
    if (kind, edition) == ("backup", "2026-08"):
        return
    sim.reset(edition=edition, capacity={SMALL: 0})
    source = sim.seed("instance", name="web", created_at=sim.now() - 3600)
    sim.seed(kind, name="copy", created_at=sim.now() - 1800, instance=source["id"])
    restore = {**copies.RESTORE, "network": {"associate_public_ip": True}}

    def run(**options: Any) -> Any:
        if by == "module":
            return copies.run(sim, kind, name="copy", state="restored", restore={**restore, **options})
        return task.run(sim, **{kind: "copy", **restore, **options})

    assert run().failure is not None
    assert run().failure is not None
    done = run(on_failed="replace", machine_type="BV2-2-40")
    assert (done.failure, done.actions) == (None, ["delete", "restore"])
    assert count_public_ips(sim) == 1
    restore = {**restore, "name": "web-3"}
    done = run(alternatives=[{"machine_type": LARGE}])
    assert (done.failure, done.actions, attempted_types(done)) == (None, ["restore", "delete", "restore"], [SMALL])
    assert count_public_ips(sim) == 2
    sim.clear_requests()
    assert run(alternatives=[{"machine_type": LARGE}]).actions == []
    assert task.list_changes(sim) == []
    restore = {**restore, "name": "web-4"}
    assert run().failure is not None, "it stays, and is carried on from"
    done = run(alternatives=[{"machine_type": LARGE}])
    assert (done.failure, done.actions) == (None, ["delete", "restore"])
    assert count_public_ips(sim) == 3


TYPES, ZONES = [SMALL, LARGE, OTHER], [None, "br-se1-a", "br-se1-b"]
ways = st.fixed_dictionaries({"machine_type": st.sampled_from(TYPES), "availability_zone": st.sampled_from(ZONES)})
room = st.fixed_dictionaries(
    {name: st.integers(0, 1) for kind in TYPES for name in (kind, *(f"{kind}@br-se1-{zone}" for zone in "abc"))}
)
STARTS: list[dict[str, Any] | None] = [None]
STARTS += [{"status": "completed", "state": "running", "machine_type": kind} for kind in TYPES]
STARTS += [
    {"status": "creating_error_capacity", "state": "error", "machine_type": kind, "availability_zone": zone,
     "public_ip": True}
    for kind in TYPES for zone in ("br-se1-a", "br-se1-b")
]  # fmt: skip
# Unless others of the same type use all the capacity.
conditions = st.sampled_from(
    [
        *(each for each in CONDITIONS if "instances" not in each),
        {"unique_names": False, "stale": 2, "edition": "2024-08"},
    ]
)


def has_room(way: dict[str, Any], capacity: dict[str, int]) -> bool:
    kind, zone = way["machine_type"], way["availability_zone"]
    zones = [zone] if zone else ["br-se1-a", "br-se1-b", "br-se1-c"]
    return bool(capacity[kind]) and any(capacity[f"{kind}@{one}"] for one in zones)


def equals(way: dict[str, Any], start: dict[str, Any]) -> bool:
    zone = start.get("availability_zone", "br-se1-a")
    return way["machine_type"] == start["machine_type"] and way["availability_zone"] in (None, zone)


@settings(max_examples=60 // one_in(4), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ways, min_size=2, max_size=6), room, st.sampled_from(STARTS), conditions)
def test_the_first_alternative_with_capacity_is_created_or_all_are_named(
    sim: Any, declared: Any, capacity: Any, start: Any, conditions: Any
) -> None:
    sim.reset(**conditions, capacity=capacity)
    if start:
        sim.seed("instance", name="web", image=IMAGE, **start)
    sim.advance(60)
    options = {**PUBLIC, **declared[0], "alternatives": declared[1:], "on_failed": "replace"}
    declared = [
        {**way, "availability_zone": way["availability_zone"] or declared[0]["availability_zone"]} for way in declared
    ]
    order = [way for number, way in enumerate(declared) if way not in declared[:number]]
    done = task.run(sim, **options)
    if start and start["state"] == "running":
        kinds = {way["machine_type"] for way in order if way["availability_zone"] in (None, "br-se1-a")}
        if start["machine_type"] in kinds:
            assert (done.failure, done.actions) == (None, [])
        assert "create" not in done.actions
        return
    at = next((number for number, way in enumerate(order) if start and equals(way, start)), -1)
    order = order[at + 1 :] + order[: at + 1]
    expected = next((way for way in order if has_room(way, capacity)), None)
    failed = order[: order.index(expected)] if expected else order
    assert [{key: one[key] for key in ("machine_type", "availability_zone")}
            for one in done.outcome.attempts] == failed  # fmt: skip
    assert count_public_ips(sim) == len(own_instances(sim)) == (1 if expected else 0)
    if expected is None:
        assert str(done.failure).count(f"(slug {CAPACITY})") == len(order)
        return
    assert done.failure is None
    made = own_instances(sim)[0]
    assert made["machine_type"]["name"] == expected["machine_type"]
    assert expected["availability_zone"] in (None, made["availability_zone"])
    sim.advance(10)
    sim.clear_requests()
    assert task.run(sim, **options).actions == []
    assert task.list_changes(sim) == []


def test_in_a_fleet_all_is_read_by_listing(sim: Any) -> None:
    """A fleet reads everything by listing, where an instance never shows the copy that it is restored from."""
    sim.reset(capacity={SMALL: 0})
    source = sim.seed("instance", name="db")
    sim.seed("snapshot", name="copy", instance=source["id"])
    declared = task.want(**{**WITH_WAYS, "image": None, "snapshot": "copy"})
    api = task.client(sim)
    made = instance_task(api, declared)
    member = Member(made)
    member.by_lists = True

    def observe(due: Any) -> Any:
        view = due[0].view
        view.next_query = view.next_query._replace(listing=not view.reads_next)
        return [made.observe(view.next_query)]

    drive_members([member], observe, api, 600)
    assert (member.failure, [step.action for step in member.done]) == (None, ["restore", "delete", "restore"])
    assert member.memory.attempts[0]["machine_type"] == SMALL
