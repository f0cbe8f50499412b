# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Interfaces, VPCs and public addresses, as far as the Virtual Machine API touches them."""

from __future__ import annotations

import uuid

from .cloud import Region, not_found
from .resource import NEVER, Fields, Refused, Resource

_NAMESPACE = uuid.UUID("0d5b2f5e-8a55-4f55-9f0c-6f0f3d6f7c11")


def give_network(region: Region, instance: str, wanted: Fields, public: bool = True) -> Fields:
    """The network fields of a new instance: a free interface of the tenant's own, or a new one."""
    given = wanted.get("interface") or {}
    if "id" in given and not (isinstance(given["id"], str) and given["id"]):
        raise Refused(422, "validation_error", "network.interface.id must be a text")
    if given.get("id"):
        extra: list[str] = [name for name in ("vpc", "associate_public_ip") if name in wanted]
        extra += [name for name in ("security_groups", "subnets") if name in given]
        if extra:
            raise Refused(400, "network.invalid", f"With an interface given by id, {', '.join(extra)} may not be given")
        take_interface(region, given["id"])
        vpc = {"name": default_vpc(region)}
        return {"vpc": find_vpc(region, vpc), "interfaces": [given["id"]], "public_ip": None, "address_from": 0}
    vpc = find_vpc(region, wanted.get("vpc") or {"name": default_vpc(region)})
    interface = new_interface(region, groups=[group["id"] for group in given.get("security_groups") or []])
    address = None
    if public and wanted.get("associate_public_ip", True):
        address = new_public_ip(region, instance)
    return {"vpc": vpc, "interfaces": [interface], "public_ip": address, "address_from": 0}


def default_vpc(region: Region) -> str:
    usual = "default" if region.edition == "2024-08" else "vpc_default"
    return usual if usual in region.settings.vpcs or not region.settings.vpcs else region.settings.vpcs[0]


def find_vpc(region: Region, reference: Fields) -> Fields:
    if reference.get("id"):
        return {"id": reference["id"], "name": "vpc-" + reference["id"][:8]}
    if reference["name"] not in region.settings.vpcs:
        raise not_found("vpc", reference["name"])
    return {"id": str(uuid.uuid5(_NAMESPACE, region.name + reference["name"])), "name": reference["name"]}


def new_interface(region: Region, identifier: str | None = None, groups: list[str] | None = None) -> str:
    identifier, number = identifier or str(uuid.uuid4()), region.number()
    high, low = number // 250 % 250, number % 250 + 1
    private = f"127.1.{high}.{low}" if region.settings.loopback else f"172.18.{high}.{low}"
    region.interfaces[identifier] = {
        "name": f"port-{identifier[:8]}", "private_ipv4": private,
        "public_ipv6": "::1" if region.settings.loopback else f"2801:80:3ea0:{number // 65536:x}::{number % 65536:x}",
        "security_groups": groups or [str(uuid.uuid5(_NAMESPACE, region.name + "default-group"))],
    }  # fmt: skip
    return identifier


def new_public_ip(region: Region, instance: str) -> str:
    number = region.number()
    high, low = number // 250 % 250, number % 250 + 1
    address = f"127.2.{high}.{low}" if region.settings.loopback else f"201.54.{high}.{low}"
    region.public_ips.append({"id": str(uuid.uuid4()), "address": address, "instance": instance, "until": NEVER})
    return address


def take_along(region: Region, resource: Resource, drop: bool, at: float) -> None:
    """What a deletion takes along: the interfaces, and the public IP or not (then it is billed on)."""
    for interface in resource.at(at)["interfaces"]:
        region.interfaces[interface]["gone"] = at
    for ip in region.public_ips:
        if ip["instance"] == resource.id and drop:
            ip["until"] = at


def owner(region: Region, interface: str) -> str | None:
    """The id of the instance that an interface is attached to."""
    for resource, fields in region.present("instance"):
        if interface in fields["interfaces"] or interface in resource.at(NEVER)["interfaces"]:
            return resource.id
    return None


def take_interface(region: Region, interface: str) -> None:
    """An unknown UUID is a free interface that was there all along."""
    try:
        uuid.UUID(interface)
    except ValueError:
        raise not_found("interface", interface) from None
    if (holder := owner(region, interface)) is not None:
        raise Refused(409, "interface.in_use", f"Interface {interface} is attached to instance {holder}")
    if region.interfaces.get(interface, {}).get("gone", NEVER) <= region.now():
        raise not_found("interface", interface)
    if interface not in region.interfaces:
        new_interface(region, interface)
