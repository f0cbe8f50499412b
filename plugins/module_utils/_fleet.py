# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many instances at once: seen by one listing, led by the engine of one, at a pace that the cloud and users bear."""

from __future__ import annotations

import random
import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

from ._api import CUSTOM_IMAGES, IMAGES, INSTANCES, MACHINE_TYPES, MOVING, Refused, Resource, Row, status_class
from ._client import Answer, ApiError, Client
from ._drive import Observed, Pace, Steps, attempt, time_is_up
from ._engine import CONFLICT, LATER, Failed, Member
from ._read import Seen
from ._step import Step, Task

EVERY = 2.0  # seconds between two listings, at most
SOON = 1.0  # and at least
WAVE = (5, 40)  # steps for each thread before the next look: at first, and at most, while they are fast
STILL_NEW = 1.0  # seconds after which no server has closed a connection yet
TOO_LATE = "Not begun before the time was up (wait_timeout). The next run begins it."
_CATALOGS = (IMAGES, MACHINE_TYPES, CUSTOM_IMAGES)  # which do not change in a run


class FleetClient(Client):
    """A client of which several threads ask: none of them before the time that the API told any of them."""

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self._lock = threading.Lock()
        self._refused: ApiError | None = None
        self._until = 0.0

    def _send(self, method: str, path: str, *rest: t.Any) -> Answer:
        with self._lock:
            now = self.clock.now()
            if self._refused and now < self._until:
                if self.deadline is not None and self._until > self.deadline:
                    raise self._still_refused(method, path, now)
                self.clock.sleep(self._until - now)
        try:
            return super()._send(method, path, *rest)
        except ApiError as error:
            if error.later and error.retry_after is not None:
                with self._lock:
                    self._refused, self._until = error, max(self._until, self.clock.now() + error.retry_after)
            raise

    def _still_refused(self, method: str, path: str, now: float) -> ApiError:
        told = t.cast(ApiError, self._refused)
        return ApiError(
            method, path, told.message, told.status, told.slug, told.details, told.request_id, self._until - now
        )


class Listing:
    """The client as the members of a fleet see it: what instances there are comes from one list for all of them."""

    by_name = True  # whether a name gives those of that name alone

    def __init__(self, client: Client, user_data: bool = False) -> None:
        self.client, self.user_data = client, user_data  # whether that is kept, to be compared
        self.rows: list[Row] = []
        self._by_name: dict[str | None, list[Row]] = {}
        self._by_id: dict[str, Row] = {}
        self._others: dict[str, list[Row]] = {}
        self.catalogs: dict[t.Any, t.Any] = {}  # see `_declare.catalogs`

    @property
    def edition(self) -> str | None:
        """As the client's."""
        return self.client.edition

    def refresh(self) -> None:
        """Lists the instances anew. Raises `ApiError` where the list cannot be proved complete."""
        self.rows = self.client.listing(INSTANCES)
        self._by_name = {}
        for row in self.rows:
            if not self.user_data:
                row.pop("user_data", None)
            self._by_name.setdefault(row.get("name"), []).append(row)
        self._by_id = {row["id"].lower(): row for row in self.rows}
        self._others = {kind: rows for kind, rows in self._others.items() if kind in {each.kind for each in _CATALOGS}}

    def listing(self, resource: Resource, name: str | None = None) -> list[Row]:
        """As the client's; other kinds are listed once between two refreshes, catalogs once."""
        if resource is INSTANCES:
            return self.rows if name is None else self._by_name.get(name, [])
        if resource.kind not in self._others:
            self._others[resource.kind] = self.client.listing(resource)
        return self._others[resource.kind]

    def get(self, resource: Resource, row_id: str) -> Row | None:
        """As the client's."""
        return self._by_id.get(row_id.lower()) if resource is INSTANCES else self.client.get(resource, row_id)


class NotBegun(Failed):
    """A member that nothing was done for."""


class FleetPace(Pace):
    """One listing for all that go, many steps at once, and never more members in motion than `batch` says."""

    def __init__(
        self, listing: Listing, tasks: dict[Member, Task], concurrency: int, batch: int | None,
        max_failures: int | None, failures: int, watch: t.Callable[[float], None],
    ) -> None:  # fmt: skip
        self.listing, self.tasks, self.concurrency, self.watch = listing, tasks, concurrency, watch
        self.batch, self.max_failures, self.failures = batch, max_failures, failures  # those that failed before
        self.burst = Burst(listing.client, concurrency)
        self.wave = WAVE[0]
        self.begun: set[Member] = set()  # those that a step was sent for
        self.moving = 0  # how many are in motion, or are to be
        self.unsent = False  # whether the last round left steps to the next one
        self.listed = self.next = self.sent = listing.client.clock.now()

    def observe(self, due: list[Member]) -> list[Observed]:
        """What is seen of each: from the last listing while that is new and steps are left, else from a new one."""
        now = self.listing.client.clock.now()
        if due and (not self.unsent or now >= self.listed + EVERY):
            self.unsent, self.next = False, now + EVERY  # if the listing fails
            self.listing.refresh()
            self.listed = self.listing.client.clock.now()
        self.unsent = False
        seen = [self._seen(member) for member in due]
        if self.batch is not None:
            rows = {one: each.get("instance") for one, each in zip(due, seen) if isinstance(each, dict)}
            self.moving = sum(self._moves(member, rows) for member in self.tasks)
        return seen

    def _seen(self, member: Member) -> Observed:
        member.look = member.look._replace(listing=True)
        try:
            return self.tasks[member].observe(member.look)
        except (ApiError, Refused) as error:
            return error

    def _moves(self, member: Member, rows: dict[Member, Row | None]) -> bool:
        """Whether a step of it has not taken effect yet, or it was found in motion, or failed and still is."""
        if member in self.begun and not member.over and not member.failure:
            return True
        row = rows.get(member) or self.listing.get(INSTANCES, member.look.ids.get("instance") or "")
        return status_class(row) == MOVING

    def wakes(self, going: list[Member], now: float) -> float:
        """At once while there is something to be sent, and after all was; then by and by (see `interval`)."""
        return now if self.unsent else self.next

    def due(self, going: list[Member], now: float) -> list[Member]:
        """All but those that the API told to come later; while steps are left, those that have none under way."""
        if time_is_up(self.listing.client):
            return going
        if self.unsent and now < self.listed + EVERY:
            return [member for member in going if member.pending is None]
        return [member for member in going if not _held(member, now)]

    def allows(self, member: Member, seen: Seen, sending: int) -> bool:
        """Whether the member may go on: a new one only where the batch has room, and not too many have failed."""
        bounded = self.batch is not None or self.max_failures is not None or time_is_up(self.listing.client)
        if bounded and member not in self.begun and member.plan(seen, member.memory).steps:
            self._refuse_to_begin()
            if status_class(seen.get("instance")) != MOVING:  # that one is counted already
                if self.batch is not None and self.moving >= self.batch:
                    return False
                self.moving += 1
        if sending >= self.concurrency * self.wave:
            self.unsent = True
            return False
        return True

    def _refuse_to_begin(self) -> None:
        failures = self.failures + sum(
            1 for each in self.tasks if each.failure and not isinstance(each.failure, NotBegun)
        )
        if self.max_failures is not None and failures > self.max_failures:
            raise NotBegun(f"Not begun, since {failures} failed, and max_failures is {self.max_failures}.")
        if time_is_up(self.listing.client):
            raise NotBegun(TOO_LATE)

    def send(self, client: Client, steps: Steps) -> t.Iterable[tuple[Member, Answer | ApiError]]:
        """All at once, as many at a time as `concurrency` says."""
        began = self.next = client.clock.now()
        self.begun.update(member for member, _step in steps)
        if not steps:
            self.next += interval(began - self.sent) * random.uniform(0.9, 1.1)
        else:
            answers = self.burst.attempt([step for _member, step in steps])
            for member in [member for (member, _step), answer in zip(steps, answers) if answer is None]:
                member.not_sent()
                if not member.memory.sent:  # of the others it is told what they wait for
                    member.fail(NotBegun(TOO_LATE), client.clock.now())
            self.sent = client.clock.now()
            fast = self.sent - began < EVERY / 4
            self.wave = min(self.wave * 2, WAVE[1]) if fast else WAVE[0]
            yield from ((member, answer) for (member, _step), answer in zip(steps, answers) if answer is not None)
        if time_is_up(client):
            idle = [one for one in self.tasks if not (one in self.begun or one.over or one.failure)]
            for member in idle:
                if status_class(member.row) != MOVING:
                    member.fail(NotBegun(TOO_LATE), client.clock.now())

    def told(self, now: float) -> None:
        """Passes it on to whoever watches."""
        self.watch(now)


def interval(waited: float) -> float:
    """Seconds until the next listing, so many after the last step: what was soon done is noticed sooner."""
    return min(max(waited / 3, SOON), EVERY)


class Burst:
    """Many requests at once: over connections that are new, or were in use a moment ago.

    One that the server closes meanwhile looks like a lost answer. That happens to those that wait for long, so that a
    single request that is not to be sent twice has one of its own.
    """

    def __init__(self, client: Client, connections: int) -> None:
        self.client, self.connections = client, connections
        self.pool = ThreadPoolExecutor(connections)
        self.session: t.Any = None
        self.used = 0.0

    def attempt(self, steps: list[Step]) -> list[Answer | ApiError | None]:
        """Sends the steps; what the API answered to each, None where the time was up before it was its turn."""
        if self.session is None or time.monotonic() > self.used + STILL_NEW:
            self.close()
            self.session = self.client._new_session(self.connections)
        usual, self.client._session, self.client.burst = self.client._session, self.session, True
        try:
            return list(self.pool.map(self._attempt, steps))
        finally:
            self.client._session, self.client.burst = usual, False
            self.used = time.monotonic()

    def _attempt(self, step: Step) -> Answer | ApiError | None:
        self.client.clock.sleep(0)  # which ends a module whose run is gone
        return None if time_is_up(self.client) else attempt(self.client, step)

    def close(self) -> None:
        """Closes the connections."""
        if self.session is not None:
            self.session.close()


def _held(member: Member, now: float) -> bool:
    """Whether the API refused its step for now, and it is too early to send that again."""
    return member.pending is not None and member.pending.answer in (LATER, CONFLICT) and member.next_look > now
