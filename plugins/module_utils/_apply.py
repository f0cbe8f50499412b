# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a task does beyond reading and planning: apply the plan, tell a failure, show a diff. Imported only then."""

from __future__ import annotations

import re
import typing as t

from . import _drive, _engine, _errors, _orphan
from ._api import Refused, Row, status_class
from ._client import ApiError, Client
from ._module import Module, actions, shown
from ._read import Seen, interfaces
from ._step import Step, Task

_MEANT = {
    "started": "running", "start": "running", "on": "running", "restarted": "rebooted", "stop": "stopped",
    "reset": "rebooted", "off": "stopped", "poweroff": "stopped", "paused": "suspended", "deleted": "absent",
    "created": "present", "reboot": "rebooted", "suspend": "suspended",
}  # fmt: skip

_SHOWN = ("name", "state", "availability_zone", "ssh_key_name", "labels", "description", "version", "requirements",
          "platform", "license")  # fmt: skip


def meant(message: str) -> str:
    """A question to append to Ansible's message about an unknown state, where it is known what people mean by it."""
    wrong = re.search(r"value of state must be one of.* got: (\w+)", message)
    state = _MEANT.get(wrong.group(1).lower()) if wrong else None
    return f". Did you mean {state}?" if state else ""


def apply(module: Module, client: Client, task: Task, seen: Seen) -> tuple[Seen, list[Step], list[str]]:
    """Leads the task's member to its goal: what is seen in the end, the steps that were done, and warnings.

    Where that fails, the module ends here, with all that was done so far.
    """
    timeout = module.params["wait_timeout"]
    member = _engine.Member(task, module.params["wait"])

    def observe(due: list[_engine.Member]) -> list[Seen]:
        seen = [task.observe(due[0].look)]
        client.clock.sleep(0)  # which ends a module whose run is gone: what comes next may be a change
        return seen

    try:
        _drive.drive([member], observe, client, timeout, [seen])
    except _orphan.Orphaned as gone:
        member.failure = _engine.Failed(str(gone))
    if member.memory.attempts:
        task.more["attempts"] = member.memory.attempts
    member.notes += kept(task, member.memory.kept_public_ips)
    if member.failure:
        for warning in member.notes:
            module.warn(warning)
        rows = {**member.seen, member.main: member.row or known(member)}
        result = {**task.more, **shown(task, rows), "changed": bool(member.done), "actions": actions(member.done)}
        if member.memory.created:
            result["created"] = member.memory.created
        module.fail(client, f"look at {task.label}", member.failure, **result)
    row = member.row if member.fresh else _last_look(task, member)
    return {**member.seen, member.main: row}, member.done, member.notes


def kept(task: Task, addresses: t.Sequence[str]) -> list[str]:
    """Puts the public addresses that a deletion leaves behind into the result; the warning about them."""
    if not addresses:
        return []
    task.more["kept_public_ips"] = list(addresses)
    return [billed(addresses, task.label)]


def billed(addresses: t.Sequence[str], label: str) -> str:
    """The warning about public addresses that the deletion of an instance leaves behind."""
    return f"The public IP {', '.join(addresses)} of {label} is kept, and billed (delete_public_ip: true deletes it)."


def told(client: Client, doing: str, error: Exception, result: dict[str, t.Any]) -> tuple[str, dict[str, t.Any]]:
    """The message and the result of a failure: what was being done to what, what the API said, what was done before."""
    cause = error if isinstance(error, ApiError) else getattr(error, "error", None)
    doing = getattr(error, "doing", "") or doing
    words = [] if isinstance(error, ApiError) or not str(error) else [_errors.mask(client, str(error))]
    if cause:
        words.append(_errors.sentence(client, doing, cause))
        result = dict(result, error=_errors.as_result(client, doing, cause))
    if result.get("actions"):
        words.append(f"Done before: {', '.join(action['description'] for action in result['actions'])}.")
    if result.get("created"):
        words.append(f"Created by this run, and still there: {', '.join(result['created'])}.")
    return " ".join(words), result


def known(member: _engine.Member) -> Row | None:
    """What is known of a row that cannot be read."""
    row_id = member.look.ids.get(member.main)
    return {"id": row_id} if row_id else None


def _last_look(task: Task, member: _engine.Member) -> Row | None:
    """The row after a step that was not waited for; what is not to be read yet is what is known of it."""
    if member.main not in member.look.ids:
        return None
    try:
        return task.observe(member.look._replace(listing=False, part=member.main)).get(member.main) or known(member)
    except (ApiError, Refused):
        return known(member)


def view(row: Row | None) -> dict[str, t.Any]:
    """What a diff shows of an instance, a copy or an image; user data as length and digest."""
    if row is None or status_class(row) == "gone":
        return {}
    view = {key: row.get(key) for key in _SHOWN}
    for key in ("machine_type", "image"):
        named = row.get(key) or {}
        view[key] = named.get("name") or named.get("id")
    ports = interfaces(row)
    view["network_interfaces"] = None if ports is None else sorted(port["id"] for port in ports)
    if row.get("user_data"):
        import hashlib

        data = str(row["user_data"])
        view["user_data"] = (
            f"{len(data)} characters of base64, sha256 {hashlib.sha256(data.encode(errors='replace')).hexdigest()[:16]}"
        )
    return {name: value for name, value in view.items() if value is not None}
