# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The task for an instance: reads of the current state, and planning."""

from __future__ import annotations

import typing as t
from functools import lru_cache, partial

from .._api.listing import Reader, find_in_kind, find_resources, read_by_id
from .._api.resources import BACKUPS, INSTANCES, SNAPSHOTS, UUID, Row
from .._api.rows import Seen
from .._plan.options import DesiredInstance
from .._plan.step import Memory, Plan, Query, Task
from .._plan.unchanged import unchanged_plan

if t.TYPE_CHECKING:
    from .instance_planner import InstancePlanner, Shared


def read_source(client: Reader, want: DesiredInstance, query: Query) -> Seen:
    """Return the copy from which the instance is to be restored."""
    resource = SNAPSHOTS if want.snapshot else BACKUPS
    named = want.snapshot or str(want.backup)
    if not query.listing:
        return {"source": read_by_id(client, resource, query.ids["source"])}
    row_id = _as_id(named)
    rows = find_in_kind(client, resource, () if row_id else (named,), row_id, query.excluded)
    return {"source": next(iter(rows.values()), None)}


def _as_id(named: str) -> str | None:
    return named.lower() if UUID.fullmatch(named) else None


def instance_observer(
    client: Reader, want: DesiredInstance, always_reads_source: bool = False
) -> t.Callable[[Query], Seen]:
    """Return the function that reads the declared instance.

    It makes one listing, or one read by id. The copy to restore from is read only while there is no such instance,
    unless `always_reads_source`.
    """

    def observe(query: Query) -> Seen:
        if not query.listing:
            if query.part == "source":
                return read_source(client, want, query)
            row_id = query.ids.get(query.part) or (want.id if query.part == "instance" else None)
            return {query.part: find_resources(client, (), row_id, False).get("")}
        names = [] if want.id else [name for name in (want.name, want.new_name) if name]
        row_id = query.ids.get("instance") or (want.id or "").lower()
        rows = find_resources(client, names, row_id, query.listing, excluded=query.excluded)
        row, renamed = rows.get(want.name or "") or rows.get(""), rows.get(want.new_name or "-")
        if want.id and want.name and row and row.get("name") != want.name:  # a rename: is the name free?
            renamed = find_resources(client, (want.name,), None, True, excluded=query.excluded)[want.name]
        seen = {"instance": row if want.id else row or renamed, "renamed": renamed}
        restores = (want.snapshot or want.backup) and want.state != "absent"
        if restores and (always_reads_source or not seen["instance"]):
            seen.update(read_source(client, want, query))
        return seen

    return observe


def instance_task(
    client: Reader, want: DesiredInstance, shared: Shared | None = None, assume_created: bool = False,
    always_reads_source: bool = False,
) -> Task:  # fmt: skip
    """Return the task that brings the instance to its desired state.

    `shared` are the catalogues of a fleet. `assume_created`: see `InstancePlanner`; `always_reads_source`: see
    `instance_observer`.
    """
    kinds = {"instance": INSTANCES, "source": SNAPSHOTS}
    label = f"instance {want.name or want.id}"

    @lru_cache(None)
    def planner() -> InstancePlanner:
        from .instance_planner import InstancePlanner  # noqa: PLC0415 (late: a task that changes nothing does without it)

        source = partial(read_source, client, want)
        return InstancePlanner(client, want, source, {} if shared is None else shared, assume_created)

    def plan(seen: Seen, memory: Memory) -> Plan:
        return unchanged_plan(seen, want, memory) or planner().plan(seen, memory)

    def plan_again(seen: Seen, memory: Memory) -> Plan:
        return planner().plan_again(seen, memory)

    def recover(seen: Seen, memory: Memory) -> Plan | None:
        return planner().recover(seen, memory)

    def expects(row: Row) -> bool:
        return planner().expects_address(row)

    by_id = {"instance"} if want.id else set()
    if UUID.fullmatch(want.snapshot or want.backup or ""):
        by_id.add("source")
    return Task(
        label, instance_observer(client, want, always_reads_source), plan, kinds, {"instance": "instance"}, recover,
        frozenset({"instance", "renamed", "source"} - by_id), frozenset(by_id), expects, bool(want.alternatives),
        plan_again,
    )  # fmt: skip
