# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists: the parameters that all take, and how rows are filtered, sorted and cut into pages."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from fastapi.exceptions import RequestValidationError

from .cloud import Region
from .resource import Fields, Refused

# What _sort takes beside the fields that every resource has.
SORTABLE = {"id", "name", "status", "state", "created_at", "updated_at", "availability_zone", "size", "platform",
            "end_life_at", "release_at", "version", "vcpus", "ram", "disk", "gpu"}  # fmt: skip


class Page(NamedTuple):
    limit: int
    offset: int
    sort: str
    name: str | None = None
    zone: str | None = None


def invalid(name: str, message: str, kind: str = "value_error") -> RequestValidationError:
    return RequestValidationError([{"loc": ("query", name), "msg": message, "type": kind}])


@functools.lru_cache(256)
def orders(sort: str) -> tuple[tuple[str, bool], ...]:
    pairs = (order.split(":") for order in sort.split(",") if order)
    return tuple((field, direction == "desc") for field, direction in pairs)


def sort_key(field: str) -> Callable[[tuple[str, Fields]], Any]:
    if field == "id":
        return lambda pair: pair[0]
    return lambda pair: ((value := pair[1].get(field)) is not None, value)


def cut(region: Region, page: Page, found: Iterable[tuple[str, Fields]]) -> tuple[list[tuple[str, Fields]], Fields]:
    """One page of (id, fields), and the part of the answer that says which page it is."""
    for field, descending in orders(page.sort):
        if field not in SORTABLE or (field == "id" and not region.settings.sort_by_id):
            raise invalid("_sort", f"cannot sort by {field}")
    rows = [pair for pair in found if page.name is None or pair[1]["name"] == page.name]
    if region.settings.shuffle_ties:
        random.shuffle(rows)
    for field, descending in reversed(orders(page.sort)):
        rows.sort(key=sort_key(field), reverse=descending)
    limit = min(page.limit, region.settings.page_limit or page.limit)
    shown = list(itertools.islice(rows, page.offset, page.offset + limit))
    if region.edition == "2024-08":
        return shown, {}
    where = {"limit": limit, "offset": page.offset, "count": len(shown), "total": len(rows)}
    return shown, {"meta": {"page": where}}


def expansions(region: Region, given: list[str], known: tuple[str, ...]) -> set[str]:
    """The values of expand: repeated, or joined by commas; unknown ones count for nothing."""
    values = {value for item in given for value in item.split(",") if value}
    allowed = set(known) | ({"labels"} if region.edition != "2024-08" else set())
    if region.settings.strict_expand and (unknown := values - allowed):
        raise Refused(400, "expand.invalid", f"expand does not take {', '.join(sorted(unknown))}")
    return values & allowed
