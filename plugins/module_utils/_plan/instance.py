# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of an instance: a pure function of current state, desired state, catalogues, and the history of this run."""

from __future__ import annotations

import typing as t

from .._api.exceptions import CatalogsNeeded
from .._api.resources import MOVING, POWER_STATES, RETYPE_STATES, SETTLED, Row
from .._api.rows import Seen, dig, same_id, same_reference
from .._api.statuses import is_deleting, settled_row, status_class
from .alternatives import adopt_matching_attempt
from .catalogs import choose_machine_type, is_same_type
from .checks import both_names_exist, refuse_renamed, refuse_unknown_state
from .creation import as_shown
from .interfaces import attachment_steps
from .lifecycle import living_warnings, plan_lifecycle
from .options import DesiredInstance, immutable_differences
from .step import Catalogs, Memory, Plan, Step, instance_label, instance_step, power_steps, predict


def plan_instance(seen: Seen, want: DesiredInstance, catalogs: Catalogs | None, memory: Memory) -> Plan:
    """Return all steps from the current to the desired state.

    `seen` has the row `instance`, and `renamed` if `new_name` was looked up too. Raise `Refused` with a sentence if the
    desired state cannot or must not be reached, and `CatalogsNeeded` if it must be checked against catalogues and
    `catalogs` is None.
    """
    row, renamed, warnings = seen.get("instance"), seen.get("renamed"), t.cast("list[str]", [])
    if row and renamed and not (same_id(row["id"], renamed["id"]) or is_deleting(renamed)):
        raise both_names_exist(row, renamed)
    declared = want
    if want.alternatives:
        want = adopt_matching_attempt(row, want, catalogs)
    fixed = immutable_differences(want, row) if row else []
    if fixed or want.state == "absent" or status_class(row) not in (SETTLED, MOVING) or is_deleting(row):
        plan = plan_lifecycle(row, fixed, declared, catalogs, memory)
        if plan:
            return plan
        warnings = living_warnings(t.cast(Row, row), fixed, want, memory)
    row = t.cast(Row, row)
    if row.get("state") not in POWER_STATES and status_class(row) != MOVING:
        refuse_unknown_state(row, want.state, memory, _type_differs(want, row, catalogs))
    steps = _changes(settled_row(row), want, catalogs, memory)
    return Plan(steps, row, predict(settled_row(row), steps), tuple(warnings))


def _changes(row: Row, want: DesiredInstance, catalogs: Catalogs | None, memory: Memory) -> tuple[Step, ...]:
    """Return the steps from a settled row to the desired state."""
    steps: list[Step] = []
    name = want.new_name or want.name
    if name and row.get("name") != name:
        if not want.id:
            refuse_renamed(instance_label(row), row, (want.name, want.new_name))
        does, effect = f"rename {instance_label(row)} to {name}", {"name": name}
        steps.append(instance_step("rename", row, effect, effect, description=does, method="PATCH", body=effect))
        row = dict(row, name=name)
    state = str(row.get("state"))
    start = memory.start_state or state
    if _type_differs(want, row, catalogs):
        steps += retype_steps(want, row, catalogs)
        state = state if state in RETYPE_STATES else "running"
    steps += attachment_steps(row, want)
    if want.state != "rebooted":
        steps += power_steps(state, start if want.state == "present" else want.state, row)
    elif state == "stopped":
        steps.append(instance_step("start", row, {"state": "running"}, {"state": "running"}, counts_as="reboot"))
    elif not memory.created and not memory.did("reboot", target=row["id"]):
        goal = {"state": "running", "moved": True}
        steps.append(instance_step("reboot", row, {"state": "running"}, goal, sends=1))
    return tuple(steps)


def _type_differs(want: DesiredInstance, row: Row, catalogs: Catalogs | None) -> bool:
    """Return whether the machine type differs; a type that was not read does not."""
    wanted, value = want.machine_type, row.get("machine_type")
    if wanted is None or not isinstance(value, dict):
        return False
    equal = same_reference(wanted, value)
    if equal is None:
        equal = is_same_type(wanted, value, catalogs)
    return not equal


def retype_steps(want: DesiredInstance, row: Row, catalogs: Catalogs | None) -> list[Step]:
    """Return the steps that change the machine type to the declared type.

    The type is checked against the catalogues; raise `CatalogsNeeded` if they were not read. A suspended instance is
    started for the retype.
    """
    if catalogs is None:
        raise CatalogsNeeded
    state = str(row.get("state"))
    images = catalogs.images if isinstance(catalogs.images, list) else []
    image: Row = next((image for image in images if same_id(image["id"], dig(row, "image.id"))), {})
    source, needs = f"image {image.get('name')}", image.get("minimum_requirements") or {}
    kind = choose_machine_type(
        str(want.machine_type), row.get("availability_zone"), source, needs, catalogs.machine_types
    )
    new = as_shown(kind, "machine_type")
    does, body = f"retype {instance_label(row)} to {kind['name']}", {"machine_type": {"id": kind["id"]}}
    step = instance_step(
        "retype", row, {"machine_type": new}, {"machine_type": kind["id"]}, description=does, body=body
    )
    return [*([] if state in RETYPE_STATES else power_steps(state, "running", row)), step]
