# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Instances: the rules of each operation, and what it leads to."""

from __future__ import annotations

import base64
import binascii
import uuid

from .catalog import Image, MachineType
from .clock import timestamp
from .cloud import Region, failure, not_found, refuse_moving, steps
from .networks import give_network, take_along, take_interface
from .resource import NEVER, Fields, Refused, Resource

# action: (states it is legal in, moving statuses, state it leads to or None for the same)
POWER = {
    "start": (("stopped", "suspended"), ["starting_pending", "starting"], "running"),
    "stop": (("running",), ["stopping_pending", "stopping"], "stopped"),
    "suspend": (("running",), ["suspending_pending", "suspending"], "suspended"),
    "reboot": (("running", "suspended"), ["rebooting_pending", "rebooting"], "running"),
    "retype": (("running", "stopped"), ["retyping_pending", "retyping", "retyping_confirmed"], None),
    "attach": (("running", "stopped", "suspended"), ["attach_nic_pending", "attaching_nic"], None),
    "detach": (("running", "stopped", "suspended"), ["detach_nic_pending", "detaching_nic"], None),
}


def create(region: Region, wanted: Fields, image: Fields | None = None, action: str = "create") -> str:
    """Accept an instance: from an image, or (with the row of one given) as the restore of a copy."""
    image = usable_image(region, wanted["image"]) if action == "create" else image
    kind = region.machine_type(wanted["machine_type"])
    if image:
        refuse_too_small(kind, image)
    zone = choose_zone(region, kind, wanted.get("availability_zone"))
    refuse_bad_user_data(wanted.get("user_data"))
    if region.settings.unique_names:
        region.refuse_taken_name("instance", wanted["name"])
    now = region.now()
    why = refusal_of_creation(region, kind, zone, wanted)
    resource = Resource("instance", now, {})
    network = give_network(region, resource.id, wanted.get("network") or {}, public=not over_public_ips(region))
    resource.base = {
        "name": wanted["name"], "machine_type": type_row(kind), "image": image, "state": "new",
        "status": "provisioning", "created_at": timestamp(now), "updated_at": None, "error": None,
        "ssh_key_name": wanted.get("ssh_key_name") or None, "availability_zone": zone,
        "user_data": wanted.get("user_data"), "labels": wanted.get("labels"),
        "volumes": [volume.get("id") or volume["name"] for volume in wanted.get("volumes") or []],
        "password": None, **network,
    }  # fmt: skip
    planned = steps(region, action, ["provisioning", "creating"], why or {"status": "completed", "state": "running"})
    ready = planned[-1][0]
    if planned[-1][1].get("state") == "running":
        resource.base["address_from"] = now + ready + region.settings.address_delay
        if image and image["platform"] == "windows":
            planned[-1][1]["password"] = {"from": now + ready + region.settings.duration("windows_password")}
    resource.plan(now, *planned)
    region.add(resource)
    return resource.id


def refusal_of_creation(region: Region, kind: MachineType, zone: str, wanted: Fields) -> Fields | None:
    """What only shows after the creation was accepted: the fields of an instance that failed, or None."""
    settings = region.settings
    if wanted.get("ssh_key_name") in settings.unknown_ssh_keys:
        return failure("creating_error", "create_instance.keypair.not_found",
                       f"Keypair {wanted['ssh_key_name']} not found")  # fmt: skip
    if over_capacity(region, kind, zone):
        return failure("creating_error_capacity", "create_instance.capacity.error",
                       f"There is no capacity for {kind.name} in {zone}")  # fmt: skip
    network = wanted.get("network") or {}
    wants_ip = network.get("associate_public_ip", True) and "id" not in (network.get("interface") or {})
    for name, limit, used in (
        ("instance", settings.quota_instances, len(list(region.present("instance"))) + 1),
        ("vcpu", settings.quota_vcpus, vcpus(region) + kind.vcpus),
    ):
        if limit is not None and used > limit:
            return quota_failure("create", "creating", name, limit)
    if wants_ip and over_public_ips(region):
        return quota_failure("create", "creating", "floating_ip", settings.quota_public_ips)
    return None


def quota_failure(action: str, status: str, name: str, limit: int | None) -> Fields:
    return failure(
        f"{status}_error_quota_{name}", f"{action}_instance.quota.{name}", f"Quota of {limit} exceeded: {name}"
    )


def over_public_ips(region: Region) -> bool:
    """Whether one more public IPv4 address is more than the tenant may have."""
    limit = region.settings.quota_public_ips
    return limit is not None and len(region.kept_public_ips()) >= limit


def becoming(region: Region, but: Resource | None = None) -> list[Fields]:
    """The instances as they will be when what was accepted has ended; those that are being deleted as they are."""
    ends = [(fields, resource.at(NEVER)) for resource, fields in region.present("instance") if resource is not but]
    return [fields if end["status"] == "deleted" else end for fields, end in ends]


def vcpus(region: Region, but: Resource | None = None) -> int:
    return sum(fields["machine_type"]["vcpus"] for fields in becoming(region, but) if fields["machine_type"])


def over_capacity(region: Region, kind: MachineType, zone: str, but: Resource | None = None) -> bool:
    """Whether one more of this type is more than there is room for, anywhere or in this zone."""
    capacity = region.settings.capacity
    if not capacity:
        return False
    alive = [fields for fields in becoming(region, but)
             if fields["machine_type"] and fields["machine_type"]["id"] == kind.id
             and not fields["status"].startswith("creating_error")]  # fmt: skip
    here = sum(fields["availability_zone"] == zone for fields in alive)
    return len(alive) >= capacity.get(kind.name, 1 << 31) or here >= capacity.get(f"{kind.name}@{zone}", 1 << 31)


def usable_image(region: Region, reference: Fields) -> Fields:
    image = region.image(reference)
    if image.status not in ("active", "deprecated"):
        raise Refused(400, "image.not_available", f"Image {image.name} is {image.status}")
    return image_row(image)


def refuse_too_small(kind: MachineType, image: Fields) -> None:
    if kind.vcpus < image["vcpu"] or kind.megabytes < image["ram"] * 1024 or kind.disk < image["disk"]:
        raise Refused(400, "machine_type.insufficient",
                      f"Image {image['name']} needs {image['vcpu']} vCPU, {image['ram']} GB of RAM and "
                      f"{image['disk']} GB of disk, more than {kind.name} has")  # fmt: skip


def choose_zone(region: Region, kind: MachineType, zone: str | None) -> str:
    offers = region.offers(kind)
    if zone is not None and zone not in region.zones:
        raise Refused(400, "availability_zone.not_found", f"Availability zone {zone} does not exist in {region.name}")
    if not offers or (zone is not None and zone not in offers):
        raise Refused(400, "machine_type.not_available", f"{kind.name} is not offered in {zone or region.name}")
    roomy = [offer for offer in offers if not over_capacity(region, kind, offer)]
    return zone or (roomy or offers)[0]


def refuse_bad_user_data(text: str | None) -> None:
    try:
        base64.b64decode("".join((text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise Refused(400, "user_data.invalid", "user_data is not Base64") from None


def act(region: Region, identifier: str, action: str) -> None:
    """start, stop, suspend, reboot."""
    resource, fields = region.find("instance", identifier)
    begin(region, resource, fields, action, {"state": POWER[action][2]})


def begin(region: Region, resource: Resource, fields: Fields, action: str, done: Fields) -> None:
    refuse_moving("instance", resource, fields)
    states, statuses = POWER[action][:2]
    if fields["state"] not in states:
        raise Refused(400, f"instance.{action}.invalid_state",
                      f"Instance must be {' or '.join(states)} to {action}, it is {fields['state']}",
                      {"state": fields["state"]})  # fmt: skip
    done = done if "status" in done else {"status": "completed", "error": None, **done}
    resource.change(region.now(), *steps(region, action, statuses, done))


def retype(region: Region, identifier: str, reference: Fields) -> None:
    resource, fields = region.find("instance", identifier)
    refuse_moving("instance", resource, fields)
    kind, current = region.machine_type(reference), fields["machine_type"]
    if current and (current["disk"] > kind.disk or bool(current["gpu"]) != bool(kind.gpu)):
        raise Refused(400, "machine_type.incompatible", f"{kind.name} is not compatible with {current['name']}")
    choose_zone(region, kind, fields["availability_zone"])
    if fields["image"]:
        refuse_too_small(kind, fields["image"])
    done: Fields = {"machine_type": type_row(kind)}
    limit = region.settings.quota_vcpus
    if over_capacity(region, kind, fields["availability_zone"], but=resource):
        done = failure("retyping_error_capacity", "retype_instance.capacity.error", f"No capacity for {kind.name}")
    elif limit is not None and vcpus(region, but=resource) + kind.vcpus > limit:
        done = quota_failure("retype", "retyping", "vcpu", limit)
    begin(region, resource, fields, "retype", done)


def attach(region: Region, instance: Fields, interface: str) -> None:
    resource, fields = region.refer("instance", instance)
    refuse_moving("instance", resource, fields)
    take_interface(region, interface)
    begin(region, resource, fields, "attach", {"interfaces": [*fields["interfaces"], interface]})


def detach(region: Region, instance: Fields, interface: str) -> None:
    resource, fields = region.refer("instance", instance)
    refuse_moving("instance", resource, fields)
    if interface not in fields["interfaces"]:
        raise not_found("interface", interface)
    if interface == fields["interfaces"][0]:
        raise Refused(400, "interface.primary", "The primary interface cannot be detached")
    kept = [item for item in fields["interfaces"] if item != interface]
    begin(region, resource, fields, "detach", {"interfaces": kept})


def rename(region: Region, identifier: str, name: str) -> None:
    resource, fields = region.find("instance", identifier)
    refuse_moving("instance", resource, fields)
    if region.settings.unique_names:
        region.refuse_taken_name("instance", name, but=resource)
    now = region.now()
    resource.change(now, (0, {"name": name, "updated_at": timestamp(now)}))


def delete(region: Region, identifier: str, delete_public_ip: bool) -> None:
    resource, fields = region.find("instance", identifier)
    refuse_moving("instance", resource, fields)
    planned = steps(region, "delete", ["deleting_pending", "deleting"], {"status": "deleted", "state": "deleted"})
    resource.change(region.now(), *planned)
    if planned[-1][1]["status"] == "deleted":
        take_along(region, resource, delete_public_ip, at=region.now() + planned[-1][0])


def init_logs(region: Region, identifier: str, lines: int) -> list[str]:
    resource, fields = region.find("instance", identifier)
    if fields["state"] == "new":
        raise Refused(404, "instance.logs.not_found", f"Instance {identifier} has not started yet")
    return region.settings.init_log.replace("{name}", fields["name"] or resource.id).splitlines()[-lines:]


def windows_password(region: Region, identifier: str) -> Fields:
    """It can be read once."""
    resource, fields = region.find("instance", identifier)
    if not fields["image"] or fields["image"]["platform"] != "windows":
        raise Refused(400, "instance.not_windows", f"Instance {identifier} does not run Windows")
    password, now = fields["password"], region.now()
    if password and "read" in password:
        raise Refused(404, "windows_password_not_found", "The first password was read already")
    if not password or now < password["from"]:
        raise Refused(404, "windows_password_not_ready", "The first password is not ready yet")
    resource.base = {**resource.base, "password": {"read": now}}
    resource.later = [(at, {**changes, "password": {"read": now}} if "password" in changes else changes)
                      for at, changes in resource.later]  # fmt: skip
    resource.version += 1
    return {"id": identifier, "user": "admin", "password": "Aa1!" + uuid.uuid4().hex[:16],
            "created_at": timestamp(password["from"])}  # fmt: skip


def type_row(kind: MachineType) -> Fields:
    return {"id": kind.id, "name": kind.name, "vcpus": kind.vcpus, "ram": kind.ram, "disk": kind.disk,
            "gpu": kind.gpu}  # fmt: skip


def image_row(image: Image) -> Fields:
    return {"id": image.id, "name": image.name, "platform": image.platform, "vcpu": image.vcpu, "ram": image.ram,
            "disk": image.disk}  # fmt: skip
