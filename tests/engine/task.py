# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A task of `vm_instance` without Ansible around it: real HTTP to the simulator, and the simulator's clock."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.magalu.cloud.plugins.module_utils import _drive, _engine, _instance, _options
from ansible_collections.magalu.cloud.plugins.module_utils._api import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._client import ApiError, Client, Clock
from ansible_collections.magalu.cloud.plugins.module_utils._step import Look, Memory, Plan

SMALL, LARGE, IMAGE = "BV1-1-40", "BV2-2-40", "cloud-ubuntu-24.04 LTS"
BASE = {"name": "web", "machine_type": SMALL, "image": IMAGE, "ssh_key_name": "deploy",
        "network": {"associate_public_ip": False}}  # fmt: skip

START = Look({}, True, "instance")


class Run(NamedTuple):
    """What became of a task."""

    actions: list[str]
    row: dict[str, Any] | None
    failure: Exception | None
    member: Any


def client(sim: Any, **options: Any) -> Client:
    """A client of the simulator that waits on the simulator's clock."""
    given = {"api_url": sim.url, "api_key": "simulator", "api_retries": 2, **options}
    made = Client(_options.connection(given.get, {}), "tests", Clock(sim.now, sim.advance))
    made.deadline = sim.now() + 600
    return made


def want(**options: Any) -> dict[str, Any]:
    """A declaration, with the defaults of the module's options."""
    defaults = {name: option.get("default") for name, option in _instance.SPEC.items()}
    return _instance.wanted({**defaults, **options})


def check(sim: Any, **options: Any) -> Plan:
    """What check mode plans. Raises `Refused`."""
    api, declared = client(sim), want(**options)
    return _instance.planner(api, declared)(_instance.observer(api, declared)(START), Memory())


def run(sim: Any, wait: bool = True, timeout: float = 600, api: Client | None = None, **options: Any) -> Run:
    """The task for real."""
    api, declared = api or client(sim), want(**options)
    api.deadline = sim.now() + timeout
    observe, plan = _instance.observer(api, declared), _instance.planner(api, declared)
    member = _engine.Member(_instance.task(api, declared)._replace(plan=plan), wait)
    try:
        seen = observe(START)
        plan(seen, member.memory)
    except (Refused, ApiError) as error:
        return Run([], None, error, member)
    _drive.drive([member], lambda due: [observe(due[0].look)], api, timeout, [seen])
    return Run([step.action for step in member.done], member.row, member.failure, member)


def sent(sim: Any) -> list[str]:
    """The requests that change something, in order, each with its last part of the path."""
    changes = [request for request in sim.requests() if request["method"] != "GET"]
    return [f"{request['method']} {request['path'].rsplit('/', 1)[-1]}" for request in changes]
