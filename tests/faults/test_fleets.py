# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults that strike some members: the same fleet without faults completes it, as the simulator's record shows."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import pytest

from tests.support.choice import one_in
from tests.support.fleet import Fields, changes, done, member, run
from tests.support.fleet import rows as instances

COUNT = 40
CREATE, LIST = "POST /v1/instances", "GET /v1/instances"
RATE = {"kind": "status", "status": 429, "headers": {"Retry-After": "5"}, "body": {"slug": "rate", "message": "Slow"}}
# Faults of a tenth of the creations: whether the run succeeds, None if chance may strike a member twice.
TENTH: dict[str, tuple[Fields, bool | None]] = {
    "response lost by a reset": ({"kind": "reset", "when": "after"}, True),
    "response lost by 502": ({"kind": "html", "status": 502, "when": "after"}, True),
    "body cut short": ({"kind": "short_body", "when": "after"}, True),
    "reset before": ({"kind": "reset", "when": "before"}, None),
    "409": ({"kind": "status", "status": 409}, None),
    "503": ({"kind": "status", "status": 503}, None),
    "429": (RATE, True),
    "refused": ({"kind": "status", "status": 400}, False),
    "stuck": ({"kind": "stuck", "seconds": 700}, False),
}  # fmt: skip
CLOUDS: list[Fields] = [
    {},
    {"unique_names": False},
    {"lag": 5, "stale": 2},
    {"unique_names": False, "lag": 5, "edition": "2024-08"},
]
FLEET: Fields = {
    "count": COUNT, "name_format": "web-{index:03d}", "defaults": {"network": {"associate_public_ip": True}},
}  # fmt: skip


def chosen(faults: Iterable[str], clouds: list[Fields]) -> list[tuple[str, Fields]]:
    """Return every fault with every cloud, for make test with one of four clouds in turn."""
    every = itertools.product(enumerate(faults), enumerate(clouds))
    return [(fault, cloud) for (one, fault), (other, cloud) in every if (one + other) % one_in(4) == 0]


def reset_cloud(sim: Any, **settings: Any) -> list[Fields]:
    """Reset the cloud, with room for all public IPs and an instance outside the fleet."""
    sim.reset(quota_public_ips=None, **settings)
    sim.seed("instance", name="other", public_ip=True, created_at=sim.now() - 3600)
    return instances(sim)


def assert_complete(sim: Any, others: list[Fields], count: int = COUNT, state: str = "running") -> None:
    """Assert that each member exists once as declared, others are unchanged, and each address has its instance."""
    found = [row for row in instances(sim) if row["name"] != "other"]
    assert sorted(row["name"] for row in found) == [f"web-{index:03d}" for index in range(1, count + 1)]
    assert {(row["status"], row["state"]) for row in found} <= {("completed", state)}
    assert [row for row in instances(sim) if row["name"] == "other"] == others
    held = [ip["instance"] for ip in sim.state()["br-se1"]["public_ips"]]
    assert sorted(held) == sorted(row["id"] for row in instances(sim))


def assert_repaired(sim: Any, others: list[Fields], **fleet: Any) -> None:
    """Assert that a run without faults completes the fleet, and that the run after it changes nothing."""
    sim.clear_faults()
    done(sim, **fleet)
    assert_complete(sim, others)
    sim.clear_requests()
    assert done(sim, **fleet)["changed"] is False
    assert not changes(sim)


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("fault", "cloud"), chosen(TENTH, CLOUDS), ids=str)
def test_a_tenth_of_the_creations_meets_a_fault(sim: Any, fault: str, cloud: Fields) -> None:
    wire, well = TENTH[fault]
    others = reset_cloud(sim, **cloud)
    sim.add_fault(operation=CREATE, share=0.1, **wire)
    given = run(sim, **FLEET, wait_timeout=500)
    assert any(each["fired"] for each in sim.faults())
    assert well in (None, not given.get("failed")), given.get("msg")
    if not given.get("failed"):
        assert_complete(sim, others)
        assert given["totals"]["created"] == COUNT
    for one in given["members"]:
        assert one.get("failed") or one["instance"]["public_ipv4"]
    sim.advance(700)
    assert_repaired(sim, others, **FLEET)


def test_the_next_run_replaces_failed_creations_with_their_addresses(sim: Any) -> None:
    others = reset_cloud(sim)
    sim.add_fault(operation=CREATE, share=0.1, kind="failing")
    given = run(sim, **FLEET)
    failed = [one["name"] for one in given["members"] if one.get("failed")]
    assert failed and given["msg"].startswith(f"{len(failed)} of {COUNT} instances failed. {failed[0]}: ")
    assert "on_failed: replace" in given["msg"]
    assert_repaired(sim, others, **{**FLEET, "defaults": {**FLEET["defaults"], "on_failed": "replace"}})


LISTS: dict[str, list[Fields]] = {
    "500 for a while": [{"kind": "status", "status": 500, "match": 4, "times": 3}],
    "a page cut short": [{"kind": "short_body", "when": "after", "share": 0.4}],
    "reset": [{"kind": "reset", "share": 0.4}],
    "429": [{**RATE, "share": 0.4}],
    "no JSON": [{"kind": "html", "status": 200, "share": 0.4}],
    "rows appear between pages": [{"kind": "create_between_pages", "value": 1, "share": 0.5}],
    "everything at once": [{"kind": "reset", "share": 0.3}, {"operation": CREATE, "kind": "reset", "when": "after", "share": 0.1},
                           {**RATE, "operation": CREATE, "share": 0.2}],
}  # fmt: skip


@pytest.mark.parametrize(("fault", "settings"), chosen(LISTS, [{}, {"page_limit": 50, "instances": 60}]), ids=str)
def test_failing_lists_do_not_change_the_result(sim: Any, fault: str, settings: Fields) -> None:
    reset_cloud(sim, **settings)
    for wire in LISTS[fault]:
        sim.add_fault(**{"operation": LIST, **wire})
    given = run(sim, **FLEET)
    assert not given.get("failed"), given["msg"]
    assert given["totals"]["created"] == COUNT
    names = [row["name"] for row in instances(sim) if row["name"].startswith("web-")]
    assert len(names) == len(set(names)) == COUNT


def test_lists_that_stay_unavailable_fail_with_the_steps_done(sim: Any) -> None:
    others = reset_cloud(sim)
    sim.add_fault(operation=LIST, match=3, times=9999, kind="status", status=500)
    given = run(sim, **FLEET, wait_timeout=120)
    assert given["msg"].startswith(f"{COUNT} of {COUNT} instances failed. ")
    ids = {row["name"]: row["id"] for row in instances(sim)}
    assert all(one["created"] == [ids[one["name"]]] for one in given["members"])
    assert_repaired(sim, others, **FLEET)


@pytest.mark.one_in(7)
@pytest.mark.parametrize(
    ("state", "operation"),
    [("stopped", "POST /v1/instances/{id}/stop"), ("rebooted", "POST /v1/instances/{id}/reboot")],
)
@pytest.mark.parametrize("fault", ["response lost by a reset", "response lost by 502", "reset before", "429", "409"])
def test_a_third_of_the_actions_meets_a_fault(sim: Any, state: str, operation: str, fault: str) -> None:
    others = reset_cloud(sim, stale=2)
    done(sim, **FLEET)
    sim.clear_requests()
    sim.add_fault(operation=operation, share=0.3, **TENTH[fault][0])
    given = run(sim, **FLEET, state=state)
    if state == "rebooted":
        assert len([each for each in sim.requests() if each["method"] == "POST" and each["status"] == 204]) <= COUNT
        return
    assert all("sent 3 times" in one["msg"] for one in given["members"] if one.get("failed"))
    sim.clear_faults()
    done(sim, **FLEET, state=state)
    assert_complete(sim, others, state="stopped")


@pytest.mark.one_in(3)
@pytest.mark.parametrize("fault", ["response lost by a reset", "response lost by 502", "429", "409", "503"])
def test_a_third_of_the_deletions_meets_a_fault_and_no_address_stays(sim: Any, fault: str) -> None:
    others = reset_cloud(sim)
    done(sim, **FLEET)
    sim.add_fault(operation="DELETE /v1/instances/{id}", share=0.3, **TENTH[fault][0])
    pruning = {"count": 0, "prune_match": "web-*", "prune_max": "100%", "delete_public_ip": True}
    given = run(sim, **pruning)
    assert all("sent 3 times" in one["msg"] for one in given["members"] if one.get("failed"))
    sim.clear_faults()
    done(sim, **pruning)
    assert_complete(sim, others, 0)


def test_duplicates_of_two_simultaneous_runs_are_reported_by_both(sim: Any) -> None:
    """Both of two simultaneous runs report duplicate members, and delete nothing, if names are not unique."""
    reset_cloud(sim, unique_names=False)

    class Another:
        """A simulator in which another run creates the same two members while this run waits."""

        def __getattr__(self, name: str) -> Any:
            return getattr(sim, name)

        def advance(self, seconds: float) -> None:
            if seconds and len(instances(sim)) == 5:
                for name in ("web-001", "web-002"):
                    sim.seed("instance", name=name)
            sim.advance(seconds)

    given = run(Another(), **{**FLEET, "count": 4})
    assert len(instances(sim)) == 7
    for name in ("web-001", "web-002"):
        assert "2 instances are named" in member(given, name)["msg"]
    assert [bool(one.get("failed")) for one in given["members"]] == [True, True, False, False]
