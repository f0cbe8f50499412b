# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server whose responses a test sets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.servers import Server, serve_responses


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Serve an empty object until a test sets `server.answers`."""
    with serve_responses((200, {})) as server:
        yield server
