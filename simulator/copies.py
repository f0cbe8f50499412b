# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots and backups, which have the same rules with few exceptions."""

from __future__ import annotations

from . import instances
from .clock import format_timestamp
from .cloud import Region, plan_steps, refuse_in_transition
from .kinds import BACKUP, INSTANCE, SNAPSHOT, CopyFields, Fields, Kind, Source
from .resource import Refused, Resource
from .settings import REGION_NAMES

BACKUPS_OF_ONE_INSTANCE = 100
FAILED = {SNAPSHOT: "creating_error", BACKUP: "error"}  # the status after a failed creation
CopyKind = Kind[CopyFields]


def create(region: Region, kind: CopyKind, name: str, reference: Fields) -> str:
    source, fields = region.resolve(INSTANCE, reference)
    refuse_in_transition(INSTANCE, source, fields)
    if fields["state"] in ("new", "error"):
        raise Refused(400, f"{kind}.instance.invalid_state", f"Instance {source.id} was never created completely")
    region.refuse_taken_name(kind, name)
    if kind == BACKUP:
        of_this = [copy for _resource, copy in region.find_candidates("source", kind, source.id.lower())]
        if len(of_this) >= BACKUPS_OF_ONE_INSTANCE:
            raise Refused(400, "backup.quota", f"Instance {source.id} has {len(of_this)} backups already")
    return add_copy(region, kind, name, {"id": source.id, "name": fields["name"], "image": fields["image"],
                                         "machine_type": fields["machine_type"]}, kind, ["provisioning", "creating"],
                    {"status": FAILED[kind], "state": "error"}).id  # fmt: skip


def add_copy(region: Region, kind: CopyKind, name: str | None, source: Source, action: str, statuses: list[str],
             failed: Fields) -> Resource[CopyFields]:  # fmt: skip
    now, disk = region.now(), source["machine_type"]["disk"] if source["machine_type"] else 40
    fields: CopyFields = {
        "name": name, "state": "new", "status": statuses[0], "created_at": format_timestamp(now), "updated_at": None,
        "error": None, "backup_type": "manual", "source": source, "instance": source,
        "size": disk, "min_disk": disk,
    }  # fmt: skip
    resource = Resource(kind, now, fields)
    resource.plan(now, *plan_steps(region, action, statuses, {"status": "completed", "state": "available"}, failed))
    return region.add(resource)


def refuse_unusable(kind: CopyKind, resource: Resource[CopyFields], fields: CopyFields) -> None:
    refuse_in_transition(kind, resource, fields)
    if (fields["status"], fields["state"]) != ("completed", "available"):
        raise Refused(400, f"{kind}.invalid_state", f"{kind.capitalize()} {resource.id} is {fields['status']}, "
                      f"its state {fields['state']}; it must be completed and available")  # fmt: skip


def restore(region: Region, kind: CopyKind, identifier: str, wanted: Fields) -> str:
    resource, fields = region.find(kind, identifier)
    refuse_unusable(kind, resource, fields)
    machine_type = region.find_machine_type(wanted["machine_type"])
    if machine_type.disk < fields["min_disk"]:
        raise Refused(400, "machine_type.insufficient", f"{machine_type.name} has a disk of {machine_type.disk} GB, "
                      f"less than the {fields['min_disk']} GB of the {kind}")  # fmt: skip
    return instances.create(region, wanted, fields["source"]["image"], "restore")


def rename(region: Region, kind: CopyKind, identifier: str, name: str) -> None:
    resource, fields = region.find(kind, identifier)
    refuse_in_transition(kind, resource, fields)
    if kind == BACKUP and fields["status"] != "completed":
        raise Refused(400, "backup.invalid_state", f"Backup {identifier} is {fields['status']}, not completed")
    region.refuse_taken_name(kind, name, but=resource)
    region.change(resource, (0, {"name": name, "updated_at": format_timestamp(region.now())}))


def delete(region: Region, kind: CopyKind, identifier: str) -> None:
    resource, fields = region.find(kind, identifier)
    refuse_in_transition(kind, resource, fields)
    gone = {"status": "deleted", "state": "deleted"}
    region.change(resource, *plan_steps(region, "delete", ["deleting"], gone, {"status": "deleted_error"}))


def copy(region: Region, kind: CopyKind, identifier: str, destination: str) -> None:
    """Copy to another region, under the same name."""
    resource, fields = region.find(kind, identifier)
    refuse_unusable(kind, resource, fields)
    if REGION_NAMES[destination] == region.name:
        raise Refused(400, f"{kind}.copy.same_region", f"{kind.capitalize()} {identifier} is in {destination} already")
    target = region.cloud.region(destination, region.tenant)
    target.refuse_taken_name(kind, fields["name"])
    add_copy(target, kind, fields["name"], fields["source"], "copy", ["pending_copy", "copying"],
             {"status": "copy_error", "state": "error"})  # fmt: skip
