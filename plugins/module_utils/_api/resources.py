# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Virtual Machine API v1 as data: routes, statuses, power actions, result keys."""

from __future__ import annotations

import re
import typing as t

Row = dict[str, t.Any]
# The API versions by their years, as the code knows them.
API_VERSIONS = {"2024": "2024-08", "2025": "2025-05", "2026": "2026-08"}
UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
# Region -> its name in URLs, where that differs from the name that users write.
REGION_PATHS = {"br-mgl1": "br-se-1"}
ROW_ID = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)  # of rows; ids go into the paths of requests
# The types of fields, where these are not null. Fields that are not listed here are passed on unchecked.
FIELD_KINDS: dict[str, t.Any] = {name: kind for kind, names in {
    str: "id name status state created_at updated_at availability_zone ssh_key_name user_data slug message platform "
    "version description license backup_type private_ipv4 public_ipv6 associated_public_ipv4 privateIpAddress "
    "publicIpAddress ipV6Address",
    dict: "machine_type image network error instance vpc ip_addresses ipAddresses minimum_requirements requirements",
    list: "interfaces ports labels availability_zones security_groups",
    bool: "primary",
    (int, float): "vcpus vcpu disk min_disk",
}.items() for name in names.split()}  # fmt: skip
ROW_FIELDS = ("interfaces", "ports")  # lists of rows
LIST_FIELDS = (*ROW_FIELDS, "labels", "availability_zones")  # the last two are lists of texts
UNREADABLE = "unreadable_fields"  # where a row lists its fields whose values were unusable


def _keys(names: str) -> Row:
    return dict.fromkeys(names.split())


_TYPE, _IMAGE, _VPC = _keys("id name vcpus ram disk"), _keys("id name platform"), _keys("id name")
_INTERFACE = {**_keys("id name primary security_groups associated_public_ipv4"),
              "ip_addresses": _keys("private_ipv4 public_ipv6")}  # fmt: skip
_PORT = {**_keys("id name"), "ipAddresses": _keys("privateIpAddress publicIpAddress ipV6Address")}
# The keys of each kind of resource in a result, also in check mode, and if a response omits them. A missing list (of
# rows) is not added: each API version has a different list.
RESULT_KEYS: dict[str, Row] = {
    "instance": {
        **_keys("id name state status created_at updated_at availability_zone ssh_key_name labels error"),
        "machine_type": _TYPE, "image": _IMAGE, "network": {"vpc": _VPC, "interfaces": [_INTERFACE], "ports": [_PORT]},
        **_keys("private_ipv4 public_ipv4 public_ipv6 default_user"),
    },
    "snapshot": {
        **_keys("id name state status size created_at updated_at"),
        "instance": {"id": None, "image": _IMAGE, "machine_type": _TYPE},
    },
    "backup": {
        **_keys("id name state status size min_disk backup_type created_at updated_at"),
        "instance": {**_keys("id name state status"), "image": _keys("id"), "machine_type": _keys("id")},
    },
    "custom image": {
        **_keys("id name status platform license description version metadata"),
        "requirements": _keys("vcpu ram disk"),
    },
}  # fmt: skip


class Resource(t.NamedTuple):
    """A kind of resource, and how to request its list."""

    kind: str
    path: str
    keys: tuple[str, ...]  # of the rows in the response to a list; older API versions use the later keys
    sort: str = "created_at:asc"
    expand: tuple[str, ...] = ()
    version: str = ""  # sent as x-api-version on reads, from API version 2026-08 on
    statuses: str = "copy"  # the key of SETTLED_STATUSES


INSTANCES = Resource("instance", "/v1/instances", ("instances",), version="1.1", statuses="instance",
                     expand=("image", "machine-type", "network", "labels"))  # fmt: skip
SNAPSHOTS = Resource("snapshot", "/v1/snapshots", ("snapshots",), expand=("image", "machine-type"))
BACKUPS = Resource("backup", "/v1/backups", ("backups",), expand=("instance",))
CUSTOM_IMAGES = Resource("custom image", "/v1/images/custom", ("images",), "platform:asc", statuses="image")
IMAGES = Resource("image", "/v1/images", ("images",), "platform:asc,end_life_at:desc", statuses="image")
MACHINE_TYPES = Resource("machine type", "/v1/machine-types", ("machine_types", "instance_types"))
# The meanings of a status. `state` says what a resource is, `status` what is happening to it.
SETTLED, MOVING, GONE = "settled", "moving", "gone"
CREATION_FAILED, OPERATION_FAILED = "creation failed", "operation failed"
SETTLED_STATUSES = {"instance": ("completed",), "copy": ("completed",), "image": ("active", "deprecated")}
# The phases that a result and the inventory have, so that no playbook interprets a status.
PHASES = ("settled", "in_transition", "deleting", "creation_failed", "operation_failed", "gone")
# The state that each power action ends in. A status that begins with its name is that transition.
POWER_STATE = {"start": "running", "stop": "stopped", "suspend": "suspended", "reboot": "running"}
CREATION_FAILED_STATUSES = ("error", "importing_error", "invalid_image")  # of copies and images
# The shortest legal sequence of actions from one power state to another.
POWER = {("running", "stopped"): ("stop",), ("running", "suspended"): ("suspend",),
         ("stopped", "running"): ("start",), ("stopped", "suspended"): ("start", "suspend"),
         ("suspended", "running"): ("start",), ("suspended", "stopped"): ("start", "stop")}  # fmt: skip
POWER_STATES = ("running", "stopped", "suspended")
RETYPE_STATES = ("running", "stopped")
# The field of the request that takes a copy's destination, and the regions: the name that users know -> the name that
# the route takes. Each API version has another route.
COPY_REGIONS = {
    "backup": ("region", {"br-se1": "br-se1", "br-ne1": "br-ne-1", "br-mgl1": "br-se-1"}),
    "snapshot": ("destination_region", {"br-se1": "br-se1", "br-ne1": "br-ne1", "br-mgl1": "br-mgl1"}),
}
USABLE = ("active", "deprecated")
