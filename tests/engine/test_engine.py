# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine under trouble: lost responses, refusals, transitions, failures, time-outs, duplicate names."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._engine.driver import drive_members
from ansible_collections.magalu.cloud.plugins.module_utils._engine.member import Member
from ansible_collections.magalu.cloud.plugins.module_utils._resources.instance import instance_observer, instance_task
from tests.support import task
from tests.support.declarations import DECLARED, LARGE, SMALL

POST_CREATE = "POST /v1/instances"
FAULTS: list[dict[str, Any]] = [{"kind": "reset"}, {"kind": "status", "status": 500}, {"kind": "html", "status": 502}]
LOST = [(fault, when) for fault in FAULTS for when in ("before", "after")] + [({"kind": "short_body"}, "after")]


def names(sim: Any) -> list[str]:
    return [instance["name"] for instance in sim.state()["br-se1"]["instances"]]


def send_action(sim: Any, row: dict[str, Any], action: str) -> None:
    """Send the request of another user."""
    task.client(sim).request("POST", f"/v1/instances/{row['id']}/{action}")


@pytest.mark.parametrize("unique", [True, False])
@pytest.mark.parametrize(("fault", "when"), LOST, ids=lambda value: value if isinstance(value, str) else value["kind"])
def test_a_creation_with_a_lost_response_is_sent_once(sim: Any, fault: Any, when: str, unique: bool) -> None:
    sim.reset(unique_names=unique, lag=5)
    sim.add_fault(operation=POST_CREATE, when=when, **fault)
    done = task.run(sim, **DECLARED, state="running")
    assert done.failure is None
    assert done.actions == ["create"]
    assert names(sim) == ["web"]
    assert task.list_changes(sim) == ["POST instances"] * (2 if when == "before" else 1)


def test_a_creation_is_sent_twice_at_most(sim: Any) -> None:
    sim.add_fault(operation=POST_CREATE, nth="every", kind="status", status=500, body={"message": "no"})
    start = sim.now()
    done = task.run(sim, **DECLARED)
    assert task.list_changes(sim) == ["POST instances"] * 2
    assert "was sent 2 times" in str(done.failure)
    assert "next run will find it" in str(done.failure)
    assert done.failure.error.status == 500
    assert sim.now() - start >= 60, "it was looked for half a minute after each"


@pytest.mark.parametrize("action", ["start", "stop", "suspend"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_action_whose_answer_is_lost_happens(sim: Any, action: str, when: str) -> None:
    before, after = {"start": ("stopped", "running"), "stop": ("running", "stopped")}.get(
        action, ("running", "suspended")
    )
    sim.seed("instance", name="web", state=before)
    sim.add_fault(operation=f"POST /v1/instances/{{id}}/{action}", when=when, kind="reset")
    done = task.run(sim, name="web", state=after)
    assert (done.failure, done.actions, done.row["state"]) == (None, [action], after)


def test_a_reboot_is_never_sent_twice(sim: Any) -> None:
    sim.seed("instance", name="web")
    sim.add_fault(operation="POST /v1/instances/{id}/reboot", when="before", kind="reset")
    done = task.run(sim, name="web", state="rebooted")
    assert task.list_changes(sim) == ["POST reboot"]
    assert done.failure is None
    assert any("showed nothing of the reboot" in note for note in done.outcome.warnings)


def test_a_creation_refused_for_now_is_retried_after_retry_after(sim: Any) -> None:
    sim.add_fault(operation=POST_CREATE, times=5, nth="every", kind="status", status=429, headers={"Retry-After": "20"})
    start = sim.now()
    done = task.run(sim, **DECLARED)
    assert (done.failure, done.actions, names(sim)) == (None, ["create"], ["web"])
    assert sim.now() - start >= 100
    times = [request["at"] for request in sim.requests() if request["method"] == "POST"]
    assert all(later - earlier >= 20 for earlier, later in itertools.pairwise(times))


def test_a_name_that_another_run_took_is_read_and_planned_again(sim: Any) -> None:
    """A name that another run takes before our creation is found, although the first lists do not show it yet."""
    api = task.client(sim)
    declared = task.want(**DECLARED, state="stopped")
    sim.reset(lag=8)
    observe = instance_observer(api, declared)
    member = Member(instance_task(api, declared))
    seen = observe(task.START)
    other = task.run(sim, wait=False, **DECLARED)
    drive_members([member], lambda due: [observe(due[0].view.next_query)], api, 600, [seen])
    assert member.failure is None
    assert names(sim) == ["web"]
    assert member.row["id"] == other.row["id"] if other.row else True
    assert [step.action for step in member.done] == ["stop"]


def test_two_instances_created_at_once_are_both_named_and_kept(sim: Any) -> None:
    sim.reset(unique_names=False)
    declared = task.want(**DECLARED)
    api = task.client(sim)
    observe = instance_observer(api, declared)
    member = Member(instance_task(api, declared))
    seen = observe(task.START)
    task.run(sim, wait=False, **DECLARED)
    drive_members([member], lambda due: [observe(due[0].view.next_query)], api, 600, [seen])
    ids = [instance["id"] for instance in sim.state()["br-se1"]["instances"]]
    assert len(ids) == 2
    assert all(one in str(member.failure) for one in ids)
    assert member.memory.created[0] in ids
    assert task.list_changes(sim) == ["POST instances"] * 2


def test_a_refusal_after_a_stale_read_is_not_a_failure(sim: Any) -> None:
    sim.reset(stale=5)
    row = sim.seed("instance", name="web")
    sim.advance(60)
    send_action(sim, row, "stop")
    sim.advance(4.5)  # it is stopped now, but reads still show it running
    done = task.run(sim, name="web", state="stopped")
    assert (done.failure, done.row["state"]) == (None, "stopped")
    assert done.actions == [], "the other hand stopped it"


def test_an_unexplained_refusal_is_passed_on(sim: Any) -> None:
    sim.seed("instance", name="web", state="stopped")
    sim.add_fault(operation="POST /v1/instances/{id}/start", nth="every", kind="status", status=400,
                  body={"slug": "not_now", "message": "the moon is full", "details": {}})  # fmt: skip
    done = task.run(sim, name="web", state="running")
    assert done.failure.error.slug == "not_now"
    assert done.failure.doing == "start instance web"
    assert done.actions == []


@pytest.mark.one_in(5)
@pytest.mark.parametrize("state", ["running", "stopped", "suspended", "present", "rebooted", "absent"])
@pytest.mark.parametrize(("first", "motion"), [("running", "stop"), ("running", "suspend"), ("stopped", "start")])
def test_an_instance_found_in_transition_is_reconciled(sim: Any, first: str, motion: str, state: str) -> None:
    row = sim.seed("instance", name="web", state=first, machine_type=SMALL)
    send_action(sim, row, motion)
    sim.advance(1)
    plan = task.check(sim, **{**DECLARED, "machine_type": LARGE}, state=state)
    sim.clear_requests()
    done = task.run(sim, **{**DECLARED, "machine_type": LARGE}, state=state)
    assert done.failure is None
    assert done.actions == [step.action for step in plan.steps]
    if state == "absent":
        assert done.row is None
    else:
        assert (done.row["state"], done.row["machine_type"]["name"]) == (plan.after["state"], LARGE)


def test_a_creation_in_progress_is_awaited_and_not_repeated(sim: Any) -> None:
    task.run(sim, wait=False, **DECLARED)
    sim.advance(5)
    done = task.run(sim, **DECLARED, state="running")
    assert (done.failure, done.actions, done.row["state"]) == (None, [], "running")
    assert task.list_changes(sim) == ["POST instances"]


def test_an_instance_being_created_can_be_deleted(sim: Any) -> None:
    task.run(sim, wait=False, **DECLARED)
    done = task.run(sim, name="web", state="absent")
    assert (done.failure, done.actions, names(sim)) == (None, ["delete"], [])


def test_a_deletion_ends_before_the_successor_is_created(sim: Any) -> None:
    old = sim.seed("instance", name="web")
    task.client(sim).request("DELETE", f"/v1/instances/{old['id']}")
    sim.advance(1)
    assert [step.action for step in task.check(sim, **DECLARED).steps] == ["create"]
    done = task.run(sim, **DECLARED)
    assert (done.failure, done.actions) == (None, ["create"])
    assert done.row["id"] != old["id"]


def test_absent_waits_for_the_deletion_by_another_run(sim: Any) -> None:
    old = sim.seed("instance", name="web")
    task.client(sim).request("DELETE", f"/v1/instances/{old['id']}")
    sim.advance(1)
    done = task.run(sim, name="web", state="absent")
    assert (done.failure, done.actions, done.row) == (None, [], None)
    assert task.list_changes(sim) == [f"DELETE {old['id']}"]


def test_a_failed_creation_is_reported_with_reason_and_remedy(sim: Any) -> None:
    sim.reset(capacity={SMALL: 0})
    done = task.run(sim, **DECLARED)
    text = str(done.failure)
    assert done.row["id"] in text
    assert "capacity" in text
    assert "on_failed: replace" in text
    assert done.actions == ["create"]
    assert task.list_changes(sim) == ["POST instances"]


def test_on_failed_replace_deletes_the_failed_instance_and_its_address(sim: Any) -> None:
    sim.reset(capacity={SMALL: 0})
    public = {**DECLARED, "network": {"associate_public_ip": True}}
    failed = task.run(sim, **public).row
    assert len(sim.state()["br-se1"]["public_ips"]) == 1
    sim.clear_requests()
    done = task.run(sim, **{**public, "machine_type": LARGE}, on_failed="replace")
    assert (done.failure, done.actions) == (None, ["delete", "create"])
    assert done.row["id"] != failed["id"]
    assert len(sim.state()["br-se1"]["public_ips"]) == 1
    deletion = next(request for request in sim.requests() if request["method"] == "DELETE")
    assert deletion["query"] == [["delete_public_ip", "true"]] or deletion["query"] == [("delete_public_ip", "true")]


def test_a_creation_that_fails_in_this_run_is_not_replaced(sim: Any) -> None:
    sim.reset(capacity={SMALL: 0})
    done = task.run(sim, **DECLARED, on_failed="replace")
    assert done.failure is not None
    assert done.actions == ["create"]


def test_a_failed_operation_is_reported(sim: Any) -> None:
    sim.seed("instance", name="web", machine_type=SMALL)
    sim.add_fault(operation="POST /v1/instances/{id}/retype", kind="failing", value="retyping_error_capacity")
    done = task.run(sim, name="web", machine_type=LARGE)
    assert "retyping_error_capacity" in str(done.failure)
    assert "Failed to retype instance web to BV2-2-40" in str(done.failure)


def test_an_old_failure_is_a_warning_and_no_obstacle(sim: Any) -> None:
    sim.seed("instance", name="web", status="retyping_error", machine_type=SMALL)
    done = task.run(sim, name="web", machine_type=LARGE, state="stopped")
    assert (done.failure, done.actions) == (None, ["retype", "stop"])
    assert any("last operation on instance web failed (retyping_error)" in note for note in done.outcome.warnings)


def test_a_timeout_is_reported_with_the_last_status(sim: Any) -> None:
    sim.seed("instance", name="web")
    sim.add_fault(operation="POST /v1/instances/{id}/stop", kind="stuck")
    start = sim.now()
    done = task.run(sim, timeout=90, name="web", state="stopped")
    text = str(done.failure)
    assert "Timed out after 90 s (wait_timeout) trying to stop instance web" in text
    assert "'stopping" in text
    assert "next run continues from there" in text
    assert 85 <= sim.now() - start <= 100
    assert done.actions == ["stop"]


def test_nothing_new_is_sent_when_the_time_is_up(sim: Any) -> None:
    """No step starts at the deadline: an instance that runs just then is suspended by the next run."""
    sim.seed("instance", name="web", state="stopped")
    done = task.run(sim, name="web", state="suspended", timeout=sim.cloud.settings.duration("start"))
    assert task.list_changes(sim) == ["POST start"] and done.actions == ["start"]
    assert "(wait_timeout) trying to suspend instance web: its status is 'completed', its state 'running'" in str(
        done.failure
    )


def test_a_public_address_that_never_appears_is_reported(sim: Any) -> None:
    sim.reset(address_delay=float("inf"))
    done = task.run(sim, **{**DECLARED, "network": {"associate_public_ip": True}})
    assert "no public IPv4 address yet" in str(done.failure)


def test_a_creation_ends_when_its_public_address_appears(sim: Any) -> None:
    sim.reset(address_delay=30)
    done = task.run(sim, **{**DECLARED, "network": None})
    assert done.failure is None
    assert done.row["public_ipv4"]


@pytest.mark.parametrize("state", ["present", "stopped"])
def test_wait_false_skips_only_the_last_wait(sim: Any, state: str) -> None:
    start = sim.now()
    done = task.run(sim, wait=False, **DECLARED, state=state)
    assert done.failure is None
    assert done.actions == (["create"] if state == "present" else ["create", "stop"])
    assert (sim.now() - start < 5) == (state == "present")


def test_passing_faults_while_waiting_do_not_fail_the_task(sim: Any) -> None:
    sim.add_fault(operation="GET /v1/instances/{id}", nth="every", times=7, kind="status", status=503)
    sim.add_fault(operation="GET /v1/instances/{id}", nth=9, times=4, kind="reset")
    done = task.run(sim, **DECLARED)
    assert (done.failure, done.actions, done.row["state"]) == (None, ["create"], "running")


def test_a_permanent_fault_ends_the_wait(sim: Any) -> None:
    sim.add_fault(operation="GET /v1/instances/{id}", nth=2, kind="status", status=403, times=9)
    done = task.run(sim, **DECLARED)
    assert done.failure.status == 403
    assert done.actions == ["create"]


def test_the_plan_follows_changes_by_another_operator(sim: Any) -> None:
    """The task plans again when somebody starts the instance that it is stopping."""
    row = sim.seed("instance", name="web")
    api = task.client(sim)
    declared = task.want(name="web", state="stopped")
    observe = instance_observer(api, declared)
    member = Member(instance_task(api, declared))
    looks = []

    def disturbed(due: Any) -> Any:
        looks.append(1)
        sim.advance(3)
        if len(looks) == 3:
            send_action(sim, row, "start")
        return [observe(due[0].view.next_query)]

    sim.add_fault(operation="POST /v1/instances/{id}/stop", kind="unknown_status", value="hibernating", seconds=6)
    drive_members([member], disturbed, api, 600, [observe(task.START)])
    assert member.failure is None
    assert member.row["state"] == "stopped"


def test_recreate_takes_the_power_state_along(sim: Any) -> None:
    old = sim.seed(
        "instance", name="web", state="stopped", image="cloud-debian-12 LTS", machine_type=SMALL, public_ip=True
    )
    done = task.run(sim, **DECLARED, on_immutable_change="recreate")
    assert (done.failure, done.actions, done.row["state"]) == (None, ["delete", "create", "stop"], "stopped")
    assert done.row["id"] != old["id"]
    assert any("loses its disk" in note for note in done.outcome.warnings)


def test_a_doubtful_declaration_gives_a_warning_in_both_modes(sim: Any) -> None:
    doubtful = {**DECLARED, "ssh_key_name": None, "state": "stopped"}
    assert any("nobody will be able to log in" in warning for warning in task.check(sim, **doubtful).warnings)
    done = task.run(sim, **doubtful)
    assert done.outcome.warnings == [
        "Without ssh_key_name and user_data nobody will be able to log in to this Linux instance."
    ]
    done = task.run(sim, **{**DECLARED, "name": "db"}, user_data="apt install nginx")
    assert any("cloud-init ignores user data" in note for note in done.outcome.warnings)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", [{"kind": "reset"}, {"kind": "status", "status": 502}], ids=["reset", "502"])
def test_a_deletion_whose_answer_is_lost_was_done_by_us(sim: Any, fault: Any, when: str) -> None:
    sim.seed("instance", name="web")
    sim.add_fault(operation="DELETE /v1/instances/{id}", when=when, **fault)
    done = task.run(sim, name="web", state="absent")
    assert (done.failure, done.actions, names(sim)) == (None, ["delete"], [])


def test_a_deletion_by_another_operator_is_not_reported_as_ours(sim: Any) -> None:
    row = sim.seed("instance", name="web")
    api, declared = task.client(sim), task.want(name="web", state="absent")
    member = Member(instance_task(api, declared))
    observe = instance_observer(api, declared)
    seen = observe(task.START)
    task.client(sim).request("DELETE", f"/v1/instances/{row['id']}")
    drive_members([member], lambda due: [observe(due[0].view.next_query)], api, 600, [seen])
    assert (member.failure, member.done, names(sim)) == (None, [], [])
