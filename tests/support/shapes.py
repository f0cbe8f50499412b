# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The keys and types in the result of every module in every outcome, which playbooks rely on.

`python -m tests.support.shapes` writes the current shapes into shapes.json, with which the test compares.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tests.conftest import ROOT  # importing it also links the collection, for a run of this file
from tests.support.declarations import DECLARED, LARGE
from tests.support.module import result

FILE = ROOT / "tests/support/shapes.json"
TEXT = "#!/bin/sh\ntrue\n"
ANSIBLES = ("invocation", "warnings", "exception")  # keys that Ansible adds, each ansible-core others
STOP = {"operation": "POST /v1/instances/{id}/stop", "nth": "every"}
LIST = {"operation": "GET /v1/instances", "nth": "every"}
NO = {"kind": "status", "status": 403, "body": {"slug": "forbidden", "message": "No", "details": {}}}


class Outcome(NamedTuple):
    """The options of a task, the resources before it, and a fault."""

    options: dict[str, Any]
    seeds: tuple[dict[str, Any], ...] = ()
    fault: dict[str, Any] | None = None
    settings: dict[str, Any] | None = None
    check: bool = False
    diff: bool = False
    env: dict[str, str] | None = None
    module: str = "vm_instance"


WEB = ({"kind": "instance", "name": "web", "user_data": "IyEvYmluL3NoCnRydWUK", "public_ip": True, "labels": ["a"]},)
GOLDEN = ({"kind": "custom_image", "name": "golden"},)
COPIES = ({"kind": "snapshot", "name": "web-1"}, {"kind": "backup", "name": "web-2"})
ABSENT = {"name": "web", "state": "absent"}
STOPPED = {"name": "web", "state": "stopped"}
LARGER = {**DECLARED, "machine_type": LARGE, "state": "stopped"}
OLD = {"edition": "2024-08"}
FULL = {"capacity": {DECLARED["machine_type"]: 0}}

OUTCOMES = {
    "created": Outcome({**DECLARED, "user_data": TEXT, "labels": ["a"]}),
    "created, with a public address": Outcome({**DECLARED, "network": {"associate_public_ip": True}}),
    "created, in check mode": Outcome({**DECLARED, "user_data": TEXT}, check=True),
    "created, without waiting": Outcome({**DECLARED, "wait": False}),
    "created, with a warning": Outcome({**DECLARED, "ssh_key_name": None}),
    "created, with API version 2024-08": Outcome(DECLARED, settings=OLD),
    "created, with a diff": Outcome({**DECLARED, "user_data": TEXT, "labels": ["a"]}, diff=True),
    "unchanged": Outcome(DECLARED, WEB),
    "unchanged, in check mode with a diff": Outcome(DECLARED, WEB, check=True, diff=True),
    "unchanged, with API version 2024-08": Outcome(DECLARED, WEB, settings=OLD),
    "changed": Outcome(LARGER, WEB),
    "changed, in check mode": Outcome(LARGER, WEB, check=True),
    "changed, with a diff": Outcome(LARGER, WEB, diff=True),
    "renamed": Outcome({"name": "web", "new_name": "www"}, WEB),
    "recreated, which leaves an address": Outcome({**DECLARED, "image": "cloud-debian-12 LTS",
                                                   "on_immutable_change": "recreate"}, WEB),
    "absent": Outcome({**ABSENT, "delete_public_ip": True}, WEB),
    "absent, which leaves an address": Outcome(ABSENT, WEB),
    "absent, in check mode with a diff": Outcome(ABSENT, WEB, check=True, diff=True),
    "absent, as it was": Outcome(ABSENT),
    "failed by an option": Outcome({"name": "web", "user_data_base64": "%"}),
    "failed by a declaration": Outcome({**DECLARED, "image": "cloud-debian"}),
    "failed by what cannot be changed": Outcome({**DECLARED, "ssh_key_name": "mine",
                                                 "on_immutable_change": "fail"}, WEB),
    "failed without credentials": Outcome(DECLARED, env={"MGC_API_KEY": ""}),
    "failed before a change": Outcome(DECLARED, fault={**LIST, **NO}),
    "failed in a change": Outcome(STOPPED, WEB, {**STOP, **NO}),
    "failed after a change": Outcome(LARGER, WEB, {**STOP, **NO}),
    "failed after a creation": Outcome({**DECLARED, "state": "stopped"}, fault={**STOP, **NO}),
    "failed in the creation itself": Outcome(DECLARED, fault={"operation": "POST /v1/instances", "kind": "failing",
                                                              "value": "creating_error"}),
    "created as an alternative": Outcome({**DECLARED, "alternatives": [{"machine_type": LARGE}]}, settings=FULL),
    "failed in all alternatives": Outcome({**DECLARED, "alternatives": [{"availability_zone": "br-se1-b"}]},
                                          settings=FULL),
    "timed out": Outcome(STOPPED, WEB, {**STOP, "kind": "stuck"}),
    **{kind: Outcome({"kind": kind}, (*WEB, *COPIES, *GOLDEN), module="vm_info")
       for kind in ("instances", "snapshots", "images", "custom_images", "machine_types")},
    "instances, with user data": Outcome({"kind": "instances", "user_data": True}, WEB, module="vm_info"),
    **{f"{kind}, with API version 2024-08": Outcome({"kind": kind}, (*WEB, *COPIES), settings=OLD, module="vm_info")
       for kind in ("instances", "snapshots", "backups", "images", "machine_types")},
    "none": Outcome({"kind": "instances", "name": "web"}, module="vm_info"),
    "none, by id": Outcome({"id": "9ec75090-2872-4f51-8111-53d05d96d2c6"}, module="vm_info"),
    "failed by a filter": Outcome({"kind": "instances", "usable": True}, module="vm_info"),
    "failed by the edition": Outcome({"kind": "backups"}, module="vm_info"),
    "failed by the API": Outcome({"kind": "instances"}, fault={**LIST, **NO}, module="vm_info"),
    "fleet created": Outcome({"defaults": DECLARED, "instances": [{"name": "web"}, {"name": "db"}]}, module="vm_fleet"),
    "fleet unchanged, brief": Outcome({"instances": [{"name": "web"}], "results": "brief"}, WEB, module="vm_fleet"),
    "fleet in check mode, with a diff": Outcome({"instances": [STOPPED]}, WEB, check=True, diff=True, module="vm_fleet"),
    "fleet pruned": Outcome({"count": 0, "prune_match": "web*"}, WEB, module="vm_fleet"),
    "fleet of which one fails": Outcome({"instances": [STOPPED, {"name": "db"}]}, WEB, {**STOP, **NO}, module="vm_fleet"),
    "fleet created, without waiting": Outcome({"defaults": DECLARED, "instances": [{"name": "web"}], "wait": False},
                                              module="vm_fleet"),
    "fleet changed, with a diff": Outcome({"instances": [LARGER]}, WEB, diff=True, module="vm_fleet"),
    "fleet of which none is begun": Outcome({"instances": [STOPPED, {**DECLARED, "name": "db", "image": "no"}],
                                             "max_failures": "0"}, WEB, module="vm_fleet"),
    "fleet of which one fails after its creation": Outcome({"instances": [{**DECLARED, "state": "stopped"}]},
                                                           fault={**STOP, **NO}, module="vm_fleet"),
    "fleet of which one timed out": Outcome({"instances": [STOPPED], "wait_timeout": 30}, WEB,
                                            {**STOP, "kind": "stuck"}, module="vm_fleet"),
    "fleet created by an alternative": Outcome({"instances": [{**DECLARED, "alternatives": [{"machine_type": LARGE}]}]},
                                               settings={"capacity": {DECLARED["machine_type"]: 0}}, module="vm_fleet"),
    "fleet failed by an option": Outcome({"instances": [STOPPED, STOPPED]}, module="vm_fleet"),
    "fleet failed by what would be pruned": Outcome({"count": 0, "prune_match": "web*", "prune_max": "0"}, WEB,
                                                    module="vm_fleet"),
    "fleet failed before a change": Outcome({"instances": [STOPPED]}, fault={**LIST, **NO}, module="vm_fleet"),
    "fleet failed before pruning": Outcome({"instances": [{"name": "web"}], "prune_match": "web*"}, WEB,
                                           {**LIST, **NO, "nth": 2, "times": 9}, module="vm_fleet"),
}  # fmt: skip

DAY = {"name": "day", "instance": "web"}
RESTORED = {"name": "one", "state": "restored", "restore": {**DECLARED, "name": "db"}}
RESTORED["restore"].pop("image")  # type: ignore[attr-defined]
PRUNED = {"state": "pruned", "all": True, "keep_last": 1}
IMPORTED = {"name": "golden", "url": "https://example.com/image.qcow2", "platform": "linux"}
WINDOWS = ({"kind": "instance", "name": "win", "image": "windows-server-2022", "machine_type": "BV2-4-40"},)
for kind in ("snapshot", "backup"):
    there = (*WEB, *({"kind": kind, "name": name, "created_at": at} for name, at in (("one", 1), ("two", 2))))
    for name, outcome in {
        "created": Outcome(DAY, WEB),
        "created, in check mode with a diff": Outcome(DAY, WEB, check=True, diff=True),
        "created, with the power off": Outcome({**DAY, "power_off": True}, WEB),
        "created, without waiting": Outcome({**DAY, "wait": False}, WEB),
        "unchanged": Outcome({"name": "one"}, there),
        "failed by what is another's": Outcome({"name": "one", "instance": "web"}, there),
        "renamed": Outcome({"name": "one", "new_name": "three"}, there),
        "restored": Outcome(RESTORED, there),
        "restored, in check mode": Outcome(RESTORED, there, check=True),
        "restored as an alternative": Outcome(
            {
                **RESTORED,
                "restore": {
                    **RESTORED["restore"],
                    "alternatives": [{"machine_type": LARGE}],
                },
            },
            there,
            settings=FULL,
        ),
        "pruned": Outcome(PRUNED, there),
        "pruned, in check mode with a diff": Outcome(PRUNED, there, check=True, diff=True),
        "absent": Outcome({"name": "one", "state": "absent"}, there),
        "absent, as it was": Outcome({"name": "day", "state": "absent"}, there),
        "failed by an option": Outcome({"state": "pruned"}),
        "failed by a declaration": Outcome(DAY),
        "failed before a change": Outcome(DAY, fault={"operation": f"GET /v1/{kind}s", "nth": "every", **NO}),
        "failed in a change": Outcome(DAY, WEB, {"operation": f"POST /v1/{kind}s", "nth": "every", **NO}),
    }.items():
        edition = OLD if kind == "backup" else {}
        settings = {**(outcome.settings or {}), **edition}
        OUTCOMES[f"{kind} {name}"] = outcome._replace(module=f"vm_{kind}", settings=settings)
for name, outcome in {
    "imported": Outcome(IMPORTED),
    "imported, in check mode with a diff": Outcome(IMPORTED, check=True, diff=True),
    "described": Outcome({"name": "golden", "description": "new"}, GOLDEN),
    "unchanged": Outcome({"name": "golden"}, GOLDEN),
    "absent": Outcome({"name": "golden", "state": "absent"}, GOLDEN),
    "failed by a declaration": Outcome({"name": "golden"}),
    "failed in a change": Outcome(IMPORTED, fault={"operation": "POST /v1/images/custom", "nth": "every", **NO}),
}.items():
    OUTCOMES[f"image {name}"] = outcome._replace(module="vm_image")
for name, outcome in {
    "read": Outcome({"name": "win"}, WINDOWS),
    "none": Outcome({"name": "win"}),
}.items():
    OUTCOMES[f"password {name}"] = outcome._replace(module="vm_windows_password")


def of(sim: Any, outcome: Outcome) -> dict[str, Any]:
    """Return the result of the module for an outcome."""
    # A list returns the API's rows: here with the nulls that the API may leave out.
    sim.reset(**{"nulls": "sent", **(outcome.settings or {})})
    for seed in outcome.seeds:
        sim.seed(**seed)
    if outcome.fault:
        sim.add_fault(**outcome.fault)
    return result(sim, outcome.module, outcome.options, outcome.check, outcome.diff, outcome.env)


def shape(value: Any) -> Any:
    """Return the value with the names of types instead of values; a list has each shape once."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items() if key not in ANSIBLES}
    if isinstance(value, list):
        shapes = [shape(item) for item in value]
        return [each for number, each in enumerate(shapes) if each not in shapes[:number]]
    return "null" if value is None else type(value).__name__


def all_shapes(sim: Any) -> dict[str, Any]:
    """Return the shape of each result, by module and outcome."""
    return {f"{outcome.module}: {name}": shape(of(sim, outcome)) for name, outcome in OUTCOMES.items()}


def main() -> None:
    from simulator import running

    with running(speed=0) as sim:
        FILE.write_text(json.dumps(all_shapes(sim), indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
