# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role fleet in playbooks, several cases in one play, and an SSH server at the addresses of its members."""

from __future__ import annotations

import getpass
import json
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.support import programs
from tests.support.declarations import DEFAULTS
from tests.support.play import environment, keep
from tests.support.servers import free_port
from tests.support.ssh import serve_ssh

INIT_LOGS = "GET /v1/instances/{id}/init-logs"
# The first private addresses that the simulator gives, in the order of creation.
ADDRESSES = [f"127.1.0.{number}" for number in range(2, 6)]
# The program cloud-init of the guest; a file named after the guest's address has its output and its return code.
CLOUD_INIT = """#!/bin/sh
file={folder}/cloud-init.$(echo "$SSH_CONNECTION" | cut -d' ' -f3)
echo "$2" >> "$file.asked"
[ -e "$file" ] || {{ echo 'status: done'; exit 0; }}
. "$file"
"""
KEEP = ("fleet_result", "fleet_usable", "fleet_unusable", "fleet_diagnosis", "failed")
Fields = dict[str, Any]


class Case(NamedTuple):
    """The output and the facts of a use of the role."""

    said: str  # the output of this use
    kept: Fields  # its facts, and its error message

    @property
    def changed(self) -> list[str]:
        """Return the names of the role's tasks that changed something."""
        parts = re.split(r"^TASK \[", self.said, flags=re.MULTILINE)
        changed = [part for part in parts if re.search(r"^changed:", part, re.MULTILINE)]
        return [task for part in changed if (task := part.partition("]")[0].partition(" : ")[2])]

    @property
    def failed(self) -> str:
        return str(self.kept["failed"])

    @property
    def diagnosis(self) -> str:
        return "\n".join(self.kept["fleet_diagnosis"])


class Roles:
    """A runner of cases of the role in a folder of its own."""

    def __init__(self, sim: Any, folder: Path, port: int = 22) -> None:
        self.sim, self.folder, self.port = sim, folder, port
        self.known = folder / "known hosts"  # a path with a space
        (folder / "ansible.cfg").touch()
        (folder / "group_vars").mkdir()  # also for the process that waits
        (folder / "group_vars/fleet.yml").write_text(f"ansible_python_interpreter: {sys.executable}\n")
        self.after: list[Fields] = []  # plays that follow
        self.env: dict[str, str] = {}

    def __call__(self, *cases: Fields, options: tuple[str, ...] = (), **keywords: Any) -> list[Case]:
        """Run all cases, also after a case that fails.

        A case has variables of the role, and tasks in `before`.
        """
        tasks: list[Fields] = []
        for number, case in enumerate(cases):
            tasks += [{"ansible.builtin.debug": {"msg": f"BEGIN {number}"}}, *case.get("before", ())]
            clear = {"failed": "", "fleet_diagnosis": [], "fleet_unusable": {}, "fleet_usable": []}
            use = {
                "ansible.builtin.include_role": {"name": "magalu.cloud.fleet"},
                "vars": {f"fleet_{name}": value for name, value in self.given(case).items()},
            }
            message = "{{ ansible_failed_result.msg | default('') }}"
            facts = ", ".join(f"'{name}': {name} | default('')" for name in KEEP)
            tasks += [
                {"ansible.builtin.set_fact": clear},
                {"block": [use], "rescue": [{"ansible.builtin.set_fact": {"failed": message}}]},
                {"ansible.builtin.debug": {"msg": f"END {number}"}},
                keep(f"{{{facts}}}", self.folder / f"case-{number}.json"),
            ]
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks,
                "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}, **keywords}  # fmt: skip
        said = self.run([play, *self.after], *options)
        shown = [re.split(rf'"msg": "(?:BEGIN|END) {number}"', said)[1] for number in range(len(cases))]
        files = [json.loads((self.folder / f"case-{number}.json").read_text()) for number in range(len(cases))]
        return [Case(*pair) for pair in zip(shown, files, strict=True)]

    def given(self, case: Fields) -> Fields:
        base = {"count": 2, "concurrency": 1, "name_format": "web-{index}", "defaults": DEFAULTS, "port": self.port,
                "known_hosts": str(self.known), "usable_timeout": 60, "user": getpass.getuser()}  # fmt: skip
        return {**base, **{name: value for name, value in case.items() if name != "before"}}

    def run(self, plays: list[Fields], *options: str) -> str:
        (self.folder / "play.json").write_text(json.dumps(plays))
        # As AWX sets it; the role turns the check of host keys on where it knows the keys.
        env = {"ANSIBLE_HOST_KEY_CHECKING": "False", "ANSIBLE_PRIVATE_KEY_FILE": str(self.folder / "key"),
               "ANSIBLE_SSH_ARGS": "-F none -o ControlMaster=no", "ANSIBLE_REMOTE_TMP": str(self.folder / "remote"),
               **self.env}  # fmt: skip
        env = environment(self.sim, self.folder, **env)
        done = programs.run("playbook", "play.json", *options, cwd=self.folder, env=env)
        assert done.returncode == 0, done.stdout
        assert "DEPRECATION" not in done.stdout, done.stdout
        return done.stdout

    def key(self, name: str = "host_key") -> str:
        """Return the type and the text of a key, as in known_hosts."""
        return " ".join((self.folder / f"{name}.pub").read_text().split()[:2])

    def lines(self) -> list[str]:
        """Return the lines of known_hosts."""
        return self.known.read_text().splitlines() if self.known.exists() else []

    def ids(self) -> dict[str, str]:
        return {row["name"]: row["id"] for row in self.sim.state()["br-se1"]["instances"]}

    def names(self) -> list[str]:
        """Return the names of the members in known_hosts."""
        return [f"[{address}]:{self.port}" for address in ADDRESSES]


@contextmanager
def members(sim: Any, folder: Path, **settings: Any) -> Iterator[Roles]:
    """Run an SSH server at ADDRESSES with a program cloud-init, and let init logs show its key as consoles do."""
    sim.reset(loopback=True, **settings)
    port = free_port()
    programs = folder / "programs"
    programs.mkdir()
    (programs / "cloud-init").write_text(CLOUD_INIT.format(folder=shlex.quote(str(folder))))
    (programs / "cloud-init").chmod(0o755)
    python = Path(sys.executable).parent
    with serve_ssh(folder, ADDRESSES, port, f"SetEnv PATH={programs}:{python}:/usr/bin:/bin"):
        roles = Roles(sim, folder, port)
        show(sim, roles.key())
        yield roles


def console(key: str) -> list[str]:
    """Return the lines that an instance with this key writes while it boots."""
    return [
        "[    0.000000] Linux version 6.8.0-45-generic\r",
        "[   21.118] cloud-init[812]: -----BEGIN SSH HOST KEY FINGERPRINTS-----\r",
        "ci-info: ssh-ed25519 AAAAnotthisone\r",
        "[   21.119] cloud-init[812]: -----END SSH HOST KEY FINGERPRINTS-----\r",
        "[   21.120] cloud-init[812]: -----BEGIN SSH HOST KEY KEYS-----\r",
        f"[   21.121] cloud-init[812]: ci-info: {key} root@web\r",
        "[   21.122] cloud-init[812]: -----END SSH HOST KEY KEYS-----\r",
        "[   22.001] cloud-init[901]: {{ lookup('ansible.builtin.pipe', 'touch ran') }}\r",
    ]


def show(sim: Any, *keys: str, nth: int | str = "every", lines: list[str] | None = None) -> None:
    """Let init logs have these keys, or these lines, from the nth reading on."""
    logs = lines if lines is not None else [line for key in keys for line in console(key)]
    sim.add_fault(operation=INIT_LOGS, kind="status", status=200, body={"logs": logs}, nth=nth,
                  **({} if nth == "every" else {"times": 10_000}))  # fmt: skip


def asked_for_logs(sim: Any) -> int:
    return sum(request["path"].endswith("/init-logs") for request in sim.requests())
