# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action of the modules that the roles use: a role's variables win over all other module_defaults.

A role passes its variables as module_defaults of the group `role`, because an option with default(omit) would hide the
same option in the play's module_defaults. Ansible lets the defaults of a module win over the defaults of any group, and
a task's defaults for a module replace the play's defaults for it as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalAction

from ._omit import without_omitted

GROUP = "group/magalu.cloud.role"


def role_options(module_defaults: Iterable[Mapping[str, Any]]) -> Any:
    """Return the nearest, which are the last, defaults of the roles' group. They may be a template."""
    return next((each[GROUP] for each in reversed([*module_defaults]) if GROUP in each), {})


class ActionModule(NormalAction):  # type: ignore[misc]
    """Ansible's default action for a module, with the options that were given to a role."""

    def run(self, tmp: Any = None, task_vars: Any = None) -> Any:
        """Run the module."""
        options = self._templar.template(role_options(self._task.module_defaults or ()))
        self._task.args = {**self._task.args, **without_omitted(options)}
        return super().run(tmp, task_vars)
