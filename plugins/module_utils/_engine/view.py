# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The current state as a member has read it so far, and the next read.

A listing finds, a read by id decides: a `View` tells rows that only a listing has shown from those that were read by
id.
"""

from __future__ import annotations

import typing as t

from .._api.resources import Row
from .._api.rows import Seen, same_id
from .._api.times import seconds_old
from .._plan.step import Query, Task
from .polling import fingerprint
from .verdicts import NOT_YET


class Read(t.NamedTuple):
    """A row as a read by id showed it, and its form in the listing before."""

    listed: t.Any
    row: Row


def _listed_form(row: Row) -> t.Any:
    """Return the values that make a listed row another than before; an address can come long after the creation."""
    return fingerprint(row), row.get("network")


class View:
    """The rows that a member has seen, how they were read, and what to read next, and when."""

    def __init__(self, task: Task) -> None:
        self.by_name, self.fresh_parts = task.by_name, task.fresh
        self.seen: Seen = {}
        self.next_query = Query({}, True, task.main)
        self.next_look = 0.0
        self.listed = False  # True if everything was listed, and nothing was sent or waited for since
        self.unread: set[str] = set()  # parts that only a listing has shown
        self.reads: dict[str, Read] = {}  # by id: rows that were read because a listing had shown them
        self.confirming = False  # True if the next look is such a read
        self.lagging = False  # True after a listing was found to lag behind a read
        self.missing: dict[str, float] = {}  # ids that a listing shows and a read does not find -> since when
        self.known: set[str] = set()  # the ids that were seen
        self.fresh = True  # True if the rows were read after the last step

    @property
    def reads_next(self) -> bool:
        """Return whether the next look must be a read by id, also in a fleet."""
        return self.confirming or (self.lagging and not self.next_query.listing)

    def take(self, seen: Seen, now: float, api_now: float | None, created: list[str]) -> bool:
        """Store an observation; `created` are the ids that this run created.

        Return False if everything must be listed again.
        """
        listing, confirming, part = self.next_query.listing, self.confirming, self.next_query.part
        self.fresh, self.confirming = True, False
        if listing:
            self.listed, (self.seen, self.unread) = True, self.rows_to_plan(seen)
        self.next_query = self.next_query._replace(listing=False)
        return listing or self._take_read(part, seen, confirming, now, api_now, created)

    def rows_to_plan(self, seen: Seen) -> tuple[Seen, set[str]]:
        """Return the rows to plan from after an observation, and the parts that only a listing has shown.

        If a listed row has not changed since the resource was read by id, the row of that read is kept.
        """
        if not self.next_query.listing:
            return {**self.seen, **seen}, self.unread - {self.next_query.part}
        rows, unread = dict(seen), set()
        for part, row in seen.items():
            if not row or part in self.fresh_parts:
                continue
            read = self.reads.get(str(row["id"]).lower())
            if read and read.listed == _listed_form(row):
                rows[part] = read.row
            else:
                unread.add(part)
        return rows, unread

    def _take_read(
        self, part: str, seen: Seen, confirming: bool, now: float, api_now: float | None, created: list[str]
    ) -> bool:
        """Store a row that was read by id. Return False if everything must be listed again."""
        before, row = self.seen.get(part), seen.get(part)
        same = {each for each, other in self.seen.items() if other and before and same_id(other["id"], before["id"])}
        self.seen = {**self.seen, **seen, **dict.fromkeys(same, row)}
        self.unread -= {part, *same}
        self.listed = self.listed and confirming
        if not confirming or before is None:
            return True
        row_id = str(before["id"])
        created_here = any(same_id(row_id, each) for each in created)
        if row is None and not created_here:
            since = self.missing.setdefault(row_id, now)
            if seconds_old(before, now - since, api_now) < NOT_YET:  # reads can lag behind a creation
                self.seen = {**self.seen, **dict.fromkeys({part, *same}, before)}
                return self.schedule(now, 2, listing=True)
        another = row is not None and part in self.by_name and row.get("name") != before.get("name")
        if row is None or (another and not created_here):
            self.exclude(row_id)
            return self.schedule(now, 0, listing=True)
        self.lagging = self.lagging or fingerprint(row) != fingerprint(before)
        self.reads[row_id.lower()] = Read(_listed_form(before), row)
        return True

    def confirm(self, basis: tuple[str, ...] | None, now: float) -> bool:
        """Schedule a read by id of the next part that only a listing has shown.

        `basis` are the parts that the plan is based on, None for all. Return False if no part needs a read.
        """
        part = next((part for part in (self.seen if basis is None else basis) if part in self.unread), None)
        row = self.seen.get(part) if part else None
        if part is None or row is None:
            return False
        self.note(part, str(row["id"]))
        self.look_at(part)
        self.next_look, self.confirming = now, True
        return True

    def list_next(self) -> None:
        """Let the next look be a listing instead of a read by id."""
        self.confirming, self.next_query = False, self.next_query._replace(listing=True)

    def expire(self) -> None:
        """Read everything again before the next step, because this step changes it."""
        self.reads, self.listed = {}, False

    def note(self, part: str, row_id: str) -> None:
        """Store the id of a part."""
        self.next_query.ids[part] = row_id
        self.known.add(row_id.lower())

    def exclude(self, row_id: str) -> None:
        """Ignore a resource in listings, because it is gone or has another name."""
        ids = {part: each for part, each in self.next_query.ids.items() if each != row_id}
        self.next_query = self.next_query._replace(ids=ids, excluded=self.next_query.excluded | {row_id.lower()})

    def look_at(self, part: str) -> None:
        """Let the next read by id be of that part."""
        self.next_query = self.next_query._replace(part=part)

    def schedule(self, now: float, seconds: float, listing: bool = False) -> bool:
        """Set the time of the next look.

        Return False, which callers return in turn: it is too early to plan.
        """
        self.next_look = now + seconds
        self.listed = self.listed and not seconds
        self.next_query = self.next_query._replace(listing=listing or self.next_query.listing)
        return False
