# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Limits of a fleet: members in transition at once, failed members, and requests at once."""

from __future__ import annotations

import threading
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.module_utils._engine import fleet as fleet_pace
from tests.support.choice import one_in
from tests.support.clients import client_of
from tests.support.declarations import LARGE, SMALL
from tests.support.fleet import Fields, TransitionRecorder, actions, changes, done, member, rows, run, seed, states

FIVE = [f"web-{number}" for number in range(1, 6)]
MEMBERS = [{"name": name} for name in FIVE]
STOP = "POST /v1/instances/{id}/stop"
NO = {"kind": "status", "status": 403, "body": {"slug": "forbidden", "message": "No"}}


@pytest.mark.parametrize(("batch", "most"), [
    ("1", 1), ("2", 2), ("20%", 1), ("40%", 2), ("59%", 2), ("1%", 1), ("100%", 5), ("99", 5), (None, 5),
])  # fmt: skip
def test_no_more_members_are_in_motion_than_the_batch_has(sim: Any, batch: str | None, most: int) -> None:
    seed(sim, FIVE)
    watched = TransitionRecorder(sim)
    done(watched, instances=MEMBERS, state="stopped", batch=batch)
    assert set(states(sim).values()) == {"stopped"}
    assert watched.most == most


def test_a_batch_holds_for_creations_and_deletions_too(sim: Any) -> None:
    watched = TransitionRecorder(sim)
    done(watched, count=5, name_format="web-{index}", batch="2")
    assert watched.most == 2
    watched.moving.clear()
    done(watched, count=5, name_format="web-{index}", batch="2", state="absent")
    assert watched.most == 2


@pytest.mark.parametrize("state", ["absent", "present"])
def test_a_batch_holds_where_only_reads_by_id_allow_the_steps(sim: Any, state: str) -> None:
    """A batch holds if steps need reads by id: an unsorted first list shows no labels, so all are protected."""
    sim.reset(sort_by_id=False)
    seed(sim, FIVE, labels=["dev"])
    watched = TransitionRecorder(sim)
    defaults = {"image": "cloud-debian-12 LTS", "on_immutable_change": "recreate", "protect_labels": ["prod"]}
    done(watched, instances=MEMBERS, defaults=defaults, state=state, batch="1", max_failures="0")
    assert watched.most == 1


@pytest.mark.parametrize("gone", [[0], [1, 4], [0, 1, 2]])
def test_members_that_wait_for_the_batch_do_not_read_repeatedly(sim: Any, gone: list[int]) -> None:
    """Instances that another run is deleting, which only reads by id show, read without end while no time passed."""
    sim.reset(lag=5)
    seed(sim, FIVE, state="suspended")
    sim.advance(60)
    for number, row in enumerate(list(rows(sim))):
        if number in gone:
            client_of(sim).request("DELETE", f"/v1/instances/{row['id']}")
    sim.advance(1)
    sim.add_fault(operation="*", nth=250, times=100_000, **NO)  # ends a run that would read for ever
    done(sim, instances=MEMBERS, state="stopped", batch="2", concurrency=3)
    assert set(states(sim).values()) == {"stopped"} and len(rows(sim)) == 5


def test_a_member_that_waited_for_the_batch_is_read_again(sim: Any) -> None:
    """The first is being stopped by another run, and the second is renamed while it waits for the first; lists lag."""
    sim.reset(lag=60)
    seed(sim, FIVE[:1], image="cloud-debian-12 LTS")
    seed(sim, FIVE[1:2])
    sim.advance(100)
    first, second = (row["id"] for row in rows(sim))
    client_of(sim).request("POST", f"/v1/instances/{first}/stop")

    class Renamed(TransitionRecorder):
        def advance(self, seconds: float) -> None:
            if seconds > 0 and not self.moving:
                client_of(self.sim).request("PATCH", f"/v1/instances/{second}/rename", body={"name": "taken"})
            super().advance(seconds)

    done(Renamed(sim), instances=[{"name": "web-1"}, {"name": "web-2", "state": "stopped"}], batch="1")
    assert {row["state"] for row in rows(sim) if row["id"] == second} == {"running"}


def test_a_member_of_several_steps_keeps_its_place(sim: Any) -> None:
    """A member starts, is retyped and suspended before the next member's first step."""
    seed(sim, FIVE[:3], state="suspended")
    watched = TransitionRecorder(sim)
    done(watched, instances=MEMBERS[:3], defaults={"machine_type": LARGE}, batch="1")
    assert watched.most == 1
    ids = [row["id"] for row in rows(sim)]
    steps = [(ids.index(each.split("/")[1]), each.split("/")[2]) for each in changes(sim)]
    assert steps == [(number, verb) for number in range(3) for verb in ("start", "retype", "suspend")]


def test_a_member_found_in_transition_counts_at_any_position(sim: Any) -> None:
    """A member that another user has put in transition counts against the batch, at any position in the list."""
    seed(sim, FIVE)
    sim.add_fault(operation="POST /v1/instances/{id}/reboot", kind="stuck", seconds=40)
    run(sim, instances=[{"name": FIVE[-1], "state": "rebooted"}], wait=False)
    watched = TransitionRecorder(sim)
    done(watched, instances=MEMBERS, state="stopped", batch="1")
    assert watched.most == 1
    assert set(states(sim).values()) == {"stopped"}


def test_a_member_in_transition_does_not_wait_for_itself(sim: Any) -> None:
    """A member that is in transition for ever is deleted, although it takes the batch's only place itself."""
    seed(sim, ["web-1"], status="migrating")
    seed(sim, ["web-2"])
    given = run(sim, instances=MEMBERS[:2], state="absent", batch="1", wait_timeout=30)
    assert "is migrating" in member(given, "web-1")["msg"]
    assert {each.split("/")[1] for each in changes(sim)} == {member(given, "web-1")["instance"]["id"]}


def test_a_failed_member_in_transition_keeps_its_place(sim: Any) -> None:
    """A member that fails but stays in transition keeps its place in the batch."""
    seed(sim, FIVE)
    sim.add_fault(operation=STOP, nth="every", times=1, kind="stuck", seconds=10_000)
    watched = TransitionRecorder(sim)
    given = run(watched, instances=MEMBERS, state="stopped", batch="1", wait_timeout=300)
    assert watched.most == 1
    assert "Timed out" in member(given, FIVE[0])["msg"]
    assert all("Not started before wait_timeout expired" in member(given, name)["msg"] for name in FIVE[1:])
    assert given["msg"].endswith("4 were not started.")
    assert len(changes(sim)) == 1


def test_a_failed_member_makes_room_for_the_next(sim: Any) -> None:
    seed(sim, FIVE)
    sim.add_fault(operation=STOP, **NO)
    watched = TransitionRecorder(sim)
    given = run(watched, instances=MEMBERS, state="stopped", batch="1")
    assert watched.most == 1
    assert list(states(sim).values()).count("stopped") == 4
    assert given["totals"] == {"members": 5, "changed": 4, "failed": 1, "created": 0, "deleted": 0, "pruned": 0}


BATCHES = st.lists(st.sampled_from(["running", "stopped", "suspended", None]), min_size=1, max_size=6)


@settings(max_examples=25 // one_in(5))
@given(
    there=BATCHES, state=st.sampled_from(["running", "stopped", "suspended", "rebooted"]), batch=st.integers(1, 4),
    kind=st.sampled_from([SMALL, LARGE]), stale=st.sampled_from([0, 2]), failing=st.integers(0, 2),
)  # fmt: skip
def test_whatever_is_to_be_done_never_more_are_in_motion(
    simulator_server: Any, there: list[str | None], state: str, batch: int, kind: str, stale: int, failing: int
) -> None:
    sim = simulator_server
    sim.reset(stale=stale)
    for number, power in enumerate(there):
        if power:
            seed(sim, [f"web-{number}"], state=power)
    sim.advance(60)
    for _fault in range(failing):
        sim.add_fault(operation="POST /v1/instances", share=0.5, kind="failing")
    watched = TransitionRecorder(sim)
    declared = [{"name": f"web-{number}"} for number in range(len(there))]
    run(watched, instances=declared, state=state, defaults={"machine_type": kind}, batch=str(batch))
    failed = {row["name"] for row in rows(sim) if "error" in row["status"]}
    assert max((len(moving - failed) for moving in watched.moving), default=0) <= batch


@pytest.mark.parametrize(
    ("most", "begun"), [("0", 1), ("1", 2), ("20%", 2), ("10%", 1), ("39%", 2), ("4", 5), (None, 5)]
)
def test_nothing_is_begun_after_too_many_have_failed(sim: Any, most: str | None, begun: int) -> None:
    seed(sim, FIVE)
    sim.add_fault(operation=STOP, nth="every", **NO)
    given = run(sim, instances=MEMBERS, state="stopped", batch="1", max_failures=most)
    assert len(changes(sim)) == begun
    assert [one["name"] for one in given["members"]] == FIVE
    limit = {"0": 0, "1": 1, "20%": 1, "10%": 0, "39%": 1}.get(str(most))
    words = f"Not started: {begun} failed, and max_failures is {limit}."
    assert [one["msg"] == words for one in given["members"]] == [False] * begun + [True] * (5 - begun)
    assert given["msg"].startswith(f"{begun} of 5 instances failed. {FIVE[0]}: Failed to stop instance {FIVE[0]}: No")
    left = 5 - begun
    assert (f" {left} {'was' if left == 1 else 'were'} not started." in given["msg"]) == (left > 0)
    assert ".;" not in given["msg"] and ".." not in given["msg"]
    assert given["totals"]["failed"] == 5


def test_members_already_begun_are_finished_and_reported(sim: Any) -> None:
    """When the second of two members fails, both steps of the first are completed and reported."""
    seed(sim, FIVE, state="suspended")
    seconds = "POST /v1/instances/{id}/start"
    sim.add_fault(operation=seconds, match=2, **NO)
    given = run(sim, instances=MEMBERS, state="stopped", batch="2", max_failures="0", concurrency=1)
    assert member(given, FIVE[0])["instance"]["state"] == "stopped"
    assert actions(given)[FIVE[0]] == [f"start instance {FIVE[0]}", f"stop instance {FIVE[0]}"]
    assert [bool(one.get("failed")) for one in given["members"]] == [False, True, True, True, True]
    assert list(states(sim).values()) == ["stopped", *["suspended"] * 4]
    assert "1 of 5 instances failed. web-2: " in given["msg"]


def test_members_that_cannot_be_planned_count_before_the_first_step(sim: Any) -> None:
    seed(sim, FIVE[1:])
    declared = [*({**one, "state": "stopped"} for one in MEMBERS[1:]), {"name": "new", "image": "nothing"}]
    for check in (True, False):
        given = run(sim, check, instances=declared, max_failures="0")
        assert not changes(sim)
        assert actions(given) == {name: [] for name in [*FIVE[1:], "new"]}
        assert "1 of 5 instances failed. new: There is no image 'nothing'" in given["msg"]
        assert given["changed"] is False
    run(sim, instances=declared, max_failures="1")
    assert len(changes(sim)) == 4


def test_unchanged_members_do_not_fail_by_others(sim: Any) -> None:
    seed(sim, FIVE)
    seed(sim, ["idle"], state="stopped")
    sim.add_fault(operation=STOP, nth="every", **NO)
    given = run(sim, instances=[*MEMBERS, {"name": "idle"}], state="stopped", batch="1", max_failures="0")
    assert not member(given, "idle").get("failed")


@pytest.mark.parametrize("concurrency", [1, 7, 50])
def test_so_many_requests_are_sent_at_once_and_no_more(sim: Any, concurrency: int) -> None:
    lock, at_once = threading.Lock(), [0, 0]
    attempt = fleet_pace.send_step
    full = threading.Event()

    def counted(*given: Any) -> Any:
        with lock:
            at_once[0] += 1
            at_once[1] = max(at_once)
            if at_once[0] == concurrency:
                full.set()
        full.wait(2)  # for as many requests as expected at once
        try:
            return attempt(*given)
        finally:
            with lock:
                at_once[0] -= 1

    with mock.patch.object(fleet_pace, "send_step", counted):
        given: Fields = done(sim, count=60, name_format="web-{index:02d}", concurrency=concurrency)
    assert at_once[1] == concurrency
    assert given["totals"]["created"] == len(rows(sim)) == 60


def test_who_was_not_begun_is_in_no_diff(sim: Any) -> None:
    seed(sim, ["web-1", "web-2"])
    sim.add_fault(operation="POST /v1/instances/{id}/stop", kind="status", status=403)
    stopped = [{"name": name, "state": "stopped"} for name in ("web-1", "web-2")]
    given = run(sim, diff=True, instances=stopped, batch="1", max_failures="0")
    assert "Not started" in member(given, "web-2")["msg"]
    assert [(each["before_header"], each["before"] == each["after"]) for each in given["diff"]] == [("web-1", True)]


def test_a_member_deleted_but_not_recreated_is_reported_as_gone(sim: Any) -> None:
    seed(sim, ["web-1"])
    sim.add_fault(operation="POST /v1/instances", kind="status", status=403)
    anew = {"name": "web-1", "image": "cloud-debian-12 LTS", "on_immutable_change": "recreate"}
    given = member(run(sim, instances=[anew]), "web-1")
    assert given["failed"] and [step["action"] for step in given["actions"]] == ["delete"]
    assert given["instance"] is None and rows(sim) == []


class Slow(TransitionRecorder):
    """A simulator in which each request takes a second."""

    def advance(self, seconds: float) -> None:
        super().advance(seconds or 1)


def test_nothing_is_sent_after_the_time(sim: Any) -> None:
    """No request is sent after the deadline, however many steps one look has found."""
    given = run(Slow(sim), count=9, name_format="web-{index}", concurrency=1, wait_timeout=4)
    began = sim.requests()[0]["at"]
    late = [each for each in sim.requests() if each["method"] == "POST" and each["at"] > began + 5]
    idle = [
        each["name"] for each in given["members"] if each.get("msg", "").startswith("Not started before wait_timeout")
    ]
    assert given["failed"] and late == []
    assert len(idle) + len(rows(sim)) == 9 and len(idle) > 3


@pytest.mark.parametrize(
    ("kind", "option", "route"),
    [("snapshot", "snapshot", "/v1/snapshots"), ("custom_image", "image", "/v1/images/custom")],
)
def test_no_member_is_deleted_when_its_source_has_disappeared(sim: Any, kind: str, option: str, route: str) -> None:
    """If the members' source is deleted during the run, members that are not deleted yet are kept."""
    seed(sim, ["src"])
    of = {"instance": rows(sim)[0]["id"], "created_at": sim.now() - 3600} if kind == "snapshot" else {}
    source = sim.seed(kind, name="golden", **of)["id"]
    seed(sim, FIVE, ssh_key_name="other")
    until = sim.now() + 25

    class Meanwhile(TransitionRecorder):
        deleted = False

        def advance(self, seconds: float) -> None:
            super().advance(seconds)
            if self.sim.now() > until and not self.deleted:
                self.deleted = True
                client_of(self.sim).request("DELETE", f"{route}/{source}")

    defaults = {"image": None, option: "golden", "on_immutable_change": "recreate", "delete_public_ip": True}
    given = run(Meanwhile(sim), instances=MEMBERS, batch="1", defaults=defaults)
    totals = given["totals"]
    assert totals["failed"] == 5 - totals["created"] and totals["created"] > 0
    assert totals["deleted"] - totals["created"] <= 1, "the member whose deletion was under way, and no other"
    assert len(rows(sim)) >= 5
