# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A test that ends the wait for SSH host keys in an init log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import NotInVersion
from ansible_collections.magalu.cloud.plugins.plugin_utils._fleet_role import KEY_BLOCK

DOCUMENTATION = r"""
name: host_keys_read
short_description: Check whether the wait for SSH host keys in an init log is over
version_added: 1.1.0
author: Magalu Cloud collection contributors (@magalucloud)
description:
  - The wait is over if the log shows the SSH host keys of its instance, if the API version of the region has no init
    logs, or if no time is left. After any other failure the log can be read again.
  - The role R(magalu.cloud.fleet,ansible_collections.magalu.cloud.fleet_role) uses it.
positional: _input, seconds_left
options:
  _input:
    description: The result of M(magalu.cloud.vm_info) with C(kind=init_logs). It may be a failure.
    type: dict
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
  magalu.cloud.vm_info:
    kind: init_logs
    name: web-01
    lines: 5000
  register: logs
  until: logs is magalu.cloud.host_keys_read(end | int - now().timestamp() | int)
  failed_when: false
  no_log: true
  delay: 5
  retries: 100000
"""

RETURN = r"""
_value:
  description: Whether the wait is over.
  type: bool
"""


def host_keys_read(result: Mapping[str, Any], seconds_left: int) -> bool:
    """Return whether the wait for the keys is over."""
    if KEY_BLOCK.search(" ".join(result.get("init_logs") or ())):
        return True
    return (result.get("error") or {}).get("slug") == NotInVersion.SLUG or int(seconds_left) <= 0


class TestModule:
    """The test, in the form that Ansible loads."""

    __test__ = False  # pytest would collect the class as a test

    def tests(self) -> dict[str, Callable[..., bool]]:
        """Return the test by its name."""
        return {"host_keys_read": host_keys_read}
