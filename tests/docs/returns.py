# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The fields of each returned value, with their types from the API's contracts and their texts from this file.

`python -m tests.docs.returns` writes them as `contains` into the documentation of the modules; a test compares them.
"""

from __future__ import annotations

import importlib
import re
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from tests.conftest import ROOT
from tests.support.contract import EDITIONS, load

RESULT_KEYS: dict[str, Any] = importlib.import_module(
    "ansible_collections.magalu.cloud.plugins.module_utils._api.resources"
).RESULT_KEYS
WIDTH = 120
ALWAYS, SOMETIMES = "always", "when the API returns it"


class Field(NamedTuple):
    """A field of a result, and the API versions that have it."""

    type: str
    elements: str = ""  # of a list
    returned: str = ALWAYS
    fields: Mapping[str, Any] = MappingProxyType({})  # of a dict, or of the dicts of a list: name -> Field
    versions: tuple[str, ...] = EDITIONS


TEXT, NUMBER, FLAG = Field("str"), Field("int"), Field("bool")
# Resources: their schema in the contracts, and their key in vm_info.
SCHEMAS = {
    "instance": "InstanceV1Response",
    "snapshot": "SnapshotResponseV1",
    "backup": "BackupResponse",
    "image": "ImageResponseExternalV1",
    "custom image": "GetCustomImageResponse",
    "machine type": "InstanceTypesV1Response",
}
UNREADABLE = {"unreadable_fields": Field("list", "str", "when there are any")}
ERROR = {
    "doing": TEXT, "status": NUMBER, "slug": TEXT, "message": TEXT, "details": Field("dict"), "request_id": TEXT,
}  # fmt: skip
ACTIONS = {"action": TEXT, "description": TEXT}
ATTEMPTS = {
    "machine_type": TEXT, "availability_zone": TEXT, "error": Field("dict", fields={"slug": TEXT, "message": TEXT}),
}  # fmt: skip
COPY = {"id": TEXT, "name": TEXT, "created_at": TEXT}
KEPT = {**COPY, "reason": TEXT}
SOME_STEPS = "when the steps need it"
PLAN = {
    "digest": TEXT, "lines": Field("list", "str"), "at": NUMBER,
    "members": Field("list", "dict", fields={
        "name": TEXT, "steps": Field("list", "str"), "start": Field("str", returned=SOME_STEPS),
        "updated": Field("str", returned=SOME_STEPS),
    }),
}  # fmt: skip
TOTALS = dict.fromkeys(("members", "changed", "failed", "created", "deleted", "pruned"), NUMBER)
# The fields that the modules add to a resource of the API.
PHASE = {"phase": TEXT}
ADDED = {
    "instance": dict.fromkeys(("phase", "private_ipv4", "public_ipv4", "public_ipv6", "default_user"), TEXT),
    **dict.fromkeys(("snapshot", "backup", "image", "custom image"), PHASE),
}


def members() -> dict[str, Field]:
    """Return the fields of a fleet's member."""
    return {
        "name": TEXT,
        "changed": FLAG,
        "failed": Field("bool", returned="when the member failed"),
        "msg": Field("str", returned="when the member failed"),
        "error": Field("dict", returned="when the member failed", fields=ERROR),
        "instance": Field("dict", fields=resource("instance")),
        "actions": Field("list", "dict", fields=ACTIONS),
        "creation_attempts": Field("list", "dict", "when the member has C(alternatives)", ATTEMPTS),
        "kept_public_ips": Field("list", "str", "when there are any"),
        "created": Field("list", "str", "when the member failed after a creation"),
        "pruned": Field("bool", returned="when the instance was pruned"),
        "warnings": Field("list", "str"),
    }


def values(module: str) -> dict[str, tuple[str, dict[str, Field]]]:
    """Return the returned values of a module that have fields: name -> (name in the texts, fields)."""
    plan = {"plan": ("plan", PLAN)}
    common = {"error": ("error", ERROR), "actions": ("actions", ACTIONS), **plan}
    attempts = {"creation_attempts": ("creation_attempts", ATTEMPTS)}
    if module == "vm_instance":
        return {"instance": ("instance", resource("instance")), **common, **attempts}
    if module in ("vm_snapshot", "vm_backup"):
        kind = module.removeprefix("vm_")
        return {
            kind: (kind, resource(kind)), "instance": ("instance", resource("instance")),
            "destination": (kind, resource(kind)), "kept": ("kept", KEPT), "pruned": ("pruned", COPY),
            **common, **attempts,
        }  # fmt: skip
    if module == "vm_image":
        return {"image": ("custom image", resource("custom image")), **common}
    if module == "vm_fleet":
        return {"members": ("members", members()), "totals": ("totals", TOTALS), "error": ("error", ERROR), **plan}
    if module == "vm_info":
        return {**{f"{kind.replace(' ', '_')}s": (kind, listed(kind)) for kind in SCHEMAS}, "error": ("error", ERROR)}
    return {"instance": ("instance", {"id": TEXT, "name": TEXT}), "error": ("error", ERROR)}


@cache
def resource(kind: str) -> dict[str, Field]:
    """Return the fields of a resource in the result of a module that manages it."""
    fields = _completed(contract_fields(kind), RESULT_KEYS[kind])
    fields.pop("user_data", None)
    return {**fields, **ADDED.get(kind, {}), **UNREADABLE}


@cache
def listed(kind: str) -> dict[str, Field]:
    """Return the fields of a resource that vm_info lists."""
    fields = dict(contract_fields(kind))
    if kind == "instance":
        fields["user_data"] = fields["user_data"]._replace(returned="when O(user_data=true)")
    return {**fields, **ADDED.get(kind, {}), **UNREADABLE}


def _completed(fields: Mapping[str, Field], keys: dict[str, Any]) -> dict[str, Field]:
    """Return the fields, and those that a result always has, which are null if the API does not return them."""
    found = {name: field._replace(returned=ALWAYS) if name in keys else field for name, field in fields.items()}
    for name, inner in keys.items():
        found.setdefault(name, TEXT)
        if isinstance(inner, list):
            found[name] = found[name]._replace(returned=SOMETIMES, fields=_completed(found[name].fields, inner[0]))
        elif isinstance(inner, dict):
            found[name] = found[name]._replace(fields=_completed(found[name].fields, inner))
    return found


@cache
def contract_fields(kind: str) -> dict[str, Field]:
    """Return the fields of a resource in the contracts of all API versions."""
    found: dict[str, Field] = {}
    schema = SCHEMAS[kind]
    for version in EDITIONS:
        if schema in load(version)["components"]["schemas"]:
            _merge(found, _fields(version, {"$ref": f"#/components/schemas/{schema}"}))
    return found


def _merge(found: dict[str, Field], more: Mapping[str, Field]) -> None:
    for name, field in more.items():
        before = found.get(name)
        if before is None:
            found[name] = field
            continue
        if before[:2] != field[:2]:
            raise ValueError(f"{name} is {before[:2]} and {field[:2]}")
        inner = dict(before.fields)
        _merge(inner, field.fields)
        returned = ALWAYS if before.returned == field.returned == ALWAYS else SOMETIMES
        versions = tuple(dict.fromkeys((*before.versions, *field.versions)))
        found[name] = Field(*field[:2], returned, inner, versions)


def _forms(version: str, schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the possible forms of a value, without null."""
    if "$ref" in schema:
        return _forms(version, load(version)["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return [form for each in schema["anyOf"] for form in _forms(version, each)]
    return [] if schema.get("type") == "null" else [schema]


def _fields(version: str, schema: dict[str, Any]) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for form in _forms(version, schema):
        required = form.get("required", ())
        _merge(
            found,
            {
                name: _field(version, inner, ALWAYS if name in required else SOMETIMES)
                for name, inner in form.get("properties", {}).items()
            },
        )
    return found


def _field(version: str, schema: dict[str, Any], returned: str) -> Field:
    kinds = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "list", "object": "dict"}
    forms = _forms(version, schema)
    (kind,) = {kinds[form["type"]] for form in forms}
    if kind != "list":
        return Field(kind, "", returned, _fields(version, schema), (version,))
    (items,) = (form["items"] for form in forms)
    (elements,) = {kinds[form["type"]] for form in _forms(version, items)}
    return Field(kind, elements, returned, _fields(version, items), (version,))


# Texts by the end of a field's path; the longest match counts.
TEXTS = {
    "plan.digest": "The digest of the whole plan except C(at). It covers secrets without revealing them.",
    "plan.lines": "The steps in words, in order, with ids, public addresses, and the clean-up after a failure.",
    "plan.at": "The API's time when the plan was made, in seconds since 1970. Null if the plan has no steps.",
    "plan.members": "The instances that are changed, or the resource of the task.",
    "plan.members.name": "The resource's kind and name; in a fleet, the member's name or the id of an instance to prune.",
    "plan.members.steps": "The digests of the steps. Each covers the request and the facts that it was planned from.",
    "plan.members.start": "The instance's power state before the steps.",
    "plan.members.updated": "The time of the last change of an instance that is to be rebooted.",
    "id": "The id, a UUID.",
    "name": "The name.",
    "created_at": "The time of the creation, in UTC (ISO 8601).",
    "updated_at": "The time of the last change, in UTC (ISO 8601). Null before the first change.",
    "phase": "What the status means - V(settled), V(in_transition), V(deleting), V(creation_failed), "
    "V(operation_failed) or V(gone).",
    "instance.phase": "What state and status mean - V(settled), V(in_transition), V(deleting), V(creation_failed) (the "
    "instance has certainly never run), V(operation_failed) or V(gone).",
    "unreadable_fields": "The names of the fields that are null because the response had a value of the wrong type.",
    "instance.id": "The instance's id, a UUID.",
    "instance.name": "The instance's name.",
    "instance.state": "What the instance is, for example V(running), V(stopped), V(suspended) or V(new).",
    "instance.status": "What is happening to the instance, for example V(completed), V(creating) or V(retyping_error).",
    "instance.user_data": "The user data that the instance got at its creation, in base64. It may contain secrets.",
    "instance.ssh_key_name": "The name of the SSH key that the instance got at its creation.",
    "instance.labels": "The labels that the instance got at its creation.",
    "instance.error": "The reason why the last operation failed. Null if it did not fail.",
    "instance.private_ipv4": "The private IPv4 address of the primary interface.",
    "instance.public_ipv4": "The public IPv4 address of the primary interface. Null if there is none.",
    "instance.public_ipv6": "The public IPv6 address of the primary interface. Null if there is none.",
    "instance.default_user": "The user that the image accepts for logins. Null if that is not certain.",
    "availability_zone": "The availability zone.",
    "machine_type": "The machine type.",
    "machine_type.id": "The machine type's id, a UUID.",
    "machine_type.name": "The machine type's name, for example V(BV1-1-40).",
    "machine_type.vcpus": "The number of vCPUs.",
    "ram": "The memory. The unit varies - the API returns GB for some and MB for others. Never compute with it.",
    "disk": "The size of the disk, in GB.",
    "vcpu": "The number of vCPUs.",
    "image": "The image.",
    "image.id": "The image's id, a UUID.",
    "image.name": "The image's name, for example V(cloud-ubuntu-24.04 LTS).",
    "platform": "The operating system, V(linux) or V(windows).",
    "network": "The VPC and the network interfaces.",
    "network.vpc": "The VPC.",
    "vpc.id": "The VPC's id.",
    "vpc.name": "The VPC's name.",
    "network.interfaces": "The network interfaces.",
    "network.ports": "The network interfaces, in the form of API version 2024-08.",
    "interfaces.id": "The interface's id.",
    "interfaces.name": "The interface's name.",
    "interfaces.security_groups": "The ids of the interface's security groups.",
    "interfaces.primary": "Whether this is the primary interface.",
    "interfaces.associated_public_ipv4": "The public IPv4 address of the interface. Null if there is none.",
    "interfaces.ip_addresses": "The other addresses of the interface.",
    "ip_addresses.private_ipv4": "The private IPv4 address.",
    "ip_addresses.public_ipv6": "The public IPv6 address.",
    "ports.id": "The interface's id.",
    "ports.name": "The interface's name.",
    "ports.ipAddresses": "The addresses of the interface.",
    "ipAddresses.publicIpAddress": "The public IPv4 address. Null if there is none.",
    "ipAddresses.privateIpAddress": "The private IPv4 address.",
    "ipAddresses.ipV6Address": "The public IPv6 address.",
    "error.slug": "The API's name for the error, for example V(create_instance.capacity.error).",
    "error.message": "The error in words.",
    "snapshot.id": "The snapshot's id, a UUID.",
    "snapshot.name": "The snapshot's name.",
    "snapshot.state": "The state. A snapshot can be restored if this is V(available) and C(status) is V(completed).",
    "snapshot.status": "What is happening to the snapshot, for example V(completed) or V(creating).",
    "snapshot.size": "The size. The API does not document the unit. Never compute with it.",
    "snapshot.instance": "The instance that the snapshot is of. Null if the API does not return it.",
    "backup.id": "The backup's id, a UUID.",
    "backup.name": "The backup's name.",
    "backup.state": "The state. A backup can be restored if this is V(available) and C(status) is V(completed).",
    "backup.status": "What is happening to the backup, for example V(completed) or V(creating).",
    "backup.size": "The size. The API does not document the unit. Never compute with it.",
    "backup.min_disk": "The size of the disk that an instance needs for a restore, in GB.",
    "backup.backup_type": "Whether the backup was made manually or by a schedule.",
    "backup.instance": "The instance that the backup is of.",
    "image.status": "The status. Instances can be created from images that are V(active) or V(deprecated).",
    "image.version": "The version of the operating system.",
    "image.release_at": "The time of the release.",
    "image.end_standard_support_at": "The end of the standard support.",
    "image.end_life_at": "The end of all support.",
    "image.minimum_requirements": "What a machine type must have at least.",
    "image.labels": "The image's labels.",
    "image.availability_zones": "The zones in which the image is offered.",
    "custom image.id": "The image's id, a UUID.",
    "custom image.name": "The image's name, unique in the tenant.",
    "custom image.status": "The status, for example V(importing) or V(active).",
    "custom image.description": "The description.",
    "custom image.version": "The version that the user gave.",
    "custom image.requirements": "What a machine type must have at least.",
    "custom image.metadata": "Further data of the image.",
    "custom image.license": "Whether the cloud licenses the operating system, V(licensed) or V(unlicensed).",
    "machine type.id": "The machine type's id, a UUID.",
    "machine type.name": "The machine type's name, for example V(BV1-1-40). Not every name has this form. Do not parse it.",
    "machine type.vcpus": "The number of vCPUs.",
    "machine type.gpu": "The number of GPUs.",
    "machine type.status": "The status. Instances can be created with types that are V(active) or V(deprecated).",
    "machine type.sku": "The name for billing.",
    "machine type.availability_zones": "The zones in which the machine type is offered.",
    "actions.action": "The step's name, for example V(stop).",
    "actions.description": "What was done to which resource, for example C(stop instance web-01).",
    "error.doing": "What the module was doing, for example C(create instance web-01).",
    "error.status": "The HTTP status of the response.",
    "error.details": "More about the error, as the API returned it.",
    "error.request_id": "The API's id of the request. Magalu Cloud's support asks for it.",
    "creation_attempts.machine_type": "The machine type of the attempt.",
    "creation_attempts.availability_zone": "The zone of the attempt. Null if the cloud chose it.",
    "creation_attempts.error": "The reason why the creation failed.",
    "reason": "The reason why it is kept.",
    "totals.members": "The number of declared members.",
    "totals.changed": "The number of members that changed, pruned instances included.",
    "totals.failed": "The number of members that failed.",
    "totals.created": "The number of instances that were created or restored.",
    "totals.deleted": "The number of instances that were deleted.",
    "totals.pruned": "The number of deleted instances that were not declared.",
    "members.name": "The member's name.",
    "members.changed": "Whether the member was changed.",
    "members.failed": "Whether the member failed.",
    "members.msg": "The message that says why the member failed.",
    "members.error": "What failed, as in the RV(error) of the task.",
    "members.instance": "The instance. Null if it does not exist. With O(results=brief) only its C(id), C(name), C(state), "
    "C(status), C(phase), C(private_ipv4), C(public_ipv4) and C(public_ipv6).",
    "members.actions": "The steps that were done, or in check mode would be done, in order.",
    "members.creation_attempts": "The creations that failed, in order.",
    "members.kept_public_ips": "Public IPv4 addresses that remain, and are billed, after the instance was deleted.",
    "members.created": "Ids of instances that this run created and that still exist.",
    "members.pruned": "Whether the instance was pruned because it was not declared.",
    "members.warnings": "The warnings about the member.",
}  # fmt: skip


def text_key(path: str) -> str:
    """Return the key of the text for a field: the longest end of its path that is a key."""
    while path not in TEXTS:
        _first, dot, path = path.partition(".")
        if not dot:
            raise KeyError(f"no text in {Path(__file__).name} for the field {path}")
    return path


def described(path: str, field: Field, versions: tuple[str, ...]) -> str:
    """Return the description of a field; `versions` are the API versions of the resource around it."""
    missing = [version for version in versions if version not in field.versions]
    return TEXTS[text_key(path)] + "".join(f" API version {version} does not return it." for version in missing)


def contains(above: str, fields: Mapping[str, Field], indent: int, versions: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of `contains` for these fields."""
    margin = " " * indent
    yield f"{margin}contains:"
    for name, field in fields.items():
        path = f"{above}.{name}"
        yield f"{margin}  {name}:"
        yield from textwrap.wrap(
            f"description: {described(path, field, versions)}", WIDTH,
            initial_indent=f"{margin}    ", subsequent_indent=f"{margin}      ", break_on_hyphens=False,
        )  # fmt: skip
        yield f"{margin}    returned: {field.returned}"
        yield f"{margin}    type: {field.type}"
        if field.elements:
            yield f"{margin}    elements: {field.elements}"
        if field.fields:
            yield from contains(path, field.fields, indent + 4, field.versions)


def module_file(module: str) -> Path:
    return ROOT / f"plugins/modules/{module}.py"


def written(module: str) -> str:
    """Return the whole file of a module with the current fields."""
    before, start, rest = module_file(module).read_text().partition('RETURN = r"""\n')
    text, end, after = rest.partition('"""\n')
    parts = re.split(r"(?m)^(\w+):\n", text)
    known = values(module)
    for number in range(1, len(parts), 2):
        # The old lines, up to the next line that is not indented further.
        parts[number + 1] = re.sub(r"(?m)^  contains:\n(?:   .*\n)*", "", parts[number + 1])
        if parts[number] in known:
            path, fields = known.pop(parts[number])
            lines = "\n".join(contains(path, fields, 2, _versions(path))) + "\n"
            head, sample, tail = parts[number + 1].partition("  sample:")
            parts[number + 1] = head + lines + sample + tail
        parts[number] += ":\n"
    if known:
        raise KeyError(f"{module} does not document {', '.join(known)}")
    return before + start + "".join(parts) + end + after


def _versions(kind: str) -> tuple[str, ...]:
    """Return the API versions that have this kind of resource."""
    schema = SCHEMAS.get(kind)
    return tuple(version for version in EDITIONS if not schema or schema in load(version)["components"]["schemas"])


MODULES = tuple(sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py")))


def main() -> None:
    try:
        texts = {module: written(module) for module in MODULES}
    except pytest.skip.Exception as missing:
        print(f"The fields of results are left as they are: {missing}")
        return
    for module, text in texts.items():
        module_file(module).write_text(text)


if __name__ == "__main__":
    main()
