# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A test that ends the wait for SSH host keys from ssh-keyscan."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

DOCUMENTATION = r"""
name: host_keys_scanned
short_description: Check whether the wait for SSH host keys from ssh-keyscan is over
version_added: 1.1.0
author: Magalu Cloud collection contributors (@magalucloud)
description:
  - The wait is over if each host has answered C(ssh-keyscan) with a key, or if no time is left.
  - The role R(magalu.cloud.fleet,ansible_collections.magalu.cloud.fleet_role) uses it.
positional: _input, hosts, seconds_left
options:
  _input:
    description: The result of C(ansible.builtin.command) for C(ssh-keyscan).
    type: dict
    required: true
  hosts:
    description: The hosts that are scanned, each once.
    type: list
    elements: str
    required: true
  seconds_left:
    description: The seconds that are left for the wait.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Set the end of the wait
  ansible.builtin.set_fact:
    end: "{{ now().timestamp() | int + 300 }}"

- name: Wait for the host keys
  ansible.builtin.command:
    argv: "{{ ['ssh-keyscan', '-T', '5', '--'] + hosts }}"
  register: scan
  until: scan is magalu.cloud.host_keys_scanned(hosts, end | int - now().timestamp() | int)
  changed_when: false
  failed_when: false
  delay: 5
  retries: 100000
  vars:
    hosts: [192.0.2.7, 192.0.2.8]
"""

RETURN = r"""
_value:
  description: Whether the wait is over.
  type: bool
"""


def host_keys_scanned(result: Mapping[str, Any], hosts: Collection[str], seconds_left: int) -> bool:
    """Return whether the wait for the keys is over."""
    answered = {line.split()[0] for line in result.get("stdout_lines") or () if line.strip()}
    return len(answered) == len(hosts) or int(seconds_left) <= 0


class TestModule:
    """The test, in the form that Ansible loads."""

    __test__ = False  # pytest would collect the class as a test

    def tests(self) -> dict[str, Callable[..., bool]]:
        """Return the test by its name."""
        return {"host_keys_scanned": host_keys_scanned}
