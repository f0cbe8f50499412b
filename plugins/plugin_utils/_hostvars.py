# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of the variables that every host has, and how they are read from a row."""

from __future__ import annotations

import fnmatch
import typing as t

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import Row
from ansible_collections.magalu.cloud.plugins.module_utils._api.rows import dig, image_user, interfaces_of
from ansible_collections.magalu.cloud.plugins.module_utils._api.statuses import phase_of

from . import _entries
from ._trust import Marker


class HostVar(t.NamedTuple):
    """A variable: its name without the prefix, its type, its description, an example."""

    name: str
    type: str
    says: str
    example: t.Any


HOSTVARS = (
    HostVar("id", "str", "The instance's id.", "9ec75090-2872-4f51-8111-53d05d96d2c6"),
    HostVar("name", "str", "Its name, which need not be the host's.", "web-01"),
    HostVar("state", "str", "The state, such as running or stopped.", "running"),
    HostVar("status", "str", "The status of the current or last operation.", "completed"),
    HostVar("phase", "str",
            "What state and status mean: settled, in_transition, deleting, creation_failed, operation_failed or gone.",
            "settled"),
    HostVar("region", "str", "The region of the instance.", "br-se1"),
    HostVar("account", "str", "The value of O(account_name).", "production"),
    HostVar("availability_zone", "str", "Its zone.", "br-se1-a"),
    HostVar("machine_type", "dict", "Its machine type.",
            {"id": "f8a2e1c0-5f0e-4d3b-9a59-0c1b8a1d2e3f", "name": "BV1-1-40", "vcpus": 1, "ram": 1024, "disk": 40}),
    HostVar("image", "dict", "Its image.",
            {"id": "4b1d7c1a-3f6d-4c52-8a04-6f7d1c2b3a49", "name": "cloud-ubuntu-24.04 LTS", "platform": "linux"}),
    HostVar("ssh_key_name", "str", "The name of its SSH key.", "deploy"),
    HostVar("labels", "list", "Its labels. API version 2024-08 has none.", ["web", "blue"]),
    HostVar("vpc", "dict", "Its VPC.", {"id": "0c3f1f9e-6a6f-4e6b-8d2f-9b7f3a1c5e20", "name": "vpc_default"}),
    HostVar("interfaces", "list", "Its interfaces, the primary interface first if the API marks it.",
            [{"id": "7d5f0e66-57c3-4b6e-9f0a-0b1c2d3e4f50", "name": "web-01-0", "primary": True, "security_groups": [],
              "private_ipv4": "198.18.0.10", "public_ipv4": "192.0.2.10", "public_ipv6": None}]),
    HostVar("security_groups", "list", "The ids of the security groups of the interface whose addresses are used.", []),
    HostVar("private_ipv4", "str", "The private IPv4 address of that interface.", "198.18.0.10"),
    HostVar("public_ipv4", "str", "The public IPv4 address of that interface.", "192.0.2.10"),
    HostVar("public_ipv6", "str", "The public IPv6 address of that interface.", "2001:db8::10"),
    HostVar("created_at", "str", "When it was created.", "2026-11-25T12:00:00Z"),
    HostVar("updated_at", "str", "When it was changed.", "2026-11-25T12:00:30Z"),
    HostVar("error", "dict", "Why its last operation failed.",
            {"slug": "create_instance.capacity.error", "message": "no capacity"}),
    HostVar("default_user", "str", "The user that its image accepts, see O(image_users).", "ubuntu"),
)  # fmt: skip
NAMES = tuple(variable.name for variable in HOSTVARS)
READ = frozenset(NAMES) - {"default_user"}  # by `Reader`
NESTED = tuple(f"{variable.name}.{key}" for variable in HOSTVARS if variable.type == "dict" for key in variable.example)
ADDRESSES = ("private_ipv4", "public_ipv4", "public_ipv6")
# Fields that are copied from the row: texts that no other row has, other texts, and mappings of texts and numbers.
_UNIQUE = ("id", "name")
_TEXTS = ("state", "status", "availability_zone", "ssh_key_name", "created_at", "updated_at")
_MAPPINGS = ("machine_type", "image", "error")
_PROVING = ("phase", "machine_type", "availability_zone")  # a host of this plugin also has these, with any prefix


class Login(t.NamedTuple):
    """The user and connection for instances of an image whose name matches a pattern."""

    match: str
    user: str | None = None
    connection: str | None = None


WINDOWS = Login("windows*", connection="psrp")


def instance_ids(variables: t.Mapping[str, t.Any], own_id: str) -> list[t.Any]:
    """Return the instance ids in a host's variables: `own_id`, and the ids with another file's prefix."""
    return [
        value
        for name, value in variables.items()
        if name == own_id or (name.endswith("id") and {f"{name[:-2]}{field}" for field in _PROVING} <= variables.keys())
    ]


def login(image: t.Any, logins: t.Sequence[Login]) -> Login:
    """Return the first login that matches the image's name, else the built-in login."""
    name = str(dig(image, "name") or "")
    built_in = Login("*", user=image_user(image))
    return next((known for known in (*logins, WINDOWS) if fnmatch.fnmatchcase(name, known.match)), built_in)


def logins(given: t.Any) -> tuple[Login, ...]:
    """Return the checked entries of `image_users`."""
    logins = []
    for number, entry in enumerate(given or []):
        where = f"image_users[{number}]"
        entry = _entries.mapping(where, entry, Login._fields, "match")
        for key, value in entry.items():
            if not isinstance(value, _entries.SCALARS):
                raise Refused(f"{where}.{key} is {_entries.as_text(value)}; it must be a text.")
        logins.append(Login(**{key: value and str(value) for key, value in entry.items()}))
    return tuple(logins)


class Reader:
    """A reader of the variables of instances, except default_user, marked by `Marker`.

    `interface` is a pattern for the name or id of the interface whose addresses are used instead of the primary
    interface's. If the API does not identify the primary interface, each address is the first that any interface has.
    """

    def __init__(self, account: str | None, interface: str | None, user_data: bool) -> None:
        self.account, self.interface = account, interface
        self.texts = (*_TEXTS, "user_data") if user_data else _TEXTS
        self.mark = Marker()
        self._alike: dict[t.Any, dict[str, t.Any]] = {}

    def __call__(self, region: str, row: Row) -> dict[str, t.Any]:
        """Return the variables of an instance by their names without prefix."""
        mark, get = self.mark, row.get
        variables = {name: mark.once(get(name)) for name in _UNIQUE}
        for name in self.texts:
            variables[name] = mark(get(name))
        for name in _MAPPINGS:
            variables[name] = self._mapping(get(name))
        variables["vpc"] = self._mapping(dig(row, "network.vpc"))
        variables["phase"] = mark[phase_of(row)]
        variables["region"], variables["account"] = mark[region], mark[self.account]
        labels = get("labels")
        variables["labels"] = mark(labels) if labels else []
        ports = [self._port(port) for port in interfaces_of(row) or []]
        if len(ports) > 1:
            ports.sort(key=lambda port: port["primary"] is not True)
        variables["interfaces"], chosen = ports, ports
        if self.interface is not None:
            chosen = [port for port in ports if _matches_pattern(port, self.interface)][:1]
        elif ports and ports[0]["primary"]:
            chosen = ports[:1]
        for kind in ADDRESSES:
            variables[kind] = next((port[kind] for port in chosen if port[kind]), None)
        variables["security_groups"] = list(chosen[0]["security_groups"] or ()) if chosen else []
        return variables

    def _port(self, port: Row) -> Row:
        """Mark the values of an interface, and return it."""
        for name, value in port.items():
            if value is not None:
                port[name] = self.mark.once(value)
        return port

    def _mapping(self, value: t.Any) -> t.Any:
        """Return a marked copy of a mapping that instances share, such as a machine type."""
        if value is None:
            return None
        try:
            key = tuple(value.items())
            if key not in self._alike:
                self._alike[key] = self.mark(value)
            return dict(self._alike[key])
        except (AttributeError, TypeError):  # it is not a mapping, or contains a mapping or a list
            return self.mark(value)


def _matches_pattern(port: Row, pattern: str) -> bool:
    by_id = fnmatch.fnmatchcase(str(port["id"] or "").lower(), pattern.lower())
    return by_id or fnmatch.fnmatchcase(str(port["name"] or ""), pattern)
