# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter host_keys."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._fleet_role import host_keys

DOCUMENTATION = r"""
name: host_keys
short_description: Find SSH host keys in an init log or in the output of ssh-keyscan
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the host keys in the last block that cloud-init printed into an init log, or in the output of
    C(ssh-keyscan).
  - Used by the role R(magalu.cloud.fleet,ansible_collections.magalu.cloud.fleet_role).
positional: host
options:
  _input:
    description: The lines of the init log, or of the output.
    type: list
    elements: str
    required: true
  host:
    description: The name of the host in the output of C(ssh-keyscan). If not given, the lines are those of an init log.
    type: str
"""

EXAMPLES = r"""
- name: Show the keys
  ansible.builtin.debug:
    msg: "{{ ['web ssh-ed25519 AAAAC3Nz', 'db ssh-ed25519 AAAAC3Na'] | magalu.cloud.host_keys('web') }}"
    # [["ssh-ed25519", "AAAAC3Nz"]]
"""

RETURN = r"""
_value:
  description: Pairs of a key's type and value.
  type: list
  elements: list
"""


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"host_keys": host_keys}
