# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of a declaration against the catalogues: machine types, images, zones."""

from __future__ import annotations

import difflib
import typing as t

from .._api.exceptions import ApiError, CatalogsNeeded, Refused
from .._api.resources import Row
from .._api.rows import same_id, same_reference, same_zone
from .options import DesiredInstance
from .step import Catalogs

SHOWN = 10  # names of a catalogue in a message


def find_in_catalog(kind: str, wanted: str, rows: list[Row]) -> Row:
    """Return the catalogue's row with that id or name.

    Raise `Refused` if there is none (the message lists the nearest names) or if several rows match.
    """
    matches = [row for row in rows if same_reference(wanted, row)]
    usable = [row for row in matches if row.get("status") in ("active", None)]
    if len(matches) > 1 and len(usable) != 1:
        raise Refused(
            f"{len(matches)} {kind}s are named {wanted!r}: {', '.join(row['id'] for row in matches)}. Give the id."
        )
    if matches:
        return (usable or matches)[0]
    names = list(dict.fromkeys(str(row.get("name")) for row in sorted(rows, key=_size_key)))
    near = _near_names(wanted, names)[:SHOWN]
    hint = f"there are {_names_and_rest(kind, names, SHOWN)}" if names else "there are none"
    if near:
        left = len(names) - len(near)
        hint = f"nearest: {', '.join(near)}" + (f"; {_and_more(kind, left)}" if left else "")
    raise Refused(f"There is no {kind} {wanted!r} in this region ({hint}).")


def _near_names(wanted: str, names: list[str]) -> list[str]:
    """Return the names that contain the wanted text, then the names that are spelled like it, both without case."""
    folded = {name.lower(): name for name in names}
    close = [folded[name] for name in difflib.get_close_matches(wanted.lower(), folded, 4, 0.5)]
    return list(dict.fromkeys([name for name in names if wanted.lower() in name.lower()] + close))


def _names_and_rest(kind: str, names: list[str], most: int) -> str:
    """Return the first names as text, and how many names that leaves out."""
    left = len(names) - most
    return ", ".join(names[:most]) + (f", {_and_more(kind, left)}" if left > 0 else "")


def _and_more(kind: str, count: int) -> str:
    return f"and {count} more; vm_info with kind: {kind.replace(' ', '_')}s lists all"


def _size_key(row: Row) -> tuple[t.Any, ...]:
    """Return the sort key of a machine type by size, of an image by name. The unit of `ram` differs (facts.md)."""
    return row.get("vcpus") or 0, row.get("disk") or 0, str(row.get("name"))


def choose_machine_type(wanted: str, zone: str | None, source: str, needs: Row, rows: list[Row]) -> Row:
    """Return the machine type after checking it against the zone and the needs.

    The needs are those of the image or copy. Only vCPUs and disk are compared. `ram` is in GB in some responses and in
    MB in others, so the API checks it. Raise `Refused` if the machine type does not fit.
    """
    kind = find_in_catalog("machine type", wanted, rows)
    if not _usable(kind):
        raise Refused(f"Machine type {kind['name']} cannot be used: its status is {kind['status']}.")
    _offered("Machine type", kind, zone, rows)
    lacking = _lacking(kind, needs)
    if lacking:
        fit = [row for row in rows if _usable(row) and not _lacking(row, needs) and _in_zone(row, zone)]
        names = [str(row["name"]) for row in sorted(fit, key=_size_key)]
        raise Refused(
            f"Machine type {kind['name']} is too small for {source}: {lacking}. "
            f"Large enough: {_names_and_rest('machine type', names, 8) or 'none'}."
        )
    return kind


def _usable(row: Row) -> bool:
    return row.get("status") in ("active", "deprecated", None)


def _lacking(kind: Row, needs: Row) -> str:
    """Return what the machine type lacks, in words; empty if it is large enough."""
    pairs = (("vcpus", "vcpu", "vCPUs"), ("disk", "disk", "GB of disk"))
    known = [pair for pair in pairs if None not in (kind.get(pair[0]), needs.get(pair[1]))]
    short = [(word, kind[has], needs[need]) for has, need, word in known if needs[need] > kind[has]]
    return ", ".join(f"it has {has} {word}, needed are {need}" for word, has, need in short)


def _in_zone(row: Row, zone: str | None) -> bool:
    zones = row.get("availability_zones")
    return zone is None or not zones or any(same_zone(zone, each) for each in zones)


def zones_of(rows: list[Row]) -> list[str]:
    """Return the zones that any row of a catalogue names. API version 2024-08 names none."""
    return sorted({each for row in rows for each in row.get("availability_zones") or []})


def _offered(what: str, row: Row, zone: str | None, rows: list[Row]) -> None:
    """Raise `Refused` if the machine type or image is not offered in the zone."""
    if _in_zone(row, zone):
        return
    zones = zones_of(rows)
    if not any(same_zone(zone, each) for each in zones):
        raise Refused(f"There is no availability zone {zone!r} in this region; its zones are {', '.join(zones)}.")
    offered_in = ", ".join(row["availability_zones"])
    raise Refused(f"{what} {row['name']} is not offered in availability_zone {zone!r}; it is in {offered_in}.")


def is_same_type(wanted: str, value: Row, catalogs: Catalogs | None) -> bool:
    """Return whether a machine type is the wanted type.

    A name that the response does not give is looked up in the catalogue; raise `CatalogsNeeded` if that was not read
    yet.
    """
    equal = same_reference(wanted, value)
    if equal is None:
        if catalogs is None:
            raise CatalogsNeeded
        equal = any(same_id(value.get("id"), row["id"]) for row in catalogs.machine_types if row.get("name") == wanted)
    return equal


def choose_image(want: DesiredInstance, catalogs: Catalogs) -> Row:
    """Return the declared image after checking its status and zone.

    Raise `Refused` if it is missing or cannot be used, or the API's error if the images could not be read.
    """
    if want.image is None:
        raise Refused(f"There is no instance {want.name!r}; creating it needs image, snapshot or backup.")
    if isinstance(catalogs.images, ApiError):
        raise catalogs.images
    image = find_in_catalog("image", want.image, catalogs.images)
    if image.get("status") not in ("active", "deprecated"):
        raise Refused(f"Image {image['name']} cannot be used: its status is {image['status']}.")
    _offered("Image", image, want.availability_zone, catalogs.images)
    return image


def is_windows(image: Row | None) -> bool:
    """Return whether the platform of the image is known to be Windows."""
    return "windows" in str((image or {}).get("platform")).lower()
