# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The examples of filters and tests with tasks of this collection run as one playbook, with the documented output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.examples import PLAYED, examples, shown
from tests.support.fleet import seed
from tests.support.fleet_role import show
from tests.support.launch import play
from tests.support.play import SPEED

SAID = (
    "2 instances are stopped or suspended, but billed: old-01, old-02.",
    "old-01 of br-se1: 0 days",
    "2 instances match (stop).",
    "2 changed: web-01, web-02",
    "Instance web-03 was restored from snapshot nightly-web-01.",
    "The inventory does not say when it was listed (option listed_at of its file).",
)


@pytest.mark.programs
@pytest.mark.every_core
@pytest.mark.clock(SPEED)
def test_examples(sim: Any, tmp_path: Path) -> None:
    seed(sim, ["web-01", "web-02"])
    seed(sim, ["old-01", "old-02"], state="stopped")
    created = int(sim.now()) - 60
    sim.seed("snapshot", name="nightly-web-01", instance=sim.seed("instance", name="source")["id"], created_at=created)
    show(sim, "ssh-ed25519 AAAAC3Nz")
    tasks = [task for kind, names in PLAYED.items() for name in names for task in examples(kind, name)]
    job = play(sim, tmp_path, json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    said = (*SAID, f'"msg": "{created}' if f'"msg": "{created}' in job.said else f'"msg": {created}')
    assert job.code == 0 and [text for text in said if text not in job.said] == [], job.said


def test_the_examples_of_all_tests_are_run() -> None:
    """The examples of all tests are run here; `test_shown_values` runs those of filters that no other file runs."""
    assert shown("test") == []
