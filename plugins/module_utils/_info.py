# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What `vm_info` reads: a complete list, filtered and sorted here, so that every edition gives the same."""

from __future__ import annotations

import fnmatch
import typing as t

from ._api import BACKUPS, IMAGES, INSTANCES, MACHINE_TYPES, SNAPSHOTS, Refused, Resource, Row, dig
from ._checks import require_uuid
from ._client import ApiError, Client
from ._read import same_reference, with_addresses

Params = dict[str, t.Any]

KINDS = {
    "instances": INSTANCES, "snapshots": SNAPSHOTS, "backups": BACKUPS, "images": IMAGES,
    "machine_types": MACHINE_TYPES,
}  # fmt: skip
# Filters beside id, name, name_pattern, status and sort, and the kinds that have them.
FILTERS = {
    "state": ("instances", "snapshots", "backups"),
    "availability_zone": ("instances", "images", "machine_types"),
    "machine_type": ("instances",),
    "image": ("instances",),
    "labels": ("instances", "images"),
    "platform": ("images",),
    "usable": ("images", "machine_types"),
    "expand": ("instances", "snapshots", "backups"),
}
USABLE = ("active", "deprecated")


def check(params: Params) -> None:
    """Refuses filters that the kind does not have, before any request."""
    kind = params["kind"]
    for name, kinds in FILTERS.items():
        if params[name] is not None and kind not in kinds:
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
    for order in params["sort"] or []:
        if order.partition(":")[2] not in ("", "asc", "desc"):
            raise Refused(f"sort: {order!r} is neither FIELD, nor FIELD:asc, nor FIELD:desc.")


def read(client: Client, params: Params) -> list[Row]:
    """The rows that the filters leave, in the order asked for. None is no error, an edition without the kind is."""
    resource = KINDS[params["kind"]]
    if params["expand"] is not None:
        resource = resource._replace(expand=tuple(params["expand"]))
    if params["id"] and resource not in (IMAGES, MACHINE_TYPES):
        row = client.get(resource, params["id"])
        # Its list tells a kind that this edition does not have from one that is not there.
        rows = [row] if row else [] if resource.kind == "instance" else _listed(client, resource, params["id"])
    else:
        rows = _listed(client, resource, params["name"])
    rows = [row for row in rows if matches(row, params)]
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


def matches(row: Row, params: Params) -> bool:
    """Whether a row passes all filters that are given. What the answer does not tell passes no filter for it."""
    wanted, labels = params, row.get("labels") or []
    if wanted["id"] and row.get("id") != wanted["id"]:
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
