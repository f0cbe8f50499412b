# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter choose_instances."""

from __future__ import annotations

import typing as t

from ansible_collections.magalu.cloud.plugins.plugin_utils._choice import (
    choice_notes,
    choice_refusal,
    choose,
    without_prefix,
)

DOCUMENTATION = r"""
name: choose_instances
short_description: Choose instances by name, id or group, and refuse an unexpected choice
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Chooses from the instances that M(magalu.cloud.vm_info) lists. Returns them, and the reason if nothing may be done
    to them. Instances that are being deleted are never chosen.
  - The playbooks C(magalu.cloud.power), C(magalu.cloud.resize) and C(magalu.cloud.decommission) use it, and their
    messages name the variables of these playbooks.
positional: answers, groups, hostvars
options:
  _input:
    description: The instances, as M(magalu.cloud.vm_info) returns them.
    type: list
    elements: dict
    required: true
  answers:
    description: The criteria. Their names may have the prefix C(magalu_), as the variables of the playbooks do.
    type: dict
    required: true
    suboptions:
      name_pattern:
        description: A shell pattern for the whole name. Case counts.
        type: str
      ids:
        description: Ids of instances. Case does not count.
        type: list
        elements: str
      group:
        description: A group of O(groups). Chooses the instances whose ids are in the variable C(mgc_id) of its hosts.
        type: str
      confirm_count:
        description: How many instances are expected. Any other number is refused.
        type: int
      allow_none:
        description: Whether the choice may be empty. A C(confirm_count) of V(0) allows that too.
        type: bool
        default: false
  groups:
    description: The groups of the inventory, each with its hosts. Needed for a group.
    type: dict
    default: {}
  hostvars:
    description: The variables of the hosts. Needed for a group.
    type: dict
    default: {}
  deletion:
    description: Whether the instances are to be deleted, which is refused without C(confirm_count).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: List the instances
  magalu.cloud.vm_info:
  register: listed

- name: Choose the web servers, and refuse if there are not two
  ansible.builtin.assert:
    that: choice.refusal == ''
    fail_msg: "{{ choice.refusal }}"
  vars:
    choice: "{{ listed.instances | magalu.cloud.choose_instances({'name_pattern': 'web-*', 'confirm_count': 2}) }}"
"""

RETURN = r"""
_value:
  description: The choice.
  type: dict
  contains:
    refusal:
      description: The reason why nothing may be done to the chosen instances. Empty if there is no such reason.
      type: str
    selected:
      description: The chosen instances.
      type: list
      elements: dict
    members:
      description: The chosen instances by their ids, as O(magalu.cloud.vm_fleet#module:instances) takes them.
      type: list
      elements: dict
    outside:
      description: The instances that are not in the inventory. It is not known whether they belong to the group.
      type: list
      elements: dict
    notes:
      description: Sentences about hosts of the group that are not instances of this region, and about C(outside).
      type: list
      elements: str
"""


Row = t.Mapping[str, t.Any]


def choose_instances(
    rows: t.Iterable[Row],
    answers: Row,
    groups: t.Mapping[str, t.Sequence[str]] | None = None,
    hostvars: t.Mapping[str, Row] | None = None,
    deletion: bool = False,
) -> dict[str, t.Any]:
    """Return the chosen instances, and the reason if nothing may be done to them."""
    given, groups, hostvars = without_prefix(answers), groups or {}, hostvars or {}
    group = given.get("group")
    hosts, everyone = (groups.get(group, ()), groups.get("all", ())) if group else ((), ())
    choice = choose(rows, given, ids_of(hosts, hostvars), ids_of(everyone, hostvars))
    return {
        "refusal": choice_refusal(choice, given, "deleted" if deletion else ""),
        "selected": choice.selected,
        "members": [{"id": row["id"]} for row in choice.selected],
        "outside": choice.outside,
        "notes": choice_notes(choice, group, len(hosts)) if group else [],
    }


def ids_of(hosts: t.Iterable[str], hostvars: t.Mapping[str, Row]) -> list[str]:
    """Return the instance ids of the hosts."""
    return [str(hostvars[host]["mgc_id"]) for host in hosts if "mgc_id" in hostvars[host]]


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"choose_instances": choose_instances}
