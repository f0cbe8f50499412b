# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""meta/: the action group holds every module, and the version is the same everywhere."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_action_group_holds_every_module_and_no_other() -> None:
    modules = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
    group = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"]["vm"]
    assert group == modules
