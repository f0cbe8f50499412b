# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbooks that a new user runs first: no warning and no deprecation, with any ansible-core."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator import running
from tests.playbooks.play import environment
from tests.support.programs import begin

pytestmark = pytest.mark.programs

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.every_core
@pytest.mark.parametrize("playbook", ["playbooks/quickstart.yml", "docs/examples/testing/site.yml"])
def test_it_runs_without_a_warning(playbook: str, tmp_path: Path) -> None:
    with running(speed=60) as sim:
        said = begin("playbook", ROOT / playbook, cwd=tmp_path, env=environment(sim, tmp_path)).communicate()[0]
    assert "failed=0 " in said and "WARNING" not in said, said
    assert ("quickstart" in playbook) == bool(re.search(rf"in a browser: http://127\.0\.0\.1:{sim.port}/\W", said))
