# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Playbooks that are killed at a request with all their processes, as happens when AWX's container ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from pathlib import Path
from typing import Any

from tests.support.play import environment
from tests.support.programs import start_program
from tests.support.waiting import wait_until


def kill_at(sim: Any, folder: Path, book: list[Any], operation: str) -> None:
    """Run the playbook until it has sent the operation's first request, and kill it before it gets the response."""
    (folder / "ansible.cfg").touch()
    (folder / "killed.yml").write_text(json.dumps(book))
    held = sim.add_fault(operation=operation, when="after", kind="hold")["name"]
    process = start_program("playbook", "killed.yml", cwd=folder, env=environment(sim, folder))

    def reached() -> bool:
        assert process.poll() is None, process.communicate()[0]
        return any(fault["fired"] for fault in sim.faults() if fault["name"] == held)

    wait_until(reached)
    os.killpg(process.pid, signal.SIGKILL)
    for other in strays(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(other, signal.SIGKILL)
    process.communicate()
    sim.clear_faults()


def strays(folder: Path) -> list[int]:
    """Return the processes with this HOME.

    Modules in the background are not in the process group of the playbook.
    """
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if f"HOME={folder}".encode() in entry.read_bytes().split(b"\0"):
                found.append(int(entry.parent.name))
    return found
