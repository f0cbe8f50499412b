# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The joint plan of a run of several tasks: functions that join the plans of the tasks, and split them. All are pure.

A task is a run of a module for one resource. The joint plan has the form of any other plan, with a member for each
task. The digest of the task's own plan is part of its member, and so of the joint digest. Only the modules compare
steps.
"""

from __future__ import annotations

import typing as t

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import Row
from ansible_collections.magalu.cloud.plugins.module_utils._plan.approval import (
    Approval,
    Mark,
    another_plan,
    seal_plan,
    seal_rows,
)

NO_STEPS = seal_plan((), {}, None)
Results = t.Mapping[str, Row]  # the name of a task -> its result in check mode


def read_approval(expected: t.Any) -> Approval:
    """Return the approved joint plan. Raise `Refused` if it is neither a plan nor a digest."""
    return Approval(expected, ())  # the plans of the tasks hold for a region and tenant


def join_plans(plans: t.Mapping[str, Row]) -> Row:
    """Return the joint plan of the tasks with these names, in order.

    Its time is the time of the youngest plan: a resource that a task creates must be younger.
    """
    lines = [line for plan in plans.values() for line in plan["lines"]]
    rows = [
        {**row, "name": name, "task": row["name"], "plan": plan["digest"]}
        for name, plan in plans.items()
        for row in plan["members"]
    ]
    times = [plan["at"] for plan in plans.values() if plan["at"] is not None]
    return seal_rows((), lines, rows, max(times, default=None))


def split_plan(joint: Row) -> dict[str, Row]:
    """Return the plan of each task that has steps, by the task's name."""
    lines, plans = iter(joint.get("lines") or ()), {}
    for row in joint.get("members") or ():
        own = {key: value for key, value in row.items() if key not in ("name", "task", "plan")}
        plans[str(row["name"])] = {
            "digest": row.get("plan"),
            "lines": [next(lines) for _step in row["steps"]],
            "members": [{"name": row.get("task"), **own}],
            "at": joint.get("at"),
        }
    return plans


def plan_of(result: Row) -> Row:
    """Return the plan of a result. A task that failed before it had planned has no steps."""
    return t.cast(Row, result.get("plan") or NO_STEPS)


def check_joint_plan(approval: Approval, results: Results) -> dict[str, Row]:
    """Return the approved plan of each task, as its option `expected_plan` takes it.

    `results` are the results of the tasks in check mode. If more than a digest was approved, the tasks were given their
    approved plans. Raise `Refused` if the run is neither the approved run nor the rest of it: a task has other steps,
    has no steps because it failed, or was not planned at all.
    """
    plans = {name: plan_of(result) for name, result in results.items()}
    if approval.saved is None:
        approval.check_digest(join_plans(plans))
        return plans
    approved = split_plan(approval.saved)
    failed = {name: result for name, result in results.items() if result.get("failed")}
    wrong = [name for name in {**results, **approved} if _is_wrong(name, results, plans, approved)]
    if wrong:
        refusal = another_plan(
            [mark for name in wrong for mark in _marks(approved.get(name, NO_STEPS))],
            [mark for name in wrong for mark in _marks(plans.get(name, NO_STEPS))],
            begun=False,
        )
        reasons = [str(failed[name].get("msg")) for name in wrong if name in failed and not plans[name]["lines"]]
        raise Refused(" ".join([str(refusal), *reasons]))
    return {name: approved.get(name, NO_STEPS) for name in results}


def _is_wrong(name: str, results: Results, plans: t.Mapping[str, Row], approved: t.Mapping[str, Row]) -> bool:
    """Return whether a task is not as it was approved: its module has refused the plan, or there is no plan."""
    if name not in results:
        return True
    return bool(results[name].get("failed")) and bool(plans[name]["lines"] or name in approved)


def _marks(plan: Row) -> list[Mark]:
    return [Mark(*pair) for pair in zip(plan["lines"], (step for row in plan["members"] for step in row["steps"]))]
