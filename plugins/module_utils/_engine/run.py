# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The entry point of the engine, for every task with one resource."""

from __future__ import annotations

import typing as t

from .._api.exceptions import ApiError, Refused
from .._api.listing import Api
from .._api.resources import MOVING
from .._api.rows import Seen
from .._api.statuses import status_class
from .._api.times import api_now
from .._plan.step import Memory, Query, Task
from .outcome import Outcome


def run(
    task: Task, client: Api, seconds: float, wait: bool = True, check: bool = False, expected: t.Any = None
) -> Outcome:
    """Reconcile the task's resource within that many seconds; with `check`, only plan.

    `wait=False` skips the last wait. `expected` is an approved plan, or its digest: nothing else is done. A task that
    changes nothing makes one request, and does not import the rest of the engine.
    """
    seen: Seen = {}
    plan = None
    try:
        if expected is None:
            seen = task.observe(Query({}, True, task.main))
            plan = task.plan(seen, Memory(api_now(client)))
    except (ApiError, Refused) as error:
        if isinstance(error, ApiError) or not seen:
            return Outcome(task, seen, failure=error, planned=False)
    if plan and not (plan.steps or plan.warnings):
        moving = status_class(plan.before, task.kinds[task.main]) == MOVING
        if check or not (wait and moving):
            return Outcome(task, {**seen, task.main: plan.after}, plan.before, result_data=plan.result_data)
    # A listing finds, a read by id decides: plan again from reads before anything is changed, warned of or refused.
    from .driver import follow  # noqa: PLC0415 (late: a task that changes nothing does without it)

    return follow(task, client, seconds, wait, check, seen, expected)
