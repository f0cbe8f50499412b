# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter prune_plan."""

from __future__ import annotations

import typing as t

from ansible_collections.magalu.cloud.plugins.plugin_utils._choice import nothing_found, without_prefix
from ansible_collections.magalu.cloud.plugins.plugin_utils._sentences import capitalized, counted, label_of, would_be

DOCUMENTATION = r"""
name: prune_plan
short_description: Decide whether the copies that a retention chose may be deleted
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Compares the copies that a retention (O(magalu.cloud.vm_snapshot#module:state=pruned)) would delete in check mode
    with the expectations, and returns the reason if nothing may be deleted.
  - The playbook C(magalu.cloud.prune) uses it.
positional: answers
options:
  _input:
    description: The result of M(magalu.cloud.vm_snapshot) or M(magalu.cloud.vm_backup) with C(state=pruned) in check
      mode.
    type: dict
    required: true
  answers:
    description: The expectations. Their names may have the prefix C(magalu_), as the variables of the playbook do.
    type: dict
    required: true
    suboptions:
      kind:
        description: The kind of the copies.
        type: str
        choices: [snapshot, backup]
        default: snapshot
      name_prefix:
        description: The beginning of the names of the copies that the retention considers.
        type: str
        default: ""
      confirm_count:
        description: How many copies are expected to be deleted. Any other number is refused.
        type: int
      prune_max:
        description: How many copies may be deleted at most.
        type: int
      allow_none:
        description:
          - Whether it is allowed that no copy has a name with the prefix. A C(confirm_count) of V(0) allows it too.
        type: bool
        default: false
  check_mode:
    description: Whether the deletion runs in check mode, for the words of the summary.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Plan the deletions of a retention
  magalu.cloud.vm_snapshot:
    state: pruned
    name_prefix: nightly-
    keep_last: 7
  check_mode: true
  register: planned

- name: Refuse to delete more than three snapshots
  ansible.builtin.assert:
    that: plan.refusal == ''
    fail_msg: "{{ plan.refusal }}"
  vars:
    plan: "{{ planned | magalu.cloud.prune_plan({'name_prefix': 'nightly-', 'prune_max': 3, 'allow_none': true}) }}"
"""

RETURN = r"""
_value:
  description: The decision.
  type: dict
  contains:
    refusal:
      description: The reason why nothing may be deleted. Empty if all of the copies may be deleted.
      type: str
    count:
      description: How many copies would be deleted.
      type: int
    copies:
      description: The name, id and time of each copy that would be deleted.
      type: list
      elements: str
    stats:
      description: C(check_mode), C(kind), C(pruned) (the names) and C(kept) (the number of copies that stay).
      type: dict
    sentence:
      description: The summary for people.
      type: str
"""

Row = t.Mapping[str, t.Any]


def prune_plan(planned: Row, answers: Row, check_mode: bool = False) -> dict[str, t.Any]:
    """Return the copies to delete, and why they may not be deleted."""
    given = without_prefix(answers)
    kind, prefix, confirm_count = (
        given.get("kind", "snapshot"),
        given.get("name_prefix", ""),
        given.get("confirm_count"),
    )
    going, kept = list(planned["pruned"]), list(planned["kept"])
    matching = [row for row in [*going, *kept] if str(row.get("name") or "").startswith(prefix)]
    number = len(going)
    refusal = _wrong_count(counted(number, kind), number, confirm_count, given.get("prune_max"))
    if not matching and confirm_count != 0 and not given.get("allow_none"):
        refusal = nothing_found(f"{kind} of this region has a name that begins with magalu_name_prefix {prefix}")
    return {
        "refusal": refusal,
        "count": number,
        "copies": [", ".join(map(str, (label_of(row), row.get("id"), row.get("created_at")))) for row in going],
        "stats": {
            "check_mode": check_mode,
            "kind": kind,
            "pruned": [label_of(row) for row in going],
            "kept": len(kept),
        },
        "sentence": f"{capitalized(counted(number, kind))} {would_be('deleted', number, check_mode)}, {len(kept)} "
        f"{'stays' if len(kept) == 1 else 'stay'}, those with other prefixes among them.",
    }


def _wrong_count(copies: str, number: int, confirm_count: int | None, prune_max: int | None) -> str:
    """Return why this is not the number of copies that may be deleted; an empty text if it is."""
    if confirm_count not in (None, number):
        reason = f"but magalu_confirm_count is {confirm_count}"
    elif prune_max is not None and number > prune_max:
        reason = f"more than magalu_prune_max ({prune_max})"
    else:
        return ""
    return (
        f"{capitalized(copies)} would be deleted, {reason}. Nothing was deleted. See the list above: fewer copies than "
        "expected can mean that an earlier run was interrupted after it had deleted the others."
    )


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"prune_plan": prune_plan}
