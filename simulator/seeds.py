# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resources put there at once, settled or odd, and the description of everything there is."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from . import catalog, instances, networks
from .clock import timestamp
from .cloud import Cloud, Region
from .resource import NEVER, Fields, Refused, Resource
from .settings import REGIONS

if TYPE_CHECKING:
    from .exchange import Exchange
    from .faults import Fault

LIST_KEYS = {"instance": "instances", "snapshot": "snapshots", "backup": "backups", "custom_image": "images"}


def seed(region: Region, kind: str, fields: Fields) -> Fields:
    """One resource of a kind; every field has a default, and may be what the API itself would refuse."""
    if kind not in LIST_KEYS:
        raise Refused(400, "simulator.kind", f"There is no kind {kind}, only {', '.join(LIST_KEYS)}")
    fields = dict(fields)
    created = float(fields.pop("created_at", region.now()))
    number = len(region.resources[kind]) + 1
    name = fields.pop("name", f"{kind.replace('_', '-')}-{number}")
    made = {"name": name, "status": "completed", "created_at": timestamp(created), "updated_at": None, "error": None}
    resource = Resource(kind, created, made, fields.pop("id", None))
    made |= DEFAULTS[kind](region, resource, fields)
    made |= {key: fields.pop(key) for key in list(fields) if key in made}
    if fields:
        raise Refused(400, "simulator.field", f"A {kind} has no {', '.join(fields)}, only {', '.join(sorted(made))}")
    resource.base = made
    resource.was_there_all_along()
    region.add(resource)
    return describe_resource(region, resource, made)


def _instance(region: Region, resource: Resource, fields: Fields) -> Fields:
    kind, zone = fields.pop("machine_type", "BV1-1-40"), fields.pop("availability_zone", region.zones[0])
    public, extra = fields.pop("public_ip", False), fields.pop("interfaces", [])
    made = {
        "machine_type": named_type(region, kind),
        "image": image_of(region, fields), "state": "running", "ssh_key_name": "deploy", "availability_zone": zone,
        "user_data": None, "labels": None, "volumes": [], "password": None,
        **networks.give_network(region, resource.id, {"associate_public_ip": bool(public)}),
    }  # fmt: skip
    if isinstance(public, str):
        made["public_ip"] = region.public_ips[-1]["address"] = public
    for interface in extra or ():
        networks.take_interface(region, interface)
    made["interfaces"] = [] if extra is None else [*made["interfaces"], *extra]
    if made["image"] and made["image"]["platform"] == "windows":
        made["password"] = {"from": 0.0}
    return made


def reference(given: str, ids: dict[str, Any]) -> Fields:
    return {"id": given} if given in ids else {"name": given}


def image_of(region: Region, fields: Fields) -> Fields | None:
    """The image that a seed names; null if it says so."""
    image = fields.pop("image", catalog.IMAGES[0].name)
    ids = catalog.IMAGES_BY_ID | region.resources["custom_image"]
    return image and instances.image_row(region.image(reference(image, ids)))


def _copy(region: Region, resource: Resource, fields: Fields) -> Fields:
    """Of an instance given by id, or of one that never was: its image and machine type may then be named."""
    identifier, kind = fields.pop("instance", ""), fields.pop("machine_type", "BV1-1-40")
    image = image_of(region, fields)
    source: Fields | None = {"id": identifier or str(uuid.uuid4()), "name": "gone", "image": image,
                             "machine_type": named_type(region, kind)}  # fmt: skip
    if identifier and identifier in region.resources["instance"]:
        now = region.find("instance", identifier)[1]
        source = {"id": identifier, "name": now["name"], "image": now["image"], "machine_type": now["machine_type"]}
    disk = source["machine_type"]["disk"] if source["machine_type"] else 40
    return {"state": "available", "source": source, "instance": None if identifier is None else source,
            "size": disk, "min_disk": disk, "backup_type": "manual"}  # fmt: skip


def _custom_image(region: Region, resource: Resource, fields: Fields) -> Fields:
    return {
        "status": "active", "description": None, "version": None, "requirements": None, "metadata": None,
        "platform": "linux", "license": "unlicensed", "architecture": "x86/64", "uefi": False,
        "url": "https://example.com/image.qcow2",
    }  # fmt: skip


def named_type(region: Region, kind: str | None) -> Fields | None:
    return kind and instances.type_row(region.machine_type(reference(kind, catalog.TYPES_BY_ID)))


DEFAULTS = {"instance": _instance, "snapshot": _copy, "backup": _copy, "custom_image": _custom_image}


def fill(cloud: Cloud) -> None:
    """The instances that a setting wants to be there from the start."""
    for region in (cloud.region(name) for name in REGIONS) if cloud.settings.instances else ():
        for number in range(cloud.settings.instances - len(region.resources["instance"])):
            seed(region, "instance", {"name": f"instance-{number + 1:05}"})


def between_pages(region: Region, exchange: Exchange, fault: Fault) -> None:
    """After a list was answered: more of its resources, or fewer (those at its beginning)."""
    kind = next((kind for kind, key in LIST_KEYS.items() if exchange.path == f"/v1/{key}"), "custom_image")
    for number in range(fault.value or 1):
        present = [resource for resource, fields in region.present(kind)]
        if fault.kind == "create_between_pages":
            seed(region, kind, {"name": f"{fault.name}-{number + 1}"})
        elif present:
            gone = {"status": "deleted", "state": "deleted"}
            present[0].change(region.now(), (0, gone))


def describe(cloud: Cloud, tenant: str | None = None) -> Fields:
    """Everything, as it truly is, region by region."""
    return {name: describe_region(cloud.region(name, tenant)) for name in REGIONS}


def describe_region(region: Region) -> Fields:
    rows: Fields = {LIST_KEYS[kind]: [describe_resource(region, resource, fields)
                                      for resource, fields in region.present(kind)] for kind in LIST_KEYS}  # fmt: skip
    now, holders = region.now(), {}
    for resource, fields in region.present("instance"):
        holders |= dict.fromkeys([*fields["interfaces"], fields["public_ip"]], resource.id)
    rows["public_ips"] = [
        {"id": ip["id"], "address": ip["address"], "instance": holders.get(ip["address"])}
        for ip in region.kept_public_ips()
    ]
    rows["interfaces"] = [
        {"id": identifier, "instance": holders.get(identifier), **interface}
        for identifier, interface in region.interfaces.items()
        if interface.get("gone", NEVER) > now
    ]
    return rows


def describe_resource(region: Region, resource: Resource, fields: Fields) -> Fields:
    return {"id": resource.id, **fields}
