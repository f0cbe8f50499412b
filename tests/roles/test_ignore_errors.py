# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A role in a play with `ignore_errors: true` does nothing after it has refused to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.roles.cases import Case, use
from tests.support.declarations import DEFAULTS
from tests.support.fleet import changes, seed

pytestmark = pytest.mark.programs
SLOW = pytest.mark.test_all("the same for the other roles; the one that does the most is in make test")

REBUILD = {"rebuild_id": "r1", "rebuild_name_pattern": "*", "rebuild_delete_public_ip": True, "rebuild_check": "none"}
PROTECT = {"protect_name_pattern": "web-*", "protect_keep_last": "seven"}
FLEET = {"fleet_defaults": DEFAULTS, "fleet_instances": [{"name": "web-02"}, {"name": "all"}], "fleet_wait_for": "none"}


@pytest.mark.every_core
@pytest.mark.parametrize(
    ("role", "given", "words"),
    [
        ("rebuild", REBUILD, "db-01: it is suspended"),
        pytest.param("protect", PROTECT, "protect_keep_last must be", marks=SLOW),
        pytest.param("fleet", FLEET, "Ansible cannot have hosts of these names", marks=SLOW),
    ],
)
def test_a_refusal_holds(sim: Any, tmp_path: Path, role: str, given: dict[str, Any], words: str) -> None:
    seed(sim, ["web-01"])
    seed(sim, ["db-01"], state="suspended")
    (outcome,), job = use(sim, tmp_path, role, Case(given), ignore_errors=True)
    assert words in outcome.failed and changes(sim) == [], job.said
