# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The reads of `vm_info`: complete lists, filtered and sorted.

Filters and sorting are applied here, so that every API version gives equal results.
"""

from __future__ import annotations

import fnmatch
import math
import re
import time
import typing as t

from .._api.exceptions import ApiError, NotInVersion, Refused
from .._api.listing import Api, find_resources, is_route_missing, no_such_kind, version_name
from .._api.resources import (
    BACKUPS,
    CUSTOM_IMAGES,
    GONE,
    IMAGES,
    INSTANCES,
    MACHINE_TYPES,
    SNAPSHOTS,
    UNREADABLE,
    USABLE,
    UUID,
    Resource,
    Row,
)
from .._api.rows import dig, same_id, same_reference, same_zone, with_addresses
from .._api.statuses import status_class, with_phase
from .._api.times import api_now, epoch, seconds_old
from .._plan.checks import require_uuid

Params = dict[str, t.Any]
KINDS = {
    "instances": INSTANCES, "snapshots": SNAPSHOTS, "backups": BACKUPS, "images": IMAGES,
    "custom_images": CUSTOM_IMAGES, "machine_types": MACHINE_TYPES, "init_logs": INSTANCES,
}  # fmt: skip
# Filters other than id, name, name_pattern, status and sort, and the kinds that support them.
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
MOST_LINES = 5000  # of an init log (from the API's schema)
NEEDED = {"machine_type": "machine-type", "image": "image", "labels": "labels"}  # field that a filter needs expanded


_TEXTS: dict[str, t.Any] = {"type": "list", "elements": "str"}
INFO_SPEC: dict[str, t.Any] = {
    "kind": {"type": "str", "default": "instances", "choices": list(KINDS)},
    **{name: {"type": "str"} for name in ("id", "name", "name_pattern", "availability_zone", "machine_type", "image")},
    **{name: {"type": "str"} for name in ("instance", "older_than", "newer_than")},
    **dict.fromkeys(("state", "status", "labels", "platform", "backup_type", "sort", "expand"), _TEXTS),
    "usable": {"type": "bool"},
    "lines": {"type": "int"},
    "user_data": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 600},
}


def check_filters(params: Params) -> None:
    """Raise `Refused` for filters that are not valid for the kind.

    This needs no request.
    """
    kind = params["kind"]
    for name, kinds in FILTERS.items():
        if params.get(name) is not None and kind not in kinds:
            raise Refused(f"{name} is a filter of {', '.join(kinds)}, not of {kind}.")
    if params["user_data"] and kind != "instances":
        raise Refused("user_data can only be combined with kind: instances.")
    unknown = set(params["expand"] or []) - set(KINDS[kind].expand)
    if unknown:
        values = ", ".join(map(repr, sorted(unknown)))
        raise Refused(f"kind: {kind} has no expand value {values}; it has {', '.join(KINDS[kind].expand)}.")
    if params["id"]:
        params["id"] = require_uuid("id", params["id"])
    for option in ("older_than", "newer_than"):
        if params.get(option) is not None:
            parse_moment(option, params[option], 0)
    if kind == "init_logs":
        _check_init_logs(params)
    wrong = [order for order in params["sort"] or [] if order.partition(":")[2] not in ("", "asc", "desc")]
    if wrong:
        raise Refused(f"sort: {wrong[0]!r} is neither FIELD, nor FIELD:asc, nor FIELD:desc.")


def _check_init_logs(params: Params) -> None:
    if not params["id"] and not params["name"]:
        raise Refused("kind: init_logs needs id or name, because the logs are of one instance.")
    if params["lines"] is not None and not 1 <= params["lines"] <= MOST_LINES:
        raise Refused(f"lines is {params['lines']}; it must be 1 to {MOST_LINES}.")


def parse_moment(option: str, text: str, now: float) -> float:
    """Return the epoch of an age or a time.

    An age, such as `7d`, `12h` or `30m`, counts back from `now`; a date or time is in ISO 8601. A time without an
    offset is in UTC. Raise `Refused` if the text is neither.
    """
    age = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([dhm])", text.strip())
    if age:
        return now - float(age.group(1)) * {"d": 86400, "h": 3600, "m": 60}[age.group(2)]
    at = epoch(text) if ":" in text else epoch(f"{text.strip()}T00:00")
    if at is not None:
        return at
    raise Refused(
        f"{option} is {text!r}; it must be an age such as 7d, 12h or 30m, or a time such as 2026-11-25T12:00:00Z."
    )


def read_init_logs(client: Api, params: Params) -> list[str]:
    """Return the last lines of an instance's boot log, oldest first.

    That is the API's order. Raise `Refused` if there is no such instance, `NotInVersion` if the API version has no init
    logs.
    """
    names = [params["name"]] if params["name"] else []
    row = next(iter(find_resources(client, names, params["id"], True).values()), None)
    if row is None:
        raise Refused(f"There is no instance {params['name'] or params['id']!r}.")
    query = [("max-lines-count", str(params["lines"]))] if params["lines"] else []
    path = f"{INSTANCES.path}/{row['id']}/init-logs"
    try:
        logs = dig(client.request("GET", path, query).body, "logs")
    except ApiError as error:
        if is_route_missing(client, error):
            raise NotInVersion(f"{version_name(client)} has no init logs.") from error
        raise
    if not isinstance(logs, list) or not all(isinstance(line, str) for line in logs):
        raise ApiError("GET", path, "the response has no list of lines", 200, final=True)
    return logs


def read_rows(client: Api, params: Params) -> list[Row]:
    """Return the rows that pass the filters, sorted as asked.

    An empty result is not an error; raise `NotInVersion` if the API version does not have the kind.
    """
    resource = KINDS[params["kind"]]
    if params["expand"] is not None:
        needed = (value for option, value in NEEDED.items() if params[option] is not None)
        resource = resource._replace(
            expand=(*params["expand"], *(field for field in needed if field in resource.expand))
        )
    if params.get("instance") and not UUID.fullmatch(params["instance"]):
        named = find_resources(client, (params["instance"],), None, True)[params["instance"]]
        params = dict(params, instance=named["id"] if named else "none of this name")
    if params["id"] and resource not in (IMAGES, MACHINE_TYPES):
        row = client.get(resource, params["id"])
        # The list distinguishes a resource that does not exist from a kind that the API version does not have.
        rows = [row] if row else [] if resource.kind == "instance" else _list_rows(client, resource, params["id"])
    else:
        rows = _list_rows(client, resource, params["name"])
    if not (params["id"] or params["state"] or params["status"]):
        rows = [row for row in rows if status_class(row, resource) != GONE]
    rows = [row for row in rows if passes_filters(row, params) and _of(client, row, params)]
    _fill_labels(client, resource, rows)
    if params["kind"] == "instances":
        rows = [with_addresses(row) for row in rows]
        if not params["user_data"]:
            rows = [{key: value for key, value in row.items() if key != "user_data"} for row in rows]
    if params["kind"] != "machine_types":
        rows = [with_phase(row, resource) for row in rows]
    for order in reversed(params["sort"] or []):
        field, way = (*order.split(":"), "asc")[:2]
        rows = sorted(rows, key=_by(field), reverse=way == "desc")
    return rows


def _fill_labels(client: Api, resource: Resource, rows: list[Row]) -> None:
    """Give rows without labels an empty list, if labels were requested.

    In an API version that has labels, null in such a response means that there are none.
    """
    if resource.kind != IMAGES.kind and "labels" not in resource.expand:
        return
    bare = [row for row in rows if row.get("labels") is None and "labels" not in row.get(UNREADABLE, ())]
    if bare and _api_version(client, bare[0]) != "2024":
        for row in bare:
            row["labels"] = []


def _api_version(client: Api, row: Row) -> str | None:
    """Return the API version; after a read by id alone, the row usually shows it."""
    if client.api_version is None and "labels" not in row and dig(row, "network.interfaces") is None:
        if dig(row, "network.ports") is not None:
            return "2024"
        client.page(MACHINE_TYPES, None, 0, 1)
    return client.api_version


def _by(field: str) -> t.Callable[[Row], tuple[int, float, str]]:
    return lambda row: _sortable(dig(row, field))


def _sortable(value: t.Any) -> tuple[int, float, str]:
    """Return a sort key for a number, text, time or missing value.

    Missing values come last.
    """
    if isinstance(value, (int, float)):
        return (0, value, "")
    return (2, 0, "") if value is None else (1, epoch(value) or 0, str(value))


def _list_rows(client: Api, resource: Resource, name: str | None) -> list[Row]:
    """Return the listing. Raise `NotInVersion` if the API version does not have this kind."""
    try:
        return client.listing(resource, name)
    except ApiError as error:
        if error.status != 404:
            raise
    client.listing(MACHINE_TYPES)  # with a wrong URL this is 404 too, and that error is raised instead
    raise no_such_kind(client, resource)


def _of(client: Api, row: Row, params: Params) -> bool:
    """Return whether a row passes the filters for instance, backup type and age.

    Ages count by the API's clock if it is known. A row without an age passes no filter for age.
    """
    if params.get("instance") and not same_id(dig(row, "instance.id"), params["instance"]):
        return False
    if params.get("backup_type") is not None and row.get("backup_type") not in params["backup_type"]:
        return False
    now = api_now(client) or time.time()
    old = seconds_old(row, -math.inf, now)
    older, newer = params.get("older_than"), params.get("newer_than")
    if old == -math.inf:  # the age is unknown
        return older is None and newer is None
    born = now - old
    if older is not None and born >= parse_moment("older_than", older, now):
        return False
    return newer is None or born > parse_moment("newer_than", newer, now)


def passes_filters(row: Row, params: Params) -> bool:
    """Return whether a row passes the other filters that are given.

    A field that the response does not have passes no filter on that field.
    """
    wanted, labels = params, row.get("labels") or []
    if wanted["id"] and not same_id(row.get("id"), wanted["id"]):
        return False
    if wanted["name"] is not None and row.get("name") != wanted["name"]:
        return False
    if wanted["name_pattern"] is not None and not fnmatch.fnmatchcase(
        str(row.get("name") or ""), wanted["name_pattern"]
    ):
        return False
    if any(wanted[key] is not None and row.get(key) not in wanted[key] for key in ("state", "status", "platform")):
        return False
    if wanted["availability_zone"] and not any(
        same_zone(wanted["availability_zone"], zone) for zone in _row_zones(row)
    ):
        return False
    if any(
        wanted[key] is not None and not same_reference(wanted[key], row.get(key)) for key in ("machine_type", "image")
    ):
        return False
    if wanted["usable"] is not None and (row.get("status") in USABLE) != wanted["usable"]:
        return False
    return all(label in labels for label in wanted["labels"] or [])


def _row_zones(row: Row) -> list[str]:
    """Return the zones of an instance, an image or a machine type.

    An instance has one zone; an image or a machine type can be offered in several.
    """
    return [row["availability_zone"]] if row.get("availability_zone") else row.get("availability_zones") or []
