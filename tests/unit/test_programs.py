# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs in a fork of the preloaded process behave like programs in a new process."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support import programs
from tests.support.play import QUICK, environment, keep, vm_info, vm_instance

pytestmark = [pytest.mark.every_core, pytest.mark.programs]
# Settings that Ansible reads when it is imported, from ansible.cfg; ASKED is printed with all results of a task.
CONFIGURED = "[defaults]\nhost_pattern_mismatch = ignore\ntask_timeout = 77\nlog_path = log.txt\ntimeout = 13\n"
ASKED = "{{ lookup('ansible.builtin.config', 'TASK_TIMEOUT', 'DEFAULT_TIMEOUT', 'DEFAULT_FORKS', 'COLOR_OK', wantlist=True) }}"
UNLIKE = re.compile(
    r"\d+\.\d+ ?s?\b|\d{4}-\d\d-\d\d[T ][\d:,]+Z?|p=\d+|-\d{5,}|[0-9a-f]{8}-[0-9a-f-]{27}|127\.0\.0\.1:\d+"
)


def run_new(folder: Path, env: dict[str, str], *arguments: str) -> tuple[int, str]:
    process = programs.start_program(arguments[0], *arguments[1:], cwd=folder, env=env)
    said = process.communicate(timeout=100)[0]
    return process.returncode, said


def run_forked(folder: Path, env: dict[str, str], *arguments: str) -> tuple[int, str]:
    done = programs.run(arguments[0], *arguments[1:], cwd=folder, env=env)
    return done.returncode, done.stdout


@pytest.mark.one_in(4)
@pytest.mark.parametrize("options", [(), ("-vvv", "--check"), ("--tags", "none"), ("--nonsense",)])
def test_a_playbook_says_and_leaves_the_same(sim: Any, tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "ansible.cfg").write_text(CONFIGURED)
    made = {"name": "web", "machine_type": "none", "image": "none", "ssh_key_name": "none"}
    tasks = [
        {"ansible.builtin.debug": {"msg": [ASKED, "{{ lookup('ansible.builtin.env', 'HOME') }}"]}},
        {**vm_info(), "register": "info"}, {**vm_instance(**made), "ignore_errors": True, "register": "failed"},
        {"ansible.builtin.command": "pwd", "register": "folder"}, {**vm_info(), "environment": {"MGC_REGION": "br-ne1"}},
        {**vm_info(), "no_log": True}, {"ansible.builtin.stat": {"path": "."}},
        keep("[info, failed, folder.stdout]", tmp_path / "kept"), {"ansible.builtin.fail": {"msg": "the end"}},
    ]  # fmt: skip
    (tmp_path / "play.json").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    (tmp_path / "left").mkdir()
    env = environment(
        sim, tmp_path, ANSIBLE_FORKS="9", ANSIBLE_FORCE_COLOR="1", ANSIBLE_COLOR_OK="blue", ANSIBLE_NOCOLOR="",
        TMPDIR=str(tmp_path / "left"),
    )  # fmt: skip
    found = []
    for way in (run_new, run_forked):
        sim.reset()
        code, said = way(tmp_path, env, "playbook", "play.json", *options)
        kept = {
            file.name: UNLIKE.sub("", file.read_text())
            for file in map(tmp_path.joinpath, ("kept", "log.txt"))
            if file.exists()
        }
        for file in kept:
            (tmp_path / file).unlink()
        requests = [
            (request["path"], request["region"], request["headers"]["user-agent"]) for request in sim.requests()
        ]
        found.append((code, UNLIKE.sub("", said), kept, sorted(requests), os.listdir(tmp_path / "left")))
    assert found[0] == found[1]


def test_an_inventory_lists_and_refuses_the_same(sim: Any, tmp_path: Path) -> None:
    (tmp_path / "ansible.cfg").touch()
    sim.seed("instance", name="web")
    env = environment(sim, tmp_path, ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="true")
    for text in ("plugin: magalu.cloud.vm_instances\n", "plugin: magalu.cloud.vm_instances\nregions: 5\n"):
        (tmp_path / "magalu.yml").write_text(text)
        asked = ("inventory", "-i", "magalu.yml", "--list")
        assert run_new(tmp_path, env, *asked) == run_forked(tmp_path, env, *asked)


def test_a_file_that_precedes_a_library_is_used(sim: Any, tmp_path: Path) -> None:
    """A file that precedes a library on the path is used, also if the library is already imported."""
    (tmp_path / "ansible.cfg").touch()
    (tmp_path / "more/yaml").mkdir(parents=True)
    (tmp_path / "more/yaml/__init__.py").write_text("raise SystemExit('mine')\n")
    env = environment(sim, tmp_path, PYTHONPATH=f"{tmp_path / 'more'}:{QUICK}")
    assert (
        run_new(tmp_path, env, "playbook", "none.yml")
        == run_forked(tmp_path, env, "playbook", "none.yml")
        == (1, "mine\n")
    )


def test_a_program_that_takes_too_long_is_killed(sim: Any, tmp_path: Path) -> None:
    (tmp_path / "ansible.cfg").touch()
    tasks = [{"ansible.builtin.wait_for": {"timeout": 60}}]
    (tmp_path / "play.json").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    with pytest.raises(subprocess.TimeoutExpired):
        programs.run("playbook", "play.json", cwd=tmp_path, env=environment(sim, tmp_path, PYTHONPATH=""), timeout=2)


def test_the_preloaded_process_ends_with_its_parent() -> None:
    server, process = programs._server.__wrapped__()
    watched = os.pidfd_open(process.pid)
    server.close()
    assert select.select([watched], [], [], 60)[0] and process.wait() == 0
    os.close(watched)
