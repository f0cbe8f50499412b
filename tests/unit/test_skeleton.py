# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands in several files says the same in each."""

from __future__ import annotations

import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from tests.release import PLACES

ROOT = Path(__file__).resolve().parents[2]
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text())
RUNTIME = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))


def test_action_group_holds_every_module_and_no_other() -> None:
    assert RUNTIME["action_groups"]["vm"] == MODULES


def test_readme_names_every_module_and_no_other() -> None:
    assert re.findall(r"^\| `magalu\.cloud\.(\w+)`", (ROOT / "README.md").read_text(), re.MULTILINE) == sorted(
        MODULES, key=lambda name: (name.endswith("_info"), name)
    )


@pytest.mark.parametrize(("file", "pattern"), PLACES.items())
def test_version_is_the_same_everywhere(file: str, pattern: str) -> None:
    assert re.findall(pattern, (ROOT / file).read_text()) == [GALAXY["version"]]


def test_run_time_requirements_are_the_same_everywhere() -> None:
    requirements = (ROOT / "requirements.txt").read_text()
    assert requirements == (ROOT / "meta/ee-requirements.txt").read_text()
    assert requirements.startswith("requests")


def test_build_ignore_matches_something_each() -> None:
    """A name that no longer exists in .gitignore or the checkout would hide a mistake."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    known = subprocess.check_output(command, cwd=ROOT, text=True).splitlines()
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()]
    folders = {str(parent) for name in known for parent in Path(name).parents}
    for entry in GALAXY["build_ignore"]:
        assert entry in ignored or any(fnmatch(name, entry) for name in [*known, *folders]), entry


@pytest.mark.every_core
@pytest.mark.parametrize("module", MODULES)
def test_ansible_doc_shows_every_module(module: str) -> None:
    command = [sys.executable, "-m", "ansible", "doc", f"magalu.cloud.{module}"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    assert "EXAMPLES" in shown.stdout
