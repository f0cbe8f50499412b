# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible's programs in a folder of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.inventory_programs import Programs


@pytest.fixture
def programs(sim: Any, tmp_path: Path) -> Programs:
    return Programs(sim, tmp_path)
