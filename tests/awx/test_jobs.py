# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each job template as AWX runs it: its project's stub, a form that is mostly left blank, a credential with two of its
fields, the inventory as a script, and the most output that a user asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.awx.data import templates
from tests.awx.jobs import ENVIRONMENT, Job, answered, inventory
from tests.support.awx import CREDENTIAL, RUNNERS_OWN, record
from tests.support.play import SPEED

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]

Fields = dict[str, Any]
TEMPLATES = templates()
KEY = "kept-key-5d2c"
OLD = "2024-08"
# What is in the account before each job. The third instance's name must never be a template.
HOSTILE = "db-{{ lookup('pipe', 'touch PROOF') }}"
SEEDS: list[Fields] = [
    {"kind": "instance", "name": "web-1", "public_ip": "192.0.2.10"},
    {"kind": "instance", "name": "web-2", "state": "stopped"},
    {"kind": "instance", "name": HOSTILE},
    {"kind": "snapshot", "name": "nightly-1", "instance": "web-1"},
    {"kind": "snapshot", "name": "nightly-2", "instance": "web-1"},
]


class Scenario(NamedTuple):
    """What is answered, and what is there afterwards; `artifacts` is part of what the job gives out."""

    answers: Fields
    there: Callable[[Any], Any]
    expected: Any
    artifacts: Fields
    edition: str = "2026-08"


def rows(sim: Any, kind: str) -> list[Fields]:
    """All of a kind."""
    return [row for region in sim.state().values() for row in region[kind] if row["status"] != "deleted"]


def states(sim: Any) -> Fields:
    return {row["name"]: row["state"] for row in rows(sim, "instances")}


def types(sim: Any) -> Fields:
    return {row["name"]: row["machine_type"]["name"] for row in rows(sim, "instances")}


def snapshots(sim: Any) -> list[str]:
    return sorted(row["name"] for row in rows(sim, "snapshots"))


def backups(sim: Any) -> list[str]:
    return sorted(row["name"] for row in rows(sim, "backups"))


BEFORE = {"web-1": "running", "web-2": "stopped", HOSTILE: "running"}
SCENARIOS = {
    "provision": Scenario(
        {"magalu_name": "app", "magalu_count": 2, "magalu_machine_type": "BV1-1-40", "magalu_public_ip": "false",
         "magalu_image": "cloud-ubuntu-24.04 LTS", "magalu_wait_for": "none", "magalu_host_keys": "off"},
        states, BEFORE | {"app-01": "running", "app-02": "running"}, {"created": 2, "failed": []},
    ),
    "decommission": Scenario(
        {"magalu_name_pattern": "web-*", "magalu_confirm_count": 2, "magalu_delete_public_ip": "true"},
        states, {HOSTILE: "running"}, {"deleted": ["web-1", "web-2"], "failed": [], "kept_public_ips": []},
    ),
    "power": Scenario(
        {"magalu_action": "start", "magalu_name_pattern": "web-*"}, states, BEFORE | {"web-2": "running"},
        {"selected": 2, "changed": ["web-2"], "unchanged": ["web-1"], "failed": []},
    ),
    "resize": Scenario(
        {"magalu_machine_type": "BV2-2-40", "magalu_group": "state_stopped", "magalu_confirm_count": 1}, types,
        {"web-1": "BV1-1-40", "web-2": "BV2-2-40", HOSTILE: "BV1-1-40"}, {"changed": ["web-2"]},
    ),
    "snapshot": Scenario(
        {"magalu_name_pattern": "web-*", "magalu_period": "now", "magalu_concurrency": 2, "magalu_power_off": "false"},
        snapshots, ["nightly-1", "nightly-2", "snapshot-web-1-now", "snapshot-web-2-now"], {"failed": []},
    ),
    "backup": Scenario(
        {"magalu_name_pattern": "web-*", "magalu_period": "now"}, backups, ["backup-web-1-now", "backup-web-2-now"],
        {"failed": []}, OLD,
    ),
    "restore": Scenario(
        {"magalu_copy": "nightly-1", "magalu_name": "web-1-again", "magalu_machine_type": "BV1-1-40",
         "magalu_public_ip": "false"}, states, BEFORE | {"web-1-again": "running"}, {"copy": "nightly-1"},
    ),
    "prune": Scenario(
        {"magalu_name_prefix": "nightly-", "magalu_keep_last": 1, "magalu_confirm_count": 1}, snapshots, ["nightly-2"],
        {"pruned": ["nightly-1"]},
    ),
    "report": Scenario(
        {}, states, BEFORE, {"instances": 3, "running": 2, "stopped_but_billed": ["web-2"], "snapshots": 2,
                             "public_addresses": ["192.0.2.10"], "regions": ["br-se1"]},
    ),
}  # fmt: skip


def begin(sim: Any, **settings: Any) -> None:
    """The account as it is before each job."""
    sim.reset(keys={KEY: "tenant-1"}, api_key=KEY, keep_deleted=10**6, **settings)
    ids: dict[str, str] = {}
    for number, seed in enumerate(SEEDS):
        known = {"instance": ids[seed["instance"]]} if "instance" in seed else {}
        made = sim.seed(**{**seed, **known, "created_at": sim.now() - 7200 + number})
        ids[seed["name"]] = made["id"]


def test_each_job_template_is_run() -> None:
    assert set(SCENARIOS) == set(TEMPLATES)


@pytest.mark.one_in(9)
@pytest.mark.every_core
@pytest.mark.parametrize("name", TEMPLATES)
def test_job_does_its_work(sim: Any, tmp_path: Path, name: str) -> None:
    scenario = SCENARIOS[name]
    begin(sim, edition=scenario.edition)
    job = Job(sim, tmp_path, f"{name}.yml", answered(TEMPLATES[name], scenario.answers), "--diff -vvv", api_key=KEY)
    done = job()
    assert done.code == 0, done.output
    assert scenario.there(sim) == scenario.expected
    given = done.artifacts[f"magalu_{name}"]
    assert given.items() >= scenario.artifacts.items(), given
    assert KEY not in done.output and "__ansible_unsafe" not in str(given)
    assert not list(tmp_path.rglob("PROOF"))


def test_launch_by_the_api_without_what_is_optional(sim: Any, tmp_path: Path) -> None:
    """Then these variables are not there at all. A check job changes nothing."""
    begin(sim)
    answers = answered(TEMPLATES["power"], SCENARIOS["power"].answers, blank=False)
    assert len(answers) == 2
    done = Job(sim, tmp_path, "power.yml", answers, "--check", api_key=KEY)()
    assert done.code == 0 and done.artifacts["magalu_power"]["changed"] == ["web-2"], done.output
    assert states(sim) == BEFORE


def test_job_with_a_limit_does_nothing(sim: Any, tmp_path: Path) -> None:
    """And succeeds: why no template asks for one."""
    begin(sim)
    sim.clear_requests()
    done = Job(sim, tmp_path, "report.yml", answered(TEMPLATES["report"], {}), "-l web-1", api_key=KEY)()
    assert done.code == 0 and sim.requests() == [] and "skipping: no hosts matched" in done.output


@pytest.mark.test_all("the report itself is in tests/jobs")
def test_report_is_in_the_output_of_the_job(sim: Any, tmp_path: Path) -> None:
    """AWX deletes the files that it wrote."""
    begin(sim)
    done = Job(sim, tmp_path, "report.yml", answered(TEMPLATES["report"], {}), api_key=KEY)()
    (table,) = (file.read_text() for file in (tmp_path / "project").rglob("report.csv"))
    shown = done.output.replace('\\"', '"')
    assert len(table.splitlines()) > len(SEEDS) and all(line in shown for line in table.splitlines()), done.output


def test_jobs_are_as_the_record_of_one(sim: Any, tmp_path: Path) -> None:
    """The environment and the files are those that a real AWX made."""
    folder = record("job_with_survey")
    job = Job(sim, tmp_path, "report.yml", answered(TEMPLATES["report"], {}), api_key=KEY)
    lines = (
        (folder / "env.list").read_text().replace("/tmp/awx_66_xxxxxxxx", "{}").replace("/runner", "{}").splitlines()
    )
    kept = dict(line.split("=", 1) for line in lines)
    ours = {name: value.split(":/work", 1)[0] for name, value in ENVIRONMENT.items()}
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
