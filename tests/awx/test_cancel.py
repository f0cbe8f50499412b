# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs that are cancelled: AWX kills the process group, and its container ends with all that is in it. The same job
again carries on, and nothing is there twice or missing."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator import running
from tests.awx.data import templates
from tests.awx.jobs import Job, answered
from tests.awx.test_jobs import KEY, SCENARIOS, begin, rows
from tests.playbooks.play import SPEED
from tests.roles.killing import strays

LONG = 60  # seconds
# The request at which each job is killed, when the API has made the change and not yet answered. Backups are made by
# what makes snapshots.
WRITES = {
    "provision": "POST /v1/instances",
    "decommission": "DELETE /v1/instances/{id}",
    "power": "POST /v1/instances/{id}/start",
    "resize": "POST /v1/instances/{id}/retype",
    "snapshot": "POST /v1/snapshots",
    "restore": "POST /v1/snapshots/{id}",
    "prune": "DELETE /v1/snapshots/{id}",
}
COUNTED = ("decommission", "prune")  # what they still find is not the count that was confirmed


@pytest.fixture(scope="module")
def simulator_server() -> Iterator[Any]:
    with running(speed=SPEED) as server:
        yield server


def job_of(sim: Any, folder: Path, name: str, **answers: Any) -> Job:
    return Job(sim, folder, f"{name}.yml", answered(templates()[name], SCENARIOS[name].answers | answers), api_key=KEY)


def cancel(job: Job, reached: Callable[[], bool], container: bool = True) -> None:
    """Begins the job, and kills it as soon as it has come so far, or at its end."""
    process = job.begin()
    end = time.monotonic() + LONG
    while not reached() and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for other in strays(job.folder) if container else []:
        with contextlib.suppress(ProcessLookupError):
            os.kill(other, signal.SIGKILL)
    process.wait()
    process.stdout.close()  # type: ignore[union-attr]  # as ansible-runner does, that read it


def assert_it_carries_on(sim: Any, folder: Path, name: str) -> None:
    """The same job again ends well, and nothing is there twice or missing."""
    done = job_of(sim, folder, name)()
    if name in COUNTED and done.code:
        assert "magalu_confirm_count" in done.output
        count = int(re.search(r"(\d+) (?:snapshots would go|instances are meant)", done.output)[1])  # type: ignore[index]
        assert count < SCENARIOS[name].answers["magalu_confirm_count"]
        done = job_of(sim, folder, name, magalu_confirm_count=count)()
    assert done.code == 0, done.output
    for kind in ("instances", "snapshots", "backups"):
        names = [row["name"] for row in rows(sim, kind)]
        assert len(names) == len(set(names)), names
        assert all(row["status"] == "completed" for row in rows(sim, kind)), rows(sim, kind)
    assert SCENARIOS[name].there(sim) == SCENARIOS[name].expected


@pytest.mark.parametrize("name", WRITES)
def test_between_a_request_and_its_answer(sim: Any, tmp_path: Path, name: str) -> None:
    begin(sim, edition=SCENARIOS[name].edition, unique_names=False)
    job = job_of(sim, tmp_path, name)
    sim.add_fault(operation=WRITES[name], when="after", kind="hold")
    cancel(job, lambda: bool(sim.faults()[0]["fired"]))
    assert sim.faults()[0]["fired"], "it came so far"
    sim.clear_faults()
    sim.advance(600)
    assert_it_carries_on(sim, tmp_path, name)


@pytest.mark.parametrize(
    ("name", "container"),
    [*((name, True) for name in WRITES), pytest.param("provision", False, marks=pytest.mark.every_core)],
)
def test_at_random_moments(sim: Any, tmp_path: Path, name: str, container: bool) -> None:
    """Twice, then it may end. Without a container, and ansible-core 2.19 or newer, a module outlives its job a little."""
    begin(sim, edition=SCENARIOS[name].edition, unique_names=False)
    job = job_of(sim, tmp_path, name)
    for moment in [random.randint(1, 8), random.randint(1, 25)]:
        print(f"killed at request {moment}")
        sim.clear_requests()
        cancel(job, lambda: len(sim.requests()) >= moment, container)  # noqa: B023
    assert_it_carries_on(sim, tmp_path, name)
