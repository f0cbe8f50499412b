# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots and backups: what a declaration may say, and how it is read and followed."""

from __future__ import annotations

import contextlib
import time
import typing as t

from ._api import BACKUPS, INSTANCES, MACHINE_TYPES, SNAPSHOTS, UUID, Refused, Resource, Row
from ._checks import require_uuid
from ._client import ApiError, Client
from ._goals import api_now
from ._instance import SPEC
from ._read import Seen, find, get, with_addresses
from ._step import Look

# The regions that a copy can be sent to, by the names that users know, and as each edition's route has them.
COPY_REGIONS = {
    "backup": ("region", {"br-se1": "br-se1", "br-ne1": "br-ne-1", "br-mgl1": "br-se-1"}),
    "snapshot": ("destination_region", {"br-se1": "br-se1", "br-ne1": "br-ne1", "br-mgl1": "br-mgl1"}),
}
RESTORE = {
    name: SPEC[name]
    for name in ("name", "machine_type", "ssh_key_name", "availability_zone", "network", "network_interfaces")
} | {
    name: SPEC[name]
    for name in ("user_data", "user_data_base64", "labels", "volumes", "on_failed", "alternatives", "alternatives_on")
}
COPY_SPEC: dict[str, t.Any] = {
    "id": {"type": "str"},
    "name": {"type": "str"},
    "new_name": {"type": "str"},
    "instance": {"type": "str"},
    "power_off": {"type": "bool", "default": False},
    "restore": {"type": "dict", "options": dict(RESTORE, name={"type": "str", "required": True})},
    "destination_region": {"type": "str"},
    "keep_last": {"type": "int"},
    "keep_days": {"type": "float"},
    "name_prefix": {"type": "str"},
    "all": {"type": "bool", "default": False},
    "prune_max": {"type": "int"},
    "protect_names": {"type": "list", "elements": "str"},
    "state": {
        "type": "str",
        "default": "present",
        "choices": ["present", "absent", "restored", "copied", "pruned"],
    },
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 3600},
}
"""The options of both modules; `restore` takes what `vm_instance` takes at a creation."""


def check(params: dict[str, t.Any], resource: Resource, api_url: str, region: str) -> None:
    """Refuses what can be seen to be wrong without a request."""
    state = params["state"]
    if params["id"]:
        require_uuid("id", params["id"])
    for option, states in (
        ("power_off", ("present",)), ("restore", ("restored",)), ("destination_region", ("copied",)),
        ("keep_last", ("pruned",)), ("keep_days", ("pruned",)), ("name_prefix", ("pruned",)), ("all", ("pruned",)),
        ("prune_max", ("pruned",)), ("new_name", ("present",)), ("instance", ("present", "pruned")),
        ("protect_names", ("absent", "pruned")),
    ):  # fmt: skip
        if params[option] and state not in states:
            raise Refused(f"{option} goes with state: {' or '.join(states)}, not with {state}.")
    if state == "pruned":
        return _check_pruning(params, resource)
    if not params["id"] and not params["name"]:
        raise Refused(f"One of id and name is needed with state: {state}.")
    if params["new_name"] and not params["name"]:
        raise Refused("new_name needs name.")
    if state == "restored" and not params["restore"]:
        raise Refused("restore says what instance is to be made, and is needed with state: restored.")
    if state == "copied":
        regions = COPY_REGIONS[resource.kind][1]
        if params["destination_region"] not in regions:
            given = params["destination_region"]
            raise Refused(f"destination_region is {given!r}; with state: copied it is one of {', '.join(regions)}.")
        if params["destination_region"] == region:
            raise Refused(f"destination_region is {region!r}, where the {resource.kind} is already.")
        if "{region}" not in api_url:
            raise Refused("api_url has no {region}, so that the other region cannot be reached: write {region} in it.")
    return None


def _check_pruning(params: dict[str, t.Any], resource: Resource) -> None:
    if params["id"] or params["name"]:
        raise Refused("state: pruned chooses by age and number; id and name do not go with it (name_prefix does).")
    if bool(params["name_prefix"]) == params["all"]:
        raise Refused(f"state: pruned needs name_prefix, or all: true for all {resource.kind}s, and not both.")
    keep_last, keep_days = params["keep_last"], params["keep_days"]
    if not ((keep_last or 0) >= 0 and (keep_days or 0) >= 0):  # which "nan" is not either
        raise Refused("keep_last and keep_days must be numbers from 0 on.")
    if not keep_last and not keep_days:
        raise Refused(f"keep_last or keep_days is needed, and more than 0: else every {resource.kind} would go.")


def name_of(template: str, instance: Row | None, client: Client) -> str:
    """The copy's name: `{instance}` stands for the instance's name, `{date}` for the day by the API's clock, in UTC."""
    if "{instance}" in template:
        if instance is None or not instance.get("name"):
            raise Refused(f"name is {template!r}, but the instance has no name that could stand for {{instance}}.")
        template = template.replace("{instance}", str(instance["name"]))
    if "{date}" in template:
        if api_now(client) is None:
            client.request("GET", MACHINE_TYPES.path, [("_limit", "1")])
        now = api_now(client)
        if now is None:
            raise Refused("The API does not tell the time, so that {date} in name has no meaning.")
        template = template.replace("{date}", time.strftime("%Y-%m-%d", time.gmtime(now)))
    if not 1 <= len(template) <= 255:
        raise Refused(f"name comes to {len(template)} characters, and may have 1 to 255.")
    return template


def missing(client: Client, resource: Resource) -> Refused:
    """The error for a kind that the edition in this region does not have."""
    edition = f"of {client.edition}" if client.edition else "in this region"
    instead = {"backup": " Use snapshots (vm_snapshot) instead."}.get(resource.kind, "")
    return Refused(f"The edition of the API {edition} has no {resource.kind}s.{instead}")


def found(
    client: Client, resource: Resource, names: t.Sequence[str], row_id: str | None, listing: bool
) -> dict[str, Row | None]:
    """As `find`, where a list that is not there is told from a wrong URL."""
    with _told_apart(client, resource):
        return find(client, names, row_id, listing, resource)


def listed(client: Client, resource: Resource) -> list[Row]:
    """All rows, where a list that is not there is told from a wrong URL."""
    with _told_apart(client, resource):
        return client.listing(resource)


@contextlib.contextmanager
def _told_apart(client: Client, resource: Resource) -> t.Iterator[None]:
    try:
        yield
    except ApiError as error:
        if error.status != 404:
            raise
        client.listing(MACHINE_TYPES)  # a wrong URL answers 404 here as well, and that is the error then
        raise missing(client, resource) from None


def source(client: Client, want: Row, look: Look, instance: Row | None) -> Seen:
    """The copy that an instance is to be restored from, read only while there is no such instance.

    With `guard` it is read always, since an instance that exists is held against it then.
    """
    resource = SNAPSHOTS if want["snapshot"] else BACKUPS
    named = want["snapshot"] or want["backup"]
    if not look.listing:
        return {"source": get(client, resource, look.ids["source"])} if look.part == "source" else {}
    if instance and not want.get("guard"):
        return {}
    row_id = _as_id(named)
    rows = found(client, resource, () if row_id else (named,), row_id, True)
    return {"source": next(iter(rows.values()), None)}


def _as_id(named: str) -> str | None:
    return named if UUID.fullmatch(named) else None


def observer(client: Client, want: Row, resource: Resource) -> t.Callable[[Look], Seen]:
    """Reads the copy, and the instance where it is needed: to make the copy, or to tell whose copy it is."""
    other = client.client_for(want["destination_region"]) if want["state"] == "copied" else client

    def observe(look: Look) -> Seen:
        if not look.listing:
            at = {"instance": (client, INSTANCES), "destination": (other, resource)}.get(look.part, (client, resource))
            row = get(*at, look.ids[look.part])
            return {look.part: row and with_addresses(row) if look.part == "instance" else row}
        seen: Seen = {}
        if "{" in (want["name"] or ""):  # once: the day may end meanwhile
            if want["instance"]:
                seen["instance"] = _instance(client, want, look)
            want["name"] = name_of(want["name"], seen.get("instance"), client)
        names = [] if want["id"] else [name for name in (want["name"], want["new_name"]) if name]
        rows = found(client, resource, names, look.ids.get("copy") or want["id"], True)
        copy, renamed = rows.get(want["name"] or "") or rows.get(""), rows.get(want["new_name"] or "-")
        seen.update(copy=copy or renamed, renamed=renamed)
        if want["state"] == "present" and want["instance"] and "instance" not in seen:
            seen["instance"] = _instance(client, want, look)
        if want["state"] == "copied" and copy:
            if not copy.get("name"):
                raise Refused(f"The {resource.kind} {copy['id']} has no name that its copy could be found by.")
            there = found(other, resource, (copy["name"],), look.ids.get("destination"), True)
            if resource is SNAPSHOTS and _edition(client) == "2024":
                raise Refused("The edition of the API of 2024 cannot copy snapshots. Use backups (vm_backup) instead.")
            seen["destination"] = there.get(copy["name"]) or there.get("")
            if seen["destination"] is None:  # the next one is found by its name: the answer to a copy has no id
                look.ids.pop("destination", None)
        return seen

    return observe


def _edition(client: Client) -> str | None:
    if client.edition is None:
        client.page(MACHINE_TYPES, None, 0, 1)
    return client.edition


def _instance(client: Client, want: Row, look: Look) -> Row | None:
    by_id = _as_id(want["instance"])
    rows = find(client, () if by_id else (want["instance"],), by_id or look.ids.get("instance"), look.listing)
    return rows.get("") or next(iter(rows.values()), None)
