# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One listing serves all members: the requests of a fleet, the time of its end, and its handling of stale reads."""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import Any

import pytest

from tests.support.clients import client_of
from tests.support.fleet import TransitionRecorder, changes, done, list_requests, member, names, rows, run, seed, states
from tests.support.module import result

LIST = "GET instances"
NUMBERED: dict[str, Any] = {"name_format": "web-{index:04d}"}


@pytest.mark.parametrize(("edition", "count", "pages"), [
    ("2026-08", 1, 1), ("2026-08", 49, 1), ("2026-08", 1000, 1), ("2024-08", 1, 1), ("2024-08", 49, 1), ("2024-08", 50, 2),
])  # fmt: skip
def test_a_run_that_changes_nothing_requests_only_the_list(sim: Any, edition: str, count: int, pages: int) -> None:
    """A run without changes reads only the list. Without a total (2024-08), a possibly full page needs another."""
    sim.reset(edition=edition)
    seed(sim, (f"web-{number:04d}" for number in range(1, count + 1)))
    given = done(sim, count=count, **NUMBERED, state="running", results="brief")
    assert given["changed"] is False
    assert given["totals"]["members"] == count
    assert list_requests(sim) == [LIST] * pages


@pytest.mark.parametrize("instant", [True, False])
def test_waiting_for_fifty_costs_few_requests(sim: Any, instant: bool) -> None:
    sim.reset(instant=instant)
    given = done(sim, count=50, **NUMBERED)
    assert given["totals"]["created"] == 50
    requests = list_requests(sim)
    assert requests.count("POST instances") == 50
    assert len(requests) - 50 <= 0.3 * 50
    assert {"GET images", "GET machine-types", LIST, "POST instances"} == set(requests)
    assert requests.count("GET images") == requests.count("GET machine-types") == 1


def test_the_end_is_noticed_soon(sim: Any) -> None:
    """The end is noticed soon: after 15 s of provisioning, lists are read every 2 s."""
    began = sim.now()
    done(sim, count=50, **NUMBERED)
    assert 15 <= sim.now() - began <= 18.5


def test_the_end_of_a_short_operation_is_noticed_soon(sim: Any) -> None:
    """Short operations are noticed sooner: lists come after a third of the time since the step, within bounds."""
    seconds = {"create": 12, "stop": 8}
    sim.reset(durations=seconds)
    done(sim, count=1, **NUMBERED, state="stopped")
    steps = [request["at"] for request in sim.requests() if request["method"] == "POST"]
    looks = [
        request["at"]
        for request in sim.requests()
        if request["path"].endswith("/instances") and request["method"] == "GET"
    ]
    for step, moving in zip(steps, seconds.values(), strict=True):
        later = [look - step for look in looks if step < look < step + moving]
        assert len(later) >= 5
        for sooner, next_one in pairwise(later):
            between = min(max(sooner / 3, 1), 2)
            assert 0.89 * between <= next_one - sooner <= 1.11 * between


def test_wait_false_sends_the_steps_and_returns_the_known_rows(sim: Any) -> None:
    seed(sim, ["old", "gone", "still"])
    declared = [
        {"name": "new"},
        {"name": "old", "state": "stopped"},
        {"name": "gone", "state": "absent"},
        {"name": "still"},
    ]
    given = done(sim, instances=declared, wait=False)
    statuses = {one["name"]: one["instance"]["status"] for one in given["members"]}
    assert statuses == {
        "new": "provisioning",
        "old": "stopping_pending",
        "gone": "deleting_pending",
        "still": "completed",
    }
    assert sorted(request.split()[0] for request in changes(sim)) == ["DELETE", "POST", "POST"]
    again = done(sim, instances=declared)
    assert again["changed"] is False
    assert states(sim) == {"new": "running", "old": "stopped", "still": "running"}


def test_wait_false_returns_the_id_of_an_unlisted_instance(sim: Any) -> None:
    sim.reset(lag=5)
    given = done(sim, instances=[{"name": "new"}], wait=False)
    shown = {key: value for key, value in member(given, "new")["instance"].items() if value is not None}
    assert shown == {"id": rows(sim)[0]["id"]}


def test_without_waiting_steps_before_the_last_are_waited_for(sim: Any) -> None:
    seed(sim, ["a", "b"], state="suspended")
    given = done(sim, instances=[{"name": "a"}, {"name": "b"}], state="stopped", wait=False)
    assert {row["status"] for row in rows(sim)} == {"stopping_pending"}
    assert [len(one["actions"]) for one in given["members"]] == [2, 2]


def test_a_timeout_reports_each_member_and_the_next_run_continues(sim: Any) -> None:
    seed(sim, ["a", "b", "c"])
    sim.add_fault(operation="POST /v1/instances/{id}/stop", kind="stuck", seconds=100)
    given = run(sim, instances=[{"name": name} for name in "abc"], state="stopped", wait_timeout=60)
    stuck = [one for one in given["members"] if one.get("failed")]
    assert len(stuck) == 1
    assert f"Timed out after 60 s (wait_timeout) trying to stop instance {stuck[0]['name']}" in given["msg"]
    assert "its status is 'stopping'" in given["msg"]
    assert given["msg"].startswith("1 of 3 instances failed. ")
    assert stuck[0]["actions"] and stuck[0]["changed"]
    sim.clear_requests()
    done(sim, instances=[{"name": name} for name in "abc"], state="stopped")
    assert not changes(sim)
    assert set(states(sim).values()) == {"stopped"}


@pytest.mark.one_in(8)
@pytest.mark.parametrize("settings", [
    {"lag": 5}, {"stale": 2}, {"lag": 5, "stale": 2, "unique_names": False}, {"edition": "2024-08", "lag": 5, "stale": 2},
    {"unique_names": False, "edition": "2024-08"}, {"page_limit": 60, "instances": 150}, {"keep_deleted": 10**6}, {"nulls": "omitted", "shuffle_ties": True},
], ids=str)  # fmt: skip
def test_a_whole_life_in_every_kind_of_cloud(sim: Any, settings: Any) -> None:
    """Creation, two changes and deletion happen once, as predicted by check mode, and a second run changes nothing."""
    sim.reset(**settings)
    others = names(sim)
    for step in (
        {"state": "running"}, {"state": "stopped", "defaults": {"machine_type": "BV2-2-40"}}, {"state": "suspended"},
        {"state": "absent"},
    ):  # fmt: skip
        sim.clear_requests()
        checked = done(sim, check=True, count=12, **NUMBERED, **step)
        assert not changes(sim)
        given = done(sim, count=12, **NUMBERED, **step)
        assert [one["actions"] for one in given["members"]] == [one["actions"] for one in checked["members"]]
        assert len(changes(sim)) == sum(len(one["actions"]) for one in given["members"]) >= 12
        sim.advance(10)
        assert done(sim, count=12, **NUMBERED, **step)["changed"] is False
    assert names(sim) == others


@pytest.mark.parametrize("delay", [40, float("inf")])
def test_late_public_addresses_are_awaited(sim: Any, delay: float) -> None:
    sim.reset(address_delay=delay, quota_public_ips=None)
    given = run(sim, count=3, **NUMBERED, defaults={"network": {"associate_public_ip": True}}, wait_timeout=300)
    if delay == 40:
        assert all(one["instance"]["public_ipv4"] for one in given["members"])
    else:
        assert all("it has no public IPv4 address yet" in one["msg"] for one in given["members"])
    assert len(rows(sim)) == 3


BOUNDS = pytest.mark.parametrize("bounds", [{}, {"batch": "1"}, {"max_failures": "0"}], ids=str)


@BOUNDS
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("choice", ["fail", "recreate"])
def test_an_address_that_appears_after_the_read_by_id_counts(
    sim: Any, choice: str, check: bool, bounds: dict[str, str]
) -> None:
    sim.reset(address_delay=20)
    public = {"network": {"associate_public_ip": True}}
    run(sim, instances=[{"name": "web"}], defaults=public, wait=False)
    sim.advance(17)
    began = sim.now()
    defaults = {**public, "on_immutable_change": choice}
    given = done(sim, check, instances=[{"name": "web"}], defaults=defaults, **bounds)
    assert (given["changed"], given["warnings"] if not check else []) == (False, [])
    assert sim.now() - began <= 25
    assert check or given["members"][0]["instance"]["public_ipv4"]


@BOUNDS
@pytest.mark.parametrize("check", [True, False])
def test_a_failure_in_a_late_list_is_read_by_id_before_it_counts(sim: Any, check: bool, bounds: dict[str, str]) -> None:
    sim.reset(lag=15)
    seed(sim, ["web"], state="new", status="creating_error", error={"slug": "x", "message": "no room"})
    sim.advance(60)
    client_of(sim).request("DELETE", f"/v1/instances/{rows(sim)[0]['id']}")
    sim.advance(6)
    given = done(sim, check, instances=[{"name": "web"}], **bounds)
    assert given["totals"]["created"] == 1


def test_an_instance_being_created_is_deleted_at_an_even_pace(sim: Any) -> None:
    """A deletion during a creation is refused with 409, and retried every two seconds until the instance exists."""
    run(sim, count=3, **NUMBERED, wait=False)
    sim.clear_requests()
    sim.add_fault(operation="DELETE /v1/instances/{id}", nth="every", times=9, kind="status", status=409)
    began = sim.now()
    given = done(sim, count=3, **NUMBERED, state="absent")
    assert [one["changed"] for one in given["members"]] == [True] * 3
    assert not rows(sim)
    assert len(changes(sim)) == 12
    deletions = sorted((one["path"], one["at"]) for one in sim.requests() if one["method"] == "DELETE")
    assert all(later[1] - sooner[1] >= 1.5 for sooner, later in pairwise(deletions) if sooner[0] == later[0])
    reads = [request for request in list_requests(sim) if request.startswith("GET instances/")]
    assert len(reads) <= 12, "one before each sending"
    assert len(list_requests(sim)) - 12 - len(reads) <= (sim.now() - began) / 1.8 + 6, "every 2 s, less 10 per cent"


@pytest.mark.parametrize("operation", ["POST /v1/instances", "DELETE /v1/instances/{id}", "GET /v1/instances"])
def test_all_threads_respect_retry_after(sim: Any, operation: str) -> None:
    """No thread sends a request before Retry-After is over, not only the refused one."""
    state = "present"
    if operation.startswith("DELETE"):
        seed(sim, (f"web-{number:04d}" for number in range(1, 31)))
        state = "absent"
    told = {"kind": "status", "status": 429, "headers": {"Retry-After": "20"}}
    sim.add_fault(operation=operation, match=2, times=1, **told)
    sim.add_fault(operation=operation, match=15, times=1, **told)
    # One request at a time, since concurrent requests cannot know that the first one was refused.
    done(sim, count=30, **NUMBERED, state=state, concurrency=1)
    over = 0.0
    for request in sim.requests():
        assert request["at"] >= over - 0.001, f"{request['method']} {request['path']}"
        over = request["at"] + 20 if request["status"] == 429 else 0
    assert len(rows(sim)) == (0 if state == "absent" else 30)


def test_many_refused_creations_are_each_made_once(sim: Any) -> None:
    told = {"kind": "status", "status": 429, "headers": {"Retry-After": "7"}}
    sim.add_fault(operation="POST /v1/instances", share=0.5, **told)
    given = done(sim, count=40, **NUMBERED)
    assert given["totals"]["created"] == len(rows(sim)) == 40
    refusals = [request["at"] for request in sim.requests() if request["status"] == 429]
    assert len(refusals) >= 20


def test_a_rate_limit_is_kept_to(sim: Any) -> None:
    sim.reset(rate_limit=10)
    given = done(sim, count=60, **NUMBERED)
    assert given["totals"]["created"] == len(rows(sim)) == 60
    served = [int(request["at"]) for request in sim.requests() if request["status"] != 429]
    assert all(len(list(same)) <= 20 for _second, same in groupby(served))


def test_a_retry_after_beyond_the_deadline_ends_at_the_deadline(sim: Any) -> None:
    sim.add_fault(
        operation="POST /v1/instances", nth="every", kind="status", status=429, headers={"Retry-After": "9999"}
    )
    began = sim.now()
    given = run(sim, count=3, **NUMBERED, wait_timeout=60)
    assert sim.now() - began < 70
    assert "The API limits requests" in given["msg"]
    assert given["totals"]["failed"] == 3


def test_a_failed_list_is_retried_after_a_pause(sim: Any) -> None:
    sim.add_fault(operation="GET /v1/instances", match=3, times=4, kind="status", status=500)
    watched = TransitionRecorder(sim)
    given = done(watched, count=3, **NUMBERED, api_retries=0)
    assert given["totals"]["created"] == 3
    failed = [request["at"] for request in sim.requests() if request["status"] == 500]
    assert len(failed) == 4
    assert all(later - sooner >= 1 for sooner, later in pairwise(failed))


def test_a_failed_list_of_copies_delays_its_member_alone(sim: Any) -> None:
    seed(sim, ["web"])
    result(sim, "vm_snapshot", {"name": "day", "instance": "web", "wait": False})
    sim.add_fault(operation="GET /v1/snapshots", match=3, times=4, kind="status", status=500)
    given = done(sim, instances=[{"name": "copy", "snapshot": "day"}, {"name": "new"}], api_retries=0)
    assert given["totals"]["created"] == 2
    assert 500 in [request["status"] for request in sim.requests()]


def test_an_expired_key_fails_unfinished_members_and_keeps_known_rows(sim: Any) -> None:
    body = {"slug": "forbidden", "message": "The key has expired"}
    seed(sim, ["old"])
    sim.add_fault(operation="GET /v1/instances", match=4, times=100, kind="status", status=403, body=body)
    given = run(sim, instances=[{"name": "old"}, {"name": "new"}])
    assert not member(given, "old").get("failed")
    new = member(given, "new")
    assert "The key has expired" in new["msg"]
    assert new["created"] == [new["instance"]["id"]] == [rows(sim)[1]["id"]]


def test_a_first_list_that_fails_is_reported_in_the_words_of_the_api(sim: Any) -> None:
    sim.add_fault(operation="GET /v1/instances", nth="every", kind="status", status=500)
    given = run(sim, instances=[{"name": "new"}], api_retries=1)
    assert "Failed to look at the fleet" in given["msg"]
    assert not changes(sim)
    assert len(list_requests(sim)) == 2
