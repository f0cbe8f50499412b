# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alternatives: other machine types and zones, tried when a creation fails for lack of capacity or quota."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from tests.engine.alternatives import (
    CAPACITY,
    OTHER,
    POST_CREATE,
    REFUSED,
    WAYS,
    WITH_WAYS,
    attempted_types,
    count_public_ips,
    everywhere,
    own_instances,
)
from tests.support import task
from tests.support.declarations import IMAGE, LARGE, SMALL


@everywhere
def test_a_failed_attempt_is_deleted_with_its_address_before_the_next(sim: Any, conditions: Any) -> None:
    sim.reset(**conditions, capacity={SMALL: 0, LARGE: 0})
    done = task.run(sim, **WITH_WAYS)
    assert (done.failure, done.actions) == (None, ["create", "delete", "create", "delete", "create"])
    assert [(row["machine_type"]["name"], row["availability_zone"]) for row in own_instances(sim)] == [
        (OTHER, "br-se1-b")
    ]
    assert count_public_ips(sim) == 1
    assert [step.description for step in done.outcome.steps[::2]] == [
        f"create instance web as {SMALL}", f"create instance web as {LARGE}", f"create instance web as {OTHER} in br-se1-b",
    ]  # fmt: skip
    assert done.outcome.attempts == [
        {"machine_type": kind, "availability_zone": None,
         "error": {"slug": CAPACITY, "message": f"There is no capacity for {kind} in br-se1-a"}}
        for kind in (SMALL, LARGE)
    ]  # fmt: skip
    assert all(request["query"] for request in sim.requests() if request["method"] == "DELETE")
    sim.clear_requests()
    sim.advance(10)
    assert not task.check(sim, **WITH_WAYS).steps
    assert task.run(sim, **WITH_WAYS).actions == []
    assert task.list_changes(sim) == []


@everywhere
def test_without_capacity_all_attempts_are_named_and_deleted(sim: Any, conditions: Any) -> None:
    sim.reset(**conditions, capacity={SMALL: 0, LARGE: 0, f"{OTHER}@br-se1-b": 0})
    for _run in range(2):
        done = task.run(sim, **WITH_WAYS, state="stopped")
        assert str(done.failure) == (
            f"Instance web could not be created. Tried were {SMALL}: There is no capacity for {SMALL} in br-se1-a (slug "
            f"{CAPACITY}); {LARGE}: There is no capacity for {LARGE} in br-se1-a (slug {CAPACITY}); {OTHER} in br-se1-b: "
            f"There is no capacity for {OTHER} in br-se1-b (slug {CAPACITY})."
        )
        assert done.actions == ["create", "delete"] * 3
        assert done.outcome.created == []
        assert (own_instances(sim), count_public_ips(sim)) == ([], 0)
        sim.advance(10)


@pytest.mark.parametrize("status", [409, 422, 400, 503])
def test_a_creation_refused_at_once_leaves_nothing_to_delete(sim: Any, status: int) -> None:
    later = {"headers": {"Retry-After": "5"}} if status == 503 else {}
    sim.add_fault(operation=POST_CREATE, kind="status", status=status, body=REFUSED, **later)
    start = sim.now()
    done = task.run(sim, **WITH_WAYS)
    assert (done.failure, done.actions, attempted_types(done)) == (None, ["create"], [SMALL])
    assert done.outcome.attempts[0]["error"] == {"slug": CAPACITY, "message": "Full"}
    assert done.row["machine_type"]["name"] == LARGE
    assert sim.now() - start < 40
    sim.clear_faults()
    sim.add_fault(operation=POST_CREATE, nth="every", kind="status", status=status, body=REFUSED, **later)
    done = task.run(sim, **{**WITH_WAYS, "name": "db"})
    assert str(done.failure).count("Full") == 3
    assert done.actions == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_fault_with_a_capacity_slug_is_followed_by_a_listing(sim: Any, when: str) -> None:
    sim.add_fault(operation=POST_CREATE, kind="status", status=500, body=REFUSED, when=when)
    done = task.run(sim, **WITH_WAYS)
    assert (done.failure, done.actions) == (None, ["create"])
    assert attempted_types(done) == ([SMALL] if when == "before" else [])
    assert len(own_instances(sim)) == 1


@pytest.mark.parametrize("slug", ["instance.name.conflict", None])
@pytest.mark.parametrize("status", [403, 429, 400])
def test_a_refusal_for_another_reason_is_not_an_attempt(sim: Any, slug: str | None, status: int) -> None:
    """A rate limit is not a failed attempt, whatever its slug; nor is another refusal that only quotes such words."""
    body = {"slug": slug or f"{'capacity' if status == 429 else 'other'}.limit", "message": "no capacity"}
    sim.add_fault(operation=POST_CREATE, nth="every", kind="status", status=status, body=body)
    done = task.run(sim, **WITH_WAYS)
    assert done.failure is not None
    assert attempted_types(done) == []


def test_an_instance_that_fails_for_another_reason_stays(sim: Any) -> None:
    sim.add_fault(operation=POST_CREATE, kind="failing", value="creating_error_capacity")
    sim.add_fault(operation=POST_CREATE, nth=2, kind="failing", value="creating_error")
    done = task.run(sim, **WITH_WAYS)
    assert done.actions == ["create", "delete", "create"]
    assert "could not be created (creating_error)" in str(done.failure)
    assert f"Tried were {SMALL}: " in str(done.failure)
    assert [row["id"] for row in own_instances(sim)] == done.outcome.created


@pytest.mark.parametrize("told", [False, True])
def test_a_quota_counts_if_the_option_says_so(sim: Any, told: bool) -> None:
    sim.reset(quota_vcpus=3)
    sim.seed("instance", name="db", machine_type=LARGE)
    done = task.run(sim, **{**WITH_WAYS, "machine_type": LARGE, "alternatives": [{"machine_type": SMALL}]},
                    alternatives_on=["capacity", "quota"] if told else ["capacity"])  # fmt: skip
    assert done.actions == (["create", "delete", "create"] if told else ["create"])
    assert bool(done.failure) != told
    assert attempted_types(done) == [LARGE] * told
    if not told:
        assert "creating_error_quota_vcpu" in str(done.failure)


def test_a_quota_refusal_fails_unless_the_option_says_otherwise(sim: Any) -> None:
    sim.add_fault(operation=POST_CREATE, kind="status", status=403, body={"slug": "quota.vcpu", "message": "Over"})
    done = task.run(sim, **WITH_WAYS)
    assert done.failure.error.slug == "quota.vcpu"
    assert attempted_types(done) == []


@pytest.mark.parametrize(
    ("zone", "kind"), [("br-se1-a", SMALL), ("br-se1-c", LARGE), ("br-se1-b", OTHER)], ids=["own", "any zone", "both"]
)
@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
@pytest.mark.parametrize("more", [{}, {"on_immutable_change": "recreate"}, {"on_immutable_change": "fail"}], ids=str)
def test_an_instance_that_equals_an_alternative_is_unchanged(
    sim: Any, zone: str, kind: str, edition: str, more: Any
) -> None:
    sim.reset(edition=edition)
    sim.seed("instance", name="web", machine_type=kind, availability_zone=zone, image=IMAGE, public_ip=True)
    done = task.run(sim, **WITH_WAYS, **more)
    assert (done.failure, done.actions, list(done.outcome.warnings)) == (None, [], [])
    assert [request["path"] for request in sim.requests()] == ["/v1/instances"]


def test_an_instance_that_equals_no_alternative_is_retyped_to_the_first(sim: Any) -> None:
    zones: dict[str, Any] = {**WITH_WAYS, "availability_zone": "br-se1-a", "alternatives": WAYS[1:]}
    for zone, kind in (("br-se1-b", OTHER), ("br-se1-a", SMALL), ("br-se1-c", SMALL)):
        sim.reset()
        sim.seed("instance", name="web", machine_type="BV2-4-40", availability_zone=zone, image=IMAGE, public_ip=True)
        done = task.run(sim, **zones)
        assert (done.failure, done.actions, done.row["machine_type"]["name"]) == (None, ["retype"], kind)
        assert bool(done.outcome.warnings) == (zone == "br-se1-c")
    assert task.run(sim, **{**zones, "machine_type": None}).actions == [], "they alone change nothing that is there"


def test_all_are_checked_before_the_first_is_sent(sim: Any) -> None:
    for wrong, said in (
        ({"machine_type": "BV9-9-40"}, "With BV9-9-40: There is no machine type 'BV9-9-40' in this region"),
        ({"availability_zone": "br-se1-z"}, f"With {SMALL} in br-se1-z: There is no availability zone 'br-se1-z'"),
        (
            {"machine_type": "DP2-8-40", "availability_zone": "br-se1-c"},
            "is not offered in availability_zone 'br-se1-c'; it is in br-se1-a, br-se1-b",
        ),
    ):
        assert said in str(task.run(sim, **{**WITH_WAYS, "alternatives": [*WAYS, wrong]}).failure)
        with pytest.raises(Refused):
            task.check(sim, **{**WITH_WAYS, "alternatives": [*WAYS, wrong]})
    assert task.list_changes(sim) == []


def test_check_mode_predicts_the_first(sim: Any) -> None:
    sim.reset(capacity={SMALL: 0})
    plan = task.check(sim, **WITH_WAYS, state="stopped")
    assert [step.description for step in plan.steps] == [f"create instance web as {SMALL}", "stop instance web"]
    assert plan.after is not None
    assert plan.after["machine_type"]["name"] == SMALL


def test_without_a_machine_type_of_its_own_the_list_is_all(sim: Any) -> None:
    sim.reset(capacity={LARGE: 0})
    done = task.run(sim, **{**WITH_WAYS, "machine_type": None, "availability_zone": "br-se1-c"})
    assert (done.failure, attempted_types(done)) == (None, [LARGE])
    assert [step.description for step in done.outcome.steps if step.action == "create"] == [
        f"create instance web as {LARGE} in br-se1-c", f"create instance web as {OTHER} in br-se1-b",
    ]  # fmt: skip
    another = {
        **WITH_WAYS,
        "name": "web-2",
        "machine_type": None,
        "alternatives": [*WAYS, {"availability_zone": "br-se1-b"}],
    }
    said = "With no machine type in br-se1-b: There is no instance 'web-2'; creating it needs machine_type."
    assert str(task.run(sim, **another).failure) == said


def test_a_recreation_begins_with_the_first_alternative(sim: Any) -> None:
    sim.reset(capacity={SMALL: 0})
    sim.seed("instance", name="web", machine_type=OTHER, availability_zone="br-se1-b", image="cloud-debian-12 LTS")
    plan = task.check(sim, **WITH_WAYS, on_immutable_change="recreate")
    assert [step.description for step in plan.steps] == ["delete instance web", f"create instance web as {SMALL}"]
    done = task.run(sim, **WITH_WAYS, on_immutable_change="recreate")
    assert (done.failure, attempted_types(done), done.row["machine_type"]["name"]) == (None, [SMALL], LARGE)
    assert done.actions == ["delete", "create", "delete", "create"]
