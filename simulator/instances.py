# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Instances: the rules of each operation, and the changes that it leads to."""

from __future__ import annotations

import base64
import binascii
import re
import uuid

from . import catalog
from .catalog import Image, MachineType
from .clock import format_timestamp
from .cloud import Region, failure, not_found, plan_steps, refuse_in_transition
from .kinds import INSTANCE, Fields, ImageFields, InstanceFields, Password, TypeFields
from .networks import give_network, release_network, take_interface, wants_public_ip
from .resource import NEVER, Refused, Resource

Instance = Resource[InstanceFields]
# action: (states in which it is legal, statuses in transition, state that it leads to, or None if unchanged)
POWER = {
    "start": (("stopped", "suspended"), ["starting_pending", "starting"], "running"),
    "stop": (("running",), ["stopping_pending", "stopping"], "stopped"),
    "suspend": (("running",), ["suspending_pending", "suspending"], "suspended"),
    "reboot": (("running", "suspended"), ["rebooting_pending", "rebooting"], "running"),
    "retype": (("running", "stopped"), ["retyping_pending", "retyping", "retyping_confirmed"], None),
    "attach": (("running", "stopped", "suspended"), ["attach_nic_pending", "attaching_nic"], None),
    "detach": (("running", "stopped", "suspended"), ["detach_nic_pending", "detaching_nic"], None),
}


def create(region: Region, wanted: Fields, image: ImageFields | None = None, action: str = "create") -> str:
    """Accept a creation: from an image, or as the restore of a copy with `image`."""
    image = find_usable_image(region, wanted["image"]) if action == "create" else image
    kind = region.find_machine_type(wanted["machine_type"])
    if image:
        refuse_too_small(kind, image)
        if image["platform"] == "windows" and wanted.get("ssh_key_name"):
            raise Refused(400, "generic", "You can't provide a ssh key for windows machines")
    zone = choose_zone(region, kind, wanted.get("availability_zone"), image)
    if (
        image
        and not wanted.get("ssh_key_name")
        and image["platform"] != "windows"
        and not region.settings.linux_without_key
    ):
        raise Refused(400, "ssh_key.required", f"Image {image['name']} needs ssh_key_name")
    refuse_bad_user_data(wanted.get("user_data"))
    if region.settings.unique_names:
        region.refuse_taken_name(INSTANCE, wanted["name"])
    now = region.now()
    failed = find_creation_failure(region, kind, zone, wanted)
    identifier = str(uuid.uuid4())
    network = give_network(region, identifier, wanted.get("network") or {}, public=not exceeds_public_ip_quota(region))
    fields: InstanceFields = {
        "name": wanted["name"], "machine_type": type_fields(kind), "image": image, "state": "new",
        "status": "provisioning", "created_at": format_timestamp(now), "updated_at": None, "error": None,
        "ssh_key_name": wanted.get("ssh_key_name") or None, "availability_zone": zone,
        "user_data": wanted.get("user_data"), "labels": wanted.get("labels"),
        "volumes": [volume.get("id") or volume["name"] for volume in wanted.get("volumes") or []],
        "password": None, "vpc": network["vpc"], "interfaces": network["interfaces"],
        "public_ip": network["public_ip"], "address_from": network["address_from"],
    }  # fmt: skip
    resource = Resource(INSTANCE, now, fields, identifier)
    done = failed or {"status": "completed", "state": "running"}
    planned = plan_steps(region, action, ["provisioning", "creating"], done)
    ready = planned[-1][0]
    if planned[-1][1].get("state") == "running":
        fields["address_from"] = now + ready + region.settings.address_delay
        if image and image["platform"] == "windows":
            planned[-1][1]["password"] = {"from": now + ready + region.settings.duration("windows_password")}
    resource.plan(now, *planned)
    region.add(resource)
    return resource.id


def find_creation_failure(region: Region, kind: MachineType, zone: str, wanted: Fields) -> Fields | None:
    """Return the fields with which an accepted creation will fail, or None."""
    settings = region.settings
    if wanted.get("ssh_key_name") in settings.unknown_ssh_keys:
        return failure("creating_error", "create_instance.keypair.not_found",
                       f"Keypair {wanted['ssh_key_name']} not found")  # fmt: skip
    if exceeds_capacity(region, kind, zone):
        return failure("creating_error_capacity", "create_instance.capacity.error",
                       f"There is no capacity for {kind.name} in {zone}")  # fmt: skip
    limit = settings.quota_instances
    if limit is not None and len(list(region.list_present(INSTANCE))) >= limit:
        return quota_failure("create", "creating", "instance", limit)
    limit = settings.quota_vcpus
    if limit is not None and count_vcpus(region) + kind.vcpus > limit:
        return quota_failure("create", "creating", "vcpu", limit)
    if wants_public_ip(wanted.get("network") or {}) and exceeds_public_ip_quota(region):
        return quota_failure("create", "creating", "floating_ip", settings.quota_public_ips)
    return None


def quota_failure(action: str, status: str, name: str, limit: int | None) -> Fields:
    return failure(
        f"{status}_error_quota_{name}", f"{action}_instance.quota.{name}", f"Quota of {limit} exceeded: {name}"
    )


def exceeds_public_ip_quota(region: Region) -> bool:
    """Return whether one more public IPv4 address exceeds the quota."""
    limit = region.settings.quota_public_ips
    return limit is not None and region.count_public_ips() >= limit


def list_final_fields(region: Region, but: Instance | None = None) -> list[InstanceFields]:
    """Return the fields after all accepted operations, or before a deletion."""
    ends = [(fields, resource.at(NEVER)) for resource, fields in region.list_present(INSTANCE) if resource is not but]
    return [fields if end["status"] == "deleted" else end for fields, end in ends]


def count_vcpus(region: Region, but: Instance | None = None) -> int:
    return sum(fields["machine_type"]["vcpus"] for fields in list_final_fields(region, but) if fields["machine_type"])


def exceeds_capacity(region: Region, kind: MachineType, zone: str, but: Instance | None = None) -> bool:
    """Return whether one more instance exceeds the capacity of the region or zone."""
    capacity = region.settings.capacity
    if not capacity:
        return False
    alive = [fields for fields in list_final_fields(region, but)
             if fields["machine_type"] and fields["machine_type"]["id"] == kind.id
             and not fields["status"].startswith("creating_error")]  # fmt: skip
    here = sum(fields["availability_zone"] == zone for fields in alive)
    return len(alive) >= capacity.get(kind.name, 1 << 31) or here >= capacity.get(f"{kind.name}@{zone}", 1 << 31)


def find_usable_image(region: Region, reference: Fields) -> ImageFields:
    image = region.find_image(reference)
    if image.status not in ("active", "deprecated"):
        raise Refused(400, "image.not_available", f"Image {image.name} is {image.status}")
    return image_fields(image)


def refuse_too_small(kind: MachineType, image: ImageFields) -> None:
    if kind.vcpus < image["vcpu"] or kind.megabytes < image["ram"] * 1024 or kind.disk < image["disk"]:
        raise Refused(400, "machine_type.insufficient",
                      f"Image {image['name']} needs {image['vcpu']} vCPU, {image['ram']} GB of RAM and "
                      f"{image['disk']} GB of disk, more than {kind.name} has")  # fmt: skip


def choose_zone(region: Region, kind: MachineType, zone: str | None, image: ImageFields | None = None) -> str:
    """Return the zone for a type and an image; an empty zone counts as not given."""
    offers, zone = region.list_zones(kind), zone or None
    zone = zone and re.sub(r"-(?=\d)", "", zone)  # br-se-1-a stands for br-se1-a
    if zone is not None and zone not in region.zones:
        raise Refused(400, "availability_zone.not_found", f"Availability zone {zone} does not exist in {region.name}")
    if not offers or (zone is not None and zone not in offers):
        raise Refused(400, "machine_type.not_available", f"{kind.name} is not offered in {zone or region.name}")
    found = catalog.IMAGES_BY_ID.get(image["id"]) if image else None
    if found:
        offers = [offer for offer in offers if offer in region.list_zones(found)]
        if not offers or (zone is not None and zone not in offers):
            raise Refused(400, "image.not_available", f"Image {found.name} is not offered in {zone or region.name}")
    roomy = [offer for offer in offers if not exceeds_capacity(region, kind, offer)]
    return zone or (roomy or offers)[0]


def refuse_bad_user_data(text: str | None) -> None:
    try:
        base64.b64decode("".join((text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise Refused(400, "user_data.invalid", "user_data is not Base64") from None


def act(region: Region, identifier: str, action: str) -> None:
    """Accept a start, stop, suspend or reboot."""
    resource, fields = region.find(INSTANCE, identifier)
    begin_action(region, resource, fields, action, {"state": POWER[action][2]})


def begin_action(region: Region, resource: Instance, fields: InstanceFields, action: str, done: Fields) -> None:
    refuse_in_transition(INSTANCE, resource, fields)
    states, statuses = POWER[action][:2]
    if fields["state"] not in states:
        raise Refused(400, f"instance.{action}.invalid_state",
                      f"Instance must be {' or '.join(states)} to {action}, it is {fields['state']}",
                      {"state": fields["state"]})  # fmt: skip
    done = done if "status" in done else {"status": "completed", "error": None, **done}
    region.change(resource, *plan_steps(region, action, statuses, done))


def retype(region: Region, identifier: str, reference: Fields) -> None:
    resource, fields = region.find(INSTANCE, identifier)
    refuse_in_transition(INSTANCE, resource, fields)
    kind, current = region.find_machine_type(reference), fields["machine_type"]
    if current and (current["disk"] > kind.disk or bool(current["gpu"]) != bool(kind.gpu)):
        raise Refused(400, "machine_type.incompatible", f"{kind.name} is not compatible with {current['name']}")
    choose_zone(region, kind, fields["availability_zone"])
    if fields["image"]:
        refuse_too_small(kind, fields["image"])
    done: Fields = {"machine_type": type_fields(kind)}
    limit = region.settings.quota_vcpus
    if exceeds_capacity(region, kind, fields["availability_zone"], but=resource):
        done = failure("retyping_error_capacity", "retype_instance.capacity.error", f"No capacity for {kind.name}")
    elif limit is not None and count_vcpus(region, but=resource) + kind.vcpus > limit:
        done = quota_failure("retype", "retyping", "vcpu", limit)
    begin_action(region, resource, fields, "retype", done)


def attach(region: Region, instance: Fields, interface: str) -> None:
    resource, fields = region.resolve(INSTANCE, instance)
    refuse_in_transition(INSTANCE, resource, fields)
    take_interface(region, interface)
    begin_action(region, resource, fields, "attach", {"interfaces": [*fields["interfaces"], interface]})


def detach(region: Region, instance: Fields, interface: str) -> None:
    resource, fields = region.resolve(INSTANCE, instance)
    refuse_in_transition(INSTANCE, resource, fields)
    kept = [item for item in fields["interfaces"] if item.lower() != interface.lower()]
    if kept == fields["interfaces"]:
        raise not_found("interface", interface)
    if kept[:1] != fields["interfaces"][:1]:
        raise Refused(400, "interface.primary", "The primary interface cannot be detached")
    begin_action(region, resource, fields, "detach", {"interfaces": kept})


def rename(region: Region, identifier: str, name: str) -> None:
    resource, fields = region.find(INSTANCE, identifier)
    refuse_in_transition(INSTANCE, resource, fields)
    if region.settings.unique_names:
        region.refuse_taken_name(INSTANCE, name, but=resource)
    region.change(resource, (0, {"name": name, "updated_at": format_timestamp(region.now())}))


def delete(region: Region, identifier: str, delete_public_ip: bool) -> None:
    resource, fields = region.find(INSTANCE, identifier)
    refuse_in_transition(INSTANCE, resource, fields)
    planned = plan_steps(region, "delete", ["deleting_pending", "deleting"], {"status": "deleted", "state": "deleted"})
    region.change(resource, *planned)
    if planned[-1][1]["status"] == "deleted":
        release_network(region, resource, delete_public_ip, at=region.now() + planned[-1][0])


def read_init_logs(region: Region, identifier: str, lines: int) -> list[str]:
    resource, fields = region.find(INSTANCE, identifier)
    if fields["state"] == "new":
        raise Refused(404, "instance.logs.not_found", f"Instance {identifier} has not started yet")
    return region.settings.init_log.replace("{name}", fields["name"] or resource.id).splitlines()[-lines:]


def read_windows_password(region: Region, identifier: str) -> Fields:
    """Return the initial password of a Windows instance, once."""
    resource, fields = region.find(INSTANCE, identifier)
    if not fields["image"] or fields["image"]["platform"] != "windows":
        raise Refused(400, "instance.not_windows", f"Instance {identifier} does not run Windows")
    password, now = fields["password"], region.now()
    if password and "read" in password:
        raise Refused(404, "windows_password_not_found", "The first password was read already")
    if not password or now < password["from"]:
        raise Refused(404, "windows_password_not_ready", "The first password is not ready yet")
    taken: Password = {"read": now}
    resource.base = {**resource.base, "password": taken}
    resource.later = [(at, {**changes, "password": taken} if "password" in changes else changes)
                      for at, changes in resource.later]  # fmt: skip
    resource.version += 1
    return {"id": identifier, "user": "admin", "password": "Aa1!" + uuid.uuid4().hex[:16],
            "created_at": format_timestamp(password["from"])}  # fmt: skip


def type_fields(kind: MachineType) -> TypeFields:
    return {"id": kind.id, "name": kind.name, "vcpus": kind.vcpus, "ram": kind.ram, "disk": kind.disk,
            "gpu": kind.gpu}  # fmt: skip


def image_fields(image: Image) -> ImageFields:
    return {"id": image.id, "name": image.name, "platform": image.platform, "vcpu": image.vcpu, "ram": image.ram,
            "disk": image.disk}  # fmt: skip
