# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of the API's operations in the documentation."""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.support.pages import RST

TABLE = RST / "operations.rst"
EVERY_ROW = re.compile(
    r"^ +\* - ``(\w+ /v1/\S+)``\n +- (\S+)\n +- (.+?)\n +- ``(\S+)::(\w+)``$", re.MULTILINE | re.DOTALL
)


class Row(NamedTuple):
    """A row of the table."""

    operation: str
    edition: str  # an API version, or both
    driven: str
    file: str
    test: str


ROWS = [Row(*found) for found in EVERY_ROW.findall(TABLE.read_text())]
