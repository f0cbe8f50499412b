# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The outcome of a task: the steps done, or planned in check mode, and its failure."""

from __future__ import annotations

import typing as t
from types import MappingProxyType

from .._api.exceptions import ApiError, Failed, Refused
from .._api.resources import Row
from .._api.rows import Seen
from .._plan.step import Step, Task

# A plan without steps, as `seal_plan` in _plan/approval.py returns it. A task that changes nothing does without that
# import.
NO_STEPS: t.Mapping[str, t.Any] = MappingProxyType({
    "digest": "2e2850a6b8b0cca4d74df63a35df8fe96f65b9ef8016e66d2b657eedb0928b4d", "lines": [], "members": [], "at": None
})  # fmt: skip


class Outcome(t.NamedTuple):
    """The steps of a task, its rows before and after, and its failure."""

    task: Task
    seen: Seen  # the rows at the end, predicted in check mode
    before: Row | None = None
    steps: tuple[Step, ...] = ()  # the steps done, or planned in check mode
    warnings: t.Sequence[str] = ()
    result_data: t.Mapping[str, t.Any] = MappingProxyType({})  # more data of the plan for the result
    kept_public_ips: t.Sequence[str] = ()
    attempts: t.Sequence[Row] = ()  # creations that failed before an alternative was tried
    created: t.Sequence[str] = ()  # ids that this run created and did not delete again
    failure: Failed | Refused | ApiError | None = None
    planned: bool = True  # False: the failure came before there was a plan
    plan: t.Mapping[str, t.Any] = NO_STEPS  # the first plan, as `expected_plan` takes it

    @property
    def after(self) -> Row | None:
        """Return the row of the main resource at the end."""
        return self.seen.get(self.task.main)
