# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resources that exist at once, and the description of all resources."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, cast

from . import catalog, instances, networks
from .checks import FIELD_CHECKS, parse_created_at, refuse_misfits
from .clock import format_timestamp
from .cloud import Cloud, Region
from .kinds import (
    BACKUP,
    CUSTOM_IMAGE,
    INSTANCE,
    LIST_KEYS,
    SNAPSHOT,
    CommonFields,
    Fields,
    ImageFields,
    Kind,
    NetworkFields,
    Source,
    TypeFields,
)
from .resource import NEVER, Mistake, Resource
from .settings import REGIONS


def seed(region: Region, kind: str, fields: Fields) -> Fields:
    """Add a resource; every field has a default.

    Fields can have values that the API itself refuses. `created_at` is a moment, or the timestamp of responses. `odd`
    has values that replace those of responses, by dotted names:
    {"labels": {}, "machine_type.vcpus": "1", "network.interfaces.0.primary": "yes"}.
    """
    if not isinstance(kind, str) or kind not in LIST_KEYS:
        raise Mistake(f"There is no kind {kind!r}, only {', '.join(LIST_KEYS)}")
    refuse_misfits(fields)
    fields = dict(fields)
    given, odd = fields.pop("created_at", region.now()), fields.pop("odd", None)
    created = parse_created_at(given)
    number = len(region.resources[kind]) + 1
    name = fields.pop("name", f"{kind.replace('_', '-')}-{number}")
    made: Fields = {
        "name": name, "status": "completed", "updated_at": None, "error": None,
        "created_at": given if isinstance(given, str) else format_timestamp(created),
    }  # fmt: skip
    resource: Resource[Any] = Resource(Kind(kind), created, cast(CommonFields, made), fields.pop("id", None))
    if any(resource.id in others for each, others in region.resources.items() if each != resource.kind):
        raise Mistake(f"Another kind of resource has the id {resource.id}")
    made |= DEFAULTS[resource.kind](region, resource, fields)
    given_fields = {key: fields.pop(key) for key in list(fields) if key in made and key in FIELD_CHECKS}
    if fields:
        known = sorted(made.keys() & FIELD_CHECKS.keys())
        raise Mistake(f"{kind} has no field {', '.join(fields)}; its fields are {', '.join(known)}")
    if resource.kind == INSTANCE:
        made |= connect(region, resource.id, made["public_ip"], made["interfaces"])
    resource.base = {**made, **given_fields, **({"odd": odd} if odd else {})}
    resource.backdate()
    region.add(resource)
    return describe_resource(resource, resource.base)


def instance_defaults(region: Region, resource: Resource[Any], fields: Fields) -> Fields:
    kind, zone = fields.pop("machine_type", "BV1-1-40"), fields.pop("availability_zone", region.zones[0])
    made = {
        "machine_type": find_type(region, kind),
        "image": take_image(region, fields), "state": "running", "ssh_key_name": "deploy", "availability_zone": zone,
        "user_data": None, "labels": None, "volumes": [], "password": None, "vpc": None, "address_from": 0,
        "public_ip": fields.pop("public_ip", False), "interfaces": fields.pop("interfaces", []),
    }  # fmt: skip
    if made["image"] and made["image"]["platform"] == "windows":
        made["password"] = {"from": 0.0}
    return made


def connect(region: Region, instance: str, public: bool | str | None, extra: list[str] | None) -> NetworkFields:
    """Give a seeded instance its network; a seed that is refused takes nothing of it."""
    for interface in extra or ():
        networks.refuse_taken_interface(region, interface)
    made = networks.give_network(region, instance, {"associate_public_ip": bool(public)})
    if isinstance(public, str) and public:
        made["public_ip"] = region.public_ips[instance]["address"] = public
    for interface in extra or ():
        networks.take_interface(region, interface)
    made["interfaces"] = [] if extra is None else [*made["interfaces"], *extra]
    return made


def refer_to(given: str, ids: dict[str, Any]) -> Fields:
    """Return the reference by id or by name that a string stands for."""
    return {"id": given} if given.lower() in ids else {"name": given}


def take_image(region: Region, fields: Fields) -> ImageFields | None:
    """Take the image, or None, out of the fields of a seed."""
    image = fields.pop("image", catalog.IMAGES[0].name)
    ids = catalog.IMAGES_BY_ID | region.resources[CUSTOM_IMAGE]
    return instances.image_fields(region.find_image(refer_to(image, ids))) if image else None


def copy_defaults(region: Region, resource: Resource[Any], fields: Fields) -> Fields:
    """Return the fields of a copy, of an existing instance or of one that is gone."""
    identifier, kind = fields.pop("instance", ""), fields.pop("machine_type", "BV1-1-40")
    image = take_image(region, fields)
    source: Source = {"id": identifier or str(uuid.uuid4()), "name": "gone", "image": image,
                      "machine_type": find_type(region, kind)}  # fmt: skip
    if identifier and identifier in region.resources[INSTANCE]:
        now = region.find(INSTANCE, identifier)[1]
        source = {"id": identifier, "name": now["name"], "image": now["image"], "machine_type": now["machine_type"]}
    disk = source["machine_type"]["disk"] if source["machine_type"] else 40
    return {"state": "available", "source": source, "instance": None if identifier is None else source,
            "size": disk, "min_disk": disk, "backup_type": "manual"}  # fmt: skip


def custom_image_defaults(region: Region, resource: Resource[Any], fields: Fields) -> Fields:
    return {
        "status": "active", "description": None, "version": None, "requirements": None, "metadata": None,
        "platform": "linux", "license": "unlicensed", "architecture": "x86/64", "uefi": False,
        "url": "https://example.com/image.qcow2",
    }  # fmt: skip


def find_type(region: Region, kind: str | None) -> TypeFields | None:
    found = region.find_machine_type(refer_to(kind, catalog.TYPES_BY_ID)) if kind else None
    return instances.type_fields(found) if found else None


DEFAULTS: dict[Kind[Any], Callable[[Region, Resource[Any], Fields], Fields]] = {
    INSTANCE: instance_defaults, SNAPSHOT: copy_defaults, BACKUP: copy_defaults, CUSTOM_IMAGE: custom_image_defaults
}  # fmt: skip


def fill(cloud: Cloud) -> None:
    """Add the instances that exist from the start."""
    for region in (cloud.region(name) for name in REGIONS) if cloud.settings.instances else ():
        for number in range(cloud.settings.instances - len(region.resources[INSTANCE])):
            seed(region, INSTANCE, {"name": f"instance-{number + 1:05}"})


def change_between_pages(region: Region, path: str, rows: int, name: str | None) -> None:
    """Create resources of a list, named after `name`, or delete its first ones."""
    kind = next((kind for kind, key in LIST_KEYS.items() if path == f"/v1/{key}"), CUSTOM_IMAGE)
    for number in range(rows):
        present = [resource for resource, _fields in region.list_present(kind)]
        if name is not None:
            seed(region, kind, {"name": f"{name}-{number + 1}"})
        elif present:
            present[0].change(region.now(), (0, {"status": "deleted", "state": "deleted"}))


def describe(cloud: Cloud, tenant: str | None = None) -> Fields:
    """Return all resources with their true fields, by region."""
    return {name: describe_region(cloud.region(name, tenant)) for name in REGIONS}


def describe_region(region: Region) -> Fields:
    rows: Fields = {
        LIST_KEYS[kind]: [describe_resource(resource, fields) for resource, fields in region.list_present(kind)]
        for kind in LIST_KEYS
    }
    now, holders = region.now(), dict[Any, str]()
    for resource, fields in region.list_present(INSTANCE):
        holders |= dict.fromkeys([*map(str.lower, fields["interfaces"]), fields["public_ip"]], resource.id)
    rows["public_ips"] = [
        {"id": ip["id"], "address": ip["address"], "instance": holders.get(ip["address"])}
        for ip in region.list_public_ips()
    ]
    rows["interfaces"] = [
        {"id": identifier, "instance": holders.get(identifier), **interface}
        for identifier, interface in region.interfaces.items()
        if interface.get("gone", NEVER) > now
    ]
    return rows


def describe_resource(resource: Resource[Any], fields: Fields) -> Fields:
    return {"id": resource.id, **fields}
