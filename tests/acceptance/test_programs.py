# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""make acceptance and make acceptance-clean as programs: questions, signals and exit codes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import command
from tests.acceptance.conftest import Cloud
from tests.acceptance.probes import HOST_KEYS
from tests.conftest import ROOT
from tests.support.play import QUICK, SPEED

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]
SLOW = pytest.mark.test_all("the same kills in this process are in test_left_behind.py")
PROGRAM = (sys.executable, "-m", "tests.acceptance")


def start_program(cloud: Cloud, *arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
    env = {**os.environ, **cloud.sim.environment, **environment}
    more = ("--folder", cloud.folder, "--speed", str(SPEED))
    return subprocess.Popen([*PROGRAM, *more, *arguments], cwd=ROOT, env=env, text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip


def run(cloud: Cloud, *arguments: str | Path, answer: str = "", **environment: str) -> tuple[int, str]:
    """Run the program and return its exit code and output."""
    with start_program(cloud, *arguments, **environment) as process:
        said = process.communicate(answer, timeout=900)[0]
    return process.returncode, said


def read_until(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout
    for line in process.stdout:
        if text in line:
            return line
    raise AssertionError(f"the program ended before it said {text!r}")


@SLOW
def test_the_next_program_deletes_the_resources_of_a_killed_program(cloud: Cloud) -> None:
    before = cloud.foreign()
    cloud.sim.add_fault(operation="stop_instance", kind="hold")
    with start_program(cloud, "run", "--yes", "--targets", "none") as process:
        read_until(process, "Trying power actions")
        process.kill()
    cloud.sim.clear_faults()
    assert len(cloud.left()) == 2  # the instance and its public IP
    code, said = run(cloud, "clean", answer="no\n")
    assert (code, said.splitlines()[-1]) == (
        command.REFUSED,
        "Delete it, with public IPs? [yes/no] Nothing is deleted.",
    )
    assert len(cloud.left()) == 2
    code, said = run(cloud, "clean", "--yes")
    assert code == command.OK, said
    assert "in a journal of this machine" in said
    assert cloud.left() == []
    assert cloud.foreign() == before


@SLOW
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_program_deletes_its_resources(cloud: Cloud, number: int) -> None:
    before = cloud.foreign()
    cloud.sim.add_fault(operation="stop_instance", kind="hold")
    with start_program(cloud, "run", "--yes", "--targets", "none") as process:
        read_until(process, "Trying power actions")
        process.send_signal(number)
        read_until(process, "Deleting instance")
        cloud.sim.clear_faults()
        said = process.communicate(timeout=120)[0]
    assert process.returncode == command.INTERRUPTED, said
    assert "The run was interrupted." in said
    assert cloud.left() == []
    assert cloud.foreign() == before


def test_a_program_without_a_reader_deletes_its_resources(cloud: Cloud) -> None:
    cloud.sim.add_fault(operation="stop_instance", kind="hold")
    with start_program(cloud, "run", "--yes", "--targets", "none") as process:
        assert process.stdout
        read_until(process, "Trying power actions")
        process.stdout.close()
        cloud.sim.clear_faults()
        assert process.wait(120) == command.OK
    assert cloud.left() == []


def test_the_program_names_the_costs_and_asks_first(cloud: Cloud) -> None:
    for answer in ("no\n", "\n", ""):
        code, said = run(cloud, "run", answer=answer)
        assert code == command.REFUSED
        assert said.endswith("Go on? [yes/no] Nothing is created.\n")
    assert re.search(r"at most \d+ at the same time and \d+ one after the other", said)
    assert re.search(r"for at most \d+ minutes in all; not more than \d+ minutes of one instance", said)
    assert "in region br-se1" in said
    assert not cloud.sim.requests()


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (
            ("run",),
            {"MGC_API_KEY": ""},
            "acceptance: No credentials: give api_key (or access_token), or set MGC_API_KEY",
        ),
        (
            ("run", "--targets", "vm_backup"),
            {},
            "acceptance: There is no target vm_backup for the real cloud; there are",
        ),
    ],
)
def test_impossible_arguments_are_refused(
    cloud: Cloud, arguments: tuple[str, ...], environment: dict[str, str], words: str
) -> None:
    code, said = run(cloud, *arguments, **environment)
    assert (code, said[: len(words)]) == (command.REFUSED, words)


@pytest.mark.test_all("ansible-test needs a minute; the guard that targets run behind is tried in test_left_behind.py")
def test_a_target_runs_as_on_a_real_cloud_and_can_be_interrupted(cloud: Cloud) -> None:
    """A target runs as on a real cloud, and ends when interrupted. Two tests would disturb each other's targets."""
    cloud.begin(init_log=f"boot\n{HOST_KEYS}")  # so that the probes do not wait
    before = cloud.foreign()
    # The program's clock is slower than the cloud's: ansible-test takes real time.
    arguments, environment = ("run", "--yes", "--targets", "vm_info", "--speed", "4"), {"QUICK_WAITS": str(QUICK)}
    with start_program(cloud, *arguments, **environment) as process:
        read_until(process, "TASK [vm_info : Stop one]")
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=300)[0]
    assert process.returncode == command.INTERRUPTED, said
    assert re.search(r"^failed +vm_info$", said, re.MULTILINE)
    assert cloud.left() == []
    code, said = run(cloud, *arguments, **environment)
    assert code == command.OK, said
    assert re.search(r"^passed +vm_info$", said, re.MULTILINE)
    assert not [request for request in cloud.sim.requests() if request["path"].startswith("/_simulator")]
    assert cloud.left() == []
    assert cloud.foreign() == before


MAKE_TEST = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "TARGETS", "ARGUMENTS")  # `make test` sets these


def test_make_has_both_targets(tmp_path: Path) -> None:
    """The Makefile has both targets, with the variables that the page names."""
    for target, words in (
        (
            ("acceptance", "YES=1", "TARGETS=vm_info", "SSH_KEY=my key"),
            "run --yes --targets 'vm_info' --ssh-key 'my key'",
        ),
        (("acceptance", "ARGUMENTS=--windows"), "-m tests.acceptance run --windows"),
        (("acceptance-clean",), "-m tests.acceptance clean"),
        (("acceptance-clean", "YES=1"), "-m tests.acceptance clean --yes"),
    ):
        outside = {name: value for name, value in os.environ.items() if name not in MAKE_TEST}
        env: dict[str, Any] = {**outside, "OWN_HOME": str(tmp_path)}
        said = subprocess.check_output(["make", "--dry-run", "--old-file=setup", *target], cwd=ROOT, env=env, text=True)
        assert words in " ".join(said.replace("\\", "").split()), said
