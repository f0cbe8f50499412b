# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A fleet compared with a bare script that sends the same requests, and with loops over vm_instance."""

from __future__ import annotations

import re
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import requests

from tests.benchmarks.processes import Cost, cost, playbook, serve_simulator

DEFAULTS = {"machine_type": "BV1-1-40", "image": "cloud-ubuntu-24.04 LTS", "ssh_key_name": "deploy",
            "network": {"associate_public_ip": False}, "state": "running"}  # fmt: skip
PING: dict[str, Any] = {"ansible.builtin.ping": {}}
PROVISIONING = 5  # seconds
LOOPED = 5  # members of a measured loop: vm_instance first reads after 10 s
AT_ONCE = 50  # members of a loop with async
SIZES = (50, 200, 1000, 10_000)
TURNS = 3
LARGE = 10_000  # members of a fleet that is measured only once
FLOOR = """
import os, sys, time
from concurrent.futures import ThreadPoolExecutor
import requests
session = requests.Session()
session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=10))
session.headers["x-api-key"] = os.environ["MGC_API_KEY"]
url, count = os.environ["MGC_API_URL"].format(region="br-ne1") + "/v1/instances", int(sys.argv[1])
def create(number):
    body = {"name": "web-%04d" % number, "machine_type": {"name": "BV1-1-40"}, "image": {"name": "cloud-ubuntu-24.04 LTS"},
            "ssh_key_name": "deploy", "network": {"associate_public_ip": False}}
    session.post(url, json=body).raise_for_status()
with ThreadPoolExecutor(10) as pool:
    list(pool.map(create, range(count)))
while True:
    rows = []
    for offset in range(0, count, 1000):
        page = {"_limit": 1000, "_offset": offset, "_sort": "created_at:asc,id:asc"}
        rows += session.get(url, params=page).json()["instances"]
    if len(rows) == count and all(row["status"] == "completed" for row in rows):
        break
    time.sleep(1)
"""


def measure(sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Return seconds and ratios by the number of members, for instant provisioning and for provisioning in 5 s."""
    found: dict[str, Any] = {}
    for provisioning, switches in {"instant": ["--instant"], "5 s": ["--duration", f"create={PROVISIONING}"]}.items():
        with _playing(switches) as play:
            loops = _loops(play)
        for size in sizes:
            with _playing(switches) as play:
                row = _fleet(play, size)
            ping, each = loops["ping"], loops["each"]
            row[f"loop, extrapolated from {LOOPED}"] = ping + each * size
            at_once = loops["at once"]
            row["loop with async" if size == AT_ONCE else f"loop with async, extrapolated from {AT_ONCE}"] = (
                ping + (at_once - ping) * size / AT_ONCE
            )
            found[f"{size:,} members, {provisioning} provisioning"] = {
                key: round(value, 2) for key, value in row.items()
            }
    return found


def resized(size: int = 200) -> dict[str, float]:
    """Return the share of a run that the read of each member by id before its first change takes."""
    fleet = {
        "magalu.cloud.vm_fleet": {
            "defaults": {"machine_type": "BV2-2-40"}, "count": size, "name_format": "instance-{index:05d}",
            "results": "brief",
        },
    }  # fmt: skip
    turns = []
    for _turn in range(TURNS):
        with _playing([f"--instances={size}"]) as play:
            seconds = play.seconds(fleet)
            control = play.env["MGC_API_URL"].partition("/{region}")[0]
            asked = requests.get(f"{control}/_simulator/requests", timeout=60).json()
        first = next(number for number, request in enumerate(asked) if request["method"] == "POST")
        reads = [one["at"] for one in asked[:first] if re.fullmatch(r"/v1/instances/[0-9a-f-]{36}", one["path"])]
        assert len(reads) == size, "each is read once before anything is changed"
        turns.append({"seconds": seconds, "seconds of reads": asked[first]["at"] - reads[0]})
    found = {key: statistics.median(turn[key] for turn in turns) for key in turns[0]}
    found["reads, as a share of the run"] = found["seconds of reads"] / found["seconds"]
    return {key: round(value, 3) for key, value in found.items()}


class _Play(NamedTuple):
    """A folder for plays, and the environment of one simulator."""

    folder: Path
    env: dict[str, str]

    def cost(self, *tasks: dict[str, Any]) -> Cost:
        return cost(["ansible-playbook", "-i", "localhost,", playbook(self.folder / "play.yml", *tasks)], self.env)

    def seconds(self, *tasks: dict[str, Any]) -> float:
        return self.cost(*tasks).seconds


@contextmanager
def _playing(switches: list[str]) -> Iterator[_Play]:
    with serve_simulator(*switches) as env, tempfile.TemporaryDirectory() as folder:
        play = _Play(Path(folder), {**env, "ANSIBLE_ASYNC_DIR": folder})  # ansible-core 2.16 uses two home folders
        play.seconds(PING)  # a warm-up
        yield play


def _loops(play: _Play) -> dict[str, float]:
    """Return the seconds of a ping, of each member of a loop, and of a loop with async."""
    ping = play.seconds(PING)
    one = {"magalu.cloud.vm_instance": {"name": "{{ 'loop-%04d' | format(item) }}", **DEFAULTS}}
    each = (play.seconds({**one, "loop": list(range(LOOPED))}) - ping) / LOOPED
    begun = {**one, "loop": list(range(LOOPED, LOOPED + AT_ONCE)), "async": 600, "poll": 0, "register": "begun"}
    finished = {"ansible.builtin.async_status": {"jid": "{{ item.ansible_job_id }}"}, "loop": "{{ begun.results }}",
                "register": "done", "until": "done is finished", "retries": 600, "delay": 1}  # fmt: skip
    return {"ping": ping, "each": each, "at once": play.seconds(begun, finished)}


def _fleet(play: _Play, size: int) -> dict[str, float]:
    """Return medians of several turns (one turn of a large fleet): the floor, a creation by vm_fleet, an idle run."""
    turns = [_turn(play, size, turn) for turn in range(1 if size >= LARGE else TURNS)]
    return {key: statistics.median(turn[key] for turn in turns) for key in turns[0]}


def _turn(play: _Play, size: int, turn: int) -> dict[str, float]:
    fleet = {
        "magalu.cloud.vm_fleet": {
            "defaults": DEFAULTS, "count": size, "name_format": "web-{index:04d}", "results": "brief",
        },
    }  # fmt: skip
    control = play.env["MGC_API_URL"].partition("/{region}")[0]
    requests.post(f"{control}/_simulator/reset", timeout=60).raise_for_status()
    ping = play.seconds(PING)
    floor = cost(["python", "-c", FLOOR, str(size)], play.env).seconds
    creation = play.cost(fleet)
    created = creation.seconds
    asked = requests.get(f"{control}/_simulator/requests", timeout=60).json()
    mine = [request for request in asked if request["region"] == "br-se1"]
    again = play.cost(fleet)
    return {
        "ping": ping, "floor": floor, "vm_fleet": created, "vm_fleet less ping, to the floor": (created - ping) / floor,
        "vm_fleet to the floor": created / floor, "again, less ping": again.seconds - ping,
        "megabytes": creation.megabytes, "milliseconds a member": 1000 * (created - ping) / size,
        "again, megabytes": again.megabytes, **_waiting(mine),
    }  # fmt: skip


def _waiting(asked: list[dict[str, Any]]) -> dict[str, float]:
    """Return the reads for each member, and the mean delay until a list shows that a member is ready."""
    reads = [request["at"] for request in asked if request["method"] == "GET"]
    ready = [request["at"] + PROVISIONING for request in asked if request["method"] == "POST"]
    late = [min((read for read in reads if read >= end), default=end) - end for end in ready]
    return {"reads a member": len(reads) / len(ready), "seconds late": statistics.mean(late)}
