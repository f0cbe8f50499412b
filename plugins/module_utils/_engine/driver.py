# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The loop that sends steps and waits for their effects.

It serves one member, or many members at another pace. Only the engine changes anything in the cloud, and only the
engine waits.
"""

from __future__ import annotations

import random
import typing as t

from .._api.client import Answer
from .._api.exceptions import ApiError, Failed, Refused
from .._api.listing import Api
from .._api.resources import Row
from .._api.rows import Seen
from .._api.times import api_now
from .._plan.approval import Approval, mark_plan, seal_plan
from .._plan.step import Step, Task
from .lists import wait_for_lists
from .member import Member
from .orphan import Orphaned
from .outcome import Outcome
from .timeouts import timeout_failure
from .verdicts import ACCEPTED, LATER

# The rows of a member, or the error if only the rows of this member could not be read.
Observed = t.Union[Seen, Refused, ApiError]
Observe = t.Callable[[list[Member]], t.Sequence[Observed]]
Steps = list[tuple[Member, Step]]
# Random shift of the next look, as a share of the pause; a look is never before the end of a Retry-After.
_JITTER = {ACCEPTED: (-0.1, 0.1), LATER: (0.0, 0.2)}


class Pace:
    """The pace for one member: a look when it is due, one step after the other."""

    def wakes(self, going: list[Member], now: float) -> float:
        """Return the time of the next look at any of the members."""
        return min(member.view.next_look for member in going)

    def due(self, going: list[Member], now: float) -> list[Member]:
        """Return the members to look at now."""
        return [member for member in going if member.view.next_look <= now] or going

    def allows(self, member: Member, seen: Seen, sending: int) -> bool:
        """Return whether a member may send its next step; `sending` steps are queued already."""
        return True

    def send(self, client: Api, steps: Steps) -> t.Iterable[tuple[Member, Answer | ApiError]]:
        """Send the steps, but nothing new after the deadline; yield the API's response to each."""
        for member, step in steps:
            if is_time_up(client) and not member.failed:
                member.not_sent()
            else:
                yield member, send_step(client, step)

    def fail(self, member: Member, failure: Failed | Refused | ApiError, now: float) -> None:
        """Note the failure of a member."""
        member.fail(failure, now)

    def after_round(self, now: float) -> None:
        """Handle the end of a round; here there is nothing to do."""


def follow(
    task: Task, client: Api, seconds: float, wait: bool, check: bool, seen: Seen, expected: t.Any = None
) -> Outcome:
    """Reconcile a task whose plan is not empty or was refused; with `check`, only plan.

    `seen` are the rows that a listing showed. With `expected`, an approved plan, they are read here, and only steps of
    that plan are done.
    """
    member = Member(task, wait or check)
    try:
        if expected is not None:
            member.follow_approval(Approval(expected, scope_of(client)).guard(task.label))
            seen = task.observe(member.view.next_query)
        if check:
            preview_task(member, client, seen)
    except (ApiError, Refused) as error:
        return Outcome(task, seen, failure=error, planned=False)
    if check:
        outcome = _check_approval(planned_outcome(member), member)
    else:
        reconcile_task(member, client, seconds, seen)
        if not member.failure and not member.view.fresh:
            member.view.seen = {**member.view.seen, task.main: _last_look(member)}
        outcome = reached_outcome(member)
    warnings = outcome.warnings
    if member.guard and not outcome.steps and not outcome.failure:
        warnings = [*warnings, *member.guard.approval.nothing_left_warnings()]
    return outcome._replace(plan=sealed_plan(client, {task.label: member}), warnings=warnings)


def _check_approval(outcome: Outcome, member: Member) -> Outcome:
    """Return the outcome in check mode, as a failure if the steps are not approved."""
    planned = member.planned
    if member.guard and planned and planned.plan.steps:
        try:
            member.guard.admit(planned, member.memory)
        except Refused as error:
            return outcome._replace(seen=member.view.seen, steps=(), kept_public_ips=(), failure=error)
    return outcome


def scope_of(client: Api) -> tuple[str, str]:
    """Return what a plan holds for: the region and, if it was given, the tenant."""
    connection = client.connection
    return connection.region, connection.headers.get("x-tenant-id", "")


def sealed_plan(client: Api, members: dict[str, Member]) -> Row:
    """Return the first plans of the members together, as `expected_plan` takes them."""
    planned = {name: (member, member.planned) for name, member in members.items()}
    marks = {name: mark_plan(each) for name, (_member, each) in planned.items() if each}
    begun = next((member.memory.begun for member in members.values() if member.memory.begun is not None), None)
    return seal_plan(scope_of(client), marks, begun)


def preview_task(member: Member, client: Api, seen: Seen) -> None:
    """Let the member read and plan all that it can before its first change.

    `seen` are the rows that a listing showed. Raise `ApiError` or `Refused`.
    """
    while reads_more(member, client, seen):
        client.clock.sleep(max(member.view.next_look - client.clock.now(), 0))
        seen = member.task.observe(member.view.next_query)


def planned_outcome(member: Member) -> Outcome:
    """Return the outcome in check mode: the steps that would be done."""
    seen = member.view.seen
    plan = member.first or member.plan(seen, member.memory)
    return Outcome(
        member.task, {**seen, member.main: plan.after}, plan.before, plan.steps, plan.warnings, plan.result_data,
        plan.kept_public_ips,
    )  # fmt: skip


def reached_outcome(member: Member) -> Outcome:
    """Return the outcome of a real run: the steps that were done."""
    memory, seen = member.memory, member.view.seen
    if member.failure and member.first and not member.row:
        seen = {**seen, member.main: known_row(member)}
    return Outcome(
        member.task, seen, member.first and member.first.before, tuple(member.done), member.notes, member.result_data,
        memory.kept_public_ips, memory.attempts, memory.created, member.failure,
        planned=member.first is not None,
    )  # fmt: skip


def known_row(member: Member) -> Row | None:
    """Return a row with only the id of a resource that cannot be read; None without id."""
    row_id = member.view.next_query.ids.get(member.main)
    return {"id": row_id} if row_id else None


def _last_look(member: Member) -> Row | None:
    """Return the row after a step that was not waited for, or its id alone."""
    if member.main not in member.view.next_query.ids:
        return None
    query = member.view.next_query._replace(listing=False, part=member.main)
    try:
        return member.task.observe(query).get(member.main) or known_row(member)
    except (ApiError, Refused):
        return known_row(member)


def reads_more(member: Member, client: Api, seen: Seen) -> bool:
    """Plan from the rows; return whether more must be read first, at `next_look`."""
    now = client.clock.now()
    if member.decide(seen, now, api_now(client)) or member.over:
        return False
    if member.view.next_look <= now:
        return True
    if member.first is None:  # the end of the transition may change the plan; this is the plan so far
        try:
            member.keep_first(member.plan(member.view.seen, member.memory))
        except Refused:
            if not member.expecting or is_time_up(client):
                raise
            return True
    return False


def reconcile_task(member: Member, client: Api, seconds: float, seen: Seen) -> None:
    """Bring the member of a task to its goal, or to a failure.

    `seen` are the rows that a listing showed. With `wait` this returns when lists show the changes, because the next
    task begins with a list.
    """

    def observe(due: list[Member]) -> list[Seen]:
        seen = [member.task.observe(due[0].view.next_query)]
        client.clock.sleep(0)  # raises `Orphaned` if the run is gone: the next request may be a change
        return seen

    try:
        drive_members([member], observe, client, seconds, [seen])
        if member.wait and not member.failure:
            member.notes += wait_for_lists(client, [member])
    except Orphaned as gone:
        member.failure = Failed(str(gone))


def is_time_up(client: Api) -> bool:
    """Return whether the deadline has passed."""
    return client.deadline is not None and client.clock.now() >= client.deadline


def send_step(client: Api, step: Step) -> Answer | ApiError:
    """Send a step; return the response or the error."""
    try:
        return client.request(step.method, step.path, step.query, step.body)
    except ApiError as error:
        return error


def drive_members(
    members: list[Member], observe: Observe, client: Api, seconds: float, first: t.Sequence[Observed] | None = None,
    pace: Pace | None = None,
) -> None:  # fmt: skip
    """Reconcile all members within that many seconds.

    At the end each is `over` or has a `failure`. `observe` returns the rows of each member (one read for one member,
    one listing for many); `first` are rows that were read already.
    """
    clock, pace = client.clock, pace or Pace()
    deadline = client.deadline if client.deadline is not None else clock.now() + seconds
    while True:
        going = [member for member in members if not member.over and not member.failure]
        if not going:
            return
        clock.sleep(max(min(pace.wakes(going, clock.now()), deadline) - clock.now(), 0))
        due = pace.due(going, clock.now())
        try:
            seen, first = first if first is not None else observe(due), None
        except (ApiError, Refused) as error:
            unread = error if isinstance(error, ApiError) and error.passing else None
            late = clock.now() >= deadline
            for member in due:
                if late or not unread:
                    timed_out = late and (unread or (member.pending and member.pending.error))
                    pace.fail(member, timeout_failure(member, seconds, unread) if timed_out else error, clock.now())
                if isinstance(error, ApiError):
                    member.view.next_look = clock.now() + max(error.retry_after or 0, 2)
            pace.after_round(clock.now())
            continue
        late = clock.now() >= deadline
        _round([(member, rows) for member, rows in zip(due, seen) if late or not _passes(rows)], client, pace)
        for member in due:
            cleans_up = member.failed and member.view.confirming  # one more read decides the next step of the clean-up
            if not member.over and not member.failure and not cleans_up and clock.now() >= deadline:
                pace.fail(member, timeout_failure(member, seconds), clock.now())
        pace.after_round(clock.now())


def _passes(seen: Observed) -> bool:
    return isinstance(seen, ApiError) and seen.passing


def _round(looks: list[tuple[Member, Observed]], client: Api, pace: Pace) -> None:
    """Advance each member by one look, and send the steps that result."""
    now, steps = client.clock.now, t.cast(Steps, [])
    for member, seen in looks:
        try:
            if isinstance(seen, Exception):
                raise seen
            step = member.advance(seen, now(), api_now(client)) if pace.allows(member, seen, len(steps)) else None
            if step:
                steps.append((member, step))
        except (Failed, Refused, ApiError) as error:
            pace.fail(member, error, now())
    for member, answer in pace.send(client, steps):
        try:
            if isinstance(answer, ApiError):
                member.last_error = answer
                member.refused(answer, now())
            else:
                member.accepted(answer.body, now())
        except Failed as error:
            pace.fail(member, error, now())
    for member, _seen in looks:
        sooner, later = _JITTER.get(member.pending.answer if member.pending else ACCEPTED, (0.0, 0.0))
        member.view.next_look += (member.view.next_look - now()) * random.uniform(sooner, later)
