# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs that are cancelled: ansible-runner kills the process group, and AWX's container ends with all its processes.
The same job continues the work when run again, and no resource exists twice or is missing."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.awx.data import templates
from tests.awx.jobs import SETTINGS, Job, extra_variables
from tests.awx.scenarios import KEY, SCENARIOS, rows, seed_account
from tests.support.killing import strays
from tests.support.play import SPEED
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]
SLOW = pytest.mark.test_all("jobs that are killed at a known moment are in tests/jobs")

CANCELLED = 254  # the code of ansible-runner
# The request at which each job is cancelled, before the response. Backups run the same code as snapshots.
WRITES = {
    "provision": "POST /v1/instances",
    "decommission": "DELETE /v1/instances/{id}",
    "power": "POST /v1/instances/{id}/start",
    "resize": "POST /v1/instances/{id}/retype",
    "snapshot": "POST /v1/snapshots",
    "restore": "POST /v1/snapshots/{id}",
    "prune": "DELETE /v1/snapshots/{id}",
}
CHOSEN = ("provision", "snapshot")  # make test cancels these; tests/faults/test_killed.py kills at all requests
OTHERS = pytest.mark.test_all("jobs of other templates are cancelled and carried on in the same way")
COUNTED = ("decommission", "prune")  # their confirmed count is wrong after a part of the deletions


def job_of(sim: Any, folder: Path, name: str, **answers: Any) -> Job:
    return Job(
        sim, folder, f"{name}.yml", extra_variables(templates()[name], SCENARIOS[name].answers | answers), api_key=KEY
    )


def kill(job: Job, reached: Callable[[], bool], container: bool = True) -> None:
    """Start the job without ansible-runner, and kill it as soon as `reached()` is true, or when it ends."""
    process = job.begin()
    wait_until(lambda: reached() or process.poll() is not None)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if container:
        end_container(job)
    process.wait()
    process.stdout.close()  # type: ignore[union-attr]  # as ansible-runner does, that read it


def end_container(job: Job) -> None:
    """Kill the processes that outlive the process group."""
    for other in strays(job.folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(other, signal.SIGKILL)


def cancel_at(sim: Any, job: Job, operation: str, when: str = "after", match: int = 1) -> None:
    """Cancel the job as AWX does, between a request and its response: receptor sends SIGINT to ansible-runner, which
    kills the process group. The API finishes the request."""
    sim.add_fault(operation=operation, when=when, kind="hold", match=match)
    # ansible-runner looks for a signal after so many seconds without output.
    job.write("env/settings", json.dumps({**json.loads(SETTINGS), "pexpect_timeout": 1}))
    process = job.launch()
    wait_until(lambda: sim.faults()[0]["fired"] or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    done = job.wait(process)
    assert done.code == CANCELLED, done.output
    end_container(job)
    sim.clear_faults()
    sim.advance(600)


def assert_it_carries_on(sim: Any, folder: Path, name: str) -> None:
    """Assert that the same job, run again, succeeds, and that no resource exists twice or is missing."""
    done = job_of(sim, folder, name)()
    if name in COUNTED and done.code:
        assert "magalu_confirm_count" in done.output
        number = re.search(r"(\d+|No) (?:snapshots? would be deleted|instances? match)", done.output)[1]  # type: ignore[index]
        count = int(number.replace("No", "0"))
        assert count < SCENARIOS[name].answers["magalu_confirm_count"]
        done = job_of(sim, folder, name, magalu_confirm_count=count)()
    assert done.code == 0, done.output
    for kind in ("instances", "snapshots", "backups"):
        names = [row["name"] for row in rows(sim, kind)]
        assert len(names) == len(set(names)), names
        assert all(row["status"] == "completed" for row in rows(sim, kind)), rows(sim, kind)
    assert SCENARIOS[name].there(sim) == SCENARIOS[name].expected


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("name", "when"),
    [
        *(pytest.param(name, "after", marks=() if name in CHOSEN else OTHERS) for name in WRITES),
        pytest.param("provision", "before", marks=OTHERS),
        ("snapshot", "before"),
        pytest.param("restore", "before", marks=OTHERS),
    ],
)
def test_between_a_request_and_its_response(sim: Any, tmp_path: Path, name: str, when: str) -> None:
    """A job that is cancelled before or after the API has made a change is completed by the next run."""
    seed_account(sim, edition=SCENARIOS[name].edition, unique_names=False)
    cancel_at(sim, job_of(sim, tmp_path, name), WRITES[name], when)
    assert_it_carries_on(sim, tmp_path, name)


@SLOW
@pytest.mark.every_core
def test_prune_between_two_of_many_deletions(sim: Any, tmp_path: Path) -> None:
    """Prune deletes the resources that a cancelled job left only after their new number is confirmed."""
    seed_account(sim)
    source = next(row["id"] for row in rows(sim, "instances") if row["name"] == "web-2")
    for number in range(4):
        sim.seed("snapshot", name=f"nightly-more-{number}", instance=source, created_at=sim.now() - 3600 + number)
    sim.seed("snapshot", name="weekly", instance=source, created_at=sim.now() - 99999)
    cancel_at(sim, job_of(sim, tmp_path, "prune", magalu_confirm_count=4), WRITES["prune"], match=2)
    left = ["nightly-2", "nightly-more-1", "nightly-more-2", "nightly-more-3", "weekly"]
    assert sorted(row["name"] for row in rows(sim, "snapshots")) == left, "the oldest two are deleted"
    again = job_of(sim, tmp_path, "prune", magalu_confirm_count=4)()
    assert again.code and "2 snapshots would be deleted, but magalu_confirm_count is 4" in " ".join(
        again.output.split()
    )
    assert sorted(row["name"] for row in rows(sim, "snapshots")) == left
    done = job_of(sim, tmp_path, "prune", magalu_confirm_count=2)()
    assert done.code == 0, done.output
    assert done.artifacts["magalu_prune"]["pruned"] == ["nightly-more-1", "nightly-more-2"]
    assert sorted(row["name"] for row in rows(sim, "snapshots")) == ["nightly-2", "nightly-more-3", "weekly"]


@SLOW
@pytest.mark.parametrize(
    ("name", "container"),
    [
        *(pytest.param(name, True, marks=() if name in CHOSEN else OTHERS) for name in WRITES),
        pytest.param("provision", False, marks=pytest.mark.every_core),
    ],
)
def test_at_random_moments(sim: Any, tmp_path: Path, name: str, container: bool) -> None:
    """A job that is cancelled twice is completed by the next run.

    Without a container, with ansible-core 2.19 and newer, a module outlives its job for a short time.
    """
    seed_account(sim, edition=SCENARIOS[name].edition, unique_names=False)
    job = job_of(sim, tmp_path, name)
    for moment in [random.randint(1, 8), random.randint(1, 25)]:
        print(f"killed at request {moment}")
        sim.clear_requests()
        kill(job, lambda: len(sim.requests()) >= moment, container)  # noqa: B023
    assert_it_carries_on(sim, tmp_path, name)
