# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The form of rows, steps, differences and failures in a result."""

from __future__ import annotations

import hashlib
import typing as t

from .._api.errors import mask, mask_all
from .._api.exceptions import ApiError
from .._api.listing import Api
from .._api.messages import GUIDE, error_result, failure_sentence, plain_error
from .._api.resources import RESULT_KEYS, Row
from .._api.rows import Seen, dig, interfaces_of, primary_interface, with_result_keys
from .._api.statuses import status_class, with_phase
from .._engine.outcome import Outcome
from .._plan.options import OPTIONS, DesiredInstance, creation_effect
from .._plan.step import Step, Task

# Check mode shows the fields that options set, so every instance has them.
RESULT_FIELDS = {**RESULT_KEYS, "instance": {**RESULT_KEYS["instance"], **creation_effect(DesiredInstance())}}


def action_rows(steps: t.Sequence[Step]) -> list[dict[str, str]]:
    """Return the steps in the form that a result has."""
    return [{"action": step.action, "description": step.description} for step in steps]


def result_rows(task: Task, seen: Seen) -> dict[str, t.Any]:
    """Return the rows under their keys in the result.

    User data is left out, because it is large and holds secrets.
    """
    rows: dict[str, t.Any] = {}
    for part, place in task.shows.items():
        row = seen.get(part)
        kind = task.kinds[part]
        rows[place] = row and {
            key: value
            for key, value in with_phase(with_result_keys(row, RESULT_FIELDS[kind.kind]), kind).items()
            if key != "user_data"
        }
    return rows


# Fields that a diff shows: options of instances, and fields of copies and images.
_SHOWN = ("state", *(option.read for option in OPTIONS if option.diff), "description", "version", "requirements",
          "platform",
          "license")  # fmt: skip


def billed_warning(addresses: t.Sequence[str], label: str) -> str:
    """Return the warning about public addresses that a deletion leaves behind."""
    return (
        f"The public IP {', '.join(addresses)} of {label} is kept, and billed (delete_public_ip: true deletes it). "
        f"To release it now, see {GUIDE}."
    )


def outcome_result(outcome: Outcome) -> Row:
    """Return the result of a task, without its failure."""
    task, rows = outcome.task, result_rows(outcome.task, outcome.seen)
    if not outcome.planned:
        return rows
    result = {
        **outcome.result_data, **rows, "changed": bool(outcome.steps), "actions": action_rows(outcome.steps),
        "plan": dict(outcome.plan),
    }  # fmt: skip
    if task.tells_attempts:
        result["creation_attempts"] = list(outcome.attempts)
    if outcome.kept_public_ips:
        result["kept_public_ips"] = list(outcome.kept_public_ips)
    if outcome.failure and outcome.created:
        result["created"] = list(outcome.created)
    return result


def explain_failure(
    client: Api, doing: str, error: Exception, result: dict[str, t.Any]
) -> tuple[str, dict[str, t.Any]]:
    """Return the message of a failure, and the result with the failure added.

    The message says what was being done to which resource, what the API responded, and what was done before.
    """
    cause = error if isinstance(error, ApiError) else getattr(error, "error", None)
    doing = getattr(error, "doing", "") or doing
    words = [] if isinstance(error, ApiError) or not str(error) else [mask(client, str(error))]
    reason = mask_all(client, getattr(error, "reason", None) or {})
    failure = plain_error(doing, reason.get("message") or " ".join(words), reason.get("slug"))
    if cause:
        words.append(failure_sentence(client, doing, cause))
        failure = error_result(client, doing, cause)
    result = dict(result, error=failure)
    if result.get("actions"):
        words.append(f"Done before: {', '.join(action['description'] for action in result['actions'])}.")
    if result.get("created"):
        words.append(f"Created by this run, and still there: {', '.join(result['created'])}.")
    return " ".join(words), result


def _diff_network(row: Row, creation: Step | None) -> dict[str, t.Any]:
    """Return the network of an instance as a diff shows it.

    For an instance that the task creates, it shows the declared network, so that the diff is equal before and after the
    creation, and a new public address.
    """
    if creation is None:
        vpc, groups, address = (
            dig(row, "network.vpc"),
            (primary_interface(row) or {}).get("security_groups"),
            row.get("public_ipv4"),
        )
    else:
        network = creation.body.get("network") or {}
        address = "new, billed" if creation.goal.get("public_ipv4") else None
        if dig(network, "interface.id"):  # it has a VPC and groups already; an address comes only if asked for
            return {"public_ipv4": "new, billed" if network["associate_public_ip"] else None}
        groups = [group["id"] for group in dig(network, "interface.security_groups") or []] or "default"
        vpc = network.get("vpc") or {"name": "default"}
    return {"vpc": dig(vpc, "name") or dig(vpc, "id"), "security_groups": groups, "public_ipv4": address}


def outcome_diff(outcome: Outcome) -> dict[str, t.Any]:
    """Return the diff of the task's resource: before and after the steps."""
    creation = next((step for step in outcome.steps if step.creates and step.part == "instance"), None)
    return {"before": diff_view(outcome.before), "after": diff_view(outcome.after, creation)}


def diff_view(row: Row | None, creation: Step | None = None) -> dict[str, t.Any]:
    """Return an instance, a copy or an image as a diff shows it.

    User data is shown as length and digest. `creation` is the step that creates the instance or has created it; the
    network is then shown even if not declared.
    """
    if row is None or status_class(row) == "gone":
        return {}
    view = {key: row.get(key) for key in _SHOWN}
    for key in ("machine_type", "image"):
        named = row.get(key) or {}
        view[key] = named.get("name") or named.get("id")
    ports = interfaces_of(row)
    view["network_interfaces"] = None if ports is None else sorted(port["id"] or "new" for port in ports)
    view.update(_diff_network(row, creation))
    if row.get("user_data"):
        data = str(row["user_data"])
        view["user_data"] = (
            f"{len(data)} characters of base64, sha256 {hashlib.sha256(data.encode(errors='replace')).hexdigest()[:16]}"
        )
    return {name: value for name, value in view.items() if value is not None}
