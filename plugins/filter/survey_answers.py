# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter survey_answers."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.magalu.cloud.plugins.plugin_utils._answers import typed_answers

DOCUMENTATION = r"""
name: survey_answers
short_description: Drop blank answers, and turn texts into the types of an argument spec
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the values of the given options, in the types that an argument spec requires, so that
    M(ansible.builtin.validate_argument_spec) can check them.
  - AWX passes an empty text for each question that was not answered, and texts for most others. A value that is null or
    blank counts as not given; the option's default is used instead, or the option is left out.
  - A list may be a text separated by commas or lines, and a boolean may be any of Ansible's words for booleans. If YAML
    has read a choice such as V(off) as a boolean, the choice is returned.
  - A value that cannot be converted stays as it is. Other variables of the mapping are left out.
positional: options
options:
  _input:
    description: The answers by variable.
    type: dict
    required: true
  options:
    description:
      - The options of the argument spec by name, with C(type), C(default) and C(choices) as in a role's argument
        specs.
      - A list with C(format=ids) or C(format=regions) may also be separated by spaces, and is returned in lower case.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the answers in their types
  ansible.builtin.debug:
    msg: "{{ {'count': '3', 'public': 'no', 'zone': ' ', 'labels': 'a, b', 'keys': false}
             | magalu.cloud.survey_answers(options) }}"
    # {"count": 3, "public": false, "labels": ["a", "b"], "keys": "off", "wait": 600}
  vars:
    options:
      count: {type: int}
      public: {type: bool}
      zone: {type: str}
      labels: {type: list, elements: str}
      keys: {type: str, choices: [scan, 'off']}
      wait: {type: int, default: 600}
"""

RETURN = r"""
_value:
  description: The values by the names of the options, in the order of the options.
  type: dict
"""


def survey_answers(given: Any, options: Any) -> dict[str, Any]:
    """Return the values of these options."""
    for value in (given, options):
        if not isinstance(value, dict):
            raise AnsibleFilterError(f"survey_answers needs two mappings, not {type(value).__name__}.")
    return typed_answers(given, options)


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"survey_answers": survey_answers}
