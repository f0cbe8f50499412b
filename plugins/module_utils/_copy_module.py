# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What `vm_snapshot` and `vm_backup` do: the same, for the one kind or the other."""

from __future__ import annotations

import base64
import typing as t

from . import _instance, _plan_copies, _plan_retention
from ._api import INSTANCES, UUID, Refused, Resource, Row
from ._client import Client
from ._copies import COPY_SPEC, check, listed, observer
from ._goals import api_now
from ._instance import SPEC, wanted
from ._module import Module
from ._read import Seen, find, get
from ._step import Look, Memory, Plan, Task


def main(resource: Resource) -> None:
    """The whole module."""
    module = Module(COPY_SPEC, mutually_exclusive=[("id", "new_name")])
    restore = module.params["restore"] or {}
    text, encoded = restore.get("user_data"), restore.get("user_data_base64")
    client = module.client(text, encoded or base64.b64encode(str(text or "").encode()).decode())
    try:
        task = task_of(client, module.params, resource)
    except Refused as error:
        module.fail_json(str(error))
    module.converge(client, task)


def task_of(client: Client, params: dict[str, t.Any], resource: Resource) -> Task:
    """What the options ask for. Raises `Refused` for what can be seen to be wrong without a request."""
    check(params, resource, client.connection.api_url, client.connection.region)
    makes = {"restored": _restore, "pruned": _prune}.get(params["state"], _copy)
    return makes(client, params, resource)


def _copy(client: Client, params: dict[str, t.Any], resource: Resource) -> Task:
    """The states present, absent and copied. The last one is about the copy in the other region."""
    want = dict(params)

    def plan(seen: Seen, memory: Memory) -> Plan:
        return _plan_copies.plan(seen, want, resource, memory)

    kinds = {"copy": resource, "instance": INSTANCES}
    names = {"copy": resource.kind}
    if want["state"] == "copied":
        kinds, names = {"destination": resource, **kinds}, {**names, "destination": "destination"}
    recover = _plan_copies.back_on if want["power_off"] else None
    label = f"{resource.kind} {want['name'] or want['id']}"
    return Task(label, observer(client, want, resource), plan, kinds, names, {}, recover)


def _restored(params: dict[str, t.Any], resource: Resource) -> Row:
    """The declaration of the instance that is to be restored."""
    defaults = {name: option.get("default") for name, option in SPEC.items()}
    copy = {resource.kind: params["id"] or params["name"], "guard": True}
    given = {name: value for name, value in params["restore"].items() if value is not None}
    return {**wanted({**defaults, **given, **copy}), **copy}


def _restore(client: Client, params: dict[str, t.Any], resource: Resource) -> Task:
    """The same as `vm_instance` with a copy as its source, but no other instance of that name is taken for it."""
    want = _restored(params, resource)
    task = _instance.task(client, want)

    def guarded(seen: Seen, memory: Memory) -> Plan:
        row, copy = seen.get("instance"), seen.get("source")
        if row and row["id"] not in memory.created and copy:
            from . import _restore as restore

            restore.refuse_another(want, row, copy)
        return task.plan(seen, memory)

    kinds = {"instance": INSTANCES, "source": resource}
    names = {"instance": "instance", "source": resource.kind}
    return task._replace(plan=guarded, kinds=kinds, shows=names)


def _prune(client: Client, params: dict[str, t.Any], resource: Resource) -> Task:
    """The state pruned."""
    want = dict(params, instance_id=None)
    told: dict[str, t.Any] = {}
    started: list[float] = []

    def observe(look: Look) -> Seen:
        if not look.listing:
            return {look.part: get(client, resource, look.part)}
        if want["instance"] and not want["instance_id"]:
            want["instance_id"] = _instance_id(client, want["instance"])
        return {str(row["id"]): row for row in listed(client, resource)}

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

    return Task(f"{resource.kind}s", observe, plan, {"copies": resource}, {}, told)


def _instance_id(client: Client, named: str) -> str:
    if UUID.fullmatch(named):
        return named
    row = find(client, (named,), None, True)[named]
    if row is None:
        raise Refused(f"There is no instance {named!r}. Copies of an instance that is gone are chosen by its id.")
    return str(row["id"])


def _brief(row: Row, **more: str) -> dict[str, t.Any]:
    return {"id": row["id"], "name": row.get("name"), "created_at": row.get("created_at"), **more}
