# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Retention: which snapshots or backups go, and why each of the others stays. Pure; what any rule keeps is kept."""

from __future__ import annotations

import calendar
import fnmatch
import time
import typing as t

from ._api import BACKUPS, MOVING, SETTLED, Refused, Resource, Row, dig, status_class
from ._plan_copies import label, removal
from ._read import Seen
from ._step import Memory, Plan

Want = dict[str, t.Any]


def verdicts(rows: list[Row], want: Want, resource: Resource, now: float) -> list[tuple[Row, str]]:
    """Each of the rows with the reason why it stays, empty if it goes; oldest first.

    `now` is the API's time (epoch). `keep_last` counts for each source instance by itself, and only what could be
    restored; what is no business of this (other instances, prefixes, states, types, no age) stays and does not count.
    """
    rows = sorted(rows, key=lambda row: (str(row.get("created_at")), str(row.get("id"))))
    ours = [row for row in rows if not _outside(row, want, resource)]
    newest: set[str] = set()
    counts: dict[str, int] = {}
    for row in reversed(ours):
        of = str(dig(row, "instance.id"))
        counts[of] = counts.get(of, 0) + 1
        if counts[of] <= (want["keep_last"] or 0):
            newest.add(str(row["id"]))
    return [(row, _outside(row, want, resource) or _kept(row, want, newest, now)) for row in rows]


def _outside(row: Row, want: Want, resource: Resource) -> str:
    """Why a row is no business of this retention."""
    if want["instance_id"] and dig(row, "instance.id") != want["instance_id"]:
        return "it is of another instance"
    if want["name_prefix"] and not str(row.get("name") or "").startswith(want["name_prefix"]):
        return "its name does not begin with name_prefix"
    if status_class(row, resource) != SETTLED or row.get("state") != "available":
        return f"it is not available and completed (state {row.get('state')}, status {row.get('status')})"
    # Snapshots have no type, and all of them were made by hand; a backup has to say so.
    if row.get("backup_type") not in ("manual", "manual" if resource is BACKUPS else None):
        return f"it was not made by hand (backup_type {row.get('backup_type')})"
    if want["keep_last"] and dig(row, "instance.id") is None:
        return "it is not told which instance it is of"
    return "" if _created(row) is not None else "its age cannot be told"


def _kept(row: Row, want: Want, newest: set[str], now: float) -> str:
    """Why a row stays that the retention is about; empty if it goes."""
    if row["id"] in newest:
        return f"it is one of the last {want['keep_last']} of its instance"
    days = (now - t.cast(float, _created(row))) / 86400
    if want["keep_days"] and days < want["keep_days"]:
        return f"it is {days:.1f} days old, less than keep_days"
    pattern = next((p for p in want["protect_names"] or [] if fnmatch.fnmatchcase(str(row.get("name")), p)), None)
    return f"its name matches {pattern!r} of protect_names" if pattern else ""


def _created(row: Row) -> float | None:
    """When the row was created, None where the answer does not tell."""
    try:
        return calendar.timegm(time.strptime(str(row["created_at"])[:19], "%Y-%m-%dT%H:%M:%S"))
    except (KeyError, ValueError):
        return None


def plan(seen: Seen, want: Want, resource: Resource, now: float, memory: Memory) -> Plan:
    """The deletions, oldest first. Raises `Refused` where there are more than `prune_max`, or where one has failed."""
    rows = [row for row in seen.values() if row]
    for row in rows:
        tried = memory.sent.get(f"DELETE {resource.path}/{row['id']}")
        if tried and status_class(row, resource) not in (SETTLED, MOVING):
            raise Refused(f"{label(row, resource)} ({row['id']}) could not be deleted: its status is {row['status']}.")
    going = [row for row, why in verdicts(rows, want, resource, now) if not why]
    steps = tuple(removal(row, want, resource, part=str(row["id"])) for row in going)
    most, gone = want["prune_max"], memory.sent.keys() - {step.name for step in steps}
    if most is not None and len(going) + len(gone) > most:
        names = ", ".join(str(row.get("name")) for row in going[:10])
        raise Refused(f"{len(going)} {resource.kind}s would be deleted, more than prune_max ({most}): {names}.")
    return Plan(steps, None, None)
