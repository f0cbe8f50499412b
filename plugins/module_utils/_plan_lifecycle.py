# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The planner's larger half: an instance that is to be created, deleted or replaced. Imported where that is so."""

from __future__ import annotations

import fnmatch

from ._api import (
    CREATION_FAILED,
    INSTANCES,
    MOVING,
    OPERATION_FAILED,
    SNAPSHOTS,
    Field,
    Refused,
    Row,
    deleting,
    dig,
    status_class,
)
from ._plan_instance import Catalogs, Want, attachments
from ._read import interfaces
from ._step import CatalogsNeeded, Memory, Plan, Step, action, label, power, predict


def _missing(want: Want) -> str:
    if want["id"]:
        return f"There is no instance with id {want['id']}, and one with a given id cannot be created."
    return f"There is no instance {want['name']!r} to be renamed, and none {want['new_name']!r}."


def _removal(row: Row, want: Want, with_public_ip: bool) -> Step:
    """The deletion, unless the instance is protected; labels that were not read count as protected."""
    called = f"{label(row)} ({row['id']})"
    pattern = next((p for p in want["protect_names"] or [] if fnmatch.fnmatchcase(str(row.get("name")), p)), None)
    if pattern:
        raise Refused(f"{called} is protected from deletion: its name matches {pattern!r} of protect_names.")
    if want["protect_labels"]:
        labels = row.get("labels")
        if labels is None:
            raise Refused(f"{called} counts as protected from deletion: the API did not give its labels.")
        held = sorted(set(labels) & set(want["protect_labels"]))
        if held:
            raise Refused(f"{called} is protected from deletion: it has the label {held[0]!r} of protect_labels.")
    query = (("delete_public_ip", "true"),) if with_public_ip else ()
    path = f"{INSTANCES.path}/{row['id']}"
    return action("delete", row, None, {"gone": True}, method="DELETE", path=path, query=query, anytime=True)


def reason(row: Row) -> str:
    """Why the last operation failed, in the API's words."""
    error = row.get("error") or {}
    return f"{error.get('message') or 'the API gives no reason'} (slug {error.get('slug')})"


def _difference(field: Field, want: Want, row: Row) -> str:
    if field.compare == "data":
        return "user data"
    value = dig(row, field.read)
    shown = value.get("name", value.get("id")) if isinstance(value, dict) else value
    return f"{field.option} is {shown!r}, declared is {dig(want, field.option)!r}"


def plan(
    row: Row | None, fixed: list[Field], want: Want, catalogs: Catalogs | None, memory: Memory
) -> Plan | list[str]:
    """The whole plan where there is no living instance, is to be none, or is to be another one; else warnings.

    `fixed` are the fields that differ, and that the API cannot change.
    """
    if want["state"] == "absent":
        return _absence(row, want)
    if row is None or deleting(row):
        removed = any(name.startswith("DELETE ") for name in memory.sent)  # by this run, to be made anew
        if want["id"] or (want["new_name"] and not removed):
            raise Refused(_missing(want))
        return _creation(row, want, catalogs, memory)
    status, warnings = status_class(row), []
    if status == CREATION_FAILED:
        return _replacement(row, want, catalogs, memory)
    if status == OPERATION_FAILED:
        warnings.append(f"The last operation on {label(row)} failed ({row['status']}): {reason(row)}")
    if fixed and want["on_immutable_change"] != "ignore":
        differences = "; ".join(_difference(field, want, row) for field in fixed)
        if want["on_immutable_change"] == "recreate" and row["id"] not in memory.created:
            return _recreation(row, want, catalogs, memory, differences)
        text = f"{label(row)} differs in what the API cannot change later: {differences}."
        if want["on_immutable_change"] == "fail":
            raise Refused(f"{text} Declare it as it is, or set on_immutable_change to recreate, warn or ignore.")
        warnings.append(text)
    return warnings


def _public_addresses(row: Row) -> list[str]:
    """All public IPv4 addresses of the instance."""
    return [port["public_ipv4"] for port in interfaces(row) or [] if port["public_ipv4"]]


def _absence(row: Row | None, want: Want) -> Plan:
    if row is None or deleting(row):
        return Plan((), row, None)
    step = _removal(row, want, bool(want["delete_public_ip"]))
    return Plan((step,), row, None, kept_public_ips=() if step.query else tuple(_public_addresses(row)))


def _creation(
    old: Row | None, want: Want, catalogs: Catalogs | None, memory: Memory, removal: tuple[Step, ...] = (),
    after: int | None = None,
) -> Plan:  # fmt: skip
    """The creation, after the removal of what is there, and what can only be done after it.

    With alternatives it is the next one; `after` is the one that an earlier run left.
    """
    if catalogs is None:
        raise CatalogsNeeded
    from . import _declare

    if want["alternatives"]:
        from . import _plan_alternatives

        step = _plan_alternatives.step(want, catalogs, memory, after)
    else:
        step = _declare.creation(want, catalogs)
    made: Row = step.effect or {}
    row: Row = dict(made, id="{id}", network=made.get("network") or {"interfaces": []})
    end = memory.start_state if want["state"] == "present" else want["state"]
    steps = (step, *attachments(row, want), *power("running", end or "running", row))
    doubts = _declare.doubts(want, catalogs)
    return Plan((*removal, *steps), old, predict(None, steps), tuple(doubts))


def _replacement(row: Row, want: Want, catalogs: Catalogs | None, memory: Memory) -> Plan:
    """What becomes of an instance whose creation failed. One that never ran is all that is ever replaced."""
    own, never_ran, tried = row["id"] in memory.created, _never_ran(row), ""
    text = f"{label(row)} ({row['id']}) could not be created ({row['status']}): {reason(row)}."
    if want["alternatives"]:
        from . import _plan_alternatives

        attempt = _plan_alternatives.left(row, want, catalogs, own) if never_ran and not want["id"] else None
        if attempt is not None:
            removal = _removal(row, want, with_public_ip=True)
            if own:
                return _creation(row, want, catalogs, memory, (removal,))
            removal = removal._replace(key=_plan_alternatives.key(attempt))
            made = _creation(row, want, catalogs, memory, (removal,), attempt)
            return made._replace(warnings=(f"{text} It is removed, and the next alternative tried.", *made.warnings))
        tried = _plan_alternatives.tried_before(memory)
    if never_ran and want["on_failed"] == "replace" and not own and not want["id"]:
        return _creation(row, want, catalogs, memory, (_removal(row, want, with_public_ip=True),))
    remedy = (
        "Delete it with state: absent and delete_public_ip: true (it may own a public IP), or set on_failed: replace, "
        "which does that and creates it anew"
    )
    remedy += "" if never_ran else f", but not where its state ({row.get('state')}) does not say that it never ran"
    raise Refused(f"{text}{tried} {remedy}.")


def _never_ran(row: Row) -> bool:
    return row.get("state") in ("new", "error")


def recovery(row: Row | None, want: Want, memory: Memory) -> Plan | None:
    """What is to be put right where the run fails; None where it did nothing that could have to be."""
    if want["alternatives"] and memory.created:
        return _failed_attempt(row, want, memory)
    return _suspended_again(row, want, memory)


def _failed_attempt(row: Row | None, want: Want, memory: Memory) -> Plan:
    """What takes away an attempt of this run that failed, where there is none left, or the run fails otherwise."""
    from . import _plan_alternatives

    failed = row is not None and status_class(row) == CREATION_FAILED and _never_ran(row)
    if row is None or not failed or row["id"] not in memory.created:
        return Plan((), row, row)
    try:
        attempt = _plan_alternatives.left(row, want, None, own=True)
        steps = () if attempt is None else (_removal(row, want, with_public_ip=True),)
    except Refused:  # it is protected, and stays
        steps = ()
    return Plan(steps, row, row)


def _suspended_again(row: Row | None, want: Want, memory: Memory) -> Plan | None:
    """What suspends an instance again that this run started for a new machine type; None where it started none."""
    started = any(name.endswith("/start") for name in memory.sent)
    if memory.start_state != "suspended" or not started or want["state"] not in ("present", "suspended"):
        return None
    steps = power(str(row.get("state")), "suspended", row) if row else []
    return Plan(tuple(steps), row, row)


def _recreation(row: Row, want: Want, catalogs: Catalogs | None, memory: Memory, differences: str) -> Plan:
    called = label(row)
    ports = interfaces(row)
    own = {dig(want, "network.interface"), *(want["network_interfaces"] or [])}
    reasons = {
        "it is in motion": status_class(row) == MOVING,
        "it is declared by id, which a new one cannot have": bool(want["id"]),
        "the API does not tell its interfaces": ports is None,
        "it has interfaces beyond the primary, which would be deleted with it": len(ports or []) > 1,
        "its interface is the user's own, which would be deleted with it": bool(own & {p["id"] for p in ports or []})
        or bool(dig(want, "network.interface")),
        "what it would be restored from is in motion": status_class((catalogs or {}).get("source"), SNAPSHOTS)
        == MOVING,
    }
    against = next((why for why, holds in reasons.items() if holds), None)
    if against:
        raise Refused(f"{called} differs in {differences}, and cannot be recreated: {against}.")
    keep = not want["delete_public_ip"]
    removal = _removal(row, want, with_public_ip=not keep)
    memory.look(row)
    made = _creation(row, want, catalogs, memory, (removal,))
    lost = f"Recreating {called} loses its disk, its id {row['id']} and its addresses. It differs: {differences}."
    kept = tuple(_public_addresses(row)) if keep else ()
    return made._replace(warnings=(lost, *made.warnings), kept_public_ips=kept)
