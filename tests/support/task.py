# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tasks of `vm_instance` without Ansible: real HTTP to the simulator, and the simulator's clock."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.magalu.cloud.plugins.module_utils._api.listing import Api
from ansible_collections.magalu.cloud.plugins.module_utils._engine.outcome import Outcome
from ansible_collections.magalu.cloud.plugins.module_utils._engine.run import run as run_task
from ansible_collections.magalu.cloud.plugins.module_utils._plan.options import DesiredInstance, desired_instance
from ansible_collections.magalu.cloud.plugins.module_utils._plan.step import Query
from ansible_collections.magalu.cloud.plugins.module_utils._resources.instance import instance_task
from tests.support.clients import client_of

START = Query({}, True, "instance")


class Run(NamedTuple):
    """The outcome of a task."""

    actions: list[str]
    row: dict[str, Any] | None
    failure: Exception | None
    outcome: Outcome


def client(sim: Any, **options: Any) -> Api:
    """Return a client of the simulator that waits on its clock, for ten minutes at most."""
    made = client_of(sim, **options)
    made.deadline = sim.now() + 600
    return made


def want(**options: Any) -> DesiredInstance:
    """Return the desired state, with the defaults of the module's options."""
    return desired_instance(options)


def check(sim: Any, **options: Any) -> Outcome:
    """Return the outcome of check mode. Raise `Refused`."""
    api = client(sim)
    outcome = run_task(instance_task(api, want(**options)), api, 600, check=True)
    if outcome.failure:
        raise outcome.failure
    return outcome


def run(sim: Any, wait: bool = True, timeout: float = 600, api: Api | None = None, **options: Any) -> Run:
    """Run the task and return its outcome."""
    api, declared = api or client(sim), want(**options)
    api.deadline = sim.now() + timeout
    outcome = run_task(instance_task(api, declared), api, timeout, wait)
    return Run([step.action for step in outcome.steps], outcome.after, outcome.failure, outcome)


def list_changes(sim: Any) -> list[str]:
    """Return the requests that are not reads, in order, as method and last part of the path."""
    changes = [request for request in sim.requests() if request["method"] != "GET"]
    return [f"{request['method']} {request['path'].rsplit('/', 1)[-1]}" for request in changes]
