# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Times: the clock of a run, the API's own clock, and the times in rows."""

from __future__ import annotations

import re
import time
import typing as t
from datetime import datetime
from email.utils import parsedate_to_datetime

from .resources import Row


class Clock(t.NamedTuple):
    """The clock of a run, which tests replace, so that they can wait for hours in no time."""

    now: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep


class Timed(t.Protocol):
    """A client that keeps the last response's Date header, and its own time then."""

    clock: Clock
    date: tuple[str | None, float]


def api_now(client: Timed) -> float | None:
    """Return the time by the API's own clock (epoch), None without a Date header.

    The clock of this machine may be wrong.
    """
    date, at = client.date
    try:
        # The parentheses keep the precision: an epoch is a large float.
        return parsedate_to_datetime(str(date)).timestamp() + (client.clock.now() - at)
    except (TypeError, ValueError):
        return None


_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ]((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d|60)(\.\d+)?)?"
    r" ?(?:Z|([+-])([01]\d|2[0-3])(?::?([0-5]\d))?)?",
    re.ASCII | re.IGNORECASE,
)


def epoch(text: t.Any) -> float | None:
    """Return a time in ISO 8601 as seconds since 1970, None for any other value.

    A time without an offset is in UTC.
    """
    match = _TIME.fullmatch(text.strip()) if isinstance(text, str) else None
    if not match:
        return None
    date, clock, seconds, fraction, sign, hours, minutes = match.groups()
    try:
        minute = datetime.fromisoformat(f"{date} {clock}+00:00").timestamp()
    except ValueError:
        return None
    offset = int(hours or 0) * 3600 + int(minutes or 0) * 60
    return minute + int(seconds or 0) + float(fraction or 0) - (-offset if sign == "-" else offset)


def seconds_old(row: Row | None, waited: float, api_now: float | None) -> float:
    """Return the age of the row in seconds by the API's own clock, at least `waited`.

    If the age is not known, return `waited`.
    """
    born = epoch((row or {}).get("created_at"))
    return waited if api_now is None or born is None else max(api_now - born, waited)
