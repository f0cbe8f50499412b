# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real SSH to the hosts of the inventory: the simulator hands out loopback addresses, and a server listens there."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.inventory_programs import FAILS, Programs, Ran

pytestmark = [pytest.mark.needs("sshd", "ssh"), pytest.mark.programs]
WHERE = {"debug": {"msg": "{{ inventory_hostname }} was reached at {{ ansible_facts.env.SSH_CONNECTION.split()[2] }}"}}


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def serving(folder: Path, addresses: list[str], port: int, *more: str) -> Iterator[None]:
    """A server for the user who runs the tests, whose key is `folder`/key, at all of these addresses."""
    for name in ("key", "host_key"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    if os.getuid() == 0:  # as Debian's service does
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    listens = [f"ListenAddress {f'[{address}]' if ':' in address else address}:{port}" for address in addresses]
    config = [*listens, f"HostKey {folder}/host_key", f"AuthorizedKeysFile {folder}/key.pub", "PidFile none", "UsePAM no",
              "StrictModes no", "PasswordAuthentication no", "PermitRootLogin prohibit-password", "PrintMotd no", *more]  # fmt: skip
    (folder / "sshd_config").write_text("\n".join(config) + "\n")
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program
    server = subprocess.Popen([program, "-D", "-e", "-f", folder / "sshd_config"], stderr=subprocess.PIPE, text=True)
    with server:
        assert server.stderr
        said: list[str] = []
        while sum("Server listening on" in line for line in said) < len(addresses):
            said.append(server.stderr.readline())
            assert said[-1], f"it ended: {said}"
        try:
            yield
        finally:
            server.terminate()


def reach(programs: Programs, port: int, **options: Any) -> tuple[Ran, Ran]:
    """A ping of all hosts, and a play that gathers their facts."""
    programs.write(compose={"ansible_port": str(port), "ansible_python_interpreter": repr(sys.executable)}, **options)
    known = (
        f"-F none -o ControlMaster=no -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile={programs.folder}/known"
    )
    env = {**FAILS, "ANSIBLE_SSH_ARGS": known, "ANSIBLE_PRIVATE_KEY_FILE": str(programs.folder / "key"),
           "ANSIBLE_REMOTE_USER": getpass.getuser(), "ANSIBLE_REMOTE_TMP": str(programs.folder / "remote")}  # fmt: skip
    ping = programs("adhoc", "-i", "magalu.yml", "all", "-m", "ansible.builtin.ping", **env)
    return ping, programs.play({"gather_facts": {}}, WHERE, **env)


def test_three_instances_by_their_public_addresses(programs: Programs, sim: Any) -> None:
    sim.reset(loopback=True)
    made = [sim.seed("instance", name=f"web-{number}", public_ip=True)["public_ip"] for number in range(3)]
    port = free_port()
    with serving(programs.folder, made, port):
        ping, facts = reach(programs, port)
    assert ping.code == 0 and ping.stdout.count('"ping": "pong"') == 3, ping.stdout + ping.stderr
    assert facts.code == 0, facts.stdout
    for number, address in enumerate(made):
        assert address.startswith("127.2.") and f"web-{number} was reached at {address}" in facts.stdout


@pytest.mark.test_all("the same by IPv6")
def test_an_instance_by_ipv6(programs: Programs, sim: Any) -> None:
    """There is one loopback address of IPv6, which the simulator gives every instance."""
    try:
        with socket.socket(socket.AF_INET6) as tried:
            tried.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6, not even ::1")
    sim.reset(loopback=True)
    sim.seed("instance", name="web", public_ip=True)
    port = free_port()
    with serving(programs.folder, ["::1"], port):
        ping, facts = reach(programs, port, connect_with=["public_ipv6"])
    assert ping.code == 0 and '"ping": "pong"' in ping.stdout, ping.stdout + ping.stderr
    assert "web was reached at ::1" in facts.stdout
