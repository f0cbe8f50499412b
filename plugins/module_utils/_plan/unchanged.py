# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of an instance that is as desired, which is what most tasks find."""

from __future__ import annotations

from .._api.resources import POWER_STATES, SETTLED
from .._api.rows import Seen, same_id, same_reference
from .._api.statuses import status_class
from .options import DesiredInstance, immutable_differences
from .step import Memory, Plan


def unchanged_plan(seen: Seen, want: DesiredInstance, memory: Memory) -> Plan | None:
    """Return the plan of an instance that is as desired, None if that takes the whole planner to decide.

    It equals the plan of `plan_instance`, and saves a task that changes nothing the import of that planner.
    """
    row, renamed = seen.get("instance"), seen.get("renamed")
    if row is None or status_class(row) != SETTLED or want.alternatives or want.network_interfaces is not None:
        return None
    state, kind, name = row.get("state"), row.get("machine_type"), want.new_name or want.name
    end = (memory.start_state or state) if want.state == "present" else want.state
    as_desired = (
        (renamed is None or same_id(row["id"], renamed["id"]))
        and (name is None or name == row.get("name"))
        and (want.machine_type is None or not isinstance(kind, dict) or same_reference(want.machine_type, kind))
        and state == end and state in POWER_STATES
        and (want.on_immutable_change == "ignore" or not immutable_differences(want, row))
    )  # fmt: skip
    return Plan((), row, row) if as_desired else None
