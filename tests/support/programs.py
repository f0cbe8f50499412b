# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible's programs. All tests start them here: as forks of a process that has imported Ansible, or as new processes,
for tests that look at processes or kill them."""

from __future__ import annotations

import array
import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path

COMMAND = (sys.executable, "-m", "ansible")
PRELOADED = Path(__file__).with_name("preloaded.py")
Argument = str | Path
Done = subprocess.CompletedProcess[str]
_ASKING = threading.Lock()  # a test may run two programs at once, whose requests must not be mixed


def run(program: str, *arguments: Argument, cwd: Path, env: Mapping[str, str], apart: bool = False,
        timeout: float = 300) -> Done:  # fmt: skip
    """Run `ansible-<program>` without an input; with `apart`, stderr is separate from stdout."""
    outputs = [os.memfd_create(name) for name in (["stdout", "stderr"] if apart else ["stdout"])]
    nothing = os.open(os.devnull, os.O_RDONLY)
    reports, reporter = os.pipe()
    given = {"arguments": [program, *map(str, arguments)], "cwd": str(cwd), "env": dict(env)}
    with _ASKING:
        _ask(_server()[0], json.dumps(given).encode(), [nothing, outputs[0], outputs[-1], reporter])
    for descriptor in (nothing, reporter):
        os.close(descriptor)
    with open(reports, encoding="ascii") as lines:
        process = int(lines.readline())
        ended = bool(select.select([lines], [], [], timeout)[0])
        if not ended:
            os.kill(process, signal.SIGKILL)
        code = int(lines.readline())
    said = [_text(output) for output in outputs]
    if not ended:
        raise subprocess.TimeoutExpired([program, *map(str, arguments)], timeout, *said)
    return Done([program, *map(str, arguments)], code, *said)


def start_program(program: str, *arguments: Argument, cwd: Path, env: Mapping[str, str],
                  output: int = subprocess.PIPE) -> subprocess.Popen[str]:  # fmt: skip
    """Start `ansible-<program>` as a new process in a session of its own, without waiting for its end."""
    return subprocess.Popen(
        [*COMMAND, program, *arguments], cwd=cwd, env=env, text=True, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
    )  # fmt: skip


@cache
def _server() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Start a preloaded process, which ends with this process of pytest; return a socket to it."""
    ours, its = socket.socketpair()
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen([sys.executable, PRELOADED, str(its.fileno())], env=env, pass_fds=[its.fileno()])
    its.close()
    atexit.register(lambda: (ours.close(), process.wait()))
    return ours, process


def _ask(server: socket.socket, given: bytes, descriptors: list[int]) -> None:
    packed = array.array("i", descriptors)
    server.sendmsg([len(given).to_bytes(8, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, packed)])
    server.sendall(given)


def _text(output: int) -> str:
    with open(output, "rb") as file:
        file.seek(0)
        return file.read().decode()
