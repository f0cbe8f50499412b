# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The examples in the documentation of filters and tests, and which test file runs them."""

from __future__ import annotations

import importlib
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from tests.conftest import ROOT
from tests.support.documents import load_yaml

try:
    from ansible.template import trust_as_template
except ImportError:  # before 2.19

    def trust_as_template(value: str) -> str:
        return value


Fields = dict[str, Any]
# Plugins whose examples have tasks of this collection: they run as one playbook, in this order, on the simulator.
PLAYED = {
    "filter": (
        "estate",
        "choose_instances",
        "fleet_outcome",
        "prune_plan",
        "restore_outcome",
        "epoch",
        "inventory_age",
    ),
    "test": ("lost_job", "host_keys_read"),
}
# Plugins whose examples need values of a role, a playbook or a program: tests set them as variables.
GIVEN = {
    "filter": (
        "awx_sync_failure", "protect_choice", "protect_plan", "protect_retention", "protect_settings", "protect_summary",
        "rebuild_after", "rebuild_plan", "rebuild_requests", "rebuild_settings", "rebuild_summary",
    ),
    "test": ("host_keys_scanned",),
}  # fmt: skip


def shown(kind: str) -> list[str]:
    """Return all other plugins of a kind. Their examples need no variables, and show their results in comments."""
    names = {path.stem for path in (ROOT / f"plugins/{kind}").glob("*.py")}
    return sorted(names - {*PLAYED[kind], *GIVEN[kind]})


def plugin(kind: str, name: str) -> Any:
    return importlib.import_module(f"ansible_collections.magalu.cloud.plugins.{kind}.{name}")


def examples(kind: str, name: str) -> list[Fields]:
    """Return the tasks of a plugin's examples."""
    tasks: list[Fields] = load_yaml(plugin(kind, name).EXAMPLES)
    return tasks


def template(value: Any, variables: Fields) -> Any:
    """Return the value with its templates resolved."""
    return Templar(loader=DataLoader(), variables=_trusted(variables)).template(_trusted(value))


def _trusted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _trusted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_trusted(item) for item in value]
    return trust_as_template(value) if isinstance(value, str) else value
