# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each job template as AWX runs it: with its project's stub, a mostly blank form, a credential with two of its fields,
the inventory as a script, and the highest verbosity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.awx.data import templates
from tests.awx.jobs import ENVIRONMENT, Job, extra_variables, inventory
from tests.awx.scenarios import BEFORE, KEY, SCENARIOS, SEEDS, rows, seed_account, states
from tests.support.awx import CREDENTIAL, RUNNERS_OWN, record
from tests.support.play import SPEED

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]

TEMPLATES = templates()


def test_each_job_template_is_run() -> None:
    assert set(SCENARIOS) == set(TEMPLATES)


@pytest.mark.one_in(9)
@pytest.mark.every_core
@pytest.mark.parametrize("name", TEMPLATES)
def test_job_does_its_work(sim: Any, tmp_path: Path, name: str) -> None:
    scenario = SCENARIOS[name]
    seed_account(sim, edition=scenario.edition)
    job = Job(
        sim, tmp_path, f"{name}.yml", extra_variables(TEMPLATES[name], scenario.answers), "--diff -vvv", api_key=KEY
    )
    done = job()
    assert done.code == 0, done.output
    assert scenario.there(sim) == scenario.expected
    given = done.artifacts[f"magalu_{name}"]
    assert given.items() >= scenario.artifacts.items(), given
    assert KEY not in done.output and "__ansible_unsafe" not in str(given)
    assert not list(tmp_path.rglob("PROOF"))


def test_a_launch_without_optional_variables_works(sim: Any, tmp_path: Path) -> None:
    """A launch by the API works with undefined optional variables, and a check job changes nothing."""
    seed_account(sim)
    answers = extra_variables(TEMPLATES["power"], SCENARIOS["power"].answers, blank=False)
    assert len(answers) == 2
    done = Job(sim, tmp_path, "power.yml", answers, "--check", api_key=KEY)()
    assert done.code == 0 and done.artifacts["magalu_power"]["changed"] == ["web-2"], done.output
    assert states(sim) == BEFORE


def test_job_with_a_limit_does_nothing(sim: Any, tmp_path: Path) -> None:
    """A job with a limit does nothing and succeeds, so no template asks for a limit."""
    seed_account(sim)
    sim.clear_requests()
    done = Job(sim, tmp_path, "report.yml", extra_variables(TEMPLATES["report"], {}), "-l web-1", api_key=KEY)()
    assert done.code == 0 and sim.requests() == [] and "skipping: no hosts matched" in done.output


@pytest.mark.test_all("the report itself is in tests/jobs")
def test_report_is_in_the_output_of_the_job(sim: Any, tmp_path: Path) -> None:
    """The report is in the job's output, because AWX deletes the files that a job writes."""
    seed_account(sim)
    done = Job(sim, tmp_path, "report.yml", extra_variables(TEMPLATES["report"], {}), api_key=KEY)()
    (table,) = (file.read_text() for file in (tmp_path / "project").rglob("report.csv"))
    shown = done.output.replace('\\"', '"')
    assert len(table.splitlines()) > len(SEEDS) and all(line in shown for line in table.splitlines()), done.output


def test_jobs_equal_the_recorded_job_of_a_real_awx(sim: Any, tmp_path: Path) -> None:
    """The tests' environment and files are those of the recorded job of a real AWX."""
    folder = record("job_with_survey")
    job = Job(sim, tmp_path, "report.yml", extra_variables(TEMPLATES["report"], {}), api_key=KEY)
    lines = (
        (folder / "env.list").read_text().replace("/tmp/awx_66_xxxxxxxx", "{}").replace("/runner", "{}").splitlines()
    )
    kept = dict(line.split("=", 1) for line in lines)
    ours = ENVIRONMENT
    assert set(kept) - RUNNERS_OWN - set(ours) <= set(CREDENTIAL)
    assert {name: ours[name] for name in set(kept) & set(ours) - {"ANSIBLE_COLLECTIONS_PATH"}
            if not ours[name].startswith(kept[name])} == {}  # fmt: skip
    recorded = (folder / "env_extravars").read_text()
    assert "!unsafe 'note': !unsafe ''" in recorded and "!unsafe 'awx_job_id': 66" in recorded
    assert '!unsafe "magalu_region": !unsafe ""' in (job.folder / "env/extravars").read_text()
    assert inventory(sim)["all"]["children"] or not rows(sim, "instances")
    there = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()}
    wanted = {
        line for line in (folder / "layout.txt").read_text().splitlines() if line.startswith(("env/", "inventory/"))
    }
    assert wanted <= there
