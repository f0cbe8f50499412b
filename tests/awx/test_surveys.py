# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Job templates, their surveys and the project match their playbooks and the documentation."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader

from ansible_collections.magalu.cloud.plugins.plugin_utils._answers import FORMATS
from tests.awx import page, specs
from tests.awx.data import AWX, PROJECT, load, templates
from tests.awx.fake_awx import PLAYBOOK, Awx
from tests.awx.jobs import extra_variables
from tests.conftest import ROOT
from tests.support.awx import script
from tests.support.inventory_programs import Programs
from tests.support.launch import unsafe
from tests.support.play import environment
from tests.support.programs import run

PLAYBOOKS = ROOT / "playbooks"
NO_JOBS = {"awx_setup", "quickstart", "simulator"}
REFUSED = {"decommission": {"magalu_group"}}  # variables that a playbook only checks to refuse them
TEMPLATES = templates()
# Set by a workflow, or by hand: see playbooks/tasks/approval.yml.
BY_WORKFLOWS = {"magalu_expected_plan", "magalu_approved_only"}


def used(file: Path) -> set[str]:
    """Return the variables of a playbook and of the tasks that it includes."""
    text = re.sub(r"^ *#.*", "", file.read_text(), flags=re.MULTILINE)
    included = {PLAYBOOKS / name for name in re.findall(r"\btasks/\w+\.yml", text)} | {
        file.parent / name for name in re.findall(r"include_tasks: (\w+\.yml)", text)
    }
    return set(re.findall(r"\bmagalu_\w+", text)).union(*map(used, included))


def test_each_playbook_for_jobs_has_a_template_and_a_stub() -> None:
    jobs = {file.stem for file in PLAYBOOKS.glob("*.yml")} - NO_JOBS
    assert set(TEMPLATES) == jobs == {file.stem for file in PROJECT.glob("*.yml")}
    for name in jobs:
        stub = PROJECT / f"{name}.yml"
        found = [line for line in stub.read_text().splitlines() if PLAYBOOK.match(line)]
        assert found == [f"  ansible.builtin.import_playbook: magalu.cloud.{name}"], "AWX offers it as a playbook"


@pytest.mark.parametrize("name", TEMPLATES)
def test_survey_asks_for_the_variables_of_its_playbook(name: str) -> None:
    file = PLAYBOOKS / f"{name}.yml"
    asked = [one["variable"] for one in TEMPLATES[name]["survey_spec"]["spec"]]
    named = used(file) - {f"magalu_{name}"} - BY_WORKFLOWS
    if name in specs.specs():
        assert named - REFUSED.get(name, set()) <= set(asked) == set(specs.specs()[name]["options"])
    else:
        assert set(asked) == named - REFUSED.get(name, set())
    told = re.findall(r"^#   (magalu_\w+) ", file.read_text().split("\n- name:")[0], re.MULTILINE)
    assert set(told) == set(asked), "the head of the playbook lists them"


@pytest.mark.parametrize("name", TEMPLATES)
def test_awx_accepts_the_template(name: str) -> None:
    template = TEMPLATES[name]
    assert set(template) <= {"name", "description", "survey_spec", "schedules"}
    assert template["name"] == f"Magalu Cloud - {name}" and template["description"]
    awx = Awx()
    awx.rows["job_templates"] = [{"id": 99, "name": name}]
    awx.set_survey(99, template["survey_spec"])
    for one in template["survey_spec"]["spec"]:
        assert one["question_description"] and not (one["required"] and "default" in one)
        # Extra variables override all others: none may hide a variable of a host.
        assert one["variable"].startswith("magalu_")
    for schedule in template.get("schedules", []):
        fields = {field: schedule[field] for field in ("name", "description", "rrule", "extra_data")}
        awx.create("schedules", {**fields, "unified_job_template": 99})
        # ansible-core 2.19 and newer cannot read every text in the form in which AWX writes it.
        variables = extra_variables(template, schedule["extra_data"], blank=False)
        assert DataLoader().load(unsafe(variables)) == variables


@pytest.mark.programs
@pytest.mark.every_core
@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
def test_inventory_of_the_project_lists_instances_as_awx_takes_them(sim: Any, tmp_path: Path, edition: str) -> None:
    sim.reset(edition=edition)
    labels = {"labels": ["blue"]} if edition == "2026-08" else {}
    made = sim.seed("instance", name="web-{{ 1 }}", state="stopped", **labels)
    shutil.copytree(PROJECT, tmp_path / "project")
    programs = Programs(sim, tmp_path / "project")
    source = load(AWX / "inventory_source.yml")["source_path"]
    ran = programs("inventory", "-i", source, "--list", "--export", "--playbook-dir", "inventories")
    assert (
        ran.stderr.count("WARNING") == 1
        and ran.says("These instances are listed under another name")
        and script(ran.inventory)
    )
    groups = {name for name, group in ran.inventory.items() if group.get("hosts") == [made["id"]]}
    zone = made["availability_zone"].replace("-", "_")
    assert groups - {"mgc", "label_blue"} == {"state_stopped", "region_br_se1", f"zone_{zone}"}, ran.inventory
    assert ("label_blue" in groups) == bool(labels)
    assert re.fullmatch(r"[0-9-]{10}T[0-9:]{8}Z", ran.inventory["mgc"]["vars"]["mgc_listed_at"])


@pytest.mark.programs
def test_a_broken_file_beside_the_inventory_is_an_error(sim: Any, tmp_path: Path) -> None:
    """A broken file in a source folder is an error, because AWX would otherwise delete the hosts of that file."""
    shutil.copytree(PROJECT, tmp_path / "project")
    (tmp_path / "project/inventories/other.yml").write_text("plugin: none.there.is\n")
    env = {**environment(sim, tmp_path), "ANSIBLE_CONFIG": str(tmp_path / "project/ansible.cfg")}
    done = run("inventory", "-i", "inventories", "--list", cwd=tmp_path / "project", env=env, apart=True)
    assert done.returncode != 0 and "other.yml" in done.stderr


@pytest.mark.parametrize("name", specs.specs())
def test_playbook_and_survey_follow_the_argument_spec(name: str) -> None:
    for file, text in specs.written().items():
        assert file.read_text() == text, f"{file}: python -m tests.awx.page"
    spec = specs.specs()[name]
    for option, value in spec["options"].items():
        assert value["description"].endswith(".") and value["label"], option
        assert value.get("format") is None or value["format"] in FORMATS, option


def test_documentation_has_these_variables() -> None:
    assert page.PAGE.read_text() == page.written(), "python -m tests.awx.page"
