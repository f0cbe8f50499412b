# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The examples of the guide to fleets do what its text says: the whole files are taken from the guide."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.fleet import changes, names, rows, seed
from tests.support.pages import RST, blocks, files
from tests.support.play import SPEED, environment
from tests.support.programs import run

pytestmark = [pytest.mark.every_core, pytest.mark.programs, pytest.mark.clock(SPEED)]
SLOW = pytest.mark.test_all("the first example is in make test")
GUIDE = (RST / "fleets.rst").read_text()
EXAMPLES = files("fleets")
WEB = [f"web-{number:02d}" for number in range(1, 5)]
# The files of the hosts that plays log in to: all hosts are this machine.
MACHINES = {"ANSIBLE_PYTHON_INTERPRETER": sys.executable}


def play(sim: Any, folder: Path, *names: str, options: tuple[str, ...] = (), **settings: str) -> str:
    """Run the playbooks, and return their output."""
    for name, text in EXAMPLES.items():
        (folder / name).write_text(text)
    (folder / "ansible.cfg").touch()
    env = environment(sim, folder, ANSIBLE_NOCOWS="1", **settings)
    done = run("playbook", "-c", "local", *names, *options, cwd=folder, env=env, apart=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr, done.stderr
    return done.stdout


def recap(said: str) -> dict[str, tuple[int, int]]:
    """Return how many tasks were ok, and how many changed something, by host."""
    return {
        host: (int(ok), int(changed))
        for host, ok, changed in re.findall(r"^(\S+) +: ok=(\d+) +changed=(\d+)", said, re.MULTILINE)
    }


def test_the_first_play_gives_hosts_to_the_next_play(sim: Any, tmp_path: Path) -> None:
    hosts = {name: (1, 0) for name in WEB}
    assert recap(play(sim, tmp_path, "first.yml", **MACHINES)) == {"localhost": (2, 1), **hosts}
    assert names(sim) == ["db-01", *WEB]
    sim.clear_requests()
    assert recap(play(sim, tmp_path, "first.yml", **MACHINES)) == {"localhost": (2, 0), **hosts}
    assert len(sim.requests()) == 1


@SLOW
def test_rolling_retypes_one_instance_at_a_time(sim: Any, tmp_path: Path) -> None:
    seed(sim, WEB)
    play(sim, tmp_path, "rolling.yml")
    assert {row["machine_type"]["name"] for row in rows(sim)} == {"BV2-2-40"}
    ended = 0.0
    for request in sim.requests():
        if request["method"] == "POST":
            assert request["at"] >= ended, "another one was still in transition"
            ended = request["at"] + 6


@SLOW
def test_pruned(sim: Any, tmp_path: Path) -> None:
    seed(sim, WEB, labels=[], public_ip="192.0.2.1")
    seed(sim, ["web-kept"], labels=["keep"])
    play(sim, tmp_path, "pruned.yml")
    assert names(sim) == [*WEB[:2], "web-kept"]
    assert len(sim.state()["br-se1"]["public_ips"]) == 2


@SLOW
def test_regions(sim: Any, tmp_path: Path) -> None:
    command = re.search(r"ansible-playbook (-i br-se1.*) regions.yml", GUIDE)
    assert command
    said = play(sim, tmp_path, "regions.yml", options=tuple(command.group(1).split()))
    assert recap(said) == {"br-se1": (1, 1), "br-ne1": (1, 1)}
    for region in ("br-se1", "br-ne1"):
        assert sorted(row["name"] for row in sim.state()[region]["instances"]) == WEB[:2]


@SLOW
def test_each_host_is_in_exactly_one_slice(sim: Any, tmp_path: Path) -> None:
    """Each slice works on its own hosts, as with a limit."""
    seed(sim, WEB)
    seed(sim, ["web-09"], state="stopped")
    seed(sim, ["db-01"])
    source = ("-i", "work.magalu.yml", "--limit")
    slices = [
        recap(play(sim, tmp_path, "work.yml", options=(*source, ",".join(part)), **MACHINES))
        for part in (WEB[::2], WEB[1::2])
    ]
    assert [set(each) for each in slices] == [set(WEB[::2]), set(WEB[1::2])]
    assert not changes(sim)


def test_every_example_is_run() -> None:
    tests = (ROOT / "tests/fleet/test_guide.py").read_text()
    assert len(EXAMPLES) == len(blocks("fleets", "yaml"))
    assert [name for name in EXAMPLES if f'"{name}"' not in tests] == []
