# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The routes of snapshots, backups and custom images."""

# Annotations are evaluated at once here, since FastAPI reads them.

from types import ModuleType
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from . import copies, images, rows, schemas, schemas_2024, schemas_2026
from .kinds import BACKUP, CUSTOM_IMAGE, SNAPSHOT
from .lists import Page, parse_expand
from .routes import add_interface
from .shared import (
    EXPAND,
    HUGE,
    OTHERS,
    REFUSALS,
    TENANT,
    Expand,
    Here,
    answer,
    answer_nothing,
    answer_page,
    body_of,
    paging,
)

SNAPSHOT_EXPAND = ("image", "machine-type", "machine-types")


def snapshot_routes(s: ModuleType, new: bool, copied: bool) -> APIRouter:
    router = APIRouter(prefix="/v1/snapshots", tags=["snapshots"], dependencies=TENANT, responses=REFUSALS | OTHERS)
    pages = paging(200 if new else 50, 1000 if new else HUGE, "created_at:asc", named=new)

    @router.get("", response_model=s.ListSnapshotResponseV1, summary="Lists all snapshots.")
    async def list_snapshots_v1(here: Here, page: Page = pages, expand: Expand = EXPAND) -> Response:
        values = parse_expand(here, expand, SNAPSHOT_EXPAND)
        return answer_page(here, SNAPSHOT, page, "snapshots",
                           lambda resource, fields: rows.snapshot_row(here, resource, fields, values))  # fmt: skip

    @router.post("", status_code=202, response_model=schemas.CreateResponse, summary="Create a snapshot.")
    async def snapshot_create_v1(here: Here, body: schemas.SnapshotCreateRequestV1) -> Response:
        return answer({"id": copies.create(here, SNAPSHOT, body.name, body.instance.model_dump())}, 202)

    @router.get("/{id}", response_model=s.SnapshotResponseV1, summary="Retrieve the details of an snapshot.")
    async def snapshot_details_v1(here: Here, id: str, expand: Expand = EXPAND) -> Response:
        resource, fields = here.read(SNAPSHOT, id)
        return answer(rows.snapshot_row(here, resource, fields, parse_expand(here, expand, SNAPSHOT_EXPAND)))

    @router.post("/{id}", status_code=202, response_model=schemas.CreateResponse, summary="Restore a snapshot.")
    @body_of(s.SnapshotRestoreRequestV1Default)
    async def restore_snapshot_v1(here: Here, request: Request, id: str, body: BaseModel) -> Response:
        sent = add_interface(request, body.model_dump(exclude_unset=True))
        sent.setdefault("availability_zone", body.model_dump()["availability_zone"])
        return answer({"id": copies.restore(here, SNAPSHOT, id, sent)}, 202)

    @router.delete("/{id}", status_code=204, summary="Delete a Snapshot.")
    async def snapshots_delete(here: Here, id: UUID) -> Response:
        copies.delete(here, SNAPSHOT, str(id))
        return answer_nothing()

    @router.patch("/{id}/rename", status_code=204, summary="Renames a snapshot.")
    async def rename_snapshot(here: Here, id: str, body: schemas.SnapshotRenameRequest) -> Response:
        copies.rename(here, SNAPSHOT, id, body.name)
        return answer_nothing()

    if copied:

        @router.post("/{id}/copy", status_code=204, summary="Copy a snapshot to another region.")
        async def copy_snapshot_region(here: Here, id: UUID, body: schemas_2026.SnapshotCopyRequest) -> Response:
            copies.copy(here, SNAPSHOT, str(id), body.destination_region)
            return answer_nothing()

    return router


def backup_routes() -> APIRouter:
    router = APIRouter(prefix="/v1/backups", tags=["backups"], dependencies=TENANT, responses=REFUSALS | OTHERS)
    pages = paging(50, HUGE, "created_at:asc", named=False)

    @router.get("", response_model=schemas_2024.ListBackupResponse, summary="Lists all backups in the current tenant.")
    async def list_backups(here: Here, page: Page = pages, expand: Expand = EXPAND) -> Response:
        values = parse_expand(here, expand, ("instance",))
        return answer_page(here, BACKUP, page, "backups",
                           lambda resource, fields: rows.backup_row(here, resource, fields, values))  # fmt: skip

    @router.post("", status_code=202, response_model=schemas.CreateResponse, summary="Create a backup.")
    async def create_backup(here: Here, body: schemas_2024.BackupRequest) -> Response:
        return answer({"id": copies.create(here, BACKUP, body.name, body.instance.model_dump())}, 202)

    @router.get("/{id}", response_model=schemas_2024.BackupResponse, summary="Retrieve the details of a backup.")
    async def details_backup(here: Here, id: str, expand: Expand = EXPAND) -> Response:
        resource, fields = here.read(BACKUP, id)
        return answer(rows.backup_row(here, resource, fields, parse_expand(here, expand, ("instance",))))

    @router.delete("/{id}", status_code=204, summary="Delete a backup.")
    async def delete_backup(here: Here, id: UUID) -> Response:
        copies.delete(here, BACKUP, str(id))
        return answer_nothing()

    @router.post("/{id}/copy", status_code=204, summary="Copy a backup to another region.")
    async def copy_backup_region(here: Here, id: UUID, body: schemas_2024.BackupCopyRequest) -> Response:
        copies.copy(here, BACKUP, str(id), body.region)
        return answer_nothing()

    @router.patch("/{id}/rename", status_code=204, summary="Renames a backup")
    async def rename_backup(here: Here, id: str, body: schemas_2024.BackupRenameRequest) -> Response:
        copies.rename(here, BACKUP, id, body.name)
        return answer_nothing()

    @router.post("/{id}/restore", status_code=202, response_model=schemas.CreateResponse, summary="Restore a backup.")
    async def restore_backup(
        here: Here, request: Request, id: UUID, body: schemas_2024.BackupRestoreRequestDefault
    ) -> Response:
        sent = add_interface(request, body.model_dump(exclude_unset=True))
        return answer({"id": copies.restore(here, BACKUP, str(id), sent)}, 202)

    return router


def custom_image_routes() -> APIRouter:
    router = APIRouter(prefix="/v1/images/custom", tags=["images"], dependencies=TENANT, responses=OTHERS)
    pages = paging(50, HUGE, "platform:asc,end_life_at:desc", named=True)

    @router.get("", response_model=schemas_2026.ListCustomImageResponse, summary="Retrieves all custom images.")
    async def list_images_custom(here: Here, page: Page = pages) -> Response:
        return answer_page(here, CUSTOM_IMAGE, page, "images",
                           lambda resource, fields: rows.custom_image_row(here, resource, fields),
                           optional=True)  # fmt: skip

    @router.post("", status_code=202, response_model=schemas_2026.ImageResponseV1, summary="Import a custom image.")
    async def create_custom_image(here: Here, body: schemas_2026.CreateCustomImageRequest) -> Response:
        return answer({"id": images.create(here, body.model_dump(exclude_unset=True))}, 202)

    @router.get("/{id}", response_model=schemas_2026.GetCustomImageResponse, summary="Retrieve a custom image.")
    async def get_custom_image_by_id(here: Here, id: str) -> Response:
        return answer(rows.custom_image_row(here, *here.read(CUSTOM_IMAGE, id)))

    @router.delete("/{id}", status_code=204, summary="Delete a custom image.")
    async def delete_image_custom(here: Here, id: UUID) -> Response:
        images.delete(here, str(id))
        return answer_nothing()

    @router.patch("/{id}", status_code=204, summary="Change a custom image.")
    async def patch_image_custom(here: Here, id: UUID, body: schemas_2026.PatchCustomImageRequest) -> Response:
        images.patch(here, str(id), body.model_dump(exclude_unset=True))
        return answer_nothing()

    return router
