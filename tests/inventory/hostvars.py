# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of host variables, in the plugin's documentation and in the guide, from the plugin's own table.

`python -m tests.inventory.hostvars` writes both.
"""

from __future__ import annotations

import importlib
import json
import re
import textwrap
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT

PLUGIN = ROOT / "plugins/inventory/vm_instances.py"
GUIDE = ROOT / "docs/docsite/rst/inventory.rst"
# The lines before and after the table.
PLUGIN_PLACE = re.compile(r"(  - All hosts have these variables[^\n]*\n)(.*?)(\"\"\"\n\nEXAMPLES)", re.DOTALL)
GUIDE_PLACE = re.compile(r"(\.\. Written by python -m tests\.inventory\.hostvars\.\n\n)(.*)(\Z)", re.DOTALL)


def table() -> tuple[Any, ...]:
    module = importlib.import_module("ansible_collections.magalu.cloud.plugins.plugin_utils._hostvars")
    found: tuple[Any, ...] = module.HOSTVARS
    return found


def example(variable: Any) -> str:
    return variable.example if isinstance(variable.example, str) else json.dumps(variable.example)


def notes() -> str:
    """Return the table as notes of the plugin's documentation."""
    texts = [
        f"C(mgc_{each.name}) ({each.type}) - {each.says} For example V({example(each)})."
        if each.example != []
        else f"C(mgc_{each.name}) ({each.type}) - {each.says}"
        for each in table()
    ]
    return textwrap.indent(yaml.safe_dump(texts, width=98, sort_keys=False), "  ")


def rows() -> str:
    """Return the table as reStructuredText."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for cells in [("variable", "type", "what it says", "example"), *map(_cells, table())]:
        for number, cell in enumerate(cells):
            first = f"   {' ' if number else '*'} - "
            lines += textwrap.wrap(cell, 120, initial_indent=first, subsequent_indent=" " * 7, break_on_hyphens=False)
            lines += [] if cell else [first.rstrip()]
    return "\n".join(lines) + "\n"


def _cells(variable: Any) -> tuple[str, ...]:
    says = re.sub(r"\b[OVC]\(([^)]*)\)", r"``\1``", variable.says)
    return f"``mgc_{variable.name}``", variable.type, says, f"``{example(variable)}``" if variable.example != [] else ""


def written() -> dict[Path, str]:
    """Return the paths and whole texts of both files."""
    wanted: dict[Path, str] = {}
    for file, place, text in ((PLUGIN, PLUGIN_PLACE, notes()), (GUIDE, GUIDE_PLACE, rows())):
        found, count = place.subn(lambda match, text=text: match[1] + text + match[3], file.read_text())  # type: ignore[misc]
        assert count == 1, f"{file} has no place for the table"
        wanted[file] = found
    return wanted


def main() -> None:
    for file, text in written().items():
        file.write_text(text)


if __name__ == "__main__":
    main()
