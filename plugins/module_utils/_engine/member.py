# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The reconciliation of one resource, without side effects.

From an observation and the time, a `Member` decides the next step. `driver.py` supplies observations, time and
requests, for one member or for many.
"""

from __future__ import annotations

import typing as t

from .._api.client import pause_after
from .._api.exceptions import ApiError, Failed, Refused
from .._api.resources import GONE, MOVING, Resource, Row
from .._api.rows import Seen
from .._api.statuses import is_being_created, status_class
from .._api.times import seconds_old
from .._plan.approval import Guard, Planned
from .._plan.step import Identity, Memory, Plan, Step, Task
from .polling import fingerprint, seconds_until_look
from .verdicts import (
    ACCEPTED,
    CONFLICT,
    LATER,
    LOST,
    NOT_YET,
    REACHED,
    REFUSED,
    RELIST,
    REPLAN,
    SentStep,
    classify_answer,
    conflict_patience,
    judge,
)
from .view import View

YOUNG = 3600.0  # seconds; a younger instance is not recreated if it lacks a requested address
MOST_SENDS = 30  # by a member in a run, all steps together, beyond those of its first plan


class Pending:
    """The step that was sent last, until its goal is reached."""

    def __init__(self, step: Step, now: float, before: t.Any, leaves: tuple[str, ...] = ()) -> None:
        self.step, self.at, self.before = step, now, before
        self.leaves = leaves  # the public addresses that the step leaves behind
        self.answer = ACCEPTED
        self.error: ApiError | None = None
        self.moved = False  # True if the row was seen in transition since the step
        self.settled_from = now  # the time since when it is not in transition
        self.counts = True  # False after a refusal for now, which does not count as sent
        self.patience = 0.0  # seconds until the step is sent again, if nothing explains its conflict

    @property
    def is_accepted(self) -> bool:
        """Return whether the API accepted the step."""
        return self.answer == ACCEPTED


class Member:
    """One resource: its plan, the steps that were sent, and a view of its current state."""

    def __init__(self, task: Task, wait: bool = True) -> None:
        self.task = task
        self.plan, self.label, self.kinds, self.recover = task.plan, task.label, task.kinds, task.recover
        self.expects, self.main, self.wait = task.expects, task.main, wait
        self.view = View(task)
        self.memory = Memory()
        self.first: Plan | None = None  # the first plan from reads by id, or from a list if it needs no read
        self.first_seen: Seen = {}  # the rows that it was made from
        self.guard: Guard | None = None  # the approved steps, if a plan was approved
        self.by_lists = False  # True in a fleet: lists show the effects of steps
        self.changed: dict[str, tuple[str, set[str]]] = {}  # changed id -> its part, and its names before
        self.pending: Pending | None = None
        self.put_off: Pending | None = None  # a step that was refused for now, until any step is sent
        self.conflicts: dict[Identity, int] = {}  # step -> conflicts since the last explained conflict
        self.refusals: dict[Identity, list[ApiError]] = {}  # step -> refusals for now, in order
        self.done: list[Step] = []  # the steps that were sent, each once, also if it was sent several times
        self.notes: list[str] = []
        self.result_data: t.Mapping[
            str, t.Any
        ] = {}  # `Plan.result_data` of the last plan before the first step was sent
        self.over = False
        self.last_error: ApiError | None = None
        self.failed: Failed | Refused | ApiError | None = None  # the failure, while `recover` cleans up
        self.last: Pending | None = None  # the pending step at the failure, until another step is sent
        self.failure: Failed | Refused | ApiError | None = None
        self.moving_since: float | None = None
        self.expecting_since: float | None = None  # since when a field is missing that may still come
        self.expecting = False  # True if the next look is for such a field

    def advance(self, seen: Seen, now: float, api_now: float | None) -> Step | None:
        """Return the step to send now, or None.

        If None, `over` says whether the member is done, and `view.next_look` when to look again. Raise `Failed` or
        `Refused` if the goal cannot be reached.
        """
        plan = self.decide(seen, now, api_now)
        if plan is None:
            return None
        if self.guard and not self.failed:  # the clean-up of its own failure is part of what was approved
            self.guard.admit(Planned(plan, self.view.seen, self.kinds), self.memory)
        step = plan.steps[0]
        self._may_send(step)
        self.memory.sent[step.identity] = self.memory.sent.get(step.identity, 0) + 1
        leaves = plan.kept_public_ips if step.action == "delete" else ()
        self.pending = Pending(step, now, fingerprint(self.view.seen.get(step.part)), leaves)
        self.last = self.put_off = None
        self.over = len(plan.steps) == 1 and not self.wait and not self.failed
        self.view.expire()
        self._changes(step.part, self.view.seen.get(step.part))
        return step

    def decide(self, seen: Seen, now: float, api_now: float | None) -> Plan | None:
        """Return the plan whose first step is to be sent now.

        None if there is no step to send, or if more must be read first. A listing finds, a read by id decides: a
        resource that only a listing has shown is read by its id, and the plan is made again, before anything is
        changed, warned of or refused. Raise `Failed` or `Refused`.
        """
        self.expecting = False
        if not self._take(seen, now, api_now) or (self.pending and not self._settle(now, api_now)):
            return None
        for part, row in self.view.seen.items():
            if row:
                self.view.note(part, str(row["id"]))
        plan = self._plan_from_reads(now, api_now)
        if plan is None or self._expects_more(now, api_now):
            return None
        self.notes += [note for note in plan.warnings if note not in self.notes]
        if self._waits(plan, now, api_now):
            return None
        if plan.steps and plan.steps[0].creates and not self.view.listed:
            self.view.schedule(now, 0, listing=True)
            return None
        if not plan.steps and self.failed:
            raise self.failed
        self.over = not plan.steps
        return plan if plan.steps else None

    def _take(self, seen: Seen, now: float, api_now: float | None) -> bool:
        """Store the observation. Return False if everything must be listed again."""
        if not self.view.take(seen, now, api_now, self.memory.created):
            return False
        if self.memory.begun is None:
            self.memory.begun = api_now
        self.memory.young = seconds_old(self.row, 0, api_now) < YOUNG
        if "instance" not in self.view.unread:
            self.memory.note_power_state(self.view.seen.get("instance"))
        return True

    def _plan_from_reads(self, now: float, api_now: float | None) -> Plan | None:
        """Return the plan, None if a part that it is based on must be read by id first."""
        try:
            plan = self.cleanup_plan(self.view.seen) if self.failed else self.plan(self.view.seen, self.memory)
        except Refused:
            if self.view.confirm(None, now) or self._expects_more(now, api_now):
                return None
            raise
        # In a fleet, one list serves many members: if it was right before a step, it is trusted to show the effect.
        decides = plan.steps or plan.warnings or (self.memory.sent and not self.by_lists)
        if decides and self.view.confirm(plan.basis, now):
            return None
        if plan.recreates and self.task.plan_again and not self.failed:
            plan = self.task.plan_again(self.view.seen, self.memory)
        self.keep_first(plan)
        self.result_data = self.result_data if self.memory.sent else plan.result_data
        return plan

    def keep_first(self, plan: Plan) -> None:
        """Keep the plan and its rows, unless there was a plan before."""
        if self.first is None:
            self.first, self.first_seen = plan, self.view.seen

    @property
    def planned(self) -> Planned | None:
        """Return the first plan with its rows, None before there was one."""
        return self.first and Planned(self.first, self.first_seen, self.kinds)

    def follow_approval(self, guard: Guard | None) -> None:
        """Let the member send only approved steps, and continue what an earlier run of them has begun."""
        self.guard = guard
        if guard:
            guard.resume(self.memory)

    def may_begin(self, rows: Seen, unread: set[str]) -> bool:
        """Return whether the member has steps to send, or may have them after a read by id.

        `rows` and `unread` are from `View.rows_to_plan`. A refusal is final only if all rows were read by id.
        """
        try:
            return bool(self.plan(rows, self.memory).steps)
        except Refused:
            return bool(unread)

    def hold(self, seen: Seen, now: float, api_now: float | None) -> None:
        """Store the observation, and begin with a listing in the next round: there is no room for a step now."""
        self._take(seen, now, api_now)
        self.view.list_next()

    def accepted(self, answer: t.Any, now: float) -> None:
        """Note that the API accepted the step."""
        pending = self._sent(now)
        self._record(pending)
        self.view.fresh = False
        self.refusals.pop(pending.step.identity, None)
        if pending.step.creates and isinstance(answer, dict) and answer.get("id"):
            self._created(pending.step.part, str(answer["id"]))
        # If no response has given the id of a new resource, only a listing can find it.
        self.view.schedule(
            now,
            seconds_until_look(pending.step.creates, 0),
            listing=pending.step.creates and pending.step.part not in self.view.next_query.ids,
        )

    def refused(self, error: ApiError, now: float) -> None:
        """Note that the API refused the step, or that its response was lost.

        Raise `Failed` if the refusal is final.
        """
        pending = self._sent(now)
        step, self.over = pending.step, False
        pending.error = error
        again = 1.0
        if error.later:
            self.refusals.setdefault(step.identity, []).append(error)
            again = pause_after(len(self.refusals[step.identity]), error.retry_after)
        self.view.schedule(now, again, listing=step.creates)
        if error.status not in (None, 429) and not error.lost and self._refused_attempt(step, error):
            self.pending = None
            return
        pending.answer = classify_answer(step, error)
        if pending.answer == LATER:
            self._uncount(pending)
        elif pending.answer == CONFLICT:
            if error.status == 409:
                self.view.schedule(now, 2, listing=step.creates or step.action == "rename")
            times = self.conflicts.get(step.identity, 0) + 1
            pending.patience = conflict_patience(step, error.status, times)
            if pending.patience:
                self.conflicts[step.identity] = times
        elif pending.answer == REFUSED:
            raise Failed("", step.description, error)

    def not_sent(self) -> None:
        """Note that the step of `advance` was not sent, because the deadline has passed."""
        pending = t.cast(Pending, self.pending)
        pending.answer, self.over = LATER, False
        self._uncount(pending)

    @property
    def row(self) -> Row | None:
        """Return the row of the main resource, as it was seen last."""
        return self.view.seen.get(self.main)

    @property
    def waits_for(self) -> str | None:
        """Return the part in transition that must settle before anything is sent, or None."""
        return None if self.moving_since is None else self.view.next_query.part

    def _kind(self, part: str) -> Resource:
        return self.kinds.get(part, self.kinds[self.main])

    def _waits(self, plan: Plan, now: float, api_now: float | None) -> bool:
        """Return whether a part that the next step needs, or the main part, must settle first."""
        if plan.steps:
            parts = () if plan.steps[0].allowed_in_transition else plan.steps[0].needs or (plan.steps[0].part,)
        else:
            parts = (self.main,) if self.wait else ()
        seen = self.view.seen
        part = next((each for each in parts if status_class(seen.get(each), self._kind(each)) == MOVING), None)
        if part is None:
            self.moving_since = None
            return False
        row, self.put_off = seen.get(part), None
        self.moving_since = now if self.moving_since is None else self.moving_since
        self.view.look_at(part)
        self.view.schedule(
            now, seconds_until_look(is_being_created(row), seconds_old(row, now - self.moving_since, api_now))
        )
        return True

    def _expects_more(self, now: float, api_now: float | None) -> bool:
        """Return whether to look again, since a missing field of a young row may still come."""
        row = self.row
        if row is None or self.failed or self.expects is None or not self.expects(row):
            self.expecting_since = None
            return False
        self.expecting_since = now if self.expecting_since is None else self.expecting_since
        if seconds_old(row, now - self.expecting_since, api_now) >= NOT_YET:
            return False
        self.expecting = True
        self.view.look_at(self.main)
        self.view.schedule(now, seconds_until_look(False, now - self.expecting_since))
        return True

    def _settle(self, now: float, api_now: float | None) -> bool:
        """Return whether the pending step is over; if not, set `view.next_look`."""
        pending = t.cast(Pending, self.pending)
        step, row = pending.step, self.view.seen.get(pending.step.part)
        sent = self._sent_step(pending, now, api_now)
        if sent.creates_unknown and sent.new and sent.status != GONE and pending.answer != CONFLICT:
            self._created(step.part, str(t.cast(Row, row)["id"]))
            self._record(pending)
            pending.answer = ACCEPTED
        if sent.status == MOVING:
            pending.moved, pending.settled_from = True, now
        verdict = judge(self._sent_step(pending, now, api_now))
        self.notes += [verdict.note] if verdict.note else []
        if verdict.attempt_failed:
            self._note_attempt(pending, row)
        if verdict.explained:
            del self.conflicts[step.identity]
        if verdict.uncount:
            self._uncount(pending)
        if verdict.failure:
            raise verdict.failure
        if verdict.what == REACHED:
            return self._reached(step, now)
        if verdict.what == RELIST:
            self.pending = None
            self.view.exclude(self.view.next_query.ids.get(step.part, ""))
        if verdict.what != REPLAN:
            return self.view.schedule(now, verdict.pause, verdict.listing)
        self.put_off = pending if pending.answer == LATER else None
        self.pending = None
        return True

    def _sent_step(self, pending: Pending, now: float, api_now: float | None) -> SentStep:
        step, row, waited = pending.step, self.view.seen.get(pending.step.part), now - pending.at
        return SentStep(
            step, self.label, pending.answer, pending.error, row, self._kind(step.part),
            self.view.next_query.ids.get(step.part),
            row is not None and str(row["id"]).lower() not in self.view.known, waited,
            seconds_old(row, waited, api_now) if step.creates else waited, pending.moved, now - pending.settled_from,
            pending.moved or fingerprint(row) != pending.before, pending.patience, self.conflicts.get(step.identity, 0),
        )  # fmt: skip

    def _note_attempt(self, pending: Pending, row: Row | None) -> None:
        """Note the failure of an attempt; its row has the reason, else the API's response."""
        if row is not None and pending.answer == ACCEPTED:
            self._attempted(pending.step, row.get("error") or {}, str(row.get("status")))
        elif pending.error:
            self._refused_attempt(pending.step, pending.error)

    def _reached(self, step: Step, now: float) -> bool:
        pending, self.pending = t.cast(Pending, self.pending), None
        if pending.answer in (ACCEPTED, LOST):
            self._record(pending)
        if step.action == "delete":
            gone = self.view.next_query.ids.get(step.part)
            self.memory.created = [row_id for row_id in self.memory.created if row_id.lower() != str(gone).lower()]
            if gone:
                self.view.exclude(gone)
        # Another run may have created a resource of the same name meanwhile: only a listing shows that.
        return not step.creates or self.view.listed or self.view.schedule(now, 0, listing=True)

    def _attempted(self, step: Step, error: Row, status: str = "") -> bool:
        """Note a failed attempt if an alternative may succeed; return whether it was noted."""
        if step.attempt is None or not step.attempt.may_avoid(error, status):
            return False
        self.memory.attempts.append(step.attempt.failure_row(error))
        return True

    def _refused_attempt(self, step: Step, error: ApiError) -> bool:
        """Note an attempt that the API refused, as `_attempted` does; return whether it did."""
        return self._attempted(step, {"slug": error.slug, "message": error.message if error.status else None})

    def _sent(self, now: float) -> Pending:
        pending = t.cast(Pending, self.pending)
        pending.at = pending.settled_from = now
        self.view.look_at(pending.step.part)
        return pending

    def _record(self, pending: Pending) -> None:
        step, kept = pending.step, self.memory.kept_public_ips
        if all(step.identity != other.identity or step.action != other.action for other in self.done):
            self.done.append(step)
        kept += [address for address in pending.leaves if address not in kept]

    def _uncount(self, pending: Pending) -> None:
        if pending.counts:
            pending.counts, sent, step = False, self.memory.sent, pending.step.identity
            sent[step] -= 1
            if not sent[step]:
                del sent[step]  # plans check which steps were sent

    def _created(self, part: str, row_id: str) -> None:
        self.view.note(part, row_id)
        self.memory.created.append(row_id)
        self._changes(part, {"id": row_id})

    def _changes(self, part: str, row: Row | None) -> None:
        """Note that a resource is being changed, and its name before."""
        if row:
            _part, names = self.changed.setdefault(str(row["id"]), (part, set()))
            names.update({str(row["name"])} if row.get("name") else ())

    def fail(self, failure: Failed | Refused | ApiError, now: float) -> None:
        """Note a failure; if `recover` has steps to clean up, they are done first."""
        if self.failed is not None or self.recover is None or self.recover(self.view.seen, self.memory) is None:
            self.failure = with_outstanding_steps(self.failed, self) if self.failed else failure
            return
        self.failed, self.last, self.pending, self.over = failure, self.pending, None, False
        self.view.schedule(now, 0, listing=True)

    def cleanup_plan(self, seen: Seen) -> Plan:
        """Return the steps still needed to clean up after a failure."""
        return (self.recover and self.recover(seen, self.memory)) or Plan((), None, None)

    def _may_send(self, step: Step) -> None:
        """Raise `Failed` if the step, or all steps together, were sent too often."""
        sent, total = self.memory.sent.get(step.identity, 0), sum(self.memory.sent.values())
        planned = len(self.first.steps) if self.first else 0  # hundreds for a retention
        if sent < step.sends and total < planned + MOST_SENDS:
            return
        why = f"this run has sent {total} steps, and the desired state is not reached."
        if sent >= step.sends:
            why = f"it was sent {sent} times and did not take effect. If it does later, the next run will find it."
        raise Failed(f"Gave up to {step.description}: {why}", step.description, self.last_error)


def with_outstanding_steps(failure: Failed | Refused | ApiError, member: Member) -> Failed | Refused | ApiError:
    """Return the failure with the clean-up steps that are still outstanding."""
    steps = member.cleanup_plan(_to_come(member)).steps
    if member.pending and member.pending.is_accepted:
        steps = tuple(step for step in steps if step != member.pending.step)
    if not steps:
        return failure
    cause = failure if isinstance(failure, ApiError) else getattr(failure, "error", None)
    words = "" if failure is cause else f"{failure} "
    why = "" if steps[0].action == "delete" else ", since the next run cannot know of it"
    outstanding = f"Left to be done{why}: {', '.join(step.description for step in steps)}."
    reason = getattr(failure, "reason", None)
    return Failed(f"{words}{outstanding}".strip(), getattr(failure, "doing", ""), cause, reason)


def _to_come(member: Member) -> Seen:
    """Return the last rows, with the effect of the step that was pending then.

    Reads can lag behind that step.
    """
    last, seen = member.last, member.view.seen
    if last is None or last.answer not in (ACCEPTED, LOST):
        return seen
    row, effect = seen.get(last.step.part), last.step.effect
    if not row or not effect or fingerprint(row) != last.before:
        return seen
    return {**seen, last.step.part: {**row, **effect}}
