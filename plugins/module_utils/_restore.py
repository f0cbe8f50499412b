# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Instances that are restored from a copy, in place of being made from an image."""

from __future__ import annotations

import typing as t

from ._api import BACKUPS, CREATION_FAILED, OPERATION_FAILED, SNAPSHOTS, Refused, Row, deleting, dig, status_class


def label(want: Row) -> str:
    """How the copy is called in messages."""
    return f"snapshot {want['snapshot']}" if want["snapshot"] else f"backup {want['backup']}"


def source(want: Row, known: dict[str, t.Any]) -> tuple[Row | None, Row]:
    """The image that the copy is of, as far as it is told, and what it needs of a machine type.

    The disk must be as large as the copy's `min_disk`, or as that of the machine type of the original.
    """
    copy = known["source"]
    if copy is None or deleting(copy):
        raise Refused(f"There is no {label(want)} to restore an instance from.")
    status = status_class(copy, SNAPSHOTS)
    if status == CREATION_FAILED or (status == OPERATION_FAILED and copy.get("state") != "available"):
        raise Refused(f"{label(want)} ({copy['id']}) cannot be restored: its status is {copy.get('status')}.")
    for option in ("labels", "volumes"):
        if want[option]:
            raise Refused(
                f"{option} cannot be given to an instance that is restored: the API does not take them there."
            )
    image = dig(copy, "instance.image")
    disk = _disk(copy, known)
    return image, {"disk": disk} if disk else {}


def _disk(copy: Row, known: dict[str, t.Any]) -> int | None:
    """GB of disk that are needed, None where the answers do not tell."""
    kind = dig(copy, "instance.machine_type") or {}
    listed: Row = next((row for row in known["machine_types"] if row["id"] == kind.get("id")), {})
    disk: int | None = copy.get("min_disk") or kind.get("disk") or listed.get("disk")
    return disk


def route(want: Row, known: dict[str, t.Any]) -> str:
    """Where a restore is sent."""
    copy_id = known["source"]["id"]
    return f"{SNAPSHOTS.path}/{copy_id}" if want["snapshot"] else f"{BACKUPS.path}/{copy_id}/restore"


def body(want: Row, made: Row) -> Row:
    """The body of a creation as the restores take it.

    The edition of 2026 restores snapshots into br-se1-a in every region unless told null; a backup's network is
    required.
    """
    if want["snapshot"]:
        made.setdefault("availability_zone", None)
    else:
        made.setdefault("network", {})
    return made


def doubts(want: Row, known: dict[str, t.Any]) -> list[str]:
    """A warning where it cannot be told whether the disk is large enough."""
    if _disk(known["source"], known):
        return []
    return [f"The API does not tell how large a disk {label(want)} needs; it may refuse the machine type."]


def refuse_another(want: Row, row: Row, copy: Row | None) -> None:
    """Refuses to take an instance for restored that cannot have come from the copy.

    It counts only if it is not what the copy is of, is younger than the copy, and has its image (one that is not told
    counts as equal).
    """
    if copy is None:
        return
    called = f"instance {row.get('name')} ({row['id']})"
    ids = dig(copy, "instance.image.id"), dig(row, "image.id")
    reasons = {
        "is what it is a copy of": dig(copy, "instance.id") == row["id"],
        "is older than the copy": str(row.get("created_at")) < str(copy.get("created_at")),
        "was made from another image": None not in ids and ids[0] != ids[1],
    }
    against = next((why for why, holds in reasons.items() if holds), None)
    if against:
        raise Refused(f"{called} exists, but was not restored from {label(want)}: it {against}. Choose another name.")
