# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tarball for users: its contents, and the README's commands with it. Galaxy's checks are tested with the release
(test_release.py)."""

from __future__ import annotations

import os
import re
import sys
import tarfile
from pathlib import Path

import pytest
import tomllib

from tests.cores import find_python
from tests.package.conftest import README, ROOT, block, run

# Exactly git's files in these places are in the tarball.
SHIPPED = {
    *("CHANGELOG.rst", "LICENSE", "README.md", "README.pt-BR.md", "requirements.txt"),
    *("changelogs", "docs", "examples", "extensions", "meta", "playbooks", "plugins", "roles", "simulator"),
}


def test_the_tarball_contains_exactly_the_files_for_users(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        files = {member.name for member in archive if not member.isdir()}
    known = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).splitlines()
    wanted = {name for name in known if name.split("/")[0] in SHIPPED and (ROOT / name).exists()}
    assert files == wanted | {"FILES.json", "MANIFEST.json", "tests/config.yml"}


def test_an_execution_environment_gets_its_requirements(home: Path) -> None:
    assert "requests" in run("ansible-builder", "introspect", home / ".ansible/collections", cwd=home)


@pytest.mark.test_all("make quickstart is in make test, and the installed collection runs the README's first playbook")
def test_quickstart_runs_from_the_installed_collection(home: Path) -> None:
    simulator = (sys.executable, "-m", "ansible_collections.magalu.cloud.simulator", "--port", "0", "--speed", "10")
    command = (*simulator, "--", "ansible-playbook", "magalu.cloud.quickstart")
    said = run(*command, cwd=home, HOME=home, PYTHONPATH=home / ".ansible/collections")
    assert re.search(r"failed=0 ", said)


@pytest.mark.test_all("pip installs it from the index; the README's commands install it in make test")
def test_the_simulator_runs_on_its_oldest_python(tmp_path: Path) -> None:
    """The simulator runs on its oldest Python with the newest packages for it, which users get."""
    oldest = tomllib.loads((ROOT / "simulator/pyproject.toml").read_text())["project"]["requires-python"].lstrip(">=")
    python = find_python(oldest) or (
        sys.executable if not os.environ.get("MGC_CI") else pytest.fail(f"no Python {oldest}")
    )
    run(python, "-m", "venv", "venv", cwd=tmp_path)
    run("venv/bin/python", "-m", "pip", "install", "--quiet", ROOT / "simulator", cwd=tmp_path)
    ask = "import os, urllib.request; urllib.request.urlopen(os.environ['MGC_API_URL'].split('/{region}')[0])"
    run("venv/bin/magalu-cloud-simulator", "--port", "0", "--", "venv/bin/python", "-c", ask, cwd=tmp_path)


def test_readme_clone_commands() -> None:
    """The README's commands for a clone are right; `make test` itself runs this test."""
    assert block("make").splitlines() == ["make quickstart", "make test"]
    assert (ROOT / ".ci/run").read_text().endswith("\nexec make test\n")
    said = run("make", "quickstart", cwd=ROOT)
    assert re.search(r"failed=0 ", said) and re.search(r"in a browser: http://127\.0\.0\.1:\d+/\W", said)
    assert "WARNING" not in said


def test_readme_first_playbook_on_the_simulator(home: Path) -> None:
    (home / "first.yml").write_text(block("My first", "yaml"))
    run(sys.executable, "-m", "venv", "venv", cwd=home)
    path = f"{home / 'venv/bin'}:{os.environ['PATH']}"
    assert "changed=1 " in run("bash", "-euc", block("magalu-cloud-simulator"), cwd=home, HOME=home, PATH=path)


def test_readme_first_playbook_on_a_cloud(home: Path) -> None:
    """The README's first playbook works on a cloud, here a simulator with the README's key; then it is deleted."""
    (home / "first.yml").write_text(block("My first", "yaml"))
    simulator = (sys.executable, "-m", "simulator", "--port", "0", "--speed", "60", "--api-key", "your-key")
    commands = block("export MGC_API_KEY") + block("state=absent")
    said = run(*simulator, "--", "bash", "-euc", commands, cwd=home, HOME=home, PYTHONPATH=ROOT)
    assert said.count("changed=1 ") == 2  # in check mode, and for real
    assert "localhost | CHANGED" in said and '"action": "delete"' in said


def test_readme_inventory(home: Path) -> None:
    """The README's ping reaches only hosts with public addresses: none here, since no machine would answer."""
    (home / "magalu.yml").write_text(block("plugin:", "yaml"))
    simulator = (sys.executable, "-m", "simulator", "--port", "0")
    graph, ping = block("ansible-inventory").splitlines()
    said = run(*simulator, "--instances", "2", "--", "bash", "-euc", graph, cwd=home, HOME=home, PYTHONPATH=ROOT)
    assert "@state_running" in said and "instance-00002" in said
    said = run(*simulator, "--", "bash", "-euc", ping, cwd=home, HOME=home, PYTHONPATH=ROOT)
    assert "Could not match supplied host pattern, ignoring: public" in said


def test_readme_has_no_other_commands() -> None:
    assert len(re.findall(r"^```sh$", README, re.MULTILINE)) == 6
