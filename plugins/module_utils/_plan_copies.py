# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of a snapshot or backup: a pure function of what is, what is wanted, and what this run has done.

`seen` has the `copy`, and where they were looked up the `instance` it is of, the copy called `renamed`, and the one at
its `destination`. `want` has the module's options, None where not given.
"""

from __future__ import annotations

import fnmatch
import typing as t

from ._api import (
    CREATION_FAILED,
    OPERATION_FAILED,
    Refused,
    Resource,
    Row,
    creating,
    deleting,
    dig,
    outcome,
    status_class,
)
from ._checks import both_exist
from ._copies import COPY_REGIONS
from ._read import Seen
from ._step import Memory, Plan, Step, power, predict

Want = dict[str, t.Any]


def plan(seen: Seen, want: Want, resource: Resource, memory: Memory) -> Plan:
    """All steps from what is seen to what is wanted. Raises `Refused` where that cannot or must not be."""
    row, renamed = seen.get("copy"), seen.get("renamed")
    if row and renamed and row["id"] != renamed["id"]:
        raise both_exist(want, row, renamed)
    if want["state"] == "absent":
        gone = row is None or deleting(row)
        return Plan(() if gone else (removal(t.cast(Row, row), want, resource),), row, None)
    if row is None or deleting(row):
        made = _creation(seen, want, resource, memory)
        return Plan(made, row, predict(None, [step for step in made if step.part == "copy"]))
    status, warnings = status_class(row, resource), []
    if status == CREATION_FAILED:
        raise Refused(
            f"{label(row, resource)} ({row['id']}) failed: its status is {row.get('status')}. "
            "Delete it with state: absent."
        )
    if status == OPERATION_FAILED:
        warnings.append(f"The last operation on {label(row, resource)} failed: its status is {row.get('status')}.")
    if want["state"] == "copied":
        steps, there = _copying(seen, want, resource), seen.get("destination")
        return Plan(steps, there, predict(_finished(there), steps), tuple(warnings))
    _refuse_another(row, seen.get("instance"), resource)
    name = want["new_name"] or (want["id"] and want["name"])
    steps = ()
    if name and row.get("name") != name:
        does, effect = f"rename {label(row, resource)} to {name}", {"name": name}
        path = f"{resource.path}/{row['id']}/rename"
        steps = (Step("rename", does, "PATCH", path, effect, effect, body=effect, part="copy"),)
    steps = (*steps, *back_on(seen, memory).steps)
    return Plan(steps, row, predict(_finished(row), steps[:1] if name else ()), tuple(warnings))


def back_on(seen: Seen, memory: Memory) -> Plan:
    """What brings an instance back to the power state that it had before this run took it down for a copy."""
    instance, start = seen.get("instance"), memory.start_state
    taken = instance and any(f"/{instance['id']}/" in name for name in memory.sent)
    steps = power(str(outcome(instance)["state"]), start, instance) if instance and start and taken else []
    # Counted by themselves: a suspended instance was started on the way down too.
    return Plan(tuple(step._replace(key=f"{step.path} back") for step in steps), None, None)


def label(row: Row, resource: Resource) -> str:
    """How a copy is called in messages."""
    return f"{resource.kind} {row.get('name') or row.get('id')}"


def _finished(row: Row | None) -> Row | None:
    """The row as it will be when it was made."""
    return dict(row or {}, state="available", status="completed") if creating(row) else row


def removal(row: Row, want: Want, resource: Resource, part: str = "copy") -> Step:
    """The deletion, unless the copy is protected."""
    called = label(row, resource)
    pattern = next((p for p in want["protect_names"] or [] if fnmatch.fnmatchcase(str(row.get("name")), p)), None)
    if pattern:
        raise Refused(
            f"{called} ({row['id']}) is protected from deletion: its name matches {pattern!r} of protect_names."
        )
    path = f"{resource.path}/{row['id']}"
    return Step("delete", f"delete {called}", "DELETE", path, {"gone": True}, None, anytime=True, part=part)


def _refuse_another(row: Row, instance: Row | None, resource: Resource) -> None:
    """Refuses a name that is taken by a copy of another instance. An instance that is gone, or not told, is none."""
    of = dig(row, "instance.id")
    if instance and of and of != instance["id"]:
        raise Refused(
            f"{label(row, resource)} ({row['id']}) is of another instance ({of}), not of {instance.get('name')} "
            f"({instance['id']}). {resource.kind.capitalize()} names are unique: choose another one."
        )


def _creation(seen: Seen, want: Want, resource: Resource, memory: Memory) -> tuple[Step, ...]:
    """The copy, with the instance powered off for it where that is wanted."""
    name, instance = want["name"], seen.get("instance")
    if want["id"] or want["new_name"] or want["state"] != "present":
        raise Refused(f"There is no {resource.kind} {want['id'] or name!r}.")
    if want["instance"] is None:
        raise Refused(f"There is no {resource.kind} {name!r}, and to create it instance is needed.")
    if instance is None:
        raise Refused(f"There is no instance {want['instance']!r} to make the {resource.kind} {name!r} of.")
    state = str(outcome(instance).get("state"))
    down = power(state, "stopped", instance) if want["power_off"] else []
    start = memory.start_state or state
    effect = {"name": name, "state": "available", "status": "completed", "instance": {"id": instance["id"]}}
    body = {"name": name, "instance": {"id": instance["id"]}}
    does = f"create {resource.kind} {name} of instance {instance.get('name') or instance['id']}"
    made = Step(
        "create", does, "POST", resource.path, {"state": "available"}, effect, body, sends=2, key=f"create {name}",
        part="copy", needs=("copy", "instance"), makes=True,
    )  # fmt: skip
    return (*down, made, *(power("stopped", start, instance) if want["power_off"] else ()))


def _copying(seen: Seen, want: Want, resource: Resource) -> tuple[Step, ...]:
    """The copy to another region, unless one of that name is there."""
    row = t.cast(Row, seen["copy"])
    there = seen.get("destination")
    if there is not None and not deleting(there):
        if status_class(there, resource) in (CREATION_FAILED, OPERATION_FAILED):
            raise Refused(
                f"{label(there, resource)} ({there['id']}) in {want['destination_region']} failed: its status is "
                f"{there.get('status')}. Delete it there, then copy again."
            )
        return ()
    key, regions = COPY_REGIONS[resource.kind]
    does = f"copy {label(row, resource)} to {want['destination_region']}"
    effect = {"name": row.get("name"), "state": "available", "status": "completed"}
    return (
        Step(
            "copy", does, "POST", f"{resource.path}/{row['id']}/copy", {"state": "available"}, effect,
            {key: regions[want["destination_region"]]}, sends=2, part="destination", needs=("copy", "destination"), makes=True,
        ),
    )  # fmt: skip
