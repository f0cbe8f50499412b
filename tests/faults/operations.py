# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every operation that changes something: the resources before it, the task with it, and the resources after it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from tests.support.declarations import DECLARED, LARGE, SMALL

Fields = dict[str, Any]
OLD, NEW = "2024-08", "2026-08"
NIC = "6b1f1c5c-9d3c-4c33-8a4e-0a2b22c7f001"
WEB = "0c0d1d7e-4a55-4a51-8111-53d05d96d2c6"
KINDS = {"instance": "instances", "snapshot": "snapshots", "backup": "backups", "custom_image": "images"}
INSTANCE: Fields = {"kind": "instance", "name": "web", "public_ip": True, "machine_type": SMALL, "id": WEB}
PUBLIC: Fields = {**DECLARED, "network": {"associate_public_ip": True}}
RESTORE: Fields = {key: value for key, value in PUBLIC.items() if key != "image"} | {"name": "restored"}
GOLDEN: Fields = {"kind": "custom_image", "name": "golden"}
IMPORT: Fields = {"name": "golden", "url": "https://example.com/golden.qcow2", "platform": "linux"}
THERE = {"status": "completed", "state": "available"}


class Operation(NamedTuple):
    """An operation of the API, the task that makes it, and the expected record at the end."""

    kind: str  # of its resource
    description: str  # its description in messages
    route: str
    options: Fields
    end: Fields | None  # expected fields of the resource with that kind and `name` (... is anything); None: deleted
    seeds: tuple[Fields, ...] = (INSTANCE,)
    name: str = "web"  # of its resource at the end
    creates: bool = False
    takes_time: bool = True  # whether it can fail, or stay in transition, after it was accepted
    editions: tuple[str, ...] = (OLD, NEW)
    region: str = "br-se1"  # of the resource that it creates
    by: str = ""  # the module, if it is not the kind's module
    also: Fields | None = None  # expected fields of the instance web, if that is not the resource

    @property
    def repeats(self) -> bool:
        """Return whether a second run makes the operation again."""
        return "rebooted" in str(self.options)

    @property
    def pattern(self) -> re.Pattern[str]:
        """Return the pattern of the operation's requests."""
        return re.compile(re.sub(r"\{\w+\}", "[^/]+", self.route))

    @property
    def own_module(self) -> str:
        return f"vm_{self.kind.removeprefix('custom_')}"

    @property
    def module(self) -> str:
        return self.by or self.own_module

    @property
    def named(self) -> bool:
        """Return whether unique names of instances make a difference."""
        return self.kind == "instance"

    @property
    def addressed(self) -> bool:
        """Return whether it creates an instance with a public IP."""
        return self.kind == "instance" and self.creates

    @property
    def remedy(self) -> Fields:
        """Return the options that delete the failed resource, as the message of the failure advises."""
        gone = {"name": self.name, "state": "absent", "region": self.region}
        return {**gone, "delete_public_ip": True} if self.kind == "instance" else gone


def _power(verb: str, before: str, after: str) -> Operation:
    state = "rebooted" if verb == "reboot" else after
    # The time is a reboot's only trace.
    route, end = f"POST /v1/instances/{{id}}/{verb}", {"status": "completed", "state": after, "updated_at": ...}
    seed = {**INSTANCE, "state": before}
    return Operation("instance", f"{verb} instance web", route, {"name": "web", "state": state}, end, (seed,))


def _interface(verb: str, wanted: list[str], seed: Fields, end: Fields) -> Operation:
    words = f"{verb} interface {NIC} {'to' if verb == 'attach' else 'from'} instance web"
    options = {"name": "web", "network_interfaces": wanted, "purge_network_interfaces": True}
    route = f"POST /v1/instances/network-interface/{verb}"
    # API version 2024-08 does not return which interface is primary, so nothing is detached there.
    return Operation("instance", words, route, options, {"state": "running", **end}, (seed,), editions=(NEW,))


def _copies(kind: str, editions: tuple[str, ...], copied: str, restored: str) -> dict[str, Operation]:
    there: Fields = {"kind": kind, "name": "day", "instance": WEB}
    path, both = f"/v1/{kind}s", (INSTANCE, there)
    restore = {"name": "day", "state": "restored", "restore": RESTORE}
    copy = {"name": "day", "state": "copied", "destination_region": "br-ne1"}
    running = {"status": "completed", "state": "running"}
    of_web = Operation(kind, f"create {kind} day of instance web", f"POST {path}", {"name": "day", "instance": "web"},
                       THERE, name="day", creates=True, editions=editions)  # fmt: skip
    return {
        f"{kind} create": of_web,
        f"{kind} rename": Operation(kind, f"rename {kind} day to night", f"PATCH {path}/{{id}}/rename",
                                    {"name": "day", "new_name": "night"}, THERE, both, "night", takes_time=False,
                                    editions=editions),
        f"{kind} delete": Operation(kind, f"delete {kind} day", f"DELETE {path}/{{id}}",
                                    {"name": "day", "state": "absent"}, None, both, "day", editions=editions),
        f"{kind} restore": Operation("instance", f"restore instance restored from {kind} day",
                                     f"POST {path}/{{id}}{restored}", restore, running, both, "restored", creates=True,
                                     editions=editions, by=f"vm_{kind}"),
        f"{kind} copy": Operation(kind, f"copy {kind} day to br-ne1", f"POST {path}/{{id}}/copy", copy, THERE, both,
                                  "day", creates=True, editions=(copied,), region="br-ne1"),
    }  # fmt: skip


OPERATIONS: dict[str, Operation] = {
    "instance create": Operation("instance", "create instance web", "POST /v1/instances", PUBLIC,
                                 {"status": "completed", "state": "running", "machine_type.name": SMALL}, (),
                                 creates=True),
    "instance delete": Operation("instance", "delete instance web", "DELETE /v1/instances/{id}",
                                 {"name": "web", "state": "absent", "delete_public_ip": True}, None),
    "instance rename": Operation("instance", "rename instance web to www", "PATCH /v1/instances/{id}/rename",
                                 {"name": "web", "new_name": "www"}, {"state": "running"}, name="www",
                                 takes_time=False),
    "instance retype": Operation("instance", f"retype instance web to {LARGE}", "POST /v1/instances/{id}/retype",
                                 {"name": "web", "machine_type": LARGE},
                                 {"status": "completed", "state": "running", "machine_type.name": LARGE}),
    "instance start": _power("start", "stopped", "running"),
    "instance stop": _power("stop", "running", "stopped"),
    "instance suspend": _power("suspend", "running", "suspended"),
    "instance reboot": _power("reboot", "running", "running"),
    "instance attach": _interface("attach", [NIC], INSTANCE, {"interfaces.1": NIC}),
    "instance detach": _interface("detach", [], {**INSTANCE, "interfaces": [NIC]}, {"interfaces.1": None}),
    **_copies("snapshot", (OLD, NEW), NEW, ""),
    **_copies("backup", (OLD,), OLD, "/restore"),
    "image create": Operation("custom_image", "create custom image golden", "POST /v1/images/custom", IMPORT,
                              {"status": "active"}, (), "golden", creates=True, editions=(NEW,)),
    "image update": Operation("custom_image", "update custom image golden", "PATCH /v1/images/custom/{id}",
                              {"name": "golden", "description": "new"}, {"description": "new"}, (GOLDEN,), "golden",
                              takes_time=False, editions=(NEW,)),
    "image delete": Operation("custom_image", "delete custom image golden", "DELETE /v1/images/custom/{id}",
                              {"name": "golden", "state": "absent"}, None, (GOLDEN,), "golden", editions=(NEW,)),
}  # fmt: skip

_AS_DECLARED: Fields = {"status": "completed", "state": "running", "machine_type.name": SMALL}


def _member(does: str, route: str, options: Fields, end: Fields | None = None, **more: Any) -> Operation:
    """Return the operation on a member of a fleet, which is found and awaited by listing."""
    return Operation("instance", f"{does} instance web", route, options, end, by="vm_fleet", **more)


def _of_web(**options: Any) -> Fields:
    return {"instances": [{"name": "web", **options}]}


OPERATIONS |= {
    "fleet create": _member("create", "POST /v1/instances", {"instances": [{"name": "web"}], "defaults": PUBLIC},
                            _AS_DECLARED, seeds=(), creates=True),
    "fleet retype": OPERATIONS["instance retype"]._replace(options=_of_web(machine_type=LARGE), by="vm_fleet"),
    "fleet stop": OPERATIONS["instance stop"]._replace(options=_of_web(state="stopped"), by="vm_fleet"),
    "fleet reboot": OPERATIONS["instance reboot"]._replace(options=_of_web(state="rebooted"), by="vm_fleet"),
    "fleet prune": _member("delete", "DELETE /v1/instances/{id}",
                           {"count": 0, "prune_match": "web*", "delete_public_ip": True}),
}  # fmt: skip

_RECREATE: Fields = {**PUBLIC, "on_immutable_change": "recreate", "delete_public_ip": True}
_SUSPENDED: Fields = {"name": "web", "machine_type": LARGE, "state": "suspended"}
_COPY: Fields = {"name": "night", "instance": "web", "power_off": True}


def _step(task: str, does: str, route: str) -> Operation:
    """Return one step of a task with several steps; the steps before it are done when the fault strikes."""
    running: Fields = {"status": "completed", "state": "running"}
    if task == "recreate":
        seed = {**INSTANCE, "image": "cloud-debian-12 LTS"}
        return Operation("instance", does, route, _RECREATE, running, (seed,), creates=True)
    if task == "create stopped":
        options = {**PUBLIC, "state": "stopped"}
        return Operation("instance", does, route, options, {**running, "state": "stopped"}, (), creates=True)
    if task == "retype suspended":
        end = {"status": "completed", "state": "suspended", "machine_type.name": LARGE}
        return Operation("instance", does, route, _SUSPENDED, end, ({**INSTANCE, "state": "suspended"},))
    return Operation("snapshot", does, route, _COPY, THERE, name="night", creates=True, also=running)


OPERATIONS |= {
    f"task {task}: {does.split()[0]}": _step(task, does, route)
    for task, does, route in (
        ("create stopped", "stop instance web", "POST /v1/instances/{id}/stop"),
        ("recreate", "delete instance web", "DELETE /v1/instances/{id}"),
        ("recreate", "create instance web", "POST /v1/instances"),
        ("retype suspended", "start instance web", "POST /v1/instances/{id}/start"),
        ("retype suspended", f"retype instance web to {LARGE}", "POST /v1/instances/{id}/retype"),
        ("retype suspended", "suspend instance web", "POST /v1/instances/{id}/suspend"),
        ("snapshot, power off", "stop instance web", "POST /v1/instances/{id}/stop"),
        ("snapshot, power off", "create snapshot night of instance web", "POST /v1/snapshots"),
        ("snapshot, power off", "start instance web", "POST /v1/instances/{id}/start"),
    )
}

# Resources that must be unchanged afterwards. Kinds that an API version lacks are not created.
OTHERS: tuple[Fields, ...] = (
    {"kind": "instance", "name": "other", "public_ip": True, "state": "stopped"},
    {"kind": "snapshot", "name": "other"},
    {"kind": "backup", "name": "other"},
    {"kind": "custom_image", "name": "other"},
)
