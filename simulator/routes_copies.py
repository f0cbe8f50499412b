# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The routes of snapshots, backups and custom images."""

# Annotations are evaluated at once here: FastAPI reads them, and the models differ by edition.

from types import ModuleType
from uuid import UUID

from fastapi import APIRouter, Request, Response

from . import copies, images, rows, schemas
from .lists import expansions
from .routes import wanted
from .shared import EXPAND, HUGE, OTHERS, REFUSALS, TENANT, Expand, Here, answer, done, listing, paging

SNAPSHOT_EXPAND = ("image", "machine-type", "machine-types")


def snapshot_routes(s: ModuleType, new: bool) -> APIRouter:
    router = APIRouter(prefix="/v1/snapshots", tags=["snapshots"], dependencies=TENANT, responses=REFUSALS | OTHERS)
    Paging = paging(200 if new else 50, 1000 if new else HUGE, "created_at:asc", named=new)

    @router.get("", response_model=s.ListSnapshotResponseV1, summary="Lists all snapshots.")
    async def list_snapshots_v1(here: Here, page: Paging, expand: Expand = EXPAND) -> Response:
        values = expansions(here, expand, SNAPSHOT_EXPAND)
        return listing(here, "snapshot", page, "snapshots",
                       lambda resource, fields: rows.snapshot_row(here, resource, fields, values))  # fmt: skip

    @router.post("", status_code=202, response_model=schemas.CreateResponse, summary="Create a snapshot.")
    async def snapshot_create_v1(here: Here, body: schemas.SnapshotCreateRequestV1) -> Response:
        return answer({"id": copies.create(here, "snapshot", body.name, body.instance.model_dump())}, 202)

    @router.get("/{id}", response_model=s.SnapshotResponseV1, summary="Retrieve the details of an snapshot.")
    async def snapshot_details_v1(here: Here, id: str, expand: Expand = EXPAND) -> Response:
        resource, fields = here.read("snapshot", id)
        return answer(rows.snapshot_row(here, resource, fields, expansions(here, expand, SNAPSHOT_EXPAND)))

    @router.post("/{id}", status_code=202, response_model=schemas.CreateResponse, summary="Restore a snapshot.")
    async def restore_snapshot_v1(here: Here, request: Request, id: str,
                                  body: s.SnapshotRestoreRequestV1Default) -> Response:  # fmt: skip
        sent = wanted(request, body.model_dump(exclude_unset=True))
        sent.setdefault("availability_zone", body.availability_zone)
        return answer({"id": copies.restore(here, "snapshot", id, sent)}, 202)

    @router.delete("/{id}", status_code=204, summary="Delete a Snapshot.")
    async def snapshots_delete(here: Here, id: UUID) -> Response:
        copies.delete(here, "snapshot", str(id))
        return done()

    @router.patch("/{id}/rename", status_code=204, summary="Renames a snapshot.")
    async def rename_snapshot(here: Here, id: str, body: schemas.SnapshotRenameRequest) -> Response:
        copies.rename(here, "snapshot", id, body.name)
        return done()

    if new:

        @router.post("/{id}/copy", status_code=204, summary="Copy a snapshot to another region.")
        async def copy_snapshot_region(here: Here, id: UUID, body: s.SnapshotCopyRequest) -> Response:
            copies.copy(here, "snapshot", str(id), body.destination_region)
            return done()

    return router


def backup_routes(s: ModuleType) -> APIRouter:
    router = APIRouter(prefix="/v1/backups", tags=["backups"], dependencies=TENANT, responses=REFUSALS | OTHERS)
    Paging = paging(50, HUGE, "created_at:asc", named=False)

    @router.get("", response_model=s.ListBackupResponse, summary="Lists all backups in the current tenant.")
    async def list_backups(here: Here, page: Paging, expand: Expand = EXPAND) -> Response:
        values = expansions(here, expand, ("instance",))
        return listing(here, "backup", page, "backups",
                       lambda resource, fields: rows.backup_row(here, resource, fields, values))  # fmt: skip

    @router.post("", status_code=202, response_model=schemas.CreateResponse, summary="Create a backup.")
    async def create_backup(here: Here, body: s.BackupRequest) -> Response:
        return answer({"id": copies.create(here, "backup", body.name, body.instance.model_dump())}, 202)

    @router.get("/{id}", response_model=s.BackupResponse, summary="Retrieve the details of a backup.")
    async def details_backup(here: Here, id: str, expand: Expand = EXPAND) -> Response:
        resource, fields = here.read("backup", id)
        return answer(rows.backup_row(here, resource, fields, expansions(here, expand, ("instance",))))

    @router.delete("/{id}", status_code=204, summary="Delete a backup.")
    async def delete_backup(here: Here, id: UUID) -> Response:
        copies.delete(here, "backup", str(id))
        return done()

    @router.post("/{id}/copy", status_code=204, summary="Copy a backup to another region.")
    async def copy_backup_region(here: Here, id: UUID, body: s.BackupCopyRequest) -> Response:
        copies.copy(here, "backup", str(id), body.region)
        return done()

    @router.patch("/{id}/rename", status_code=204, summary="Renames a backup")
    async def rename_backup(here: Here, id: str, body: s.BackupRenameRequest) -> Response:
        copies.rename(here, "backup", id, body.name)
        return done()

    @router.post("/{id}/restore", status_code=202, response_model=schemas.CreateResponse, summary="Restore a backup.")
    async def restore_backup(here: Here, request: Request, id: UUID, body: s.BackupRestoreRequestDefault) -> Response:
        sent = wanted(request, body.model_dump(exclude_unset=True))
        return answer({"id": copies.restore(here, "backup", str(id), sent)}, 202)

    return router


def custom_image_routes(s: ModuleType) -> APIRouter:
    router = APIRouter(prefix="/v1/images/custom", tags=["images"], dependencies=TENANT, responses=OTHERS)
    Paging = paging(50, HUGE, "platform:asc,end_life_at:desc", named=True)

    @router.get("", response_model=s.ListCustomImageResponse, summary="Retrieves all custom images.")
    async def list_images_custom(here: Here, page: Paging) -> Response:
        return listing(here, "custom_image", page, "images",
                       lambda resource, fields: rows.custom_image_row(here, resource, fields))  # fmt: skip

    @router.post("", status_code=202, response_model=s.ImageResponseV1, summary="Import a custom image.")
    async def create_custom_image(here: Here, body: s.CreateCustomImageRequest) -> Response:
        return answer({"id": images.create(here, body.model_dump(exclude_unset=True))}, 202)

    @router.get("/{id}", response_model=s.GetCustomImageResponse, summary="Retrieve a custom image.")
    async def get_custom_image_by_id(here: Here, id: str) -> Response:
        return answer(rows.custom_image_row(here, *here.read("custom_image", id)))

    @router.delete("/{id}", status_code=204, summary="Delete a custom image.")
    async def delete_image_custom(here: Here, id: UUID) -> Response:
        images.delete(here, str(id))
        return done()

    @router.patch("/{id}", status_code=204, summary="Change a custom image.")
    async def patch_image_custom(here: Here, id: UUID, body: s.PatchCustomImageRequest) -> Response:
        images.patch(here, str(id), body.model_dump(exclude_unset=True))
        return done()

    return router
