# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parameters, refusals and responses that all routes share."""

# Annotations are evaluated at once here: FastAPI reads them.

import json
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel

from . import schemas
from .cloud import Region
from .kinds import F, Fields, Kind
from .lists import Page, cut_page
from .resource import Resource

Route = TypeVar("Route", bound=Callable[..., Any])
Responses = dict[int | str, dict[str, Any]]
HUGE = 2147483647
SORT = r"^(^[\w-]+:(asc|desc)(,[\w-]+:(asc|desc))*)?$"
OTHERS: Responses = {
    422: {"model": schemas.HTTPValidationError, "description": "Validation Error"},
    "default": {"model": schemas.ExceptionModel | schemas.ErrorMessageV1 | schemas.HTTPValidationError,
                "description": "Any other refusal"},
}  # fmt: skip
REFUSALS: Responses = {
    status: {"model": schemas.ExceptionModel, "description": text}
    for status, text in ((400, "Bad Request"), (404, "Not Found"), (409, "Conflict"), (500, "Internal Server Error"))
}


async def require_tenant(x_tenant_id: Annotated[str, Header()]) -> None:
    """Refuse a request without the tenant, which the gateway adds by the key."""


async def find_region(request: Request) -> Region:
    region: Region = request.scope["simulator.region"]
    return region


TENANT = [Depends(require_tenant)]
Here = Annotated[Region, Depends(find_region)]
Expand = list[str]
EXPAND: Any = Query(default=[])


def answer(value: Any, status: int = 200) -> Response:
    """Return a JSON response, which only tests and the switch validate check."""
    return Response(json.dumps(value, separators=(",", ":")), status, media_type="application/json")


def answer_nothing() -> Response:
    return Response(status_code=204)


def paging(limit: int, most: int, sort: str, named: bool, zoned: bool = False) -> Any:
    """Return the dependency that reads the parameters of a list."""
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

    return Depends(by_zone if zoned else by_name if named else plain)


def body_of(model: type[BaseModel]) -> Callable[[Route], Route]:
    """Give the parameter `body` of a route a model that depends on the API version."""

    def annotate(route: Route) -> Route:
        route.__annotations__["body"] = model
        return route

    return annotate


def answer_page(
    region: Region, kind: Kind[F], page: Page, key: str, row: Callable[[Resource[F], F], Fields], optional: bool = False
) -> Response:
    """Return a page of resources; only the rows of that page are built.

    With `optional`, a response without rows may lack the key.
    """
    shown, meta = cut_page(region, page, region.list_shown(kind))
    rows = [row(resource, fields) for resource, fields in shown]
    left_out = optional and not rows and region.settings.nulls == "omitted"
    return answer({**({} if left_out else {key: rows}), **meta})
