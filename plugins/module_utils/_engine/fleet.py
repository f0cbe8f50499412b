# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The reconciliation of many instances at once, at a pace that the cloud can bear.

The pace also respects the limits that users set, such as `batch`. One listing serves all instances.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

from .._api.client import Answer
from .._api.exceptions import ApiError, Failed, NotStarted, Refused
from .._api.listing import Api
from .._api.resources import INSTANCES, MOVING, Resource, Row
from .._api.rows import Seen
from .._api.statuses import status_class
from .._api.times import api_now
from .._plan.step import Query, Step, Task
from .driver import Observed, Pace, Steps, is_time_up, send_step
from .member import Member
from .verdicts import CONFLICT, LATER

Observer = t.Callable[[Query], Seen]
EVERY = 2.0  # seconds between two listings: the maximum
SOON = 1.0  # and the minimum
PAUSE = 4  # the listings of an unlimited fleet take at most a fifth of the time while steps are left to send
WAVE = (5, 40)  # steps per thread before the next look: the minimum, and the maximum
STILL_NEW = 1.0  # seconds; no server closes an idle connection sooner
TOO_LATE = "Not started before wait_timeout expired; run again to start it."


class FleetClient(Api):
    """A client for several threads.

    If the API tells one of them to wait (Retry-After), all of them wait; what would change something counts as refused,
    unless the wait is short.
    """

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self._lock = threading.Lock()
        self._burst: t.Any = None  # the session of the current burst
        self._burst_session: t.Any = None  # the session of the last burst
        self._used = 0.0  # the time of its last use
        self._refused: ApiError | None = None
        self._until = 0.0

    def _send(self, method: str, path: str, *rest: t.Any) -> Answer:
        with self._lock:
            now = self.clock.now()
            if self._refused and now < self._until:
                too_late = self.deadline is not None and self._until > self.deadline
                # A step is planned from reads, which are too old after a longer wait: it is planned again then.
                if too_late or (method != "GET" and self._until > now + EVERY):
                    raise self._still_refused(method, path, now)
                self.clock.sleep(self._until - now)
        try:
            return super()._send(method, path, *rest)
        except ApiError as error:
            if error.later and error.retry_after is not None:
                with self._lock:
                    self._refused, self._until = error, max(self._until, self.clock.now() + error.retry_after)
            raise

    @contextlib.contextmanager
    def burst(self, connections: int) -> t.Iterator[None]:
        """Send the requests in this context over connections that are new or were just used.

        A connection that the server closes meanwhile looks like a lost response. That happens to connections that are
        idle for long, so a single request that must not be sent twice has a connection of its own.
        """
        if self._burst_session is None or time.monotonic() > self._used + STILL_NEW:
            self.close_burst()
            self._burst_session = self._new_session(connections)
        self._burst = self._burst_session
        try:
            yield
        finally:
            self._burst, self._used = None, time.monotonic()

    def close_burst(self) -> None:
        """Close the connections of the bursts."""
        if self._burst_session is not None:
            self._burst_session.close()

    def _session_for(self, method: str) -> t.Any:
        return self._burst or super()._session_for(method)

    def _release(self, session: t.Any) -> None:
        if session is not self._burst_session:
            super()._release(session)

    def _still_refused(self, method: str, path: str, now: float) -> ApiError:
        refusal = t.cast(ApiError, self._refused)
        return ApiError(
            method,
            path,
            refusal.message,
            refusal.status,
            refusal.slug,
            refusal.details,
            refusal.request_id,
            self._until - now,
        )


class FleetListing:
    """The client as the members of a fleet see it: all of them read one list of instances."""

    lists_by_name = True

    def __init__(self, client: FleetClient, user_data: bool = False) -> None:
        self.client, self.user_data = client, user_data  # True: rows keep user data, for comparison
        self.clock, self.deadline = client.clock, client.deadline
        self.rows: list[Row] = []
        self._by_name: dict[str | None, list[Row]] = {}
        self._by_id: dict[str, Row] = {}
        self._others: dict[str, list[Row]] = {}

    @property
    def api_version(self) -> str | None:
        """Return the API version of the region, None while no response has shown it."""
        return self.client.api_version

    def refresh(self) -> None:
        """List the instances again. Raise `ApiError` if the list cannot be proved complete."""
        self.rows = self.client.listing(INSTANCES)
        self._by_name = {}
        for row in self.rows:
            if not self.user_data:
                row.pop("user_data", None)
            self._by_name.setdefault(row.get("name"), []).append(row)
        self._by_id = {row["id"].lower(): row for row in self.rows}
        self._others = {}

    def listing(self, resource: Resource, name: str | None = None) -> list[Row]:
        """Return the rows of the shared list.

        Kinds other than instances are listed once between two refreshes.
        """
        if resource is INSTANCES:
            return self.rows if name is None else self._by_name.get(name, [])
        if resource.kind not in self._others:
            self._others[resource.kind] = self.client.listing(resource)
        return self._others[resource.kind]

    def get(self, resource: Resource, row_id: str) -> Row | None:
        """Return an instance from the shared list; read a resource of another kind by its id."""
        return self._by_id.get(row_id.lower()) if resource is INSTANCES else self.client.get(resource, row_id)


class FleetPace(Pace):
    """The pace for a fleet: one listing, parallel steps, at most `batch` in transition."""

    def __init__(
        self, listing: FleetListing, tasks: dict[Member, Task], reads: dict[Member, Observer], concurrency: int,
        batch: int | None, max_failures: int | None, failures: int, watch: t.Callable[[float], None],
    ) -> None:  # fmt: skip
        self.listing, self.tasks, self.reads = listing, tasks, reads  # `tasks` observe by listing, `reads` by id
        self.concurrency, self.watch = concurrency, watch
        # `failures`: the members that have failed, at first those before this pace.
        self.batch, self.max_failures, self.failures = batch, max_failures, failures
        self.pool = ThreadPoolExecutor(concurrency)
        self.wave, self.pause = WAVE[0], EVERY
        self.begun: set[Member] = set()  # the members that a step was sent for
        self.held: set[Member] = set()  # the members that wait for room in the batch
        self.moving = 0  # members that are in transition, or will be
        self.unsent = False  # True if the last round left steps for the next round
        self.listed = self.next = self.sent = listing.client.clock.now()

    def observe(self, due: list[Member]) -> list[Observed]:
        """Return the rows of each member, from the last listing or from a new one.

        The last listing is used while it is recent and steps are left to send. Members that must be read by id are read
        in parallel, `concurrency` of them at a time.
        """
        now, reading = self.listing.client.clock.now(), [member for member in due if member.view.reads_next]
        if len(due) > len(reading) and not self._sends_on(now):
            self.unsent, self.next = False, now + EVERY  # in case the listing fails
            self.listing.refresh()
            self.listed = self.listing.client.clock.now()
            limited = self.batch is not None or self.max_failures is not None
            self.pause = EVERY if limited else max(EVERY, PAUSE * (self.listed - now))
        self.unsent = False
        read = dict(zip(reading, self.pool.map(self._read, reading)))
        seen = [read[member] if member in read else self._seen(member) for member in due]
        if self.batch is not None:
            rows = {
                member: member.view.rows_to_plan(each)[0].get("instance")
                for member, each in zip(due, seen)
                if isinstance(each, dict)
            }
            self.moving = sum(self._moves(member, rows) for member in self.tasks)
        return seen

    def _read(self, member: Member) -> Observed:
        try:
            return self.reads[member](member.view.next_query)
        except (ApiError, Refused) as error:
            return error

    def _seen(self, member: Member) -> Observed:
        member.view.list_next()
        try:
            return self.tasks[member].observe(member.view.next_query)
        except (ApiError, Refused) as error:
            return error

    def _moves(self, member: Member, rows: dict[Member, Row | None]) -> bool:
        """Return whether the member counts as in transition.

        That is: a step of it has not taken effect yet, or its row is in transition, also if the member has failed.
        """
        if member in self.begun and not member.over and not member.failure:
            return True
        # A row that was read by id counts, also where it is gone: the listing can be behind.
        ids = member.view.next_query.ids
        row = rows[member] if member in rows else self.listing.get(INSTANCES, ids.get("instance") or "")
        return status_class(row) == MOVING

    def wakes(self, going: list[Member], now: float) -> float:
        """Return now while steps are left to send, else the time of the next listing."""
        return now if self.unsent else self.next

    def due(self, going: list[Member], now: float) -> list[Member]:
        """Return all members but those whose step the API refused for now.

        While steps are left to send, return the members without a pending step; after the deadline, all members.
        """
        if is_time_up(self.listing.client):
            return going
        if self._sends_on(now):
            return [member for member in going if member.pending is None]
        return [member for member in going if not _held(member, now)]

    def _sends_on(self, now: float) -> bool:
        """Return whether steps are left to send, and the last listing is recent enough for them."""
        return self.unsent and now < self.listed + self.pause and not is_time_up(self.listing.client)

    def allows(self, member: Member, seen: Seen, sending: int) -> bool:
        """Return whether the member may go on.

        A member without a step so far may begin only if the batch has room. Raise `NotStarted` if too many members have
        failed, or the deadline has passed.
        """
        bounded = self.batch is not None or self.max_failures is not None or is_time_up(self.listing.client)
        if bounded and member not in self.begun and not self._has_room(member, seen):
            return False
        if sending >= self.concurrency * self.wave:
            self.unsent = True
            return False
        return True

    def _has_room(self, member: Member, seen: Seen) -> bool:
        """Return whether the batch has room for the member's first step, if it has one; count the member then."""
        rows, unread = member.view.rows_to_plan(seen)
        if not member.may_begin(rows, unread):
            return True
        self._refuse_to_begin(member)
        if status_class(rows.get("instance")) == MOVING:
            return True  # it is counted already
        if self.batch is not None and self.moving >= self.batch:
            self.held.add(member)
            member.hold(seen, self.listing.client.clock.now(), api_now(self.listing.client))
            return False
        if member in self.held:
            self.held.remove(member)
            member.view.expire()  # what was read by id while it waited may be old
        self.moving += 1
        return True

    def fail(self, member: Member, failure: Failed | Refused | ApiError, now: float) -> None:
        """Note the failure of a member, and count it unless the member was not started or cleans up first."""
        super().fail(member, failure, now)
        if member.failure and not isinstance(member.failure, NotStarted):
            self.failures += 1

    def _refuse_to_begin(self, member: Member) -> None:
        """Raise `NotStarted` if too many members have failed, or the deadline has passed."""
        if self.max_failures is not None and self.failures > self.max_failures:
            raise NotStarted(f"Not started: {self.failures} failed, and max_failures is {self.max_failures}.")
        if is_time_up(self.listing.client) and member.waits_for is None:
            raise NotStarted(TOO_LATE)

    def send(self, client: Api, steps: Steps) -> t.Iterable[tuple[Member, Answer | ApiError]]:
        """Send all steps, `concurrency` of them at a time; yield the API's response to each."""
        began = self.next = client.clock.now()
        self.begun.update(member for member, _step in steps)
        if not steps:
            self.next += seconds_until_listing(began - self.sent) * random.uniform(0.9, 1.1)
        else:
            with self.listing.client.burst(self.concurrency):
                answers = list(self.pool.map(self._attempt, [step for _member, step in steps]))
            for member in [member for (member, _step), answer in zip(steps, answers) if answer is None]:
                member.not_sent()
                # The others fail with a time-out that says what they wait for, or what the API refused.
                if not (member.memory.sent or member.refusals):
                    member.fail(NotStarted(TOO_LATE), client.clock.now())
            self.sent = client.clock.now()
            self.wave = next_wave(self.wave, len(steps) / self.concurrency, self.sent - began)
            yield from ((member, answer) for (member, _step), answer in zip(steps, answers) if answer is not None)
        if is_time_up(client):
            idle = [each for each in self.tasks if not (each in self.begun or each.over or each.failure)]
            for member in idle:
                if member.waits_for is None:
                    member.fail(NotStarted(TOO_LATE), client.clock.now())

    def _attempt(self, step: Step) -> Answer | ApiError | None:
        """Send the step; return the response, None if the deadline passed before its turn."""
        client = self.listing.client
        client.clock.sleep(0)  # raises `Orphaned` if the run is gone
        return None if is_time_up(client) else send_step(client, step)

    def after_round(self, now: float) -> None:
        """Report the progress after a round.

        If members must be read by id, that happens first, before the next listing.
        """
        if any(member.view.confirming for member in self.tasks if not member.failure):
            self.unsent = True  # the next look is at once; there is no progress before it
        else:
            self.watch(now)


def seconds_until_listing(waited: float) -> float:
    """Return the seconds until the next listing, `waited` seconds after the last step.

    Listings are frequent at first, so that the end of a fast step is noticed soon.
    """
    return min(max(waited / 3, SOON), EVERY)


def next_wave(wave: int, sent: float, seconds: float) -> int:
    """Return the steps per thread for the next round, which should take a quarter of `EVERY`.

    `sent` are the steps per thread of the last round, `seconds` its duration.
    """
    fitting = sent * EVERY / 4 / seconds if seconds else WAVE[1]
    return int(min(max(fitting, WAVE[0]), wave * 2, WAVE[1]))


def _held(member: Member, now: float) -> bool:
    """Return whether the API refused the step for now, and it is too early to retry."""
    return member.pending is not None and member.pending.answer in (LATER, CONFLICT) and member.view.next_look > now
