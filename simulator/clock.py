# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clock that everything in the simulator follows."""

from __future__ import annotations

import time


class Clock:
    """Real time, faster, slower or frozen (speed 0), and movable by hand."""

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


def timestamp(at: float) -> str:
    """A moment as the API writes it: UTC, whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
