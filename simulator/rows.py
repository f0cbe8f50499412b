# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The resources as responses show them, by API version and expand."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from . import catalog
from .catalog import MachineType
from .cloud import Region
from .kinds import INSTANCE, CopyFields, CustomImageFields, Fields, InstanceFields
from .resource import Resource

REQUIRED = {"machine_type", "image", "instance"}  # sent even where nulls are omitted
IMAGE_FIELDS = ("id", "name", "platform")
TYPE_FIELDS = ("id", "name", "vcpus", "ram", "disk")


def drop_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: drop_nulls(item) for key, item in value.items() if item is not None or key in REQUIRED}
    return [drop_nulls(item) for item in value] if isinstance(value, list) else value


def finish(region: Region, row: Fields, odd: Fields | None = None) -> Fields:
    """Apply the switch nulls and the odd values of a seed to a row."""
    row = row if region.settings.nulls == "sent" else drop_nulls(row)
    for path, value in (odd or {}).items():
        *parents, last = (int(key) if key.isdecimal() else key for key in path.split("."))
        row = dict(row)
        place: Any = row
        try:
            for key in parents:
                place[key] = copy.copy(place[key])  # other rows may share it
                place = place[key]
            place[last] = value
        except (KeyError, IndexError, TypeError):
            continue  # not expanded, or not in this API version
    return row


def nest(row: Mapping[str, Any] | None, expanded: bool, names: tuple[str, ...]) -> Fields | None:
    """Return an object inside another: only its id, unless expanded."""
    return {name: row[name] for name in (names if expanded else ("id",))} if row else None


def instance_row(
    region: Region, resource: Resource[InstanceFields], fields: InstanceFields, expand: set[str], version: str | None
) -> Fields:
    types = not expand.isdisjoint(("machine-type", "machine-types"))
    row: Fields = {
        "id": resource.id, "name": fields["name"],
        "machine_type": nest(fields["machine_type"], types, TYPE_FIELDS),
        "image": nest(fields["image"], "image" in expand, IMAGE_FIELDS),
        "status": fields["status"], "state": fields["state"], "user_data": fields["user_data"],
        "created_at": fields["created_at"], "updated_at": fields["updated_at"],
        "ssh_key_name": fields["ssh_key_name"], "availability_zone": fields["availability_zone"],
        "network": network_row(region, fields, "network" in expand, version), "error": fields["error"],
    }  # fmt: skip
    if region.edition != "2024-08" and "labels" in expand:
        row["labels"] = fields["labels"]
    return finish(region, row, fields.get("odd"))


def network_row(region: Region, fields: InstanceFields, expanded: bool, version: str | None) -> Fields | None:
    if not fields["interfaces"] or region.settings.hide_network:
        return None
    new = region.edition == "2026-08" and version == "1.1"
    key = "interfaces" if new else "ports"
    if not expanded:
        return {key: [{"id": identifier} for identifier in fields["interfaces"]]}
    public = fields["public_ip"] if region.now() >= fields["address_from"] else None
    rows = [interface_row(region, identifier, index == 0, public if index == 0 else None, new)
            for index, identifier in enumerate(fields["interfaces"])]  # fmt: skip
    return {"vpc": fields["vpc"], key: rows}


def interface_row(region: Region, identifier: str, primary: bool, public: str | None, new: bool) -> Fields:
    interface = region.interfaces[identifier]
    if new:
        return {
            "id": identifier, "name": interface["name"], "security_groups": interface["security_groups"],
            "primary": primary, "associated_public_ipv4": public,
            "ip_addresses": {"private_ipv4": interface["private_ipv4"], "public_ipv6": interface["public_ipv6"]},
        }  # fmt: skip
    return {
        "id": identifier, "name": interface["name"],
        "ipAddresses": {"publicIpAddress": public, "privateIpAddress": interface["private_ipv4"],
                        "ipV6Address": interface["public_ipv6"]},
    }  # fmt: skip


def machine_type_row(region: Region, kind: MachineType, sku: bool = True) -> Fields:
    row: Fields = {"id": kind.id, "name": kind.name, "vcpus": kind.vcpus, "ram": kind.ram, "disk": kind.disk,
                   "gpu": kind.gpu, "status": kind.status}  # fmt: skip
    if sku:
        row["sku"] = f"vm.{kind.name.lower()}"
    if region.edition == "2026-08":
        row["availability_zones"] = region.list_zones(kind)
    return row


def catalog_image_row(region: Region, image: Fields) -> Fields:
    row = {
        "id": image["id"], "name": image["name"], "status": image["status"], "version": image["version"],
        "platform": image["platform"], "release_at": image["release_at"],
        "end_standard_support_at": image["end_life_at"], "end_life_at": image["end_life_at"],
        "minimum_requirements": {"vcpu": image["vcpu"], "ram": image["ram"], "disk": image["disk"]},
    }  # fmt: skip
    if region.edition == "2026-08":
        row |= {"labels": None, "availability_zones": region.list_zones(catalog.IMAGES_BY_ID[image["id"]])}
    return finish(region, row)


def snapshot_row(region: Region, resource: Resource[CopyFields], fields: CopyFields, expand: set[str]) -> Fields:
    source = fields["instance"]
    types = not expand.isdisjoint(("machine-type", "machine-types"))
    row = {
        "id": resource.id, "name": fields["name"], "status": fields["status"], "state": fields["state"],
        "created_at": fields["created_at"], "updated_at": fields["updated_at"], "size": fields["size"],
        "instance": source and {
            "id": source["id"], "image": nest(source["image"], "image" in expand, IMAGE_FIELDS),
            "machine_type": nest(source["machine_type"], types, TYPE_FIELDS),
        },
    }  # fmt: skip
    return finish(region, row, fields.get("odd"))


def backup_row(region: Region, resource: Resource[CopyFields], fields: CopyFields, expand: set[str]) -> Fields:
    source = fields["instance"]
    instance: Fields = {"id": source and source["id"]}
    if "instance" in expand and source:
        found: Resource[InstanceFields] | None = region.resources[INSTANCE].get(source["id"])
        current = region.show(found) if found else None
        instance |= {
            "name": source["name"], "status": current["status"] if current else "deleted",
            "state": current["state"] if current else "deleted",
            "image": nest(source["image"], False, IMAGE_FIELDS),
            "machine_type": nest(source["machine_type"], False, TYPE_FIELDS),
        }  # fmt: skip
    row = {
        "id": resource.id, "name": fields["name"], "backup_type": fields["backup_type"], "instance": instance,
        "status": fields["status"], "state": fields["state"], "size": fields["size"], "min_disk": fields["min_disk"],
        "created_at": fields["created_at"], "updated_at": fields["updated_at"],
    }  # fmt: skip
    return finish(region, row, fields.get("odd"))


def custom_image_row(region: Region, resource: Resource[CustomImageFields], fields: CustomImageFields) -> Fields:
    row: Fields = {
        "id": resource.id, "name": fields["name"], "status": fields["status"], "description": fields["description"],
        "version": fields["version"], "requirements": fields["requirements"], "platform": fields["platform"],
        "metadata": fields["metadata"], "license": fields["license"],
    }  # fmt: skip
    return finish(region, row, fields.get("odd"))
