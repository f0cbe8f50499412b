# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state in an SQLite file, which outlives the process (--data).

A file belongs to one simulator at a time: two would each write a part of the state, which does not fit together.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, cast

from .kinds import CommonFields, Fields, Kind
from .resource import Resource

TABLES = (
    "CREATE TABLE resource (tenant, region, kind, id, document, PRIMARY KEY (tenant, region, id))",
    "CREATE TABLE region (tenant, name, document, PRIMARY KEY (tenant, name))",
    "CREATE TABLE clock (one PRIMARY KEY, now)",
)
PLAIN = ("created", "gone", "base", "later", "version")  # of a resource's document
TICK = 1.0  # seconds between two writes of the clock


class StoredRegion(NamedTuple):
    """A region as it stands in the file."""

    tenant: str
    name: str
    parts: Fields  # all of its state but the resources
    resources: Iterable[Resource[Any]]


class Store:
    """A store that writes only the changes since its last write."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.database = sqlite3.connect(path, timeout=2.0, check_same_thread=False)
        try:
            # The lock is kept until the database is closed. Whoever has it now may be about to end: SQLite waits 2 s.
            self.database.executescript("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT")
            found = {sql for (sql,) in self.database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
            if not found <= set(TABLES):
                raise sqlite3.DataError("it is a database of another program: give another file")
            for table in set(TABLES) - found:
                self.database.execute(table)
        except sqlite3.Error as error:
            self.database.close()
            if "locked" not in str(error):
                raise
            raise sqlite3.OperationalError("another simulator uses this file") from error
        self.written: dict[tuple[str, str, str], int] = {}
        self.ticked = 0.0  # the last write of the clock, in real time

    def last_moment(self) -> float | None:
        """Return the clock's last time in the file, or None in a new file."""
        return next((now for (now,) in self.database.execute("SELECT now FROM clock")), None)

    def load(self) -> Iterator[StoredRegion]:
        """Yield the regions of the last run. Raise KeyError for resources without a region."""
        for tenant, name, document in self.database.execute("SELECT * FROM region").fetchall():
            yield StoredRegion(tenant, name, json.loads(document), self.load_resources(tenant, name))
        if self.database.execute("SELECT count(*) FROM resource").fetchone() != (len(self.written),):
            raise KeyError("the region of a resource")

    def load_resources(self, tenant: str, region: str) -> Iterator[Resource[Any]]:
        where = "SELECT kind, id, document FROM resource WHERE tenant = ? AND region = ? ORDER BY rowid"
        for kind, identifier, document in self.database.execute(where, (tenant, region)):
            resource: Resource[Any] = Resource(Kind(kind), 0.0, cast(CommonFields, {}), identifier)
            parts = json.loads(document)
            vars(resource).update({part: parts[part] for part in PLAIN})
            self.written[tenant, region, identifier] = resource.version
            yield resource

    def tick(self, now: float) -> None:
        """Write the clock, unless it was just written."""
        if time.monotonic() >= self.ticked + TICK:
            self.ticked = time.monotonic()
            with self.database:
                self.save_clock(now)

    def save(self, now: float, regions: Iterable[StoredRegion]) -> None:
        before = dict(self.written)
        try:
            with self.database:
                for region in regions:
                    self.save_region(region)
                self.save_clock(now)
        except sqlite3.Error:
            self.written = before  # such as on a full disk: the next write repeats this one
            raise

    def save_clock(self, now: float) -> None:
        self.database.execute("REPLACE INTO clock VALUES (1, ?)", (now,))

    def save_region(self, region: StoredRegion) -> None:
        where = (region.tenant, region.name)
        self.database.execute("REPLACE INTO region VALUES (?, ?, ?)", (*where, json.dumps(region.parts)))
        present = {resource.id: resource for resource in region.resources}
        for key in [key for key in self.written if key[:2] == where and key[2] not in present]:
            self.database.execute("DELETE FROM resource WHERE tenant = ? AND region = ? AND id = ?", key)
            del self.written[key]
        for resource in present.values():
            key = (*where, resource.id)
            if self.written.get(key) != resource.version:
                document = json.dumps({name: getattr(resource, name) for name in PLAIN})
                self.database.execute("REPLACE INTO resource VALUES (?, ?, ?, ?, ?)",
                                      (*where, resource.kind, resource.id, document))  # fmt: skip
                self.written[key] = resource.version

    def close(self) -> None:
        self.database.close()

    def empty(self) -> None:
        with self.database:
            for table in ("resource", "region", "clock"):
                self.database.execute(f"DELETE FROM {table}")
        self.written.clear()
