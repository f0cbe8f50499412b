# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter spec_rules."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._answers import spec_rules

DOCUMENTATION = r"""
name: spec_rules
short_description: Reduce an argument spec to the keys that Ansible checks
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns an argument spec without its texts, because M(ansible.builtin.validate_argument_spec) shows the whole spec
    when it fails.
positional: _input
options:
  _input:
    description: The argument spec of a dictionary, with C(options).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the rules
  ansible.builtin.debug:
    msg: "{{ spec | magalu.cloud.spec_rules }}"
    # {"type": "dict", "options": {"name": {"type": "str", "required": true}}}
  vars:
    spec:
      type: dict
      short_description: Create instances
      options:
        name: {label: Name, description: The name., type: str, required: true}
"""

RETURN = r"""
_value:
  description: The argument spec without descriptions, labels and other keys that Ansible does not check.
  type: dict
"""


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"spec_rules": spec_rules}
