# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of an instance that is to be created, deleted or replaced."""

from __future__ import annotations

from .._api.exceptions import CatalogsNeeded, Refused
from .._api.messages import reason_words, remedy_for
from .._api.resources import CREATION_FAILED, INSTANCES, MOVING, OPERATION_FAILED, SNAPSHOTS, Row
from .._api.rows import dig, interfaces_of, same_id
from .._api.statuses import field_value, is_deleting, never_ran, status_class
from .alternatives import failed_attempt_index, next_attempt, removal_way, tried_sentence
from .catalogs import zones_of
from .checks import refuse_renamed
from .creation import creation_step, creation_warnings
from .deletion import deletion_step
from .interfaces import attachment_steps
from .options import DesiredInstance, Difference
from .step import Catalogs, Memory, Plan, Step, instance_label, power_steps, predict


def _missing_instance(want: DesiredInstance) -> str:
    """Return the error message for an instance that does not exist and cannot be created."""
    if want.id:
        return f"There is no instance with id {want.id}; an instance cannot be created with a given id."
    return f"There is no instance {want.name!r} to rename, and no instance {want.new_name!r}."


def _removal(row: Row, want: DesiredInstance, with_public_ip: bool) -> Step:
    """Return the step that deletes the instance.

    Raise `Refused` if the instance is protected, or is not named as declared any more.
    """
    if not want.id:
        refuse_renamed(instance_label(row), row, (want.name, want.new_name))
    query = (("delete_public_ip", "true"),) if with_public_ip else ()
    return deletion_step(INSTANCES, row, "instance", want.protect_names, want.protect_labels, query)


def plan_lifecycle(
    row: Row | None, fixed: list[Difference], want: DesiredInstance, catalogs: Catalogs | None, memory: Memory
) -> Plan | None:
    """Return the plan that creates, deletes or replaces the instance, None where it lives and stays.

    `fixed` are the differences that the API cannot change. Raise `Refused` if the desired state
    cannot or must not be reached.
    """
    if want.state == "absent":
        return _absence(row, want)
    if row is None or is_deleting(row):
        removed = memory.did("delete")  # by this run, which now creates it again under the new name
        if want.id or (want.new_name and not removed):
            raise Refused(_missing_instance(want))
        return _instance_creation(row, want, catalogs, memory)
    if status_class(row) == CREATION_FAILED:
        return _replacement(row, want, catalogs, memory)
    if _recreates(row, fixed, want, memory) and not _may_resolve_itself(fixed, want, memory):
        return _recreation(row, want, catalogs, memory, _in_words(fixed))
    return None


def living_warnings(row: Row, fixed: list[Difference], want: DesiredInstance, memory: Memory) -> list[str]:
    """Return the warnings about an instance that lives and stays.

    Raise `Refused` for a difference that the API cannot change, where `on_immutable_change` is `fail`.
    """
    warnings, label = [], instance_label(row)
    if status_class(row) == OPERATION_FAILED:
        warnings.append(f"The last operation on {label} failed ({row['status']}): {reason_words(row.get('error'))}")
    if fixed and want.on_immutable_change != "ignore":
        text = f"{label} differs in what the API cannot change later: {_in_words(fixed)}."
        if _recreates(row, fixed, want, memory):
            text += " The address may still come, so the instance is not recreated in its first hour."
        if want.on_immutable_change == "fail":
            raise Refused(f"{text} Declare it as it is, or set on_immutable_change to recreate, warn or ignore.")
        warnings.append(text)
    return warnings


def _in_words(fixed: list[Difference]) -> str:
    return "; ".join(difference.text for difference in fixed)


def _recreates(row: Row, fixed: list[Difference], want: DesiredInstance, memory: Memory) -> bool:
    """Return whether an instance that differs is to be recreated; an instance that this run created is not."""
    return bool(fixed) and want.on_immutable_change == "recreate" and not _created_here(row, memory)


def _may_resolve_itself(fixed: list[Difference], want: DesiredInstance, memory: Memory) -> bool:
    """Return whether the cloud may remove all differences by itself: an address can come after the creation."""
    may_come = bool(want.network.associate_public_ip)
    return memory.young and may_come and all(each.option == "network.associate_public_ip" for each in fixed)


def _kept_addresses(row: Row, want: DesiredInstance) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the public IPv4 addresses that a deletion keeps, and a warning if the response may not show them."""
    if want.delete_public_ip:
        return (), ()
    addresses = tuple(port["public_ipv4"] for port in interfaces_of(row) or [] if port["public_ipv4"])
    if not addresses and field_value(row, "primary.public_ip") is None:
        text = f"The API does not show whether {instance_label(row)} has a public IPv4 address."
        return (), (f"{text} If it has, the address is kept, and billed (delete_public_ip: true deletes it).",)
    return addresses, ()


def _absence(row: Row | None, want: DesiredInstance) -> Plan:
    """Return the plan for `state: absent`, with the public IPs that are kept."""
    if row is None or is_deleting(row):
        return Plan((), row, None)
    kept, doubts = _kept_addresses(row, want)
    return Plan((_removal(row, want, bool(want.delete_public_ip)),), row, None, doubts, kept)


def _instance_creation(
    old: Row | None, want: DesiredInstance, catalogs: Catalogs | None, memory: Memory, removal: tuple[Step, ...] = (),
    after: int | None = None, start: str | None = None,
) -> Plan:  # fmt: skip
    """Return the plan that creates the instance as declared.

    The plan includes the steps that are only possible after the creation. `removal` has the steps that delete the
    present instance first. With alternatives, the next attempt is created; `after` is the index of the attempt that an
    earlier run left behind. `start` is the power state of the present instance, used if this run does not know an
    earlier power state.
    """
    if catalogs is None:
        raise CatalogsNeeded

    if want.alternatives:
        step = next_attempt(want, catalogs, memory, after)
    else:
        step = creation_step(want, catalogs)
    row: Row = dict(step.effect or {}, id="{id}")
    end = (memory.start_state or start) if want.state == "present" else want.state
    steps = (step, *attachment_steps(row, want), *power_steps("running", end or "running", row))
    doubts = creation_warnings(want, catalogs)
    return Plan((*removal, *steps), old, predict(None, steps), tuple(doubts))


def _replacement(row: Row, want: DesiredInstance, catalogs: Catalogs | None, memory: Memory) -> Plan:
    """Return the plan for an instance whose creation failed.

    Raise `Refused` with the remedy if the instance must stay. Only an instance that has never been running is replaced.
    """
    created_here, unborn, tried = _created_here(row, memory), never_ran(row), ""
    reason = reason_words(row.get("error"))
    text = f"{instance_label(row)} ({row['id']}) could not be created ({row['status']}): {reason}."
    if want.alternatives:
        attempt = failed_attempt_index(row, want, catalogs, created_here) if unborn and not want.id else None
        if attempt is not None:
            removal = _removal(row, want, with_public_ip=True)
            if created_here:
                return _instance_creation(row, want, catalogs, memory, (removal,))
            removal = removal._replace(way=removal_way(attempt))
            made = _instance_creation(row, want, catalogs, memory, (removal,), attempt)
            return made._replace(warnings=(f"{text} It is deleted, and the next alternative is tried.", *made.warnings))
        tried = tried_sentence(memory)
    if unborn and want.on_failed == "replace" and not created_here and not want.id:
        return _instance_creation(row, want, catalogs, memory, (_removal(row, want, with_public_ip=True),))
    clean_up = "Delete it with state: absent and delete_public_ip: true (it may own a public IP)"
    if unborn:
        clean_up += ", or set on_failed: replace, which does that and creates it again."
    else:
        clean_up += (
            f". Its state {row.get('state')!r} does not prove that it never ran, so on_failed: replace keeps it."
        )
    cause = remedy_for(f"{dig(row, 'error.slug')} {dig(row, 'error.message')} {row['status']}")
    text = " ".join(filter(None, (f"{text}{tried}", cause, clean_up)))
    raise Refused(text, f"create {instance_label(row)}", row.get("error"))


def _created_here(row: Row, memory: Memory) -> bool:
    return any(same_id(row["id"], row_id) for row_id in memory.created)


def cleanup_plan(row: Row | None, want: DesiredInstance, memory: Memory) -> Plan | None:
    """Return the steps still needed to clean up after a failure.

    Return None if this run changed nothing that may have to be undone.
    """
    if want.alternatives and memory.created:
        return _failed_attempt(row, want, memory)
    return _suspended_again(row, want, memory)


def _failed_attempt(row: Row | None, want: DesiredInstance, memory: Memory) -> Plan:
    """Return the steps that delete this run's failed attempt.

    They are needed when no alternative is left, or when the run fails for another reason.
    """

    failed = row is not None and status_class(row) == CREATION_FAILED and never_ran(row)
    if row is None or not failed or not _created_here(row, memory):
        return Plan((), row, row)
    try:
        attempt = failed_attempt_index(row, want, None, created_here=True)
        steps = () if attempt is None else (_removal(row, want, with_public_ip=True),)
    except Refused:  # it is protected, so it stays
        steps = ()
    return Plan(steps, row, row)


def _suspended_again(row: Row | None, want: DesiredInstance, memory: Memory) -> Plan | None:
    """Return the steps that suspend an instance again after a failed retype.

    Return None if this run did not start a suspended instance.
    """
    started = memory.did("start")
    if memory.start_state != "suspended" or not started or want.state not in ("present", "suspended"):
        return None
    steps = power_steps(str(row.get("state")), "suspended", row) if row else []
    return Plan(tuple(steps), row, row)


def _unproven_zone(row: Row, want: DesiredInstance, catalogs: Catalogs | None) -> str | None:
    """Return a declared zone that neither the catalogues nor the instance shows in that spelling, None otherwise.

    The API could refuse the zone when the instance is deleted already. API version 2024-08 shows the zones of instances
    only.
    """
    if catalogs is None or zones_of(catalogs.machine_types):  # the creation is checked against these
        return None
    zones = [want.availability_zone, *(way.get("availability_zone") for way in want.alternatives or [])]
    return next((zone for zone in zones if zone and zone != row.get("availability_zone")), None)


def _recreation(row: Row, want: DesiredInstance, catalogs: Catalogs | None, memory: Memory, differences: str) -> Plan:
    """Return the plan that deletes the instance and creates it again as declared.

    Raise `Refused` if that could lose more than the instance itself, or cannot succeed.
    """
    called = instance_label(row)
    ports = interfaces_of(row)
    declared = {want.network.interface, *(want.network_interfaces or [])}
    zone = _unproven_zone(row, want, catalogs)
    reasons = {
        "it is in transition": status_class(row) == MOVING,
        "it is declared by id, which a new one cannot have": bool(want.id),
        "new_name is given, and a run that ends between deletion and creation could not be continued": bool(
            want.new_name
        ),
        "the API does not return its interfaces": ports is None,
        "it has interfaces beyond the primary, which would be deleted with it": len(ports or []) > 1,
        "its interface is the user's own, which would be deleted with it": bool(
            declared & {p["id"].lower() for p in ports or []}
        )
        or bool(want.network.interface),
        "the copy to restore it from is in transition": catalogs is not None
        and status_class(catalogs.source, SNAPSHOTS) == MOVING,
        f"it is in availability zone {row.get('availability_zone')!r}, and the API does not show whether {zone!r} "
        "exists": bool(zone),
    }
    against = next((why for why, holds in reasons.items() if holds), None)
    if against:
        raise Refused(f"{called} differs in {differences}, and cannot be recreated: {against}.")
    removal = _removal(row, want, bool(want.delete_public_ip))
    kept, doubts = _kept_addresses(row, want)
    made = _instance_creation(row, want, catalogs, memory, (removal,), start=row.get("state"))
    lost = f"Recreating {called} loses its disk, its id {row['id']} and its addresses. It differs: {differences}."
    return made._replace(warnings=(lost, *doubts, *made.warnings), kept_public_ips=kept)
