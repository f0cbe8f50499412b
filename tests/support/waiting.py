# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting for another process or thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

LONG = 180  # seconds; an idle machine needs a tenth of it


def wait_until(reached: Callable[[], Any], seconds: float = LONG) -> None:
    """Wait until `reached()` is true. Fail after this number of seconds."""
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, f"not so within {seconds:g} s"
        time.sleep(0.02)
