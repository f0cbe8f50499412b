# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs that are killed at a request, and the resources that they leave behind.

`python -m tests.faults.killed` runs tasks in a process of its own, which kills itself at a request. It reads from stdin
the number of the request (0 for none), the tasks, and the URL of the simulator, whose clock it uses.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from typing import Any, NamedTuple

import requests

from tests.conftest import ROOT
from tests.faults.operations import DECLARED, INSTANCE, LARGE, NEW, OLD, OTHERS, PUBLIC, RESTORE, WEB, Fields
from tests.faults.wire import Killed, kill_at_request
from tests.support.module import result

Tasks = list[tuple[str, Fields]]  # modules and their options


class Scenario(NamedTuple):
    """Tasks that follow each other, as in a play, and the resources before them."""

    tasks: Tasks
    seeds: tuple[Fields, ...] = (INSTANCE,)
    editions: tuple[str, ...] = (OLD, NEW)
    settings: tuple[tuple[str, Any], ...] = ()  # settings of the simulator


def _copied(kind: str) -> Scenario:
    task = (f"vm_{kind}", {"name": "night", "instance": "web", "power_off": True})
    return Scenario([task], editions=(OLD,) if kind == "backup" else (OLD, NEW))


def _restored(kind: str, module: str, options: Fields) -> Scenario:
    there = {"kind": kind, "name": "day", "instance": WEB}
    return Scenario([(module, options)], (INSTANCE, there), (OLD,) if kind == "backup" else (OLD, NEW))


OTHER_IMAGE = {**INSTANCE, "image": "cloud-debian-12 LTS"}
RECREATED: Fields = {**PUBLIC, "on_immutable_change": "recreate", "delete_public_ip": True}
STATE_RESTORED: Fields = {"name": "day", "state": "restored", "restore": RESTORE}
FLEET: Fields = {"defaults": PUBLIC, "name_format": "web-{index}", "concurrency": 1}
SMALLER: Fields = {"defaults": {**PUBLIC, "machine_type": LARGE}, "name_format": "web-{index}", "count": 1,
                   "state": "stopped", "prune_match": "web-*", "delete_public_ip": True}  # fmt: skip
SCENARIOS: dict[str, Scenario] = {
    "create, wait, retype, stop": Scenario([
        ("vm_instance", PUBLIC), ("vm_instance", {"name": "web", "machine_type": LARGE, "state": "stopped"}),
    ], ()),
    "create suspended": Scenario([("vm_instance", {**DECLARED, "state": "suspended"})], ()),
    "restore a snapshot": _restored("snapshot", "vm_snapshot", STATE_RESTORED),
    "restore a backup": _restored("backup", "vm_backup", STATE_RESTORED),
    "create from a snapshot": _restored("snapshot", "vm_instance", {**RESTORE, "snapshot": "day", "state": "stopped"}),
    "snapshot with power_off": _copied("snapshot"),
    "backup with power_off": _copied("backup"),
    "a fleet created, changed and pruned": Scenario([("vm_fleet", {**FLEET, "count": 2}), ("vm_fleet", SMALLER)], (),
                                                    (NEW,)),
    "a fleet recreated in batches": Scenario([("vm_fleet", {**FLEET, "count": 2, "batch": "1", "defaults": RECREATED})], (
        {**OTHER_IMAGE, "name": "web-1", "id": None}, {**OTHER_IMAGE, "name": "web-2", "id": None},
    ), (OLD,)),
    "recreate": Scenario([("vm_instance", RECREATED)], (OTHER_IMAGE,)),
    "an alternative": Scenario(
        [("vm_instance", {**PUBLIC, "alternatives": [{"machine_type": LARGE}], "state": "stopped"})], (),
        settings=(("capacity", {PUBLIC["machine_type"]: 0}),),
    ),
    "recreate stopped": Scenario([("vm_instance", {**RECREATED, "state": "stopped"})], (OTHER_IMAGE,)),
}  # fmt: skip


def seed_scenario(sim: Any, seeds: tuple[Fields, ...], **settings: Any) -> None:
    """Create the scenario's resources, always at the same fraction of a second.

    The API returns whole seconds, on which waits depend.
    """
    sim.reset(**settings)
    sim.advance(-sim.now() % 1 + 0.5)
    for seed in (*OTHERS, *seeds):
        sim.seed(**{"created_at": sim.now() - 3600, **seed})


def run_tasks(sim: Any, tasks: Tasks) -> str | None:
    """Run the tasks, and return the message of a task that failed."""
    random.seed(0)  # the same random pauses in each run
    for module, options in tasks:
        done = result(sim, module, options)
        if done.get("failed"):
            return str(done["msg"])
    return None


def run_until_killed(sim: Any, tasks: Tasks, number: int, when: str) -> bool:
    """Run the tasks in this process, end at that request as if killed, and return whether the request was reached."""

    def kill() -> None:
        raise Killed

    try:
        with kill_at_request(number, when, kill):
            run_tasks(sim, tasks)
    except Killed:
        return True
    return False


def list_resources(sim: Any) -> list[tuple[Any, ...]]:
    """Return all resources without fields that differ from run to run, and the instances with public IPs."""
    rows: list[tuple[Any, ...]] = []
    for region, kinds in sim.state().items():
        names = {row["id"]: row["name"] for row in kinds["instances"]}
        for kind in ("instances", "snapshots", "backups", "images"):
            rows += [(region, kind, row["name"], row["status"], row.get("state"), _type(row)) for row in kinds[kind]]
        rows += [(region, "public_ips", names.get(ip["instance"])) for ip in kinds["public_ips"]]
    return sorted(rows, key=str)


def _type(row: Fields) -> Any:
    return (row.get("machine_type") or {}).get("name")


class Remote:
    """A simulator in another process, with the methods that a run needs."""

    def __init__(self, url: str, environment: dict[str, str]) -> None:
        self.clock, self.environment = f"{url}/_simulator/clock", environment

    def now(self) -> float:
        return float(requests.get(self.clock, timeout=10).json()["now"])

    def advance(self, seconds: float) -> None:
        requests.post(self.clock, json={"advance": seconds}, timeout=10)


def start_process(sim: Any, tasks: Tasks, number: int = 0, when: str = "before") -> subprocess.Popen[str]:
    """Start a process that runs the tasks, kills itself at that request, and else prints the failure."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.killed"], env=environment, text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin
    given = {"url": f"http://127.0.0.1:{sim.port}", "environment": sim.environment, "tasks": tasks, "number": number,
             "when": when}  # fmt: skip
    process.stdin.write(json.dumps(given))
    process.stdin.close()
    process.stdin = None
    return process


def main() -> None:
    asked = json.load(sys.stdin)
    sim = Remote(asked["url"], asked["environment"])
    with kill_at_request(asked["number"], asked["when"], lambda: os.kill(os.getpid(), signal.SIGKILL)):
        failed = run_tasks(sim, asked["tasks"])
    print(json.dumps(failed))


if __name__ == "__main__":
    main()
