# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Operations under faults: a choice of the cases, and all of them by make test-all."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults import faults, matrix, page
from tests.faults.faults import FAULTS, READS, Case
from tests.faults.operations import OPERATIONS
from tests.support.choice import ALL

EVERY = faults.all_cases(OPERATIONS)
CHOSEN = EVERY if ALL else faults.choose_cases(EVERY)
RECORDED = page.recorded()


@pytest.mark.parametrize("case", CHOSEN, ids=[f"{case.operation}: {case.fault}: {case.variant}" for case in CHOSEN])
def test_a_run_under_a_fault_and_the_next_run_end_as_recorded(sim: Any, case: Case) -> None:
    """A run under a fault, and the next one, end as recorded. After an intended change: python -m tests.faults."""
    assert matrix.run(sim, case) == RECORDED[f"{case.operation}: {case.fault}"][case.spread]


def test_the_choice_has_every_value_and_every_fault_with_each_spread() -> None:
    chosen = faults.choose_cases(EVERY)
    for field in range(len(Case._fields)):
        assert {case[field] for case in chosen} == {case[field] for case in EVERY}
    assert {(case.fault, case.spread) for case in chosen} == {(case.fault, case.spread) for case in EVERY}
    assert len(chosen) < len(EVERY) / 100


def test_exactly_the_known_cases_are_recorded() -> None:
    recorded = {(key, spread) for key, outcomes in RECORDED.items() for spread in outcomes}
    assert recorded == {(f"{case.operation}: {case.fault}", case.spread) for case in EVERY}
    assert {case.fault for case in EVERY} == FAULTS.keys()


def test_the_documentation_shows_the_recorded_outcomes() -> None:
    """The documentation has the recorded outcomes; python -m tests.faults writes them."""
    text = page.PAGE.read_text()
    assert page.written(text, RECORDED) == text
    # The page says so about all cases.
    assert {outcomes[READS] for outcomes in RECORDED.values() if READS in outcomes} == {matrix.DONE}
