# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The keys and types of every module's result in every outcome, as users' playbooks rely on them.

`python -m tests.playbooks.shapes` writes those of today into shapes.json, which the test compares with.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from tests.playbooks.module import result
from tests.playbooks.play import DECLARED, LARGE

FILE = Path(__file__).with_name("shapes.json")
TEXT = "#!/bin/sh\ntrue\n"
ANSIBLES = ("invocation", "warnings", "exception")  # what it adds to results itself, and each core differently
STOP = {"operation": "POST /v1/instances/{id}/stop", "nth": "every"}
LIST = {"operation": "GET /v1/instances", "nth": "every"}
NO = {"kind": "status", "status": 403, "body": {"slug": "forbidden", "message": "No", "details": {}}}


class Outcome(NamedTuple):
    """What is there, what is asked for, and what goes wrong."""

    options: dict[str, Any]
    seeds: tuple[dict[str, Any], ...] = ()
    fault: dict[str, Any] | None = None
    settings: dict[str, Any] | None = None
    check: bool = False
    diff: bool = False
    env: dict[str, str] | None = None
    module: str = "vm_instance"


WEB = ({"kind": "instance", "name": "web", "user_data": "IyEvYmluL3NoCnRydWUK", "public_ip": True, "labels": ["a"]},)
COPIES = ({"kind": "snapshot", "name": "web-1"}, {"kind": "backup", "name": "web-2"})
ABSENT = {"name": "web", "state": "absent"}
STOPPED = {"name": "web", "state": "stopped"}
LARGER = {**DECLARED, "machine_type": LARGE, "state": "stopped"}
OLD = {"edition": "2024-08"}

OUTCOMES = {
    "created": Outcome({**DECLARED, "user_data": TEXT, "labels": ["a"]}),
    "created, with a public address": Outcome({**DECLARED, "network": {"associate_public_ip": True}}),
    "created, in check mode": Outcome({**DECLARED, "user_data": TEXT}, check=True),
    "created, without waiting": Outcome({**DECLARED, "wait": False}),
    "created, with a warning": Outcome({**DECLARED, "ssh_key_name": None}),
    "created, with the edition of 2024": Outcome(DECLARED, settings=OLD),
    "created, with a diff": Outcome({**DECLARED, "user_data": TEXT, "labels": ["a"]}, diff=True),
    "unchanged": Outcome(DECLARED, WEB),
    "unchanged, in check mode with a diff": Outcome(DECLARED, WEB, check=True, diff=True),
    "unchanged, with the edition of 2024": Outcome(DECLARED, WEB, settings=OLD),
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
    "timed out": Outcome(STOPPED, WEB, {**STOP, "kind": "stuck"}),
    **{kind: Outcome({"kind": kind}, (*WEB, *COPIES), module="vm_info")
       for kind in ("instances", "snapshots", "images", "machine_types")},
    "instances, with user data": Outcome({"kind": "instances", "user_data": True}, WEB, module="vm_info"),
    **{f"{kind}, with the edition of 2024": Outcome({"kind": kind}, (*WEB, *COPIES), settings=OLD, module="vm_info")
       for kind in ("instances", "snapshots", "backups", "images", "machine_types")},
    "none": Outcome({"kind": "instances", "name": "web"}, module="vm_info"),
    "none, by id": Outcome({"id": "9ec75090-2872-4f51-8111-53d05d96d2c6"}, module="vm_info"),
    "failed by a filter": Outcome({"kind": "instances", "usable": True}, module="vm_info"),
    "failed by the edition": Outcome({"kind": "backups"}, module="vm_info"),
    "failed by the API": Outcome({"kind": "instances"}, fault={**LIST, **NO}, module="vm_info"),
}  # fmt: skip


def of(sim: Any, outcome: Outcome) -> dict[str, Any]:
    """The result of an outcome."""
    sim.reset(**(outcome.settings or {}))
    for seed in outcome.seeds:
        sim.seed(**seed)
    if outcome.fault:
        sim.add_fault(**outcome.fault)
    return result(sim, outcome.module, outcome.options, outcome.check, outcome.diff, outcome.env)


def shape(value: Any) -> Any:
    """The value without its values: types by name; of a list what is in it, each once."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items() if key not in ANSIBLES}
    if isinstance(value, list):
        shapes = [shape(item) for item in value]
        return [each for number, each in enumerate(shapes) if each not in shapes[:number]]
    return "null" if value is None else type(value).__name__


def all_shapes(sim: Any) -> dict[str, Any]:
    """Module and outcome, and the shape of what comes of it."""
    return {f"{outcome.module}: {name}": shape(of(sim, outcome)) for name, outcome in OUTCOMES.items()}


def main() -> None:
    from simulator import running

    with running(speed=0) as sim:
        FILE.write_text(json.dumps(all_shapes(sim), indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
