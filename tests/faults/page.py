# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The outcomes of the matrix: recorded for comparison, and as tables for the documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.faults import faults, matrix
from tests.faults.faults import ALWAYS, FAULTS, ONCE
from tests.faults.operations import OPERATIONS

Results = dict[str, dict[str, str]]  # "operation: fault" -> spread -> outcome
FILE = Path(__file__).with_name("results.json")
PAGE = ROOT / "docs/docsite/rst/faults.rst"
BEGIN, END = ".. The tables are written by: python -m tests.faults\n", ".. End of the tables.\n"
TITLES = {"instance": "Instances", "snapshot": "Snapshots", "backup": "Backups", "image": "Custom images",
          "fleet": "Members of fleets", "task": "Tasks with several steps"}  # fmt: skip


def matrix_outcomes(sim: Any, only: list[str]) -> Results:
    """Return the outcomes of all cases, or run only the cases of these faults and take the others from the record.

    Neither the API version nor unique names may make a difference.
    """
    old = recorded() if only else {}
    results: Results = {}
    for case in faults.all_cases(OPERATIONS):
        if only and case.fault not in only:
            key = f"{case.operation}: {case.fault}"
            results[key] = old[key]
            continue
        outcomes = results.setdefault(f"{case.operation}: {case.fault}", {})
        outcome = matrix.run(sim, case)
        assert outcomes.setdefault(case.spread, outcome) == outcome, f"{case}: {outcome}, unlike the others"
    return results


def record(results: Results) -> None:
    """Record the outcomes, one per line."""
    lines = [f" {json.dumps(key)}: {json.dumps(outcomes)}" for key, outcomes in results.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def recorded() -> Results:
    """Return the recorded outcomes."""
    results: Results = json.loads(FILE.read_text())
    return results


def tables(results: Results) -> str:
    """Return the tables of the page, one for each kind."""
    parts = []
    for kind, title in TITLES.items():
        names = [name for name in OPERATIONS if name.startswith(f"{kind} ")]
        rows = [["", *(name.removeprefix(f"{kind} ") for name in names)]]
        rows += [[fault, *(_cell(results.get(f"{name}: {fault}")) for name in names)] for fault in FAULTS]
        parts.append(f"{title}\n{'^' * len(title)}\n\n{_table(rows)}")
    return "\n".join(parts)


def written(page: str, results: Results) -> str:
    """Return the page with these tables instead of its own."""
    head, rest = page.split(BEGIN)
    return f"{head}{BEGIN}\n{tables(results)}\n{END}{rest.split(END)[1]}"


def _cell(outcomes: dict[str, str] | None) -> str:
    """Return the outcomes of a fault that struck once and, if they differ, of a lasting one."""
    shown = dict.fromkeys(outcome for spread, outcome in (outcomes or {}).items() if spread in (ONCE, ALWAYS))
    return ", ".join(shown) or "-"


def _table(rows: list[list[str]]) -> str:
    lines = [".. list-table::", "   :header-rows: 1", "   :stub-columns: 1", ""]
    for row in rows:
        lines += [f"   {'  -' if number else '* -'} {text}".rstrip() for number, text in enumerate(row)]
    return "\n".join(lines) + "\n"
