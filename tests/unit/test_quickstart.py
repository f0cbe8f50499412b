# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The quickstart and the example project, which new users run first, work without warnings on every ansible-core."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from simulator import running
from tests.support.documents import load_yaml
from tests.support.play import environment
from tests.support.programs import start_program

pytestmark = pytest.mark.programs

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.test_all("the README's commands run it in make test, without a warning too")
@pytest.mark.every_core
def test_the_quickstart_runs_without_a_warning(tmp_path: Path) -> None:
    with running(speed=60) as sim:
        said = start_program(
            "playbook", ROOT / "playbooks/quickstart.yml", cwd=tmp_path, env=environment(sim, tmp_path)
        ).communicate()[0]
    assert "failed=0 " in said and "WARNING" not in said, said
    assert re.search(rf"in a browser: http://127\.0\.0\.1:{sim.port}/\W", said)


@pytest.mark.test_all("the README's commands run it in make test")
def test_the_quickstart_leaves_instances_of_others_alone(tmp_path: Path) -> None:
    """The quickstart leaves other instances alone, even with its names. In check mode it only prints its steps."""
    with running(speed=60) as sim:

        def play(*options: str) -> str:
            book = ROOT / "playbooks/quickstart.yml"
            return start_program(
                "playbook", book, *options, cwd=tmp_path, env=environment(sim, tmp_path)
            ).communicate()[0]

        def changes() -> list[str]:
            return [request["method"] for request in sim.requests() if request["method"] != "GET"]

        planned = play("--check")
        assert "failed=0 " in planned and "changed=0 " not in planned and changes() == [], planned
        sim.seed("instance", name="quickstart-web")
        refused = play()
        assert "already: quickstart-web. This playbook would resize" in " ".join(refused.split()), refused
        assert "failed=1 " in refused and changes() == []
        continued = play("-e", "continue_earlier=true")
        assert "failed=0 " in continued and sim.state()["br-se1"]["instances"] == [], continued


@pytest.mark.test_all("the quickstart and the guide's first steps are in make test")
@pytest.mark.every_core
def test_the_example_project_runs_in_its_own_folder(tmp_path: Path) -> None:
    """The example project works in its folder with its own configuration, and a second run changes nothing."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples", project)
    with running(speed=60) as sim:
        said = [
            start_program(
                "playbook", "-i", "inventory", "site.yml", *options, cwd=project, env=environment(sim, tmp_path)
            ).communicate()[0]
            for options in ([], ["--check"])
        ]
        assert {row["name"]: row["state"] for row in sim.state()["br-se1"]["instances"]} == {
            "web-1": "running", "web-2": "stopped"
        }  # fmt: skip
    assert [re.findall(r"^localhost .*changed=(\d) .*failed=0 ", text, re.MULTILINE) for text in said] == [["1"], ["0"]]
    assert all(re.search(r'web-1] => \{\n    "ansible_host": "198\.18\.', text) for text in said)
    assert "WARNING" not in "".join(said), said


def test_its_requirements_are_of_this_version() -> None:
    (wanted,) = load_yaml((ROOT / "examples/requirements.yml").read_text())["collections"]
    version = load_yaml((ROOT / "galaxy.yml").read_text())["version"]
    assert wanted["name"] == "magalu.cloud"
    assert wanted["version"] == f">={version.split('.')[0]}.0.0,<{int(version.split('.')[0]) + 1}.0.0"
