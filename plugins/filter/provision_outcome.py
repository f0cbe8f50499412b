# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter provision_outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.magalu.cloud.plugins.plugin_utils._sentences import capitalized, counted, totals

DOCUMENTATION = r"""
name: provision_outcome
short_description: Sum up what the playbook provision did
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the data that the playbook magalu.cloud.provision gives to a workflow of AWX, and its summary.
positional: usable, unusable, check_mode
options:
  _input:
    description: The fact C(fleet_result) of the role R(magalu.cloud.fleet,ansible_collections.magalu.cloud.fleet_role).
    type: dict
    required: true
  usable:
    description: The fact C(fleet_usable), the names of the members that can be used.
    type: list
    elements: str
    default: []
  unusable:
    description: The names of the members that cannot be used.
    type: list
    elements: str
    default: []
  check_mode:
    description: Whether the playbook ran in check mode.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show the summary
  ansible.builtin.debug:
    msg: "{{ (fleet_result | magalu.cloud.provision_outcome(['web-01'])).summary }}"
    # ["1 instance: 1 created, 1 usable.", "web-01: running 198.18.0.10"]
  vars:
    fleet_result:
      totals: {created: 1}
      members:
        - {name: web-01, changed: true, instance: {name: web-01, state: running, private_ipv4: 198.18.0.10}}
"""

RETURN = r"""
_value:
  description:
    - C(statistic) is the data for a workflow, with the number C(created), the lists of names C(changed), C(failed),
      C(usable) and C(unusable), C(instances) and C(check_mode). C(summary) is the outcome in words.
  type: dict
"""

ADDRESSES = ("public_ipv4", "private_ipv4", "public_ipv6")
KEPT = ("id", "name", "state", "status", "phase", *ADDRESSES, "default_user")


def provision_outcome(
    result: Mapping[str, Any], usable: Sequence[str] = (), unusable: Sequence[str] = (), check_mode: bool = False
) -> dict[str, Any]:
    """Return the statistic and the summary."""
    members = result.get("members", [])
    there = [member["instance"] for member in members if member.get("instance")]
    statistic = {
        "check_mode": check_mode,
        "created": result.get("totals", {}).get("created", 0),
        "changed": [member["name"] for member in members if member.get("changed")],
        "failed": [member["name"] for member in members if member.get("failed")],
        "usable": list(usable),
        "unusable": list(unusable),
        "instances": [{key: row[key] for key in KEPT if key in row} for row in there],
    }
    would, already = ("would be ", " already") if check_mode else ("", "")
    numbers = totals(
        (statistic["created"], f"{would}created"), (len(statistic["failed"]), "failed"),
        (len(usable), f"usable{already}"), (len(unusable), "not usable"), none=f"none {would}created",
    )  # fmt: skip
    summary = f"{capitalized(counted(len(members), 'instance'))}: {numbers}."
    return {"statistic": statistic, "summary": [summary, *map(_instance_line, there)]}


def _instance_line(row: Mapping[str, Any]) -> str:
    addresses = [row[kind] for kind in ADDRESSES if row.get(kind)]
    return f"{row.get('name')}: {row.get('state')} {', '.join(addresses)}".rstrip()


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"provision_outcome": provision_outcome}
