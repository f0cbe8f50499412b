# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The task for an instance: reads of the current state, and planning."""

from __future__ import annotations

import typing as t

from .._api.exceptions import ApiError, CatalogsNeeded
from .._api.listing import Reader, find_in_kind, find_resources, read_by_id
from .._api.resources import BACKUPS, CUSTOM_IMAGES, IMAGES, INSTANCES, MACHINE_TYPES, SNAPSHOTS, UUID, Row
from .._api.rows import Seen, same_reference
from .._api.statuses import field_value
from .._plan.instance import plan_instance
from .._plan.lifecycle import cleanup_plan
from .._plan.options import DesiredInstance
from .._plan.step import Catalogs, Memory, Plan, Query, Task

Shared = dict[t.Any, Catalogs]  # catalogues, by (image, whether an instance is restored)
ASSUMED_SOURCE: Row = {"id": "{id}", "status": "completed", "state": "available"}  # a copy that is yet to be created


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


def read_catalogs(client: Reader, want: DesiredInstance, seen: Seen, shared: Shared) -> Catalogs:
    """Read images and machine types in parallel.

    The result includes the API version of the responses. Read only what is needed: a restore takes its image from the
    copy. A creation needs its image; for a retype the images only say how large the machine type must be. So if the
    images cannot be read, the error takes the place of their rows. API version 2026-08 lists custom images separately;
    they are read if the other images do not include the declared image. `shared` keeps the catalogues for this task, or
    for all members of a fleet. The copy to restore from is read here if it was skipped because there is an instance,
    which is to be replaced in that case.
    """
    restored = bool(want.snapshot or want.backup)
    image, restoring = want.image, restored and seen.get("instance") is None
    if (image, restoring) not in shared:
        shared[image, restoring] = _catalogs(client, image, not restoring)
    if not restored:
        return shared[image, restoring]
    if "source" not in seen:
        seen = read_source(client, want, Query({}, True, "instance"))
    return shared[image, restoring]._replace(source=seen["source"])


def _catalogs(client: Reader, image: str | None, with_images: bool) -> Catalogs:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 (only a creation or a retype needs it)

    with ThreadPoolExecutor(1) as pool:
        listing = pool.submit(_images, client, image) if with_images else None
        machine_types = _complete(client.listing(MACHINE_TYPES))
    images = listing.result() if listing else []
    return Catalogs(images, machine_types, client.api_version)


def _images(client: Reader, image: str | None) -> list[Row] | ApiError:
    """Return the images, or the error if they cannot be read.

    Custom images are included if the declared image is not among the others.
    """
    try:
        images = client.listing(IMAGES)
        if image and client.api_version == "2026" and not any(same_reference(image, row) for row in images):
            custom = client.listing(CUSTOM_IMAGES)
            images = images + [dict(row, minimum_requirements=row.get("requirements")) for row in custom]
    except ApiError as error:
        return error
    return _complete(images)


def _complete(rows: list[Row]) -> list[Row]:
    """Add the keys that the checks read, in case a response leaves them out."""
    return [{"name": None, "status": None, **row} for row in rows]


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
        if (want.snapshot or want.backup) and (always_reads_source or not seen["instance"]):
            seen.update(read_source(client, want, query))
        return seen

    return observe


def instance_planner(
    client: Reader, want: DesiredInstance, shared: Shared, assume_created: bool = False
) -> t.Callable[[Seen, Memory], Plan]:
    """Return the function that plans.

    It reads the catalogues once, and only if the plan depends on them. With `assume_created` (in check mode) a missing
    copy to restore from counts as created by an earlier task.
    """
    catalogs: Catalogs | None = None

    def with_source(known: Catalogs, seen: Seen) -> Catalogs:
        source = seen.get("source", known.source)
        named = want.snapshot or want.backup
        if source is None and assume_created and named and not UUID.fullmatch(named):
            return known._replace(source=ASSUMED_SOURCE, source_is_assumed=True)
        return known._replace(source=source)

    def planned(seen: Seen, memory: Memory) -> Plan:
        nonlocal catalogs
        try:
            return plan_instance(seen, want, catalogs and with_source(catalogs, seen), memory)
        except CatalogsNeeded:
            catalogs = read_catalogs(client, want, seen, shared)
            return plan_instance(seen, want, with_source(catalogs, seen), memory)

    return planned


def expects_address(row: Row, want: DesiredInstance) -> bool:
    """Return whether the plan should wait for a missing public address.

    Without the address the plan would fail, or recreate the instance. The address may still come after the status is
    `completed`.
    """
    if want.state == "absent" or want.on_immutable_change not in ("fail", "recreate"):
        return False
    return bool(want.network.associate_public_ip) and field_value(row, "primary.public_ip") is False


def instance_task(
    client: Reader, want: DesiredInstance, shared: Shared | None = None, assume_created: bool = False,
    always_reads_source: bool = False,
) -> Task:  # fmt: skip
    """Return the task that brings the instance to its desired state.

    `shared` are the catalogues of a fleet. `assume_created`: see `instance_planner`; `always_reads_source`: see
    `instance_observer`.
    """
    kinds = {"instance": INSTANCES, "source": SNAPSHOTS}
    label = f"instance {want.name or want.id}"

    def recover(seen: Seen, memory: Memory) -> Plan | None:
        return cleanup_plan(seen.get("instance"), want, memory)

    by_id = {"instance"} if want.id else set()
    if UUID.fullmatch(want.snapshot or want.backup or ""):
        by_id.add("source")
    return Task(
        label, instance_observer(client, want, always_reads_source),
        instance_planner(client, want, {} if shared is None else shared, assume_created), kinds,
        {"instance": "instance"}, recover,
        frozenset({"instance", "renamed", "source"} - by_id), frozenset(by_id), lambda row: expects_address(row, want),
        bool(want.alternatives),
    )  # fmt: skip
