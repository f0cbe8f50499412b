# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = """
name: keep_all
type: notification
short_description: Keeps all results as JSON
description:
  - As callbacks do that send results somewhere else. Ansible itself only has callbacks for people.
"""

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """A callback that appends each result, unchanged, to the file all.jsonl in HOME."""

    CALLBACK_VERSION = 2.0
    CALLBACK_NAME = "keep_all"
    CALLBACK_NEEDS_ENABLED = True

    def _keep(self, given: Any, **more: Any) -> None:
        result = given.result if hasattr(given, "result") else given._result  # before 2.19
        with open(os.path.expanduser("~/all.jsonl"), "a", encoding="utf-8") as file:
            print(json.dumps({**result, **more}, default=repr), file=file)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._keep(result, failed=True)  # newer ansible-cores report it only here

    v2_runner_on_ok = v2_runner_on_skipped = v2_runner_on_unreachable = v2_runner_retry = _keep
    v2_runner_item_on_ok = v2_runner_item_on_failed = _keep
