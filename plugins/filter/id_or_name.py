# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter id_or_name."""

from __future__ import annotations

import typing as t

from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import UUID

DOCUMENTATION = r"""
name: id_or_name
short_description: Turn a text that is an id or a name into the option that takes it
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Modules of this collection find a resource by O(magalu.cloud.vm_instance#module:id) or by
    O(magalu.cloud.vm_instance#module:name). Where people may give either, such as in a survey, this filter
    distinguishes them.
positional: _input
options:
  _input:
    description: The id or name.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show a name and an id as options
  ansible.builtin.debug:
    msg: "{{ ['web-01', '9ec75090-2872-4f51-8111-53d05d96d2c6'] | map('magalu.cloud.id_or_name') }}"
    # [{"name": "web-01"}, {"id": "9ec75090-2872-4f51-8111-53d05d96d2c6"}]

- name: Start an instance that is given by its id or its name
  magalu.cloud.vm_instance:
    id: "{{ found.id | default(omit) }}"
    name: "{{ found.name | default(omit) }}"
    state: running
  vars:
    found: "{{ 'web-01' | magalu.cloud.id_or_name }}"
"""

RETURN = r"""
_value:
  description: The text as C(id) if it is a UUID, else as C(name).
  type: dict
"""


def id_or_name(text: str) -> dict[str, str]:
    """Return the text under the name of the option that takes it."""
    return {"id" if UUID.fullmatch(text) else "name": text}


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"id_or_name": id_or_name}
