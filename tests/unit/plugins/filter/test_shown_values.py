# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The examples of filters come to what the comment below them says."""

from __future__ import annotations

import importlib
import json
import re
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from tests.support.documents import load_yaml

try:
    from ansible.template import trust_as_template
except ImportError:  # before 2.19

    def trust_as_template(value: str) -> str:
        return value


# Filters whose examples show what they come to.
FILTERS = (
    "answer_errors",
    "drop_blank",
    "find_ids",
    "fleet_diagnosis",
    "fleet_gone",
    "fleet_hosts",
    "fleet_inventory",
    "fleet_usability",
    "host_keys",
    "odd_host_names",
    "id_or_name",
    "plan_document",
    "power_plan",
    "provision_fleet",
    "provision_outcome",
    "same_names",
    "spec_rules",
    "survey_answers",
)


@pytest.mark.every_core
@pytest.mark.parametrize("name", FILTERS)
def test_examples(name: str) -> None:
    module = importlib.import_module(f"ansible_collections.magalu.cloud.plugins.filter.{name}")
    documentation = load_yaml(module.DOCUMENTATION)
    assert documentation["name"] == name and list(module.FilterModule().filters()) == [name]
    shown = re.findall(r"^ +# ([\[{\"].*)$", module.EXAMPLES, re.MULTILINE)
    examples = [task for task in load_yaml(module.EXAMPLES) if "ansible.builtin.debug" in task]
    assert shown
    for task, expected in zip(examples, shown, strict=True):
        variables: dict[str, Any] = {
            key: trust_as_template(value) if isinstance(value, str) else value
            for key, value in task.get("vars", {}).items()
        }
        templar = Templar(loader=DataLoader(), variables=variables)
        assert templar.template(trust_as_template(task["ansible.builtin.debug"]["msg"])) == json.loads(expected)
