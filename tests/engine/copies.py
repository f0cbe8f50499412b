# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A task of `vm_snapshot` or `vm_backup` without Ansible around it: real HTTP to the simulator, and its clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ansible_collections.magalu.cloud.plugins.module_utils import _apply, _copies, _copy_module, _drive, _engine
from ansible_collections.magalu.cloud.plugins.module_utils._api import BACKUPS, SNAPSHOTS, Refused
from ansible_collections.magalu.cloud.plugins.module_utils._client import ApiError, Client
from ansible_collections.magalu.cloud.plugins.module_utils._step import Look, Memory, Plan, Task
from tests.engine import task

RESOURCES = {"snapshot": SNAPSHOTS, "backup": BACKUPS}
# Which copies each edition has; only the last two can be copied to another region.
KINDS = [("snapshot", "2024-08"), ("snapshot", "2026-08"), ("backup", "2024-08")]
COPIED = [("snapshot", "2026-08"), ("backup", "2024-08")]
DEFAULTS = {name: option.get("default") for name, option in _copies.COPY_SPEC.items()}
RESTORE = {"name": "web-2", "machine_type": task.SMALL, "ssh_key_name": "deploy",
           "network": {"associate_public_ip": False}}  # fmt: skip
RESTORE_DEFAULTS = dict.fromkeys(_copies.COPY_SPEC["restore"]["options"])


class Run(NamedTuple):
    """What became of a task."""

    actions: list[str]
    seen: dict[str, Any]
    failure: Exception | None
    member: Any
    more: dict[str, Any]  # what else is in the result
    api: Client

    @property
    def told(self) -> str:
        """The message that a user reads."""
        assert self.failure is not None
        return _apply.told(self.api, "follow it", self.failure, {})[0]


def task_of(api: Client, kind: str, **options: Any) -> Task:
    """The task of a module with these options. Raises `Refused`."""
    if options.get("restore"):
        options["restore"] = {**RESTORE_DEFAULTS, **options["restore"]}
    return _copy_module.task_of(api, {**DEFAULTS, **options}, RESOURCES[kind])


def start(declared: Task) -> Look:
    return Look({}, True, next(iter(declared.kinds)))


def check(sim: Any, kind: str, **options: Any) -> Plan:
    """What check mode plans. Raises `Refused`."""
    declared = task_of(task.client(sim), kind, **options)
    return declared.plan(declared.observe(start(declared)), Memory())


def run(
    sim: Any, kind: str, wait: bool = True, timeout: float = 3600, api: Client | None = None,
    meanwhile: Callable[[], None] = lambda: None, **options: Any,
) -> Run:  # fmt: skip
    """The task for real; `meanwhile` happens between the first look and the first step."""
    api = api or task.client(sim)
    api.deadline = sim.now() + timeout
    try:
        declared = task_of(api, kind, **options)
        seen = declared.observe(start(declared))
        declared.plan(seen, Memory())
    except (Refused, ApiError) as error:
        return Run([], {}, error, None, {}, api)
    member = _engine.Member(declared, wait)
    meanwhile()
    _drive.drive([member], lambda due: [declared.observe(due[0].look)], api, timeout, [seen])
    return Run([step.action for step in member.done], member.seen, member.failure, member, declared.more, api)


def there(sim: Any, kind: str, region: str = "br-se1") -> list[dict[str, Any]]:
    """The copies that a region truly has."""
    rows: list[dict[str, Any]] = sim.state()[region][f"{kind}s"]
    return rows


def instance(sim: Any, name: str = "web") -> dict[str, Any]:
    """An instance as it truly is."""
    found: dict[str, Any] = next(row for row in sim.state()["br-se1"]["instances"] if row["name"] == name)
    return found


def bodies(sim: Any, method: str = "POST") -> list[Any]:
    """What was sent with requests, in order."""
    return [request["body"] for request in sim.requests() if request["method"] == method]
