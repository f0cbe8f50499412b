# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Loaded by every Python that a playbook starts: waits are as fast as the simulator's clock, so that none costs time."""

from __future__ import annotations

import time

_sleep = time.sleep
SHORTEST = 0.2  # seconds: below are Ansible's own polls of its workers


def _quick(seconds: float) -> None:
    _sleep(seconds if seconds < SHORTEST else seconds / 60)


time.sleep = _quick
