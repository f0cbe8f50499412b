# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inventory plugin in this process, against a simulator: its hosts, groups and warnings."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import yaml
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader

PLUGIN = "magalu.cloud.vm_instances"
UUIDS = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(1, 30)]


class ParsedInventory(NamedTuple):
    """An inventory and the warnings of the plugin."""

    hosts: dict[str, dict[str, Any]]
    groups: dict[str, list[str]]
    parents: dict[str, list[str]]
    warnings: list[str]


def parse_inventory(
    sim: Any, folder: Path, text: str | None = None, env: dict[str, str] | None = None,
    extra: dict[str, Any] | None = None, read_cache: bool = True, inventory: Any = None, **options: Any,
) -> ParsedInventory:  # fmt: skip
    """Parse a file with these options and return the inventory.

    `extra` are extra variables, `inventory` has the hosts of other sources. Errors of the plugin are not caught.
    """
    file = folder / "magalu.yml"
    file.write_text(text or yaml.safe_dump({"plugin": PLUGIN, **options}, sort_keys=False))
    plugin = inventory_loader.get(PLUGIN)
    assert plugin is not None and plugin.verify_file(str(file))
    inventory, warnings = inventory or InventoryData(), []
    with (
        mock.patch.dict(os.environ, {**(sim.environment if sim else {}), **(env or {})}),
        mock.patch.object(plugin, "display", mock.Mock(warning=warnings.append)),
        mock.patch("ansible.plugins.inventory.load_extra_vars", lambda loader: dict(extra or {})),
    ):
        plugin.parse(inventory, DataLoader(), str(file), cache=read_cache)
        with suppress(AttributeError):  # Ansible also ignores plugins without a cache
            plugin.update_cache_if_changed()
    inventory.reconcile_inventory()
    own = {"inventory_file", "inventory_dir"}
    groups = {name: group for name, group in inventory.groups.items() if name not in ("all", "ungrouped")}
    return ParsedInventory(
        {name: {key: value for key, value in host.vars.items() if key not in own} for name, host in inventory.hosts.items()},
        {name: sorted(host.name for host in group.hosts) for name, group in groups.items()},
        {name: sorted(child.name for child in group.child_groups) for name, group in groups.items() if group.child_groups},
        warnings,
    )  # fmt: skip
