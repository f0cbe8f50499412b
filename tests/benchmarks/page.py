# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documentation's page of measurements, its plot, and the same tables on the terminal.

`python -m tests.benchmarks.page` writes both from the JSON files of the measurements in .build/bench, one for each
ansible-core.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

FOLDER = ROOT / ".build/bench"
PAGE = ROOT / "docs/docsite/rst/performance.rst"
PLOT = ROOT / "docs/docsite/images/fleets.svg"
BEGIN, END = ".. measured, by make bench\n", ".. end of what was measured\n"
Report = dict[str, Any]


def tables(reports: list[Report]) -> str:
    """Return the tables of measurements as reStructuredText."""
    text = ""
    for title, measured in _sections(reports).items():
        text += f"{title}\n{'^' * len(title)}\n\n"
        rows = [
            (name, *same_digits([_cell(values.get(name)) for values in measured.values()])) for name in _names(measured)
        ]
        text += _table(["", *measured], rows) + "\n"
    return text


def _sections(reports: list[Report]) -> dict[str, dict[str, Report]]:
    """Return the figures by the title of their table and by ansible-core."""
    found: dict[str, dict[str, Report]] = {}
    for report in reports:
        core = f"ansible-core {report['ansible-core']}"
        flat = {
            "A task that changes nothing": _flattened(report["a task that changes nothing"]),
            "Waiting": _flattened(report["waiting"]),
        }
        for size, figures in report["inventory, as ratios to the floor"].items():
            flat[f"Inventory: {size}"] = figures
        for size, figures in report["fleets, in seconds"].items():
            flat[f"Fleet: {size}"] = figures
        flat["Fleet: 200 members, resized"] = report["a fleet of 200 that is resized"]
        for title, figures in flat.items():
            found.setdefault(title, {})[core] = figures
    return found


def _flattened(figures: Report) -> Report:
    return {f"{outer}, {inner}": value for outer, values in figures.items() for inner, value in values.items()}


def _names(measured: dict[str, Report]) -> list[str]:
    return list(dict.fromkeys(name for figures in measured.values() for name in figures))


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {number}" for key, number in value.items())
    if isinstance(value, list):
        return " to ".join(map(str, value))
    return "" if value is None else str(value)


def same_digits(cells: list[str]) -> list[str]:
    """Return the cells of a row with equally many decimals: three significant digits of the largest number."""
    numbers = re.findall(r"\d+(?:\.\d+)?", " ".join(cells))
    if not any("." in number for number in numbers):
        return cells
    largest = max(map(float, numbers))
    decimals = 0 if largest >= 100 else 1 if largest >= 10 else 2
    return [re.sub(r"\d+(?:\.\d+)?", lambda number: f"{float(number.group()):.{decimals}f}", cell) for cell in cells]


def _table(head: list[str], rows: list[tuple[str, ...]]) -> str:
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in [tuple(head), *rows]:
        lines += [f"   {'* -' if number == 0 else '  -'} {cell}".rstrip() for number, cell in enumerate(row)]
    return "\n".join(lines) + "\n"


def plot(report: Report, file: Path) -> None:
    """Draw the time over the number of members for each method, one panel for each provisioning time."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "magalu.cloud"  # the same figures make the same file
    from matplotlib import pyplot

    panels: dict[str, dict[str, dict[int, float]]] = {}
    for title, figures in report["fleets, in seconds"].items():
        members, _comma, provisioning = title.partition(" members, ")
        ways = {"a bare script": figures["floor"], "vm_fleet": figures["vm_fleet"]}
        for name, seconds in figures.items():
            if name.startswith("loop"):
                ways["vm_instance in a loop with async" if "async" in name else "vm_instance in a loop"] = seconds
        for way, seconds in ways.items():
            panels.setdefault(provisioning, {}).setdefault(way, {})[int(members.replace(",", ""))] = seconds
    figure, axes = pyplot.subplots(1, len(panels), figsize=(10, 4), sharey=True)
    for axis, (provisioning, ways) in zip(axes, panels.items()):
        for way, seconds in ways.items():
            axis.loglog(list(seconds), list(seconds.values()), marker="o", label=way)
        axis.set(title=provisioning, xlabel="members")
        axis.set_xticks(
            list(next(iter(ways.values()))), [f"{size:,}" for size in next(iter(ways.values()))], minor=False
        )
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("seconds")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="lower center", ncols=4)  # does not hide a line there
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None})


def main() -> None:
    files = sorted(FOLDER.glob("*.json"), key=lambda file: [int(part) for part in file.stem.split(".")])
    reports = [json.loads(file.read_text()) for file in files]
    measured = tables(reports)
    before, rest = PAGE.read_text().split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{measured}{END}{rest.split(END)[1]}")
    plot([report for report in reports if report["fleets, in seconds"]][-1], PLOT)
    print(measured)
    print(f"Written: {PAGE.relative_to(ROOT)}, {PLOT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
