# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many instances at once: seen by one listing, led by the engine of one, at a pace that the cloud and users bear."""

from __future__ import annotations

import random
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

from ._api import CUSTOM_IMAGES, IMAGES, INSTANCES, MACHINE_TYPES, MOVING, Resource, Row, status_class
from ._client import Answer, ApiError, Client
from ._drive import Pace, Steps, attempt
from ._engine import LATER, Failed, Member
from ._read import Seen
from ._step import Step, Task

EVERY = 2.0  # seconds between two listings
WAVE = 5  # steps for each thread before the next look
STILL_NEW = 1.0  # seconds after which no server has closed a connection yet
_CATALOGS = (IMAGES, MACHINE_TYPES, CUSTOM_IMAGES)  # which do not change in a run


class Listing:
    """The client as the members of a fleet see it: what instances there are comes from one list for all of them."""

    edition = "2026"  # as there, a name gives those of that name

    def __init__(self, client: Client, user_data: bool = False) -> None:
        self.client, self.user_data = client, user_data  # whether that is kept, to be compared
        self.rows: list[Row] = []
        self._by_name: dict[str | None, list[Row]] = {}
        self._by_id: dict[str, Row] = {}
        self._others: dict[str, list[Row]] = {}
        self.catalogs: dict[t.Any, t.Any] = {}  # see `_declare.catalogs`

    def refresh(self) -> None:
        """Lists the instances anew. Raises `ApiError` where the list cannot be proved complete."""
        self.rows = self.client.listing(INSTANCES)
        self._by_name = {}
        for row in self.rows:
            if not self.user_data:
                row.pop("user_data", None)
            self._by_name.setdefault(row.get("name"), []).append(row)
        self._by_id = {row["id"]: row for row in self.rows}
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
        return self._by_id.get(row_id) if resource is INSTANCES else self.client.get(resource, row_id)


class FleetPace(Pace):
    """One listing for all that go, many steps at once, and never more members in motion than `batch` says."""

    def __init__(
        self, listing: Listing, tasks: dict[Member, Task], concurrency: int, batch: int | None,
        max_failures: int | None, watch: t.Callable[[float], None],
    ) -> None:  # fmt: skip
        self.listing, self.tasks, self.concurrency, self.watch = listing, tasks, concurrency, watch
        self.batch, self.max_failures = batch, max_failures
        self.burst = Burst(listing.client, concurrency)
        self.started: set[Member] = set()  # those that had a step
        self.moving = 0  # how many of them go
        self.unsent = False  # whether the last round left steps to the next one
        self.listed = self.next = listing.client.clock.now()

    def observe(self, due: list[Member]) -> list[Seen]:
        """What is seen of each: from the last listing while that is new and steps are left, else from a new one."""
        now = self.listing.client.clock.now()
        if not self.unsent or now >= self.listed + EVERY:
            self.listing.refresh()
            self.listed = self.listing.client.clock.now()
        self.unsent = False
        for member in due:
            member.look = member.look._replace(listing=True)
        return [self.tasks[member].observe(member.look) for member in due]

    def wakes(self, going: list[Member], now: float) -> float:
        """At once while there is something to be sent, and after all was; then every two seconds."""
        return now if self.unsent else self.next

    def due(self, going: list[Member], now: float) -> list[Member]:
        """All but those that the API told to come later; while steps are left, those that have none under way."""
        deadline = self.listing.client.deadline
        self.moving = len(self.started.intersection(going))
        if deadline is not None and now >= deadline:
            return going
        if self.unsent and now < self.listed + EVERY:
            return [member for member in going if member.pending is None]
        return [member for member in going if not _later(member, now)]

    def allows(self, member: Member, seen: Seen, sending: int) -> bool:
        """Whether the member may go on: a new one only where the batch has room, and not too many have failed."""
        if sending >= self.concurrency * WAVE:
            self.unsent = True
            return False
        if member in self.started or (self.batch is None and self.max_failures is None):
            return True
        if member.plan(seen, member.memory).steps or status_class(seen.get("instance")) == MOVING:
            failures = sum(1 for each in self.tasks if each.failure)
            if self.max_failures is not None and failures > self.max_failures:
                raise Failed(f"Not begun, since {failures} members have failed (max_failures).")
            if self.batch is not None and self.moving >= self.batch:
                return False
            self.started.add(member)
            self.moving += 1
        return True

    def send(self, client: Client, steps: Steps) -> t.Iterable[tuple[Member, Answer | ApiError]]:
        """All at once, as many at a time as `concurrency` says."""
        self.next = client.clock.now() + (0 if steps else EVERY * random.uniform(0.9, 1.1))
        if steps:
            yield from zip((member for member, _step in steps), self.burst.attempt([step for _member, step in steps]))

    def told(self, now: float) -> None:
        """Passes it on to whoever watches."""
        self.watch(now)


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

    def attempt(self, steps: list[Step]) -> list[Answer | ApiError]:
        """Sends the steps; what the API answered to each."""
        if self.session is None or time.monotonic() > self.used + STILL_NEW:
            self.close()
            self.session = self.client._new_session(self.connections)
        usual, self.client._session, self.client.burst = self.client._session, self.session, True
        try:
            return list(self.pool.map(lambda step: attempt(self.client, step), steps))
        finally:
            self.client._session, self.client.burst = usual, False
            self.used = time.monotonic()

    def close(self) -> None:
        """Closes the connections."""
        if self.session is not None:
            self.session.close()


def _later(member: Member, now: float) -> bool:
    return member.pending is not None and member.pending.answer == LATER and member.next_look > now
