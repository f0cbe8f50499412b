# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a declaration of an instance may say, how it is checked before the first request, and how it is followed."""

from __future__ import annotations

import typing as t

from ._api import INSTANCES, SNAPSHOTS, dig
from ._plan_instance import Want, plan
from ._read import Seen, find
from ._step import CatalogsNeeded, Look, Memory, Plan, Task

if t.TYPE_CHECKING:
    from ._client import Client

STATES = ["present", "running", "stopped", "suspended", "rebooted", "absent"]
_TEXTS: dict[str, t.Any] = {"type": "list", "elements": "str"}
_TEXT: dict[str, t.Any] = {"type": "str"}
_ALTERNATIVE = dict.fromkeys(("machine_type", "availability_zone"), _TEXT)
NETWORK: dict[str, t.Any] = {
    **dict.fromkeys(("vpc", "interface"), _TEXT),
    **dict.fromkeys(("security_groups", "subnets"), _TEXTS),
    "associate_public_ip": {"type": "bool"},
}
ONE_OF_NETWORK = [("interface", other) for other in NETWORK if other != "interface"]
ONE_OF = [("id", "new_name"), ("user_data", "user_data_base64"), ("image", "snapshot", "backup")]
SPEC: dict[str, t.Any] = {
    **dict.fromkeys(("id", "name", "new_name", "machine_type", "availability_zone", "image"), _TEXT),
    **dict.fromkeys(("snapshot", "backup"), _TEXT),
    "ssh_key_name": {"type": "str", "no_log": False},
    "network": {"type": "dict", "options": NETWORK, "mutually_exclusive": ONE_OF_NETWORK},
    **dict.fromkeys(("network_interfaces", "labels", "volumes", "protect_names", "protect_labels"), _TEXTS),
    "purge_network_interfaces": {"type": "bool", "default": False},
    **{name: {"type": "str", "no_log": True} for name in ("user_data", "user_data_base64")},
    "delete_public_ip": {"type": "bool"},
    "on_immutable_change": {"type": "str", "default": "warn", "choices": ["warn", "fail", "recreate", "ignore"]},
    "on_failed": {"type": "str", "default": "fail", "choices": ["fail", "replace"]},
    "alternatives": {**_TEXTS, "elements": "dict", "options": _ALTERNATIVE, "required_one_of": [(*_ALTERNATIVE,)]},
    "alternatives_on": {**_TEXTS, "default": ["capacity"], "choices": ["capacity", "quota"]},
    "state": {"type": "str", "default": "present", "choices": STATES},
}


# Options whose values can be wrong in a way that is seen without a request.
_CHECKED = ("id", "new_name", "network.interface", "network.security_groups", "network.subnets", "network_interfaces",
            "user_data", "user_data_base64", "alternatives")  # fmt: skip


def wanted(params: dict[str, t.Any]) -> Want:
    """The options as the planner takes them. Raises `Refused` for what can be seen to be wrong without a request."""
    want = {name: params.get(name) for name in SPEC}
    if any(dig(want, option) is not None for option in _CHECKED) or len(want["name"] or "") > 255:
        from . import _checks

        want["user_data_base64"] = _checks.check(want)
    return want


def observer(client: Client, want: Want) -> t.Callable[[Look], Seen]:
    """Reads what there is of the declared instance: one list, or one read by id."""

    def observe(look: Look) -> Seen:
        names = [] if want["id"] else [name for name in (want["name"], want["new_name"]) if name]
        found = find(client, names, look.ids.get("instance") or want["id"], look.listing)
        row, renamed = found.get(want["name"] or "") or found.get(""), found.get(want["new_name"] or "-")
        seen = {"instance": row or renamed, "renamed": renamed}
        if want["snapshot"] or want["backup"]:
            from . import _copies

            seen.update(_copies.source(client, want, look, seen["instance"]))
        return seen

    return observe


def planner(client: Client, want: Want) -> t.Callable[[Seen, Memory], Plan]:
    """The plan, with the catalogs read once, and only where the plan depends on them."""
    catalogs: dict[str, t.Any] = {}

    def planned(seen: Seen, memory: Memory) -> Plan:
        try:
            return plan(seen, want, {**catalogs, **seen} if catalogs else None, memory)
        except CatalogsNeeded:
            from . import _declare

            catalogs.update(_declare.catalogs(client, want, seen))
            return plan(seen, want, {**catalogs, **seen}, memory)

    return planned


def task(client: Client, want: Want) -> Task:
    """The declaration as what a module, or a fleet, leads to its goal."""
    kinds = {"instance": INSTANCES, "source": SNAPSHOTS}
    label = f"instance {want['name'] or want['id']}"

    def recover(seen: Seen, memory: Memory) -> Plan | None:
        from . import _plan_lifecycle

        return _plan_lifecycle.recovery(seen.get("instance"), want, memory)

    return Task(label, observer(client, want), planner(client, want), kinds, {"instance": "instance"}, {}, recover)
