# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inventory in AWX: updates, the data for jobs and constructed inventories, and hostile instances."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.inventory import hostile
from tests.support.awx import Run, plain, script
from tests.support.documents import load_yaml
from tests.support.inventory_programs import FAILS, Programs

pytestmark = [pytest.mark.every_core, pytest.mark.programs]
SOURCE = "project/inventories/smart.vm_instances.yml"  # the name in the record
KEPT: dict[str, Any] = json.loads(hostile.EXPORTED.read_text())
ALL = "{{ dict(groups.all | zip(groups.all | map('extract', hostvars))) | to_json }}"
SHOW = [{
    "hosts": "all", "gather_facts": False, "connection": "local",
    "vars": {"mine": "{{ hostvars[inventory_hostname] | select('match', 'mgc_|copied|joined|inside') }}",
             "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
    "tasks": [
        {"debug": {"var": "hostvars[inventory_hostname]"}},
        {"debug": {"msg": "{{ lookup('vars', item) }}"}, "loop": "{{ mine }}"},
        {"copy": {"dest": "{{ playbook_dir }}/found.json", "content": ALL}, "run_once": True},
    ],
}]  # fmt: skip


@pytest.fixture
def nothing_runs(tmp_path: Path) -> Iterator[None]:
    """Assert that no text of an instance was executed, which would create a file."""
    yield
    assert not list(tmp_path.rglob("PROOF"))


def inventory_update(sim: Any, folder: Path, options: dict[str, Any], **env: str) -> Run:
    """Return an inventory update with the recorded command line and environment."""
    run = Run("inventory_update", folder, **{**sim.environment, **env})
    run.write(SOURCE, yaml.safe_dump({"plugin": "magalu.cloud.vm_instances", **options}))
    return run


def texts(value: Any) -> Iterator[tuple[str, bool]]:
    """Yield all texts in a value, and whether they are marked as unsafe."""
    if isinstance(value, str):
        yield value, False
    elif isinstance(value, dict) and set(value) == {"__ansible_unsafe"}:
        yield value["__ansible_unsafe"], True
    elif isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)


def test_update_exports_everything_from_the_file_and_the_environment(sim: Any, tmp_path: Path) -> None:
    sim.reset(keys={"kept-key-5d2c": "tenant-1"})
    sim.seed("instance", name="web-1", public_ip="192.0.2.10")
    sim.seed("instance", name="web-2", state="stopped")
    done = inventory_update(
        sim, tmp_path, {"keyed_groups": [{"key": "state", "prefix": "state"}]}, MGC_API_KEY="kept-key-5d2c"
    )()
    assert done.code == 0 and done.exported is not None, done.output
    assert done.exported["state_stopped"] == {"hosts": ["web-2"]}
    assert "__ansible_unsafe" not in json.dumps(done.exported)
    variables = done.exported["_meta"]["hostvars"]
    assert {name: found["mgc_state"] for name, found in variables.items()} == {"web-1": "running", "web-2": "stopped"}
    # The value that enabled_var: mgc_state and enabled_value: running use.
    assert '"web-1"' in script(done.exported, "mgc_state") and '"web-2"' not in script(done.exported, "mgc_state")
    assert "kept-key-5d2c" not in done.output


@pytest.mark.parametrize("fails", ["the second page", "the second region"])
def test_update_exports_nothing_if_anything_is_missing(sim: Any, tmp_path: Path, fails: str) -> None:
    """An incomplete update exports nothing, because AWX with `overwrite` would delete the missing hosts."""
    sim.reset(page_limit=10, instances=15)
    regions = "br-se1" if fails == "the second page" else "br-se1,br-ne1"
    sim.add_fault(operation="GET /v1/instances", match=2, times=99, kind="status", status=500)
    done = inventory_update(sim, tmp_path, {}, MGC_REGIONS=regions, MGC_API_RETRIES="0")()
    assert done.code != 0 and done.exported is None
    assert "Failed to list the instances of region" in " ".join(done.output.split())


def test_update_of_no_instances_is_a_success(sim: Any, tmp_path: Path) -> None:
    done = inventory_update(sim, tmp_path, {})()
    assert done.code == 0 and done.exported is not None and done.exported["_meta"]["hostvars"] == {}


@pytest.mark.usefixtures("nothing_runs")
def test_export_of_hostile_instances_is_the_same_with_every_core(programs: Programs, sim: Any) -> None:
    hostile.seed(sim)
    programs.write(**hostile.OPTIONS)
    ran = programs.list("--export")
    assert hostile.comparable_export(ran.inventory) == KEPT, "if that is right: python -m tests.inventory.hostile"
    shown = programs.play({"debug": {"var": "hostvars[inventory_hostname]"}})
    assert shown.code == 0, shown.stdout


def test_a_label_as_a_key_does_not_change_an_exported_mapping(programs: Programs, sim: Any) -> None:
    """A label `__ansible_type=x` as a key would make the inventory of a job unreadable since 2.19."""
    labels = ["__ansible_type=x", "__ansible_vault=x", "__ansible_unsafe=x", "role=web"]
    sim.seed("instance", name="web", labels=labels)
    programs.write(
        compose={"tags": "dict(labels | map('split', '=', 1))", "deep": "[{'x': dict([['__ansible_vault', 1]])}]"}
    )
    exported = programs.list("--export").inventory
    file = programs.write(script(exported), name="exported")
    file.chmod(0o700)
    variables = programs("inventory", "-i", "exported", "--list", **FAILS).hosts["web"]
    assert (variables["tags"], variables["deep"], variables["mgc_labels"]) == ({"role": "web"}, [{"x": {}}], labels)


def test_only_texts_that_may_be_templates_are_marked() -> None:
    variables = KEPT["_meta"]["hostvars"]
    for text, marked in texts(variables):
        assert marked == bool(re.search(r"[{#<\[%$]", text)), text
    assert all(isinstance(found["mgc_state"], str) for found in variables.values() if found["mgc_name"] != "odd")
    assert sorted(plain(found["mgc_name"]) for found in variables.values()) == sorted([*hostile.NAMES, "odd"])
    odd = plain(variables["odd"])
    assert {name: odd[f"mgc_{name}"] for name in hostile.OTHER} == hostile.OTHER
    names = {name for name in variables if not name.endswith("-0000-4000-8000-000000000000")}
    assert names == {"$(touch PROOF)", "<% x %>", "[[ x ]]", "a:b:c", "x" * 240, "caf\u00e9 \u65e5\u672c", "!unsafe x",
                     "web-0000001a", "web-0000001b", "odd"}  # fmt: skip


@pytest.mark.test_all("the export itself is in make test")
@pytest.mark.usefixtures("nothing_runs")
def test_a_job_works_with_the_inventory_of_any_core(tmp_path: Path) -> None:
    """A job works with an inventory of any ansible-core: the exported file is the same with all of them."""
    job = Run("job_with_survey", tmp_path)
    limit = job.args.index("-l")
    del job.args[limit : limit + 2]
    job.write("inventory/hosts", script(KEPT), 0o700)
    job.write("env/extravars", "{}")
    job.write("project/show.yml", json.dumps(SHOW))
    done = job()
    assert done.code == 0 and not re.search(r"failed=[1-9]|unreachable=[1-9]", done.output), done.output
    found = json.loads((tmp_path / "project/found.json").read_text())
    wanted = plain(KEPT["_meta"]["hostvars"])
    assert set(found) == set(wanted)
    for name, variables in wanted.items():
        assert {key: found[name][key] for key in variables} == variables


@pytest.mark.usefixtures("nothing_runs")
def test_constructed_inventory_on_top(tmp_path: Path) -> None:
    run = Run("constructed_update", tmp_path)
    constructed = load_yaml(run.recorded("inventory_constructed.yml").replace("state", "mgc_state"))
    assert constructed["strict"] and constructed["keyed_groups"][0]["key"] == "mgc_state"
    run.write("inventory/constructed.yml", yaml.safe_dump(constructed))
    run.write("inventory/hosts_19", script(KEPT), 0o700)
    done = run()
    assert done.code == 0 and done.exported is not None, done.output
    assert set(done.exported["st_running"]["hosts"]) == set(KEPT["_meta"]["hostvars"]) - {"odd"}
    assert done.exported["is_running"] == done.exported["st_running"]
