# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter odd_host_names."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._fleet_role import odd_names

DOCUMENTATION = r"""
name: odd_host_names
short_description: Find the names that are not valid names of hosts
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the names of members of a fleet that Ansible does not accept as names of hosts, or that have another meaning
    in it.
  - Used by the role R(magalu.cloud.fleet,ansible_collections.magalu.cloud.fleet_role).
positional: name_format
options:
  _input:
    description: The declared instances, with C(name) and C(new_name).
    type: list
    elements: dict
    required: true
  name_format:
    description: The format of the names of counted members.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show the names that are not valid
  ansible.builtin.debug:
    msg: "{{ [{'name': 'web'}, {'name': 'all'}] | magalu.cloud.odd_host_names('a:{index}') }}"
    # ["all", "a:1"]
"""

RETURN = r"""
_value:
  description: The names.
  type: list
  elements: str
"""


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"odd_host_names": odd_names}
