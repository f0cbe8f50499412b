# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter drop_blank."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.magalu.cloud.plugins.plugin_utils._given import is_given

DOCUMENTATION = r"""
name: drop_blank
short_description: Drop the blank values of a mapping
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the mapping without the values that are null, C(omit), or a text that is empty or only white space, such as
    blank answers of an AWX survey.
  - Numbers, booleans, lists and mappings are kept, also V(0), V(false) and empty ones.
  - With this filter, a role can pass on only the options that it was given, in C(module_defaults). An option with
    C(default(omit)) would hide the value in the C(module_defaults) of the play.
positional: _input
options:
  _input:
    description: The mapping.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the answers that were given
  ansible.builtin.debug:
    msg: "{{ {'region': ' ', 'count': 0, 'zone': none, 'name': 'web'} | magalu.cloud.drop_blank }}"
    # {"count": 0, "name": "web"}
"""

RETURN = r"""
_value:
  description: The mapping without blank values, in the same order.
  type: dict
"""


def drop_blank(values: Any) -> dict[str, Any]:
    """Return the mapping without its blank values."""
    if not isinstance(values, dict):
        raise AnsibleFilterError(f"drop_blank needs a mapping, not {type(values).__name__}.")
    return {name: value for name, value in values.items() if is_given(value)}


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"drop_blank": drop_blank}
