# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page Supported versions, made only from the runs that `make matrix` recorded."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORD, PAGE = ROOT / "tests/versions.json", ROOT / "docs/docsite/rst/versions.rst"
COLUMNS = {"core": "ansible-core", "python": "on Python", "modules": "modules on Python", "date": "when"}
Row = dict[str, str]

TEXT = """\
.. _ansible_collections.magalu.cloud.docsite.versions:

Supported versions
==================

The collection needs ansible-core 2.16 or newer. Its modules need Python 3.9 or newer, with ``requests``. The simulator
needs Python 3.10 or newer.

"""
TABLE = """\
Each row is a run of ``make matrix`` in which nothing failed: all suites of tests, ``ansible-test sanity``, and the
integration targets, once with the modules on the Python of ansible-core, and once on the oldest supported Python.
``make matrix`` writes this page.

.. list-table::
   :header-rows: 1

"""


def recorded() -> list[Row]:
    rows: list[Row] = json.loads(RECORD.read_text())
    return rows


def page(rows: list[Row]) -> str:
    if not rows:
        return TEXT + "No run of ``make matrix`` is recorded yet.\n"
    cells = [list(COLUMNS.values()), *([row[name] for name in COLUMNS] for row in rows)]
    lines = [
        f"   {'-' if index else '* -'} {cell}".replace("   - ", "     - ")
        for row in cells
        for index, cell in enumerate(row)
    ]
    return TEXT + TABLE + "\n".join(lines) + "\n"


def record(core: str, row: Row | None) -> None:
    """Record the row of an ansible-core and rewrite the page. Without a row (a run failed), remove the old row."""
    others = [other for other in recorded() if other["core"] != core]
    rows = sorted([*others, *([row] if row else [])], key=lambda one: [int(part) for part in one["core"].split(".")])
    RECORD.write_text(json.dumps(rows, indent=2) + "\n")
    PAGE.write_text(page(rows))
