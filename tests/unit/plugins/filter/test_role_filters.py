# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The private filters of the roles have the documented parameters."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest

from tests.conftest import ROOT
from tests.support.documents import load_yaml

FILTERS = sorted(
    path.stem for role in ("protect", "rebuild") for path in (ROOT / "plugins/filter").glob(f"{role}_*.py")
)


@pytest.mark.parametrize("name", FILTERS)
def test_options_are_the_parameters(name: str) -> None:
    module = importlib.import_module(f"ansible_collections.magalu.cloud.plugins.filter.{name}")
    documentation = load_yaml(module.DOCUMENTATION)
    ((loaded, function),) = module.FilterModule().filters().items()
    parameters = dict(list(inspect.signature(function).parameters.items())[1:])
    options = {key: option for key, option in documentation["options"].items() if key != "_input"}
    assert (documentation["name"], loaded) == (name, name)
    assert list(options) == list(parameters)
    assert documentation["positional"] == (", ".join(parameters) or "_input")
    required = {key for key, parameter in parameters.items() if parameter.default is parameter.empty}
    assert {key for key, option in options.items() if option.get("required")} == required


def test_no_variable_is_null() -> None:
    """No variable is None: ansible-core 2.16 turns it into an empty string, except inside a mapping."""
    files = [file for folder in ("roles", "playbooks") for file in (ROOT / folder).rglob("*.yml")]
    texts = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in files}
    found = {
        name: re.findall(r"^.*\{\{[^{}]*default\(none\) *\}\}.*$", text, re.MULTILINE) for name, text in texts.items()
    }
    assert files and {name: lines for name, lines in found.items() if lines} == {}


def test_roles_convert_booleans_as_argument_specs_do() -> None:
    """A boolean is any word that argument specs accept; Ansible's filter `bool` reads y and t as false."""
    files = [file for folder in ("roles", "playbooks") for file in (ROOT / folder).rglob("*.yml")]
    lines = [line.strip() for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    found = [line for line in lines if re.search(r"\| *bool\b", line)]
    assert found == ["changed_when: (_simulator_process.stdout | from_json).changed | bool"]  # a boolean in JSON
