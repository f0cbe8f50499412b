# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter fleet_diagnosis."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._fleet_role import diagnosis

DOCUMENTATION = r"""
name: fleet_diagnosis
short_description: Describe members that cannot be used
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns lines about the members that cannot be used, with the reason, the address, the state and the end of the init
    log of each, and about what to check.
  - Used by the role R(magalu.cloud.fleet,ansible_collections.magalu.cloud.fleet_role).
positional: unusable, looks, logs, hostvars, port
options:
  _input:
    description: The C(members) that M(magalu.cloud.vm_fleet) returns.
    type: list
    elements: dict
    required: true
  unusable:
    description: The reasons, by member.
    type: dict
    required: true
  looks:
    description: The results of M(magalu.cloud.vm_info) for the members, in their order.
    type: list
    elements: dict
    required: true
  logs:
    description: The results of M(magalu.cloud.vm_info) with the last lines of their init logs.
    type: list
    elements: dict
    required: true
  hostvars:
    description: The variables of all hosts.
    type: dict
    required: true
  port:
    description: The SSH port.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Show the first lines
  ansible.builtin.debug:
    msg: "{{ (members | magalu.cloud.fleet_diagnosis({'web': 'Login failed.'}, [{}], [{}], {}, 22))[:3] }}"
    # ["== web (1)", "Login failed.", "address: none"]
  vars:
    members:
      - {name: web, instance: {id: "1", state: running, status: completed}}
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""


def fleet_diagnosis(
    members: list[Any], unusable: dict[str, str], looks: list[Any], logs: list[Any], hostvars: Any, port: int
) -> list[str]:
    """Return the lines about these members."""
    return diagnosis(members, unusable, looks, logs, hostvars, int(port))


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"fleet_diagnosis": fleet_diagnosis}
