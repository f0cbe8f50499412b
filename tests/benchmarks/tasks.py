# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cost of a task that changes nothing, as a ratio to ansible.builtin.ping: a loop of 22 minus a loop of 2.

All are measured in turn in one run, since machines are shared and noisy. Over https, the task reads certifi's list of
authorities, as it does with the cloud.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.support.certificates import Authority
from tests.support.servers import Handler, ReceivedRequest, serve_responses

INSTANCE = {
    "name": "web", "machine_type": "BV1-1-40", "image": "cloud-ubuntu-24.04 LTS", "ssh_key_name": "deploy",
    "network": {"associate_public_ip": False}, "state": "running",
}  # fmt: skip
PING: dict[str, Any] = {"ansible.builtin.ping": {}}
VM_INSTANCE: dict[str, Any] = {"magalu.cloud.vm_instance": INSTANCE}
SHORT, LONG = 2, 22


def playbook(task: dict[str, Any], count: int) -> str:
    """Return a play that runs the task `count` times in a loop."""
    play = {
        "hosts": "localhost", "connection": "local", "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "tasks": [{**task, "loop": list(range(count))}],
    }  # fmt: skip
    return yaml.safe_dump([play])


def seconds(folder: Path, env: dict[str, str], task: dict[str, Any], count: int) -> float:
    """Return the seconds that ansible-playbook takes."""
    file = folder / f"{count}.yml"
    file.write_text(playbook(task, count))
    start = time.monotonic()
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", str(file)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=env)
    return time.monotonic() - start


@contextmanager
def serve_https(folder: Path, url: str) -> Iterator[dict[str, str]]:
    """Serve over https what the simulator at that URL answers, and yield the environment of a program that uses it."""
    authority, session = Authority(folder, "bench"), requests.Session()
    bundle = folder / "authorities.pem"
    bundle.write_bytes(Path(requests.certs.where()).read_bytes() + authority.path.read_bytes())

    def forward(handler: Handler, asked: ReceivedRequest) -> None:
        answer = session.request(asked.method, url + asked.target, headers=asked.headers, data=asked.body, timeout=60)
        handler.reply(answer.status_code, answer.content, {"Date": answer.headers["Date"]})

    with serve_responses(forward, tls=authority.server("localhost")) as server:
        yield {"MGC_API_URL": f"{server.url}/{{region}}/compute", "MGC_CA_PATH": str(bundle)}


def measure(sim: Any, runs: int = 5) -> dict[str, Any]:
    """Return the ratios over http and https, and the milliseconds of one task of each kind (medians)."""
    sim.seed("instance", name="web", machine_type=INSTANCE["machine_type"], image=INSTANCE["image"])
    http = {**os.environ, **sim.environment}
    origin = sim.environment["MGC_API_URL"].partition("/{region}")[0]
    with tempfile.TemporaryDirectory() as folder, serve_https(Path(folder), origin) as https:
        ways = {"ping": (http, PING), "http": (http, VM_INSTANCE), "https": (http | https, VM_INSTANCE)}
        each: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(runs + 1):
            for name, (env, task) in ways.items():
                long, short = (seconds(Path(folder), env, task, count) for count in (LONG, SHORT))
                if turn:  # the first run is a warm-up
                    each[name].append((long - short) / (LONG - SHORT))
    sim.clear_requests()
    return {f"over {name}": _compare(each[name], each["ping"]) for name in ("http", "https")}


def _compare(ours: list[float], ping: list[float]) -> dict[str, Any]:
    ratios = [mine / floor for mine, floor in zip(ours, ping)]
    return {
        "ratio to ping": round(statistics.median(ratios), 2),
        "lowest and highest": [round(min(ratios), 2), round(max(ratios), 2)],
        "ms each": {
            "ping": round(statistics.median(ping) * 1000), "vm_instance": round(statistics.median(ours) * 1000),
        },
    }  # fmt: skip
