# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The examples of the filters that sum up tasks of this collection: they run as one playbook, and say what they promise."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import load_yaml
from tests.support.fleet import seed
from tests.support.launch import play
from tests.support.play import SPEED

FILTERS = ("estate", "choose_instances", "fleet_outcome", "prune_plan", "restore_outcome")
SAID = (
    "2 instances are stopped or suspended, but billed: old-01, old-02.",
    "old-01 of br-se1: 0 days",
    "2 instances match (stop).",
    "2 changed: web-01, web-02",
    "Instance web-03 was restored from snapshot nightly-web-01.",
)


def examples(name: str) -> list[dict[str, Any]]:
    """The tasks of a filter's examples."""
    module = importlib.import_module(f"ansible_collections.magalu.cloud.plugins.filter.{name}")
    tasks: list[dict[str, Any]] = load_yaml(module.EXAMPLES)
    return tasks


@pytest.mark.programs
@pytest.mark.every_core
@pytest.mark.clock(SPEED)
def test_examples(sim: Any, tmp_path: Path) -> None:
    seed(sim, ["web-01", "web-02"])
    seed(sim, ["old-01", "old-02"], state="stopped")
    sim.seed(
        "snapshot", name="nightly-web-01", instance=sim.seed("instance", name="source")["id"], created_at=sim.now() - 60
    )
    tasks = [task for name in FILTERS for task in examples(name)]
    job = play(sim, tmp_path, json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    assert job.code == 0 and [text for text in SAID if text not in job.said] == [], job.said
