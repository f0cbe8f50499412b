# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An action that writes a value into a file in the controller's process; ansible.builtin.copy starts three others."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):  # type: ignore[misc]
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write what `json` has in base64: ansible-core 2.16 converts a text that looks like a value."""
        Path(self._task.args["dest"]).write_bytes(base64.b64decode(self._task.args["json"]))
        return {"changed": False}
