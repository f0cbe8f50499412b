# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clock that everything in the simulator follows."""

from __future__ import annotations

import datetime
import time


class Clock:
    """A clock that runs at a multiple of real time (0: frozen) and can be moved."""

    def __init__(self, speed: float = 1.0, start: float | None = None) -> None:
        self._origin = time.time() if start is None else start
        self._since = time.monotonic()
        self._speed = speed

    @property
    def speed(self) -> float:
        return self._speed

    @speed.setter
    def speed(self, value: float) -> None:
        self._origin, self._since = self.now(), time.monotonic()
        self._speed = value

    def now(self) -> float:
        return self._origin + (time.monotonic() - self._since) * self._speed

    def advance(self, seconds: float) -> None:
        self._origin += seconds


def format_timestamp(at: float) -> str:
    """Return a moment in the format of the API: UTC, whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def parse_timestamp(text: str) -> float:
    """Return the moment of a timestamp, which may have an offset from UTC."""
    return datetime.datetime.fromisoformat(text.upper().replace("Z", "+00:00")).timestamp()
