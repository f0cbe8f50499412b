# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter fleet_outcome."""

from __future__ import annotations

import typing as t

from ansible_collections.magalu.cloud.plugins.plugin_utils._joint_plan import NO_STEPS
from ansible_collections.magalu.cloud.plugins.plugin_utils._sentences import (
    capitalized,
    counted,
    label_of,
    labels_of,
    matching,
    would_be,
)

DOCUMENTATION = r"""
name: fleet_outcome
short_description: Sum up what M(magalu.cloud.vm_fleet) did
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns which instances changed, did not change or failed, as data for a workflow and as sentences for people.
  - The playbooks C(magalu.cloud.power), C(magalu.cloud.resize) and C(magalu.cloud.decommission) use it.
positional: choice, doing, left_alone
options:
  _input:
    description: The result of M(magalu.cloud.vm_fleet), or an empty mapping if the task did not run.
    type: dict
    required: true
  choice:
    description: The chosen instances, as P(magalu.cloud.choose_instances#filter) returns them.
    type: dict
    required: true
    suboptions:
      selected:
        description:
          - The instances, as M(magalu.cloud.vm_info) returns them. A member that was given by its id is listed under
            the name of its instance.
        type: list
        elements: dict
        required: true
      outside:
        description:
          - Instances that are not in the inventory. It is not known whether they should have been selected.
        type: list
        elements: dict
        default: []
  doing:
    description: The action, such as V(stop). With V(delete), the data and the sentences are about a deletion.
    type: str
    default: change
  left_alone:
    description: The selected instances that were not given to the task.
    type: list
    elements: dict
    default: []
  check_mode:
    description: Whether the task ran in check mode.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: List the web servers
  magalu.cloud.vm_info:
    name_pattern: web-*
  register: listed

- name: Stop the web servers
  magalu.cloud.vm_fleet:
    instances: "{{ choice.members }}"
    state: stopped
  register: fleet
  failed_when: false
  vars: &choice
    choice: "{{ listed.instances | magalu.cloud.choose_instances({'name_pattern': '**'}) }}"

- name: Show what was done
  ansible.builtin.debug:
    msg: "{{ (fleet | magalu.cloud.fleet_outcome(choice, 'stop', check_mode=ansible_check_mode)).sentences }}"
    # ["2 instances match (stop).", "2 changed: web-01, web-02"]
  vars: *choice
"""

RETURN = r"""
_value:
  description: What was done.
  type: dict
  contains:
    stats:
      description:
        - C(check_mode), the numbers C(selected) and C(not_in_inventory), and the names of the instances in C(changed),
          C(unchanged), C(left_alone) and C(failed). For a deletion C(check_mode), the number C(selected), the names in
          C(deleted) and C(failed), and C(kept_public_ips).
      type: dict
    sentences:
      description: The summary for people. Empty lists of names are left out.
      type: list
      elements: str
    reasons:
      description: The name and the error message of each member that failed.
      type: list
      elements: str
    steps:
      description: The steps that were taken or, in check mode, would be taken.
      type: list
      elements: str
    plan:
      description:
        - The plan of the task. It has no steps if no instance was given to the task. It is empty if the task failed
          before it had planned.
      type: dict
"""

Row = t.Mapping[str, t.Any]


def fleet_outcome(
    fleet: Row, choice: Row, doing: str = "change", left_alone: t.Sequence[Row] = (), check_mode: bool = False
) -> dict[str, t.Any]:
    """Return what the task did, as data and as sentences."""
    selected = choice["selected"]
    names = {row.get("id"): label_of(row) for row in selected}
    members = [dict(member, name=names.get(member["name"], member["name"])) for member in fleet.get("members") or ()]
    failed = [member for member in members if member.get("failed")]
    well = [member for member in members if not member.get("failed")]
    reasons = [f"{member['name']}: {member.get('msg') or ''}" for member in failed]
    changed = labels_of(member for member in well if member["changed"])
    stats: dict[str, t.Any] = {"check_mode": check_mode, "selected": len(selected)}
    if doing == "delete":
        stats.update(deleted=changed, failed=labels_of(failed))
        stats["kept_public_ips"] = [address for member in well for address in member.get("kept_public_ips") or ()]
        sentences = _deletion_sentences(stats)
    else:
        unchanged = labels_of(member for member in well if not member["changed"])
        stats.update(changed=changed, unchanged=unchanged, left_alone=labels_of(left_alone), failed=labels_of(failed))
        stats["not_in_inventory"] = len(choice.get("outside") or ())
        sentences = [f"{matching(len(selected))} ({doing}).", *_change_sentences(stats)]
    return {
        "stats": stats,
        "sentences": [*sentences, *([f"{len(failed)} failed: {' '.join(reasons)}"] if failed else [])],
        "reasons": reasons,
        "steps": [step["description"] for member in members for step in member.get("actions") or ()],
        "plan": fleet.get("plan") or (NO_STEPS if len(left_alone) == len(selected) else {}),
    }


def _change_sentences(stats: Row) -> list[str]:
    """Return a sentence for each list of names that is not empty."""
    alone = len(stats["left_alone"])
    words = {
        "changed": "would change" if stats["check_mode"] else "changed",
        "unchanged": "unchanged",
        "left_alone": f"{'was' if alone == 1 else 'were'} left alone",
    }
    return [f"{len(stats[key])} {text}: {', '.join(stats[key])}" for key, text in words.items() if stats[key]]


def _deletion_sentences(stats: Row) -> list[str]:
    number, kept = len(stats["deleted"]), stats["kept_public_ips"]
    deleted = f"{capitalized(counted(number, 'instance'))} {would_be('deleted', number, stats['check_mode'])}"
    sentences = [f"{deleted}: {', '.join(stats['deleted'])}" if number else f"{deleted}."]
    if kept:
        sentences.append(f"{counted(len(kept), 'public address', 'is')} kept, and billed: {', '.join(kept)}")
    return sentences


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"fleet_outcome": fleet_outcome}
