# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The examples of the guides do what the text says: whole files, taken from the pages, and the commands beside them."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.fleet.fleet import changes, names, rows, seed, states
from tests.playbooks.play import SPEED, environment

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]

RST = ROOT / "docs/docsite/rst"
PAGES = ("getting_started", "credentials", "cost", "copies", "windows", "reachable")
# Commands that are no examples of Ansible: what is installed, and shown, by hand.
BY_HAND = ("python3 -m venv", "python -m pip install", "ansible-galaxy collection install", "export MGC_")


def blocks(page: str, language: str) -> list[str]:
    found = re.findall(
        rf"^\.\. code-block:: {language}\n\n((?:    .*\n|\n)+)", (RST / f"{page}.rst").read_text(), re.MULTILINE
    )
    return [textwrap.dedent(block).strip() + "\n" for block in found]


def files(page: str) -> dict[str, str]:
    """The files that the page shows, by their names."""
    return {text.split()[1]: text for text in blocks(page, "yaml")}


def commands(page: str) -> list[str]:
    return [line for block in blocks(page, "shell") for line in block.splitlines()]


def run(sim: Any, folder: Path, page: str) -> list[str]:
    """Runs the page's commands, or else its playbooks as one; what each said. Nothing may warn."""
    for name, text in files(page).items():
        (folder / name).write_text(text)
    (folder / "ansible.cfg").write_text("".join(blocks(page, "ini")))
    lines = [line for line in commands(page) if re.match(r"ansible-(playbook|inventory) ", line)]
    books = [name for name in files(page) if not any(name in line for line in lines)]
    lines = [*([shlex.join(["ansible-playbook", *books])] if books else []), *lines]
    # A home of its own, in which passwords and reports end.
    env = environment(sim, folder)
    env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
    said = []
    for line in lines:
        done = subprocess.run(["bash", "-euc", line], cwd=folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        assert "WARNING" not in done.stdout + done.stderr, f"{line}\n{done.stdout}{done.stderr}"
        said.append(done.stdout)
    return said


@pytest.mark.every_core(sample=True)
def test_first_steps(sim: Any, tmp_path: Path) -> None:
    """Predicted, done, unchanged, larger, listed, gone."""
    said = run(sim, tmp_path, "getting_started")
    assert [re.findall(r"changed=(\d)", text) for text in said] == [["1"], ["1"], ["0"], ["1"], [], ["1"]]
    assert "@state_running" in said[4] and "web-01" in said[4]
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
    assert [request["path"] for request in sim.requests()] == ["/v1/instances"]
    assert [request["region"] for request in sim.requests()] == ["br-ne1"]


def test_cost(sim: Any, tmp_path: Path) -> None:
    run(sim, tmp_path, "cost")
    assert states(sim) == {"lab-01": "running"} and sim.state()["br-se1"]["public_ips"] == []
    assert [row["name"] for row in sim.state()["br-se1"]["snapshots"]] == ["lab-01-parked"]
    assert (tmp_path / "magalu-report/report.html").exists()


def test_copies(sim: Any, tmp_path: Path) -> None:
    """The instance runs again after its copy."""
    sim.seed("snapshot", name="nightly-old", created_at=sim.now() - 90 * 86400)
    run(sim, tmp_path, "copies")
    assert states(sim) == {"db-01": "running", "db-01-restored": "running"}
    copies = [row["name"] for row in sim.state()["br-se1"]["snapshots"]]
    assert len([name for name in copies if re.fullmatch(r"nightly-db-01-\d{4}-\d\d-\d\d", name)]) == 1
    assert [change.split("/")[-1] for change in changes(sim)].count("stop") == 1


def test_windows(sim: Any, tmp_path: Path) -> None:
    run(sim, tmp_path, "windows")
    password = tmp_path / "win-01.password"
    assert password.stat().st_mode & 0o777 == 0o600 and password.read_text()
    assert [row["ssh_key_name"] for row in rows(sim)] == [None]


def test_reachable(sim: Any, tmp_path: Path) -> None:
    seed(sim, ["web-01"])
    (said,) = run(sim, tmp_path, "reachable")
    assert "running, completed, no error" in said and '"user ubuntu, key deploy"' in said
    assert re.search(r"private 198\.18\.[\d.]+, public none", said) and re.search(
        r"security groups \['[0-9a-f-]{36}'\]", said
    )
    assert changes(sim) == []


def test_every_example_is_run() -> None:
    """By a test above, as a whole file; and there is no command that none of them knows."""
    for page in PAGES:
        assert f'"{page}")' in Path(__file__).read_text()
        assert len(files(page)) == len(blocks(page, "yaml")) > 0
        others = [
            line
            for line in commands(page)
            if not re.match(r"ansible-(playbook|inventory) |magalu-cloud-simulator ", line)
        ]
        assert [line for line in others if not line.startswith(BY_HAND)] == []
        count = (RST / f"{page}.rst").read_text().count(".. code-block::")
        assert count == sum(len(blocks(page, language)) for language in ("yaml", "shell", "ini"))
