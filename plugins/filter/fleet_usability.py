# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter fleet_usability."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._fleet_role import usability

DOCUMENTATION = r"""
name: fleet_usability
short_description: Say which members can be used
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns which members cannot be used and why, from the output of the process that waited for them.
  - Used by the role R(magalu.cloud.fleet,ansible_collections.magalu.cloud.fleet_role).
positional: waited
options:
  _input:
    description: The names of the members.
    type: list
    elements: str
    required: true
  waited:
    description: The result of the process, with C(stdout) and C(stderr).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the members that cannot be used
  ansible.builtin.debug:
    msg: "{{ (['web'] | magalu.cloud.fleet_usability({'stdout': '', 'stderr': 'Killed'})).unusable }}"
    # {"web": "The ansible-playbook process that waited for this member ended without a result. Its output: Killed "}
"""

RETURN = r"""
_value:
  description:
    - C(unusable) has the reasons by member. C(warnings) is a list of mappings with C(member) and C(lines), about
      members that can be used.
  type: dict
"""


def fleet_usability(members: list[str], waited: dict[str, Any]) -> dict[str, Any]:
    """Return the members that cannot be used, and the warnings."""
    return usability(members, str(waited.get("stdout") or ""), str(waited.get("stderr") or ""))


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"fleet_usability": fleet_usability}
