# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A simulator whose clock runs, for processes that cannot move it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from simulator import running
from tests.playbooks.play import SPEED


@pytest.fixture(scope="session")
def simulator_server() -> Iterator[Any]:
    with running(speed=SPEED) as server:
        yield server
