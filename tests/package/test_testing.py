# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The guide "Testing with the simulator": its commands work in order, with only the installed collection."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from pathlib import Path

import pytest

from tests.package.conftest import ROOT, run
from tests.support.pages import blocks
from tests.support.play import QUICK
from tests.support.servers import free_port

GUIDE = (ROOT / "docs/docsite/rst/testing.rst").read_text()
EXAMPLE = ROOT / "examples"
BLOCKS = [text.strip() for text in blocks("testing", "shell")]


@pytest.mark.test_all(
    "the commands of a guide, molecule among them; the quickstart of the installed collection is in make test"
)
def test_every_command_of_the_guide(home: Path) -> None:
    project, simulator, shell, stays, switches, faults, molecule = BLOCKS
    installed = home / "site"

    def play(commands: str, cwd: Path = home / "my-project") -> str:
        path = f"{installed / 'bin'}:{os.environ['PATH']}"
        return run("bash", "-euc", commands, cwd=cwd, HOME=home, PATH=path, PYTHONPATH=f"{installed}:{QUICK}",
                   NO_COLOR="1", SIMULATOR_PORT=str(free_port()))  # fmt: skip

    play(project, cwd=home)
    install, around = simulator.splitlines()
    # Its requirements are installed already.
    play(install.replace("pip install", f"pip install --quiet --no-deps --target {installed}"))
    assert (installed / "magalu_cloud_simulator/page.html").exists()
    assert "changed=1 " in play(around)
    assert re.search(r"@state_stopped:\n.*web-2", play(shell))
    assert re.search(r"Watch it: http://127\.0\.0\.1:\d+/\W", play(stays))
    said = play(switches)
    assert said.count("changed=1 ") == 2, said
    assert "2 passed" in play(f"{sys.executable} -m pytest --import-mode=importlib -p no:cacheprovider test_site.py")
    said = play(f"magalu-cloud-simulator --port 0 -- bash -euc {quoted(faults)}")
    assert '"name":"old"' in said.replace(" ", "") and "POST /v1/instances" in said
    said = play(molecule.splitlines()[1])
    assert re.findall(r"default > (\w+): Executed: Successful", said) == [
        "create", "converge", "idempotence", "verify", "destroy"
    ]  # fmt: skip


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def test_the_guide_shows_the_files_of_the_example() -> None:
    for name in ("test_site.py", *(f"molecule/default/{one}.yml" for one in ("molecule", "create", "destroy"))):
        text = textwrap.indent((EXAMPLE / name).read_text(), "    ", lambda line: line != "\n")
        assert text in GUIDE, name
