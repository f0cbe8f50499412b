# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: awx_sync_failure
short_description: Say why AWX could not sync a project
description:
  - Returns the cause of a failed project update, from the update's own output, and what to do next.
  - Used by the playbook magalu.cloud.awx_setup.
author:
  - Magalu Cloud collection contributors (@magalucloud)
version_added: 1.0.0
positional: events
options:
  _input:
    description: The result of the module C(awx.awx.project_update).
    type: dict
    required: true
  events:
    description: The events of the project update, as AWX's API returns them.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Fail with the cause
  ansible.builtin.fail:
    msg: "{{ synced | magalu.cloud.awx_sync_failure(events) }}"
"""

RETURN = r"""
_value:
  description: The cause, and what to do next.
  type: str
"""

import re
import typing as t

Row = t.Mapping[str, t.Any]
# Messages without a cause: they only say that there is error output, or several items with results.
EMPTY = ("", "non-zero return code", "One or more items failed", "All items completed", "All items skipped")
COLORS = re.compile(r"\x1b\[[0-9;]*m")
LONGEST = 2000


def awx_sync_failure(update: Row, events: t.Iterable[Row] = ()) -> str:
    """Return why this project update failed, and what to do next."""
    job = update.get("job_data") or {}
    failures = [(_task(event), text) for event in events for text in _texts(_data(event))]
    task, cause = failures[-1] if failures else ("", "")
    cause = cause or next(filter(None, map(_plain_line, (job.get("job_explanation"), job.get("result_traceback")))), "")
    cause = cause or _plain_line(update.get("msg")) or "AWX does not say why"
    parts = ["AWX could not sync the project.", f"{task}: {cause}" if task else cause]
    if "galaxy" in task.lower():
        parts.append(
            "AWX asks Galaxy because the repository has a requirements file. If the execution environment has the "
            "collection, delete collections/requirements.yml from the repository."
        )
    elif task:
        parts.append("Check magalu_awx_project_url, magalu_awx_project_branch and magalu_awx_project_credential.")
    if update.get("id"):
        parts.append(f"AWX shows the whole output in job {update['id']}.")
    return " ".join(part if part.endswith(".") else f"{part}." for part in parts)


def _data(event: Row) -> Row:
    data = event.get("event_data")
    return data if isinstance(data, dict) and not data.get("ignore_errors") else {}


def _task(event: Row) -> str:
    return _plain_line(event.get("task") or _data(event).get("task"))


def _texts(data: Row) -> list[str]:
    """Return the error messages of a failed task, or of its items that failed."""
    result = data.get("res")
    if not isinstance(result, dict):
        return []
    messages = [_plain_line(result.get("msg"))]
    if messages[0] in EMPTY:
        messages = [_plain_line(result.get("stderr") or result.get("stdout"))]
    items = result.get("results") if isinstance(result.get("results"), list) else []
    for item in items or ():
        if isinstance(item, dict) and item.get("failed"):
            messages += _texts({"res": item})
    return [text for text in messages if text]


def _plain_line(text: t.Any) -> str:
    return " ".join(COLORS.sub("", str(text or "")).split())[:LONGEST]


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"awx_sync_failure": awx_sync_failure}
