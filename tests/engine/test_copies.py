# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots and backups: check mode predicts a real run, and runs handle failures and lost responses."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from tests.support import copies, task
from tests.support.choice import one_in
from tests.support.copies import COPIED, KINDS, RESTORE
from tests.support.declarations import SMALL

every_kind = pytest.mark.parametrize(("kind", "edition"), KINDS)
LOST = [({"kind": "reset"}, "before"), ({"kind": "reset"}, "after"), ({"kind": "html", "status": 502}, "after")]
NOBODY = "99999999-9999-4999-8999-999999999999"


def seed_copy(sim: Any, kind: str, **fields: Any) -> Any:
    return sim.seed(kind, name="copy", instance=copies.instance(sim)["id"], **fields)["id"]


def creating(sim: Any, kind: str) -> Any:
    body = {"name": "copy", "instance": {"name": "web"}}
    return task.client(sim).request("POST", f"/v1/{kind}s", body=body).body["id"]


def deleting(sim: Any, kind: str) -> Any:
    identifier = seed_copy(sim, kind)
    task.client(sim).request("DELETE", f"/v1/{kind}s/{identifier}")
    return identifier


def of_another(sim: Any, kind: str) -> Any:
    other = sim.seed("instance", name="other")
    return sim.seed(kind, name="copy", instance=other["id"])["id"]


CURRENT: dict[str, Callable[[Any, str], Any]] = {
    "absent": lambda sim, kind: NOBODY,
    "available": seed_copy,
    "creating": creating,
    "failed": lambda sim, kind: seed_copy(sim, kind, status="creating_error", state="error"),
    "not deleted": lambda sim, kind: seed_copy(sim, kind, status="deleted_error"),
    "of another instance": of_another,
    "of a gone instance": lambda sim, kind: sim.seed(kind, name="copy")["id"],
    "of nobody": lambda sim, kind: sim.seed(kind, name="copy", instance=None)["id"],
    "deleting": deleting,
}
THE_ID = "the id"
NAMED = {"name": "copy"}
OF_WEB = {**NAMED, "instance": "web"}
WANTED: list[dict[str, Any]] = [
    OF_WEB,
    NAMED,
    {**OF_WEB, "power_off": True},
    {"name": "co{instance}", "instance": "web"},
    {**OF_WEB, "new_name": "renamed"},
    {"id": THE_ID},
    {"id": THE_ID, "name": "renamed"},
    {**NAMED, "state": "absent"},
    {"id": THE_ID, "state": "absent", "protect_names": ["r*"]},
    {**NAMED, "state": "absent", "protect_names": ["c*y"]},
    {**NAMED, "state": "restored", "restore": RESTORE},
    {**NAMED, "state": "restored", "restore": {"name": "web", "machine_type": SMALL}},
    {"id": THE_ID, "state": "restored", "restore": RESTORE},
    {"state": "pruned", "all": True, "keep_days": 1},
    {"state": "pruned", "name_prefix": "co", "keep_last": 1},
    {"state": "pruned", "all": True, "keep_days": 0.0005, "instance": "web"},
    {**NAMED, "state": "copied", "destination_region": "br-ne1"},
    {"id": THE_ID, "state": "copied", "destination_region": "br-mgl1"},
]
# make test takes every 13th pair, which covers each current and each desired state.
SPARSE = one_in(13)
CONDITIONS: list[tuple[dict[str, Any], int]] = [({}, 1), ({"stale": 2}, 5), ({"lag": 2, "nulls": "omitted"}, 5)]


@every_kind
@pytest.mark.parametrize(("settings", "every"), CONDITIONS, ids=["calm", "stale", "lag"])
def test_a_real_run_does_what_check_mode_names(sim: Any, kind: str, edition: str, settings: Any, every: int) -> None:
    pairs = list(itertools.product(CURRENT, WANTED))
    for current, wanted in pairs[every // 2 :: every * SPARSE]:
        copied = wanted.get("state") == "copied"
        if copied and (kind, edition) not in COPIED:
            continue
        if current == "not deleted" and (copied or "restore" in wanted or "renamed" in wanted.values()):
            continue  # only the API can say whether that is possible
        sim.reset(edition=edition, **settings)
        sim.seed("instance", name="web", created_at=sim.now() - 60)
        identifier = CURRENT[current](sim, kind)
        sim.advance(0 if current in ("creating", "deleting") and not settings else 60)
        options = {key: identifier if value == THE_ID else value for key, value in wanted.items()}
        compare(sim, kind, options, f"from {current} to {wanted}")


def compare(sim: Any, kind: str, wanted: Any, where: str) -> None:
    sim.clear_requests()
    try:
        plan = copies.check(sim, kind, **wanted)
    except Refused as error:
        assert not task.list_changes(sim), where
        done = copies.run(sim, kind, **wanted)
        assert str(done.failure) == str(error), where
        assert not task.list_changes(sim), where
        return
    assert not task.list_changes(sim), f"check mode changes nothing, {where}"
    done = copies.run(sim, kind, **wanted)
    assert done.failure is None, f"{where}: {done.failure}"
    assert done.actions == [step.action for step in plan.steps], where
    row = done.seen.get(done.outcome.task.main)
    assert (row is None) == (plan.after is None), where
    if row and plan.after:
        assert [row["name"], row["state"]] == [plan.after["name"], plan.after["state"]], where
    sim.advance(10)
    assert not copies.check(sim, kind, **wanted).steps, f"planning again is empty, {where}"
    sim.clear_requests()
    assert copies.run(sim, kind, **wanted).actions == [], where
    assert not task.list_changes(sim), where


def powered(sim: Any, state: str, edition: str = "2026-08") -> Any:
    sim.reset(edition=edition)
    return sim.seed("instance", name="web", state=state)


@every_kind
@pytest.mark.parametrize(
    ("state", "actions"),
    [
        ("running", ["stop", "create", "start"]),
        ("stopped", ["create"]),
        ("suspended", ["start", "stop", "create", "start", "suspend"]),
    ],
)
def test_power_off_copies_a_stopped_instance(sim: Any, kind: str, edition: str, state: str, actions: Any) -> None:
    powered(sim, state, edition)
    assert [step.action for step in copies.check(sim, kind, **OF_WEB, power_off=True).steps] == actions
    done = copies.run(sim, kind, **OF_WEB, power_off=True)
    assert (done.failure, done.actions) == (None, actions)
    assert task.list_changes(sim) == [f"POST {kind}s" if action == "create" else f"POST {action}" for action in actions]
    assert copies.instance(sim)["state"] == state
    assert copies.run(sim, kind, **OF_WEB, power_off=True).actions == []


REFUSALS = [
    {"kind": "status", "status": 400, "body": {"slug": "no", "message": "not today"}},
    {"kind": "status", "status": 403, "body": {"slug": "forbidden", "message": "not you"}},
    {"kind": "failing"},
]


@pytest.mark.one_in(4)
@every_kind
@pytest.mark.parametrize("state", ["running", "stopped", "suspended"])
@pytest.mark.parametrize("fault", REFUSALS, ids=["400", "403", "failing"])
def test_the_power_state_is_restored_if_the_copy_fails(
    sim: Any, kind: str, edition: str, state: str, fault: Any
) -> None:
    powered(sim, state, edition)
    sim.add_fault(operation=f"POST /v1/{kind}s", **fault)
    done = copies.run(sim, kind, **OF_WEB, power_off=True)
    assert copies.instance(sim)["state"] == state
    assert {"400": "not today", "403": "not you"}.get(str(fault.get("status")), "failed: its status is") in done.message
    made_one = fault["kind"] == "failing"
    assert len(copies.list_copies(sim, kind)) == made_one == len(done.outcome.created)
    assert ("create" in done.actions) == made_one
    assert task.list_changes(sim).count(f"POST {kind}s") == 1


@pytest.mark.one_in(5)
@every_kind
@pytest.mark.parametrize(("fault", "when"), LOST, ids=["before", "after", "html after"])
@pytest.mark.parametrize("power_off", [False, True])
def test_a_creation_with_a_lost_response_is_sent_once(
    sim: Any, kind: str, edition: str, fault: Any, when: str, power_off: bool
) -> None:
    powered(sim, "running", edition)
    sim.add_fault(operation=f"POST /v1/{kind}s", when=when, **fault)
    done = copies.run(sim, kind, **OF_WEB, power_off=power_off)
    assert (done.failure, done.actions) == (None, ["stop", "create", "start"] if power_off else ["create"])
    assert [row["name"] for row in copies.list_copies(sim, kind)] == ["copy"]
    assert copies.instance(sim)["state"] == "running"


def test_the_instance_is_sent_back_when_the_time_is_up(sim: Any) -> None:
    powered(sim, "running")
    sim.add_fault(operation="POST /v1/snapshots", kind="stuck")
    done = copies.run(sim, "snapshot", **OF_WEB, power_off=True, timeout=120)
    assert "Timed out after 120 s (wait_timeout)" in done.message
    assert "its status is 'creating', its state 'new'" in done.message
    assert task.list_changes(sim) == ["POST stop", "POST snapshots", "POST start"]


@pytest.mark.parametrize("motion", ["start", "stop", "suspend"])
def test_an_instance_in_motion_is_waited_for(sim: Any, motion: str) -> None:
    row = powered(sim, "stopped" if motion == "start" else "running")
    task.client(sim).request("POST", f"/v1/instances/{row['id']}/{motion}")
    planned = [step.action for step in copies.check(sim, "snapshot", **OF_WEB, power_off=True).steps]
    end = {"start": "running", "stop": "stopped", "suspend": "suspended"}[motion]
    sim.clear_requests()
    done = copies.run(sim, "snapshot", **OF_WEB, power_off=True)
    assert (done.failure, done.actions, copies.instance(sim)["state"]) == (None, planned, end)


def test_without_waiting_only_the_last_step_is_not_waited_for(sim: Any) -> None:
    powered(sim, "running")
    done = copies.run(sim, "snapshot", **OF_WEB, power_off=True, wait=False)
    assert (done.failure, done.actions) == (None, ["stop", "create", "start"])
    assert copies.list_copies(sim, "snapshot")[0]["status"] == "completed"
    assert copies.instance(sim)["status"].startswith("starting")
    sim.clear_requests()
    done = copies.run(sim, "snapshot", name="other", instance="web", wait=False)
    assert (done.failure, done.actions) == (None, ["create"])
    assert [row["status"] for row in copies.list_copies(sim, "snapshot")] == ["completed", "provisioning"]
    assert copies.run(sim, "snapshot", name="other", instance="web").seen["copy"]["state"] == "available"


def test_a_time_out_names_the_status_and_the_next_run_carries_on(sim: Any) -> None:
    powered(sim, "running")
    done = copies.run(sim, "snapshot", **OF_WEB, timeout=3)
    assert "Timed out after 3 s (wait_timeout) trying to create snapshot copy of instance web" in done.message
    assert "The next run continues from there." in done.message
    again = copies.run(sim, "snapshot", **OF_WEB)
    assert (again.failure, again.actions, again.seen["copy"]["state"]) == (None, [], "available")


@every_kind
def test_a_creation_refused_for_now_is_retried_after_retry_after(sim: Any, kind: str, edition: str) -> None:
    powered(sim, "running", edition)
    later = {"kind": "status", "status": 429, "headers": {"Retry-After": "20"}}
    sim.add_fault(operation=f"POST /v1/{kind}s", times=3, nth="every", **later)
    begin = sim.now()
    done = copies.run(sim, kind, **OF_WEB)
    assert (done.failure, done.actions) == (None, ["create"])
    assert sim.now() - begin >= 60
    assert len(copies.list_copies(sim, kind)) == 1


def test_an_exceeded_backup_quota_is_reported_with_the_remedy(sim: Any) -> None:
    row = powered(sim, "running", "2024-08")
    for number in range(100):
        sim.seed("backup", name=f"old-{number}", instance=row["id"])
    done = copies.run(sim, "backup", **OF_WEB)
    assert "has 100 backups already" in done.message
    assert "slug backup.quota" in done.message
    assert "Delete what is no longer needed" in done.message
    assert done.actions == []
