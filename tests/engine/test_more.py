# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine's driver over HTTP: several members at once, the deadline, and reads that fail."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._engine import driver
from ansible_collections.magalu.cloud.plugins.module_utils._engine.driver import drive_members
from ansible_collections.magalu.cloud.plugins.module_utils._engine.member import Member
from ansible_collections.magalu.cloud.plugins.module_utils._resources.instance import instance_task
from tests.support import copies, task
from tests.support.declarations import DECLARED, SMALL


def members(api: Any, *declarations: dict[str, Any]) -> tuple[list[Any], Any]:
    """Return a member for each instance, and the function that observes them; its `calls` are the due members."""
    tasks = [instance_task(api, task.want(**declared)) for declared in declarations]
    made = [Member(each) for each in tasks]
    by_member = dict(zip(map(id, made), tasks, strict=True))
    calls: list[list[str]] = []

    def observe(due: list[Any]) -> list[Any]:
        calls.append([member.label for member in due])
        return [by_member[id(member)].observe(member.view.next_query) for member in due]

    observe.calls = calls  # type: ignore[attr-defined]
    return made, observe


def test_several_members_are_reconciled_each_read_when_it_is_due(sim: Any) -> None:
    sim.seed("instance", name="db")
    sim.seed("instance", name="no")
    sim.add_fault(operation="POST /v1/instances/{id}/suspend", kind="status", status=403)
    api = task.client(sim)
    start = sim.now()
    made, observe = members(
        api, DECLARED, {"name": "db", "state": "stopped"}, {"name": "no", "state": "suspended"}, {"name": "db"}
    )
    drive_members(made, observe, api, 600)
    assert [bool(member.failure) for member in made] == [False, False, True, False]
    assert [[step.action for step in member.done] for member in made] == [["create"], ["stop"], [], []]
    assert sim.now() - start < 25, "not one after the other"
    looks = [label for call in observe.calls for label in call]
    assert looks.count("instance no") == 2, "listed, and read by its id before the first change"
    assert len(observe.calls[0]) == 4
    assert ["instance db"] in observe.calls


def test_without_a_deadline_of_the_client_the_seconds_count(sim: Any) -> None:
    sim.seed("instance", name="web")
    sim.add_fault(operation="POST /v1/instances/{id}/stop", kind="stuck")
    api = task.client(sim)
    api.deadline = None
    start = sim.now()
    made, observe = members(api, {"name": "web", "state": "stopped"})
    drive_members(made, observe, api, 40)
    assert "Timed out after 40 s" in str(made[0].failure)
    assert 40 <= sim.now() - start <= 46


def test_the_deadline_of_the_client_counts_from_its_start(sim: Any) -> None:
    sim.seed("instance", name="web")
    sim.add_fault(operation="POST /v1/instances/{id}/stop", kind="stuck")
    api = task.client(sim)
    api.deadline = sim.now() + 20
    start = sim.now()
    made, observe = members(api, {"name": "web", "state": "stopped"})
    drive_members(made, observe, api, 600)
    assert made[0].failure
    assert sim.now() - start <= 26


@pytest.mark.parametrize("status", [429, 503])
def test_a_read_refused_for_now_is_retried_after_retry_after(sim: Any, status: int) -> None:
    api = task.client(sim, api_retries=0)
    sim.add_fault(operation="GET /v1/instances/{id}", nth=1, times=3, kind="status", status=status,
                  headers={"Retry-After": "20"})  # fmt: skip
    done = task.run(sim, api=api, **DECLARED)
    assert (done.failure, done.actions) == (None, ["create"])
    reads = [request["at"] for request in sim.requests() if request["path"].count("/") == 3]
    assert all(later - earlier >= 20 for earlier, later in itertools.pairwise(reads[:4]))


def test_reads_that_fail_until_the_deadline_are_reported(sim: Any) -> None:
    sim.seed("instance", name="web")
    sim.add_fault(
        operation="GET /v1/instances/{id}", nth=2, times=999, kind="status", status=500, body={"message": "no"}
    )
    start = sim.now()
    done = task.run(sim, timeout=50, name="web", state="stopped")
    assert done.failure.error.status == 500 and "(wait_timeout)" in str(done.failure)
    assert done.actions == ["stop"]
    assert 50 <= sim.now() - start <= 56


def test_looks_are_spread_by_a_tenth_at_most(sim: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits vary by a tenth at most, so that runs that started together do not stay in step."""
    ends = []
    for share in (-0.1, 0.1):
        monkeypatch.setattr(driver.random, "uniform", lambda low, high, share=share: share)
        sim.reset()
        task.run(sim, **DECLARED)
        reads = [request["at"] for request in sim.requests() if request["path"].count("/") == 3]
        created = next(request["at"] for request in sim.requests() if request["method"] == "POST")
        ends.append(round(reads[0] - created, 1))
    assert ends == [9.0, 11.0]


def test_a_failed_instance_is_deleted_once_even_if_reads_are_stale(sim: Any) -> None:
    sim.reset(stale=8)
    sim.seed("instance", name="web", machine_type=SMALL, status="creating_error", state="error")
    done = task.run(sim, **DECLARED, on_failed="replace")
    assert (done.failure, done.actions) == (None, ["delete", "create"])
    assert [sent[:6] for sent in task.list_changes(sim)] == ["DELETE", "POST i"]


def test_a_refused_clean_up_step_is_reported(sim: Any) -> None:
    sim.seed("instance", name="web")
    sim.add_fault(operation="POST /v1/instances/{id}/start", nth="every", kind="status", status=403)
    done = copies.run(sim, "snapshot", name="copy", instance="web", power_off=True)
    assert "Left to be done, since the next run cannot know of it: start instance web." in done.message


def test_a_clean_up_step_without_visible_effect_is_reported_as_outstanding(sim: Any) -> None:
    """A clean-up step is reported as outstanding if the time ends before a read shows its effect."""
    sim.reset(stale=60)
    sim.seed("instance", name="web")
    done = copies.run(sim, "snapshot", name="copy", instance="web", power_off=True, timeout=8)
    assert task.list_changes(sim) == ["POST stop"] and "its state 'running'" in done.message
    assert "Left to be done, since the next run cannot know of it: start instance web." in done.message


def test_an_unsent_step_needs_no_clean_up(sim: Any) -> None:
    """A step that was not sent before the deadline needs no clean-up: the instance still runs."""
    row = sim.seed("instance", name="web")
    done = copies.run(sim, "snapshot", name="copy", instance=row["id"], power_off=True, timeout=0)
    assert task.list_changes(sim) == [] and done.actions == []
    assert "trying to stop instance web" in done.message and "Left to be done" not in done.message
