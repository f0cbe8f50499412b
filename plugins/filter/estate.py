# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter estate."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.magalu.cloud.plugins.plugin_utils._estate import describe_estate

DOCUMENTATION = r"""
name: estate
short_description: Describe the instances, snapshots and backups of some regions, and what needs attention
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns a report of the resources that M(magalu.cloud.vm_info) listed. It finds instances that are stopped but
    billed, public addresses, resources that have failed, and copies whose instance does not exist any more.
  - The playbook C(magalu.cloud.report) writes it as a page and a table. Use the filter for a report of your own.
positional: _input
options:
  _input:
    description:
      - The results of M(magalu.cloud.vm_info) for the kinds V(instances), V(snapshots) and V(backups), each with the
        name of its region as C(item), as a task with C(loop) registers them. Results without any of these lists are
        ignored.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: List the instances of two regions
  magalu.cloud.vm_info:
    kind: instances
    region: "{{ item }}"
  loop: [br-se1, br-ne1]
  register: listed

- name: Show what needs attention
  ansible.builtin.debug:
    msg: "{{ (listed.results | magalu.cloud.estate).sentences }}"

- name: Show how many days each stopped instance has been unchanged
  ansible.builtin.debug:
    msg: "{{ item.name }} of {{ item.region }}: {{ item.days_unchanged }} days"
  loop: "{{ (listed.results | magalu.cloud.estate).resources
    | selectattr('findings', 'contains', 'stopped-but-billed') }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
_value:
  description: The report. A finding is a reason to look at a resource.
  type: dict
  contains:
    regions:
      description: The names of the regions.
      type: list
      elements: str
    time:
      description: The time of the report by the API's clock.
      type: str
    resources:
      description:
        - The instances, the oldest first, then the snapshots and the backups, the largest first. Each has C(kind),
          C(region), C(name), C(id), C(state), C(status), C(phase), C(machine_type), C(image), C(zone), the addresses,
          C(size), C(instance) (the id of a copy's instance), C(created_at), C(updated_at), C(days) (whole days since it
          was created), C(days_unchanged), C(findings), C(notes) (a sentence for each finding) and C(mood) (well,
          stopped, moving or failed).
        - Findings are C(stopped-but-billed), C(public-addresses), C(failed) and C(copies-without-an-instance).
      type: list
      elements: dict
    sections:
      description: The parts of a page - each finding, then each kind - with C(id), C(title), C(intro), C(copies) and
        C(resources).
      type: list
      elements: dict
    stats:
      description: Counts and names, as the playbook C(magalu.cloud.report) gives them to a workflow.
      type: dict
    csv:
      description: The lines of a CSV file of all resources. No cell is a formula for a spreadsheet.
      type: list
      elements: str
    table:
      description: The resources with a finding, as lines with aligned columns. Empty if there are none.
      type: list
      elements: str
    sentences:
      description: The summary for people. Findings without resources are left out.
      type: list
      elements: str
"""


def estate(results: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """Return the report on the resources that vm_info listed."""
    return describe_estate(results, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"estate": estate}
