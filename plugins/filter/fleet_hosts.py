# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter fleet_hosts."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._fleet_role import hosts_to_add

DOCUMENTATION = r"""
name: fleet_hosts
short_description: Choose the members of a fleet that become hosts
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the running members of a fleet as hosts, with the address to connect to, and the names of the running
    members without an address.
  - Used by the role R(magalu.cloud.fleet,ansible_collections.magalu.cloud.fleet_role).
positional: connect_with, port, user, set_user
options:
  _input:
    description: The C(members) that M(magalu.cloud.vm_fleet) returns.
    type: list
    elements: dict
    required: true
  connect_with:
    description:
      - The kinds of addresses to connect to, in order of preference. The first that a member has is used. A text
        separates them by commas.
    type: list
    elements: str
    required: true
  port:
    description: The SSH port.
    type: int
    required: true
  user:
    description: The user to log in as.
    type: str
  set_user:
    description: Whether the image's own user is used if O(user) is not given.
    type: bool
    required: true
"""

EXAMPLES = r"""
- name: Show the hosts
  ansible.builtin.debug:
    msg: "{{ found.hosts | map(attribute='known_host') }}"
    # ["[198.18.0.10]:2222"]
  vars:
    found: "{{ members | magalu.cloud.fleet_hosts(['public_ipv4', 'private_ipv4'], 2222, '', true) }}"
    members:
      - {name: web, instance: {id: "1", state: running, public_ipv4: null, private_ipv4: 198.18.0.10}}
"""

RETURN = r"""
_value:
  description:
    - C(hosts) are mappings of C(name), C(id), C(address), C(user), C(known_host) (the name in a file known_hosts) and
      the addresses. C(without_address) are the names of members without an address, and C(reason) says why these
      members are not hosts.
  type: dict
"""


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"fleet_hosts": hosts_to_add}
