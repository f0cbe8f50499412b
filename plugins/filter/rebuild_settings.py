# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter rebuild_settings."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._rebuild_plan import read_rebuild_variables

DOCUMENTATION = r"""
name: rebuild_settings
short_description: Check the variables of the role rebuild
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the variables in one form, and the problems with them, before the first request.
  - It is private to the role R(magalu.cloud.rebuild,ansible_collections.magalu.cloud.rebuild_role), and may change with
    it.
positional: _input
options:
  _input:
    description: The variables of the role, without the prefix C(rebuild_), and the hosts of the play.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Check the variables
  ansible.builtin.assert:
    that: settings.problems | length == 0
    fail_msg: "{{ settings.problems | join(' ') }}"
  vars:
    settings: "{{ variables | magalu.cloud.rebuild_settings }}"
"""

RETURN = r"""
_value:
  description: The settings; C(problems) are sentences.
  type: dict
"""


def rebuild_settings(variables: dict[str, Any]) -> dict[str, Any]:
    """Return the settings as a mapping."""
    return read_rebuild_variables(variables)._asdict()


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"rebuild_settings": rebuild_settings}
