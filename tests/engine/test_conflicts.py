# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steps that the API refuses temporarily, or because of another run: 409, 404 for a deletion, 429 for a creation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import copies, task
from tests.support.declarations import DECLARED

BUSY = {"kind": "status", "status": 409, "body": {"slug": "instance.conflict", "message": "Instance is busy"}}
LATER = {"kind": "status", "status": 429, "headers": {"Retry-After": "5"}}


def times(sim: Any, method: str, part: str = "") -> list[int]:
    """Return when the request was sent, in seconds since its first time."""
    found = [each["at"] for each in sim.requests() if each["method"] == method and each["path"].endswith(part)]
    return [round(at - found[0]) for at in found]


def test_a_conflicting_deletion_is_retried_at_growing_pauses(sim: Any) -> None:
    """A deletion is retried at growing pauses, because the rows do not show the cause of the conflict."""
    sim.seed("instance", name="web")
    sim.add_fault(operation="DELETE /v1/instances/{id}", nth="every", times=4, **BUSY)
    done = task.run(sim, name="web", state="absent")
    assert (done.actions, done.failure) == (["delete"], None)
    assert times(sim, "DELETE") == pytest.approx([0, 2, 6, 14, 30], abs=2)


def test_a_step_that_always_conflicts_fails_after_a_minute(sim: Any) -> None:
    sim.seed("instance", name="web")
    sim.add_fault(operation="POST /v1/instances/{id}/stop", nth="every", times=99, **BUSY)
    done = task.run(sim, name="web", state="stopped")
    assert done.actions == []
    assert "Instance is busy" in str(done.failure.error) and done.failure.doing == "stop instance web"  # type: ignore[union-attr]
    assert times(sim, "POST") == pytest.approx([0, 2, 6, 14, 30], abs=2)


def test_an_instance_is_started_again_after_its_copy_in_spite_of_conflicts(sim: Any) -> None:
    sim.seed("instance", name="web")
    sim.add_fault(operation="POST /v1/instances/{id}/start", nth="every", times=4, **BUSY)
    done = copies.run(sim, "snapshot", name="c", instance="web", power_off=True)
    assert (done.actions, done.failure) == (["stop", "create", "start"], None)
    assert copies.instance(sim)["state"] == "running"


@pytest.mark.one_in(3)
@pytest.mark.parametrize("other", ["stop", "reboot"])
@pytest.mark.parametrize("state", ["running", "stopped", "suspended", "rebooted", "absent"])
def test_the_step_of_another_run_is_awaited_before_reads_show_it(sim: Any, other: str, state: str) -> None:
    sim.reset(stale=10, durations={"stop": 10, "reboot": 10})
    row = sim.seed("instance", name="web", created_at=sim.now() - 3600)
    sim.advance(60)
    task.client(sim).request("POST", f"/v1/instances/{row['id']}/{other}")
    sim.advance(1)
    done = task.run(sim, name="web", state=state)
    assert done.failure is None, done.failure
    sim.advance(60)
    left = [each["state"] for each in sim.state()["br-se1"]["instances"]]
    # An instance that reads showed as running when the task began is as declared.
    ends = {"rebooted": "running", "running": "stopped" if other == "stop" and not done.actions else "running"}
    assert left == ([] if state == "absent" else [ends.get(state, state)])


@pytest.mark.parametrize("stale", [3, 10, 30])
def test_an_instance_that_another_run_deleted_is_gone_once_reads_show_it(sim: Any, stale: int) -> None:
    sim.reset(stale=stale)
    row = sim.seed("instance", name="web", created_at=sim.now() - 3600)
    sim.advance(60)
    task.client(sim).request("DELETE", f"/v1/instances/{row['id']}")
    sim.advance(4)
    done = task.run(sim, name="web", state="absent")
    assert (done.actions, done.failure) == ([], None)


@pytest.mark.parametrize(("kind", "edition"), copies.KINDS)
def test_a_copy_that_another_run_deleted_does_not_stop_a_retention(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition, stale=20)
    web = sim.seed("instance", name="web", created_at=sim.now() - 90 * 86400)
    made = [
        sim.seed(kind, name=f"n-{day}", created_at=sim.now() - 86400 * (30 - day), instance=web["id"])
        for day in range(5)
    ]
    task.client(sim).request("DELETE", f"/v1/{kind}s/{made[0]['id']}")
    sim.advance(4)
    done = copies.run(sim, kind, state="pruned", all=True, keep_last=2)
    assert (done.actions, done.failure) == (["delete", "delete"], None)
    assert {row["name"] for row in copies.list_copies(sim, kind)} == {"n-3", "n-4"}


def test_a_creation_refused_for_now_is_retried_after_retry_after(sim: Any) -> None:
    sim.add_fault(operation="POST /v1/instances", **LATER)
    done = task.run(sim, timeout=40, **DECLARED)
    assert (done.actions, done.failure) == (["create"], None)
    assert times(sim, "POST") in ([0, 5], [0, 6])


def test_an_instance_that_another_run_creates_is_not_ours(sim: Any) -> None:
    """An instance that appears while the API refuses our creation was created by somebody else."""
    sim.add_fault(operation="POST /v1/instances", **LATER)
    api, other = task.client(sim), task.client(sim)
    asked = api.clock.sleep

    def sleep(seconds: float) -> None:
        asked(seconds)
        if seconds and len(times(sim, "POST")) == 1:
            task.run(sim, wait=False, api=other, **DECLARED)

    api.clock = api.clock._replace(sleep=sleep)
    done = task.run(sim, api=api, **DECLARED)
    assert (done.actions, done.failure, done.outcome.created) == ([], None, [])
    assert times(sim, "POST") == pytest.approx([0, 5], abs=1)
