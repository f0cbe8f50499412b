# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The integration targets of a run, and the limits of each."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.acceptance.guard import Limits
from tests.acceptance.probes import Choice
from tests.acceptance.proxy import Proxy

ROOT = Path(__file__).resolve().parents[2]
# The most that each target creates on the real cloud. Without Windows, whose licence is billed.
TARGETS = {
    "vm_info": Limits(3, 3, 20),
    "vm_instance": Limits(5, 12, 90),
    "vm_snapshot": Limits(3, 3, 60, copies=8),
    "vm_fleet": Limits(4, 4, 60),
}
WINDOWS = {"vm_windows_password": Limits(1, 1, 40)}
GRACE = 20  # seconds from SIGTERM to SIGKILL


def variables(choice: Choice, run: str, zones: Sequence[str]) -> dict[str, Any]:
    """Return the variables with which the targets use the real cloud and the names of the run."""
    places = dict(zip(("zone", "other_zone"), zones, strict=False))
    return {
        "on_simulator": False, "name_prefix": run, "image": choice.image, "machine_types": list(choice.machine_types),
        "ssh_key": choice.ssh_key, "windows_image": choice.windows_image,
        "windows_machine_type": choice.windows_machine_type, **places, **choice.variables,
    }  # fmt: skip


def environment(own: Mapping[str, str], proxy: Proxy, region: str, more: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment of the targets, with no MGC_ variables except those for the proxy."""
    kept = {name: value for name, value in own.items() if not name.startswith("MGC_") and name != "PYTHONPATH"}
    return {**kept, "MGC_API_URL": proxy.url, "MGC_API_KEY": proxy.key, "MGC_REGION": region,
            "INTEGRATION_VARIABLES": json.dumps(more)}  # fmt: skip


def run_target(name: str, env: Mapping[str, str], seconds: float) -> bool:
    """Run a target, and return whether it passed. Stop it when its time is over, or after an interruption."""
    command = ["tests/ansible-test.sh", "acceptance", name]
    process = subprocess.Popen(command, cwd=ROOT, env=dict(env), stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        return process.wait(max(seconds, 1)) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        stop(process)


def keep_log(name: str, folder: Path) -> None:
    """Store the output of a target before the next target overwrites it."""
    log = ROOT / ".build/acceptance/log"
    if log.exists():
        shutil.copyfile(log, folder / f"{name}.log")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and all its descendants, unless it has ended."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
