# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter protect_choice."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._protect import choose_copied, group_members

DOCUMENTATION = r"""
name: protect_choice
short_description: Choose the instances that the role protect copies
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the instances to copy, each with the options of the module for its copy and for the retention. Also returns
    the instances whose copy would be of no use, and the instances that do not exist.
  - It is private to the role R(magalu.cloud.protect,ansible_collections.magalu.cloud.protect_role), and may change with
    it.
positional: listed, everything, hosts, hostvars
options:
  _input:
    description: The variables of the role, without the prefix C(protect_), and the hosts of the play.
    type: dict
    required: true
  listed:
    description: The instances as M(magalu.cloud.vm_info) returned them.
    type: list
    elements: dict
    required: true
  everything:
    description: All instances of the region, if C(listed) may lack some of the named instances.
    type: list
    elements: dict
  hosts:
    description: The hosts of the group.
    type: list
    elements: str
    default: []
  hostvars:
    description: The variables of all hosts.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Choose the instances
  ansible.builtin.set_fact:
    choice: "{{ variables | magalu.cloud.protect_choice(listed.instances, hosts=groups['web'], hostvars=hostvars) }}"
"""

RETURN = r"""
_value:
  description: The keys C(targets), C(skipped) and C(missing).
  type: dict
"""


def protect_choice(
    variables: dict[str, Any], listed: Any, everything: Any = None, hosts: Any = (), hostvars: Any = None
) -> dict[str, Any]:
    """Return the choice as a mapping."""
    choice = choose_copied(variables, listed, everything, group_members(hosts, hostvars or {}))
    return {**choice._asdict(), "targets": [target._asdict() for target in choice.targets]}


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"protect_choice": protect_choice}
