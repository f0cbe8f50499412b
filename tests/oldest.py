# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The oldest Python that modules run on, with their requirements, whatever Python the tests run on."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys

import pytest

from tests.cores import OLDEST, ROOT, find_python


def oldest_python() -> str:
    """Return the path of the oldest Python. If it is missing, return the tests' own Python, or fail in the CI."""
    if not (python := find_python(OLDEST)):
        if os.environ.get("MGC_CI"):
            pytest.fail(f"Modules must run on Python {OLDEST}, and this machine has none.")
        return sys.executable
    folder = ROOT / f".build/matrix/modules-python-{OLDEST}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other workers of pytest may create it, too
        if not (folder / "stamp").exists():
            subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
            pip = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "-r", ROOT / "tests/integration/requirements.txt"], check=True)
            (folder / "stamp").touch()
    return str(folder / "bin/python")
