# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter power_plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.magalu.cloud.plugins.module_utils._api.statuses import settled_row

DOCUMENTATION = r"""
name: power_plan
short_description: Choose the instances for a power action
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the instances to start, stop, suspend or reboot, as members of M(magalu.cloud.vm_fleet).
  - Only instances that are running, and are not being stopped or suspended, are suspended or rebooted. The others are
    left alone, because they would have to be started first.
  - Used by the playbook magalu.cloud.power.
positional: action
options:
  _input:
    description: Instances, as M(magalu.cloud.vm_info) returns them.
    type: list
    elements: dict
    required: true
  action:
    description: The action.
    type: str
    choices: [start, stop, suspend, reboot]
    required: true
"""

EXAMPLES = r"""
- name: Show the instances for a reboot
  ansible.builtin.debug:
    msg: "{{ instances | magalu.cloud.power_plan('reboot') }}"
    # {"state": "rebooted", "members": [{"id": "1"}], "left_alone": [{"id": "2", "state": "stopped", "status": "completed"}]}
  vars:
    instances:
      - {id: "1", state: running, status: completed}
      - {id: "2", state: stopped, status: completed}
"""  # noqa: E501 (an output stands in one line)

RETURN = r"""
_value:
  description: C(state) and C(members) for M(magalu.cloud.vm_fleet), and C(left_alone), the other instances.
  type: dict
"""

STATES = {"start": "running", "stop": "stopped", "suspend": "suspended", "reboot": "rebooted"}
ONLY_RUNNING = ("suspend", "reboot")


def power_plan(instances: Sequence[Mapping[str, Any]], action: str) -> dict[str, Any]:
    """Return the state, the members and the instances that are left alone."""
    if action not in STATES:
        raise AnsibleFilterError(f"power_plan: {action!r} is not an action; it must be one of {', '.join(STATES)}.")
    left_alone = [dict(row) for row in instances if action in ONLY_RUNNING and not _keeps_running(row)]
    members = [{"id": row["id"]} for row in instances if row not in left_alone]
    return {"state": STATES[action], "members": members, "left_alone": left_alone}


def _keeps_running(row: Mapping[str, Any]) -> bool:
    """Return whether an instance is running and stays running after its current transition."""
    return row.get("state") == "running" and settled_row(dict(row)).get("state") == "running"


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"power_plan": power_plan}
