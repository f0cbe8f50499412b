# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of an instance: a pure function of what is, what is wanted, the catalogs, and what this run has done.

`want` has the module's options, None where not given, with `user_data_base64` for both forms of user data.
"""

from __future__ import annotations

import base64
import fnmatch
import typing as t

from ansible_collections.magalu.cloud.plugins.module_utils._api import (
    CREATION_FAILED,
    FIELDS,
    INSTANCES,
    MOVING,
    OPERATION_FAILED,
    POWER,
    POWER_STATE,
    RETYPE_STATES,
    Field,
    Refused,
    Row,
    deleting,
    dig,
    outcome,
    status_class,
)
from ansible_collections.magalu.cloud.plugins.module_utils._read import (
    Seen,
    interfaces,
    public_addresses,
    same_reference,
)
from ansible_collections.magalu.cloud.plugins.module_utils._step import CatalogsNeeded, Memory, Plan, Step, predict

Want = dict[str, t.Any]
Catalogs = dict[str, t.Any]  # rows of "images" and "machine_types", and the "edition" that they told


def plan(seen: Seen, want: Want, catalogs: Catalogs | None, memory: Memory) -> Plan:
    """All steps from what is seen to what is wanted.

    `seen` has the row `instance`, and `renamed` where `new_name` was looked up too. Raises `Refused` with a sentence
    where the declaration cannot or must not be followed, `CatalogsNeeded` where it must be checked against catalogs
    that are None.
    """
    row = _chosen(seen, want)
    if want["state"] == "absent":
        return _absence(row, want)
    if row is None or deleting(row):
        if want["id"] or (want["new_name"] and row is None):
            raise Refused(_missing(want))
        steps = _creation(want, catalogs, memory)
        return Plan(steps, row, predict(None, steps), leaving=row is not None)
    status, label = status_class(row), _label(row)
    if status == CREATION_FAILED:
        return _replacement(row, want, catalogs, memory)
    warnings = []
    if status == OPERATION_FAILED:
        warnings.append(f"The last operation on {label} failed ({row['status']}): {_reason(row)}")
    fixed = [field for field in FIELDS if field.change is None and same(field, want, row) is False]
    if fixed and want["on_immutable_change"] != "ignore":
        text = "; ".join(_difference(field, want, row) for field in fixed)
        if want["on_immutable_change"] == "recreate":
            return _recreation(row, want, catalogs, memory, text)
        text = f"{label} differs in what the API cannot change later: {text}."
        if want["on_immutable_change"] == "fail":
            raise Refused(f"{text} Declare it as it is, or set on_immutable_change to recreate, warn or ignore.")
        warnings.append(text)
    steps = _changes(outcome(row), want, catalogs, memory)
    return Plan(steps, row, predict(outcome(row), steps), tuple(warnings))


def same(field: Field, want: Want, row: Row) -> bool | None:
    """Whether the row has what is wanted of a field; None where it is not wanted, never compared, or was not read."""
    wanted, value = dig(want, field.option), dig(row, field.read)
    if wanted is None or value is None or field.compare is None:
        return None
    if field.compare == "reference":
        return same_reference(wanted, value)
    if field.compare == "set":
        return set(wanted) == set(value)
    if field.compare == "data":
        return base64.b64decode(wanted) == base64.b64decode(value)
    return bool(wanted == value)


def target_name(want: Want) -> str | None:
    """The name that the instance is to have in the end, None if any will do."""
    name: str | None = want["new_name"] or want["name"]
    return name


def _label(row: Row) -> str:
    return f"instance {row.get('name') or row.get('id')}"


def _reason(row: Row) -> str:
    error = row.get("error") or {}
    return f"{error.get('message') or 'the API gives no reason'} (slug {error.get('slug')})"


def _missing(want: Want) -> str:
    if want["id"]:
        return f"There is no instance with id {want['id']}, and one with a given id cannot be created."
    return f"There is no instance {want['name']!r} to be renamed, and none {want['new_name']!r}."


def _chosen(seen: Seen, want: Want) -> Row | None:
    """The row that the declaration is about. A rename that is done already is found under its new name."""
    row, renamed = seen.get("instance"), seen.get("renamed")
    if row and renamed and row["id"] != renamed["id"]:
        raise Refused(
            f"{want['name']!r} ({row['id']}) cannot be renamed: {want['new_name']!r} exists too ({renamed['id']})."
        )
    return row or renamed


def _step(action: str, row: Row, effect: Row | None, goal: Row, **more: t.Any) -> Step:
    """A step by the action's route: POST /v1/instances/{id}/ACTION if nothing else is said."""
    more.setdefault("does", f"{action} {_label(row)}")
    more.setdefault("path", f"{INSTANCES.path}/{row['id']}/{action}")
    more.setdefault("method", "POST")
    return Step(action=action, goal=goal, effect=effect, **more)


def _removal(row: Row, want: Want, with_public_ip: bool) -> Step:
    """The deletion, unless the instance is protected; labels that were not read count as protected."""
    label = f"{_label(row)} ({row['id']})"
    pattern = next((p for p in want["protect_names"] or [] if fnmatch.fnmatchcase(str(row.get("name")), p)), None)
    if pattern:
        raise Refused(f"{label} is protected from deletion: its name matches {pattern!r} of protect_names.")
    if want["protect_labels"]:
        labels = row.get("labels")
        if labels is None:
            raise Refused(f"{label} counts as protected from deletion: the API did not give its labels.")
        held = sorted(set(labels) & set(want["protect_labels"]))
        if held:
            raise Refused(f"{label} is protected from deletion: it has the label {held[0]!r} of protect_labels.")
    query = (("delete_public_ip", "true"),) if with_public_ip else ()
    path = f"{INSTANCES.path}/{row['id']}"
    return _step("delete", row, None, {"gone": True}, method="DELETE", path=path, query=query, anytime=True)


def _absence(row: Row | None, want: Want) -> Plan:
    if row is None or deleting(row):
        return Plan((), row, None, leaving=row is not None)
    step = _removal(row, want, bool(want["delete_public_ip"]))
    return Plan((step,), row, None, kept_public_ips=() if step.query else tuple(public_addresses(row)))


def _creation(want: Want, catalogs: Catalogs | None, memory: Memory) -> tuple[Step, ...]:
    """The creation, and what can only be done after it."""
    if catalogs is None:
        raise CatalogsNeeded
    from ansible_collections.magalu.cloud.plugins.module_utils import _declare

    step = _declare.creation(want, catalogs)
    row: Row = dict(step.effect or {}, id="{id}")
    end = memory.start_state if want["state"] == "present" else want["state"]
    attached = _attachments(row, want)
    return (step, *attached, *_power("running", end or "running", row))


def _replacement(row: Row, want: Want, catalogs: Catalogs | None, memory: Memory) -> Plan:
    """What becomes of an instance whose creation failed. It never ran, so nothing is lost with it."""
    if want["on_failed"] == "replace" and row["id"] not in memory.created and not want["id"]:
        removal = _removal(row, want, with_public_ip=True)
        steps = (removal, *_creation(want, catalogs, memory))
        return Plan(steps, row, predict(None, steps[1:]))
    remedy = "Delete it with state: absent and delete_public_ip: true (it may own a public IP)"
    raise Refused(
        f"{_label(row)} ({row['id']}) could not be created ({row['status']}): {_reason(row)}. {remedy}, or set "
        "on_failed: replace, which does that and creates it anew."
    )


def _recreation(row: Row, want: Want, catalogs: Catalogs | None, memory: Memory, differences: str) -> Plan:
    label = _label(row)
    ports = interfaces(row)
    reasons = {
        "it is in motion": status_class(row) == MOVING,
        "it is declared by id, which a new one cannot have": bool(want["id"]),
        "the API does not tell its interfaces": ports is None,
        "it has interfaces beyond the primary, which would be deleted with it": len(ports or []) > 1,
        "its interface is the user's own, which would be deleted with it": bool(dig(want, "network.interface")),
    }
    for reason, holds in reasons.items():
        if holds:
            raise Refused(f"{label} differs in {differences}, and cannot be recreated: {reason}.")
    keep = not want["delete_public_ip"]
    removal = _removal(row, want, with_public_ip=not keep)
    memory.look(row)
    steps = (removal, *_creation(want, catalogs, memory))
    lost = f"Recreating {label} loses its disk, its id {row['id']} and its addresses. It differs: {differences}."
    return Plan(steps, row, predict(None, steps[1:]), (lost,), tuple(public_addresses(row)) if keep else ())


def _difference(field: Field, want: Want, row: Row) -> str:
    if field.compare == "data":
        return "user data"
    value = dig(row, field.read)
    shown = value.get("name", value.get("id")) if isinstance(value, dict) else value
    return f"{field.option} is {shown!r}, declared is {dig(want, field.option)!r}"


def _changes(row: Row, want: Want, catalogs: Catalogs | None, memory: Memory) -> tuple[Step, ...]:
    """What leads from the row, which is settled, to the declaration."""
    steps: list[Step] = []
    name = target_name(want)
    if name and row.get("name") != name:
        path = f"{INSTANCES.path}/{row['id']}/rename"
        does = f"rename {_label(row)} to {name}"
        steps.append(
            _step(
                "rename", row, {"name": name}, {"name": name}, does=does, method="PATCH", path=path, body={"name": name}
            )
        )
    state = str(row.get("state"))
    start = memory.start_state or state
    if _type_differs(want, row, catalogs):
        if catalogs is None:
            raise CatalogsNeeded
        from ansible_collections.magalu.cloud.plugins.module_utils import _declare

        if state not in RETYPE_STATES:
            steps += _power(state, "running", row)
            state = "running"
        kind = _declare.new_type(want, row, catalogs)
        steps.append(
            _step("retype", row, {"machine_type": kind}, {"machine_type": kind["id"]},
                  does=f"retype {_label(row)} to {kind['name']}", body={"machine_type": {"id": kind["id"]}})
        )  # fmt: skip
    steps += _attachments(row, want)
    if want["state"] != "rebooted":
        steps += _power(state, start if want["state"] == "present" else want["state"], row)
    elif state == "stopped":
        steps.append(_step("start", row, {"state": "running"}, {"state": "running"}, key=f"reboot {row['id']}"))
    elif not memory.created and f"reboot {row['id']}" not in memory.sent:
        goal = {"state": "running", "moved": True}
        steps.append(_step("reboot", row, {"state": "running"}, goal, key=f"reboot {row['id']}", sends=1))
    return tuple(steps)


def _power(state: str, end: str, row: Row) -> list[Step]:
    verbs = POWER.get((state, end), ())
    return [_step(verb, row, {"state": POWER_STATE[verb]}, {"state": POWER_STATE[verb]}) for verb in verbs]


def _type_differs(want: Want, row: Row, catalogs: Catalogs | None) -> bool:
    """Whether the machine type is another. A name that the answer does not give is looked up in the catalog."""
    wanted, value = want["machine_type"], row.get("machine_type")
    if wanted is None or not isinstance(value, dict):
        return False
    equal = same_reference(wanted, value)
    if equal is None:
        if catalogs is None:
            raise CatalogsNeeded
        ids = [kind["id"] for kind in catalogs["machine_types"] if kind.get("name") == wanted]
        equal = value.get("id") in ids
    return not equal


def _attachments(row: Row, want: Want) -> list[Step]:
    """Attaches what is missing; with `purge_network_interfaces` detaches what is neither declared nor primary."""
    wanted = want["network_interfaces"]
    if wanted is None:
        return []
    ports = interfaces(row)
    if ports is None:
        raise Refused(
            f"The API does not tell the interfaces of {_label(row)}, so network_interfaces cannot be compared."
        )
    present = [port["id"] for port in ports]
    changes = [("attach", port) for port in dict.fromkeys(wanted) if port not in present]
    if want["purge_network_interfaces"] and set(present) - set(wanted):
        primary = [port["id"] for port in ports if port["primary"]]
        if len(primary) != 1:
            raise Refused(
                f"The API does not mark exactly one interface of {_label(row)} as primary ({len(primary)} of "
                f"{len(ports)} are), so purge_network_interfaces could detach the wrong one."
            )
        changes += [("detach", port) for port in present if port not in wanted and port not in primary]
    steps = []
    for action, port in changes:
        ports = [*ports, {"id": port}] if action == "attach" else [other for other in ports if other["id"] != port]
        steps.append(
            _step(
                action, row, {"network": dict(row.get("network") or {}, interfaces=ports)}, {f"{action}ed": port},
                does=f"{action} interface {port} {'to' if action == 'attach' else 'from'} {_label(row)}",
                path=f"{INSTANCES.path}/network-interface/{action}", key=f"{action} {row['id']} {port}",
                body={"instance": {"id": row["id"]}, "network": {"interface": {"id": port}}},
            )
        )  # fmt: skip
    return steps
