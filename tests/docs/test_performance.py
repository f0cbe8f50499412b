# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All figures in a row of the page Performance have the same number of decimals."""

from __future__ import annotations

import re

import pytest

from tests.benchmarks.page import BEGIN, END, PAGE, same_digits


@pytest.mark.parametrize(("cells", "rounded"), [
    (["1.64", "1.3", "1.58"], ["1.64", "1.30", "1.58"]),
    (["1.42 to 1.92", "1 to 1.6"], ["1.42 to 1.92", "1.00 to 1.60"]),
    (["10", "9.9"], ["10.0", "9.9"]),
    (["2037.75", "95.83", ""], ["2038", "96", ""]),
    (["time 1.2, memory 0.955", "time 11, memory 2"], ["time 1.2, memory 1.0", "time 11.0, memory 2.0"]),
    (["ping 180, vm_instance 286", ""], ["ping 180, vm_instance 286", ""]),
])  # fmt: skip
def test_a_row_has_as_many_decimals_in_each_cell(cells: list[str], rounded: list[str]) -> None:
    assert same_digits(cells) == rounded


def test_the_page_is_written_so() -> None:
    measured = PAGE.read_text().split(BEGIN)[1].split(END)[0]
    rows = re.findall(r"^   \* - .+\n((?:     -.*\n)+)", measured, re.MULTILINE)
    cells = [[cell[7:] for cell in row.splitlines()] for row in rows]
    assert cells and [row for row in cells if same_digits(row) != row] == []
