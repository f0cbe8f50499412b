# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The variables that every host of the inventory has, as a table, and how they are read from an instance's row."""

from __future__ import annotations

import fnmatch
import typing as t

from ansible_collections.magalu.cloud.plugins.module_utils._api import Refused, Row, dig
from ansible_collections.magalu.cloud.plugins.module_utils._read import default_user, interfaces

from ._trust import Marker


class HostVar(t.NamedTuple):
    """A variable: its name without the prefix, its type, what it says, an example."""

    name: str
    type: str
    says: str
    example: t.Any


HOSTVARS = (
    HostVar("id", "str", "The instance's id.", "9ec75090-2872-4f51-8111-53d05d96d2c6"),
    HostVar("name", "str", "Its name, which need not be the host's.", "web-01"),
    HostVar("state", "str", "What it is.", "running"),
    HostVar("status", "str", "What is happening to it.", "completed"),
    HostVar("region", "str", "The region it was listed in.", "br-se1"),
    HostVar("account", "str", "What O(account_name) says.", "production"),
    HostVar("availability_zone", "str", "Its zone.", "br-se1-a"),
    HostVar("machine_type", "dict", "Its machine type.",
            {"id": "f8a2e1c0-5f0e-4d3b-9a59-0c1b8a1d2e3f", "name": "BV1-1-40", "vcpus": 1, "ram": 1024, "disk": 40}),
    HostVar("image", "dict", "Its image.",
            {"id": "4b1d7c1a-3f6d-4c52-8a04-6f7d1c2b3a49", "name": "cloud-ubuntu-24.04 LTS", "platform": "linux"}),
    HostVar("ssh_key_name", "str", "The name of its SSH key.", "deploy"),
    HostVar("labels", "list", "Its labels. The API's edition of 2024 has none.", ["web", "blue"]),
    HostVar("vpc", "dict", "Its VPC.", {"id": "0c3f1f9e-6a6f-4e6b-8d2f-9b7f3a1c5e20", "name": "vpc_default"}),
    HostVar("interfaces", "list", "Its interfaces, the primary one first where the API tells which that is.",
            [{"id": "7d5f0e66-57c3-4b6e-9f0a-0b1c2d3e4f50", "name": "web-01-0", "primary": True, "security_groups": [],
              "private_ipv4": "172.18.0.10", "public_ipv4": "201.54.0.10", "public_ipv6": None}]),
    HostVar("security_groups", "list", "The ids of the security groups of the interface that it is reached by.", []),
    HostVar("private_ipv4", "str", "The private IPv4 address of that interface.", "172.18.0.10"),
    HostVar("public_ipv4", "str", "The public IPv4 address of that interface.", "201.54.0.10"),
    HostVar("public_ipv6", "str", "The public IPv6 address of that interface.", "2801:80:3ea0::10"),
    HostVar("created_at", "str", "When it was created, in UTC.", "2026-11-25T12:00:00Z"),
    HostVar("updated_at", "str", "When it was changed.", "2026-11-25T12:00:30Z"),
    HostVar("error", "dict", "Why its last operation failed.",
            {"slug": "create_instance.capacity.error", "message": "no capacity"}),
    HostVar("default_user", "str", "The user that its image lets in, see O(image_users).", "ubuntu"),
)  # fmt: skip
NAMES = tuple(variable.name for variable in HOSTVARS)
ADDRESSES = ("private_ipv4", "public_ipv4", "public_ipv6")
# Taken over from the row as they are: texts, and mappings of texts and numbers.
_TEXTS = ("id", "name", "state", "status", "availability_zone", "ssh_key_name", "created_at", "updated_at")
_MAPPINGS = ("machine_type", "image", "error")


class Login(t.NamedTuple):
    """How to log in to instances of an image whose name matches."""

    match: str
    user: str | None = None
    connection: str | None = None


WINDOWS = Login("windows*", connection="psrp")


def login(image: t.Any, logins: t.Sequence[Login]) -> Login:
    """The first of the logins whose pattern the image's name matches; what is built in where none does."""
    name = str(dig(image, "name") or "")
    built_in = Login("*", user=default_user(image))
    return next((known for known in (*logins, WINDOWS) if fnmatch.fnmatchcase(name, known.match)), built_in)


def logins(given: t.Any) -> tuple[Login, ...]:
    """What the option `image_users` says."""
    found = []
    for number, entry in enumerate(given or []):
        if not isinstance(entry, dict) or not entry.get("match") or set(entry) - set(Login._fields):
            raise Refused(
                f"image_users[{number}] is {entry!r}, and must be a mapping of match (required), user and connection."
            )
        found.append(Login(**{key: value and str(value) for key, value in entry.items()}))
    return tuple(found)


class Reader:
    """Reads the variables of one instance after the other, marked; all but default_user.

    `interface` is a pattern for the name or id of the interface whose addresses count, in place of the primary one.
    Where the API does not tell which one is primary, each address is the first that any interface has.
    """

    def __init__(self, account: str | None, interface: str | None, user_data: bool) -> None:
        self.account, self.interface = account, interface
        self.texts = (*_TEXTS, "user_data") if user_data else _TEXTS
        self.mark = Marker()
        self._alike: dict[t.Any, dict[str, t.Any]] = {}

    def __call__(self, region: str, row: Row) -> dict[str, t.Any]:
        """The variables without prefix."""
        mark, get = self.mark, row.get
        try:
            found = {name: mark[get(name)] for name in self.texts}
        except TypeError:  # one of them is no text at all
            found = {name: mark(get(name)) for name in self.texts}
        for name in _MAPPINGS:
            found[name] = self._mapping(get(name))
        found["vpc"] = self._mapping(dig(row, "network.vpc"))
        found["region"], found["account"] = mark[region], mark[self.account]
        found["labels"] = mark(get("labels") or [])
        ports = [mark(port) for port in interfaces(row) or []]
        if len(ports) > 1:
            ports.sort(key=lambda port: port["primary"] is not True)
        found["interfaces"], chosen = ports, ports
        if self.interface is not None:
            chosen = [port for port in ports if _named(port, self.interface)][:1]
        elif ports and ports[0]["primary"]:
            chosen = ports[:1]
        for kind in ADDRESSES:
            found[kind] = next((port[kind] for port in chosen if port[kind]), None)
        found["security_groups"] = list(chosen[0]["security_groups"] or ()) if chosen else []
        return found

    def _mapping(self, value: t.Any) -> t.Any:
        """The mapping, marked: a copy, of one that many have, as that of a machine type."""
        if value is None:
            return None
        try:
            key = tuple(value.items())
            if key not in self._alike:
                self._alike[key] = self.mark(value)
            return dict(self._alike[key])
        except (AttributeError, TypeError):  # it is none, or something in it is one
            return self.mark(value)


def _named(port: Row, pattern: str) -> bool:
    return any(fnmatch.fnmatchcase(str(port[key] or ""), pattern) for key in ("name", "id"))
