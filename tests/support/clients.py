# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clients that never wait in real time."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.module_utils._api.connection import resolve_connection
from ansible_collections.magalu.cloud.plugins.module_utils._api.listing import Api
from ansible_collections.magalu.cloud.plugins.module_utils._api.times import Clock

KEY = "key-that-nobody-may-see"


class Ticks:
    """A clock that only moves in a sleep, and records how long each sleep was."""

    def __init__(self) -> None:
        self.time, self.slept = 1000.0, list[float]()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.time, self.sleep)


def client(url: str, ticks: Ticks | None = None, **options: Any) -> Api:
    """Return a client that never waits in real time."""
    given = {"api_url": url, "api_key": KEY, "api_timeout": 10, "api_retries": 2, **options}
    return Api(resolve_connection(given.get, {}), "ansible-core/2.x python/3.y", (ticks or Ticks()).clock)


def client_of(sim: Any, **options: Any) -> Api:
    """Return a client of the simulator that waits on the simulator's clock."""
    made = client(sim.url, **{"api_key": "simulator", **options})
    made.clock = Clock(sim.now, sim.advance)
    return made
