# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all routes share: parameters, refusals, the form of an answer."""

# Annotations are evaluated at once here: FastAPI reads them.

import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request, Response

from . import schemas
from .cloud import Region
from .lists import Page, cut
from .resource import Fields, Resource

HUGE = 2147483647
SORT = r"^(^[\w-]+:(asc|desc)(,[\w-]+:(asc|desc))*)?$"
OTHERS: dict[int | str, dict[str, Any]] = {
    422: {"model": schemas.HTTPValidationError, "description": "Validation Error"},
    "default": {"model": schemas.ExceptionModel | schemas.ErrorMessageV1 | schemas.HTTPValidationError,
                "description": "Any other refusal"},
}  # fmt: skip
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": schemas.ExceptionModel, "description": text}
    for status, text in ((400, "Bad Request"), (404, "Not Found"), (409, "Conflict"), (500, "Internal Server Error"))
}


async def tenant(x_tenant_id: Annotated[str, Header()]) -> None:
    """The service insists on it; the gateway before it derives it from the key, and adds it."""


async def here(request: Request) -> Region:
    region: Region = request.scope["simulator.region"]
    return region


TENANT = [Depends(tenant)]
Here = Annotated[Region, Depends(here)]
Expand = list[str]
EXPAND: Any = Query(default=[])
ApiVersion = Annotated[str | None, Header()]


def answer(value: Any, status: int = 200) -> Response:
    """JSON without a second look at it: no model is run over it, the tests do that."""
    return Response(json.dumps(value, separators=(",", ":")), status, media_type="application/json")


def done() -> Response:
    return Response(status_code=204)


def paging(limit: int, most: int, sort: str, named: bool, zoned: bool = False) -> Any:
    """The parameters of one list, as a dependency."""
    Limit = Annotated[int, Query(alias="_limit", gt=0, le=most)]
    Offset = Annotated[int, Query(alias="_offset", ge=0, le=HUGE)]
    Sort = Annotated[str, Query(alias="_sort", pattern=SORT)]

    async def plain(limit: Limit = limit, offset: Offset = 0, sort: Sort = sort) -> Page:
        return Page(limit, offset, sort)

    async def by_name(limit: Limit = limit, offset: Offset = 0, sort: Sort = sort, name: str | None = None) -> Page:
        return Page(limit, offset, sort, name)

    async def by_zone(limit: Limit = limit, offset: Offset = 0, sort: Sort = sort, name: str | None = None,
                      zone: Annotated[str | None, Query(alias="availability-zone")] = None) -> Page:  # fmt: skip
        return Page(limit, offset, sort, name, zone)

    return Annotated[Page, Depends(by_zone if zoned else by_name if named else plain)]


def listing(region: Region, kind: str, page: Page, key: str, row: Callable[[Resource, Fields], Fields]) -> Response:
    """A page of resources; rows are only built for those on it."""
    found = [(resource.id, fields) for resource, fields in region.listed(kind)]
    shown, meta = cut(region, page, found)
    resources = region.resources[kind]
    return answer({key: [row(resources[identifier], fields) for identifier, fields in shown], **meta})
