# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine's member alone: its decisions from rows, responses and times. Nothing is sent."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError, Failed
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import INSTANCES
from ansible_collections.magalu.cloud.plugins.module_utils._engine.member import Member
from ansible_collections.magalu.cloud.plugins.module_utils._engine.timeouts import timeout_failure
from ansible_collections.magalu.cloud.plugins.module_utils._engine.verdicts import LOOK_FOR, NOT_YET
from ansible_collections.magalu.cloud.plugins.module_utils._plan.step import Identity, Memory, Plan, Step, Task

RUNNING: dict[str, Any] = {"id": "1", "name": "web", "state": "running", "status": "completed"}
STOPPING, STOPPED = {**RUNNING, "status": "stopping"}, {**RUNNING, "state": "stopped"}
STOP = Step("stop", "stop instance web", "POST", "/v1/instances/1/stop", {"state": "stopped"}, {"state": "stopped"})
CREATE = Step("create", "create instance web", "POST", "/v1/instances", {"state": "running", "public_ipv4": False}, RUNNING,
              sends=2, creates=True)  # fmt: skip
START = Step("start", "start instance web", "POST", "/v1/instances/1/start", {"state": "running"}, {"state": "running"})


def plan_until(state: str, *steps: Step) -> Any:
    """Return a planner that returns these steps until the state is reached."""

    def plan(seen: Any, memory: Memory) -> Plan:
        row = seen.get("instance")
        return Plan(() if row and row.get("state") == state else steps, row, row)

    return plan


def member(plan: Any, wait: bool = True, recover: Any = None) -> Member:
    kinds = {"instance": INSTANCES}
    shows, fresh = (
        {"instance": "instance"},
        frozenset({"instance", "copy", "source"}),
    )  # no second read
    return Member(Task("instance web", lambda query: {}, plan, kinds, shows, recover, fresh=fresh), wait)


def error(status: int | None = None, **more: Any) -> ApiError:
    return ApiError("POST", "/v1/instances", "no", status, "no.slug", **more)


def observe_row(one: Member, row: Any, now: float) -> Step | None:
    return one.advance({"instance": row}, now, None)


def observe_and_send(one: Member, row: Any, now: float = 0) -> Step:
    step = observe_row(one, row, now)
    assert step is not None
    return step


def test_the_member_sends_a_step_waits_and_plans_again() -> None:
    one = member(plan_until("stopped", STOP))
    assert observe_and_send(one, RUNNING) == STOP
    one.accepted({"id": "9"}, 0)
    assert (one.view.fresh, one.view.next_query.listing, one.view.next_look) == (False, False, 1)
    assert (one.memory.created, one.memory.start_state) == ([], "running")
    assert observe_row(one, STOPPING, 1) is None
    assert not one.over
    assert observe_row(one, STOPPED, 2) is None
    assert one.over
    assert (one.view.fresh, one.done, one.row) == (True, [STOP], STOPPED)


def test_wait_false_skips_only_the_wait_for_the_last_step() -> None:
    one = member(plan_until("stopped", START, STOP), wait=False)
    assert observe_and_send(one, {**RUNNING, "state": "suspended"}) == START
    assert not one.over
    one = member(plan_until("stopped", STOP), wait=False)
    observe_and_send(one, RUNNING)
    assert one.over
    one.refused(error(503), 0)
    assert not one.over, "an answer that was lost is looked after"


def test_a_created_resource_is_found_by_the_id_in_the_response() -> None:
    one = member(plan_until("running", CREATE))
    observe_and_send(one, None)
    one.accepted({"id": "1"}, 0)
    assert (one.memory.created, one.view.next_query.ids, one.view.next_query.listing, one.view.next_look) == (
        ["1"],
        {"instance": "1"},
        False,
        10,
    )
    assert observe_row(one, None, 20) is None
    assert not one.over
    assert observe_row(one, RUNNING, 30) is None
    assert one.view.next_query.listing, "another run may have made one too"
    assert observe_row(one, RUNNING, 30) is None
    assert one.over


@pytest.mark.parametrize("answer", [None, [], {}, {"id": ""}])
def test_a_creation_without_id_in_the_response_is_found_by_listing(answer: Any) -> None:
    one = member(plan_until("running", CREATE))
    observe_and_send(one, None)
    one.accepted(answer, 0)
    assert (one.memory.created, one.view.next_query.listing) == ([], True)
    observe_row(one, RUNNING, 10)
    assert (one.memory.created, one.done) == (["1"], [CREATE])


def test_a_created_resource_unreadable_for_a_minute_fails_with_its_id() -> None:
    one = member(plan_until("running", CREATE))
    observe_and_send(one, None)
    one.accepted({"id": "1"}, 0)
    assert observe_row(one, None, 59) is None
    with pytest.raises(Failed, match=r"instance web was created \(id 1\), but cannot be read any more"):
        observe_row(one, None, 60)


def test_a_creation_with_a_lost_response_is_sought_for_30_seconds_by_new_ids() -> None:
    old = {**RUNNING, "status": "deleted", "state": "deleted"}
    one = member(plan_until("running", CREATE))
    observe_and_send(one, old)
    one.refused(error(), 0)
    for row in (None, old, {**old, "id": "2"}, RUNNING):  # the last row is from a list that lags
        assert observe_row(one, row, 29) is None
        assert one.view.next_query.listing
        assert one.memory.created == []
    assert observe_row(one, None, 30) == CREATE
    one.refused(error(), 30)
    observe_row(one, {**RUNNING, "id": "2"}, 31)
    assert (one.memory.created, one.done) == (["2"], [CREATE])


def test_a_resource_that_disappears_during_a_step_is_sought_by_name() -> None:
    one = member(plan_until("stopped", STOP))
    observe_and_send(one, RUNNING)
    one.accepted(None, 0)
    assert observe_row(one, None, 1) is None
    assert (one.pending, one.view.next_query.ids, one.view.next_query.listing) == (None, {}, True)


@pytest.mark.parametrize(
    ("refusal", "sends", "listing"),
    [
        (error(409), 1, False),
        (error(404), 1, False),
        (error(429, retry_after=7), 0, False),
        (error(503), 1, False),
        (error(429), 0, False),
    ],
)
def test_a_refusal_that_may_pass_is_looked_after_first(refusal: ApiError, sends: int, listing: bool) -> None:
    one = member(plan_until("stopped", STOP))
    observe_and_send(one, RUNNING)
    one.refused(refusal, 100)
    assert one.memory.sent.get(STOP.identity, 0) == sends
    assert one.view.next_look == 100 + (refusal.retry_after or {409: 2, 429: 0.5}.get(refusal.status or 0, 1))
    assert (one.view.next_query.listing, one.done) == (listing, [])
    again = observe_row(one, RUNNING, one.view.next_look)
    assert again == (None if refusal.status == 503 else STOP)


def test_a_name_that_is_taken_is_looked_for_by_listing() -> None:
    one = member(plan_until("running", CREATE))
    observe_and_send(one, None)
    one.refused(error(409), 0)
    assert one.view.next_query.listing
    observe_row(one, RUNNING, 2)
    assert (one.over, one.memory.created, one.done) == (True, [], []), "another run's"


def test_a_conflict_with_a_resource_in_transition_does_not_count() -> None:
    one = member(plan_until("stopped", STOP))
    for now in range(0, 50, 10):
        assert observe_and_send(one, RUNNING, now) == STOP
        one.refused(error(409), now)
        assert observe_row(one, {**RUNNING, "status": "rebooting"}, now + 2) is None
        assert STOP.identity not in one.memory.sent
        assert observe_row(one, {**RUNNING, "status": "rebooting"}, now + 3) is None
        assert STOP.identity not in one.memory.sent, "once each"


def test_a_400_is_a_failure_if_half_a_minute_shows_no_change() -> None:
    for row, fails in ((RUNNING, True), ({**RUNNING, "updated_at": "now"}, False)):
        one = member(plan_until("stopped", STOP))
        observe_and_send(one, RUNNING)
        one.refused(error(400), 0)
        assert observe_row(one, RUNNING, 29) is None
        if fails:
            with pytest.raises(Failed) as caught:
                observe_row(one, row, 30)
            assert (caught.value.doing, caught.value.error.status) == (STOP.description, 400)
        else:
            assert observe_row(one, row, 30) == STOP


@pytest.mark.parametrize(("step", "status"), [(CREATE, 400), (CREATE, 404), (STOP, 403), (STOP, 422)])
def test_other_refusals_are_failures_at_once(step: Step, status: int) -> None:
    one = member(plan_until("stopped", step))
    observe_and_send(one, None if step.creates else RUNNING)
    with pytest.raises(Failed) as caught:
        one.refused(error(status), 0)
    assert (caught.value.doing, caught.value.error.status) == (step.description, status)


def test_a_failed_operation_is_reported_with_its_reason_an_old_one_is_not() -> None:
    failed = {**RUNNING, "status": "stopping_error", "error": {"slug": "no.power", "message": "stuck"}}
    one = member(plan_until("stopped", STOP))
    observe_and_send(one, RUNNING)
    one.accepted(None, 0)
    with pytest.raises(
        Failed, match=r"stop instance web: stuck \(slug no.power\); its status is stopping_error, its state"
    ):
        observe_row(one, failed, 1)
    one = member(plan_until("stopped", STOP))
    observe_and_send(one, failed)
    one.accepted(None, 0)
    assert observe_row(one, failed, 1) is None, "it may not have begun yet"
    one = member(plan_until("stopped", STOP))
    observe_and_send(one, RUNNING)
    one.accepted(None, 0)
    with pytest.raises(Failed, match="the API gives no reason"):
        observe_row(one, {**RUNNING, "status": "stopping_error"}, 1)


def test_a_resource_that_settles_without_the_goal_gets_ten_seconds() -> None:
    one = member(plan_until("stopped", STOP))
    observe_and_send(one, RUNNING)
    one.accepted(None, 0)
    observe_row(one, STOPPING, 5)
    assert observe_row(one, RUNNING, 14) is None
    assert observe_row(one, RUNNING, 15) == STOP
    one.accepted(None, 15)
    assert observe_row(one, RUNNING, 74) is None, "nothing moved: a minute"
    assert observe_row(one, RUNNING, 75) == STOP
    assert one.done == [STOP], "each once"


def test_a_step_is_given_up_after_its_sends_and_a_run_after_thirty_more_than_planned() -> None:
    one = member(plan_until("stopped", STOP))
    for now in (0, 60, 120):
        assert observe_and_send(one, RUNNING, now) == STOP
        one.accepted(None, now)
    with pytest.raises(Failed, match=r"Gave up to stop instance web: it was sent 3 times.*next run will find it"):
        observe_row(one, RUNNING, 180)
    one = member(plan_until("stopped", STOP))
    one.memory.sent = {Identity("other", ""): 30}
    assert observe_row(one, RUNNING, 0) == STOP
    one = member(plan_until("stopped", STOP))
    one.memory.sent = {Identity("other", ""): 31}
    with pytest.raises(Failed, match=r"Gave up to stop instance web: this run has sent 31 steps, .* is not reached"):
        observe_row(one, RUNNING, 0)


def test_refusals_for_now_back_off_until_the_step_is_taken() -> None:
    one, now, pauses = member(plan_until("stopped", STOP)), 0.0, []
    for answer in (*[error(429)] * 7, error(429, retry_after=40), None, error(429)):
        assert observe_row(one, RUNNING, now) == STOP
        if answer is None:
            one.accepted(None, now)
            one.pending = None
        else:
            one.refused(answer, now)
            pauses.append(one.view.next_look - now)
        now = one.view.next_look
    assert pauses == [0.5, 1, 2, 4, 8, 15, 15, 40, 0.5]
    assert one.memory.sent == {STOP.identity: 1}


def test_a_reboot_that_shows_nothing_is_accepted_after_half_a_minute_and_said() -> None:
    reboot = STOP._replace(action="reboot", goal={"state": "running", "moved": True}, sends=1)
    one = member(lambda seen, memory: Plan(() if memory.sent else (reboot,), seen["instance"], seen["instance"]))
    observe_and_send(one, RUNNING)
    one.accepted(None, 0)
    assert observe_row(one, RUNNING, 29) is None
    assert one.notes == []
    observe_row(one, RUNNING, 30)
    assert one.over
    assert one.notes == ["The API showed nothing of the reboot of instance web for 30 s."]


def test_a_timeout_names_the_last_status() -> None:
    one = member(plan_until("stopped", STOP))
    assert "(wait_timeout) waiting for instance web: it cannot be read." in str(timeout_failure(one, 9))
    observe_row(one, STOPPING, 0)
    assert "waiting for instance web: its status is 'stopping', its state 'running'." in str(timeout_failure(one, 9))
    observe_and_send(one, RUNNING)
    one.accepted(None, 0)
    told = timeout_failure(one, 9)
    assert "Timed out after 9 s (wait_timeout) trying to stop instance web: its status is 'completed'" in str(told)
    assert "public IPv4" not in str(told)
    assert (told.doing, told.error) == (STOP.description, None)
    one.refused(lost := error(), 0)
    assert timeout_failure(one, 9).error is lost


@pytest.mark.parametrize(
    ("row", "missing"),
    [(RUNNING, True), ({**RUNNING, "public_ipv4": "203.0.113.7"}, False), ({**RUNNING, "status": "creating"}, False)],
)
def test_a_timeout_names_a_missing_public_address(row: Any, missing: bool) -> None:
    one = member(plan_until("ready", CREATE._replace(goal={"state": "running", "public_ipv4": True})))
    observe_and_send(one, None)
    one.accepted({"id": "1"}, 0)
    observe_row(one, row, 20)
    assert ("no public IPv4 address yet" in str(timeout_failure(one, 9))) is (missing)


def test_clean_up_ends_before_the_failure_is_reported() -> None:
    one = member(plan_until("stopped", STOP), wait=False, recover=plan_until("running", START))
    observe_and_send(one, RUNNING)
    failure = Failed("it broke")
    one.fail(failure, 7)
    assert (one.failure, one.failed, one.pending, one.over) == (None, failure, None, False)
    assert (one.view.next_look, one.view.next_query.listing) == (7, True)
    assert observe_and_send(one, STOPPED, 7) == START
    assert not one.over, "it is waited for, and then told"
    one.accepted(None, 7)
    with pytest.raises(Failed, match="it broke"):
        observe_row(one, RUNNING, 8)
    one.fail(Failed("the remedy broke too"), 9)
    assert one.failure is failure
    one = member(plan_until("stopped", STOP))
    one.fail(failure, 7)
    assert one.failure is failure


def test_reads_become_rarer_the_longer_a_step_takes() -> None:
    one = member(plan_until("stopped", STOP))
    observe_and_send(one, RUNNING)
    one.accepted(None, 0)
    pauses = []
    for now in (1, 14, 15, 119, 120):
        observe_row(one, STOPPING, now)
        pauses.append(one.view.next_look - now)
    assert pauses == [1, 1, 3, 3, 5]
    assert NOT_YET == 2 * LOOK_FOR == 60


@pytest.mark.parametrize("wait", [True, False])
def test_a_resource_found_in_transition_is_awaited_if_steps_are_left(wait: bool) -> None:
    one = member(plan_until("running", STOP), wait=wait)
    assert observe_row(one, STOPPING, 0) is None
    assert one.over is not wait
    observe_row(one, RUNNING, 100)
    assert one.over
    observe_row(one, STOPPING, 200)
    assert not wait or one.view.next_look == 201, "another motion begins anew"
    one = member(plan_until("stopped", STOP), wait=wait)
    for now, pause in ((0, 1), (14, 1), (15, 3)):
        assert observe_row(one, STOPPING, now) is None
        assert (one.over, one.view.next_look) == (False, now + pause)
    assert observe_row(one, RUNNING, 100) == STOP
    assert (
        observe_row(member(plan_until("stopped", STOP._replace(allowed_in_transition=True))), STOPPING, 0) is not None
    )


def test_a_warning_is_noted_once() -> None:
    one = member(lambda seen, memory: Plan((STOP,), RUNNING, RUNNING, ("mind the gap",)))
    for now in (0, 100):
        observe_and_send(one, RUNNING, now)
        one.accepted(None, now)
    assert one.notes == ["mind the gap"]


def test_a_listing_precedes_each_creation() -> None:
    one = member(plan_until("running", CREATE))
    one.view.next_query = one.view.next_query._replace(listing=False)
    assert observe_row(one, None, 5) is None
    assert (one.view.next_query.listing, one.view.next_look) == (True, 5)
    assert observe_row(one, None, 5) == CREATE


@pytest.mark.parametrize(("answer", "done"), [(None, [STOP]), (error(), [STOP]), (error(409), []), (error(429), [])])
def test_a_reached_goal_counts_as_done_unless_the_step_was_refused(answer: Any, done: list[Step]) -> None:
    one = member(plan_until("stopped", STOP))
    observe_and_send(one, RUNNING)
    if answer:
        one.refused(answer, 0)
    else:
        one.accepted(None, 0)
    observe_row(one, STOPPED, 5)
    assert (one.over, one.done) == (True, done)


def test_a_deletion_is_retried_in_transition_and_after_a_failure() -> None:
    delete = STOP._replace(action="delete", goal={"gone": True}, effect=None, allowed_in_transition=True)
    one = member(lambda seen, memory: Plan((delete,) if seen["instance"] else (), seen["instance"], None))
    observe_and_send(one, {**RUNNING, "status": "creating"})
    one.refused(error(429, retry_after=3), 0)
    assert observe_row(one, {**RUNNING, "status": "creating"}, 3) == delete
    one.refused(error(409), 3)
    assert observe_row(one, {**RUNNING, "status": "creating"}, 5) is None
    assert observe_row(one, RUNNING, 6) == delete
    one.accepted(None, 6)
    assert observe_row(one, {**RUNNING, "status": "deleting_error"}, 7) == delete
    one.accepted(None, 7)
    assert observe_row(one, None, 8) is None
    assert (one.over, one.view.next_query.ids, one.done) == (True, {}, [delete])


def test_a_creation_that_fails_is_for_the_plan_to_judge() -> None:
    failed = {**RUNNING, "state": "error", "status": "creating_error"}
    one = member(lambda seen, memory: Plan((), failed, failed) if seen["instance"] else Plan((CREATE,), None, RUNNING))
    observe_and_send(one, None)
    one.accepted({"id": "1"}, 0)
    observe_row(one, failed, 10)
    assert one.over


def test_parts_that_were_not_read_this_time_are_as_they_were() -> None:
    one = member(lambda seen, memory: Plan((STOP,), RUNNING, RUNNING))
    one.advance({"instance": RUNNING, "copy": {"id": "7"}}, 0, None)
    one.accepted(None, 0)
    observe_row(one, STOPPING, 1)
    assert one.view.seen == {"instance": STOPPING, "copy": {"id": "7"}}
    assert one.view.next_query.ids == {"instance": "1", "copy": "7"}
