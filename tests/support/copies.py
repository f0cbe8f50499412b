# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tasks of `vm_snapshot` and `vm_backup` without Ansible: real HTTP to the simulator, and the simulator's clock."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.listing import Api
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import BACKUPS, SNAPSHOTS
from ansible_collections.magalu.cloud.plugins.module_utils._engine.outcome import Outcome
from ansible_collections.magalu.cloud.plugins.module_utils._engine.run import run as run_task
from ansible_collections.magalu.cloud.plugins.module_utils._plan.step import Query, Task
from ansible_collections.magalu.cloud.plugins.module_utils._resources.copies import COPY_SPEC, copy_task
from ansible_collections.magalu.cloud.plugins.module_utils._resources.results import explain_failure, outcome_result
from tests.support import task
from tests.support.declarations import SMALL

RESOURCES = {"snapshot": SNAPSHOTS, "backup": BACKUPS}
# The copies of each API version; only the last two can be copied to another region.
KINDS = [("snapshot", "2024-08"), ("snapshot", "2026-08"), ("backup", "2024-08")]
COPIED = [("snapshot", "2026-08"), ("backup", "2024-08")]
DEFAULTS = {name: option.get("default") for name, option in COPY_SPEC.items()}
RESTORE = {"name": "web-2", "machine_type": SMALL, "ssh_key_name": "deploy",
           "network": {"associate_public_ip": False}}  # fmt: skip
RESTORE_DEFAULTS = dict.fromkeys(COPY_SPEC["restore"]["options"])


class Run(NamedTuple):
    """The outcome of a task."""

    actions: list[str]
    seen: dict[str, Any]
    failure: Exception | None
    outcome: Any
    more: dict[str, Any]  # the other keys of the result
    api: Api

    @property
    def message(self) -> str:
        """Return the message that a user reads."""
        assert self.failure is not None
        return explain_failure(self.api, "follow it", self.failure, {})[0]


def task_of(api: Api, kind: str, **options: Any) -> Task:
    """Return the task of a module with these options. Raise `Refused`."""
    if options.get("restore"):
        options["restore"] = {**RESTORE_DEFAULTS, **options["restore"]}
    return copy_task(api, {**DEFAULTS, **options}, RESOURCES[kind])


def check(sim: Any, kind: str, **options: Any) -> Outcome:
    """Return the outcome of check mode. Raise `Refused`."""
    api = task.client(sim)
    outcome = run_task(task_of(api, kind, **options), api, 3600, check=True)
    if outcome.failure:
        raise outcome.failure
    return outcome


def run(
    sim: Any, kind: str, wait: bool = True, timeout: float = 3600, api: Api | None = None,
    meanwhile: Callable[[], None] = lambda: None, **options: Any,
) -> Run:  # fmt: skip
    """Run the task and return its outcome.

    `meanwhile` is called between the first read and the first step.
    """
    api = api or task.client(sim)
    api.deadline = sim.now() + timeout
    try:
        declared = task_of(api, kind, **options)
    except Refused as error:
        return Run([], {}, error, None, {}, api)
    looks = itertools.count()

    def observe(query: Query) -> Any:
        seen = declared.observe(query)
        if next(looks) == 0:
            meanwhile()
        return seen

    outcome = run_task(declared._replace(observe=observe), api, timeout, wait)
    more = {**outcome_result(outcome), "seen": None} if outcome.planned else {}
    return Run([step.action for step in outcome.steps], outcome.seen, outcome.failure, outcome, more, api)


def list_copies(sim: Any, kind: str, region: str = "br-se1") -> list[dict[str, Any]]:
    """Return the copies in a region from the simulator's state."""
    rows: list[dict[str, Any]] = sim.state()[region][f"{kind}s"]
    return rows


def instance(sim: Any, name: str = "web") -> dict[str, Any]:
    """Return an instance from the simulator's state."""
    found: dict[str, Any] = next(row for row in sim.state()["br-se1"]["instances"] if row["name"] == name)
    return found


def bodies(sim: Any, method: str = "POST") -> list[Any]:
    """Return the bodies of the requests with this method, in order."""
    return [request["body"] for request in sim.requests() if request["method"] == method]
