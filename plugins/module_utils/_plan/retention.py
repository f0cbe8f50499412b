# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The retention of snapshots or backups: a copy stays if any rule keeps it."""

from __future__ import annotations

import typing as t

from .._api.exceptions import Refused
from .._api.resources import BACKUPS, MOVING, SETTLED, Resource, Row
from .._api.rows import Seen, dig, same_id
from .._api.statuses import status_class
from .._api.times import epoch
from .checks import protection_reason, unpredictable_warning
from .deletion import deletion_step
from .step import Memory, Plan, resource_label

ASSUMED_ID = "{id}"  # of an instance that an earlier task creates; no copy is of it yet


class Retention(t.NamedTuple):
    """The copies to keep: the value of each option; None if not given."""

    instance: str | None = None  # the name or id of the source whose copies are in scope
    name_prefix: str | None = None
    keep_last: int | None = None
    keep_days: float | None = None
    prune_max: int | None = None
    protect_names: list[str] | None = None
    new_copy: str | None = None  # the name of a copy of the instance that an earlier task creates


def retention_verdicts(
    rows: list[Row], want: Retention, resource: Resource, now: float | None, source_id: str | None = None,
    newer: int = 0,
) -> list[tuple[Row, str]]:  # fmt: skip
    """Return each row with the reason why it stays, oldest first.

    The reason is empty if the row is deleted. `now` is the API's time (epoch); only `keep_days` needs it. With
    `source_id` only the copies of that instance are in scope. `keep_last` counts the copies of each source instance
    separately, and only copies that can be restored; `newer` copies of `source_id` are still to come. Copies out of the
    retention's scope (of other instances, prefixes, states or types, or without an age) stay and are not counted.
    """
    rows = sorted(rows, key=lambda row: (epoch(row.get("created_at")) or 0, str(row.get("id"))))
    ours = [row for row in rows if not _out_of_scope_reason(row, want, resource, source_id)]
    newest: set[str] = set()
    counts: dict[str, int] = {str(source_id).lower(): newer}
    for row in reversed(ours):
        of = str(dig(row, "instance.id")).lower()
        counts[of] = counts.get(of, 0) + 1
        if counts[of] <= (want.keep_last or 0):
            newest.add(str(row["id"]))
    return [
        (row, _out_of_scope_reason(row, want, resource, source_id) or _retention_reason(row, want, newest, now))
        for row in rows
    ]


def _out_of_scope_reason(row: Row, want: Retention, resource: Resource, source_id: str | None) -> str:
    """Return why a row is out of this retention's scope; empty if it is in scope."""
    if source_id and not same_id(dig(row, "instance.id"), source_id):
        return "it is of another instance"
    if want.name_prefix and not str(row.get("name") or "").startswith(want.name_prefix):
        return "its name does not begin with name_prefix"
    if status_class(row, resource) != SETTLED or row.get("state") != "available":
        return f"it is not available and completed (state {row.get('state')}, status {row.get('status')})"
    # Snapshots have no type, and all of them are manual; a backup counts as manual only if its type says so.
    if row.get("backup_type") not in ("manual", "manual" if resource is BACKUPS else None):
        return f"it was not created manually (backup_type {row.get('backup_type')})"
    if want.keep_last and dig(row, "instance.id") is None:
        return "its source instance is not known"
    return "" if epoch(row.get("created_at")) is not None else "its age is not known"


def _retention_reason(row: Row, want: Retention, newest: set[str], now: float | None) -> str:
    """Return why a row within the retention's scope stays; empty if it is deleted."""
    if row["id"] in newest:
        return f"it is one of the last {want.keep_last} of its instance"
    if want.keep_days:
        days = (t.cast(float, now) - t.cast(float, epoch(row.get("created_at")))) / 86400
        if days < want.keep_days:
            return f"it is {days:.1f} days old, less than keep_days"
    return protection_reason(row, want.protect_names)


def _is_to_come(rows: list[Row], want: Retention, resource: Resource, source_id: str | None) -> bool:
    """Return whether `new_copy` is in the retention's scope, and not there yet."""
    if not want.new_copy or not want.new_copy.startswith(want.name_prefix or ""):
        return False
    named = [row for row in rows if row.get("name") == want.new_copy]
    return all(_out_of_scope_reason(row, want, resource, source_id) for row in named)


def plan_retention(
    seen: Seen, want: Retention, resource: Resource, memory: Memory, assume_created: bool = False
) -> Plan:
    """Return the deletions, oldest first.

    If an instance was given, `seen` has its row as `instance`, and only its copies are in scope. With `assume_created`
    (in check mode), `new_copy` counts as there, completed. Raise `Refused` if more than `prune_max` would be deleted,
    if a deletion has failed, or if the API does not tell the time for `keep_days`.
    """
    if memory.begun is None and want.keep_days:
        raise Refused("The API does not return the time, so ages are not known and nothing is deleted.")
    source = seen.get("instance")
    source_id = str(source["id"]) if source else None
    rows = [row for part, row in seen.items() if row and part != "instance"]
    for row in rows:
        tried = memory.did("delete", target=str(row["id"]))
        if tried and status_class(row, resource) not in (SETTLED, MOVING):
            text = f"{resource_label(resource, row)} ({row['id']}) could not be deleted: its status is {row['status']}."
            raise Refused(text, f"delete {resource_label(resource, row)}", row.get("error"))
    newer = assume_created and _is_to_come(rows, want, resource, source_id)
    verdicts = retention_verdicts(rows, want, resource, memory.begun, source_id, int(newer))
    going = [row for row, why in verdicts if not why]
    steps = tuple(deletion_step(resource, row, str(row["id"]), want.protect_names) for row in going)
    most, gone = want.prune_max, memory.sent.keys() - {step.identity for step in steps}
    if most is not None and len(going) + len(gone) > most:
        names = ", ".join(str(row.get("name")) for row in going[:10])
        raise Refused(f"{len(going)} {resource.kind}s would be deleted, more than prune_max ({most}): {names}.")
    # Only rows in scope decide what is deleted, so only they are read by id; the others stay whatever a list shows.
    in_scope = (str(row["id"]) for row in rows if not _out_of_scope_reason(row, want, resource, source_id))
    basis = (*(("instance",) if source_id not in (None, ASSUMED_ID) else ()), *in_scope)
    result_data = {
        "kept": [_brief(row, reason=why) for row, why in verdicts if why],
        "pruned": [_brief(row) for row in going],
    }
    doubts = (unpredictable_warning(f"instance {want.instance!r}"),) if source_id == ASSUMED_ID else ()
    return Plan(steps, None, None, doubts, basis=basis, result_data=result_data)


def _brief(row: Row, **fields: str) -> Row:
    return {"id": row["id"], "name": row.get("name"), "created_at": row.get("created_at"), **fields}
