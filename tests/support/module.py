# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules as Ansible runs them, but in this process, and with waits on the simulator's clock."""

from __future__ import annotations

import importlib
import io
import json
import os
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress
from typing import Any
from unittest import mock

from ansible.module_utils import basic

PLUGINS = "ansible_collections.magalu.cloud.plugins"


def result(sim: Any, module: str, options: dict[str, Any], check: bool = False, diff: bool = False,
           env: dict[str, str] | None = None) -> dict[str, Any]:  # fmt: skip
    """Run the module and return its result with its `warnings`; `env` is added to the environment."""
    arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_version": "2.19.0"}
    glue = importlib.import_module(f"{PLUGINS}.module_utils._module")
    clock = glue.Clock(sim.now, sim.advance)
    with ExitStack() as stack:
        for name, value in {
            "_ANSIBLE_ARGS": json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode(), "_ANSIBLE_PROFILE": "legacy",
        }.items():  # fmt: skip
            stack.enter_context(mock.patch.object(basic, name, value, create=True))
        stack.enter_context(mock.patch.object(glue, "Clock", lambda **_given: clock))
        # Each ansible-core stores warnings in another place.
        warn = stack.enter_context(mock.patch.object(basic.AnsibleModule, "warn"))
        stack.enter_context(mock.patch.dict(os.environ, {**sim.environment, **(env or {})}))
        printed = stack.enter_context(redirect_stdout(io.StringIO()))
        stack.enter_context(redirect_stderr(io.StringIO()))
        stack.enter_context(suppress(SystemExit))
        importlib.import_module(f"{PLUGINS}.modules.{module}").main()
    given: dict[str, Any] = json.loads(printed.getvalue())
    given.pop("_ansible_new_secrets", None)  # ansible-core takes this list, which 2.22 adds, from each result
    return {**given, "warnings": [call.args[0] for call in warn.call_args_list]}
