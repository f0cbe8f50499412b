# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A wait for lists, which may lag behind a change that a read by id shows already.

A task ends when lists show its changes, because the next task begins with a list.
"""

from __future__ import annotations

import typing as t

from .._api.exceptions import ApiError
from .._api.listing import Reader
from .._api.resources import GONE, INSTANCES, Resource, Row
from .._api.rows import dig, interfaces_of, same_id
from .._api.statuses import status_class
from .member import Member

LATE = 30.0  # seconds; then the task ends even if lists still lag behind
EVERY = 2.0
FEW = 3  # up to this many names are listed one by one
_SHOWN = ("name", "state", "status", "machine_type.id")
_ELSEWHERE = ("destination",)  # parts in another region, which this region's lists do not show


class Changed(t.NamedTuple):
    """A changed resource: its names before and after, and its row, None if it is gone."""

    kind: Resource
    row_id: str
    names: tuple[str, ...]
    row: Row | None


def wait_for_lists(client: Reader, members: list[Member], refresh: t.Callable[[], None] = lambda: None) -> list[str]:
    """Wait until lists show the members' changes; return a warning if they do not in time.

    `refresh` is called before each listing except the first.
    """
    clock, changes = client.clock, [change for member in members for change in list_changes(member)]
    until = clock.now() + LATE
    while True:
        try:
            listed = {
                kind: _index(_read_lists(client, kind, changes), kind) for kind in {each.kind for each in changes}
            }
            changes = [each for each in changes if not _agrees(listed[each.kind].get(each.row_id.lower(), []), each)]
            if not changes:
                return []
            if clock.now() >= min(until, client.deadline or until):
                break
            clock.sleep(EVERY)
            refresh()
        except ApiError:  # reads by id have shown the changes, so this is not a failure
            return []
    named = ", ".join(f"{each.kind.kind} {'/'.join(each.names) or each.row_id}" for each in changes[:5])
    return [
        f"The API's lists do not show yet what was done to {named}: a task that runs now may find it as it was before."
    ]


def list_changes(member: Member) -> list[Changed]:
    """Return the resources that the member changed, as they were seen last."""
    changes = []
    for row_id, (part, names) in member.changed.items():
        row = member.view.seen.get(part)
        row = row if row and same_id(row["id"], row_id) else None
        kind = member.kinds.get(part, member.kinds[member.main])
        if part not in _ELSEWHERE:
            after = {str(row["name"])} if row and row.get("name") else set()
            changes.append(Changed(kind, row_id, tuple(sorted(names | after)), row))
    return changes


def _read_lists(client: Reader, kind: Resource, changes: list[Changed]) -> list[Row]:
    """Return the rows that lists show under the names of the changes.

    That is a list for each name if there are few names, else the whole list.
    """
    names = {name for change in changes if change.kind == kind for name in change.names}
    if len(names) > FEW:
        return client.listing(kind)
    return [row for name in sorted(names) for row in client.listing(kind, name) if row.get("name") == name]


def _index(rows: list[Row], kind: Resource) -> dict[str, list[Row]]:
    """Return the rows that are not gone by their ids, in lower case. Two lists can show a resource."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if status_class(row, kind) != GONE:
            found.setdefault(str(row["id"]).lower(), []).append(row)
    return found


def _agrees(rows: list[Row], change: Changed) -> bool:
    """Return whether the rows of a resource in lists show its current state, and no other name of it."""
    expected = change.row if change.row and change.row.get("name") else None
    if not change.names or (change.row and not expected):
        return True
    if expected is None:
        return not rows
    return bool(rows) and not any(
        row.get("name") != expected["name"] or rows_differ(row, expected, change.kind) for row in rows
    )


def rows_differ(listed: Row, row: Row, kind: Resource) -> bool:
    """Return whether a list shows another state of the resource than its row.

    A field that one of the two lacks is not a difference.
    """
    pairs = [(dig(listed, key), dig(row, key)) for key in _SHOWN]
    if kind is INSTANCES:
        ports = [each and sorted(port["id"] for port in each) for each in (interfaces_of(listed), interfaces_of(row))]
        pairs.append((ports[0], ports[1]))
    return any(None not in pair and pair[0] != pair[1] for pair in pairs)
