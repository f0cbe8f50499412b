# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Virtual Machine API v1 as data: routes, lists, statuses, moves of power, and a row for each field of an instance."""

from __future__ import annotations

import re
import typing as t

Row = dict[str, t.Any]

DEFAULT_URL = "https://api.magalu.cloud/{region}/compute"
# Regions as users write them, and their names in a URL where these differ.
REGION_PATHS = {"br-mgl1": "br-se-1"}
UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


ROW_ID = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)  # of rows; it goes into paths
# What fields are, where they are not null. What is not named here is passed on as it is.
_KINDS: dict[str, t.Any] = {
    name: kind for kind, names in {
        str: "id name status state created_at availability_zone ssh_key_name user_data slug "
        "private_ipv4 public_ipv6 associated_public_ipv4 privateIpAddress publicIpAddress ipV6Address",
        dict: "machine_type image network error instance vpc ip_addresses ipAddresses minimum_requirements requirements",
        list: "interfaces ports labels availability_zones",
        bool: "primary",
        (int, float): "vcpus vcpu disk min_disk",
    }.items() for name in names.split()
}  # fmt: skip
_ROWS = ("interfaces", "ports")  # lists of rows; the others are of texts


class Refused(Exception):
    """Something that cannot be done as declared; its text is a sentence for the user."""


class Resource(t.NamedTuple):
    """A kind of thing, and how its list is asked for."""

    kind: str
    path: str
    keys: tuple[str, ...]  # where the rows stand in a list's answer; older editions use the later ones
    sort: str = "created_at:asc"
    expand: tuple[str, ...] = ()
    version: str = ""  # sent as x-api-version on reads, from the edition of 2026 on
    statuses: str = "copy"  # the column of the table of statuses


INSTANCES = Resource(
    "instance", "/v1/instances", ("instances",), expand=("image", "machine-type", "network", "labels"), version="1.1",
    statuses="instance",
)  # fmt: skip
SNAPSHOTS = Resource("snapshot", "/v1/snapshots", ("snapshots",), expand=("image", "machine-type"))
BACKUPS = Resource("backup", "/v1/backups", ("backups",), expand=("instance",))
CUSTOM_IMAGES = Resource("custom image", "/v1/images/custom", ("images",), "platform:asc", statuses="image")
IMAGES = Resource("image", "/v1/images", ("images",), "platform:asc,end_life_at:desc", statuses="image")
MACHINE_TYPES = Resource("machine type", "/v1/machine-types", ("machine_types", "instance_types"))


def sound(row: t.Any) -> bool:
    """Whether something is a row: it has an id, and each field that is looked into is what it can be."""
    return isinstance(row, dict) and _fits(row) and bool(ROW_ID.fullmatch(row.get("id") or ""))


def _fits(part: Row) -> bool:
    for name, value in part.items():
        kind = _KINDS.get(name)
        if kind is None or value is None:
            continue
        if not isinstance(value, kind) or (kind is dict and not _fits(value)):
            return False
        if kind is list and not all(sound(one) if name in _ROWS else isinstance(one, str) for one in value):
            return False
    return True


# What a status means. `state` says what a resource is, `status` what is happening to it.
SETTLED, MOVING, GONE = "settled", "moving", "gone"
CREATION_FAILED, OPERATION_FAILED = "creation failed", "operation failed"
_SETTLED = {"instance": ("completed",), "copy": ("completed",), "image": ("active", "deprecated")}
# What each verb of power ends in; a status that begins with one is such a move.
POWER_STATE = {"start": "running", "stop": "stopped", "suspend": "suspended", "reboot": "running"}
_CREATION_FAILED = ("error", "importing_error", "invalid_image")


def status_class(row: Row | None, resource: Resource = INSTANCES) -> str:
    """What the row's status and state mean together; statuses that are not known are moving, or failed by their name."""
    if row is None:
        return GONE
    status, state = str(row.get("status")), row.get("state")
    if "deleted" in (status, state):
        return GONE
    if status in _SETTLED[resource.statuses]:
        return {"new": MOVING, "error": CREATION_FAILED}.get(str(state), SETTLED)
    if "error" in status or status in _CREATION_FAILED:
        born = not status.startswith("creating") and status not in _CREATION_FAILED and state not in ("new", "error")
        return OPERATION_FAILED if born else CREATION_FAILED
    return MOVING


def deleting(row: Row | None) -> bool:
    """Whether the row is on its way out."""
    return status_class(row) == MOVING and str((row or {}).get("status")).startswith("deleting")


def creating(row: Row | None) -> bool:
    """Whether the row is still being made."""
    return status_class(row) == MOVING and (row or {}).get("state") == "new" and not deleting(row)


def outcome(row: Row) -> Row:
    """The row as it will be when what is in motion has succeeded."""
    if status_class(row) != MOVING:
        return row
    state = "running" if creating(row) else row.get("state")
    for verb, end in POWER_STATE.items():
        if str(row.get("status")).startswith(verb):
            state = end
    return dict(row, state=state, status="completed")


# The legal ways of power, shortest first.
POWER = {
    ("running", "stopped"): ("stop",), ("running", "suspended"): ("suspend",),
    ("stopped", "running"): ("start",), ("stopped", "suspended"): ("start", "suspend"),
    ("suspended", "running"): ("start",), ("suspended", "stopped"): ("start", "stop"),
}  # fmt: skip
RETYPE_STATES = ("running", "stopped")


class Field(t.NamedTuple):
    """An option that becomes a field of an instance."""

    option: str  # dotted where nested
    read: str  # where an answer has it, dotted
    create: str  # where a creation's body has it, dotted
    change: str | None  # the action that changes it, None: it can't be changed
    compare: str | None  # text, reference, set or data; None: never compared
    since: str = "2024"  # the first edition that takes it


FIELDS = (
    Field("name", "name", "name", "rename", "text"),
    Field("machine_type", "machine_type", "machine_type", "retype", "reference"),
    Field("image", "image", "image", None, "reference"),
    Field("ssh_key_name", "ssh_key_name", "ssh_key_name", None, "text"),
    Field("availability_zone", "availability_zone", "availability_zone", None, "text"),
    Field("user_data_base64", "user_data", "user_data", None, "data"),
    Field("labels", "labels", "labels", None, "set", "2026"),
    Field("network.vpc", "network.vpc", "network.vpc", None, "reference"),
    Field("network.interface", "", "network.interface", None, None),
    Field("network.security_groups", "", "network.interface.security_groups", None, None),
    Field("network.subnets", "", "network.interface.subnets", None, None, "2026"),
    Field("network.associate_public_ip", "", "network.associate_public_ip", None, None),
    Field("volumes", "", "volumes", None, None, "2026"),
)


def dig(data: t.Any, path: str) -> t.Any:
    """The value at a dotted path of nested mappings, None where any of them is missing."""
    for key in path.split("."):
        data = data.get(key) if isinstance(data, dict) else None
    return data
