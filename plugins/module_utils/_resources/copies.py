# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tasks for snapshots and backups: options, checks, reads and planning."""

from __future__ import annotations

import base64
import time
import typing as t

from .._api.exceptions import NotInVersion, Refused
from .._api.listing import PAGE, Api, find_in_kind, find_resources, list_kind, read_by_id
from .._api.resources import COPY_REGIONS, INSTANCES, MACHINE_TYPES, SNAPSHOTS, UUID, Resource, Row
from .._api.rows import Seen, dig, same_id, with_addresses
from .._api.statuses import is_deleting
from .._api.times import api_now
from .._plan.checks import refuse_id_as_name, require_uuid
from .._plan.copies import DesiredCopy, plan_copy, power_back_plan
from .._plan.options import RESTORE_ONE_OF, RESTORE_SPEC, desired_instance
from .._plan.restore import refuse_other_instance
from .._plan.retention import ASSUMED_ID, Retention, plan_retention
from .._plan.step import Memory, Plan, Query, Task
from .instance import instance_task

COPY_SPEC: dict[str, t.Any] = {
    "id": {"type": "str"},
    "name": {"type": "str"},
    "new_name": {"type": "str"},
    "instance": {"type": "str"},
    "power_off": {"type": "bool", "default": False},
    "restore": {
        "type": "dict",
        "options": {**RESTORE_SPEC, "name": {"type": "str", "required": True}},
        "mutually_exclusive": RESTORE_ONE_OF,
    },
    "destination_region": {"type": "str"},
    "keep_last": {"type": "int"},
    "keep_days": {"type": "float"},
    "name_prefix": {"type": "str"},
    "all": {"type": "bool", "default": False},
    "prune_max": {"type": "int"},
    "protect_names": {"type": "list", "elements": "str"},
    "new_copy": {"type": "str"},
    "state": {
        "type": "str",
        "default": "present",
        "choices": ["present", "absent", "restored", "copied", "pruned"],
    },
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 3600},
}


def check_copy(params: dict[str, t.Any], resource: Resource, api_url: str, region: str) -> None:
    """Raise `Refused` for mistakes that show without a request."""
    state = params["state"]
    if params["id"]:
        require_uuid("id", params["id"])
    for option in ("name", "new_name"):
        refuse_id_as_name(option, params[option])
    for option, states in (
        ("power_off", ("present",)), ("restore", ("restored",)), ("destination_region", ("copied",)),
        ("keep_last", ("pruned",)), ("keep_days", ("pruned",)), ("name_prefix", ("pruned",)), ("all", ("pruned",)),
        ("prune_max", ("pruned",)), ("new_copy", ("pruned",)), ("new_name", ("present",)),
        ("instance", ("present", "pruned")),
    ):  # fmt: skip
        if params[option] and state not in states:
            raise Refused(f"{option} cannot be combined with state: {state}; it needs state: {' or '.join(states)}.")
    if state == "pruned":
        return _check_pruning(params, resource)
    if not params["id"] and not params["name"]:
        raise Refused(f"state: {state} needs id or name.")
    if params["new_name"] and not params["name"]:
        raise Refused("new_name needs name.")
    if state == "restored" and not params["restore"]:
        raise Refused("state: restored needs restore, which describes the instance to create.")
    if state == "copied":
        _check_destination(params["destination_region"], resource, api_url, region)
    return None


def _check_destination(destination: str | None, resource: Resource, api_url: str, region: str) -> None:
    """Raise `Refused` if a copy cannot be made in this region."""
    regions = COPY_REGIONS[resource.kind][1]
    if destination not in regions:
        raise Refused(f"destination_region is {destination!r}; with state: copied it is one of {', '.join(regions)}.")
    if destination == region:
        raise Refused(f"destination_region is {region!r}, where the {resource.kind} is already.")
    if "{region}" not in api_url:
        raise Refused("api_url does not contain {region}, so the other region cannot be reached. Write {region} in it.")


def _check_pruning(params: dict[str, t.Any], resource: Resource) -> None:
    """Raise `Refused` for missing or invalid options of `state: pruned`."""
    if params["id"] or params["name"]:
        raise Refused(
            "id and name cannot be combined with state: pruned, which chooses by age and number; use name_prefix."
        )
    if bool(params["name_prefix"]) == params["all"]:
        raise Refused(f"state: pruned needs name_prefix, or all: true for all {resource.kind}s, and not both.")
    if params["new_copy"] and not params["instance"]:
        raise Refused("new_copy needs instance, whose copy it is.")
    keep_last, keep_days = params["keep_last"], params["keep_days"]
    if not ((keep_last or 0) >= 0 and (keep_days or 0) >= 0):  # written so that "nan" fails too
        raise Refused("keep_last and keep_days must be numbers from 0 on.")
    if not keep_last and not keep_days:
        raise Refused(f"keep_last or keep_days must be more than 0; otherwise every {resource.kind} would be deleted.")


def copy_name(template: str, instance: Row | None, client: Api) -> str:
    """Return the copy's name with its placeholders replaced.

    `{instance}` stands for the instance's name, `{date}` for the day by the API's clock, in UTC. Raise `Refused` if a
    placeholder has no value, or the name's length is not valid.
    """
    own = (instance or {}).get("name")
    if "{instance}" in template and not own:
        raise Refused(f"name is {template!r}, but the instance has no name that could stand for {{instance}}.")
    if "{date}" in template:
        if api_now(client) is None:
            client.request("GET", MACHINE_TYPES.path, [("_limit", "1")])
        now = api_now(client)
        if now is None:
            raise Refused("The API does not return the time, so {date} in name has no value.")
        template = template.replace("{date}", time.strftime("%Y-%m-%d", time.gmtime(now)))
    template = template.replace("{instance}", str(own))  # last, so that a name may hold {date}
    if not 1 <= len(template) <= 255:
        raise Refused(f"name would be {len(template)} characters long; it must have 1 to 255.")
    return template


class CopyReader:
    """A reader of the copy, and of the instance if it is needed.

    The instance is needed to create the copy, or to check whose copy it is.
    """

    def __init__(self, client: Api, want: DesiredCopy, resource: Resource, assume_created: bool = False) -> None:
        self.client, self.want, self.resource, self.assume_created = client, want, resource, assume_created
        self.other = client.client_for(str(want.destination_region)) if want.state == "copied" else client

    def plan(self, seen: Seen, memory: Memory) -> Plan:
        """Return the plan for the declaration, whose name `observe` has completed."""
        return plan_copy(seen, self.want, self.resource, memory, self.assume_created)

    def observe(self, query: Query) -> Seen:
        """Read all parts by listing, or a single part by its id."""
        if not query.listing:
            at = {
                "instance": (self.client, INSTANCES), "origin": (self.client, INSTANCES),
                "destination": (self.other, self.resource),
            }.get(query.part, (self.client, self.resource))  # fmt: skip
            row = read_by_id(*at, query.ids[query.part])
            return {query.part: row and with_addresses(row) if query.part == "instance" else row}
        seen = self._fill_name(query)
        seen.update(self._find_copy(query))
        want, copy = self.want, seen["copy"]
        if want.state == "present" and want.instance:
            if "instance" not in seen:
                seen["instance"] = self._instance(query)
            of = dig(copy, "instance.id")
            if of and seen["instance"] is None:
                seen["origin"] = read_by_id(self.client, INSTANCES, of)  # the source, which may have another name now
        if want.state == "copied" and copy:
            seen["destination"] = self._find_destination(copy, query)
        return seen

    def _fill_name(self, query: Query) -> Seen:
        """Replace the placeholders of the name.

        This happens only once, because the day may change during the run. Return the instance in a mapping if it was
        read for that.
        """
        want, seen = self.want, t.cast(Seen, {})
        if want.name is None or "{" not in want.name:
            return seen
        if want.instance:
            seen["instance"] = self._instance(query)
        missing = want.instance and self.assume_created and not UUID.fullmatch(want.instance)
        instance = seen.get("instance") or ({"name": want.instance} if missing else None)
        if "{instance}" in want.name and instance is None:
            why = f"there is no instance {want.instance!r}" if want.instance else "no instance is given"
            raise Refused(f"name is {want.name!r}, but {why} whose name could stand for {{instance}}.")
        self.want = want._replace(name=copy_name(want.name, instance, self.client))
        return seen

    def _find_copy(self, query: Query) -> Seen:
        """Find the copy by its name or id, and the copy that has the new name."""
        want, client, resource = self.want, self.client, self.resource
        names = [] if want.id else [name for name in (want.name, want.new_name) if name]
        rows = find_in_kind(client, resource, names, query.ids.get("copy") or want.id, query.excluded)
        copy, renamed = rows.get(want.name or "") or rows.get(""), rows.get(want.new_name or "-")
        if want.id and want.name and copy and copy.get("name") != want.name:  # a rename: is the name free?
            renamed = find_in_kind(client, resource, (want.name,), None, query.excluded)[want.name]
        return {"copy": copy if want.id else copy or renamed, "renamed": renamed}

    def _find_destination(self, copy: Row, query: Query) -> Row | None:
        """Find the copied resource in the destination region.

        Raise `Refused` if the copy has no name, or the API version cannot copy this kind.
        """
        if not copy.get("name"):
            raise Refused(
                f"The {self.resource.kind} {copy['id']} has no name, by which its copy in "
                f"{self.want.destination_region} is found. Rename it first, with id and name."
            )
        there = find_in_kind(self.other, self.resource, (copy["name"],), query.ids.get("destination"), query.excluded)
        if self.resource is SNAPSHOTS and not _copies_snapshots(self.client):
            raise NotInVersion("API version 2024-08 cannot copy snapshots. Use backups (vm_backup) instead.")
        destination = there.get(copy["name"]) or there.get("")
        if destination is None:  # look for its successor by name, because the response to a copy request has no id
            query.ids.pop("destination", None)
        return destination

    def _instance(self, query: Query) -> Row | None:
        named = str(self.want.instance)
        by_id = named.lower() if UUID.fullmatch(named) else None
        names = () if by_id else (named,)
        row_id = by_id or query.ids.get("instance")
        rows = find_resources(self.client, names, row_id, query.listing, excluded=query.excluded)
        return rows.get("") or next(iter(rows.values()), None)


def _copies_snapshots(client: Api) -> bool:
    """Return whether the API version can copy snapshots.

    Only labels in a list of instances distinguish 2025-05, which can, from 2024-08.
    """
    if client.api_version is None:
        client.page(MACHINE_TYPES, None, 0, 1)
    if client.api_version == "2024":
        del client.api_versions[client.connection.region]  # labels are not requested from 2024-08
        client.page(INSTANCES, None, 0, PAGE)
    return client.api_version != "2024"


def restore_secrets(params: dict[str, t.Any]) -> list[str | None]:
    """Return the user data of a restore, as given and in base64."""
    text, encoded = ((params["restore"] or {}).get(option) for option in ("user_data", "user_data_base64"))
    return [text, encoded or base64.b64encode(str(text or "").encode()).decode()]


def copy_task(client: Api, params: dict[str, t.Any], resource: Resource, assume_created: bool = False) -> Task:
    """Return the task for these options.

    With `assume_created` (in check mode), what is missing counts as created by an earlier task. Raise `Refused` for
    mistakes that show without a request.
    """
    check_copy(params, resource, client.connection.api_url, client.connection.region)
    params = {**params, "id": params["id"] and params["id"].lower()}
    if params["state"] == "restored":
        return _restore_task(client, params, resource, assume_created)
    if params["state"] == "pruned":
        return _prune_task(client, Retention(**_given(params, Retention._fields)), resource, assume_created)
    return _copy_task(client, DesiredCopy(**_given(params, DesiredCopy._fields)), resource, assume_created)


def _given(params: dict[str, t.Any], names: t.Iterable[str]) -> dict[str, t.Any]:
    return {name: params[name] for name in names}


def _copy_task(client: Api, want: DesiredCopy, resource: Resource, assume_created: bool) -> Task:
    """Return the task of the states present, absent and copied.

    With `state: copied` the task's main resource is the copy in the other region.
    """
    reader = CopyReader(client, want, resource, assume_created)
    kinds = {"copy": resource, "instance": INSTANCES, "origin": INSTANCES}
    names = {"copy": resource.kind}
    if want.state == "copied":
        kinds, names = {"destination": resource, **kinds}, {**names, "destination": "destination"}
    recover = power_back_plan if want.power_off else None
    label = f"{resource.kind} {want.name or want.id}"
    by_id = {part for part, named in (("copy", want.id), ("instance", want.instance)) if UUID.fullmatch(named or "")}
    return Task(
        label, reader.observe, reader.plan, kinds, names, recover,
        frozenset({"copy", "renamed", "instance", "destination"} - by_id), frozenset({*by_id, "origin"}),
    )  # fmt: skip


def _restore_task(client: Api, params: dict[str, t.Any], resource: Resource, assume_created: bool) -> Task:
    """Return the task of state restored.

    It is the task of `vm_instance` with a copy as the source. Unlike there, an instance that already has the name
    counts as restored only if it can have come from the copy.
    """
    named = params["id"] or params["name"]
    want = desired_instance({**params["restore"], resource.kind: named})
    task = instance_task(client, want, assume_created=assume_created, always_reads_source=True)

    def guarded(seen: Seen, memory: Memory) -> Plan:
        row, copy = seen.get("instance"), seen.get("source")
        created_here = row and any(same_id(row["id"], row_id) for row_id in memory.created)
        if row and copy and not (created_here or is_deleting(row)):
            refuse_other_instance(want, row, copy)
        plan = task.plan(seen, memory)
        if row is None or is_deleting(row) or copy or memory.sent:
            return plan
        if plan.steps:
            raise Refused(
                f"There is no {resource.kind} {named!r}, so it cannot be verified that instance {row.get('name')} "
                f"({row['id']}) was restored from it. It differs from the declaration, and is left as it is. Change it "
                "with vm_instance, or correct the name."
            )
        warning = (
            f"There is no {resource.kind} {named!r}. Instance {row.get('name')} ({row['id']}) is taken as "
            "restored from it, which cannot be verified."
        )
        return plan._replace(warnings=(warning, *plan.warnings))

    kinds = {"instance": INSTANCES, "source": resource}
    names = {"instance": "instance", "source": resource.kind}
    return task._replace(plan=guarded, kinds=kinds, shows=names)


def _prune_task(client: Api, want: Retention, resource: Resource, assume_created: bool) -> Task:
    """Return the task of state pruned."""

    def observe(query: Query) -> Seen:
        if not query.listing:
            kind, row_id = (INSTANCES, query.ids["instance"]) if query.part == "instance" else (resource, query.part)
            return {query.part: read_by_id(client, kind, row_id)}
        seen: Seen = {str(row["id"]): row for row in list_kind(client, resource)}
        seen = {row_id: row for row_id, row in seen.items() if row_id.lower() not in query.excluded}
        if want.instance:
            seen["instance"] = _source_instance(client, want.instance, query.excluded, assume_created)
        return seen

    def plan(seen: Seen, memory: Memory) -> Plan:
        return plan_retention(seen, want, resource, memory, assume_created)

    kinds = {"copies": resource, "instance": INSTANCES}
    part, by_id = frozenset({"instance"}), UUID.fullmatch(want.instance or "")
    named, fresh = (frozenset(), part) if by_id else (part, frozenset())
    return Task(f"{resource.kind}s", observe, plan, kinds, {}, by_name=named, fresh=fresh)


def _source_instance(client: Api, named: str, excluded: t.Container[str], assume_created: bool) -> Row:
    """Return the instance whose copies are pruned.

    Only an id can name an instance that is gone; raise `Refused` if a name has no instance. With `assume_created` (in
    check mode), it counts as created by an earlier task.
    """
    if UUID.fullmatch(named):
        return {"id": named.lower()}
    row = find_resources(client, (named,), None, True, excluded=excluded)[named]
    if row is None and assume_created:
        return {"id": ASSUMED_ID, "name": named}
    if row is None:
        raise Refused(f"There is no instance {named!r}. Copies of an instance that is gone are chosen by its id.")
    return row
