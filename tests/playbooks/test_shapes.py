# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No release changes the keys and types of results unnoticed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support import shapes

RECORDED = json.loads(shapes.FILE.read_text())


def test_shapes_are_recorded_for_every_module_and_outcome_and_no_other() -> None:
    assert RECORDED.keys() == {f"{outcome.module}: {name}" for name, outcome in shapes.OUTCOMES.items()}
    modules = {path.stem for path in (ROOT / "plugins/modules").glob("*.py")}
    assert modules == {outcome.module for outcome in shapes.OUTCOMES.values()}


@pytest.mark.parametrize("name", shapes.OUTCOMES)
def test_a_result_has_the_recorded_shape(sim: Any, name: str) -> None:
    """A result has the recorded shape. After an intended change in the changelog: python -m tests.support.shapes."""
    outcome = shapes.OUTCOMES[name]
    assert shapes.shape(shapes.of(sim, outcome)) == RECORDED[f"{outcome.module}: {name}"]
