# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job that AWX cuts into slices: each is a job of its own, all at the same time, with some of the hosts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator import running
from tests.awx.jobs import Job, inventory
from tests.awx.test_jobs import KEY, begin, rows
from tests.playbooks.play import SPEED

SLICES = 2
PLAYBOOK = [{
    "name": "Protect the hosts of this slice", "hosts": "all", "connection": "local", "gather_facts": False,
    "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}", "protect_period": "now"},
    "roles": ["magalu.cloud.protect"],
}]  # fmt: skip


@pytest.fixture(scope="module")
def simulator_server() -> Iterator[Any]:
    with running(speed=SPEED) as server:
        yield server


@pytest.mark.every_core
def test_role_protect_does_the_hosts_of_its_slice(sim: Any, tmp_path: Path) -> None:
    begin(sim)
    whole = inventory(sim)
    names = sorted(whole["_meta"]["hostvars"])
    slices = []
    for number in range(SLICES):
        hosts = names[number::SLICES]
        cut = {
            "all": {"hosts": hosts},
            "_meta": {"hostvars": {name: whole["_meta"]["hostvars"][name] for name in hosts}},
        }
        job = Job(sim, tmp_path / str(number), "mine.yml", {}, hosts=cut, api_key=KEY)
        job.write("project/mine.yml", json.dumps(PLAYBOOK))
        slices.append(job.begin())
    for process in slices:
        said = process.communicate(timeout=120)[0]
        assert process.returncode == 0, said
    made = [row["instance"]["id"] for row in rows(sim, "snapshots") if row["name"].endswith("-now")]
    assert sorted(made) == sorted(row["id"] for row in rows(sim, "instances")), "one of each, and none twice"
