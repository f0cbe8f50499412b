# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots and backups: the same rules under two names, but for what the reference says of one only."""

from __future__ import annotations

from . import instances
from .clock import timestamp
from .cloud import Region, refuse_moving, steps
from .resource import Fields, Refused, Resource
from .settings import REGION_NAMES

BACKUPS_OF_ONE_INSTANCE = 100
FAILED = {"snapshot": "creating_error", "backup": "error"}


def create(region: Region, kind: str, name: str, reference: Fields) -> str:
    source, fields = region.refer("instance", reference)
    refuse_moving("instance", source, fields)
    if fields["state"] in ("new", "error"):
        raise Refused(400, f"{kind}.instance.invalid_state", f"Instance {source.id} was never created completely")
    region.refuse_taken_name(kind, name)
    if kind == "backup":
        of_this = [copy for resource, copy in region.present(kind) if copy["source"]["id"] == source.id]
        if len(of_this) >= BACKUPS_OF_ONE_INSTANCE:
            raise Refused(400, "backup.quota", f"Instance {source.id} has {len(of_this)} backups already")
    return new_copy(region, kind, name, {"id": source.id, "name": fields["name"], "image": fields["image"],
                                         "machine_type": fields["machine_type"]}, kind, ["provisioning", "creating"],
                    {"status": FAILED[kind], "state": "error"}).id  # fmt: skip


def new_copy(region: Region, kind: str, name: str, source: Fields, action: str, statuses: list[str],
             failed: Fields) -> Resource:  # fmt: skip
    now, disk = region.now(), (source["machine_type"] or {"disk": 40})["disk"]
    resource = Resource(kind, now, {
        "name": name, "state": "new", "status": statuses[0], "created_at": timestamp(now), "updated_at": None,
        "error": None, "backup_type": "manual", "source": source, "instance": source,
        "size": disk, "min_disk": disk,
    })  # fmt: skip
    resource.plan(now, *steps(region, action, statuses, {"status": "completed", "state": "available"}, failed))
    return region.add(resource)


def refuse_unusable(kind: str, resource: Resource, fields: Fields) -> None:
    refuse_moving(kind, resource, fields)
    if (fields["status"], fields["state"]) != ("completed", "available"):
        raise Refused(400, f"{kind}.invalid_state", f"{kind.capitalize()} {resource.id} is {fields['status']}, "
                      f"its state {fields['state']}; it must be completed and available")  # fmt: skip


def restore(region: Region, kind: str, identifier: str, wanted: Fields) -> str:
    resource, fields = region.find(kind, identifier)
    refuse_unusable(kind, resource, fields)
    machine_type = region.machine_type(wanted["machine_type"])
    if machine_type.disk < fields["min_disk"]:
        raise Refused(400, "machine_type.insufficient", f"{machine_type.name} has a disk of {machine_type.disk} GB, "
                      f"less than the {fields['min_disk']} GB of the {kind}")  # fmt: skip
    return instances.create(region, wanted, fields["source"]["image"], "restore")


def rename(region: Region, kind: str, identifier: str, name: str) -> None:
    resource, fields = region.find(kind, identifier)
    refuse_moving(kind, resource, fields)
    if kind == "backup" and fields["status"] != "completed":
        raise Refused(400, "backup.invalid_state", f"Backup {identifier} is {fields['status']}, not completed")
    region.refuse_taken_name(kind, name, but=resource)
    now = region.now()
    resource.change(now, (0, {"name": name, "updated_at": timestamp(now)}))


def delete(region: Region, kind: str, identifier: str) -> None:
    resource, fields = region.find(kind, identifier)
    refuse_moving(kind, resource, fields)
    gone = {"status": "deleted", "state": "deleted"}
    resource.change(region.now(), *steps(region, "delete", ["deleting"], gone, {"status": "deleted_error"}))


def copy(region: Region, kind: str, identifier: str, destination: str) -> None:
    """To another region, under the same name; the source is not touched."""
    resource, fields = region.find(kind, identifier)
    refuse_unusable(kind, resource, fields)
    if REGION_NAMES[destination] == region.name:
        raise Refused(400, f"{kind}.copy.same_region", f"{kind.capitalize()} {identifier} is in {destination} already")
    target = region.cloud.region(destination, region.tenant)
    target.refuse_taken_name(kind, fields["name"])
    new_copy(target, kind, fields["name"], fields["source"], "copy", ["pending_copy", "copying"],
             {"status": "copy_error", "state": "error"})  # fmt: skip
