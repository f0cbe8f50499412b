# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure functions that decide when a step has taken effect, and when to look again."""

from __future__ import annotations

import typing as t

from .._api.resources import GONE, INSTANCES, MOVING, OPERATION_FAILED, Resource, Row
from .._api.rows import dig, interfaces_of, same_id
from .._api.statuses import status_class


def is_reached(goal: dict[str, t.Any], row: Row | None, moved: bool = False, kind: Resource = INSTANCES) -> bool:
    """Return whether the row has reached the goal of a step.

    Values that the response does not show count as reached once the row is settled. Keys of a goal: `gone`; `state`,
    `name`: the value; `machine_type`: its id; `attached`, `detached`: an interface's id; `public_ipv4`: the row must
    have an address; `fields`: their values; `moved`: the row must have been seen in transition (a reboot leaves no
    other trace).
    """
    status = status_class(row, kind)
    if "gone" in goal:
        return status == GONE
    if row is None or status in (GONE, MOVING):
        return False
    if goal.get("moved") and (not moved or status == OPERATION_FAILED):
        return False
    ports = interfaces_of(row)
    attached = None if ports is None else [port["id"].lower() for port in ports]
    kind_id = dig(row, "machine_type.id")
    return not (
        any(goal[key] != row.get(key) for key in ("state", "name") if key in goal)
        or any(value != row.get(key) for key, value in goal.get("fields", {}).items())
        or (None not in (goal.get("machine_type"), kind_id) and not same_id(goal["machine_type"], kind_id))
        or ("attached" in goal and attached is not None and goal["attached"].lower() not in attached)
        or ("detached" in goal and attached is not None and goal["detached"].lower() in attached)
        or (goal.get("public_ipv4") and not row.get("public_ipv4"))
    )


def hides_address(goal: dict[str, t.Any], row: Row | None) -> bool:
    """Return whether only the public address is missing, and no address is shown.

    That happens if a server ignores `expand`, or omits the network.
    """
    ports = dig(row, "network.interfaces") or dig(row, "network.ports") or []
    shows_addresses = any(port.get(key) is not None for port in ports for key in ("ip_addresses", "ipAddresses"))
    return bool(goal.get("public_ipv4")) and not shows_addresses and is_reached({**goal, "public_ipv4": False}, row)


def fingerprint(row: Row | None) -> t.Any:
    """Return the values that differ after something happened to the resource."""
    if row is None:
        return None
    values = [row.get(key) for key in ("id", "status", "state", "name", "updated_at", "error")]
    return [*values, dig(row, "machine_type.id")]


def seconds_until_look(making: bool, waited: float) -> float:
    """Return the seconds until the next look, `waited` seconds after the start.

    A resource that is being created (`making`) cannot be ready at once. After that, even pauses notice the end earlier
    than growing pauses.
    """
    if making:
        return 10 - waited if waited < 10 else 3 if waited < 120 else 5
    return 1 if waited < 15 else 3 if waited < 120 else 5
