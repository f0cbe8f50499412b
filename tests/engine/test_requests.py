# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cost of a task: its requests, and the collection's files that Ansible compiles for each run of it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import COLLECTIONS, ROOT
from tests.support import task
from tests.support.declarations import DECLARED, IMAGE, LARGE, SMALL

# Runs the module in a process of its own, as Ansible does, and prints which files of the collection it imported.
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


def list_requests(sim: Any) -> list[str]:
    """Return all requests, in order."""
    return [f"{request['method']} {request['path']}" for request in sim.requests()]


@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
@pytest.mark.parametrize("state", ["present", "running"])
def test_a_task_that_changes_nothing_makes_one_request(sim: Any, edition: str, state: str) -> None:
    sim.reset(edition=edition, instances=40)
    row = sim.seed("instance", name="web", machine_type=SMALL, image=IMAGE)
    assert task.run(sim, **DECLARED, state=state).actions == []
    assert list_requests(sim) == ["GET /v1/instances"]
    sim.clear_requests()
    assert task.run(sim, id=row["id"], machine_type=SMALL, state=state).actions == []
    assert list_requests(sim) == [f"GET /v1/instances/{row['id']}"]


def test_api_version_2026_08_needs_one_request_among_any_number_of_instances(sim: Any) -> None:
    sim.reset(instances=200)
    sim.seed("instance", name="web", machine_type=SMALL, image=IMAGE)
    task.run(sim, **DECLARED)
    assert list_requests(sim) == ["GET /v1/instances"]


def test_absent_of_a_missing_instance_makes_one_request(sim: Any) -> None:
    task.run(sim, name="web", state="absent")
    assert list_requests(sim) == ["GET /v1/instances"]


def test_check_mode_of_a_creation_reads_the_catalogs_once_and_sends_nothing(sim: Any) -> None:
    task.check(sim, **DECLARED)
    assert sorted(list_requests(sim)) == ["GET /v1/images", "GET /v1/instances", "GET /v1/machine-types"]


def test_a_stop_lists_reads_by_id_and_waits_until_lists_show_it(sim: Any) -> None:
    row = sim.seed("instance", name="web")
    task.run(sim, name="web", state="stopped")
    requests, read = list_requests(sim), f"GET /v1/instances/{row['id']}"
    assert requests[:3] == ["GET /v1/instances", read, f"POST /v1/instances/{row['id']}/stop"]
    assert set(requests[3:-1]) == {read}
    assert requests[-1] == "GET /v1/instances"
    assert len(requests) <= 10


def test_a_stop_by_id_is_not_read_twice_before_it(sim: Any) -> None:
    row = sim.seed("instance", name="web")
    task.run(sim, id=row["id"], state="stopped")
    assert list_requests(sim)[:2] == [f"GET /v1/instances/{row['id']}", f"POST /v1/instances/{row['id']}/stop"]


def test_a_retype_reads_the_catalogs_once(sim: Any) -> None:
    sim.seed("instance", name="web", machine_type=SMALL, state="suspended")
    assert task.run(sim, name="web", machine_type=LARGE).actions == ["start", "retype", "suspend"]
    assert list_requests(sim).count("GET /v1/machine-types") == list_requests(sim).count("GET /v1/images") == 1


@pytest.mark.parametrize("image", [None, IMAGE, "mine"])
@pytest.mark.parametrize("path", ["/v1/images", "/v1/images/custom"])
def test_a_retype_does_not_need_the_list_of_images(sim: Any, path: str, image: str | None) -> None:
    sim.seed("instance", name="web", machine_type=SMALL, image=IMAGE)
    sim.add_fault(operation=f"GET {path}", nth="every", kind="status", status=403)
    declared = {"name": "web", "machine_type": LARGE, "image": image, "on_immutable_change": "ignore"}
    assert [step.action for step in task.check(sim, **declared).steps] == ["retype"]
    done = task.run(sim, **declared)
    assert (done.actions, done.failure) == (["retype"], None)


def test_a_creation_needs_its_image(sim: Any) -> None:
    sim.add_fault(operation="GET /v1/images", nth="every", kind="status", status=403, body={"slug": "forbidden"})
    done = task.run(sim, **DECLARED)
    assert done.failure.status == 403 and done.failure.path == "/v1/images"  # type: ignore[union-attr]
    assert task.list_changes(sim) == []


def test_a_restore_reads_no_images(sim: Any) -> None:
    row = sim.seed("instance", name="old", machine_type=SMALL)
    sim.seed("snapshot", name="copy", instance=row["id"])
    assert task.run(sim, **{**DECLARED, "image": None, "snapshot": "copy"}).actions == ["restore"]
    assert "GET /v1/images" not in list_requests(sim) and list_requests(sim).count("GET /v1/machine-types") == 1


@pytest.mark.programs
@pytest.mark.every_core(sample=True)
def test_a_task_that_changes_nothing_does_not_import_the_planner(sim: Any) -> None:
    sim.seed("instance", name="web", machine_type=SMALL, image=IMAGE)
    arguments = {"ANSIBLE_MODULE_ARGS": {**DECLARED, "api_url": sim.url, "api_key": "simulator"}}
    command = [sys.executable, "-W", "ignore", "-c", RUNNER, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(COLLECTIONS)})
    result, ours = (json.loads(line) for line in done.stdout.splitlines() if line.startswith(("{", "[")))
    assert result["changed"] is False
    names = {Path(name).name for name in ours}
    assert not {"member.py", "driver.py", "verdicts.py"} & names, "the engine is imported only when needed"
    assert not {"instance_planner.py", "lifecycle.py", "catalogs.py"} & names, "the whole planner likewise"


def test_check_mode_is_asked_in_one_place() -> None:
    asking = [
        path.name
        for path in (ROOT / "plugins").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "check_mode"
    ]
    assert asking == ["_module.py"]


def test_an_ssh_key_for_windows_is_refused_before_the_request(sim: Any) -> None:
    declared = {**DECLARED, "image": "windows-server-2022", "machine_type": "BV4-8-100"}
    done = task.run(sim, **declared)
    assert "Leave ssh_key_name out" in str(done.failure)
    assert task.list_changes(sim) == []
    assert task.run(sim, **{**declared, "ssh_key_name": None}).actions == ["create"]


def test_the_users_own_interface_gets_no_billed_address(sim: Any) -> None:
    own = {"network": {"interface": "9ec75090-2872-4f51-8111-53d05d96d2c6"}}
    assert task.run(sim, **{**DECLARED, **own}).actions == ["create"]
    assert sim.state()["br-se1"]["public_ips"] == []


PUBLIC = {"network": {"associate_public_ip": True}}


@pytest.mark.parametrize(
    ("settings", "options", "said"),
    [
        ({"quota_public_ips": 0}, PUBLIC, "network.associate_public_ip: false"),
        ({"quota_public_ips": 0}, {**PUBLIC, "alternatives": [{"machine_type": LARGE}], "alternatives_on": ["quota"]},
         "network.associate_public_ip: false"),
        ({"quota_vcpus": 0}, {}, "have the quota raised"),
        ({"unknown_ssh_keys": ["deploy"]}, {}, "mgc profile ssh-keys create --name"),
    ],
    ids=["address", "address with alternatives", "vcpu", "key"],
)  # fmt: skip
def test_a_failed_creation_is_reported_with_the_remedy(
    sim: Any, settings: dict[str, Any], options: dict[str, Any], said: str
) -> None:
    sim.reset(**settings)
    done = task.run(sim, **{**DECLARED, **options})
    assert said in str(done.failure)
    again = task.run(sim, **{**DECLARED, **options})
    assert said in str(again.failure), "what an earlier run left is told in the same words"
