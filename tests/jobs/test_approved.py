# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Playbooks with an approved plan: by hand with the digest, and in a workflow with the statistics of the check job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.declarations import LARGE
from tests.support.fleet import changes, names, rows, seed
from tests.support.launch import Answers, launch
from tests.support.play import SPEED

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]
SLOW = pytest.mark.test_all("the same for the other playbooks; one of them is in make test")

# The resources before the job, its answers, and a further resource that appears later.
PROVISION = {"magalu_name": "web", "magalu_count": 2, "magalu_machine_type": LARGE, "magalu_public_ip": "false",
             "magalu_image": "cloud-ubuntu-24.04 LTS", "magalu_ssh_key_name": "deploy", "magalu_wait_for": "none"}  # fmt: skip
JOBS: dict[str, Answers] = {
    "power": {"magalu_action": "stop", "magalu_name_pattern": "web-*"},
    "resize": {"magalu_machine_type": LARGE, "magalu_name_pattern": "web-*"},
    "decommission": {"magalu_name_pattern": "web-*", "magalu_delete_public_ip": "true", "magalu_confirm_count": 2},
    "provision": PROVISION,
    "prune": {"magalu_name_prefix": "web-", "magalu_keep_last": 1, "magalu_prune_max": 9},
    "snapshot": {
        "magalu_name_pattern": "web-*",
        "magalu_name_prefix": "day-",
        "magalu_period": "x",
        "magalu_keep_last": 1,
    },
    "restore": {
        "magalu_copy": "web-0",
        "magalu_name": "web",
        "magalu_machine_type": LARGE,
        "magalu_public_ip": "false",
        "magalu_ssh_key_name": "deploy",
    },
}


def prepare(sim: Any, name: str) -> None:
    sim.reset()
    if name in ("prune", "restore"):
        for number in range(3):
            sim.seed("snapshot", name=f"web-{number}", created_at=sim.now() - 9000 + number, instance="source")
    elif name != "provision":
        seed(sim, ["web-01", "web-02"])
    if name == "snapshot":  # the retention deletes both, but only when a newer one exists
        for number in range(2):
            sim.seed(
                "snapshot", name=f"day-{number}", created_at=sim.now() - 9000 + number, instance=rows(sim)[0]["id"]
            )


def disturb(sim: Any, name: str) -> None:
    """Change the cloud so that the plan differs."""
    if name == "prune":
        sim.seed("snapshot", name="web-9", created_at=sim.now() - 60, instance="source")
    elif name == "restore":
        prepare(sim, name)
    else:
        sim.reset()
        seed(sim, ["web-01", "web-02"])


@pytest.mark.one_in(13)
@pytest.mark.parametrize("name", JOBS)
def test_a_workflow_does_exactly_the_approved_steps(sim: Any, tmp_path: Path, name: str) -> None:
    """A workflow's job does what was approved, with the answers, variables and earlier statistics that AWX passes."""
    prepare(sim, name)
    workflow = {**JOBS[name], "magalu_approved_only": True}
    check = launch(sim, tmp_path, name, workflow, ("--check",))
    plan = check.stats[f"magalu_{name}_plan"]
    assert check.code == 0 and plan["lines"] and plan["digest"] in check.said
    assert changes(sim) == []
    alone = launch(sim, tmp_path, name, workflow)
    assert alone.code and "the check job before this one has not given its plan. Nothing was done." in alone.said
    assert changes(sim) == []
    job = launch(sim, tmp_path, name, {**workflow, **check.stats})
    assert job.code == 0 and len(changes(sim)) == len(plan["lines"]), job.said
    disturb(sim, name)
    sim.clear_requests()
    late = launch(sim, tmp_path, name, {**workflow, **check.stats})
    assert late.code and "The plan is not the approved one" in late.said, late.said
    assert changes(sim) == []


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("power", {"magalu_action": "suspend"}),  # the job leaves stopped instances alone
        pytest.param("resize", {"magalu_name_pattern": "x*"}, marks=SLOW),
        pytest.param("decommission", {"magalu_name_pattern": "x*", "magalu_confirm_count": ""}, marks=SLOW),
    ],
)
def test_a_workflow_with_nothing_to_do_succeeds(sim: Any, tmp_path: Path, name: str, changed: Answers) -> None:
    seed(sim, ["web-01"], state="stopped")
    workflow = {**JOBS[name], **changed, "magalu_allow_none": True, "magalu_approved_only": True}
    check = launch(sim, tmp_path, name, workflow, ("--check",))
    assert check.code == 0 and check.stats[f"magalu_{name}_plan"]["lines"] == [], check.said
    job = launch(sim, tmp_path, name, {**workflow, **check.stats})
    assert job.code == 0 and changes(sim) == [], job.said
    seed(sim, ["web-02", "x-01"])
    late = launch(sim, tmp_path, name, {**workflow, **check.stats, "magalu_confirm_count": ""})
    assert late.code and changes(sim) == [], late.said


@pytest.mark.test_all("by a workflow it is in make test")
def test_a_digest_given_by_hand_suffices_and_an_empty_digest_is_refused(sim: Any, tmp_path: Path) -> None:
    seed(sim, ["web-01", "web-02"])
    digest = launch(sim, tmp_path, "power", JOBS["power"], ("--check",)).stats["magalu_power_plan"]["digest"]
    empty = launch(sim, tmp_path, "power", {**JOBS["power"], "magalu_expected_plan": ""})
    assert empty.code and "magalu_expected_plan is empty. Nothing was done." in empty.said
    for word in ("y", "T", " true", "perhaps"):  # any value that does not mean false enables the guard
        only = launch(sim, tmp_path, "power", {**JOBS["power"], "magalu_approved_only": word})
        assert only.code and "the check job before this one has not given its plan." in only.said
    wrong = launch(sim, tmp_path, "power", {**JOBS["power"], "magalu_expected_plan": digest[::-1]})
    assert wrong.code and changes(sim) == []
    assert launch(sim, tmp_path, "power", {**JOBS["power"], "magalu_expected_plan": digest}).code == 0
    assert len(changes(sim)) == 2 and names(sim) == ["web-01", "web-02"]
