# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a task costs: the requests it makes, and the lines of ours that Ansible compiles for it at every run."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import COLLECTIONS, ROOT
from tests.engine import task
from tests.engine.task import BASE, IMAGE, LARGE, SMALL

MOST_LINES = 750
# Runs the module in a process of its own, as Ansible does, and tells which files of ours it imported.
RUNNER = """
import json, sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = sys.argv[1].encode()
basic._ANSIBLE_PROFILE = "legacy"
from ansible_collections.magalu.cloud.plugins.modules import vm_instance
try:
    vm_instance.main()
except SystemExit:
    ours = [module.__file__ for name, module in sys.modules.items() if ".magalu.cloud.plugins." in name and module.__file__]
    print(json.dumps(ours))
"""


def asked(sim: Any) -> list[str]:
    """All requests, in order."""
    return [f"{request['method']} {request['path']}" for request in sim.requests()]


@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
@pytest.mark.parametrize("state", ["present", "running"])
def test_a_task_that_changes_nothing_makes_one_request(sim: Any, edition: str, state: str) -> None:
    sim.reset(edition=edition, instances=40)
    row = sim.seed("instance", name="web", machine_type=SMALL, image=IMAGE)
    assert task.run(sim, **BASE, state=state).actions == []
    assert asked(sim) == ["GET /v1/instances"]
    sim.clear_requests()
    assert task.run(sim, id=row["id"], machine_type=SMALL, state=state).actions == []
    assert asked(sim) == [f"GET /v1/instances/{row['id']}"]


def test_the_edition_of_2026_needs_one_request_among_any_number_of_instances(sim: Any) -> None:
    sim.reset(instances=200)
    sim.seed("instance", name="web", machine_type=SMALL, image=IMAGE)
    task.run(sim, **BASE)
    assert asked(sim) == ["GET /v1/instances"]


def test_absent_of_what_is_not_there_makes_one_request(sim: Any) -> None:
    task.run(sim, name="web", state="absent")
    assert asked(sim) == ["GET /v1/instances"]


def test_check_mode_of_a_creation_reads_the_catalogs_once_and_sends_nothing(sim: Any) -> None:
    task.check(sim, **BASE)
    assert sorted(asked(sim)) == ["GET /v1/images", "GET /v1/instances", "GET /v1/machine-types"]


def test_a_stop_is_one_look_one_request_and_looks_until_it_holds(sim: Any) -> None:
    row = sim.seed("instance", name="web")
    task.run(sim, name="web", state="stopped")
    requests = asked(sim)
    assert requests[:2] == ["GET /v1/instances", f"POST /v1/instances/{row['id']}/stop"]
    assert set(requests[2:]) == {f"GET /v1/instances/{row['id']}"}
    assert len(requests) <= 8


def test_a_retype_reads_the_catalogs_once(sim: Any) -> None:
    sim.seed("instance", name="web", machine_type=SMALL, state="suspended")
    assert task.run(sim, name="web", machine_type=LARGE).actions == ["start", "retype", "suspend"]
    assert asked(sim).count("GET /v1/machine-types") == asked(sim).count("GET /v1/images") == 1


def lines_of_code(path: Path) -> int:
    """Lines that are neither blank, nor comment, nor part of a text that stands by itself (documentation)."""
    text = path.read_text()
    prose: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        documented = isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "").isupper()
        value = node.value if isinstance(node, ast.Expr) or documented else None  # type: ignore[attr-defined]
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            prose.update(range(node.lineno, node.end_lineno + 1))  # type: ignore[attr-defined]
    lines = enumerate(text.splitlines(), 1)
    return sum(1 for number, line in lines if line.strip() and not line.strip().startswith("#") and number not in prose)


@pytest.mark.every_core
def test_a_task_that_changes_nothing_imports_few_lines(sim: Any) -> None:
    sim.seed("instance", name="web", machine_type=SMALL, image=IMAGE)
    arguments = {"ANSIBLE_MODULE_ARGS": {**BASE, "api_url": sim.url, "api_key": "simulator"}}
    command = [sys.executable, "-W", "ignore", "-c", RUNNER, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(COLLECTIONS)})
    result, ours = (json.loads(line) for line in done.stdout.splitlines() if line.startswith(("{", "[")))
    assert result["changed"] is False
    counted = {Path(name).name: lines_of_code(Path(name)) for name in ours if not name.endswith("__init__.py")}
    assert not {"_engine.py", "_declare.py", "_errors.py", "_tls.py"} & set(counted), "imported only when needed"
    assert sum(counted.values()) <= MOST_LINES, counted
    print(counted, sum(counted.values()))


def test_no_planner_and_no_module_is_longer_than_a_reader_likes() -> None:
    for path in (ROOT / "plugins/module_utils").glob("_plan_*.py"):
        assert len(path.read_text().splitlines()) <= 300, path.name
    for path in (ROOT / "plugins/modules").glob("*.py"):
        assert lines_of_code(path) <= 100, path.name


def test_check_mode_is_asked_in_one_place() -> None:
    asking = [
        path.name
        for path in (ROOT / "plugins").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "check_mode"
    ]
    assert asking == ["_module.py"]
