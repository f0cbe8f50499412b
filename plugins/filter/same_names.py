# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter same_names."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._fleet_role import same_names

DOCUMENTATION = r"""
name: same_names
short_description: Find the names that several instances have
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns a sentence about each name that several instances have. An instance that is being deleted does not count.
  - Used by the role R(magalu.cloud.fleet,ansible_collections.magalu.cloud.fleet_role).
positional: names
options:
  _input:
    description: Instances, as M(magalu.cloud.vm_info) returns them.
    type: list
    elements: dict
    required: true
  names:
    description: The names to look for.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show the shared names
  ansible.builtin.debug:
    msg: "{{ instances | magalu.cloud.same_names(['web']) }}"
    # ["2 instances are named web: 1, 2."]
  vars:
    instances:
      - {id: "2", name: web, phase: settled}
      - {id: "1", name: web, phase: settled}
      - {id: "3", name: web, phase: deleting}
"""

RETURN = r"""
_value:
  description: The sentences.
  type: list
  elements: str
"""


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"same_names": same_names}
