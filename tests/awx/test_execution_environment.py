# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Execution environments: the collection's data for ansible-builder, and the definition for AWX. Without containers."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from tests.awx.data import AWX
from tests.conftest import COLLECTIONS, ROOT
from tests.support.documents import load_yaml

pytestmark = pytest.mark.programs

DEFINITION = AWX / "execution-environment.yml"


def builder(*arguments: str | Path, cwd: Path) -> str:
    """Run ansible-builder and return its output."""
    command = ["ansible-builder", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_collection_declares_its_python_requirements(tmp_path: Path) -> None:
    found = load_yaml(builder("introspect", COLLECTIONS, cwd=tmp_path))
    assert found["python"] == ["requests>=2.25  # from collection magalu.cloud"] and not found["system"]
    assert (ROOT / "meta/ee-requirements.txt").read_text() == (ROOT / "requirements.txt").read_text()


def test_definition_makes_a_build_context(tmp_path: Path) -> None:
    """The build context has everything that an image for AWX needs, with an ansible-core that AWX can use."""
    context = ("--context", tmp_path / "context", "--output-filename", "Containerfile")
    builder("create", "--file", DEFINITION, *context, cwd=tmp_path)
    recipe = (tmp_path / "context/Containerfile").read_text()
    assert re.search(r'^ARG PYPKG="python3\.1[1-9]"$', recipe, re.MULTILINE)
    core = re.search(r"ansible-core([<>=.,0-9]+)", recipe)
    runner = re.search(r"ansible-runner([<>=.,0-9]+)", recipe)
    assert core and runner and "2.4.1" not in SpecifierSet(runner[1]) and "2.4.3" in SpecifierSet(runner[1])
    versions = SpecifierSet(core[1])
    assert [v for v in ("2.15.13", "2.16.0", "2.16.19", "2.18.12", "2.19.0") if v in versions] == [
        "2.16.0", "2.16.19", "2.18.12"
    ]  # fmt: skip
    galaxy = load_yaml((tmp_path / "context/_build/requirements.yml").read_text())
    version = load_yaml((ROOT / "galaxy.yml").read_text())["version"]
    assert [(one["name"], version in SpecifierSet(one["version"])) for one in galaxy["collections"]] == [
        ("magalu.cloud", True)
    ]
    system = (tmp_path / "context/_build/bindep.txt").read_text()
    assert {line.split()[0] for line in system.splitlines()} == {"python3", "git-core", "openssh-clients"}
    example = load_yaml((AWX / "collections/requirements.yml").read_text())
    assert example == galaxy, "the image and the example for the project mean the same release"
