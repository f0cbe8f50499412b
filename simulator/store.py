# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state in an SQLite file, which outlives the process (--data)."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import TYPE_CHECKING, Any, cast

from .clock import Clock
from .kinds import CommonFields, Kind
from .resource import ById, Resource

if TYPE_CHECKING:
    from .cloud import Cloud, Region

TABLES = """
CREATE TABLE IF NOT EXISTS resource (tenant, region, kind, id, document, PRIMARY KEY (tenant, region, id));
CREATE TABLE IF NOT EXISTS region (tenant, name, document, PRIMARY KEY (tenant, name));
CREATE TABLE IF NOT EXISTS clock (one PRIMARY KEY, now);
"""
PLAIN = ("created", "gone", "base", "later", "version")  # of a resource's document
TICK = 1.0  # seconds between two writes of the clock
PARTS = ("interfaces", "public_ips", "numbers", "public_numbers")  # of a region's document


class Store:
    """A store that writes only the changes since its last write."""

    def __init__(self, path: str) -> None:
        self.database = sqlite3.connect(path, check_same_thread=False)
        self.database.executescript(TABLES)
        self.written: dict[tuple[str, str, str], int] = {}
        self.ticked = 0.0  # the last write of the clock, in real time

    def load(self, cloud: Cloud) -> bool:
        """Load the state of the last run, and return whether there was any.

        The clock goes on, and never runs back: a simulator that was killed may have served for TICK seconds after its
        last write of the clock.
        """
        found = False
        for (now,) in self.database.execute("SELECT now FROM clock"):
            found = True
            cloud.clock = Clock(cloud.clock.speed, max(now + TICK * cloud.clock.speed, time.time()))
        for tenant, name, document in self.database.execute("SELECT * FROM region"):
            region, parts = cloud.region(name, tenant), json.loads(document)
            if parts.keys() != set(PARTS):
                raise sqlite3.DataError(
                    "an earlier version wrote this file, with addresses of real machines: remove it"
                )
            vars(region).update(parts)
            region.interfaces = ById(region.interfaces)
            region.next_release = 0.0  # computed when they are read
        for tenant, name, kind, identifier, document in self.database.execute("SELECT * FROM resource"):
            resource: Resource[Any] = Resource(Kind(kind), 0.0, cast(CommonFields, {}), identifier)
            vars(resource).update(json.loads(document))
            cloud.region(name, tenant).add(resource)
            self.written[tenant, name, identifier] = resource.version
        return found

    def tick(self, cloud: Cloud) -> None:
        """Write the clock, unless it was just written."""
        if time.monotonic() >= self.ticked + TICK:
            self.ticked = time.monotonic()
            with self.database:
                self.database.execute("REPLACE INTO clock VALUES (1, ?)", (cloud.clock.now(),))

    def save(self, cloud: Cloud) -> None:
        with self.database:
            for region in cloud.regions.values():
                self.save_region(region)
            self.database.execute("REPLACE INTO clock VALUES (1, ?)", (cloud.clock.now(),))

    def save_region(self, region: Region) -> None:
        where = (region.tenant, region.name)
        parts = json.dumps({part: getattr(region, part) for part in PARTS})
        self.database.execute("REPLACE INTO region VALUES (?, ?, ?)", (*where, parts))
        present = {resource.id: resource for kind in region.resources.values() for resource in kind.values()}
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
