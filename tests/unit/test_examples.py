# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The examples of each module work as documented, and their results have the documented keys.

The modules run on the oldest Python that they support, with every ansible-core.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator import running
from tests.oldest import oldest_python
from tests.support.documents import load_yaml
from tests.support.play import environment
from tests.support.programs import run

pytestmark = pytest.mark.programs

MODULES = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "plugins/modules").glob("*.py"))
ANSIBLES_OWN = {"ansible_parsed", "changed", "failed", "diff", "warnings", "invocation"}
# Each example may have to wait for the effect of the previous one, which takes little time, since the simulator's
# clock runs 60 times as fast.
NO_WAIT = {"wait": False}


def documented(module: str, part: str) -> str:
    """Return a part of the module's documentation, parsed from YAML."""
    text: str = getattr(importlib.import_module(f"ansible_collections.magalu.cloud.plugins.modules.{module}"), part)
    return text


def results_of_examples(module: str, folder: Path) -> list[dict[str, Any]]:
    """Run the examples in order as one playbook, and return the results of those of this module."""
    examples = load_yaml(documented(module, "EXAMPLES").replace("/tmp/", f"{folder}/"))
    tasks = [{"register": f"result_{number}", **task} for number, task in enumerate(examples)]
    names = ", ".join(task["register"] for task in tasks if f"magalu.cloud.{module}" in task)
    write = {"ansible.builtin.copy": {"content": f"{{{{ [{names}] | to_json }}}}", "dest": str(folder / "results")}}
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": oldest_python()},
        "module_defaults": {"magalu.cloud.vm_instance": NO_WAIT},
        "tasks": [*tasks, write],
    }
    (folder / "examples.yml").write_text(yaml.safe_dump([play]))
    edition = "2024-08" if module == "vm_backup" else "2026-08"  # the newer API version has no backups
    with running(speed=60, edition=edition) as simulator:
        env = environment(simulator, folder)
        done = run("playbook", "-i", "localhost,", "examples.yml", cwd=folder, env=env, apart=True)
    assert done.returncode == 0 and "[DEPRECATION WARNING]" not in done.stdout + done.stderr, done.stdout + done.stderr
    results: list[dict[str, Any]] = json.loads((folder / "results").read_text())
    return results


@pytest.mark.every_core
@pytest.mark.parametrize("module", MODULES)
def test_examples_run_and_return_documented_keys(module: str, tmp_path: Path) -> None:
    returned = load_yaml(documented(module, "RETURN"))
    always = {name for name, value in returned.items() if value["returned"] in ("always", "success")}
    results = results_of_examples(module, tmp_path)
    for result in results:
        assert set(result) - ANSIBLES_OWN <= set(returned)
        assert set(result) >= always
        for name in set(result) & set(returned):
            kind = {"dict": dict, "list": list, "int": int, "str": str, "path": str}[returned[name]["type"]]
            assert isinstance(result[name], kind) or result[name] is None, name
    assert any(result["changed"] for result in results) == (not module.endswith("_info"))
