# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A fixture: a client of the shared simulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.raw_client import Api


@pytest.fixture
def api(sim: Any) -> Iterator[Api]:
    client = Api(sim)
    yield client
    client.session.close()
