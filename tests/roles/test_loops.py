# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Roles in a loop of a play: their variables may use the loop's item, and are evaluated inside the role's loops."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.declarations import DEFAULTS
from tests.support.documents import load_yaml
from tests.support.launch import play
from tests.support.play import keep

TASKS = sorted((ROOT / "roles").glob("*/tasks/*.yml"))
ROLES = {"fleet": "__fleet_", "protect": "_protect_", "rebuild": "_rebuild_", "simulator": "_simulator_"}


def loops(tasks: Any) -> list[Any]:
    """Return the tasks that have a loop, also those in blocks."""
    found = [task for task in tasks if "loop" in task]
    return found + [
        each for task in tasks for part in ("block", "rescue", "always") for each in loops(task.get(part, ()))
    ]


@pytest.mark.parametrize("file", TASKS, ids=lambda file: f"{file.parts[-3]}/{file.name}")
def test_each_loop_has_a_variable_of_the_role(file: Path) -> None:
    prefix = ROLES[file.parts[-3]]
    for task in loops(load_yaml(file.read_text())):
        assert task.get("loop_control", {}).get("loop_var", "item").startswith(prefix), task["name"]


@pytest.mark.programs
@pytest.mark.every_core
def test_the_roles_can_be_used_once_for_each_region(sim: Any, tmp_path: Path) -> None:
    regions = ["br-ne1", "br-se1"]
    fleet = {
        "fleet_region": "{{ item }}", "fleet_group": "in_{{ item | replace('-', '_') }}", "fleet_count": 1,
        "fleet_name_format": "web-{{ item }}-{index}", "fleet_defaults": DEFAULTS, "fleet_wait_for": "none",
        "fleet_known_hosts": "{{ playbook_dir }}/{{ item }}",
    }  # fmt: skip
    protect = {"protect_name_pattern": "web-{{ item }}-*", "protect_period": "x", "protect_keep_last": 1}
    there = {"MGC_REGION": "{{ item }}"}
    tasks = [
        {"include_role": {"name": "magalu.cloud.fleet"}, "vars": fleet, "loop": regions},
        {
            "include_role": {"name": "magalu.cloud.protect", "apply": {"environment": there}},
            "vars": protect,
            "loop": regions,
        },
        keep("[groups, hostvars['web-br-ne1-1'].mgc_region]", tmp_path / "seen.json"),
    ]
    job = play(sim, tmp_path, json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    assert job.code == 0, job.said
    groups, region = json.loads((tmp_path / "seen.json").read_text())
    assert [groups["in_br_ne1"], groups["in_br_se1"], region] == [["web-br-ne1-1"], ["web-br-se1-1"], "br-ne1"]
    copies = {region: [row["name"] for row in sim.state()[region]["snapshots"]] for region in regions}
    assert copies == {region: [f"nightly-web-{region}-1-x"] for region in regions}
