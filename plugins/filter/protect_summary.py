# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter protect_summary."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._protect import Choice, Target, summarize_copies

DOCUMENTATION = r"""
name: protect_summary
short_description: Sum up what the role protect did
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns C(protect_result) with the summary in words.
  - It is private to the role R(magalu.cloud.protect,ansible_collections.magalu.cloud.protect_role), and may change with
    it.
positional: kind, copies, prunings, check_mode
options:
  _input:
    description: The choice, as P(magalu.cloud.protect_choice#filter) returned it.
    type: dict
    required: true
  kind:
    description: The kind of the copies.
    type: str
    choices: [snapshot, backup]
    required: true
  copies:
    description: Pairs of an instance and the module's result for its copy.
    type: list
    elements: list
    required: true
  prunings:
    description: Pairs of an instance and the module's result for its retention.
    type: list
    elements: list
    required: true
  check_mode:
    description: Whether the role ran in check mode.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Keep the result
  ansible.builtin.set_fact:
    protect_result: "{{ choice | magalu.cloud.protect_summary('snapshot', copies, prunings) }}"
"""

RETURN = r"""
_value:
  description: The result, as the role documents it.
  type: dict
"""


def protect_summary(
    choice: dict[str, Any], kind: str, copies: Any, prunings: Any, check_mode: bool = False
) -> dict[str, Any]:
    """Return protect_result."""
    targets = [Target(**target) for target in choice["targets"]]
    return summarize_copies(Choice(**{**choice, "targets": targets}), kind, copies, prunings, check_mode)


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"protect_summary": protect_summary}
