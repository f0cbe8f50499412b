# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter rebuild_requests."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._rebuild_plan import Member, Settings
from ansible_collections.magalu.cloud.plugins.plugin_utils._rebuild_steps import make_requests

DOCUMENTATION = r"""
name: rebuild_requests
short_description: Declare the instances for a step of the role rebuild
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the declarations for M(magalu.cloud.vm_fleet) in a step.
  - It is private to the role R(magalu.cloud.rebuild,ansible_collections.magalu.cloud.rebuild_role), and may change with
    it.
positional: step, settings, listed
options:
  _input:
    description: The members of a batch.
    type: list
    elements: dict
    required: true
  step:
    description: The step.
    type: str
    choices: [try, put_aside, create, delete_new, give_back, delete_old]
    required: true
  settings:
    description: The settings, as P(magalu.cloud.rebuild_settings#filter) returned them.
    type: dict
    required: true
  listed:
    description: All instances, for the step V(delete_new).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Put the old instances aside
  magalu.cloud.vm_fleet:
    instances: "{{ members | magalu.cloud.rebuild_requests('put_aside', settings) | map(attribute='options') }}"
"""

RETURN = r"""
_value:
  description: A list of mappings with C(name), the name of the member, and C(options), the options of the instance.
  type: list
  elements: dict
"""


def rebuild_requests(members: Any, step: str, settings: dict[str, Any], listed: Any = ()) -> list[dict[str, Any]]:
    """Return the requests as mappings."""
    requests = make_requests([Member.from_plain(each) for each in members], step, Settings(**settings), listed)
    return [request._asdict() for request in requests]


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"rebuild_requests": rebuild_requests}
