# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The meaning of a row's status and state."""

from __future__ import annotations

import re
import typing as t

from .resources import (
    CREATION_FAILED,
    CREATION_FAILED_STATUSES,
    GONE,
    INSTANCES,
    MOVING,
    OPERATION_FAILED,
    POWER_STATE,
    SETTLED,
    SETTLED_STATUSES,
    UNREADABLE,
    Resource,
    Row,
)
from .rows import dig, interfaces_of, primary_interface

# The slug of a failed creation in an instance's error: create_instance.capacity.error, create_error_quota; never
# create_snapshot.
CREATION_SLUG = re.compile(r"create_(instance|error)([._].*)?")


def status_class(row: Row | None, resource: Resource = INSTANCES) -> str:
    """Return what the row's status and state mean together.

    An unknown status means in transition, or failed if it contains `error`. An instance's creation counts as failed
    only if that is certain (see `never_ran`): the state `error` alone may mean that the host under it failed.
    """
    if row is None:
        return GONE
    status, state = str(row.get("status")), row.get("state")
    if "deleted" in (status, state):
        return GONE
    settled = status in SETTLED_STATUSES[resource.statuses]
    if settled and state != "error":
        return MOVING if state == "new" else SETTLED
    if not settled and "error" not in status and status not in CREATION_FAILED_STATUSES:
        return MOVING
    if resource.statuses == "instance":
        return CREATION_FAILED if status.startswith("creating") or never_ran(row) else OPERATION_FAILED
    born = not settled and not status.startswith("creating") and status not in CREATION_FAILED_STATUSES
    return OPERATION_FAILED if born and state not in ("new", "error") else CREATION_FAILED


def never_ran(row: Row) -> bool:
    """Return whether it is certain that a failed instance has never been running.

    Failed means that its last operation failed. Only the state `new`, a status that begins with `creating` and an error
    slug of the creation prove that it never ran (facts.md), and only if nothing else in the row contradicts them: a
    state other than `error`, which may be a power state, or the failure of another operation.
    """
    status, state = str(row.get("status")), row.get("state")
    if state != "error":
        return bool(state == "new")
    slug = str(dig(row, "error.slug") or "")
    in_creation = status in (*SETTLED_STATUSES["instance"], "error") or status.startswith(("creat", "provision"))
    return status.startswith("creating") or (in_creation and bool(CREATION_SLUG.fullmatch(slug)))


_PHASES = {SETTLED: "settled", MOVING: "in_transition", CREATION_FAILED: "creation_failed",
           OPERATION_FAILED: "operation_failed", GONE: "gone"}  # fmt: skip


def phase_of(row: Row, resource: Resource = INSTANCES) -> str | None:
    """Return the phase of a resource, one of `PHASES`.

    It is what `status_class` says, except that a resource that is being deleted has a phase of its own, and that an
    instance is in `creation_failed` only if it certainly never ran. None if the row has neither a state nor a status.
    """
    status = row.get("status")
    if status is None and row.get("state") is None:
        return None
    phase = _PHASES[status_class(row, resource)]
    if phase == "in_transition" and str(status).startswith("deleting"):
        return "deleting"
    if phase == "creation_failed" and resource.statuses == "instance" and not never_ran(row):
        return "operation_failed"
    return phase


def with_phase(row: Row, resource: Resource) -> Row:
    """Return the row plus its phase."""
    return {**row, "phase": phase_of(row, resource)}


def is_deleting(row: Row | None) -> bool:
    """Return whether the row is being deleted."""
    return status_class(row) == MOVING and str((row or {}).get("status")).startswith("deleting")


def is_being_created(row: Row | None) -> bool:
    """Return whether the row is still being created."""
    return status_class(row) == MOVING and (row or {}).get("state") == "new" and not is_deleting(row)


def settled_row(row: Row) -> Row:
    """Return the row as it will be when its transition has succeeded."""
    if status_class(row) != MOVING:
        return row
    state = "running" if is_being_created(row) else row.get("state")
    for verb, end in POWER_STATE.items():
        if str(row.get("status")).startswith(verb):
            state = end
    return dict(row, state=state, status="completed")


def field_value(row: Row, path: str) -> t.Any:
    """Return the value of an instance's field, None if the response does not show it."""
    if not path.startswith("primary."):
        return dig(row, path)
    if any(field.startswith("network") for field in row.get(UNREADABLE, ())):
        return None
    return _public_ip(row) if path == "primary.public_ip" else _security_groups(row)


def _public_ip(row: Row) -> bool | None:
    """Return whether the primary interface has a public IPv4 address.

    False is only certain if the response shows the interface's other addresses (it may contain ids only), and the
    instance is not being created. None if it is not certain.
    """
    port = primary_interface(row)
    ports = [port] if port else interfaces_of(row) or []
    if port and port["public_ipv4"]:
        return True
    none = ports and all((each["private_ipv4"] or each["public_ipv6"]) and not each["public_ipv4"] for each in ports)
    return False if none and not is_being_created(row) else None


def _security_groups(row: Row) -> list[str] | None:
    groups = (primary_interface(row) or {}).get("security_groups")
    ids = None if groups is None else [group if isinstance(group, str) else dig(group, "id") for group in groups]
    return None if ids is None or None in ids else [str(group).lower() for group in ids]
