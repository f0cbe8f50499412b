# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter find_ids."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._answers import find_ids

DOCUMENTATION = r"""
name: find_ids
short_description: Find the ids in a text
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the ids (UUIDs) in a text, such as an answer in a survey, a message or a list that was copied from a page.
positional: _input
options:
  _input:
    description: A text, or a list of texts.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show the ids
  ansible.builtin.debug:
    msg: "{{ 'web-01 (9EC75090-2872-4F51-8111-53D05D96D2C6), web-02' | magalu.cloud.find_ids }}"
    # ["9ec75090-2872-4f51-8111-53d05d96d2c6"]
"""

RETURN = r"""
_value:
  description: The ids in lower case, each once, in the order of the text.
  type: list
  elements: str
"""


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"find_ids": find_ids}
