# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbook prune: the copies that it deletes, its guards, and its refusals."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.fleet import changes
from tests.support.killing import kill_at
from tests.support.launch import Answers, errors_in_answers, launch, refusals
from tests.support.play import SPEED
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]
SLOW = pytest.mark.test_all("one run of the playbook and its refusals are in make test")

ASKED: Answers = {
    "magalu_name_prefix": "night-", "magalu_keep_last": 1, "magalu_keep_days": "", "magalu_confirm_count": "3", "magalu_prune_max": "",
    "magalu_kind": "", "magalu_instance": "", "magalu_protect_names": "", "magalu_wait_timeout": "", "magalu_region": "",
}  # fmt: skip


def copies(sim: Any, kind: str = "snapshots") -> list[str]:
    return sorted(row["name"] for row in sim.state()["br-se1"][kind])


def seed_copies(sim: Any, kind: str = "snapshot") -> list[str]:
    """Create copies of an instance, one with another name, and a deleted one's copy. Return both instances' ids."""
    made, gone = sim.seed("instance", name="web")["id"], "0c0d1d7e-4a55-4a51-8111-53d05d96d2c6"
    for number in range(4):
        sim.seed(kind, name=f"night-{number}", instance=made, created_at=sim.now() - (20 - number) * 86400)
    sim.seed(kind, name="night-gone", instance=gone, created_at=sim.now() - 50 * 86400)
    sim.seed(kind, name="kept", instance=made, created_at=sim.now() - 50 * 86400)
    return [made, gone]


def test_shown_then_deleted_then_nothing_left(sim: Any, tmp_path: Path) -> None:
    seed_copies(sim)
    shown = launch(sim, tmp_path, "prune", {**ASKED, "magalu_confirm_count": ""}, ("--check",))
    assert shown.code == 0, shown.said
    told = {"check_mode": True, "kind": "snapshot", "kept": 3, "pruned": ["night-0", "night-1", "night-2"]}
    assert shown.stats["magalu_prune"] == told
    assert set(shown.stats) == {"magalu_prune", "magalu_prune_plan"}
    assert "3 snapshots would be deleted, 3 stay" in shown.said
    assert changes(sim) == []
    done = launch(sim, tmp_path, "prune", ASKED)
    assert done.code == 0, done.said
    assert "3 snapshots were deleted, 3 stay" in done.said
    assert copies(sim) == ["kept", "night-3", "night-gone"]
    none = launch(sim, tmp_path, "prune", {**ASKED, "magalu_confirm_count": 0})
    assert "No snapshots were deleted" in none.said and " changed=0 " in none.said


def test_an_unexpected_plan_is_refused(sim: Any, tmp_path: Path) -> None:
    """Each guard reaches the filter prune_plan, whose own tests have the rules."""
    seed_copies(sim)
    unguarded = {**ASKED, "magalu_confirm_count": ""}
    cases: list[tuple[Answers, str]] = [
        ({"magalu_confirm_count": "2"}, "3 snapshots would be deleted, but magalu_confirm_count is 2. Nothing was deleted."),
        ({"magalu_prune_max": 2}, "3 snapshots would be deleted, more than magalu_prune_max (2). Nothing was deleted."),
        ({"magalu_name_prefix": "nigth-", "magalu_prune_max": 9},
         "No snapshot of this region has a name that begins with magalu_name_prefix nigth-. Nothing was done."),
    ]  # fmt: skip
    said = refusals(sim, tmp_path, "prune", [{**unguarded, **case} for case, _message in cases])
    assert [text.startswith(message) for text, (_case, message) in zip(said, cases, strict=True)] == [True] * 3, said
    allowed = {**unguarded, **cases[-1][0], "magalu_allow_none": "true"}
    assert launch(sim, tmp_path, "prune", allowed).code == 0
    assert changes(sim) == []


@SLOW
def test_magalu_prune_max_and_protected_names_limit_deletions(sim: Any, tmp_path: Path) -> None:
    made, gone = seed_copies(sim)
    most = {**ASKED, "magalu_confirm_count": "", "magalu_prune_max": 2}
    job = launch(
        sim, tmp_path, "prune", {**most, "magalu_instance": gone, "magalu_keep_last": "", "magalu_keep_days": 10.0}
    )
    assert job.stats["magalu_prune"]["pruned"] == ["night-gone"], job.said
    # The job is killed after the first deletion, and launched again.
    book = [{"ansible.builtin.import_playbook": "magalu.cloud.prune",
             "vars": {**most, "magalu_protect_names": "*-1, x", "magalu_instance": made}}]  # fmt: skip
    kill_at(sim, tmp_path, book, "DELETE /v1/snapshots/{id}")
    sim.advance(60)
    assert copies(sim) == ["kept", "night-1", "night-2", "night-3"]
    job = launch(sim, tmp_path, "prune", {**most, "magalu_protect_names": ["*-1", "x"], "magalu_instance": made})
    assert job.code == 0, job.said
    assert copies(sim) == ["kept", "night-1", "night-3"]


@SLOW
def test_a_copy_that_appears_before_the_deletion_stops_the_job(sim: Any, tmp_path: Path) -> None:
    made = seed_copies(sim)[0]

    def another() -> None:
        # The first read must not see it.
        wait_until(lambda: any(sent["path"].endswith("/snapshots") and sent["status"] for sent in sim.requests()))
        sim.seed("snapshot", name="night-more", instance=made, created_at=sim.now() - 50 * 86400)

    thread = threading.Thread(target=another, daemon=True)
    thread.start()
    job = launch(sim, tmp_path, "prune", ASKED)
    thread.join(10)
    assert job.code == 2 and "4 snapshots would be deleted, more than prune_max (3)" in job.why, job.said
    assert changes(sim) == []


@SLOW
def test_backups(sim: Any, tmp_path: Path) -> None:
    sim.reset(edition="2024-08")
    seed_copies(sim, "backup")
    job = launch(sim, tmp_path, "prune", {**ASKED, "magalu_kind": "backup"})
    assert "3 backups were deleted" in job.said
    assert copies(sim, "backups") == ["kept", "night-3", "night-gone"]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({}, ""),
        (
            {"magalu_kind": "image"},
            "value of magalu_kind must be one of: snapshot, backup, got: image found in answers",
        ),
        ({"magalu_name_prefix": " "}, "missing required arguments: magalu_name_prefix found in answers"),
        ({"magalu_allow_none": "x"}, "magalu_allow_none"),
        (
            {"magalu_keep_last": ""},
            "one of the following is required: magalu_keep_last, magalu_keep_days found in answers",
        ),
        ({"magalu_keep_last": "", "magalu_keep_days": "0.5"}, ""),
        ({"magalu_keep_last": 0}, "magalu_keep_last is 0; it must be greater than 0."),
        ({"magalu_keep_days": 0}, "magalu_keep_days is 0.0; it must be greater than 0."),
        ({"magalu_keep_days": "x"}, "magalu_keep_days"),
        ({"magalu_confirm_count": "x"}, "magalu_confirm_count"),
        ({"magalu_confirm_count": -1}, "magalu_confirm_count is -1; it must not be less than 0."),
        ({"magalu_prune_max": "x"}, "magalu_prune_max"),
        ({"magalu_prune_max": "-1"}, "magalu_prune_max is -1; it must not be less than 0."),
        ({"magalu_wait_timeout": "0"}, "magalu_wait_timeout is 0; it must be greater than 0."),
    ],
)
def test_bad_answers_are_refused(answers: Any, message: str) -> None:
    said = errors_in_answers("prune", {**ASKED, **answers})
    assert message in said and bool(message) == bool(said)


def test_refusal_before_any_request(sim: Any, tmp_path: Path) -> None:
    cases = [{**ASKED, "magalu_keep_last": 0}, {**ASKED, "magalu_confirm_count": " "}]
    few, unguarded = refusals(sim, tmp_path, "prune", cases)
    assert few == "magalu_keep_last is 0; it must be greater than 0."
    assert unguarded.startswith("Give magalu_confirm_count, the number of copies to delete")
    assert sim.requests() == []
