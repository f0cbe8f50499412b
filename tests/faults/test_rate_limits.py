# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fifty tasks in parallel against a limit of ten requests a second, as real playbooks.

Times are from the simulator's record. The start of processes depends on the machine, so the ideal is compared with the
time in which requests were refused: then every second had more requests than the API accepts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from simulator import running
from tests.support.play import environment, vm_instance
from tests.support.programs import run

pytestmark = pytest.mark.programs

HOSTS, FORKS, LIMIT = 50, 20, 10


@pytest.fixture
def sim() -> Iterator[Any]:
    with running(speed=1, rate_limit=LIMIT, instant=True) as server:
        yield server


def play(sim: Any, folder: Path) -> str:
    """Stop an instance for each host, and return the output. Waits take real time, without `quick`."""
    names = [f"web-{number}" for number in range(HOSTS)]
    for name in names:
        sim.seed("instance", name=name)
    # A tenant's id for each host, so that the record shows whose request it is; the simulator only checks the key.
    tasks = [vm_instance(name="{{ inventory_hostname }}", tenant_id="{{ inventory_hostname }}", state="stopped")]
    play = {"hosts": "all", "connection": "local", "gather_facts": False, "tasks": tasks}
    (folder / "ansible.cfg").touch()
    (folder / "play.json").write_text(json.dumps([play]))
    env = environment(sim, folder, PYTHONPATH="", ANSIBLE_PYTHON_INTERPRETER=sys.executable)
    done = run("playbook", "-i", ",".join(names), f"--forks={FORKS}", "play.json", cwd=folder, env=env, apart=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def host(request: dict[str, Any]) -> str:
    """Return the host that sent a request."""
    name: str = request["headers"]["x-tenant-id"]
    return name


@pytest.mark.test_all("fifty processes; tests/engine and tests/fleet back off in this process")
def test_fifty_tasks_at_once_against_ten_requests_a_second(sim: Any, tmp_path: Path) -> None:
    output = play(sim, tmp_path)
    assert output.count("changed=1") == HOSTS
    assert {row["state"] for row in sim.state()["br-se1"]["instances"]} == {"stopped"}
    requests = sorted(sim.requests(), key=host)  # in order for each host
    for name, of_one in groupby(requests, host):
        over = 0.0
        for request in of_one:
            assert request["at"] >= over, f"{name} asked again before its Retry-After was over"
            over = request["at"] + 1 if request["status"] == 429 else 0
    refused = [request["at"] for request in requests if request["status"] == 429]
    served = [request["at"] for request in requests if request["status"] != 429]
    begin, end = min(refused), max(refused)
    ideal = sum(begin <= at <= end for at in served) / LIMIT
    assert end - begin <= 1.5 * ideal + 1, f"{end - begin:.1f} s of refusals, in which {ideal:.1f} s would have done"
