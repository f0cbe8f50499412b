# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every returned field is documented, fields of the API as in its contracts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.docs import returns
from tests.support import shapes
from tests.support.contract import folder
from tests.support.documents import load_yaml

# Keys in every module's result, which Ansible documents.
COMMON = {"changed", "failed", "msg", "diff"}


def documented(module: str) -> dict[str, Any]:
    text = returns.module_file(module).read_text().split('RETURN = r"""\n')[1].split('"""')[0]
    found: dict[str, Any] = load_yaml(text)
    return found


@pytest.mark.parametrize("module", returns.MODULES)
def test_fields_are_documented_as_the_contracts_have_them(module: str) -> None:
    """The fields are documented as in the contracts. After an intended change, run python -m tests.docs.returns."""
    folder()
    assert returns.written(module) == returns.module_file(module).read_text()


@pytest.mark.parametrize("module", returns.MODULES)
def test_every_value_with_keys_says_which(module: str) -> None:
    values = documented(module)
    assert [name for name, value in values.items() if needs_fields(value) and not value.get("contains")] == []


def needs_fields(value: dict[str, Any]) -> bool:
    return "dict" in (value["type"], value.get("elements"))


def differences(path: str, shape: Any, field: dict[str, Any]) -> list[str]:
    """Yield the fields and types of a result that are not in its documentation."""
    if shape == "null":
        return []
    kind = {dict: "dict", list: "list"}.get(type(shape), shape)
    if kind != field["type"]:
        return [f"{path} is {kind}, not {field['type']}"]
    found: list[str] = []
    for each in shape if kind == "list" else [shape]:
        if isinstance(each, str):
            expected = field.get("elements", field["type"])
            found += [] if each == expected else [f"{path} has {each}, not {expected}"]
            continue
        inner = field.get("contains", {})
        for name, value in each.items() if inner else ():
            found += (
                differences(f"{path}.{name}", value, inner[name]) if name in inner else [f"{path}.{name} is missing"]
            )
    return found


@pytest.mark.parametrize("module", returns.MODULES)
def test_recorded_results_contain_the_documented_keys(module: str) -> None:
    recorded = json.loads(shapes.FILE.read_text())
    field = {"type": "dict", "contains": documented(module)}
    outcomes = {name: shape for name, shape in recorded.items() if name.startswith(f"{module}: ")}
    assert outcomes
    for name, shape in outcomes.items():
        result = {key: value for key, value in shape.items() if key not in COMMON}
        assert differences(name, result, field) == []


def test_every_text_is_used() -> None:
    """Every text describes a field that a module returns."""
    folder()
    used: set[str] = set()

    def collect(path: str, fields: Mapping[str, returns.Field]) -> None:
        for name, field in fields.items():
            used.add(returns.text_key(f"{path}.{name}"))
            collect(f"{path}.{name}", field.fields)

    for module in returns.MODULES:
        for path, fields in returns.values(module).values():
            collect(path, fields)
    assert used == set(returns.TEXTS)


def test_ram_is_never_to_be_computed_with() -> None:
    assert "Never compute with it" in returns.TEXTS["ram"]
    assert [key for key in returns.TEXTS if key.endswith(".ram")] == []
