# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real SSH to the hosts of the inventory: the simulator assigns loopback addresses, where a server listens."""

from __future__ import annotations

import getpass
import socket
import sys
from typing import Any

import pytest

from tests.support.inventory_plugin import UUIDS
from tests.support.inventory_programs import FAILS, Programs, Ran
from tests.support.servers import free_port
from tests.support.ssh import serve_ssh

pytestmark = [pytest.mark.needs("sshd", "ssh"), pytest.mark.programs]
WHERE = {"debug": {"msg": "{{ inventory_hostname }} was reached at {{ ansible_facts.env.SSH_CONNECTION.split()[2] }}"}}


def ping_and_gather(programs: Programs, port: int, **options: Any) -> tuple[Ran, Ran]:
    """Ping all hosts, and run a play that gathers their facts."""
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
    with serve_ssh(programs.folder, made, port):
        ping, facts = ping_and_gather(programs, port)
    assert ping.code == 0 and ping.stdout.count('"ping": "pong"') == 3, ping.stdout + ping.stderr
    assert facts.code == 0, facts.stdout
    for number, address in enumerate(made):
        assert address.startswith("127.2.") and f"web-{number} was reached at {address}" in facts.stdout


@pytest.mark.parametrize("connect_with", [[], ["name"]], ids=str)
def test_a_name_is_not_an_option_of_ssh(programs: Programs, sim: Any, connect_with: list[str]) -> None:
    sim.seed("instance", name="-oProxyCommand=touch PROOF", id=UUIDS[0])
    ping, _facts = ping_and_gather(programs, free_port(), connect_with=connect_with)
    assert f"{UUIDS[0]} | UNREACHABLE!" in ping.stdout, ping.stdout + ping.stderr
    assert not (programs.folder / "PROOF").exists()


@pytest.mark.test_all("the same by IPv6")
def test_an_instance_by_ipv6(programs: Programs, sim: Any) -> None:
    """An instance is reachable by IPv6; the simulator assigns the only IPv6 loopback address to every instance."""
    try:
        with socket.socket(socket.AF_INET6) as tried:
            tried.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6, not even ::1")
    sim.reset(loopback=True)
    sim.seed("instance", name="web", public_ip=True)
    port = free_port()
    with serve_ssh(programs.folder, ["::1"], port):
        ping, facts = ping_and_gather(programs, port, connect_with=["public_ipv6"])
    assert ping.code == 0 and '"ping": "pong"' in ping.stdout, ping.stdout + ping.stderr
    assert "web was reached at ::1" in facts.stdout
