# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state in an SQLite file, so that it outlives the process (--data)."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import TYPE_CHECKING

from .clock import Clock
from .resource import Resource

if TYPE_CHECKING:
    from .cloud import Cloud, Region

TABLES = """
CREATE TABLE IF NOT EXISTS resource (tenant, region, kind, id, document, PRIMARY KEY (tenant, region, id));
CREATE TABLE IF NOT EXISTS region (tenant, name, document, PRIMARY KEY (tenant, name));
CREATE TABLE IF NOT EXISTS clock (one PRIMARY KEY, now);
"""
PLAIN = ("created", "gone", "base", "later", "version")  # what a resource's document holds
TICK = 1.0  # seconds after which the clock is written again
PARTS = ("interfaces", "public_ips", "numbers")  # what a region's does


class Store:
    """Writes what has changed since it last did."""

    def __init__(self, path: str) -> None:
        self.database = sqlite3.connect(path, check_same_thread=False)
        self.database.executescript(TABLES)
        self.written: dict[tuple[str, str, str], int] = {}
        self.ticked = 0.0  # when the clock was written, in real time

    def load(self, cloud: Cloud) -> bool:
        """The state as it was left, and whether there was any; time has passed since, and never runs back.

        Whoever was killed had answered for as long as TICK since it wrote its clock.
        """
        found = False
        for (now,) in self.database.execute("SELECT now FROM clock"):
            found = True
            cloud.clock = Clock(cloud.clock.speed, max(now + TICK * cloud.clock.speed, time.time()))
        for tenant, name, document in self.database.execute("SELECT * FROM region"):
            vars(cloud.region(name, tenant)).update(json.loads(document))
        for tenant, name, kind, identifier, document in self.database.execute("SELECT * FROM resource"):
            resource = Resource(kind, 0.0, {}, identifier)
            vars(resource).update(json.loads(document))
            cloud.region(name, tenant).add(resource)
            self.written[tenant, name, identifier] = resource.version
        return found

    def tick(self, cloud: Cloud) -> None:
        """Writes the clock, unless it just did."""
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
