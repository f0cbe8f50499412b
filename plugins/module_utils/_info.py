# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What `vm_info` reads: a complete list, filtered and sorted here, so that every edition gives the same."""

from __future__ import annotations

import calendar
import fnmatch
import math
import re
import time
import typing as t

from ._api import (
    BACKUPS,
    CUSTOM_IMAGES,
    GONE,
    IMAGES,
    INSTANCES,
    MACHINE_TYPES,
    SNAPSHOTS,
    UUID,
    Refused,
    Resource,
    Row,
    dig,
    status_class,
)
from ._checks import require_uuid
from ._client import ApiError, Client
from ._goals import age, api_now
from ._read import find, same_reference, with_addresses

Params = dict[str, t.Any]

KINDS = {
    "instances": INSTANCES, "snapshots": SNAPSHOTS, "backups": BACKUPS, "images": IMAGES,
    "custom_images": CUSTOM_IMAGES, "machine_types": MACHINE_TYPES, "init_logs": INSTANCES,
}  # fmt: skip
# Filters beside id, name, name_pattern, status and sort, and the kinds that have them.
FILTERS = {
    "state": ("instances", "snapshots", "backups"),
    "availability_zone": ("instances", "images", "machine_types"),
    "machine_type": ("instances",),
    "image": ("instances",),
    "labels": ("instances", "images"),
    "platform": ("images", "custom_images"),
    "usable": ("images", "custom_images", "machine_types"),
    "instance": ("snapshots", "backups"),
    "older_than": ("instances", "snapshots", "backups"),
    "newer_than": ("instances", "snapshots", "backups"),
    "backup_type": ("backups",),
    "lines": ("init_logs",),
    "expand": ("instances", "snapshots", "backups"),
}
MOST_LINES = 5000  # of an init log, by the API's schema
USABLE = ("active", "deprecated")
NEEDED = {"machine_type": "machine-type", "image": "image", "labels": "labels"}  # what a filter needs to be expanded


def check(params: Params) -> None:
    """Refuses filters that the kind does not have, before any request."""
    kind = params["kind"]
    for name, kinds in FILTERS.items():
        if params.get(name) is not None and kind not in kinds:
            raise Refused(f"{name} is a filter of {', '.join(kinds)}, not of {kind}.")
    if params["user_data"] and kind != "instances":
        raise Refused(f"user_data is of instances, not of {kind}.")
    unknown = set(params["expand"] or []) - set(KINDS[kind].expand)
    if unknown:
        raise Refused(
            f"expand: {', '.join(sorted(unknown))} is not of {kind}, which have {', '.join(KINDS[kind].expand)}."
        )
    if params["id"]:
        require_uuid("id", params["id"])
    for option in ("older_than", "newer_than"):
        if params.get(option) is not None:
            moment(option, params[option], 0)
    if kind == "init_logs":
        if not params["id"] and not params["name"]:
            raise Refused("init_logs are of one instance: give its id or name.")
        if params["lines"] is not None and not 1 <= params["lines"] <= MOST_LINES:
            raise Refused(f"lines is {params['lines']}, and may be 1 to {MOST_LINES}.")
    for order in params["sort"] or []:
        if order.partition(":")[2] not in ("", "asc", "desc"):
            raise Refused(f"sort: {order!r} is neither FIELD, nor FIELD:asc, nor FIELD:desc.")


def moment(option: str, text: str, now: float) -> float:
    """The epoch that an age (`7d`, `12h`, `30m`) before now, or a UTC date or time in ISO 8601, means."""
    age = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([dhm])", text.strip())
    if age:
        return now - float(age.group(1)) * {"d": 86400, "h": 3600, "m": 60}[age.group(2)]
    for form in ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"):
        try:
            return calendar.timegm(time.strptime(text.strip().rstrip("Z"), form))
        except ValueError:
            continue
    raise Refused(f"{option} is {text!r}, and can be an age like 7d, 12h or 30m, or a time like 2026-11-25T12:00:00Z.")


def init_logs(client: Client, params: Params) -> list[str]:
    """The last lines that an instance wrote while it booted, oldest first as the API gives them."""
    names = [params["name"]] if params["name"] else []
    row = next(iter(find(client, names, params["id"], True).values()), None)
    if row is None:
        raise Refused(f"There is no instance {params['name'] or params['id']!r}.")
    query = [("max-lines-count", str(params["lines"]))] if params["lines"] else []
    path = f"{INSTANCES.path}/{row['id']}/init-logs"
    try:
        logs = dig(client.request("GET", path, query).body, "logs")
    except ApiError as error:
        if before_2026(client, error):
            raise Refused("The edition of the API of 2024 has no init logs.") from error
        raise
    if not isinstance(logs, list) or not all(isinstance(line, str) for line in logs):
        raise ApiError("GET", path, "the answer has no list of lines", 200, final=True)
    return logs


def before_2026(client: Client, error: ApiError) -> bool:
    """Whether a 404 is that of a route which this region's edition does not have."""
    if error.status == 404 and client.edition is None:
        client.page(MACHINE_TYPES, None, 0, 1)
    return error.status == 404 and client.edition == "2024"


def read(client: Client, params: Params) -> list[Row]:
    """The rows that the filters leave, in the order asked for. None is no error, an edition without the kind is."""
    resource = KINDS[params["kind"]]
    if params["expand"] is not None:
        needed = (value for option, value in NEEDED.items() if params[option] is not None)
        resource = resource._replace(expand=(*params["expand"], *(one for one in needed if one in resource.expand)))
    if params.get("instance") and not UUID.fullmatch(params["instance"]):
        named = find(client, (params["instance"],), None, True)[params["instance"]]
        params = dict(params, instance=named["id"] if named else "none of this name")
    if params["id"] and resource not in (IMAGES, MACHINE_TYPES):
        row = client.get(resource, params["id"])
        # Its list tells a kind that this edition does not have from one that is not there.
        rows = [row] if row else [] if resource.kind == "instance" else _listed(client, resource, params["id"])
    else:
        rows = _listed(client, resource, params["name"])
    if not (params["id"] or params["state"] or params["status"]):
        rows = [row for row in rows if status_class(row, resource) != GONE]
    rows = [row for row in rows if matches(row, params) and _of(client, row, params)]
    if params["kind"] == "instances":
        rows = [with_addresses(row) for row in rows]
        if not params["user_data"]:
            rows = [{key: value for key, value in row.items() if key != "user_data"} for row in rows]
    for order in reversed(params["sort"] or []):
        field, way = (*order.split(":"), "asc")[:2]
        rows = sorted(rows, key=_by(field), reverse=way == "desc")
    return rows


def _by(field: str) -> t.Callable[[Row], tuple[int, float, str]]:
    return lambda row: _sortable(dig(row, field))


def _sortable(value: t.Any) -> tuple[int, float, str]:
    """An order for what may be a number, a text, or missing."""
    if isinstance(value, (int, float)):
        return (0, value, "")
    return (2, 0, "") if value is None else (1, 0, str(value))


def _listed(client: Client, resource: Resource, name: str | None) -> list[Row]:
    try:
        return client.listing(resource, name)
    except ApiError as error:
        if error.status != 404:
            raise
    client.listing(MACHINE_TYPES)  # a wrong URL answers 404 here as well, and that is the error then
    edition = f"of {client.edition}" if client.edition else "in this region"
    instead = " Use snapshots instead." if resource.kind == BACKUPS.kind else ""
    raise Refused(f"The edition of the API {edition} has no {resource.kind}s.{instead}")


def _of(client: Client, row: Row, params: Params) -> bool:
    """Whether a row is of the instance, the age and the type that are asked for, by the API's own clock."""
    if params.get("instance") and dig(row, "instance.id") != params["instance"]:
        return False
    if params.get("backup_type") is not None and row.get("backup_type") not in params["backup_type"]:
        return False
    now = api_now(client) or time.time()
    old = age(row, -math.inf, now)
    older, newer = params.get("older_than"), params.get("newer_than")
    if old == -math.inf:  # not told
        return older is None and newer is None
    born = now - old
    if older is not None and born >= moment("older_than", older, now):
        return False
    return newer is None or born > moment("newer_than", newer, now)


def matches(row: Row, params: Params) -> bool:
    """Whether a row passes all filters that are given. What the answer does not tell passes no filter for it."""
    wanted, labels = params, row.get("labels") or []
    if wanted["id"] and str(row.get("id")).lower() != wanted["id"].lower():
        return False
    if wanted["name"] is not None and row.get("name") != wanted["name"]:
        return False
    if wanted["name_pattern"] is not None and not fnmatch.fnmatchcase(
        str(row.get("name") or ""), wanted["name_pattern"]
    ):
        return False
    if any(wanted[key] is not None and row.get(key) not in wanted[key] for key in ("state", "status", "platform")):
        return False
    if wanted["availability_zone"] is not None and wanted["availability_zone"] not in _zones(row):
        return False
    if any(
        wanted[key] is not None and not same_reference(wanted[key], row.get(key)) for key in ("machine_type", "image")
    ):
        return False
    if wanted["usable"] is not None and (row.get("status") in USABLE) != wanted["usable"]:
        return False
    return all(label in labels for label in wanted["labels"] or [])


def _zones(row: Row) -> list[str]:
    """The zones a row is in: an instance's one, or all those that an image or a machine type is offered in."""
    return [row["availability_zone"]] if row.get("availability_zone") else row.get("availability_zones") or []
