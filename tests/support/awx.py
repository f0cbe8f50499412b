# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs of AWX: a recorded call of ansible-runner, replayed with files of the tests.

The record is not part of the project: it is in awx/fixtures, beside the contracts.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import COLLECTIONS
from tests.support import contract

# Runs in the control plane; users see the events.
RUNNER = """
import sys, ansible_runner
run = ansible_runner.run(private_data_dir=sys.argv[1], ident=sys.argv[2], quiet=True)
print(*(event.get("stdout", "") for event in run.events), sep="\\n")
sys.exit(run.rc)
"""
# ansible-runner sets these itself, also outside of a container.
RUNNERS_OWN = {"ANSIBLE_CALLBACK_PLUGINS", "ANSIBLE_STDOUT_CALLBACK"}
CREDENTIAL = ("MGC_API_KEY", "MGC_ACCESS_TOKEN", "MGC_TENANT_ID", "MGC_REGION", "MGC_API_URL", "MGC_VALIDATE_CERTS",
              "MGC_CA_PATH")  # fmt: skip


def record(kind: str) -> Path:
    """Return the folder with the record of a run. Skip the test if there is no record."""
    folder = contract.folder().parent / "awx/fixtures" / kind
    if not folder.is_dir():
        pytest.skip("no record of AWX beside the contracts")
    return folder


class Done(NamedTuple):
    """The end of a run."""

    code: int
    output: str
    exported: dict[str, Any] | None  # by an inventory update


class Run:
    """A private data directory, and a recorded command line and environment.

    The directory replaces /runner. The collection is installed as in an execution environment.
    """

    def __init__(self, kind: str, folder: Path, **env: str) -> None:
        self.folder, self.record = folder, record(kind)
        self.args = shlex.split(self.recorded("command.txt"))
        self.args = self.args[next(n for n, word in enumerate(self.args) if word.startswith("ansible-")) :]
        pairs = (line.split("=", 1) for line in self.recorded("env.list").splitlines())
        self.env = {name: self._here(value) for name, value in pairs if name not in RUNNERS_OWN}
        self.ident = Path(self.env["AWX_ISOLATED_DATA_DIR"]).name
        # AWX sets the variable of each field of a credential, also of a field that nobody filled in.
        self.env |= {**dict.fromkeys(CREDENTIAL, ""), **env}
        self.env["ANSIBLE_COLLECTIONS_PATHS"] += f":{COLLECTIONS}"
        self.env["ANSIBLE_COLLECTIONS_PATH"] = self.env["ANSIBLE_COLLECTIONS_PATHS"]
        self.env |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(folder),
                     "LC_ALL": "C.UTF-8"}  # fmt: skip
        self.write("env/settings", self.recorded("env_settings"))
        (folder / "project").mkdir(exist_ok=True)

    def recorded(self, name: str) -> str:
        """Return the text of a file of the record."""
        return (self.record / name).read_text()

    def _here(self, text: str) -> str:
        return re.sub(r"/runner\b|/tmp/awx_\d+_x+", str(self.folder), text)

    def write(self, name: str, text: str, mode: int = 0o600) -> None:
        """Write a file of the private data directory."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def __call__(self) -> Done:
        self.write("args", shlex.join(map(self._here, self.args)))
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", RUNNER, str(self.folder), self.ident], cwd=self.folder, text=True,
            env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
            check=False,
        )  # fmt: skip
        result = self.folder / f"artifacts/{self.ident}/output.json"
        return Done(done.returncode, done.stdout, json.loads(result.read_text()) if result.exists() else None)


def plain(value: Any) -> Any:
    """Return the value without the marks of texts that may not be templates."""
    if isinstance(value, dict):
        return (
            value["__ansible_unsafe"] if set(value) == {"__ansible_unsafe"} else {k: plain(v) for k, v in value.items()}
        )
    return [plain(item) for item in value] if isinstance(value, list) else value


def script(exported: dict[str, Any], enabled_var: str | None = None) -> str:
    """Return the inventory script of a job, from the hosts and groups that an inventory update exported.

    Fail for names that AWX refuses, and leave out hosts that are not enabled: those whose `enabled_var` is not running.
    """
    variables: dict[str, Any] = {}
    groups = {name: group for name, group in exported.items() if name != "_meta"}
    names = {host for group in groups.values() for host in group.get("hosts", [])}
    for number, name in enumerate(sorted(names), 1):
        assert isinstance(name, str) and name.count(":") != 1 and not re.search(r"{{|{%", name), name
        found = exported["_meta"]["hostvars"].get(name, {})
        if enabled_var is None or str(found.get(enabled_var)).lower() == "running":
            variables[name] = {**found, "remote_tower_enabled": "true", "remote_tower_id": number}
    exported_groups = {
        name: {kind: [each for each in group.get(kind, []) if kind == "children" or each in variables]
               for kind in ("hosts", "children")}
        for name, group in groups.items() if name != "ungrouped"
    }  # fmt: skip
    everywhere = exported_groups["all"]
    everywhere["children"] = [name for name in everywhere["children"] if name != "ungrouped"]
    text = json.dumps({**exported_groups, "_meta": {"hostvars": variables}})
    return f"#! /usr/bin/env python3\n# -*- coding: utf-8 -*-\nprint({text!r})\n"
