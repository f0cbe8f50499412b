# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter restore_outcome."""

from __future__ import annotations

import typing as t

from ansible_collections.magalu.cloud.plugins.plugin_utils._choice import without_prefix

DOCUMENTATION = r"""
name: restore_outcome
short_description: Sum up the restore of a snapshot or backup
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the outcome of a restore, as data for a workflow and as sentences for people, and whether another run
    created an instance of the same name at the same time.
  - The playbook C(magalu.cloud.restore) uses it.
positional: listed, answers
options:
  _input:
    description: The result of M(magalu.cloud.vm_snapshot) or M(magalu.cloud.vm_backup) with C(state=restored).
    type: dict
    required: true
  listed:
    description: The instances with the name of the restored instance, as M(magalu.cloud.vm_info) lists them afterwards.
    type: list
    elements: dict
    required: true
  answers:
    description: The request. Its keys may have the prefix C(magalu_), as the variables of the playbook do.
    type: dict
    required: true
    suboptions:
      kind:
        description: The kind of the copy.
        type: str
        choices: [snapshot, backup]
        default: snapshot
      copy:
        description: The name or id of the copy.
        type: str
        required: true
      name:
        description: The name of the instance.
        type: str
        required: true
  check_mode:
    description: Whether the restore ran in check mode.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Restore a snapshot
  magalu.cloud.vm_snapshot:
    state: restored
    name: nightly-web-01
    restore:
      name: web-03
      machine_type: BV1-1-40
      network: {associate_public_ip: false}
  register: restored

- name: List the instances with the name of the new instance
  magalu.cloud.vm_info:
    name: web-03
  register: listed

- name: Show the outcome
  ansible.builtin.debug:
    msg: "{{ (restored | magalu.cloud.restore_outcome(listed.instances, about)).sentences }}"
  vars:
    about: {copy: nightly-web-01, name: web-03}
"""

RETURN = r"""
_value:
  description: The outcome of the restore.
  type: dict
  contains:
    refusal:
      description:
        - A message that lists the instances with the name, if there are several, or that says in check mode that the
          copy does not exist.
        - Otherwise empty.
      type: str
    stats:
      description: C(check_mode), C(changed), C(copy), C(name), C(id), C(private_ipv4) and C(public_ipv4).
      type: dict
    sentences:
      description: The summary for people.
      type: list
      elements: str
"""

Row = t.Mapping[str, t.Any]
ADDRESSES = ("private_ipv4", "public_ipv4", "public_ipv6")


def restore_outcome(restored: Row, listed: t.Iterable[Row], answers: Row, check_mode: bool = False) -> dict[str, t.Any]:
    """Return the outcome of the restore, as data and as sentences."""
    given = without_prefix(answers)
    name, source, kind = given["name"], given["copy"], given.get("kind", "snapshot")
    instance = restored.get("instance") or {}
    changed = bool(restored.get("changed"))
    is_missing = changed and restored.get(kind, {}) is None
    about = {key: instance.get(key) or "" for key in ("id", *ADDRESSES)}
    ids = [str(row["id"]) for row in listed if row.get("phase") != "deleting"]
    stats = {"check_mode": check_mode, "changed": changed, "copy": source, "name": name, **about}
    del stats["public_ipv6"]
    return {
        "refusal": _refusal(name, ids) if len(ids) > 1 else _missing_copy(kind, source) if is_missing else "",
        "stats": stats,
        "sentences": [_done(f"{kind} {source}", name, changed, check_mode), _where(about)],
    }


def _refusal(name: str, ids: t.Sequence[str]) -> str:
    return (
        f"There are {len(ids)} instances named {name}: {', '.join(ids)}. Another run made one at the same time. "
        "Nothing was "
        "deleted: delete the instance that you do not need."
    )


def _missing_copy(kind: str, copy: str) -> str:
    """Return the refusal for a missing copy, which check mode assumes that an earlier task creates."""
    return f"There is no {kind} {copy} in this region. Nothing would be done. Check magalu_copy, and magalu_region."


def _done(copy: str, name: str, changed: bool, check_mode: bool) -> str:
    if not changed:
        return f"Instance {name} was already restored from {copy}."
    return f"Instance {name} {'would be' if check_mode else 'was'} restored from {copy}."


def _where(about: Row) -> str:
    if not about["id"]:
        return "It has no id yet."
    addresses = ", ".join(about[key] for key in ADDRESSES if about[key])
    return f"Its id is {about['id']}, its addresses are {addresses or 'not known'}."


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"restore_outcome": restore_outcome}
