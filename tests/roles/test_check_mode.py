# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A role in a play with `check_mode: true` only plans, as with --check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.roles.cases import Case, use
from tests.support.declarations import DEFAULTS
from tests.support.fleet import changes, names, seed

pytestmark = pytest.mark.programs
SLOW = pytest.mark.test_all("the same for the other roles; the one that does the most is in make test")

REBUILD = {"rebuild_id": "r1", "rebuild_name_pattern": "web-*", "rebuild_delete_public_ip": True}
PROTECT = {"protect_name_pattern": "web-*", "protect_period": "x", "protect_keep_last": 1}
FLEET = {"fleet_defaults": DEFAULTS, "fleet_count": 1, "fleet_name_format": "db-{index}"}


@pytest.mark.every_core
@pytest.mark.parametrize(
    ("role", "given", "words"),
    [
        ("rebuild", REBUILD, "1 instance would be replaced"),
        pytest.param("protect", PROTECT, "1 would be created", marks=SLOW),
        pytest.param("fleet", FLEET, "", marks=SLOW),
        pytest.param("simulator", {"simulator_name": "never"}, "", marks=SLOW),
    ],
)
def test_a_play_in_check_mode(sim: Any, tmp_path: Path, role: str, given: dict[str, Any], words: str) -> None:
    seed(sim, ["web-01"])
    (outcome,), job = use(sim, tmp_path, role, Case(given), check_mode=True)
    assert outcome.failed == "" and (changes(sim), names(sim)) == ([], ["web-01"]), job.said
    assert words in str(outcome.result), outcome.result
    assert not [*tmp_path.glob(".cache/magalu-cloud-simulator/venv")]  # the folder of a started simulator
