# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A `Member` is one resource on its way: from an observation and the time it says what is next, without any effect.

`_drive.py` supplies observations, time and requests, for one member or for many.
"""

from __future__ import annotations

import typing as t

from ._api import CREATION_FAILED, GONE, MOVING, OPERATION_FAILED, Refused, Resource, Row, creating, status_class
from ._client import ApiError
from ._goals import age, fingerprint, pause, reached
from ._read import Seen
from ._step import Look, Memory, Plan, Step, Task

LOOK_FOR = 30.0  # seconds that the effect of a lost answer, or of a refusal after a stale read, is looked for
NOT_YET = 60.0  # seconds within which a 404 for what was just created, or no motion at all, means "not yet"
SETTLE = 10.0  # seconds that a settled row without the goal is given, since reads can lag behind
MOST_SENDS = 30
MOST_CONFLICTS = 5  # refusals that nothing explains: with their growing pauses a minute

ACCEPTED, LOST, DOUBTED, CONFLICT, LATER, REFUSED = "accepted", "lost", "doubted", "conflict", "later", "refused"
# A 400 to these may come from a stale read: the state was another one already.
_MAY_BE_DONE = ("start", "stop", "suspend", "reboot", "retype", "attach", "detach")


class Failed(Exception):
    """A member that cannot reach its goal; `doing` and `error` say what failed, where the API was asked."""

    def __init__(self, message: str, doing: str = "", error: ApiError | None = None) -> None:
        super().__init__(message)
        self.doing, self.error = doing, error


class Pending:
    """The step that was sent last, until its goal holds."""

    def __init__(self, step: Step, now: float, before: t.Any, leaves: tuple[str, ...] = ()) -> None:
        self.step, self.at, self.before = step, now, before
        self.leaves = leaves  # the public addresses that it leaves behind
        self.answer = ACCEPTED
        self.error: ApiError | None = None
        self.moved = False  # whether the row was seen in motion since
        self.settled_from = now  # since when it was not
        self.counts = True  # whether the sending counts, which a refusal for now does not
        self.patience = 0.0  # seconds until it is sent again, if nothing shows what stands against it

    @property
    def on_its_way(self) -> bool:
        return self.answer == ACCEPTED


class Member:
    """One resource: what is planned for it, what was sent, and when to look next."""

    def __init__(self, task: Task, wait: bool = True) -> None:
        self.plan, self.label, self.kinds, self.recover = task.plan, task.label, task.kinds, task.recover
        self.main, self.wait = next(iter(task.kinds)), wait
        self.memory = Memory()
        self.seen: Seen = {}
        self.look = Look({}, True, self.main)  # what is to be read next
        self.listed = False  # whether what was seen last came from a listing
        self.known: set[str] = set()
        self.pending: Pending | None = None
        self.conflicts: dict[str, int] = {}  # step name -> refusals since something was seen that explains one
        self.done: list[Step] = []  # the steps that were sent, each once, however often it had to be sent
        self.notes: list[str] = []
        self.over = False
        self.fresh = True  # whether what was seen was read after the last step
        self.last_error: ApiError | None = None
        self.failed: Failed | Refused | ApiError | None = None  # while `recover` is at work
        self.last: Pending | None = None  # what was under way when it failed, until another step is sent
        self.failure: Failed | Refused | ApiError | None = None
        self.next_look = 0.0
        self.moving_since: float | None = None

    def advance(self, seen: Seen, now: float, api_now: float | None) -> Step | None:
        """The step to send now, or None: then `over` says whether the end is reached, `next_look` when to look again.

        Raises `Failed` or `Refused` where the goal cannot be reached.
        """
        listed = self.listed = self.look.listing
        self.seen = seen = seen if listed else {**self.seen, **seen}
        self.look, self.fresh = self.look._replace(listing=False), True
        self.memory.look(seen.get("instance"))
        if self.pending and not self._settle(now, api_now):
            return None
        for part, row in seen.items():
            if row:
                self._note(part, str(row["id"]))
        plan = self.put_right(seen) if self.failed else self.plan(seen, self.memory)
        self.notes += [note for note in plan.warnings if note not in self.notes]
        if self._waits(plan, now, api_now):
            return None
        if not plan.steps:
            if self.failed:
                raise self.failed
            self.over = True
            return None
        step = plan.steps[0]
        if step.makes and not listed:
            self._look(now, 0, listing=True)
            return None
        self._may_send(step)
        self.memory.sent[step.name] = self.memory.sent.get(step.name, 0) + 1
        leaves = plan.kept_public_ips if step.action == "delete" else ()
        self.pending, self.last = Pending(step, now, fingerprint(seen.get(step.part)), leaves), None
        self.over = len(plan.steps) == 1 and not self.wait and not self.failed
        return step

    def accepted(self, answer: t.Any, now: float) -> None:
        """The API took the step."""
        pending = self._sent(now)
        self._record(pending)
        self.fresh = False
        if pending.step.makes and isinstance(answer, dict) and answer.get("id"):
            self._created(pending.step.part, str(answer["id"]))
        # What is made without a word on its id can only be found by listing.
        self._look(
            now, pause(pending.step.makes, 0), listing=pending.step.makes and pending.step.part not in self.look.ids
        )

    def refused(self, error: ApiError, now: float) -> None:
        """The API did not take the step, or its answer was lost. Raises `Failed` where that is final."""
        pending = self._sent(now)
        step, self.over = pending.step, False
        pending.error = error
        self._look(now, 1 if not error.retry_after else error.retry_after, listing=step.makes)
        if error.status not in (None, 429) and not error.lost and self._refused_attempt(step, error):
            self.pending = None
        elif error.later:
            pending.answer = LATER
            self._uncount(pending)
        elif error.lost or (
            error.repeated and error.status in (404, 409)
        ):  # the answer to an earlier try of the client
            pending.answer = LOST
        elif error.status == 409 or (error.status == 404 and not step.makes):
            pending.answer = CONFLICT
            taken = step.action == "rename"  # the new name, as a rule
            if error.status == 409:
                self._look(now, 2, listing=step.makes or taken)
            # Reads can be behind: what is gone, or what another run does, shows later. Or there is a lock without a status.
            if (error.status == 409 and not taken) or step.action == "delete" or step.sends == 1:
                times = self.conflicts[step.name] = self.conflicts.get(step.name, 0) + 1
                pending.patience = LOOK_FOR if step.sends == 1 else min(2.0**times, LOOK_FOR)
        elif error.status == 400 and step.action in _MAY_BE_DONE:
            pending.answer = DOUBTED
        else:
            pending.answer = REFUSED
            raise Failed("", step.does, error)

    def not_sent(self) -> None:
        """The step of `advance` was not sent, since the time is up."""
        pending = t.cast(Pending, self.pending)
        pending.answer, self.over = LATER, False
        self._uncount(pending)

    def time_out(self, seconds: float) -> Failed:
        """The error for a member whose time is up."""
        from . import _failures

        return _failures.timed_out(self, seconds)

    @property
    def row(self) -> Row | None:
        """What was seen last of what this is about."""
        return self.seen.get(self.main)

    def _kind(self, part: str) -> Resource:
        return self.kinds.get(part, self.kinds[self.main])

    def _waits(self, plan: Plan, now: float, api_now: float | None) -> bool:
        """Whether what the next step needs, or what this is about, is in motion and has to settle first."""
        if plan.steps:
            parts = () if plan.steps[0].anytime else plan.steps[0].needs or (plan.steps[0].part,)
        else:
            parts = (self.main,) if self.wait else ()
        part = next((one for one in parts if status_class(self.seen.get(one), self._kind(one)) == MOVING), None)
        if part is None:
            self.moving_since = None
            return False
        row = self.seen.get(part)
        self.moving_since = now if self.moving_since is None else self.moving_since
        self.look = self.look._replace(part=part)
        self._look(now, pause(creating(row), age(row, now - self.moving_since, api_now)))
        return True

    def _settle(self, now: float, api_now: float | None) -> bool:
        """Whether the pending step is behind us, so that it is time to plan anew; if not, `next_look` is set."""
        pending = t.cast(Pending, self.pending)
        step, waited = pending.step, now - pending.at
        kind, row, making = self._kind(step.part), self.seen.get(step.part), step.makes
        status = status_class(row, kind)
        unknown = pending.answer == ACCEPTED and step.part not in self.look.ids
        if making and (unknown or pending.answer in (LOST, CONFLICT)):
            if row is None or row["id"] in self.known or status == GONE:
                limit = NOT_YET if pending.answer == ACCEPTED else LOOK_FOR
                if waited >= limit and pending.answer == LOST and pending.error:
                    self._refused_attempt(step, pending.error)
                return self._over_with(waited >= limit) or self._look(now, pause(False, waited), listing=True)
            if pending.answer == CONFLICT:
                return self._over_with(True)
            self._created(step.part, str(row["id"]))
            self._record(pending)
            pending.answer = ACCEPTED
        if status == MOVING:
            pending.moved, pending.settled_from = True, now
            if pending.answer == CONFLICT:
                self._uncount(pending)
        if reached(step.goal, row, pending.moved, kind):
            return self._reached(step, now)
        if status == MOVING and not (step.anytime and pending.answer == LATER):
            return self._look(now, pause(making, age(row, waited, api_now) if making else waited))
        changed = pending.moved or fingerprint(row) != pending.before
        if pending.answer == CONFLICT and pending.patience:
            if changed:
                del self.conflicts[step.name]
            elif waited < pending.patience:
                return self._look(now, min(pause(False, waited), pending.patience - waited))
            elif step.sends == 1 or self.conflicts[step.name] >= MOST_CONFLICTS:
                raise Failed("", step.does, pending.error)
            self._uncount(pending)
        if pending.answer in (CONFLICT, LATER):
            return self._over_with(True)
        if row is None:
            if making and waited >= NOT_YET:
                lost = self.look.ids.get(step.part)
                raise Failed(f"{self.label} was created (id {lost}), but cannot be read any more.", step.does)
            if making:
                return self._look(now, pause(True, waited))
            self.pending = None
            self.look.ids.pop(step.part, None)
            return self._look(now, 0, listing=True)
        if status == CREATION_FAILED and making:
            self._attempted(step, row.get("error") or {}, str(row.get("status")))
        removing = step.action == "delete"  # what failed is removed: reads can lag behind that
        if (status == CREATION_FAILED and (changed or not removing)) or (
            status == OPERATION_FAILED and changed and removing
        ):
            return self._over_with(True)
        if status == OPERATION_FAILED and changed:
            reason = row.get("error") or {}
            words = f"{reason.get('message') or 'the API gives no reason'} (slug {reason.get('slug')})"
            raise Failed(
                f"Failed to {step.does}: {words}; its status is {row['status']}, its state {row.get('state')}."
            )
        limit = NOT_YET if pending.answer == ACCEPTED else LOOK_FOR
        if pending.answer == DOUBTED and waited >= limit and not changed:
            raise Failed("", step.does, pending.error)
        if step.action == "reboot" and waited >= LOOK_FOR:
            self.notes.append(f"The API showed nothing of the reboot of {self.label} for {LOOK_FOR:g} s.")
            return self._reached(step, now)
        if making and row.get("state") == step.goal.get("state"):
            return self._look(now, pause(True, waited))
        settled = pending.moved and now - pending.settled_from >= SETTLE
        return self._over_with(settled or waited >= limit) or self._look(now, pause(making, waited))

    def _reached(self, step: Step, now: float) -> bool:
        pending, self.pending = t.cast(Pending, self.pending), None
        if pending.answer in (ACCEPTED, LOST):
            self._record(pending)
        if step.action == "delete":
            gone = self.look.ids.pop(step.part, None)
            self.memory.created = [one for one in self.memory.created if one != gone]
        # Another run may have created one of the same name at the same time: only a listing shows that.
        return not step.makes or self.listed or self._look(now, 0, listing=True)

    def _attempted(self, step: Step, error: Row, status: str = "") -> bool:
        """Notes an attempt that failed for what another one may have. Whether it is such a one."""
        if step.attempt is None or not step.attempt.lacks(error, status):
            return False
        self.memory.attempts.append(step.attempt.failed(error))
        return True

    def _refused_attempt(self, step: Step, error: ApiError) -> bool:
        """The same where the API answered so."""
        return self._attempted(step, {"slug": error.slug, "message": error.message if error.status else None})

    def _over_with(self, over: bool) -> bool:
        if over:
            self.pending = None
        return over

    def _look(self, now: float, seconds: float, listing: bool = False) -> bool:
        """Sets the time of the next look. Gives False: the pending step is not behind us yet."""
        self.next_look = now + seconds
        self.look = self.look._replace(listing=listing or self.look.listing)
        return False

    def _sent(self, now: float) -> Pending:
        pending = t.cast(Pending, self.pending)
        pending.at = pending.settled_from = now
        self.look = self.look._replace(part=pending.step.part)
        return pending

    def _record(self, pending: Pending) -> None:
        step, kept = pending.step, self.memory.kept_public_ips
        if all(step.name != other.name or step.action != other.action for other in self.done):
            self.done.append(step)
        kept += [address for address in pending.leaves if address not in kept]

    def _uncount(self, pending: Pending) -> None:
        if pending.counts:
            pending.counts, sent, name = False, self.memory.sent, pending.step.name
            sent[name] -= 1
            if not sent[name]:
                del sent[name]  # as if it had never been sent: a plan looks at that

    def _note(self, part: str, row_id: str) -> None:
        self.look.ids[part] = row_id
        self.known.add(row_id)

    def _created(self, part: str, row_id: str) -> None:
        self._note(part, row_id)
        self.memory.created.append(row_id)

    def fail(self, failure: Failed | Refused | ApiError, now: float) -> None:
        """Notes a failure; with `recover`, what is to be put right is done first."""
        if self.failed is not None or self.recover is None or self.recover(self.seen, self.memory) is None:
            self.failure = self._with_left(self.failed) if self.failed else failure
            return
        self.failed, self.last, self.pending, self.over = failure, self.pending, None, False
        self._look(now, 0, listing=True)

    def _with_left(self, failure: Failed | Refused | ApiError) -> Failed | Refused | ApiError:
        """The failure, and what of it could not be put right either."""
        from . import _failures

        return _failures.with_left(failure, self)

    def put_right(self, seen: Seen) -> Plan:
        """What is left to be put right after a failure, where this is seen."""
        return (self.recover and self.recover(seen, self.memory)) or Plan((), None, None)

    def _may_send(self, step: Step) -> None:
        """Refuses a step that was sent too often."""
        sent = self.memory.sent.get(step.name, 0)
        if sent >= step.sends or sum(self.memory.sent.values()) >= MOST_SENDS:
            raise Failed(
                f"Gave up to {step.does}: it was sent {sent} times and did not take effect. If it does later, the next "
                "run will find it.", step.does, self.last_error,
            )  # fmt: skip
