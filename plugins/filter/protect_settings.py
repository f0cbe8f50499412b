# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter protect_settings."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._protect import read_protect_variables

DOCUMENTATION = r"""
name: protect_settings
short_description: Check the variables of the role protect, and decide what to list
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the settings that the variables alone decide, before the first request.
  - It is private to the role R(magalu.cloud.protect,ansible_collections.magalu.cloud.protect_role), and may change with
    it.
positional: groups
options:
  _input:
    description: The variables of the role, without the prefix C(protect_), and the hosts of the play.
    type: dict
    required: true
  groups:
    description: The groups of the inventory.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Check the variables
  ansible.builtin.assert:
    that: settings.problems | length == 0
    fail_msg: "{{ settings.problems | join(' ') }}"
  vars:
    settings: "{{ variables | magalu.cloud.protect_settings(groups) }}"
"""

RETURN = r"""
_value:
  description: The keys C(problems) (sentences), C(query) (options of M(magalu.cloud.vm_info)), C(lists_all), C(prunes)
    and C(seconds).
  type: dict
"""


def protect_settings(variables: dict[str, Any], groups: Any) -> dict[str, Any]:
    """Return the settings as a mapping."""
    return read_protect_variables(variables, groups)._asdict()


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"protect_settings": protect_settings}
