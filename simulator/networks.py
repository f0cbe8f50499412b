# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Interfaces, VPCs and public IPv4 addresses, as the API uses them."""

from __future__ import annotations

import uuid

from . import addresses
from .cloud import Region, not_found
from .kinds import Fields, InstanceFields, NetworkFields, Vpc
from .resource import NEVER, Refused, Resource

_NAMESPACE = uuid.UUID("0d5b2f5e-8a55-4f55-9f0c-6f0f3d6f7c11")


def give_network(region: Region, instance: str, wanted: Fields, public: bool = True) -> NetworkFields:
    """Give a new instance its interface, and return its network fields."""
    given = wanted.get("interface") or {}
    if "id" in given and not (isinstance(given["id"], str) and given["id"]):
        raise Refused(422, "validation_error", "network.interface.id must be a string")
    if given.get("id"):
        extra: list[str] = ["vpc"] if "vpc" in wanted else []
        extra += ["subnets"] if "subnets" in given else []
        if extra:
            raise Refused(400, "network.invalid", f"With an interface given by id, {', '.join(extra)} may not be given")
        take_interface(region, given["id"])  # security groups beside it are ignored: the id takes priority
        interface, vpc = given["id"], find_vpc(region, {"name": default_vpc_name(region)})
    else:
        vpc = find_vpc(region, wanted.get("vpc") or {"name": default_vpc_name(region)})
        interface = create_interface(region, groups=[group["id"] for group in given.get("security_groups") or []])
    address = create_public_ip(region, instance) if public and wants_public_ip(wanted) else None
    return {"vpc": vpc, "interfaces": [interface], "public_ip": address, "address_from": 0}


def wants_public_ip(wanted: Fields) -> bool:
    """Return whether a creation asks for a public IPv4 address, as by default."""
    return bool(wanted.get("associate_public_ip", True))


def default_vpc_name(region: Region) -> str:
    usual = "default" if region.edition != "2026-08" else "vpc_default"
    return usual if usual in region.settings.vpcs or not region.settings.vpcs else region.settings.vpcs[0]


def find_vpc(region: Region, reference: Fields) -> Vpc:
    if reference.get("id"):
        return {"id": reference["id"], "name": "vpc-" + reference["id"][:8]}
    if reference["name"] not in region.settings.vpcs:
        raise not_found("vpc", reference["name"])
    return {"id": str(uuid.uuid5(_NAMESPACE, region.name + reference["name"])), "name": reference["name"]}


def create_interface(region: Region, identifier: str | None = None, groups: list[str] | None = None) -> str:
    identifier, number, loopback = identifier or str(uuid.uuid4()), region.take_number(), region.settings.loopback
    region.interfaces[identifier] = {
        "name": f"port-{identifier[:8]}", "private_ipv4": addresses.private_ipv4(number, loopback),
        "public_ipv6": addresses.public_ipv6(number, loopback),
        "security_groups": groups or [str(uuid.uuid5(_NAMESPACE, region.name + "default-group"))],
    }  # fmt: skip
    return identifier


def create_public_ip(region: Region, instance: str) -> str:
    address = addresses.public_ipv4(region.take_public_number(), region.settings.loopback)
    region.public_ips[instance] = {
        "id": str(uuid.uuid4()), "address": address, "instance": instance, "until": NEVER
    }  # fmt: skip
    return address


def release_network(region: Region, resource: Resource[InstanceFields], public_ip: bool, at: float) -> None:
    """Delete the interfaces of a deleted instance, and its public IP if asked for."""
    for interface in resource.at(at)["interfaces"]:
        region.interfaces[interface]["gone"] = at
    if public_ip:
        region.release_public_ip(resource.id, at)


def find_owner(region: Region, interface: str) -> str | None:
    """Return the id of the instance that has an interface, or is getting it."""
    for resource, fields in region.find_candidates("interface", interface.lower()):
        held = [*fields["interfaces"], *resource.at(NEVER)["interfaces"]]
        if interface.lower() in map(str.lower, held):
            return resource.id
    return None


def take_interface(region: Region, interface: str) -> None:
    """Take a free interface; an unknown UUID is one, too."""
    refuse_taken_interface(region, interface)
    if interface not in region.interfaces:
        create_interface(region, interface)


def refuse_taken_interface(region: Region, interface: str) -> None:
    """Refuse an interface in use or deleted."""
    try:
        uuid.UUID(interface)
    except ValueError:
        raise not_found("interface", interface) from None
    if (holder := find_owner(region, interface)) is not None:
        raise Refused(409, "interface.in_use", f"Interface {interface} is attached to instance {holder}")
    if region.interfaces.get(interface, {}).get("gone", NEVER) <= region.now():
        raise not_found("interface", interface)
