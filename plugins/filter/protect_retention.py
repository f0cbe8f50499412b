# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter protect_retention."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._protect import retention_targets

DOCUMENTATION = r"""
name: protect_retention
short_description: Choose the instances whose old copies the role protect deletes
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the instances whose copy has not failed, each with the options of the module for its retention.
  - After a trial run, the options name the copy that is still to be created, so that the retention chooses the same old
    copies as in the real run.
  - It is private to the role R(magalu.cloud.protect,ansible_collections.magalu.cloud.protect_role), and may change with
    it.
positional: kind, trial
options:
  _input:
    description: Pairs of an instance and the module's result for its copy.
    type: list
    elements: list
    required: true
  kind:
    description: The kind of the copies.
    type: str
    choices: [snapshot, backup]
    required: true
  trial:
    description: Whether this is after a trial run, which changed nothing.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Choose the instances
  ansible.builtin.set_fact:
    targets: "{{ copies | magalu.cloud.protect_retention('snapshot') }}"
"""

RETURN = r"""
_value:
  description: The instances, as P(magalu.cloud.protect_choice#filter) returns its C(targets).
  type: list
  elements: dict
"""


def protect_retention(copies: Any, kind: str, trial: bool = False) -> list[dict[str, Any]]:
    """Return the targets of the retention."""
    return retention_targets(copies, kind, trial)


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"protect_retention": protect_retention}
