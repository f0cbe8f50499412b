# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of an instance: a pure function of what is, what is wanted, the catalogs, and what this run has done.

`want` has the module's options, None where not given, with `user_data_base64` for both forms of user data.
"""

from __future__ import annotations

import typing as t

from ._api import FIELDS, MOVING, RETYPE_STATES, SETTLED, Field, Row, deleting, dig, outcome, status_class
from ._read import Seen, same_reference
from ._step import Memory, Plan, Step, action, label, power, predict

Want = dict[str, t.Any]
Catalogs = dict[str, t.Any]  # rows of "images" and "machine_types", and the "edition" that they told


def plan(seen: Seen, want: Want, catalogs: Catalogs | None, memory: Memory) -> Plan:
    """All steps from what is seen to what is wanted.

    `seen` has the row `instance`, and `renamed` where `new_name` was looked up too. Raises `Refused` with a sentence
    where the declaration cannot or must not be followed, `CatalogsNeeded` where it must be checked against catalogs
    that are None.
    """
    row, renamed, warnings = seen.get("instance"), seen.get("renamed"), t.cast("list[str]", [])
    if row and renamed and row["id"] != renamed["id"]:
        from . import _checks

        raise _checks.both_exist(want, row, renamed)
    if want["alternatives"]:
        from . import _plan_alternatives

        want = _plan_alternatives.as_it_is(row, want, catalogs)
    fixed = [field for field in FIELDS if row and field.change is None and same(field, want, row) is False]
    if fixed or want["state"] == "absent" or status_class(row) not in (SETTLED, MOVING) or deleting(row):
        from . import _plan_lifecycle

        made = _plan_lifecycle.plan(row, fixed, want, catalogs, memory)
        if isinstance(made, Plan):
            return made
        warnings = made
    row = t.cast(Row, row)
    steps = _changes(outcome(row), want, catalogs, memory)
    return Plan(steps, row, predict(outcome(row), steps), tuple(warnings))


def attachments(row: Row, want: Want) -> list[Step]:
    """The changes of interfaces, where a declaration lists them."""
    if want["network_interfaces"] is None:
        return []
    from . import _plan_interfaces

    return _plan_interfaces.attachments(row, want)


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
        from . import _checks

        return _checks.same_data(wanted, value)
    return bool(wanted == value)


def _changes(row: Row, want: Want, catalogs: Catalogs | None, memory: Memory) -> tuple[Step, ...]:
    """What leads from the row, which is settled, to the declaration."""
    steps: list[Step] = []
    name = want["new_name"] or want["name"]
    if name and row.get("name") != name:
        does, effect = f"rename {label(row)} to {name}", {"name": name}
        steps.append(action("rename", row, effect, effect, does=does, method="PATCH", body=effect))
        row = dict(row, name=name)
    state = str(row.get("state"))
    start = memory.start_state or state
    if _type_differs(want, row, catalogs):
        from . import _declare

        steps += _declare.retype(want, row, catalogs)
        state = state if state in RETYPE_STATES else "running"
    steps += attachments(row, want)
    if want["state"] != "rebooted":
        steps += power(state, start if want["state"] == "present" else want["state"], row)
    elif state == "stopped":
        steps.append(action("start", row, {"state": "running"}, {"state": "running"}, key=f"reboot {row['id']}"))
    elif not memory.created and f"reboot {row['id']}" not in memory.sent:
        goal = {"state": "running", "moved": True}
        steps.append(action("reboot", row, {"state": "running"}, goal, key=f"reboot {row['id']}", sends=1))
    return tuple(steps)


def _type_differs(want: Want, row: Row, catalogs: Catalogs | None) -> bool:
    """Whether the machine type is another."""
    wanted, value = want["machine_type"], row.get("machine_type")
    if wanted is None or not isinstance(value, dict):
        return False
    equal = same_reference(wanted, value)
    if equal is None:
        from . import _declare

        equal = _declare.same_type(wanted, value, catalogs)
    return not equal
