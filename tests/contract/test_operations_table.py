# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documentation's table of operations is complete, and names only existing operations, options and tests."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Any

import pytest
from ansible.plugins.loader import fragment_loader, module_loader
from ansible.utils.plugin_docs import get_plugin_docs

from tests.support.contract import EDITIONS, ROOT, load
from tests.support.operations_table import ROWS, TABLE, Row

SAME_LIST = "served by the simulator; the same list as machine-types"
every_row = pytest.mark.parametrize("row", ROWS, ids=[row.operation for row in ROWS])


@cache
def documented(module: str) -> dict[str, Any]:
    """Return the options of a module."""
    found = get_plugin_docs(f"magalu.cloud.{module}", "module", module_loader, fragment_loader, False)
    options: dict[str, Any] = found[0]["options"]
    return options


@cache
def functions(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_row_is_read() -> None:
    assert len(ROWS) == TABLE.read_text().count("* - ``")
    assert len({row.operation for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("edition", EDITIONS)
def test_an_api_version_has_exactly_the_operations_of_the_table(edition: str) -> None:
    paths = load(edition)["paths"]
    known = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert {row.operation for row in ROWS if row.edition in (edition, "both")} == known


def test_the_table_names_no_other_api_version() -> None:
    assert {row.edition for row in ROWS} == {"both", *EDITIONS}


@every_row
def test_the_modules_and_options_exist(row: Row) -> None:
    if row.operation == "GET /v1/instance-types":
        assert row.driven == SAME_LIST
        return
    named = re.findall(
        r":ansplugin:`magalu\.cloud\.(\w+)#module`:\s+:ansopt:`magalu\.cloud\.(\w+)#module:(\w+)=?(\w*)`", row.driven
    )
    assert named
    assert len(named) == row.driven.count(":ansopt:") == row.driven.count(":ansplugin:")
    for module, of, option, value in named:
        assert module == of
        assert option in documented(module)
        assert not value or value in documented(module)[option]["choices"]


@every_row
def test_the_test_exists(row: Row) -> None:
    assert row.test in functions(row.file)
