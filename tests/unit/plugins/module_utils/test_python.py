# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A module starts from Ansible's zip: each file is compiled once, and Ansible's objects are not garbage-collected."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.cores import OLDEST, ROOT, find_python

FOLDER = "ansible_collections/magalu/cloud/plugins/module_utils"
FILES = ["_python.py", "_api/__init__.py", "_api/resources.py", "_api/exceptions.py"]
PROGRAM = """
import gc, json, sys
compiled = []
sys.addaudithook(lambda event, given: compiled.append(given[1]) if event == "compile" else None)
from ansible_collections.magalu.cloud.plugins.module_utils import _python, _api
from ansible_collections.magalu.cloud.plugins.module_utils._api import exceptions, resources
files = [[each.__file__, compiled.count(each.__file__)] for each in (_api, exceptions, resources)]
json.dump([files, gc.get_freeze_count() > 0], sys.stdout)
"""


@pytest.mark.programs
@pytest.mark.parametrize("python", [sys.executable, find_python(OLDEST)], ids=["this", "oldest"])
def test_each_file_of_a_zip_is_compiled_once(tmp_path: Path, python: str | None) -> None:
    path = tmp_path / "payload.zip"
    with zipfile.ZipFile(path, "w") as payload:
        for parent in Path(FOLDER).parents[:-1]:
            payload.writestr(f"{parent}/__init__.py", "")
        payload.writestr(f"{FOLDER}/__init__.py", "")
        for name in FILES:
            payload.write(ROOT / "plugins/module_utils" / name, f"{FOLDER}/{name}")
    command = [python or pytest.skip(f"no Python {OLDEST}"), "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(path)})
    names = ("_api/__init__.py", "_api/exceptions.py", "_api/resources.py")
    assert json.loads(done.stdout) == [[[f"{path}/{FOLDER}/{name}", 1] for name in names], True]
