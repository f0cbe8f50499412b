# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A simulator whose clock runs, for processes that cannot move it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.play import Player


@pytest.fixture
def frozen(simulator_server: Any) -> Any:
    """One whose clock stands still, for modules that run in this process."""
    simulator_server.reset()
    return simulator_server


@pytest.fixture
def play(sim: Any, tmp_path: Path) -> Player:
    return Player(sim, tmp_path)
