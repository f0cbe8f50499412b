# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The variables of role protect, as its filters receive them."""

from __future__ import annotations

from typing import Any

VARIABLES: dict[str, Any] = {
    "name_pattern": "", "ids": [], "labels": [], "group": "", "instance": "localhost", "name_prefix": "nightly-",
    "period": "{date}", "copy_name": "", "power_off": False, "keep_last": "", "keep_days": "", "prune_max": "",
    "protect_names": "", "concurrency": 10, "wait_timeout": "", "host": "localhost", "play_hosts": ["localhost"],
    "play_batch": ["localhost"], "expected_plan": "",
}  # fmt: skip
