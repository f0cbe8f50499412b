# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter fleet_gone."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._fleet_role import gone_instances

DOCUMENTATION = r"""
name: fleet_gone
short_description: Find the instances that a fleet deleted
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the instances that existed before the task and that M(magalu.cloud.vm_fleet) deleted.
  - Used by the role R(magalu.cloud.fleet,ansible_collections.magalu.cloud.fleet_role).
positional: before
options:
  _input:
    description: The C(members) that M(magalu.cloud.vm_fleet) returns.
    type: list
    elements: dict
    required: true
  before:
    description: The instances that existed before the task.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the deleted instances
  ansible.builtin.debug:
    msg: "{{ members | magalu.cloud.fleet_gone(before) }}"
    # [{"id": "1", "name": "web"}]
  vars:
    members:
      - {name: web, instance: null, actions: [{action: delete}]}
    before:
      - {id: "1", name: web}
      - {id: "2", name: database}
"""

RETURN = r"""
_value:
  description: The C(id) and C(name) of each deleted instance.
  type: list
  elements: dict
"""


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"fleet_gone": gone_instances}
