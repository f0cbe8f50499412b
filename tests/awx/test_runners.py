# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job ends and shows its progress under every ansible-runner: AWX uses that of the node, not that of the image.

Versions up to 2.4.1 replace methods of Ansible's `Display` in workers, too. `make runners` tries all versions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.awx.data import templates
from tests.awx.jobs import Job, extra_variables
from tests.awx.scenarios import KEY, SCENARIOS, seed_account
from tests.conftest import ROOT
from tests.support.choice import ALL
from tests.support.play import SPEED

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]

FOLDER = ROOT / ".build/runners"
VERSIONS = sorted(file.name for file in FOLDER.iterdir()) if ALL else ["2.4.1"]
LONGEST = 150  # seconds, after which ansible-runner kills the job, as it does for a job template's timeout
LINES = ("fleet app: 0/2 running, 2 creating", "fleet app: 2/2 running", "changed: [localhost]")


@pytest.mark.every_core(sample=True)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_job_that_changes_a_fleet_ends(sim: Any, tmp_path: Path, version: str) -> None:
    runner = FOLDER / version
    assert runner.is_dir(), f"ansible-runner {version} is missing: make setup"
    seed_account(sim)
    job = Job(sim, tmp_path, "provision.yml", extra_variables(templates()["provision"], SCENARIOS["provision"].answers),
              api_key=KEY)  # fmt: skip
    job.env["PYTHONPATH"] = f"{runner}:{job.env['PYTHONPATH']}"
    job.write("env/settings", f'{{"job_timeout": {LONGEST}, "suppress_ansible_output": true}}')
    done = job()
    assert done.code == 0, done.output
    first, last, result = (done.output.index(line) for line in LINES)
    assert first < last < result
    assert done.artifacts["magalu_provision"]["created"] == 2
