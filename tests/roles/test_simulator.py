# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role simulator: starting, stopping, and the process that it leaves running."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import COLLECTIONS, ROOT
from tests.support import programs
from tests.support.waiting import wait_until

pytestmark = pytest.mark.programs
SLOW = pytest.mark.test_all("servers that are started and stopped; molecule starts and stops one in make test")

PROCESS = ROOT / "roles/simulator/files/process.py"
Given = dict[str, Any]
# One virtual environment for each Python, as for users.
HOME = ROOT / f".build/simulator-role/{sys.version_info[0]}.{sys.version_info[1]}"


def process_options(name: str, state: str = "started", check: bool = False, port: int = 0, **switches: Any) -> Given:
    return {
        "state": state, "name": name, "port": port, "switches": switches, "home": str(HOME),
        "source": str(COLLECTIONS / "ansible_collections/magalu/cloud/simulator"), "check": check,
    }  # fmt: skip


def start_process(wanted: Given) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, PROCESS, json.dumps(wanted)], text=True, stdout=subprocess.PIPE)


def read_result(begun: subprocess.Popen[str]) -> Given:
    found: Given = json.loads(begun.communicate(timeout=100)[0])
    return found


def run_process(name: str, state: str = "started", **options: Any) -> Given:
    return read_result(start_process(process_options(name, state, **options)))


def playbook_environment(home: Path) -> dict[str, str]:
    """Return the environment of a playbook."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "LC_ALL": "C.UTF-8",
            "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "0", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0"}  # fmt: skip


@pytest.fixture
def process() -> Any:
    """Import the file of the process as a module."""
    spec = importlib.util.spec_from_file_location("process", PROCESS)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def name(tmp_path: Path) -> Iterator[str]:
    """Yield the name of a simulator that is stopped after the test."""
    yield tmp_path.name
    run_process(tmp_path.name, "stopped")
    for left in HOME.glob(f"{tmp_path.name}.*"):
        left.unlink()


@pytest.fixture
def play(name: str, tmp_path: Path) -> Callable[..., tuple[list[Given], str]]:
    def run(*plays: Given, options: tuple[str, ...] = ()) -> tuple[list[Given], str]:
        """Run a play for each set of options, and return their results and the whole output."""
        told = {"tasks": [{"ansible.builtin.copy": {
            "content": "{{ {'process': _simulator_process.stdout | default('{}', true) | from_json, 'pid': simulator_pid | default(0),"
                       " 'count': (listed | default({})).count | default(-1), 'page': simulator_page | default(''),"
                       " 'url': simulator_url | default(''), 'key': simulator_api_key | default(''),"
                       " 'failed': (ansible_failed_result | default({})).msg | default('')} | to_json }}",
            "dest": f"{tmp_path}/{{{{ told }}}}"}, "check_mode": False, "changed_when": False}]}  # fmt: skip
        book = tmp_path / "play.json"
        head = {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {"simulator_name": name, "simulator_home": str(HOME)},
        }
        block = {"rescue": [{"ansible.builtin.debug": {}}], "always": told["tasks"]}
        written = [
            {**head, **one, "tasks": [{"block": one["tasks"], **block, "vars": {"told": f"{n}.told"}}]}
            for n, one in enumerate(plays)
        ]
        book.write_text(json.dumps(written))
        (tmp_path / "ansible.cfg").touch()
        done = programs.run("playbook", book, *options, cwd=tmp_path, env=playbook_environment(tmp_path))
        assert "WARNING" not in done.stdout, done.stdout
        return [json.loads(one.read_text()) for one in sorted(tmp_path.glob("*.told"))], done.stdout

    return run


def role(state: str = "started", **variables: Any) -> Given:
    return {"ansible.builtin.include_role": {"name": "magalu.cloud.simulator"},
            "vars": {"simulator_state": state, **variables}}  # fmt: skip


LISTED = {
    "magalu.cloud.vm_info": {"kind": "instances"},
    "register": "listed",
    "environment": "{{ simulator_environment }}",
}


@SLOW
@pytest.mark.every_core
def test_the_simulator_is_started_once_restarted_and_stopped(play: Any, name: str) -> None:
    switches = {"simulator_switches": {"instances": 2, "api_key": "mine"}}
    told, said = play(
        {"tasks": [role(**switches), LISTED]}, {"tasks": [role(**switches)]},
        {"tasks": [role(simulator_switches={"instances": 3}), LISTED]},
        {"tasks": [role("stopped")]}, {"tasks": [role("stopped")]},
    )  # fmt: skip
    assert [one["process"]["changed"] for one in told] == [True, False, True, True, False], said
    assert [one["count"] for one in told[:3]] == [2, 2, 3]
    assert told[0]["pid"] == told[1]["pid"] != told[2]["pid"]
    assert [one["key"] for one in told[:3]] == ["mine", "mine", "simulator"]
    assert told[0]["url"] == told[0]["page"] + "{region}/compute"
    assert "changed=3 " in said and "failed=0 " in said
    with pytest.raises(requests.ConnectionError):
        requests.get(told[2]["page"], timeout=5)


@SLOW
def test_check_mode_starts_and_stops_nothing(play: Any, name: str) -> None:
    told, said = play({"tasks": [role()]}, options=("--check",))
    assert told[0]["process"] == {"changed": True} and "changed=1 " in said and "failed=0 " in said
    assert not told[0]["page"]
    page = run_process(name)["page"]
    told, said = play(
        {"tasks": [role()]}, {"tasks": [role(simulator_port=1)]}, {"tasks": [role("stopped")]}, options=("--check",)
    )
    assert [one["process"]["changed"] for one in told] == [False, True, True], said
    assert told[0]["page"] == page and requests.get(page, timeout=5).ok


WRONG: list[tuple[Given, str]] = [
    ({"simulator_switches": {"sped": 1}}, "be started: the simulator with --port 0 --sped=1 said\n"),
    ({"simulator_switches": {"sped": 1}}, "error: unrecognized arguments: --sped=1"),
    ({"simulator_name": "../x"}, "dashes and underscores, and not begin with a dot or a dash; it is \"../x\"."),
    ({"simulator_state": "running"}, "Validation of arguments failed"),
    ({"simulator_port": "x"}, "Validation of arguments failed"),
    ({"simulator_home": "/proc/none"}, "could not be started: [Errno 2] No such file or directory: '/proc/none'"),
    ({"simulator_python": "/no/such/python"}, "Error executing command."),
]  # fmt: skip


@SLOW
def test_impossible_variables_are_refused(play: Any, name: str) -> None:
    told, said = play(*({"tasks": [role(**variables)]} for variables, words in WRONG))
    for one, (variables, words) in zip(told, WRONG, strict=True):
        assert words in one["failed"].replace(str(HOME), "HOME"), said


def test_the_playbook_shows_how_to_use_the_simulator(name: str, tmp_path: Path) -> None:
    options = [
        "-e",
        f"simulator_name={name}",
        "-e",
        f"simulator_home={HOME}",
        "-e",
        '{"simulator_switches": {"speed": 7}}',
    ]
    said = programs.run(
        "playbook", "magalu.cloud.simulator", *options, cwd=tmp_path, env=playbook_environment(tmp_path)
    ).stdout
    running = run_process(name, speed=7)
    assert not running["changed"]
    for words in (
        f"export MGC_API_URL='{running['environment']['MGC_API_URL']}' MGC_API_KEY=simulator", running["page"],
        f"simulator_state=stopped -e simulator_name={name}",
    ):  # fmt: skip
        assert words in said


@SLOW
def test_a_port_in_use_is_reported(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert "is in use; choose another with --port" in run_process(name, port=port)["error"]
    assert run_process(name, port=port)["page"] == f"http://127.0.0.1:{port}/"


@SLOW
def test_a_killed_simulator_is_started_again(name: str, process: Any) -> None:
    killed = run_process(name)["pid"]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: process.read(HOME / f"{name}.json") is None)
    assert not run_process(name, "stopped")["changed"]
    again = run_process(name)
    assert again["changed"] and again["pid"] != killed and requests.get(again["page"], timeout=5).ok


@SLOW
def test_a_simulator_can_be_stopped_after_a_killed_start(name: str) -> None:
    record = HOME / f"{name}.json"
    starting = start_process(process_options(name))
    wait_until(lambda: (record.exists() and record.read_text()) or starting.poll() is not None)
    starting.kill()
    starting.communicate()
    assert run_process(name, "stopped") == {"changed": True}
    assert requests.get(run_process(name)["page"], timeout=5).ok


@SLOW
def test_an_unknown_simulator_is_reported(name: str, process: Any) -> None:
    run_process(name)
    record = HOME / f"{name}.json"
    known = record.read_text()
    record.write_text("")
    for state in ("started", "stopped"):
        assert run_process(name, state)["error"] == (
            f"a simulator holds {record}, and nothing else is known of it: end it by hand (fuser {record})"
        )
    record.write_text(known)


@SLOW
def test_only_the_process_of_the_role_is_ended(name: str) -> None:
    """Only the role's own process is ended: the process id of a killed simulator may be another process's now."""
    with subprocess.Popen(["sleep", "60"]) as other:
        record = HOME / f"{name}.json"
        record.write_text(json.dumps({"pid": other.pid, "command": ["0"]}))
        assert not run_process(name, "stopped")["changed"] and run_process(name)["changed"]
        assert other.poll() is None
        other.kill()


@SLOW
def test_two_simultaneous_starts_give_one_simulator(name: str) -> None:
    begun = [start_process(process_options(name)) for _number in range(2)]
    first, second = [read_result(one) for one in begun]
    assert first["pid"] == second["pid"] and {first["changed"], second["changed"]} == {True, False}


@SLOW
def test_a_simulator_that_does_not_end_is_killed(name: str, process: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SECONDS", 0.3)
    pid = run_process(name)["pid"]
    os.kill(pid, signal.SIGSTOP)
    assert process.main(process_options(name, "stopped")) == {"changed": True}
    assert not run_process(name, "stopped")["changed"]


def test_switches_are_the_command_lines(process: Any) -> None:
    assert process.switches({
        "unique_names": False, "instant": True, "speed": 60, "vpc": ["a", "b"], "capacity": {"BV1-1-40": 2}
    }) == ["--capacity=BV1-1-40=2", "--instant", "--speed=60", "--no-unique-names", "--vpc=a", "--vpc=b"]  # fmt: skip


@SLOW
def test_an_environment_follows_its_project_file(process: Any, tmp_path: Path) -> None:
    (project := tmp_path / "project/pyproject.toml").parent.mkdir()
    project.write_text("[project")
    with pytest.raises(process.Failed, match=r"(?s)pip install .* returned \d+ and said.*pyproject.toml"):
        process.environment(tmp_path / "venv", project)
    assert not [one for one in (tmp_path / "venv").iterdir() if len(one.name) == 64], "it is tried again"
