# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documented table of host variables is that of the plugin, and it is correct."""

from __future__ import annotations

from typing import Any

from tests.inventory import hostvars
from tests.support.inventory_programs import Programs

TYPES: dict[str, type] = {"str": str, "dict": dict, "list": list}


def test_documentation_has_the_table() -> None:
    for file, text in hostvars.written().items():
        assert file.read_text() == text, f"{file}: python -m tests.inventory.hostvars"


def test_hosts_have_these_variables(programs: Programs, sim: Any) -> None:
    """Hosts have each variable of the table, with its type and a value like its example."""
    error = {"slug": "retyping.failed", "message": "no room"}
    sim.seed("instance", name="web", public_ip=True, labels=["blue"], error=error, updated_at="2026-11-25T12:00:30Z")
    programs.write(account_name="production")
    found = programs.list().hosts["web"]
    assert set(found) == {*(f"mgc_{each.name}" for each in hostvars.table()), "ansible_host"}
    for each in hostvars.table():
        value = found[f"mgc_{each.name}"]
        assert isinstance(value, TYPES[each.type]) and isinstance(each.example, TYPES[each.type]), each.name
        for shown, real in zip(each.example, value, strict=False) if each.type == "list" else [(each.example, value)]:
            assert not isinstance(shown, dict) or set(shown) == set(real), each.name
