# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a step has taken effect, and when to look for it: pure functions of rows and time."""

from __future__ import annotations

import calendar
import time
import typing as t
from email.utils import parsedate_to_datetime

from ._api import GONE, INSTANCES, MOVING, OPERATION_FAILED, Resource, Row, dig, status_class
from ._client import Client
from ._read import interfaces


def reached(goal: dict[str, t.Any], row: Row | None, moved: bool = False, kind: Resource = INSTANCES) -> bool:
    """Whether the row is what a step was sent for. What the answer does not tell counts as reached once it is settled.

    Keys of a goal: `gone`; `state`, `name`: the value; `machine_type`: its id; `attached`, `detached`: an interface's
    id; `public_ipv4`: there must be one; `fields`: their values; `moved`: it must have been seen in motion (a reboot leaves no other trace).
    """
    status = status_class(row, kind)
    if "gone" in goal:
        return status == GONE
    if row is None or status in (GONE, MOVING):
        return False
    if goal.get("moved") and (not moved or status == OPERATION_FAILED):
        return False
    ports = interfaces(row)
    attached = None if ports is None else [port["id"] for port in ports]
    return not (
        any(goal[key] != row.get(key) for key in ("state", "name") if key in goal)
        or any(value != row.get(key) for key, value in goal.get("fields", {}).items())
        or goal.get("machine_type") not in (None, dig(row, "machine_type.id") or goal.get("machine_type"))
        or ("attached" in goal and attached is not None and goal["attached"] not in attached)
        or ("detached" in goal and attached is not None and goal["detached"] in attached)
        or (goal.get("public_ipv4") and not row.get("public_ipv4"))
    )


def fingerprint(row: Row | None) -> t.Any:
    """What changes in a row when something happened to it."""
    return None if row is None else [row.get(key) for key in ("id", "status", "state", "name", "updated_at", "error")]


def pause(making: bool, waited: float) -> float:
    """Seconds until the next look, after so many seconds since the start of what is waited for.

    What is being created cannot be ready at once; from then on even steps notice the end earlier than growing ones.
    """
    if making:
        return 10 - waited if waited < 10 else 3 if waited < 120 else 5
    return 1 if waited < 15 else 3 if waited < 120 else 5


def age(row: Row | None, waited: float, api_now: float | None) -> float:
    """Seconds since the row was created, by the API's own clock; `waited` where that cannot be told."""
    try:
        born = calendar.timegm(time.strptime(str((row or {})["created_at"])[:19], "%Y-%m-%dT%H:%M:%S"))
    except (KeyError, ValueError):
        return waited
    return waited if api_now is None else max(api_now - born, waited)


def api_now(client: Client) -> float | None:
    """The API's own clock (epoch) by the last answer's Date header, None if there is none: ours may be wrong."""
    date, at = client.date
    try:
        return parsedate_to_datetime(str(date)).timestamp() + (client.clock.now() - at)  # without () a float loses some
    except (TypeError, ValueError):
        return None
