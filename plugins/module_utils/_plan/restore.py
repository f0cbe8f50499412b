# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The restore of an instance from a snapshot or backup, instead of its creation from an image."""

from __future__ import annotations

import typing as t

from .._api.exceptions import Refused
from .._api.resources import BACKUPS, CREATION_FAILED, OPERATION_FAILED, SNAPSHOTS, Row
from .._api.rows import dig, same_id
from .._api.statuses import is_deleting, status_class
from .._api.times import epoch
from .checks import unpredictable_warning
from .options import DesiredInstance
from .step import Catalogs


def source_label(want: DesiredInstance) -> str:
    """Return the copy's kind and name or id for messages."""
    return f"snapshot {want.snapshot}" if want.snapshot else f"backup {want.backup}"


def restore_source(want: DesiredInstance, catalogs: Catalogs) -> tuple[Row | None, Row]:
    """Return the image of the copy, None if unknown, and the needed disk.

    The disk must be as large as the copy's `min_disk`, or as that of the original instance's machine type. Raise
    `Refused` if the copy is missing or cannot be restored.
    """
    copy = catalogs.source
    if copy is None or is_deleting(copy):
        raise Refused(f"There is no {source_label(want)} to restore an instance from.")
    status = status_class(copy, SNAPSHOTS)
    if status == CREATION_FAILED or (status == OPERATION_FAILED and copy.get("state") != "available"):
        raise Refused(f"{source_label(want)} ({copy['id']}) cannot be restored: its status is {copy.get('status')}.")
    for option, value in (("labels", want.labels), ("volumes", want.volumes)):
        if value:
            raise Refused(
                f"{option} cannot be given to an instance that is restored: the API does not take them there."
            )
    image, disk = dig(copy, "instance.image"), _disk(copy, catalogs)
    if want.backup and isinstance(catalogs.images, list):  # it shows only the id of its image
        image = next((row for row in catalogs.images if same_id(row["id"], dig(image, "id"))), image)
    return image, {"disk": disk} if disk else {}


def _disk(copy: Row, catalogs: Catalogs) -> int | None:
    """Return the disk that the copy needs, in GB; None if no response says it."""
    kind = dig(copy, "instance.machine_type") or {}
    listed: Row = next((row for row in catalogs.machine_types if same_id(row["id"], kind.get("id"))), {})
    disk: int | None = copy.get("min_disk") or kind.get("disk") or listed.get("disk")
    return disk


def restore_path(want: DesiredInstance, catalogs: Catalogs) -> str:
    """Return the path of the restore's route."""
    copy_id = t.cast(Row, catalogs.source)["id"]
    return f"{SNAPSHOTS.path}/{copy_id}" if want.snapshot else f"{BACKUPS.path}/{copy_id}/restore"


def restore_body(want: DesiredInstance, made: Row) -> Row:
    """Return the body of a creation in the form that the restore's route takes.

    API version 2026-08 restores snapshots into br-se1-a in every region unless the zone is null. The restore of a
    backup requires a network.
    """
    if want.snapshot:
        made.setdefault("availability_zone", None)
    else:
        made.setdefault("network", {})
    return made


def restore_warnings(want: DesiredInstance, catalogs: Catalogs) -> list[str]:
    """Return a warning if the needed disk or the copy itself is unknown."""
    if catalogs.source_is_assumed:
        return [unpredictable_warning(source_label(want))]
    if catalogs.source and _disk(catalogs.source, catalogs):
        return []
    return [f"The API does not return how large a disk {source_label(want)} needs, so it may refuse the machine type."]


def refuse_other_instance(want: DesiredInstance, row: Row, copy: Row | None) -> None:
    """Raise `Refused` if the instance cannot have been restored from the copy.

    It counts as restored only if it is not the copy's source, is younger than the copy, and has the copy's image (an
    image that a response does not give counts as equal).
    """
    if copy is None:
        return
    called = f"instance {row.get('name')} ({row['id']})"
    ids = dig(copy, "instance.image.id"), dig(row, "image.id")
    made, copied = epoch(row.get("created_at")), epoch(copy.get("created_at"))
    reasons = {
        "is the source of the copy": same_id(dig(copy, "instance.id"), row["id"]),
        "may be older than the copy: the API does not return both creation times": made is None or copied is None,
        "is older than the copy": (made or 0) < (copied or 0),
        "was made from another image": None not in ids and not same_id(*ids),
    }
    against = next((why for why, holds in reasons.items() if holds), None)
    if against:
        raise Refused(
            f"{called} exists, but was not restored from {source_label(want)}: it {against}. Choose another name."
        )
