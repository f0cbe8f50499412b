# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter protect_plan."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._protect import Target, plan_copies

DOCUMENTATION = r"""
name: protect_plan
short_description: Join the plans of all instances that the role protect copies
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the plan of the whole run after a trial run, and compares it with an approved plan.
  - It is private to the role R(magalu.cloud.protect,ansible_collections.magalu.cloud.protect_role), and may change with
    it.
positional: copies, prunings, expected
options:
  _input:
    description: The choice, as P(magalu.cloud.protect_choice#filter) returned it.
    type: dict
    required: true
  copies:
    description: Pairs of an instance and the module's result in check mode for its copy.
    type: list
    elements: list
    required: true
  prunings:
    description: Pairs of an instance and the module's result in check mode for its retention.
    type: list
    elements: list
    required: true
  expected:
    description: The approved plan, or its digest. Blank counts as not given.
    type: raw
"""

EXAMPLES = r"""
- name: Join the plans
  ansible.builtin.set_fact:
    trial: "{{ choice | magalu.cloud.protect_plan(copies, prunings) }}"
"""

RETURN = r"""
_value:
  description: The keys C(plan), C(refusal) (a sentence; empty if the plan may be applied), C(warnings), and C(choice),
    whose instances are held to their parts of the approved plan.
  type: dict
"""


def protect_plan(choice: dict[str, Any], copies: Any, prunings: Any, expected: Any = None) -> dict[str, Any]:
    """Return the plan, why it is refused, and the choice for the real run."""
    found = plan_copies([Target(**target) for target in choice["targets"]], copies, prunings, expected)
    targets = [target._asdict() for target in found.pop("targets")]
    return {**found, "choice": {**choice, "targets": targets}}


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"protect_plan": protect_plan}
