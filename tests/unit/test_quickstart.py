# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbooks that a new user runs first: no warning and no deprecation, with any ansible-core."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from simulator import running
from tests.playbooks.play import environment

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.every_core
@pytest.mark.parametrize("playbook", ["playbooks/quickstart.yml", "docs/examples/testing/site.yml"])
def test_it_runs_without_a_warning(playbook: str, tmp_path: Path) -> None:
    with running(speed=60) as sim:
        command = [sys.executable, "-m", "ansible", "playbook", ROOT / playbook]
        done = subprocess.run(command, check=False, text=True, cwd=tmp_path, env=environment(sim, tmp_path),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    assert "failed=0 " in done.stdout and "WARNING" not in done.stdout, done.stdout
    assert ("quickstart" in playbook) == bool(
        re.search(rf"in a browser: http://127\.0\.0\.1:{sim.port}/\W", done.stdout)
    )
