# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible's programs in a folder with inventory files, against a simulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.support.play import environment
from tests.support.programs import run

PLUGIN = "magalu.cloud.vm_instances"
FAILS = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}


class Ran(NamedTuple):
    """The end of a program."""

    code: int
    stdout: str
    stderr: str
    log: str

    def says(self, text: str) -> bool:
        """Return whether the output has the text, apart from spaces.

        ansible-core 2.16 breaks lines, also at hyphens.
        """
        return "".join(text.split()) in "".join((self.stdout + self.stderr).split())

    @property
    def inventory(self) -> dict[str, Any]:
        """Return the response to --list or --host."""
        assert self.code == 0, self.stderr
        listed: dict[str, Any] = json.loads(self.stdout)
        return listed

    @property
    def hosts(self) -> dict[str, dict[str, Any]]:
        """Return the variables of each host in the response to --list."""
        found: dict[str, dict[str, Any]] = self.inventory["_meta"]["hostvars"]
        return found


class Programs:
    """A runner of programs in a folder of its own, in which `magalu.yml` is the inventory."""

    def __init__(self, sim: Any, folder: Path) -> None:
        self.sim, self.folder = sim, folder
        (folder / "ansible.cfg").touch()  # so that Ansible reads no other file

    def write(self, text: str | None = None, name: str = "magalu.yml", **options: Any) -> Path:
        """Write an inventory file with these options and return its path."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text if text is not None else yaml.safe_dump({"plugin": PLUGIN, **options}, sort_keys=False))
        return file

    def __call__(self, program: str, *arguments: str | Path, **env: str) -> Ran:
        """Run ansible-`program`. Fail on each deprecation warning."""
        log = self.folder / "log.txt"
        variables = environment(self.sim, self.folder, ANSIBLE_LOG_PATH=str(log), **env)
        done = run(program, *arguments, cwd=self.folder, env=variables, apart=True)
        assert "[DEPRECATION WARNING]" not in done.stderr + done.stdout, done.stderr + done.stdout
        return Ran(done.returncode, done.stdout, done.stderr, log.read_text() if log.exists() else "")

    def list(self, *arguments: str | Path, **env: str) -> Ran:
        """Run ansible-inventory --list on magalu.yml."""
        return self("inventory", "-i", "magalu.yml", "--list", *arguments, **{**FAILS, **env})

    def play(self, *tasks: dict[str, Any], inventory: str = "magalu.yml", options: tuple[str, ...] = (),
             **env: str) -> Ran:  # fmt: skip
        """Run a play on all hosts, without a connection to them."""
        play = {"hosts": "all", "gather_facts": False, "tasks": list(tasks)}
        (self.folder / "play.json").write_text(json.dumps([play]))
        return self("playbook", "-i", inventory, "play.json", *options, **{**FAILS, **env})
