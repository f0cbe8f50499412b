# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter epoch."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.module_utils._api.times import epoch

DOCUMENTATION = r"""
name: epoch
short_description: Convert a time of the API to seconds since 1970
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Converts a time in ISO 8601, such as C(created_at) in results of this collection, to the seconds since 1970, so that
    times with different offsets can be compared.
positional: _input
options:
  _input:
    description:
      - The time, for example V(2026-11-25T12:00:00Z) or V(2026-11-25T09:00:00-03:00). Without an offset it is in UTC.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: List the snapshots
  magalu.cloud.vm_info:
    kind: snapshots
  register: listed

- name: Show when the newest snapshot was created
  ansible.builtin.debug:
    msg: "{{ listed.snapshots | map(attribute='created_at') | map('magalu.cloud.epoch') | select | max
      | default('none') }}"
"""

RETURN = r"""
_value:
  description: The seconds since 1970; null if the input is not such a time.
  type: float
"""


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"epoch": epoch}
