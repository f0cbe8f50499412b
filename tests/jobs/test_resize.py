# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbook resize: one instance at a time by default, no further step after a failure, and its refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.declarations import LARGE, SMALL
from tests.support.fleet import changes, rows, seed, states
from tests.support.launch import errors_in_answers, launch, refusals
from tests.support.play import SPEED

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]

WEB = ["web-01", "web-02", "web-03", "web-04"]
ANSWERS = {"magalu_machine_type": LARGE, "magalu_name_pattern": "web-*", "magalu_batch": "", "magalu_max_failures": ""}


def types(sim: Any) -> dict[str, str]:
    return {row["name"]: row["machine_type"]["name"] for row in rows(sim)}


def starts(sim: Any) -> list[float]:
    return [each["at"] for each in sim.requests() if each["method"] == "POST"]


def test_instances_are_resized_in_turn_and_unchanged_ones_reported(sim: Any, tmp_path: Path) -> None:
    """Instances are resized one at a time and keep their power state; unchanged ones are reported."""
    seed(sim, WEB[:2])
    seed(sim, ["web-03"], state="stopped")
    seed(sim, ["web-04"], machine_type=LARGE)
    by_id = next(row["machine_type"]["id"] for row in rows(sim) if row["name"] == "web-04").upper()
    planned = launch(sim, tmp_path, "resize", ANSWERS | {"magalu_machine_type": by_id}, ("--check",))
    assert planned.code == 0 and f"retype instance web-01 to {LARGE}" in planned.said
    assert changes(sim) == []
    before = states(sim)
    done = launch(sim, tmp_path, "resize", ANSWERS)
    assert done.stats["magalu_resize"] == planned.stats["magalu_resize"] | {"check_mode": False}
    assert done.stats["magalu_resize"]["unchanged"] == ["web-04"]
    assert done.summary[:3] == [
        f"4 instances match (resize to {LARGE}).", "3 changed: web-01, web-02, web-03", "1 unchanged: web-04"
    ]  # fmt: skip
    assert set(types(sim).values()) == {LARGE} and states(sim) == before
    first, second, third = starts(sim)
    assert second - first >= 5 and third - second >= 5, "two were in transition at once"


@pytest.mark.test_all("one run of the playbook and its refusals are in make test")
def test_the_first_failure_stops_the_job_and_another_run_continues(sim: Any, tmp_path: Path) -> None:
    """The job stops at the first failure, and another run continues, with all at once by `magalu_batch`."""
    seed(sim, WEB)
    no = {"kind": "status", "status": 403, "body": {"slug": "forbidden", "message": "Not this one"}}
    sim.add_fault(operation="POST /v1/instances/{id}/retype", nth=2, times=1, **no)
    job = launch(sim, tmp_path, "resize", ANSWERS)
    assert job.code == 2 and sorted(types(sim).values()) == [SMALL] * 3 + [LARGE]
    assert "Not this one" in job.summary[-1] and "Not started: 1 failed, and max_failures is 0." in job.summary[-1]
    sim.clear_requests()
    job = launch(sim, tmp_path, "resize", ANSWERS | {"magalu_batch": "100%", "magalu_max_failures": "1"})
    assert job.code == 0 and set(types(sim).values()) == {LARGE}
    assert len(job.stats["magalu_resize"]["changed"]) == 3
    assert starts(sim)[-1] - starts(sim)[0] < 5, "they waited for each other"


def test_bad_answers_are_refused(sim: Any, tmp_path: Path) -> None:
    assert errors_in_answers("resize", ANSWERS) == ""
    assert errors_in_answers("resize", ANSWERS | {"magalu_machine_type": " "}).startswith(
        "missing required arguments: magalu_machine_type"
    )
    seed(sim, WEB)
    types_of = "There is no machine type BV1-1-41 in this region. Nothing was done. There are "
    wrong, unknown = refusals(
        sim, tmp_path, "resize", [ANSWERS | {"magalu_batch": "0%"}, ANSWERS | {"magalu_machine_type": "BV1-1-41"}]
    )
    assert wrong.startswith("magalu_batch is '0%'; it must be ")
    assert unknown.startswith(types_of) and SMALL in unknown and changes(sim) == []
