# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job that AWX cuts into slices: separate jobs at the same time, each with a part of the hosts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.awx.jobs import Job, inventory
from tests.awx.scenarios import KEY, rows
from tests.support.play import SPEED

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]

SLICES = 2
HOSTS = 3  # so that a slice has two members, or one
ROLES = {
    "protect": {"protect_period": "now"},
    "rebuild": {"rebuild_id": "now", "rebuild_check": "none", "rebuild_delete_public_ip": True,
                "rebuild_declaration": {"ssh_key_name": "new"}},
}  # fmt: skip


@pytest.mark.test_all("two jobs; the others of AWX are in make test")
@pytest.mark.one_in(2)
@pytest.mark.parametrize("role", [pytest.param("protect", marks=pytest.mark.every_core), "rebuild"])
def test_role_does_the_hosts_of_its_slice(sim: Any, tmp_path: Path, role: str) -> None:
    sim.reset(keys={KEY: "tenant-1"}, api_key=KEY)
    before = {sim.seed("instance", name=f"web-{number}", ssh_key_name="deploy")["id"] for number in range(HOSTS)}
    whole = inventory(sim)
    names = sorted(whole["_meta"]["hostvars"])
    book = [{"name": "Work on the hosts of this slice", "hosts": "all", "connection": "local", "gather_facts": False,
             "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}", **ROLES[role]},
             "roles": [f"magalu.cloud.{role}"]}]  # fmt: skip
    slices = []
    for number in range(SLICES):
        hosts = names[number::SLICES]
        cut = {
            "all": {"hosts": hosts},
            "_meta": {"hostvars": {name: whole["_meta"]["hostvars"][name] for name in hosts}},
        }
        job = Job(sim, tmp_path / str(number), "mine.yml", {}, hosts=cut, api_key=KEY)
        job.write("project/mine.yml", json.dumps(book))
        slices.append(job.begin())
    for process in slices:
        said = process.communicate(timeout=120)[0]
        assert process.returncode == 0, said
    copied = [row["instance"]["id"] for row in rows(sim, "snapshots") if row["name"].endswith("-now")]
    assert sorted(copied) == sorted(before), "one of each, and none twice"
    there = rows(sim, "instances")
    assert sorted(row["name"] for row in there) == names
    assert {row["id"] in before for row in there} == {role == "protect"}
    assert {row["ssh_key_name"] for row in there} == {"deploy" if role == "protect" else "new"}
