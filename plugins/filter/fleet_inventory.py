# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter fleet_inventory."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.filter.drop_blank import drop_blank
from ansible_collections.magalu.cloud.plugins.plugin_utils._fleet_role import inventory_text

DOCUMENTATION = r"""
name: fleet_inventory
short_description: Write an inventory of members for another process
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns an inventory of members in YAML, with their connection variables. No text in it is a template.
  - Used by the role R(magalu.cloud.fleet,ansible_collections.magalu.cloud.fleet_role).
positional: hostvars, common
options:
  _input:
    description: The names of the members.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variables of all hosts.
    type: dict
    required: true
  common:
    description: Variables of all members. Blank values are left out.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the inventory
  ansible.builtin.debug:
    msg: "{{ (['web'] | magalu.cloud.fleet_inventory(variables, {'fleet_deadline': 9})).splitlines()[4:] }}"
    # ["  hosts:", "    member1:", "      fleet_member: !unsafe \"web\"", "      ansible_port: 22"]
  vars:
    variables:
      web: {ansible_port: 22, mgc_id: "1"}
"""

RETURN = r"""
_value:
  description: The inventory.
  type: str
"""


def fleet_inventory(members: list[str], hostvars: Any, common: dict[str, Any]) -> str:
    """Return the inventory of these members."""
    return inventory_text({name: hostvars[name] for name in members}, drop_blank(common))


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"fleet_inventory": fleet_inventory}
