# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs, timed in processes of their own. The simulator runs in another process, as a cloud would."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.conftest import COLLECTIONS, ROOT


class Cost(NamedTuple):
    """The cost of a program."""

    seconds: float
    megabytes: float  # at its peak


@contextmanager
def serve_simulator(*switches: str) -> Iterator[dict[str, str]]:
    """Run a simulator with these switches, and yield the environment of a program that uses it."""
    command = [sys.executable, "-m", "simulator", "--port", "0", *switches]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            yield {
                **os.environ, "MGC_API_URL": url, "MGC_API_KEY": "simulator", "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
                "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
                "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            }  # fmt: skip
        finally:
            server.terminate()


# A process between this one and the program: the kernel counts the memory of a program's parent as the program's.
STARTER = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024))
sys.exit(code)
"""


def cost(command: list[str], env: dict[str, str]) -> Cost:
    """Run a program of this environment to its end, and return its cost."""
    program = [str(Path(sys.executable).parent / command[0]), *command[1:]]
    with tempfile.TemporaryFile() as said, tempfile.NamedTemporaryFile() as peak:  # async tasks would keep a pipe open
        stdout = subprocess.DEVNULL if "--list" in command else said
        starter = [sys.executable, "-S", "-c", STARTER, peak.name]
        began = time.monotonic()
        code = subprocess.run([*starter, *program], env=env, stdout=stdout, stderr=said, check=False).returncode
        seconds = time.monotonic() - began
        if code:
            said.seek(0)
            raise RuntimeError(f"{command}: {said.read().decode()[-2000:]}")
        return Cost(seconds, float(Path(peak.name).read_text()))


def playbook(file: Path, *tasks: dict[str, Any], **keywords: Any) -> str:
    """Write a play of these tasks."""
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, **keywords, "tasks": list(tasks)}
    file.write_text(json.dumps([play]))
    return str(file)


def medians(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(values) for values in zip(*costs)))
