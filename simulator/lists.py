# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists: their parameters, and the rows of a page: filtered, sorted and cut."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

from fastapi.exceptions import RequestValidationError

from .cloud import Region
from .kinds import Fields
from .resource import Refused

# The fields that _sort accepts.
SORTABLE = {"id", "name", "status", "state", "created_at", "updated_at", "availability_zone", "size", "platform",
            "end_life_at", "release_at", "version", "vcpus", "ram", "disk", "gpu"}  # fmt: skip


class Identified(Protocol):
    """A resource, a machine type or an image."""

    @property
    def id(self) -> str:
        """Return its id."""


Item = TypeVar("Item", bound=Identified)
Row = TypeVar("Row", bound=Mapping[str, Any])


class Page(NamedTuple):
    """The parameters of a list."""

    limit: int
    offset: int
    sort: str
    name: str | None = None
    zone: str | None = None


def invalid_parameter(name: str, message: str, kind: str = "value_error") -> RequestValidationError:
    return RequestValidationError([{"loc": ("query", name), "msg": message, "type": kind}])


@functools.lru_cache(256)
def parse_sort(sort: str) -> tuple[tuple[str, bool], ...]:
    pairs = (order.split(":") for order in sort.split(",") if order)
    return tuple((field, direction == "desc") for field, direction in pairs)


def sort_key(field: str) -> Callable[[tuple[Identified, Mapping[str, Any]]], Any]:
    if field == "id":
        return lambda pair: pair[0].id
    return lambda pair: ((value := pair[1].get(field)) is not None, value)


def cut_page(region: Region, page: Page, found: list[tuple[Item, Row]]) -> tuple[list[tuple[Item, Row]], Fields]:
    """Return the items of a page with their fields, and the part of the response that describes the page."""
    for field, _descending in parse_sort(page.sort):
        if field not in SORTABLE or (field == "id" and not region.settings.sort_by_id):
            raise invalid_parameter("_sort", f"cannot sort by {field}")
    rows = found if page.name is None else [pair for pair in found if pair[1]["name"] == page.name]
    if region.settings.shuffle_ties:
        random.shuffle(rows)
    for field, descending in reversed(parse_sort(page.sort)):
        rows.sort(key=sort_key(field), reverse=descending)
    limit = min(page.limit, region.settings.page_limit or page.limit)
    shown = list(itertools.islice(rows, page.offset, page.offset + limit))
    if region.edition != "2026-08":
        return shown, {}
    where = {"limit": limit, "offset": page.offset, "count": len(shown), "total": len(rows)}
    return shown, {"meta": {"page": where}}


def parse_expand(region: Region, given: list[str], known: tuple[str, ...]) -> set[str]:
    """Return the known values of expand, which may be repeated or joined by commas."""
    values = {value for item in given for value in item.split(",") if value}
    allowed = set(known) | ({"labels"} if region.edition != "2024-08" else set())
    if region.settings.strict_expand and (unknown := values - allowed):
        raise Refused(400, "expand.invalid", f"expand does not take {', '.join(sorted(unknown))}")
    return set() if region.settings.ignore_expand else values & allowed
