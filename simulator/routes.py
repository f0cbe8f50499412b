# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The routes of instances, machine types and images."""

# Annotations are evaluated at once here: FastAPI reads them, and the models differ by edition.

from types import ModuleType
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from . import catalog, instances, rows, schemas
from .lists import Page, cut, expansions
from .resource import Fields
from .shared import EXPAND, HUGE, OTHERS, REFUSALS, TENANT, ApiVersion, Expand, Here, answer, done, listing, paging

INSTANCE_EXPAND = ("image", "machine-type", "machine-types", "network")


def instance_routes(s: ModuleType, new: bool) -> APIRouter:
    router = APIRouter(prefix="/v1/instances", tags=["instances"], dependencies=TENANT, responses=REFUSALS | OTHERS)
    plain = APIRouter(prefix="/v1/instances", tags=["instances"], dependencies=TENANT, responses=OTHERS)
    Paging = paging(50, 1000 if new else HUGE, "created_at:asc", named=new)

    def page_of(here: Here, page: Page, expand: list[str], version: str | None) -> Response:
        wanted = expansions(here, expand, INSTANCE_EXPAND)
        return listing(here, "instance", page, "instances",
                       lambda resource, fields: rows.instance_row(here, resource, fields, wanted, version))  # fmt: skip

    def one(here: Here, id: str, expand: list[str], version: str | None) -> Response:
        resource, fields = here.read("instance", id)
        return answer(rows.instance_row(here, resource, fields, expansions(here, expand, INSTANCE_EXPAND), version))

    if new:

        @router.get("", response_model=s.ListInstanceV1Response, summary="List all instances.")
        async def list_instances_v1(here: Here, page: Paging, expand: Expand = EXPAND,
                                    x_api_version: ApiVersion = None) -> Response:  # fmt: skip
            return page_of(here, page, expand, x_api_version)

        @router.get("/{id}", response_model=s.InstanceV1Response, summary="Retrieve the details of an instance.")
        async def instance_details_v1(here: Here, id: str, expand: Expand = EXPAND,
                                      x_api_version: ApiVersion = None) -> Response:  # fmt: skip
            return one(here, id, expand, x_api_version)

    else:

        @router.get("", response_model=s.ListInstanceV1Response, summary="List all instances.")
        async def list_instances_v1(here: Here, page: Paging, expand: Expand = EXPAND) -> Response:
            return page_of(here, page, expand, None)

        @router.get("/{id}", response_model=s.InstanceV1Response, summary="Retrieve the details of an instance.")
        async def instance_details_v1(here: Here, id: str, expand: Expand = EXPAND) -> Response:
            return one(here, id, expand, None)

    @router.post("", status_code=201, response_model=schemas.CreateResponse, summary="Create an instance.")
    async def instance_create_v1(here: Here, request: Request, body: s.InstanceCreateRequestV1Default) -> Response:
        return answer({"id": instances.create(here, wanted(request, body.model_dump(exclude_unset=True)))}, 201)

    @router.post("/network-interface/attach", status_code=204, summary="Attach network interface to an instance.")
    async def instance_attach_port(here: Here, body: schemas.NICRequest) -> Response:
        instances.attach(here, body.instance.model_dump(), body.network.interface.id)
        return done()

    @router.post("/network-interface/detach", status_code=204,
                 summary="Detach a non primary network interface from an instance.")  # fmt: skip
    async def instance_detach_port(here: Here, body: schemas.NICRequest) -> Response:
        instances.detach(here, body.instance.model_dump(), body.network.interface.id)
        return done()

    @router.delete("/{id}", status_code=204, summary="Delete an instance.")
    async def instance_delete_v1(here: Here, id: UUID, delete_public_ip: bool = False) -> Response:
        instances.delete(here, str(id), delete_public_ip)
        return done()

    @plain.post("/{id}/start", status_code=204, summary="Starts an instance.")
    async def start_instance(here: Here, id: UUID) -> Response:
        instances.act(here, str(id), "start")
        return done()

    @plain.post("/{id}/stop", status_code=204, summary="Stops an instance.")
    async def stop_instance(here: Here, id: UUID) -> Response:
        instances.act(here, str(id), "stop")
        return done()

    @plain.post("/{id}/suspend", status_code=204, summary="Suspends instance.")
    async def suspend_instance(here: Here, id: UUID) -> Response:
        instances.act(here, str(id), "suspend")
        return done()

    @plain.post("/{id}/reboot", status_code=204, summary="Reboot an instance.")
    async def reboot_instance(here: Here, id: UUID) -> Response:
        instances.act(here, str(id), "reboot")
        return done()

    @router.post("/{id}/retype", status_code=204, summary="Changes an instance machine-type.")
    async def retype_instance(here: Here, id: UUID, body: schemas.InstanceRetypeRequest) -> Response:
        instances.retype(here, str(id), body.machine_type.model_dump())
        return done()

    @router.patch("/{id}/rename", status_code=204, summary="Renames an instance.")
    async def update_instance_name(here: Here, id: str, body: schemas.IntanceUpdateRequest) -> Response:
        instances.rename(here, id, body.name)
        return done()

    if new:

        @plain.get("/config/{id}/first-windows-password", response_model=s.InstanceAccess,
                   summary="Retrieve the first Windows password, once.")  # fmt: skip
        async def view_instance_access(here: Here, id: UUID) -> Response:
            return answer({"instance": instances.windows_password(here, str(id))})

        @plain.get("/{id}/init-logs", response_model=s.LogsOutputResponse, summary="Retrieve the init logs.")
        async def get_instance_console_logs(
            here: Here, id: str, lines: Annotated[int, Query(alias="max-lines-count", gt=0, le=5000)] = 50
        ) -> Response:
            return answer({"logs": instances.init_logs(here, id, lines)})

    both = APIRouter()
    both.include_router(plain)
    both.include_router(router)
    return both


def wanted(request: Request, body: Fields) -> Fields:
    """What was asked for, with all keys of the interface: its model is a union, which keeps one branch's only."""
    sent = request.scope["simulator.body"].get("network") or {}
    if isinstance(sent.get("interface"), dict) and body.get("network"):
        body["network"]["interface"] = sent["interface"]
    return body


def catalog_routes(s: ModuleType, new: bool) -> APIRouter:
    router = APIRouter(prefix="/v1", dependencies=TENANT if new else [], responses=OTHERS)
    ImagePaging = paging(50, HUGE, "platform:asc,end_life_at:desc", named=new, zoned=new)
    TypePaging = paging(200 if new else 50, 1000 if new else HUGE, "created_at:asc", named=new, zoned=new)

    @router.get("/images", tags=["images"], response_model=s.ListImageExternalV1, summary="Retrieves all images.")
    async def list_images_v1(here: Here, page: ImagePaging) -> Response:
        found = [(image.id, image._asdict()) for image in catalog.IMAGES if page.zone in (None, *here.zones)]
        shown, meta = cut(here, page, found)
        return answer({"images": [rows.catalog_image_row(here, fields) for identifier, fields in shown], **meta})

    def types(here: Here, page: Page, key: str) -> Response:
        offered = [kind for kind in catalog.MACHINE_TYPES if here.offers(kind)]
        found = [(kind.id, kind._asdict()) for kind in offered if page.zone is None or page.zone in here.offers(kind)]
        shown, meta = cut(here, page, found)
        made = [rows.machine_type_row(here, catalog.TYPES_BY_ID[identifier], sku=key == "machine_types")
                for identifier, fields in shown]  # fmt: skip
        return answer({key: made, **meta})

    @router.get("/machine-types", tags=["machine-types"], response_model=s.InstanceTypesV1ListResponse,
                summary="Retrieves all machine-types.")  # fmt: skip
    async def list_instance_types_v1(here: Here, page: TypePaging) -> Response:
        return types(here, page, "machine_types")

    if new:

        @router.get("/instance-types", tags=["instance-types"], response_model=s.PaginateInstanceTypesV1ListResponseCli,
                    summary="Retrieves all instance types.")  # fmt: skip
        async def list_instance_types_v1_cli(here: Here, page: TypePaging) -> Response:
            return types(here, page, "instance_types")

    return router
