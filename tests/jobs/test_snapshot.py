# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbooks snapshot and backup: the variables of role protect, their refusals and their output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.fleet import changes, seed, states
from tests.support.killing import kill_at
from tests.support.launch import Answers, errors_in_answers, launch, refusals
from tests.support.play import SPEED

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]


def copies(sim: Any, kind: str = "snapshots") -> list[str]:
    return sorted(row["name"] for row in sim.state()["br-se1"][kind])


BLANK = ("allow_none", "ids", "labels", "group", "name_prefix", "period", "power_off", "keep_last", "keep_days", "prune_max",
         "protect_names", "concurrency", "wait_timeout", "region")  # fmt: skip


def answers(**given: Any) -> Answers:
    """Return the answers of a survey, whose optional texts arrive blank."""
    return {f"magalu_{name}": value for name, value in {**dict.fromkeys(BLANK, ""), **given}.items()}


def test_snapshots_are_planned_and_created(sim: Any, tmp_path: Path) -> None:
    made = [sim.seed("instance", name=f"web-{number}", labels=["prod"])["id"] for number in (1, 2)]
    ids = [*made, sim.seed("instance", name="web-3")["id"], sim.seed("instance", name="db-1", labels=["prod"])["id"]]
    sim.seed("instance", name="web-4", labels=["prod"])  # each of these three misses a condition of the choice
    for number, of in enumerate([made[0], made[0], made[1]]):
        sim.seed("snapshot", name=f"job-{number}", instance=of, created_at=sim.now() - (9 - number) * 86400)
    asked = answers(
        name_pattern="web-*", ids=ids[0].upper() + ",\n" + "\n".join(ids[1:]), labels="prod", name_prefix="job-", period="x",
        power_off="true", keep_last=2, keep_days="0.5", prune_max="1", protect_names="job-1, none-*", concurrency=1, wait_timeout="600",
    )  # fmt: skip
    planned = launch(sim, tmp_path, "snapshot", asked, ("--check",))
    assert planned.code == 0, planned.said
    assert planned.stats["magalu_snapshot"]["check_mode"] is True
    assert changes(sim) == []
    done = launch(sim, tmp_path, "snapshot", asked)
    told = done.stats["magalu_snapshot"]
    assert sorted(row["copy"] for row in told["created"]) == ["job-web-1-x", "job-web-2-x"]
    assert [row["copy"] for row in told["pruned"]] == ["job-0"]
    assert done.summary[0] == "Snapshots of 2 instances: 2 created, 1 old snapshot deleted."
    assert copies(sim) == ["job-1", "job-2", "job-web-1-x", "job-web-2-x"]
    assert set(states(sim).values()) == {"running"}
    assert "(item=batch of 1)" in done.said and "(item=batch of 2)" not in done.said
    assert sum(request.endswith("/stop") for request in changes(sim)) == 2


@pytest.mark.test_all("test_restore.py has a killed job, and a failed one is in test_approved.py")
def test_a_failed_job_passes_its_failures_to_the_workflow(sim: Any, tmp_path: Path) -> None:
    """A failed job passes its failures to the workflow: a copy's name is taken, and another copy takes too long.

    A variable that the inventory has for another run of the role does not hide them.
    """
    (tmp_path / "hosts.yml").write_text(json.dumps({"all": {"vars": {"protect_fail": False}}}))
    seed(sim, ["web-1", "web-2"], region="br-ne1")
    sim.seed("snapshot", region="br-ne1", name="snapshot-web-1-x")
    sim.add_fault(operation="POST /v1/snapshots", kind="stuck")
    asked = answers(name_pattern="**", period="x", region="br-ne1", wait_timeout=2)
    job = launch(sim, tmp_path, "snapshot", asked, ("-i", "hosts.yml"))
    assert job.code == 2
    why = {row["instance"]: row["reason"] for row in job.stats["magalu_snapshot"]["failed"]}
    assert "is of another instance" in why["web-1"] and "Timed out after 2 s" in why["web-2"]
    assert all(reason in job.why for reason in why.values()) and "\\n" not in job.why


ALL = {"magalu_name_pattern": "*"}


@pytest.mark.parametrize("kind", ["snapshot", "backup"])
@pytest.mark.parametrize(
    ("case", "message"),
    [
        (ALL, ""),
        ({"magalu_group": " web", "magalu_keep_days": "0.5", "magalu_keep_last": 1, "magalu_prune_max": "0"}, ""),
        ({"magalu_name_pattern": " ", "magalu_ids": ""},
         "one of the following is required: magalu_name_pattern, magalu_ids, magalu_labels, magalu_group"),
        ({**ALL, "magalu_keep_last": 0}, "magalu_keep_last is 0; it must be greater than 0."),
        ({**ALL, "magalu_keep_days": 0.0}, "magalu_keep_days is 0.0; it must be greater than 0."),
        ({**ALL, "magalu_keep_days": "x"}, "argument 'magalu_keep_days' is of type"),
        ({**ALL, "magalu_prune_max": "x"}, "argument 'magalu_prune_max' is of type"),
        ({**ALL, "magalu_concurrency": 0}, "magalu_concurrency is 0; it must be greater than 0."),
        ({**ALL, "magalu_wait_timeout": "0"}, "magalu_wait_timeout is 0; it must be greater than 0."),
        ({**ALL, "magalu_power_off": "maybe"}, "argument 'magalu_power_off' is of type"),
        ({**ALL, "magalu_allow_none": "maybe"}, "argument 'magalu_allow_none' is of type"),
        ({**ALL, "magalu_name_prefix": "{id}"}, "magalu_name_prefix is '{id}'; it must not contain braces."),
    ],
    ids=str,
)  # fmt: skip
def test_bad_answers_are_refused(kind: str, case: Answers, message: str) -> None:
    said = errors_in_answers(kind, case)
    assert said.startswith(message) and bool(said) == bool(message), said


def test_mistakes_are_refused_before_any_request(sim: Any, tmp_path: Path) -> None:
    """Errors are refused before any request, by the argument spec and by the role."""
    none, group = refusals(sim, tmp_path, "snapshot", [{}, {"magalu_group": " web"}])
    assert "one of the following is required: magalu_name_pattern," in none
    assert "There is no group 'web' in this inventory." in group
    assert sim.requests() == []


@pytest.mark.test_all("one run of the playbook is in make test")
def test_a_choice_without_a_match_fails_unless_allowed(sim: Any, tmp_path: Path) -> None:
    """A choice without a match fails unless that is allowed; for a group, the message says the inventory's age."""
    inventory = {"mgc": {"children": {"web": {}}, "vars": {"mgc_listed_at": "2020-01-01T00:00:00Z"}},
                 "web": {"hosts": {"web-1": {"mgc_id": sim.seed("instance", name="web-1")["id"]}}}}  # fmt: skip
    (tmp_path / "inventory.json").write_text(json.dumps(inventory))
    asked = answers(group="web", name_pattern="db-*")
    job = launch(sim, tmp_path, "snapshot", asked, ("-i", "inventory.json"))
    assert job.code == 2 and "The inventory was listed at 2020-01-01T00:00:00Z" in job.said, job.said
    assert "No instance of this region matches all that was given of magalu_name_pattern" in job.why
    assert "give magalu_allow_none: true." in job.why
    job = launch(sim, tmp_path, "snapshot", {**asked, "magalu_allow_none": True}, ("-i", "inventory.json"))
    assert job.code == 0 and changes(sim) == [], job.said


@pytest.mark.test_all("test_restore.py has a killed job, and a failed one is in test_approved.py")
def test_a_killed_job_can_be_launched_again(sim: Any, tmp_path: Path) -> None:
    seed(sim, ["web-1", "web-2"])
    asked = answers(name_pattern="web-*", period="x", power_off="true", concurrency=1)
    book = [{"ansible.builtin.import_playbook": "magalu.cloud.snapshot", "vars": asked}]
    kill_at(sim, tmp_path, book, "POST /v1/snapshots")
    (first,) = copies(sim)
    down = first.removeprefix("snapshot-").removesuffix("-x")
    assert states(sim)[down] == "stopped"
    job = launch(sim, tmp_path, "snapshot", asked)
    assert job.code == 0, job.said
    assert copies(sim) == ["snapshot-web-1-x", "snapshot-web-2-x"]
    assert states(sim) == {"web-1": "running", "web-2": "running", down: "stopped"}
    assert f"Found stopped, perhaps left so by a run that was killed: {down}" in job.said


@pytest.mark.test_all("one run of the playbook is in make test")
def test_backups_in_a_workflow(sim: Any, tmp_path: Path) -> None:
    sim.reset(edition="2024-08")
    seed(sim, ["web-1"])
    workflow = {**answers(name_pattern="web-*", period="x"), "magalu_approved_only": True}
    check = launch(sim, tmp_path, "backup", workflow, ("--check",))
    assert len(check.stats["magalu_backup_plan"]["lines"]) == 1, check.said
    job = launch(sim, tmp_path, "backup", {**workflow, **check.stats})
    assert job.code == 0, job.said
    assert copies(sim, "backups") == ["backup-web-1-x"]
    assert [row["copy"] for row in job.stats["magalu_backup"]["created"]] == ["backup-web-1-x"]
