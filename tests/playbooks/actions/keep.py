# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A task that writes what a playbook knows into a file: in the controller's process, while copy starts three others."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):  # type: ignore[misc]
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """`json` is in base64, since ansible-core 2.16 takes a text that looks like a value for one."""
        Path(self._task.args["dest"]).write_bytes(base64.b64decode(self._task.args["json"]))
        return {"changed": False}
