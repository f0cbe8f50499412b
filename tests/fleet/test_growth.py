# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The work of a fleet grows with the number of its members, and not with the square of that number."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.support import fleet
from tests.support.declarations import LARGE

FEW, MANY = 100, 400
NAMES = "web-{index:03d}"
BOUNDED = {"batch": "20%", "max_failures": "10%"}


def create(sim: Any, number: int, **options: Any) -> None:
    fleet.done(sim, count=number, name_format=NAMES, results="brief", **options)


def exist(sim: Any, number: int) -> None:
    fleet.seed(sim, [NAMES.format(index=index + 1) for index in range(number)])


WORK: dict[str, tuple[Callable[[Any, int], None], Callable[[Any, int], None]]] = {
    "create": (lambda sim, number: None, create),
    "create in batches": (lambda sim, number: None, lambda sim, number: create(sim, number, **BOUNDED)),
    "no change": (exist, create),
    "resize in batches": (exist, lambda sim, number: create(sim, number, defaults={"machine_type": LARGE}, **BOUNDED)),
    "delete": (exist, lambda sim, number: create(sim, number, state="absent", defaults={"delete_public_ip": True})),
    "prune": (exist, lambda sim, number: create(sim, 1, prune_match="web-*", prune_max="100%")),
}


@pytest.mark.parametrize("work", [
    "create",
    *(pytest.param(work, marks=pytest.mark.test_all("the same engine")) for work in WORK if work != "create"),
])  # fmt: skip
def test_four_times_as_many_members_take_four_times_the_work(sim: Any, work: str) -> None:
    """Four times as many members take about four times as many calls of functions."""
    prepare, run = WORK[work]

    def calls(number: int) -> int:
        sim.reset(instant=True, quota_public_ips=None)
        prepare(sim, number)
        made = 0

        def count(_frame: Any, event: str, _argument: Any) -> None:
            nonlocal made
            made += event == "call"

        sys.setprofile(count)
        try:
            run(sim, number)
        finally:
            sys.setprofile(None)
        return made

    calls(1)  # imports
    few, many = calls(FEW), calls(MANY)
    assert many < few * MANY / FEW * 1.1, (few, many)
