# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rate limits (429) without Retry-After: the task backs off until the deadline, then names the refusal."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.support.declarations import DECLARED
from tests.support.fleet import run as fleet
from tests.support.module import result

RATE = {"kind": "status", "status": 429, "body": {"slug": "rate.limit", "message": "Too many requests"}}
BUSY = {"kind": "status", "status": 503, "headers": {"Retry-After": "0"}, "body": {"slug": "busy", "message": "Busy"}}
# The options, the states of instance web before (none: it does not exist), and the refused operation.
CHANGES: dict[str, tuple[str, dict[str, Any], str]] = {
    "create": ("vm_instance", {**DECLARED, "name": "new"}, "POST /v1/instances"),
    "stop": ("vm_instance", {"name": "web", "state": "stopped"}, "POST /v1/instances/{id}/stop"),
    "rename": ("vm_instance", {"name": "web", "new_name": "web-2"}, "PATCH /v1/instances/{id}/rename"),
    "delete": ("vm_instance", {"name": "web", "state": "absent"}, "DELETE /v1/instances/{id}"),
    "snapshot": ("vm_snapshot", {"name": "copy", "instance": "web"}, "POST /v1/snapshots"),
    "image": ("vm_image", {"name": "gold", "url": "https://x.invalid/a", "platform": "linux"}, "POST /v1/images/custom"),
}  # fmt: skip
READS = {
    "vm_instance": {"name": "web", "state": "stopped"},
    "vm_snapshot": {"name": "copy", "instance": "web"},
    "vm_image": {"name": "gold", "url": "https://x.invalid/a", "platform": "linux"},
    "vm_fleet": {"instances": [{"name": "web", "state": "stopped"}]},
}


def refusal_times(sim: Any) -> list[float]:
    """Return when requests were refused, in seconds since the first refusal."""
    found = [each["at"] for each in sim.requests() if each["status"] in (429, 503)]
    return [at - found[0] for at in found]


def assert_backs_off(times: list[float], until: float) -> None:
    """Assert that the pauses grow, vary, and end at the deadline."""
    pauses = [later - sooner for sooner, later in pairwise(times)]
    assert len(times) == pytest.approx(until / 15 + 5, abs=3), times
    # 15 s plus a fifth; a fleet lists every 2 s plus a tenth.
    assert all(pause <= 21 for pause in pauses) and max(pauses) > 10
    assert until - 20 <= times[-1] <= until + 1


@pytest.mark.one_in(5)
@pytest.mark.parametrize("answer", [RATE, BUSY], ids=["429", "503"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_refused_change_backs_off_until_the_deadline(sim: Any, change: str, answer: dict[str, Any]) -> None:
    module, options, operation = CHANGES[change]
    sim.seed("instance", name="web", created_at=sim.now() - 3600)
    sim.add_fault(operation=operation, nth="every", **answer)
    told = result(sim, module, {**options, "wait_timeout": 120})
    assert_backs_off(refusal_times(sim), 120)
    slug = answer["body"]["slug"]
    assert "Timed out after 120 s (wait_timeout)" in told["msg"]
    assert f"(status {answer['status']}, slug {slug}, " in told["msg"]
    assert (told["error"]["status"], told["error"]["slug"]) == (answer["status"], slug)
    assert (told["changed"], told["actions"]) == (False, [])


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_is_accepted_at_last_is_made_once(sim: Any, change: str) -> None:
    module, options, operation = CHANGES[change]
    sim.seed("instance", name="web", created_at=sim.now() - 3600)
    sim.add_fault(operation=operation, nth="every", times=8, **RATE)
    told = result(sim, module, options)
    assert not told.get("failed"), told
    assert [each["action"] for each in told["actions"]] == [change if change not in ("snapshot", "image") else "create"]
    assert len(refusal_times(sim)) == 8
    assert [each["status"] < 300 for each in sim.requests() if each["method"] != "GET"] == [False] * 8 + [True]


@pytest.mark.parametrize("module", READS)
def test_the_first_read_is_tried_until_the_deadline(sim: Any, module: str) -> None:
    sim.seed("instance", name="web", created_at=sim.now() - 3600)
    sim.add_fault(operation="*", nth="every", **RATE)
    told = result(sim, module, {**READS[module], "wait_timeout": 120})
    assert_backs_off(refusal_times(sim), 120)
    assert "Too many requests (given up after " in told["msg"] and "(status 429, slug rate.limit, " in told["msg"]


@pytest.mark.parametrize("module", READS)
def test_a_first_read_backs_off_until_it_succeeds(sim: Any, module: str) -> None:
    sim.seed("instance", name="web", created_at=sim.now() - 3600)
    sim.add_fault(operation="*", nth="every", times=8, **RATE)
    assert not result(sim, module, READS[module]).get("failed")


def test_a_read_refused_during_a_step_is_reported_with_the_step(sim: Any) -> None:
    sim.seed("instance", name="web", created_at=sim.now() - 3600)
    sim.add_fault(operation="GET /v1/instances/{id}", nth=2, times=10**6, **RATE)
    told = result(sim, "vm_instance", {"name": "web", "state": "stopped", "wait_timeout": 120})
    assert "Timed out after 120 s (wait_timeout) trying to stop instance web" in told["msg"]
    assert "Failed to look at instance web: Too many requests (" in told["msg"]
    assert "(status 429, slug rate.limit, " in told["msg"] and ", GET /v1/instances/" in told["msg"]
    assert [each["action"] for each in told["actions"]] == ["stop"]


@pytest.mark.parametrize(
    "operation", ["POST /v1/instances", "POST /v1/instances/{id}/stop", "DELETE /v1/instances/{id}"]
)
def test_a_member_of_a_fleet_names_its_own_refusal(sim: Any, operation: str) -> None:
    sim.seed("instance", name="web", created_at=sim.now() - 3600)
    sim.seed("instance", name="old", created_at=sim.now() - 3600)
    sim.add_fault(operation=operation, nth="every", **RATE)
    instances = [{"name": "new"}, {"name": "web", "state": "stopped"}, {"name": "old", "state": "absent"}]
    told = fleet(sim, instances=instances, wait_timeout=120)
    assert_backs_off(refusal_times(sim), 120)
    failed = [member for member in told["members"] if member.get("failed")]
    assert len(failed) == 1
    assert "Timed out after 120 s (wait_timeout)" in failed[0]["msg"]
    assert "(status 429, slug rate.limit, " in failed[0]["msg"] and "not started" not in told["msg"].lower()
    assert failed[0]["error"]["slug"] == "rate.limit"


def test_a_refused_list_fails_all_members_of_a_fleet(sim: Any) -> None:
    sim.seed("instance", name="web", created_at=sim.now() - 3600)
    sim.add_fault(operation="GET /v1/instances", nth=2, times=10**6, **RATE)
    told = fleet(sim, instances=[{"name": "web", "state": "stopped"}], wait_timeout=120)
    assert "Timed out after 120 s (wait_timeout) trying to stop instance web" in told["members"][0]["msg"]
    assert "(status 429, slug rate.limit, " in told["members"][0]["msg"]
    assert ", GET /v1/instances)" in told["members"][0]["msg"]
