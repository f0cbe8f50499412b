# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Job templates, their surveys and the project: each fits its playbook, and what the documentation says of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.awx import page
from tests.awx.data import PROJECT, load, templates
from tests.awx.fake_awx import PLAYBOOK, Awx
from tests.conftest import ROOT

PLAYBOOKS = ROOT / "playbooks"
NO_JOBS = {"awx_setup", "quickstart", "simulator"}
REFUSED = {"decommission": {"magalu_group"}}  # variables that a playbook only looks at to refuse them
TEMPLATES = templates()


def used(file: Path) -> set[str]:
    """The variables of a playbook, and of the tasks that it includes."""
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
    assert set(asked) == used(file) - {f"magalu_{name}"} - REFUSED.get(name, set())
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
        # Extra variables win over everything: none may hide a variable of a host.
        assert one["variable"].startswith("magalu_")
    for schedule in template.get("schedules", []):
        fields = {field: schedule[field] for field in ("name", "description", "rrule", "extra_data")}
        awx.create("schedules", {**fields, "unified_job_template": 99})


def test_inventory_source_is_a_file_that_the_plugin_takes() -> None:
    path = load(PROJECT.parent / "inventory_source.yml")["source_path"]
    assert path.endswith("vm_instances.yml") and load(PROJECT / path)["plugin"] == "magalu.cloud.vm_instances"
    assert "any_unparsed_is_failed = true" in (PROJECT / "ansible.cfg").read_text()


def test_documentation_has_these_variables() -> None:
    assert page.PAGE.read_text() == page.written(), "python -m tests.awx.page"
