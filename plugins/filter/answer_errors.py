# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter answer_errors."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._answers import answer_errors

DOCUMENTATION = r"""
name: answer_errors
short_description: Say which answers do not have the format of their option
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns a sentence for each value that does not have the C(format) or the C(type) of its option. Ansible itself
    would convert some of these values, such as a list to a text. M(ansible.builtin.validate_argument_spec), which must
    come first, checks choices and required options.
positional: options
options:
  _input:
    description: The answers, as P(magalu.cloud.survey_answers#filter) returns them.
    type: dict
    required: true
  options:
    description:
      - The options by name. Their C(format) can be V(positive), V(not_negative) (numbers), V(batch) (a number
        from 1 on, or a percentage), V(failures) (a number, or a percentage), V(ids) (a list of UUIDs), V(regions)
        (names of regions) or V(prefix) (a text without braces).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ {'count': 0, 'batch': '25%'} | magalu.cloud.answer_errors(options) }}"
    # ["count is 0; it must be greater than 0."]
  vars:
    options:
      count: {type: int, format: positive}
      batch: {type: str, format: batch}
"""

RETURN = r"""
_value:
  description: The sentences; an empty list if nothing is wrong.
  type: list
  elements: str
"""


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"answer_errors": answer_errors}
