# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of a snapshot or backup: a pure function of current state, desired state, and the history of this run."""

from __future__ import annotations

import typing as t

from .._api.exceptions import Refused
from .._api.resources import (
    COPY_REGIONS,
    CREATION_FAILED,
    INSTANCES,
    MOVING,
    OPERATION_FAILED,
    POWER_STATES,
    RESULT_KEYS,
    UUID,
    Resource,
    Row,
)
from .._api.rows import Seen, dig, same_id
from .._api.statuses import is_being_created, is_deleting, settled_row, status_class
from .checks import both_names_exist, refuse_renamed, unknown_power_state, unpredictable_warning
from .deletion import deletion_step
from .step import Memory, Plan, Step, power_steps, predict, resource_label


class DesiredCopy(t.NamedTuple):
    """The desired state of a snapshot or backup: the value of each option; None if not given."""

    id: str | None = None
    name: str | None = None
    new_name: str | None = None
    instance: str | None = None  # the name or id of the source
    power_off: bool = False
    destination_region: str | None = None
    protect_names: list[str] | None = None
    state: str = "present"  # present, absent or copied


def plan_copy(seen: Seen, want: DesiredCopy, resource: Resource, memory: Memory, assume_created: bool = False) -> Plan:
    """Return all steps from the current to the desired state.

    With `assume_created` (in check mode), what is missing counts as created by an earlier task. Raise `Refused` if the
    desired state cannot or must not be reached.
    """
    row, renamed = seen.get("copy"), seen.get("renamed")
    if row and renamed and not (same_id(row["id"], renamed["id"]) or is_deleting(renamed)):
        raise both_names_exist(row, renamed)
    if want.state == "absent":
        if row is None or is_deleting(row):
            return Plan((), row, None)
        _refuse_renamed(row, want, resource)
        return Plan((deletion_step(resource, row, "copy", want.protect_names),), row, None)
    if row is None or is_deleting(row):
        if want.state == "copied" and assume_created and want.name:
            steps = _copy_to_region({**seen, "copy": {"id": "{id}", "name": want.name}}, want, resource)
            return Plan(steps, None, predict(None, steps), (unpredictable_warning(f"{resource.kind} {want.name!r}"),))
        assumed = _assumed_instance(seen, want) if assume_created else None
        made = _copy_creation({**seen, "instance": assumed} if assumed else seen, want, resource, memory)
        doubts = (unpredictable_warning(f"instance {assumed['name']!r}"),) if assumed else ()
        return Plan(made, row, predict(None, [step for step in made if step.part == "copy"]), doubts)
    status, warnings = status_class(row, resource), []
    if status == CREATION_FAILED:
        raise Refused(
            f"{resource_label(resource, row)} ({row['id']}) failed: its status is {row.get('status')}. "
            "Delete it with state: absent.",
            f"create {resource_label(resource, row)}",
            row.get("error"),
        )
    if status == OPERATION_FAILED:
        warnings.append(
            f"The last operation on {resource_label(resource, row)} failed: its status is {row.get('status')}."
        )
    if want.state == "copied":
        steps, there = _copy_to_region(seen, want, resource), seen.get("destination")
        return Plan(steps, there, predict(_finished(there), steps), tuple(warnings))
    warnings += _refuse_another(row, seen, want, resource)
    name = want.new_name or (want.id and want.name)
    steps = ()
    if name and row.get("name") != name:
        _refuse_renamed(row, want, resource)
        does, effect = f"rename {resource_label(resource, row)} to {name}", {"name": name}
        path = f"{resource.path}/{row['id']}/rename"
        steps = (Step("rename", does, "PATCH", path, effect, effect, body=effect, target=str(row["id"]), part="copy"),)
    steps = (*steps, *power_back_plan(seen, memory, sure=True).steps)
    return Plan(steps, row, predict(_finished(row), steps[:1] if name else ()), tuple(warnings))


def _refuse_renamed(row: Row, want: DesiredCopy, resource: Resource) -> None:
    """Raise `Refused` if a copy that was found by its name has another name now."""
    if not want.id:
        refuse_renamed(resource_label(resource, row), row, (want.name, want.new_name))


def power_back_plan(seen: Seen, memory: Memory, sure: bool = False) -> Plan:
    """Return the steps that restore the instance's power state after a copy.

    That is the state before this run changed it for the copy. With `sure`, raise `Refused` if the instance's state does
    not say whether it is running.
    """
    instance, start = seen.get("instance"), memory.start_state
    taken = instance and (memory.resumes or memory.did("start", "stop", "suspend", target=instance["id"]))
    state = str(settled_row(instance).get("state")) if instance else ""
    if sure and instance and taken and state not in POWER_STATES and status_class(instance) != MOVING:
        raise unknown_power_state(instance, "the power state that it had")
    steps = power_steps(state, start, instance) if instance and start and taken else []
    # Steps back are counted separately: stopping a suspended instance for the copy started it as well.
    return Plan(tuple(step._replace(way="back") for step in steps), None, None)


def _finished(row: Row | None) -> Row | None:
    """Return the row as it will be once the copy has been created."""
    return dict(row or {}, state="available", status="completed") if is_being_created(row) else row


def _refuse_another(row: Row, seen: Seen, want: DesiredCopy, resource: Resource) -> list[str]:
    """Raise `Refused` if the name is taken by a copy of another instance.

    Return a warning if the declared instance is missing and the copy may be of it: the copy's source is gone, or the
    API does not return it.
    """
    of, instance, named = dig(row, "instance.id"), seen.get("instance"), want.instance
    called = f"{resource_label(resource, row)} ({row['id']})"
    if instance and of and not same_id(of, instance["id"]):
        raise Refused(
            f"{called} is of another instance ({of}), not of {instance.get('name')} ({instance['id']}). "
            f"{resource.kind.capitalize()} names are unique: choose another one."
        )
    if instance or not named or same_id(of, named):
        return []
    missing, origin = f"There is no instance {named!r}", seen.get("origin")
    if origin and not is_deleting(origin):
        if origin.get("name") == named:  # a list can lag behind and not show that name yet
            return []
        raise Refused(
            f"{missing}, and {called} is of instance {origin.get('name')} ({of}). Correct the option instance, or "
            "choose "
            f"another name: {resource.kind} names are unique."
        )
    if of and UUID.fullmatch(named):
        raise Refused(f"{missing}, and {called} is of another instance ({of}).")
    why = f"it is of instance {of}, which is gone" if of else "the API does not return its source instance"
    return [f"{missing}. {called[0].upper()}{called[1:]} is taken as its {resource.kind}: {why}."]


def _assumed_instance(seen: Seen, want: DesiredCopy) -> Row | None:
    """Return the instance that check mode assumes an earlier task creates.

    Return None if the instance must exist already.
    """
    named = want.instance
    if seen.get("instance") or not named or UUID.fullmatch(named):
        return None
    return {"id": None, "name": named, "state": "running", "status": "completed"}


def _copy_creation(seen: Seen, want: DesiredCopy, resource: Resource, memory: Memory) -> tuple[Step, ...]:
    """Return the steps that create the copy.

    With `power_off`, they stop the instance first and restore its power state afterwards.
    """
    name, instance = want.name, seen.get("instance")
    if want.id or want.new_name or want.state != "present":
        raise Refused(f"There is no {resource.kind} {want.id or name!r}.")
    if want.instance is None:
        raise Refused(f"There is no {resource.kind} {name!r}; creating it needs instance.")
    if instance is None:
        raise Refused(f"There is no instance {want.instance!r} to create the {resource.kind} {name!r} from.")
    if not (memory.sent or UUID.fullmatch(want.instance)):
        refuse_renamed(resource_label(INSTANCES, instance), instance, (want.instance,))
    state = str(settled_row(instance).get("state"))
    if want.power_off and state not in POWER_STATES and status_class(instance) != MOVING:
        raise unknown_power_state(instance, "power_off")
    down = power_steps(state, "stopped", instance) if want.power_off else []
    start = memory.start_state or state
    source = _as_shown(instance, RESULT_KEYS[resource.kind]["instance"])
    effect = {"name": name, "state": "available", "status": "completed", "instance": source}
    body = {"name": name, "instance": {"id": instance["id"]}}
    does = f"create {resource.kind} {name} of instance {instance.get('name') or instance['id']}"
    made = Step(
        "create", does, "POST", resource.path, {"state": "available"}, effect, body, sends=2, target=str(name),
        part="copy", needs=("copy", "instance"), creates=True,
    )  # fmt: skip
    return (*down, made, *(power_steps("stopped", start, instance) if want.power_off else ()))


def _as_shown(row: Row, keys: Row) -> Row:
    """Return the fields of the source instance that a copy's response has."""
    values = {key: row.get(key) for key in keys}
    return {
        key: _as_shown(value, keys[key]) if keys[key] and isinstance(value, dict) else value
        for key, value in values.items()
    }


def _copy_to_region(seen: Seen, want: DesiredCopy, resource: Resource) -> tuple[Step, ...]:
    """Return the step that copies to the other region.

    Return no step if that region already has a copy of this name.
    """
    row = t.cast(Row, seen["copy"])
    there = seen.get("destination")
    if there is not None and not is_deleting(there):
        if status_class(there, resource) in (CREATION_FAILED, OPERATION_FAILED):
            raise Refused(
                f"{resource_label(resource, there)} ({there['id']}) in {want.destination_region} failed: its status is "
                f"{there.get('status')}. Delete it there, then copy again.",
                f"copy {resource_label(resource, row)} to {want.destination_region}",
                there.get("error"),
            )
        return ()
    key, regions = COPY_REGIONS[resource.kind]
    does = f"copy {resource_label(resource, row)} to {want.destination_region}"
    effect = {"name": row.get("name"), "state": "available", "status": "completed", "instance": row.get("instance")}
    return (
        Step(
            "copy", does, "POST", f"{resource.path}/{row['id']}/copy", {"state": "available"}, effect,
            {key: regions[str(want.destination_region)]}, sends=2, target=str(row["id"]), part="destination",
            needs=("copy", "destination"), creates=True,
        ),
    )  # fmt: skip
