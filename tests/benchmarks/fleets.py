# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A fleet against a bare script that sends the same requests, and against loops over vm_instance."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import requests

from tests.benchmarks.processes import cost, playbook, serving

DEFAULTS = {"machine_type": "BV1-1-40", "image": "cloud-ubuntu-24.04 LTS", "ssh_key_name": "deploy",
            "network": {"associate_public_ip": False}, "state": "running"}  # fmt: skip
LOOPED = (
    5  # members of a loop that is measured; vm_instance first looks after 10 s, so that larger ones are extrapolated
)
SIZES = (50, 200, 1000)
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
    rows = session.get(url, params={"_limit": 1000, "_sort": "created_at:asc,id:asc"}).json()["instances"]
    if len(rows) == count and all(row["status"] == "completed" for row in rows):
        break
    time.sleep(1)
"""


def measure(sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Seconds and ratios by the number of members, with instant provisioning and with 5 s of it."""
    found: dict[str, Any] = {}
    for provisioning, switches in {"instant": ["--instant"], "5 s": ["--duration", "create=5"]}.items():
        for size in sizes:
            found[f"{size:,} members, {provisioning} provisioning"] = _size(size, switches)
    return found


def _size(size: int, switches: list[str]) -> dict[str, Any]:
    with serving(*switches) as env, tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def seconds(task: dict[str, Any]) -> float:
            return _play(folder, env, task)[0]

        _play(folder, env, {"ansible.builtin.ping": {}})  # the first only warms up
        ping = seconds({"ansible.builtin.ping": {}})
        floor = cost(["python", "-c", FLOOR, str(size)], env).seconds
        fleet = {
            "magalu.cloud.vm_fleet": {
                "defaults": DEFAULTS,
                "count": size,
                "name_format": "web-{index:04d}",
                "results": "brief",
            }
        }
        created = seconds(fleet)
        asked = requests.get(f"{env['MGC_API_URL'].partition('/{region}')[0]}/_simulator/requests", timeout=60).json()
        reads = sum(1 for request in asked if request["method"] == "GET" and request["region"] == "br-se1")
        again, memory = _play(folder, env, fleet)
        result = {
            "ping": ping, "floor": floor, "vm_fleet": created, "less ping, to the floor": (created - ping) / floor,
            "to the floor": created / floor, "reads a member": reads / size, "again, less ping": again - ping,
            "again, megabytes": memory,
        }  # fmt: skip
        one = {
            "magalu.cloud.vm_instance": {"name": "{{ 'loop-%04d' | format(item) }}", "region": "br-mgl1", **DEFAULTS}
        }
        loop = (seconds({**one, "loop": list(range(LOOPED))}) - ping) / LOOPED
        result[f"loop, extrapolated from {LOOPED}"] = ping + loop * size
        if size == min(SIZES):
            at_once = {**one, "loop": list(range(LOOPED, LOOPED + size)), "async": 600, "poll": 0, "register": "begun"}
            finished = {"ansible.builtin.async_status": {"jid": "{{ item.ansible_job_id }}"}, "loop": "{{ begun.results }}",
                        "register": "done", "until": "done is finished", "retries": 600, "delay": 1}  # fmt: skip
            result["loop with async"] = _play(folder, env, at_once, finished)[0]
        return {key: round(value, 2) for key, value in result.items()}


def _play(folder: Path, env: dict[str, str], *tasks: dict[str, Any]) -> tuple[float, float]:
    """Seconds and megabytes of a play of these tasks."""
    book = playbook(folder / "play.yml", *tasks)
    taken = cost(["ansible-playbook", "-i", "localhost,", book], env)
    return taken.seconds, taken.megabytes
