# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The fixed choice of combinations that `make test` tries. `make test-all` tries all of them."""

from __future__ import annotations

import os
from collections import Counter

import pytest

ALL = bool(os.environ.get("TEST_ALL"))


def one_in(number: int) -> int:
    """Return the step through a list of combinations: `number` for make test, 1 for make test-all."""
    return 1 if ALL else number


def chosen(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the tests without those marked `test_all`, and of a test marked `one_in(N)` every Nth combination."""
    seen: Counter[tuple[str, ...]] = Counter()
    kept = []
    for item in items:
        function = (str(item.path), getattr(item, "originalname", item.name))
        marks = [mark.args[0] for mark in item.iter_markers("one_in")]
        if not item.get_closest_marker("test_all") and not (marks and seen[function] % marks[0]):
            kept.append(item)
        seen[function] += 1
    return kept
