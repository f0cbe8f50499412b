# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tarball, and a home in which it is installed as the README says."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def run(*command: str | Path, cwd: Path, **environment: str | Path) -> str:
    """Run a command without access to the checkout's collection, and return its output."""
    env = {name: value for name, value in os.environ.items() if name != "ANSIBLE_COLLECTIONS_PATH"}
    env |= {name: str(value) for name, value in environment.items()}
    result = subprocess.run(
        command, cwd=cwd, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    assert result.returncode == 0, f"{command} returned {result.returncode}:\n{result.stdout}"
    return result.stdout


@pytest.fixture(scope="session")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    run(ROOT / "tests/sync.sh", folder / "tree", cwd=ROOT)
    run("ansible-galaxy", "collection", "build", "tree", cwd=folder)
    return next(folder.glob("*.tar.gz"))


@pytest.fixture(scope="session")
def home(tarball: Path) -> Path:
    """Return a home with only the README's installation; the packages of pip are installed already."""
    folder = tarball.parent / "home"
    folder.mkdir()
    environment, packages, collection = block("ansible-galaxy").splitlines()
    assert environment.startswith("python3 -m venv ") and packages == "python -m pip install ansible-core requests"
    run("bash", "-euc", collection.replace("magalu.cloud", str(tarball)), cwd=folder, HOME=folder)
    return folder


def block(word: str, language: str = "sh") -> str:
    """Return the README's first example in this language that contains the word."""
    return next(text for text in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if word in text)
