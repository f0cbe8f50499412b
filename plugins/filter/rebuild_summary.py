# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter rebuild_summary."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._rebuild_plan import Member, Plan, Settings
from ansible_collections.magalu.cloud.plugins.plugin_utils._rebuild_steps import summarize_rebuild

DOCUMENTATION = r"""
name: rebuild_summary
short_description: Sum up what the role rebuild did
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns C(rebuild_result) with the summary in words.
  - It is private to the role R(magalu.cloud.rebuild,ansible_collections.magalu.cloud.rebuild_role), and may change with
    it.
positional: settings, finished, current, check_mode
options:
  _input:
    description: The plan, as P(magalu.cloud.rebuild_plan#filter) returned it.
    type: dict
    required: true
  settings:
    description: The settings, as P(magalu.cloud.rebuild_settings#filter) returned them.
    type: dict
    required: true
  finished:
    description: The members of the batches that were finished.
    type: list
    elements: dict
    required: true
  current:
    description: The members of a batch that was cut off.
    type: list
    elements: dict
    required: true
  check_mode:
    description: Whether the role ran in check mode.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Keep the result
  ansible.builtin.set_fact:
    rebuild_result: "{{ plan | magalu.cloud.rebuild_summary(settings, finished, []) }}"
"""

RETURN = r"""
_value:
  description: The result, as the role documents it.
  type: dict
"""


def rebuild_summary(
    plan: dict[str, Any], settings: dict[str, Any], finished: Any, current: Any, check_mode: bool = False
) -> dict[str, Any]:
    """Return rebuild_result."""
    parts = [[Member.from_plain(each) for each in members] for members in (plan["members"], finished, current)]
    planned = Plan(**{**plan, "members": parts[0]})
    return summarize_rebuild(planned, Settings(**settings), parts[1], parts[2], check_mode)


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"rebuild_summary": rebuild_summary}
