# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A module ends soon after its run was killed, on every supported core, but not in a living run or with `async`."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator import running
from tests.conftest import COLLECTIONS
from tests.support.declarations import DECLARED
from tests.support.play import environment, vm_instance
from tests.support.programs import start_program
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.every_core, pytest.mark.programs]
SLOW = pytest.mark.test_all("half a minute of processes that are killed")
ENDS_WITHIN = 30  # seconds; the module checks every second
MODULE = """
import sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = sys.argv[1].encode()
basic._ANSIBLE_PROFILE = "legacy"
from ansible_collections.magalu.cloud.plugins.modules import vm_instance
vm_instance.main()
"""


@pytest.fixture
def sim() -> Iterator[Any]:
    """Run a separate simulator, whose address identifies its processes. Instances never become ready."""
    with running(speed=0) as server:
        yield server
        for pid in processes(server):
            os.kill(pid, signal.SIGKILL)


def created(sim: Any) -> bool:
    """Return whether a module has created the instance, and is waiting for it."""
    return any(request["method"] == "POST" and request["status"] for request in sim.requests())


def processes(sim: Any) -> dict[int, str]:
    """Return the processes of a run, and the targets of their output."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if sim.url.encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = os.readlink(folder / "fd/1")
    return found


def started(sim: Any, folder: Path, env: dict[str, str], **task: Any) -> subprocess.Popen[str]:
    """Start a run whose module waits for the instance that it has created."""
    (folder / "ansible.cfg").touch()
    tasks = [vm_instance(task=task, **DECLARED, state="stopped")]
    (folder / "play.json").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    run = start_program(
        "playbook", "play.json", cwd=folder, env=environment(sim, folder, **env), output=subprocess.DEVNULL
    )
    wait_until(lambda: created(sim))
    return run


def kill(run: subprocess.Popen[str], sim: Any, everything: bool) -> None:
    """Kill the run; with `everything` all processes of Ansible, so that only the module and its shells are left."""
    ansible = [pid for pid in processes(sim) if b"ansible\0playbook" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    for pid in ansible if everything else [run.pid]:
        os.kill(pid, signal.SIGKILL)
    run.wait()


@pytest.mark.one_in(5)
@pytest.mark.parametrize("everything", [True, False], ids=["with its workers", "without its workers"])
@pytest.mark.parametrize(("pipelining", "become"), [("true", False), ("false", False), ("true", True)])
def test_a_module_ends_soon_after_its_run_was_killed(
    sim: Any, tmp_path: Path, everything: bool, pipelining: str, become: bool
) -> None:
    if become and os.getuid():
        pytest.skip("su asks for a password")
    task = {"become": True, "become_method": "su"} if become else {}
    run = started(sim, tmp_path, {"ANSIBLE_PIPELINING": pipelining}, **task)
    left = {pid: os.pidfd_open(pid) for pid in processes(sim) if pid != run.pid}
    assert len(left) >= 2, "the module and a worker"
    kill(run, sim, everything)
    for pid, descriptor in left.items():
        assert select.select([descriptor], [], [], ENDS_WITHIN)[0], f"process {pid} goes on"
        os.close(descriptor)
    sim.advance(60)
    assert [request["method"] for request in sim.requests() if request["method"] != "GET"] == ["POST"]


@SLOW
def test_a_module_with_async_continues(sim: Any, tmp_path: Path) -> None:
    run = started(sim, tmp_path, {}, **{"async": 600, "poll": 1})
    kill(run, sim, everything=True)
    seen = len(sim.requests())
    wait_until(lambda: len(sim.requests()) > seen + 3)
    sim.cloud.clock.speed = 60
    jobs = tmp_path / "async"
    wait_until(lambda: any('"actions"' in job.read_text() for job in jobs.iterdir()))
    result = next(json.loads(job.read_text()) for job in jobs.iterdir())
    assert [action["action"] for action in result["actions"]] == ["create", "stop"]
    wait_until(lambda: not processes(sim), ENDS_WITHIN)


@SLOW
@pytest.mark.parametrize("output", ["a file", "/dev/null", "a terminal", "closed", "a pipe", "a socket"])
def test_a_module_without_a_pipe_as_output_continues(sim: Any, tmp_path: Path, output: str) -> None:
    with contextlib.ExitStack() as stack:
        if output == "a terminal":
            _kept, out = os.openpty()
        elif output == "a pipe":
            _kept, out = os.pipe()
        elif output == "a socket":
            pair = [stack.enter_context(one) for one in socket.socketpair()]
            _kept, out = (one.fileno() for one in pair)
            pair[0].shutdown(socket.SHUT_WR)  # sshd does so when the client has closed its input
        else:
            out = os.open(os.devnull if output == "/dev/null" else tmp_path / "output", os.O_WRONLY | os.O_CREAT)
        arguments = {"ANSIBLE_MODULE_ARGS": {**DECLARED, "state": "stopped"}}
        command = [sys.executable, "-W", "ignore", "-c", MODULE, json.dumps(arguments)]
        if output == "closed":
            command = ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *command]
        env = environment(sim, tmp_path)
        env["PYTHONPATH"] += f"{os.pathsep}{COLLECTIONS}"
        module = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.DEVNULL, start_new_session=True)
        wait_until(lambda: created(sim))
        sim.cloud.clock.speed = 60
        module.wait(ENDS_WITHIN)
        assert sim.state()["br-se1"]["instances"][0]["state"] == "stopped"
