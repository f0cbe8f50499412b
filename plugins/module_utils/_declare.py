# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A declaration held against the catalogs, and the body of a creation. Imported only where something is to be made."""

from __future__ import annotations

import base64
import difflib
import typing as t

from ._api import FIELDS, INSTANCES, RETYPE_STATES, UUID, Refused, Row, dig
from ._read import Seen, same_reference
from ._step import CatalogsNeeded, Look, Step, action, label, power

if t.TYPE_CHECKING:
    from ._client import Client

_LIST_OF_IDS = ("network.security_groups", "network.subnets")
# What cloud-init knows user data by, whatever its case and the white space before it.
_CLOUD_INIT = (
    b"#!", b"#cloud-", b"#include", b"#part-handler", b"## template:", b"content-type:", b"mime-version:", b"\x1f\x8b",
)  # fmt: skip


def catalogs(client: Client, want: Row, seen: Seen | None = None) -> dict[str, t.Any]:
    """Images and machine types, read at the same time, and the edition that they tell.

    Custom images, which the edition of 2026 lists apart, are read where the image is none of the others. A fleet's
    members share what was read. The copy to restore from is read where it was not yet, since there is an instance: that
    one is to be replaced then.
    """
    shared: dict[t.Any, dict[str, t.Any]] = getattr(client, "catalogs", {})
    image = want.get("image")
    if image not in shared:
        shared[image] = _catalogs(client, image)
    if not (want.get("snapshot") or want.get("backup")):
        return shared[image]
    if "source" not in (seen := seen or {}):
        from . import _copies

        seen = _copies.source(client, want, Look({}, True, "instance"), None)
    return {**shared[image], "source": seen["source"]}


def _catalogs(client: Client, image: str | None) -> dict[str, t.Any]:
    from concurrent.futures import ThreadPoolExecutor

    from ._api import CUSTOM_IMAGES, IMAGES, MACHINE_TYPES

    with ThreadPoolExecutor(2) as pool:
        images, machine_types = pool.map(client.listing, (IMAGES, MACHINE_TYPES))
    if image and client.edition == "2026" and not any(same_reference(image, row) for row in images):
        custom = client.listing(CUSTOM_IMAGES)
        images = images + [dict(row, minimum_requirements=row.get("requirements")) for row in custom]
    told: Row = {"name": None, "status": None}  # where an answer leaves them out
    images, machine_types = ([{**told, **row} for row in rows] for rows in (images, machine_types))
    return {"images": images, "machine_types": machine_types, "edition": client.edition}


def look_up(kind: str, wanted: str, rows: list[Row]) -> Row:
    """The catalog's row of that id or name; the error names the nearest ones."""
    key = "id" if UUID.fullmatch(wanted) else "name"
    found = [row for row in rows if row.get(key) == wanted]
    usable = [row for row in found if row.get("status") in ("active", None)]
    if len(found) > 1 and len(usable) != 1:
        raise Refused(
            f"{len(found)} {kind}s are named {wanted!r}: {', '.join(row['id'] for row in found)}. Give the id."
        )
    if found:
        return (usable or found)[0]
    names = sorted({str(row.get("name")) for row in rows})
    folded = {name.lower(): name for name in names}
    near = [folded[name] for name in difflib.get_close_matches(wanted.lower(), folded, 4, 0.5)]
    hint = (
        f"nearest: {', '.join(near)}" if near else f"there are {', '.join(names[:10])}" if names else "there are none"
    )
    raise Refused(f"There is no {kind} {wanted!r} in this region ({hint}).")


def machine_type(wanted: str, zone: str | None, source: str, needs: Row, rows: list[Row]) -> Row:
    """The machine type, checked for the zone and for what the image or copy needs.

    `ram` is GB in some answers and MB in others, so it is left to the API.
    """
    kind = look_up("machine type", wanted, rows)
    if not _usable(kind):
        raise Refused(f"Machine type {kind['name']} cannot be used: its status is {kind['status']}.")
    _offered("Machine type", kind, zone, rows)
    lacking = _lacking(kind, needs)
    if lacking:
        fit = [str(row["name"]) for row in rows if _usable(row) and not _lacking(row, needs) and _in_zone(row, zone)]
        raise Refused(
            f"Machine type {kind['name']} is too small for {source}: {lacking}. "
            f"Large enough: {', '.join(sorted(fit)[:8]) or 'none'}."
        )
    return kind


def _usable(row: Row) -> bool:
    return row.get("status") in ("active", "deprecated", None)


def _lacking(kind: Row, needs: Row) -> str:
    pairs = (("vcpus", "vcpu", "vCPUs"), ("disk", "disk", "GB of disk"))
    told = [pair for pair in pairs if None not in (kind.get(pair[0]), needs.get(pair[1]))]
    short = [(word, kind[own], needs[its]) for own, its, word in told if needs[its] > kind[own]]
    return ", ".join(f"it has {has} {word}, needed are {need}" for word, has, need in short)


def _in_zone(row: Row, zone: str | None) -> bool:
    zones = row.get("availability_zones")
    return zone is None or not zones or zone in zones


def _offered(what: str, row: Row, zone: str | None, rows: list[Row]) -> None:
    if not _in_zone(row, zone):
        zones = ", ".join(row["availability_zones"])
        known = {other for each in rows for other in each.get("availability_zones") or []}
        why = "is not offered there" if zone in known else "is not offered there, and no other is: is the zone right?"
        raise Refused(f"availability_zone is {zone!r}, but {what.lower()} {row['name']} {why} (it is in {zones}).")


def same_type(wanted: str, value: Row, known: dict[str, t.Any] | None) -> bool:
    """Whether a machine type is the wanted one. A name that the answer does not give is looked up in the catalog."""
    equal = same_reference(wanted, value)
    if equal is None:
        if known is None:
            raise CatalogsNeeded
        equal = value.get("id") in [kind["id"] for kind in known["machine_types"] if kind.get("name") == wanted]
    return equal


def retype(want: Row, row: Row, known: dict[str, t.Any] | None) -> list[Step]:
    """The steps to another machine type, as the catalog has it. One that is suspended is started for that."""
    if known is None:
        raise CatalogsNeeded
    state = str(row.get("state"))
    image: Row = next((image for image in known["images"] if image["id"] == dig(row, "image.id")), {})
    source, needs = f"image {image.get('name')}", image.get("minimum_requirements") or {}
    kind = machine_type(want["machine_type"], row.get("availability_zone"), source, needs, known["machine_types"])
    new = {"id": kind["id"], "name": kind["name"]}
    does, body = f"retype {label(row)} to {kind['name']}", {"machine_type": {"id": kind["id"]}}
    step = action("retype", row, {"machine_type": new}, {"machine_type": kind["id"]}, does=does, body=body)
    return [*([] if state in RETYPE_STATES else power(state, "running", row)), step]


def reference(value: str) -> dict[str, str]:
    """How the API is told an id or a name; what has the shape of a UUID is an id."""
    return {"id" if UUID.fullmatch(value) else "name": value}


def creation(want: Row, known: dict[str, t.Any]) -> Step:
    """The step that makes the instance, after the declaration was checked against the catalogs.

    It is made from an image, or restored from a copy, which is `known["source"]` then.
    """
    name, zone, edition = want["new_name"] or want["name"], want["availability_zone"], known["edition"]
    if want["machine_type"] is None:
        raise Refused(f"There is no instance {name!r}, and to create it machine_type is needed.")
    late = [field.option for field in FIELDS if field.since > (edition or "2024") and dig(want, field.option)]
    if late:
        raise Refused(f"This region's API is of the edition of 2024, which does not know {', '.join(late)}.")
    body = _body(dict(want, name=name), edition)
    if want["snapshot"] or want["backup"]:
        from . import _restore

        source = _restore.label(want)
        image, needs = _restore.source(want, known)
        path, does = _restore.route(want, known), f"restore instance {name} from {source}"
        body = _restore.body(want, body)
    else:
        image = _image(want, known, name)
        source, needs = f"image {image['name']}", image.get("minimum_requirements") or {}
        path, does = INSTANCES.path, f"create instance {name}"
        body["image"] = {"id": image["id"]}
    kind = machine_type(want["machine_type"], zone, source, needs, known["machine_types"])
    body["machine_type"] = {"id": kind["id"]}
    own = dig(want, "network.interface")
    address = own is None and dig(want, "network.associate_public_ip") is not False
    effect = {
        "name": name, "state": "running", "status": "completed", "ssh_key_name": want["ssh_key_name"],
        "machine_type": {"id": kind["id"], "name": kind["name"]},
        "image": {key: image.get(key) for key in ("id", "name")} if image else None,
        "availability_zone": zone, "labels": want["labels"], "user_data": want["user_data_base64"],
        "network": {"interfaces": [{"id": own, "primary": True}]} if own else None,
    }  # fmt: skip
    goal, verb = {"state": "running", "public_ipv4": address}, does.partition(" ")[0]
    return Step(
        verb, does, "POST", path, goal, effect, body, sends=2, key=f"create {name}", needs=("instance", "source"),
        makes=True,
    )  # fmt: skip


def _image(want: Row, known: dict[str, t.Any], name: str) -> Row:
    if want["image"] is None:
        raise Refused(f"There is no instance {name!r}, and to create it image, snapshot or backup is needed.")
    image = look_up("image", want["image"], known["images"])
    if image.get("status") not in ("active", "deprecated"):
        raise Refused(f"Image {image['name']} cannot be used: its status is {image['status']}.")
    _offered("Image", image, want["availability_zone"], known["images"])
    return image


def _body(want: Row, edition: str | None) -> Row:
    """The body of a creation: only what was given, each where the API has it."""
    body: Row = {}
    for field in FIELDS:
        value = dig(want, field.option)
        if value is None:
            continue
        if field.compare == "reference" or field.option == "network.interface":
            value = reference(value)
        elif field.option in _LIST_OF_IDS:
            value = [{"id": item} for item in value]
        elif field.option == "volumes":
            value = [reference(item) for item in value]
        place = body
        *parents, key = field.create.split(".")
        for parent in parents:
            place = place.setdefault(parent, {})
        place[key] = value
    if edition != "2026":
        body.setdefault("ssh_key_name", "")  # required in the edition of 2024, where empty means none
    return body


def doubts(want: Row, known: dict[str, t.Any]) -> list[str]:
    """Warnings about a creation that the API accepts, and that probably is not what is meant."""
    if want["snapshot"] or want["backup"]:
        from . import _restore

        return _restore.doubts(want, known)
    image = look_up("image", want["image"], known["images"])
    windows = "windows" in str(image.get("platform")).lower()
    warnings = []
    if image.get("status") == "deprecated":
        warnings.append(f"Image {image['name']} is deprecated.")
    data = want["user_data_base64"]
    if data and not windows and not base64.b64decode(data).lstrip().lower().startswith(_CLOUD_INIT):
        warnings.append("cloud-init ignores user data that does not begin with '#!', '#cloud-config' or a MIME header.")
    if not data and not want["ssh_key_name"] and not windows:
        warnings.append("Without ssh_key_name and user_data nobody will be able to log in to this Linux instance.")
    return warnings
