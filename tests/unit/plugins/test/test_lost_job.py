# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The test lost_job, on real processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.magalu.cloud.plugins.test import lost_job as plugin
from ansible_collections.magalu.cloud.plugins.test.lost_job import TestModule, lost_job

NAME = "j0123456789"


@pytest.fixture(params=["proc", "ps"], autouse=True)
def processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Use each of the two ways to list processes."""
    if request.param == "ps":
        monkeypatch.setattr(plugin, "PROCESSES", tmp_path / "none")


@pytest.fixture
def at_work() -> Iterator[subprocess.Popen[bytes]]:
    """Start a process with the job's name among its arguments, as Ansible does."""
    waits = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()", NAME, "3900"]
    with subprocess.Popen(waits, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()  # before it runs, it has no arguments
        yield process
        process.kill()


@pytest.mark.one_in(4)
@pytest.mark.programs
@pytest.mark.parametrize(
    "left", [None, "", "{", '{"started": 1, "finished": 0}', '{"started": true, "finished": false}']
)
def test_a_job_without_process_and_result_is_lost(
    tmp_path: Path, at_work: subprocess.Popen[bytes], left: str | None
) -> None:
    result = tmp_path / "result"
    if left is not None:
        result.write_text(left)
    job = {"ansible_job_id": f"{NAME}.4711", "results_file": str(result)}
    assert not lost_job(job)
    assert lost_job({**job, "ansible_job_id": f"{NAME}0.4711"}), "another job"
    at_work.kill()
    at_work.wait()
    assert lost_job(job)


@pytest.mark.programs
@pytest.mark.parametrize("left", ['{"finished": 1}', '{"failed": 1, "finished": true}'])
def test_a_job_that_left_a_result_is_not_lost(tmp_path: Path, left: str) -> None:
    result = tmp_path / "result"
    result.write_text(left)
    job = {"ansible_job_id": f"{NAME}.4711", "results_file": str(result)}
    assert not lost_job(job)


def test_ansible_finds_the_plugin() -> None:
    assert TestModule().tests() == {"lost_job": lost_job}
