# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The routes of instances, machine types and images."""

# Annotations are evaluated at once here, since FastAPI reads them.

from types import ModuleType
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel

from . import catalog, instances, rows, schemas, schemas_2026
from .kinds import INSTANCE, Fields
from .lists import Page, cut_page, parse_expand
from .shared import (
    EXPAND,
    HUGE,
    OTHERS,
    REFUSALS,
    TENANT,
    Expand,
    Here,
    Responses,
    answer,
    answer_nothing,
    answer_page,
    body_of,
    paging,
)

INSTANCE_EXPAND = ("image", "machine-type", "machine-types", "network")


def make_router(responses: Responses) -> APIRouter:
    return APIRouter(prefix="/v1/instances", tags=["instances"], dependencies=TENANT, responses=responses)


def instance_routes(s: ModuleType, new: bool) -> APIRouter:
    routes = APIRouter()
    routes.include_router(power_routes())
    if new:
        routes.include_router(reading_routes())
    routes.include_router(creation_routes(s, new))
    routes.include_router(change_routes())
    return routes


def creation_routes(s: ModuleType, new: bool) -> APIRouter:
    """Return the routes that depend on the API version: list, get and create."""
    router = make_router(REFUSALS | OTHERS)
    pages = paging(50, 1000 if new else HUGE, "created_at:asc", named=new)
    api_version = Depends(read_api_version if new else ignore_api_version)

    @router.get("", response_model=s.ListInstanceV1Response, summary="List all instances.")
    async def list_instances_v1(
        here: Here, page: Page = pages, expand: Expand = EXPAND, version: str | None = api_version
    ) -> Response:
        values = parse_expand(here, expand, INSTANCE_EXPAND)
        return answer_page(
            here, INSTANCE, page, "instances",
            lambda resource, fields: rows.instance_row(here, resource, fields, values, version),
        )  # fmt: skip

    @router.get("/{id}", response_model=s.InstanceV1Response, summary="Retrieve the details of an instance.")
    async def instance_details_v1(
        here: Here, id: str, expand: Expand = EXPAND, version: str | None = api_version
    ) -> Response:
        resource, fields = here.read(INSTANCE, id)
        values = parse_expand(here, expand, INSTANCE_EXPAND)
        return answer(rows.instance_row(here, resource, fields, values, version))

    @router.post("", status_code=201, response_model=schemas.CreateResponse, summary="Create an instance.")
    @body_of(s.InstanceCreateRequestV1Default)
    async def instance_create_v1(here: Here, request: Request, body: BaseModel) -> Response:
        sent = add_interface(request, body.model_dump(exclude_unset=True))
        return answer({"id": instances.create(here, sent)}, 201)

    return router


async def read_api_version(x_api_version: Annotated[str | None, Header()] = None) -> str | None:
    return x_api_version


async def ignore_api_version() -> None:
    """Stand for the header in the API versions that do not have it."""


def add_interface(request: Request, body: Fields) -> Fields:
    """Give a body all sent keys of its interface.

    The model is a union, and keeps the keys of one alternative only.
    """
    whole = request.scope["simulator.body"]  # a text if it cannot be written as JSON again
    sent = (whole.get("network") if isinstance(whole, dict) else None) or {}
    if isinstance(sent.get("interface"), dict) and body.get("network"):
        body["network"]["interface"] = sent["interface"]
    return body


def power_routes() -> APIRouter:
    router = make_router(OTHERS)

    @router.post("/{id}/start", status_code=204, summary="Starts an instance.")
    async def start_instance(here: Here, id: UUID) -> Response:
        instances.act(here, str(id), "start")
        return answer_nothing()

    @router.post("/{id}/stop", status_code=204, summary="Stops an instance.")
    async def stop_instance(here: Here, id: UUID) -> Response:
        instances.act(here, str(id), "stop")
        return answer_nothing()

    @router.post("/{id}/suspend", status_code=204, summary="Suspends instance.")
    async def suspend_instance(here: Here, id: UUID) -> Response:
        instances.act(here, str(id), "suspend")
        return answer_nothing()

    @router.post("/{id}/reboot", status_code=204, summary="Reboot an instance.")
    async def reboot_instance(here: Here, id: UUID) -> Response:
        instances.act(here, str(id), "reboot")
        return answer_nothing()

    return router


def reading_routes() -> APIRouter:
    """Return the routes that only API version 2026-08 has."""
    router = make_router(OTHERS)

    @router.get("/config/{id}/first-windows-password", response_model=schemas_2026.InstanceAccess,
                summary="Retrieve the first Windows password, once.")  # fmt: skip
    async def view_instance_access(here: Here, id: UUID) -> Response:
        return answer({"instance": instances.read_windows_password(here, str(id))})

    @router.get("/{id}/init-logs", response_model=schemas_2026.LogsOutputResponse,
                summary="Retrieve the init logs.")  # fmt: skip
    async def get_instance_console_logs(
        here: Here, id: str, lines: Annotated[int, Query(alias="max-lines-count", gt=0, le=5000)] = 50
    ) -> Response:
        return answer({"logs": instances.read_init_logs(here, id, lines)})

    return router


def change_routes() -> APIRouter:
    router = make_router(REFUSALS | OTHERS)

    @router.post("/network-interface/attach", status_code=204, summary="Attach network interface to an instance.")
    async def instance_attach_port(here: Here, body: schemas.NICRequest) -> Response:
        instances.attach(here, body.instance.model_dump(), body.network.interface.id)
        return answer_nothing()

    @router.post("/network-interface/detach", status_code=204,
                 summary="Detach a non primary network interface from an instance.")  # fmt: skip
    async def instance_detach_port(here: Here, body: schemas.NICRequest) -> Response:
        instances.detach(here, body.instance.model_dump(), body.network.interface.id)
        return answer_nothing()

    @router.delete("/{id}", status_code=204, summary="Delete an instance.")
    async def instance_delete_v1(here: Here, id: UUID, delete_public_ip: bool = False) -> Response:
        instances.delete(here, str(id), delete_public_ip)
        return answer_nothing()

    @router.post("/{id}/retype", status_code=204, summary="Changes an instance machine-type.")
    async def retype_instance(here: Here, id: UUID, body: schemas.InstanceRetypeRequest) -> Response:
        instances.retype(here, str(id), body.machine_type.model_dump())
        return answer_nothing()

    @router.patch("/{id}/rename", status_code=204, summary="Renames an instance.")
    async def update_instance_name(here: Here, id: str, body: schemas.IntanceUpdateRequest) -> Response:
        instances.rename(here, id, body.name)
        return answer_nothing()

    return router


def catalog_routes(s: ModuleType, new: bool) -> APIRouter:
    router = APIRouter(prefix="/v1", dependencies=TENANT if new else [], responses=OTHERS)
    image_pages = paging(50, HUGE, "platform:asc,end_life_at:desc", named=new, zoned=new)
    type_pages = paging(200 if new else 50, 1000 if new else HUGE, "created_at:asc", named=new, zoned=new)

    @router.get("/images", tags=["images"], response_model=s.ListImageExternalV1, summary="Retrieves all images.")
    async def list_images_v1(here: Here, page: Page = image_pages) -> Response:
        found = [
            (image, image._asdict())
            for image in catalog.IMAGES
            if (zones := here.list_zones(image)) and page.zone in (None, *zones)
        ]
        shown, meta = cut_page(here, page, found)
        return answer({"images": [rows.catalog_image_row(here, fields) for _image, fields in shown], **meta})

    @router.get("/machine-types", tags=["machine-types"], response_model=s.InstanceTypesV1ListResponse,
                summary="Retrieves all machine-types.")  # fmt: skip
    async def list_instance_types_v1(here: Here, page: Page = type_pages) -> Response:
        return answer_types(here, page, "machine_types")

    if new:

        @router.get("/instance-types", tags=["instance-types"], response_model=s.PaginateInstanceTypesV1ListResponseCli,
                    summary="Retrieves all instance types.")  # fmt: skip
        async def list_instance_types_v1_cli(here: Here, page: Page = type_pages) -> Response:
            return answer_types(here, page, "instance_types")

    return router


def answer_types(here: Here, page: Page, key: str) -> Response:
    """Return the response with a page of machine types."""
    offered = [kind for kind in catalog.MACHINE_TYPES if here.list_zones(kind)]
    found = [(kind, kind._asdict()) for kind in offered if page.zone is None or page.zone in here.list_zones(kind)]
    shown, meta = cut_page(here, page, found)
    made = [rows.machine_type_row(here, kind, sku=key == "machine_types") for kind, _fields in shown]
    return answer({key: made, **meta})
