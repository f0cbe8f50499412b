# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter rebuild_after."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._rebuild_plan import Member
from ansible_collections.magalu.cloud.plugins.plugin_utils._rebuild_steps import Request, apply_result

DOCUMENTATION = r"""
name: rebuild_after
short_description: Record the outcome of a step of the role rebuild
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the members of the batch after a step.
  - It is private to the role R(magalu.cloud.rebuild,ansible_collections.magalu.cloud.rebuild_role), and may change with
    it.
positional: step, result, requests
options:
  _input:
    description: The members of a batch.
    type: list
    elements: dict
    required: true
  step:
    description: The step.
    type: str
    choices: [try, put_aside, copy, create, check, delete_new, give_back, delete_old]
    required: true
  result:
    description:
      - The result of the module or role. After the step V(check), the reasons why new instances do not answer, by name.
    type: dict
    required: true
  requests:
    description: The requests that the module was given.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Record the outcome
  ansible.builtin.set_fact:
    members: "{{ members | magalu.cloud.rebuild_after('put_aside', result, requests) }}"
"""

RETURN = r"""
_value:
  description: The members.
  type: list
  elements: dict
"""


def rebuild_after(members: Any, step: str, result: dict[str, Any], requests: Any = ()) -> list[dict[str, Any]]:
    """Return the members as mappings."""
    asked = [Request(**request) for request in requests]
    after = apply_result([Member.from_plain(each) for each in members], step, result, asked)
    return [member.to_plain() for member in after]


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"rebuild_after": rebuild_after}
