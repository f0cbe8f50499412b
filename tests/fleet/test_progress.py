# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Progress lines of a long fleet task: their words, their times, and places that cannot be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._resources.fleet_progress import (
    EVERY,
    Standing,
    name_of_watched,
    progress_line,
)
from tests.support.declarations import LARGE
from tests.support.fleet import done, run, seed

CREATING = [("requested", "creating")] * 2 + [("moving", "creating")]


def line(*standings: tuple[str, str], names: tuple[str, ...] = ("web-1", "web-2"), ends: str = "running") -> str:
    found = [Standing(*one) for one in standings]
    return progress_line(list(names), found, set(ends.split()))


@pytest.mark.parametrize(("names", "called"), [
    (["web-001", "web-002"], "web"), (["web-001"], "web-001"), ([], ""), (["web-1", "db-1"], ""),
    (["web-a", "web-server"], "web"), (["webserver", "website"], ""), (["eu.web.1", "eu.web.2"], "eu.web"),
    (["web1", "web2"], "web"), (["web01-1", "web01-2"], "web01"),
    (["caf\u00e9-1", "caf\u00e9-2"], "caf\u00e9"), (["1", "2"], ""), (["", "web"], ""),
])  # fmt: skip
def test_a_fleet_is_named_by_the_common_prefix_of_its_members(names: list[str], called: str) -> None:
    assert name_of_watched(names) == called


def test_a_line_says_how_many_are_in_which_state() -> None:
    settled, waiting, failed = ("settled", "running"), ("waiting", "waiting"), ("failed", "failed")
    assert line(waiting) == "fleet web: 0/1 running, 1 waiting"
    assert line(*[settled] * 137, *[("moving", "creating")] * 41, *[waiting] * 22) == (
        "fleet web: 137/200 running, 41 creating, 22 waiting"
    )
    assert line(settled, failed, waiting, waiting, *CREATING, ("moving", "deleting")) == (
        "fleet web: 1/8 running, 3 creating, 1 deleting, 2 waiting, 1 failed"
    )
    assert line(settled, ("failed", "not started"), failed, ends="running deleted") == (
        "fleet web: 1/3 done, 1 not started, 1 failed"
    )
    assert line(settled, names=("web", "db")) == "fleet: 1/1 running"
    assert line(settled, names=("a\n\x1b[2Jb-1", "a\n\x1b[2Jb-2")) == "fleet a??[2Jb: 1/1 running"


def progress_lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_lines_come_at_once_and_then_every_few_seconds(sim: Any, tmp_path: Path) -> None:
    path, begin = tmp_path / "progress", sim.now()
    done(sim, count=70, name_format="web-{index:03d}", progress_file=str(path))
    lines = progress_lines(path)
    assert lines[0] == "fleet web: 0/70 running, 50 creating, 20 waiting"
    assert lines[1:-1] and set(lines[1:-1]) == {"fleet web: 0/70 running, 70 creating"}
    assert lines[-1] == "fleet web: 70/70 running"
    assert len(lines) <= 2 + (sim.now() - begin) / EVERY


def test_progress_lines_show_batches_and_deletions(sim: Any, tmp_path: Path) -> None:
    seed(sim, ["web-1", "web-2", "web-3", "web-old"])
    path = tmp_path / "progress"
    options = {"count": 3, "name_format": "web-{index}", "progress_file": str(path)}
    sim.add_fault(operation="instance_delete", kind="stuck", value="deleting", seconds=20)
    done(sim, **options, defaults={"machine_type": LARGE}, batch="1", prune_match="web-*")
    lines = progress_lines(path)
    assert lines[0] == "fleet web: 0/3 running, 1 retyping, 2 waiting"
    assert "fleet web: 2/3 running, 1 retyping" in lines
    assert lines[-2:] == ["fleet web: 3/4 done, 1 deleting", "fleet web: 4/4 done"]
    path.unlink()
    done(sim, **options, state="absent")
    lines = progress_lines(path)
    assert (lines[0], lines[-1]) == ("fleet web: 0/3 deleted, 3 deleting", "fleet web: 3/3 deleted")


@pytest.mark.parametrize(("state", "word"), [
    ("stopped", "stopping"), ("suspended", "suspending"), ("rebooted", "rebooting"),
])  # fmt: skip
def test_lines_of_power(sim: Any, tmp_path: Path, state: str, word: str) -> None:
    seed(sim, ["web-1", "web-2"])
    path = tmp_path / "progress"
    done(sim, count=2, name_format="web-{index}", state=state, progress_file=str(path))
    end = "running" if state == "rebooted" else state
    assert progress_lines(path)[0] == f"fleet web: 0/2 {end}, 2 {word}"


def test_progress_lines_show_transitions_and_refused_steps(sim: Any, tmp_path: Path) -> None:
    seed(sim, ["web-1"], status="creating", state="new")
    path = tmp_path / "progress"
    run(sim, count=1, name_format="web-{index}", progress_file=str(path), wait_timeout=30)
    assert set(progress_lines(path)) == {"fleet web-1: 0/1 running, 1 creating", "fleet web-1: 0/1 running, 1 failed"}
    sim.reset()
    path.unlink()
    sim.add_fault(operation="instance_create", kind="status", status=429, times=99, headers={"Retry-After": "5"})
    run(sim, count=1, name_format="web-{index}", progress_file=str(path), wait_timeout=30, api_retries=0)
    assert set(progress_lines(path)) == {"fleet web-1: 0/1 running, 1 waiting", "fleet web-1: 0/1 running, 1 failed"}


def test_lines_come_while_the_api_does_not_answer(sim: Any, tmp_path: Path) -> None:
    path = tmp_path / "progress"
    sim.add_fault(operation="GET /v1/instances", kind="status", status=503, match=2, times=20)
    done(sim, count=1, name_format="web-{index}", progress_file=str(path), api_retries=0)
    assert len(progress_lines(path)) > 5


def test_nothing_is_said_where_nothing_is_waited_for(sim: Any, tmp_path: Path) -> None:
    seed(sim, ["web-1"])
    path = tmp_path / "progress"
    done(sim, count=1, name_format="web-{index}", progress_file=str(path))
    done(sim, True, count=2, name_format="web-{index}", progress_file=str(path))
    done(sim, count=2, name_format="web-{index}", progress_file=str(path), wait=False)
    run(sim, instances=[{"name": "new", "image": "none"}], progress_file=str(path))
    assert not path.exists()
