# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The examples of the guides do what the text says: the files and commands are taken from the pages."""

from __future__ import annotations

import getpass
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import ROOT
from tests.support import programs
from tests.support.fleet import changes, names, rows, seed, states
from tests.support.fleet_role import show
from tests.support.pages import RST, blocks, commands, files
from tests.support.play import SPEED, environment
from tests.support.servers import free_port
from tests.support.ssh import serve_ssh

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]
SLOW = pytest.mark.test_all("three runs of each example of a page; the first pages are in make test")

PAGES = (
    "getting_started", "credentials", "cost", "copies", "images", "windows", "reachable", "fleets", "life", "playbooks",
    "plan_approve_apply",
)  # fmt: skip
# The warnings of check mode about resources and hosts that only an earlier task would create.
PREDICTED = ("the result of this task cannot be predicted", "Could not match supplied host pattern")
SMALL, LARGE = "machine_type: BV1-1-40", "machine_type: BV2-2-40"  # the edit that life.rst asks its reader to make
# Commands that are not run here: they install packages, and export variables.
BY_HAND = ("python3 -m venv", "python -m pip install", "ansible-galaxy collection install", "export MGC_")


class Said(NamedTuple):
    """The output of a command: in check mode, in a real run and in a second one; a listing has only the real run."""

    check: str
    done: str
    again: str

    @property
    def changed(self) -> list[int]:
        """Return how many tasks changed something, or would, in each of the three runs."""
        return [sum(map(int, re.findall(r"changed=(\d+)", text))) for text in self]


def run(
    sim: Any, folder: Path, page: str, *options: str, lines: Iterable[str] | None = None,
    edit: tuple[str, str] = ("", ""), **env: str,
) -> list[Said]:  # fmt: skip
    """Run all commands of the page in order, with further options of ansible-playbook.

    `edit` is a replacement in the files that the page asks its reader to make first.

    Each playbook runs in check mode, for real, and again. A playbook without a command runs at its place in the page.
    """
    for name, text in files(page).items():
        (folder / name).write_text(text.replace(*edit))
    (folder / "ansible.cfg").write_text("".join(blocks(page, "ini")))
    # A home folder of its own, which receives passwords and reports.
    env = environment(sim, folder, **env)
    said, ran = [], set()
    for line in runnable(page) if lines is None else lines:
        program, *arguments = shlex.split(line, comments=True)
        if program == "ansible-inventory":
            said.append(Said("", ansible(folder, env, "inventory", *arguments), ""))
            continue
        arguments = [argument for argument in arguments if argument not in ("--check", "--diff")]
        if tuple(arguments) not in ran:
            ran.add(tuple(arguments))
            given = ("playbook", *arguments, *options)
            check = ansible(folder, env, *given, "--check", "--diff")
            said.append(Said(check, ansible(folder, env, *given), ansible(folder, env, *given)))
    return said


def runnable(page: str) -> list[str]:
    """Return the page's commands of Ansible in order, with a command for each playbook that no command names."""
    text = (RST / f"{page}.rst").read_text()
    lines = [line for line in commands(page) if re.match(r"ansible-(playbook|inventory) ", line)]
    found = {text.index(line.split("  ")[0]): line for line in lines}
    for name, content in files(page).items():
        if "hosts:" in content and not any(name in line for line in lines):
            found[text.index(f"    # {name}\n")] = f"ansible-playbook {name}"
    return [line for _place, line in sorted(found.items())]


def ansible(folder: Path, env: dict[str, str], program: str, *arguments: str) -> str:
    """Run a program and return its output. Fail on warnings except those that check mode cannot avoid."""
    done = programs.run(program, *arguments, cwd=folder, env=env)
    assert done.returncode == 0, f"{program} {shlex.join(arguments)}\n{done.stdout}"
    warnings = re.findall(r"\[(?:DEPRECATION )?WARNING\].*", done.stdout)
    known = PREDICTED if "--check" in arguments else ()
    assert [text for text in warnings if not any(word in text for word in known)] == [], done.stdout
    return done.stdout


@pytest.mark.every_core
def test_first_steps(sim: Any, tmp_path: Path) -> None:
    """The instance is predicted, created, unchanged, resized, listed and deleted."""
    said = run(sim, tmp_path, "getting_started")
    assert [each.changed for each in said] == [[1, 1, 0], [0, 0, 0], [1, 1, 0], [0, 0, 0], [1, 1, 0]]
    assert "BV1-1-40" in said[1].done and "cloud-ubuntu-24.04 LTS" in said[1].done
    assert "@state_running" in said[3].done and "web-01" in said[3].done
    assert names(sim) == []


def test_the_simulator_of_the_first_steps(tmp_path: Path) -> None:
    line = next(line for line in commands("getting_started") if line.startswith("magalu-cloud-simulator "))
    started = shlex.split(line)[1:]
    started[started.index("--port") + 1] = "0"
    assert started[-2:] == ["--", "bash"]
    asked = ["sh", "-c", 'test "$MGC_API_KEY" -a "$MGC_API_URL"']
    command = [sys.executable, "-m", "simulator", *started[:-1], *asked]
    subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, check=True)


def test_credentials(sim: Any, tmp_path: Path) -> None:
    run(sim, tmp_path, "credentials")
    assert {request["path"] for request in sim.requests()} == {"/v1/instances"}
    assert {request["region"] for request in sim.requests()} == {"br-ne1"}


@SLOW
def test_cost(sim: Any, tmp_path: Path) -> None:
    """The examples of the page work, and a lab that was parked and brought back can be parked again."""
    said = run(sim, tmp_path, "cost")
    # Each run creates and deletes the server with a public address, and replaces the previous report.
    assert [each.changed for each in said[:-1]] == [[1, 2, 2], [1, 1, 0], [2, 2, 0], [2, 2, 0]]
    assert states(sim) == {"lab-01": "running"} and sim.state()["br-se1"]["public_ips"] == []
    assert sim.state()["br-se1"]["snapshots"] == []
    assert (tmp_path / "magalu-report/report.html").exists()
    (parked,) = run(sim, tmp_path, "cost", lines=["ansible-playbook park.yml"])
    assert parked.changed == [2, 2, 0] and states(sim) == {}
    assert [row["name"] for row in sim.state()["br-se1"]["snapshots"]] == ["lab-01-parked"]


@SLOW
def test_fleets(sim: Any, tmp_path: Path) -> None:
    """Four members are created, resized, pruned to two, and found in a second region and by the inventory."""
    said = run(sim, tmp_path, "fleets", "-c", "local", ANSIBLE_PYTHON_INTERPRETER=sys.executable)
    assert [each.changed for each in said] == [[1, 1, 0], [1, 1, 0], [1, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert sorted(states(sim)) == ["db-01", "web-01", "web-02"]
    assert {row["machine_type"]["name"] for row in rows(sim)} == {"BV2-2-40"}
    assert {row["name"] for row in sim.state()["br-ne1"]["instances"]} == {"web-01", "web-02"}


@SLOW
@pytest.mark.needs("sshd", "ssh", "ssh-keygen")
def test_life(sim: Any, tmp_path: Path) -> None:
    """The examples work with real SSH to the simulator's address, a cloud-init, and host keys of the init log."""
    sim.reset(loopback=True)
    port, known = free_port(), tmp_path / "known_hosts"
    (tmp_path / "cloud-init").write_text("#!/bin/sh\necho 'status: done'\n")
    (tmp_path / "cloud-init").chmod(0o755)
    path = f"{tmp_path}:{Path(sys.executable).parent}:/usr/bin:/bin"
    addresses = [f"127.2.0.{number}" for number in range(2, 6)]
    given = {"ansible_port": port, "ansible_user": getpass.getuser(), "fleet_port": port,
             "fleet_user": getpass.getuser(), "fleet_known_hosts": str(known),
             "site_folder": str(tmp_path), "ansible_become": False}  # fmt: skip
    args = f"-F none -o ControlMaster=no -o UserKnownHostsFile={known} -o StrictHostKeyChecking=yes"
    with serve_ssh(tmp_path, addresses, port, f"SetEnv PATH={path}"):
        show(sim, " ".join((tmp_path / "host_key.pub").read_text().split()[:2]))
        env = {"ANSIBLE_SSH_ARGS": args, "ANSIBLE_PRIVATE_KEY_FILE": str(tmp_path / "key"),
               "ANSIBLE_REMOTE_TMP": str(tmp_path / "remote"), "ANSIBLE_SSH_TRANSFER_METHOD": "piped",
               "ANSIBLE_PYTHON_INTERPRETER": sys.executable}  # fmt: skip
        create, configure, *others = runnable("life")
        said = []
        for lines, edit in (((create, configure), ("", "")), ((create,), (SMALL, LARGE)), (others, ("", ""))):
            said += run(sim, tmp_path, "life", "-e", json.dumps(given), lines=lines, edit=edit, **env)
    text = (RST / "life.rst").read_text()
    assert files("life")["create.yml"].count(SMALL) == 1 and f"``create.yml`` to ``{LARGE}``" in text
    assert text.count("    ansible-playbook create.yml\n") == 2
    changed = [each.changed for each in said]
    assert changed[1:4] == [[1, 1, 0], [1, 1, 0], [1, 1, 0]] and changed[0][2] == changed[4][2] == 0, changed
    assert (tmp_path / "index.html").read_text() == "Hello from app-01\n"
    region = sim.state()["br-se1"]
    assert rows(sim) == region["snapshots"] == region["public_ips"] == [] and known.read_text() == ""
    did = [change.split("/")[-1] for change in changes(sim)]
    assert [action for action in did if action in ("retype", "stop", "start")] == ["retype", "stop", "start"]


@SLOW
def test_copies(sim: Any, tmp_path: Path) -> None:
    """The examples of copies work, and the instance runs again after its copy."""
    sim.seed("snapshot", name="nightly-old", created_at=sim.now() - 90 * 86400)
    run(sim, tmp_path, "copies")
    assert states(sim) == {"db-01": "running", "db-01-restored": "running"}
    copies = [row["name"] for row in sim.state()["br-se1"]["snapshots"]]
    assert len([name for name in copies if re.fullmatch(r"nightly-db-01-\d{4}-\d\d-\d\d", name)]) == 1
    assert [change.split("/")[-1] for change in changes(sim)].count("stop") == 1


@SLOW
def test_playbooks(sim: Any, tmp_path: Path) -> None:
    """An example of each playbook works, with image names that contain a blank."""
    lines = runnable("playbooks")
    used = {line.split()[1].removeprefix("magalu.cloud.") for line in lines}
    assert used == {path.stem for path in (ROOT / "extensions/awx/job_templates").glob("*.yml")}
    first, delete = lines[:-2], lines[-2]
    run(sim, tmp_path, "playbooks", lines=first)
    assert states(sim) == {"old-lab": "stopped", "shop-01": "running", "shop-02": "running", "shop-03": "running"}
    types = {row["name"]: row["machine_type"]["name"] for row in rows(sim)}
    assert types == {"old-lab": "BV1-1-40", **dict.fromkeys(("shop-01", "shop-02", "shop-03"), "BV2-2-40")}
    assert {row["image"]["name"] for row in rows(sim)} == {"cloud-ubuntu-24.04 LTS", "cloud-debian-12 LTS"}
    # Its deletions have to be counted first, so it refuses to run again.
    deleted = ansible(tmp_path, environment(sim, tmp_path), "playbook", *shlex.split(delete)[1:])
    assert "changed=1" in deleted and sorted(states(sim)) == ["shop-01", "shop-02", "shop-03"]


@SLOW
def test_the_example_of_backups(sim: Any, tmp_path: Path) -> None:
    sim.reset(edition="2024-08")
    seed(sim, ["shop-01", "shop-02"])
    (said,) = run(sim, tmp_path, "playbooks", lines=runnable("playbooks")[-1:])
    assert said.changed[2] == 0 and len(sim.state()["br-se1"]["backups"]) == 2


@SLOW
def test_images(sim: Any, tmp_path: Path) -> None:
    """The image is imported once, and an instance created from it."""
    url = "https://objects.example.com/golden-2.qcow2?X-Amz-Date=20991231T000000Z&X-Amz-Expires=86400"
    said = run(sim, tmp_path, "images", IMAGE_URL=url)
    assert [each.changed for each in said] == [[1, 1, 0], [1, 1, 0]]
    assert [row["image"]["name"] for row in rows(sim)] == ["golden-2"]
    assert not any("X-Amz" in text for each in said for text in each)


@SLOW
def test_windows(sim: Any, tmp_path: Path) -> None:
    run(sim, tmp_path, "windows")
    password = tmp_path / "win-01.password"
    assert password.stat().st_mode & 0o777 == 0o600 and password.read_text()
    assert [row["ssh_key_name"] for row in rows(sim)] == [None]


@SLOW
def test_reachable(sim: Any, tmp_path: Path) -> None:
    seed(sim, ["web-01"])
    said = run(sim, tmp_path, "reachable")[0].done
    assert "running, completed, no error" in said and '"user ubuntu, key deploy"' in said
    assert re.search(r"private 198\.18\.[\d.]+, public none", said) and re.search(
        r"security groups \['[0-9a-f-]{36}'\]", said
    )
    log = tmp_path / "web-01.init.log"
    assert log.stat().st_mode & 0o777 == 0o600 and "cloud-init" in log.read_text()
    assert changes(sim) == []


@SLOW
def test_plan_approve_apply(sim: Any, tmp_path: Path) -> None:
    """The second of the two commands changes nothing when run again, and is refused once the plan has changed."""
    seed(sim, ["web-01", "web-02"])
    seed(sim, ["web-07"], public_ip=True)
    run(sim, tmp_path, "plan_approve_apply", lines=())
    env = environment(sim, tmp_path)
    plan, apply = (shlex.split(line)[1:] for line in commands("plan_approve_apply"))
    assert "changed=3" in ansible(tmp_path, env, "playbook", *plan) and changes(sim) == []
    text = (tmp_path / "plan.md").read_text()
    assert text.startswith("# Larger web servers\n\n3 steps to be approved.")
    assert "3. `delete instance web-07 (" in text and ", with its public IPv4 " in text
    assert json.loads((tmp_path / "plan.json").read_text())["approved"]["digest"] in text
    assert "changed=1" in ansible(tmp_path, env, "playbook", *apply)
    assert states(sim) == {"web-01": "running", "web-02": "running"}
    assert {row["machine_type"]["name"] for row in rows(sim)} == {"BV2-2-40"}
    done = len(changes(sim))
    assert "changed=0" in ansible(tmp_path, env, "playbook", *apply)
    seed(sim, ["web-08"])
    refused = programs.run("playbook", *apply, cwd=tmp_path, env=env)
    assert refused.returncode and "Not approved: delete instance web-08" in refused.stdout
    assert len(changes(sim)) == done


def test_every_example_is_run() -> None:
    """Every example file is run by a test above, and every command is known to a test."""
    for page in PAGES:
        assert f'tmp_path, "{page}"' in Path(__file__).read_text()
        assert len(files(page)) == len(blocks(page, "yaml")) > 0
        others = [
            line
            for line in commands(page)
            if not re.match(r"ansible-(playbook|inventory) |magalu-cloud-simulator ", line)
        ]
        assert [line for line in others if not line.startswith(BY_HAND)] == []
        count = (RST / f"{page}.rst").read_text().count(".. code-block::")
        assert count == sum(len(blocks(page, language)) for language in ("yaml", "shell", "ini"))
