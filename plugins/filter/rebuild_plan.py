# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter rebuild_plan."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._rebuild_plan import Settings, make_plan

DOCUMENTATION = r"""
name: rebuild_plan
short_description: Plan which instances the role rebuild replaces
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Compares the declaration with the existing instances and snapshots, and finds the steps that an earlier run has
    done.
  - It is private to the role R(magalu.cloud.rebuild,ansible_collections.magalu.cloud.rebuild_role), and may change with
    it.
positional: instances, snapshots
options:
  _input:
    description: The settings, as P(magalu.cloud.rebuild_settings#filter) returned them.
    type: dict
    required: true
  instances:
    description: All instances, as M(magalu.cloud.vm_info) returned them.
    type: list
    elements: dict
    required: true
  snapshots:
    description: The snapshots of this rebuild, as M(magalu.cloud.vm_info) returned them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Plan the rebuild
  ansible.builtin.set_fact:
    plan: "{{ settings | magalu.cloud.rebuild_plan(instances.instances, snapshots.snapshots) }}"
"""

RETURN = r"""
_value:
  description:
    - The keys C(members) (the instances to replace), C(problems) (lines), C(earlier) (names) and C(size) (of a batch).
  type: dict
"""


def rebuild_plan(settings: dict[str, Any], instances: Any, snapshots: Any) -> dict[str, Any]:
    """Return the plan as a mapping."""
    plan = make_plan(Settings(**settings), instances, snapshots)
    return {**plan._asdict(), "members": [member.to_plain() for member in plan.members]}


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"rebuild_plan": rebuild_plan}
