# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Playbooks in processes of their own against a simulator, and their results."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tests.conftest import COLLECTIONS
from tests.support.programs import run

SPEED = 60  # of the simulator's clock; quick/ makes waits as fast
QUICK, ACTIONS = (Path(__file__).parent / name for name in ("quick", "actions"))


class Played(NamedTuple):
    """The results and the output of a playbook."""

    results: list[dict[str, Any]]  # registered by its tasks, in order
    output: str  # stdout and stderr
    log: str


def vm_instance(check: bool = False, task: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    """Return a task; `task` has the keywords beside the module."""
    return {"magalu.cloud.vm_instance": options, "check_mode": check, **(task or {})}


def vm_info(**options: Any) -> dict[str, Any]:
    """Return a task."""
    return {"magalu.cloud.vm_info": options}


def keep(expression: str, file: Path) -> dict[str, Any]:
    """Return a task that writes the value of the expression into the file, as JSON."""
    return {"keep": {"json": f"{{{{ {expression} | to_json | b64encode }}}}", "dest": str(file)}}


def environment(sim: Any, folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a program that uses the simulator.

    It has nothing of the developer's own environment but PATH.
    """
    return {
        **sim.environment, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder),
        "PYTHONPATH": str(QUICK), "ANSIBLE_ACTION_PLUGINS": str(ACTIONS), "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_NOCOLOR": "true", "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_ASYNC_DIR": str(folder / "async"), "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        **more,
    }  # fmt: skip


class Player:
    """A runner of playbooks in a folder of its own."""

    def __init__(self, sim: Any, folder: Path) -> None:
        self.sim, self.folder = sim, folder

    def __call__(
        self, *tasks: dict[str, Any], options: Iterable[str] = (), warned: Iterable[str] = (),
        env: dict[str, str] | None = None, **keywords: Any,
    ) -> Played:  # fmt: skip
        """Run all tasks, also after a task that fails; `keywords` belong to the play.

        Each text of `warned` must be in a warning, and every warning must contain one of these texts.
        """
        (self.folder / "ansible.cfg").touch()  # so that Ansible reads no other file
        results, log, book = (self.folder / name for name in ("results.json", "log.txt", "play.json"))
        named = [{"register": f"result_{number}", **task} for number, task in enumerate(tasks)]
        listed = ", ".join(f"result_{number}" for number in range(len(tasks)))
        play = {"hosts": "localhost", "gather_facts": False, "ignore_errors": True, **keywords}
        book.write_text(json.dumps([{**play, "tasks": [*named, keep(f"[{listed}]", results)]}]))
        env = environment(self.sim, self.folder, ANSIBLE_LOG_PATH=str(log), **(env or {}))
        done = run("playbook", book, *options, cwd=self.folder, env=env)
        assert done.returncode == 0, done.stdout
        _check_warnings(done.stdout, list(warned))
        return Played(json.loads(results.read_text()), done.stdout, log.read_text())


def _check_warnings(output: str, warned: list[str]) -> None:
    assert "[DEPRECATION WARNING]" not in output, output
    # Ansible breaks long warnings into lines.
    said = [" ".join(part.split()) for part in output.split("[WARNING]: ")[1:]]
    assert all(any(text in warning for text in warned) for warning in said), output
    assert all(any(text in warning for warning in said) for text in warned), output
