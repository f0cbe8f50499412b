# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cost of a task that changes nothing, as a ratio to ansible.builtin.ping: a loop of 22 minus a loop of 2.

Both are measured in turn in one run, since machines are shared and noisy.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

INSTANCE = {
    "name": "web", "machine_type": "BV1-1-40", "image": "cloud-ubuntu-24.04 LTS", "ssh_key_name": "deploy",
    "network": {"associate_public_ip": False}, "state": "running",
}  # fmt: skip
TASKS: dict[str, dict[str, Any]] = {
    "ping": {"ansible.builtin.ping": {}},
    "vm_instance": {"magalu.cloud.vm_instance": INSTANCE},
}
SHORT, LONG = 2, 22


def playbook(task: dict[str, Any], count: int) -> str:
    """Return a play that runs the task `count` times in a loop."""
    play = {
        "hosts": "localhost", "connection": "local", "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "tasks": [{**task, "loop": list(range(count))}],
    }  # fmt: skip
    return yaml.safe_dump([play])


def seconds(folder: Path, task: dict[str, Any], count: int) -> float:
    """Return the seconds that ansible-playbook takes."""
    file = folder / f"{count}.yml"
    file.write_text(playbook(task, count))
    start = time.monotonic()
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", str(file)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def measure(sim: Any, runs: int = 5) -> dict[str, Any]:
    """Return the ratio, and the milliseconds of one task of each kind (medians)."""
    sim.seed("instance", name="web", machine_type=INSTANCE["machine_type"], image=INSTANCE["image"])
    os.environ.update(sim.environment)
    each: dict[str, list[float]] = {name: [] for name in TASKS}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(runs + 1):
            for name, task in TASKS.items():
                one = (seconds(Path(folder), task, LONG) - seconds(Path(folder), task, SHORT)) / (LONG - SHORT)
                if turn:  # the first run is a warm-up
                    each[name].append(one)
    sim.clear_requests()
    seconds_ = {name: statistics.median(times) for name, times in each.items()}
    ratios = [ours / theirs for ours, theirs in zip(each["vm_instance"], each["ping"])]
    return {
        "ratio to ping": round(statistics.median(ratios), 2),
        "lowest and highest": [round(min(ratios), 2), round(max(ratios), 2)],
        "ms each": {name: round(value * 1000) for name, value in seconds_.items()},
    }
