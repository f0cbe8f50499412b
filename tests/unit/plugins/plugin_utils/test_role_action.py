# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module_defaults of a task that become a role's variables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.plugin_utils._role_action import GROUP, role_options
from tests.support.documents import load_yaml

ROOT = Path(__file__).resolve().parents[4]
VM = {"group/magalu.cloud.vm": {"region": "br-ne1"}}


@pytest.mark.parametrize(
    ("module_defaults", "options"),
    [
        ([], {}),
        ([VM, {"magalu.cloud.vm_fleet": {"batch": 1}}], {}),
        ([VM, {GROUP: {"region": "br-se1"}}], {"region": "br-se1"}),
        ([{GROUP: {"region": "br-se1"}}, VM, {GROUP: "{{ template }}"}], "{{ template }}"),  # as in the task
        ([{GROUP: {"region": "br-se1"}}, {GROUP: {}}], {}),
    ],
)
def test_options_of_a_role(module_defaults: list[dict[str, Any]], options: Any) -> None:
    assert role_options(module_defaults) == options


def test_each_module_of_the_group_has_the_action() -> None:
    modules = load_yaml((ROOT / "meta/runtime.yml").read_text())["action_groups"]["role"]
    without = [name for name in modules if "_role_action" not in (ROOT / f"plugins/action/{name}.py").read_text()]
    assert without == []
