# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What `vm_snapshot` and `vm_backup` do: the same, for the one kind or the other."""

from __future__ import annotations

import typing as t

from . import _instance, _plan_copies, _plan_retention
from ._api import INSTANCES, Refused, Resource, Row
from ._client import ApiError, Client
from ._copies import COPY_SPEC, check, found, observer
from ._goals import api_now
from ._instance import SPEC, wanted
from ._module import Module
from ._read import Seen, find
from ._step import Look, Memory, Plan, Task


def main(resource: Resource) -> None:
    """The whole module."""
    module = Module(COPY_SPEC, mutually_exclusive=[("id", "new_name")])
    client = module.client()
    params = module.params
    try:
        check(params, resource, client.connection.api_url, client.connection.region)
        restore = _restored(params, resource) if params["state"] == "restored" else None
    except Refused as error:
        module.fail_json(str(error))
    if restore:
        _restore(module, client, resource, restore)
    elif params["state"] == "pruned":
        _prune(module, client, resource)
    else:
        _copy(module, client, resource)


def _copy(module: Module, client: Client, resource: Resource) -> None:
    """The states present, absent and copied."""
    want = dict(module.params, template=module.params["name"])

    def plan(seen: Seen, memory: Memory) -> Plan:
        return _plan_copies.plan(seen, want, resource, memory)

    kinds = {"copy": resource, "instance": INSTANCES, "destination": resource}
    names = {"copy": resource.kind, **({"destination": "destination"} if want["state"] == "copied" else {})}
    recover = _plan_copies.back_on if want["power_off"] else None
    label = f"{resource.kind} {want['name'] or want['id']}"
    module.converge(client, Task(label, observer(client, want, resource), plan, kinds, names, {}, recover))


def _restored(params: dict[str, t.Any], resource: Resource) -> Row:
    """The declaration of the instance that is to be restored."""
    defaults = {name: option.get("default") for name, option in SPEC.items()}
    copy = {resource.kind: params["id"] or params["name"], "guard": True}
    given = {name: value for name, value in params["restore"].items() if value is not None}
    return {**wanted({**defaults, **given, **copy}), **copy}


def _restore(module: Module, client: Client, resource: Resource, want: Row) -> None:
    """The same as `vm_instance` with a copy as its source, but no other instance of that name is taken for it."""
    client.secrets += [text for text in (want["user_data"], want["user_data_base64"]) if text]
    task = _instance.task(client, want)

    def guarded(seen: Seen, memory: Memory) -> Plan:
        row, copy = seen.get("instance"), seen.get("source")
        if row and row["id"] not in memory.created and copy:
            from . import _restore as restore

            restore.refuse_another(want, row, copy)
        return task.plan(seen, memory)

    kinds = {"instance": INSTANCES, "source": resource}
    names = {"instance": "instance", "source": resource.kind}
    module.converge(client, task._replace(plan=guarded, kinds=kinds, shows=names))


def _prune(module: Module, client: Client, resource: Resource) -> None:
    """The state pruned."""
    want = dict(module.params, instance_id=None)
    try:
        if want["instance"]:
            want["instance_id"] = _instance_id(client, want["instance"])
    except (ApiError, Refused) as error:
        module.fail(client, f"look for instance {want['instance']}", error)
    told: dict[str, t.Any] = {}
    started: list[float] = []

    def observe(look: Look) -> Seen:
        if not look.listing:
            return {look.part: client.get(resource, look.part)}
        return {str(row["id"]): row for row in _all(client, resource)}

    def plan(seen: Seen, memory: Memory) -> Plan:
        if not started:
            now = api_now(client)
            if now is None:
                raise Refused("The API does not tell the time, so that no age can be told and nothing is deleted.")
            started.append(now)
        if "kept" not in told:
            rows = [row for row in seen.values() if row]
            verdicts = _plan_retention.verdicts(rows, want, resource, started[0])
            told["kept"] = [_brief(row, reason=why) for row, why in verdicts if why]
            told["pruned"] = [_brief(row) for row, why in verdicts if not why]
        return _plan_retention.plan(seen, want, resource, started[0], memory)

    module.converge(client, Task(f"{resource.kind}s", observe, plan, {"copies": resource}, {}, told))


def _instance_id(client: Client, named: str) -> str:
    from ._api import UUID

    if UUID.fullmatch(named):
        return named
    row = find(client, (named,), None, True)[named]
    if row is None:
        raise Refused(f"There is no instance {named!r}. Copies of an instance that is gone are chosen by its id.")
    return str(row["id"])


def _all(client: Client, resource: Resource) -> list[Row]:
    found(client, resource, (), None, False)
    return client.listing(resource)


def _brief(row: Row, **more: str) -> dict[str, t.Any]:
    return {"id": row["id"], "name": row.get("name"), "created_at": row.get("created_at"), **more}
