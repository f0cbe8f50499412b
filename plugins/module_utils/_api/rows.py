# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure functions that read rows: values, interfaces, addresses, references and zones."""

from __future__ import annotations

import re
import typing as t

from .resources import FIELD_KINDS, LIST_FIELDS, REGION_PATHS, ROW_FIELDS, ROW_ID, UUID, Row


def dig(data: t.Any, path: str) -> t.Any:
    """Return the value at a dotted path in nested mappings, None if a key is missing."""
    for key in path.split("."):
        data = data.get(key) if isinstance(data, dict) else None
    return data


def same_id(first: t.Any, second: t.Any) -> bool:
    """Return whether two ids are equal. Case does not count (UUIDs); None equals nothing."""
    return first is not None and str(first).lower() == str(second).lower()


def is_resource(row: t.Any) -> bool:
    """Return whether a value is a row: its id and the types of its fields are valid."""
    return isinstance(row, dict) and _fits(row) and bool(ROW_ID.fullmatch(row.get("id") or ""))


def _fits(part: Row) -> bool:
    for name, value in part.items():
        kind = FIELD_KINDS.get(name)
        if kind is None or value is None:
            continue
        if not isinstance(value, kind) or (kind is dict and not _fits(value)):
            return False
        if name in LIST_FIELDS and not all(
            is_resource(item) if name in ROW_FIELDS else isinstance(item, str) for item in value
        ):
            return False
    return True


# The current state for a planner: a part (`instance`, `copy`, `source`, ...) -> its row, None if it does not exist.
Seen = dict[str, t.Optional[Row]]


def interfaces_of(row: Row) -> list[Row] | None:
    """Return the instance's interfaces in the same form for every API version.

    None if the response does not show them. Each has `id`, `name`, `primary` (None if the response does not show it),
    `security_groups` and the three addresses.
    """
    given = dig(row, "network.interfaces")
    given = dig(row, "network.ports") if given is None else given
    if given is None:
        return None
    interfaces = []
    for port in given:
        old, new = port.get("ipAddresses") or {}, port.get("ip_addresses") or {}
        addresses = {
            "private_ipv4": new.get("private_ipv4") or old.get("privateIpAddress"),
            "public_ipv4": port.get("associated_public_ipv4") or old.get("publicIpAddress"),
            "public_ipv6": new.get("public_ipv6") or old.get("ipV6Address"),
        }
        interfaces.append({**{key: port.get(key) for key in ("id", "name", "primary", "security_groups")}, **addresses})
    return interfaces


def primary_interface(row: Row) -> Row | None:
    """Return the primary interface, None if the response does not identify it."""
    ports = interfaces_of(row) or []
    candidates = [port for port in ports if port["primary"]] or ports
    return candidates[0] if len(candidates) == 1 else None


def interfaces_key(row: Row) -> str:
    """Return the key that the interfaces have in the API version that the row came from."""
    return "interfaces" if dig(row, "network.interfaces") is not None else "ports"


def with_result_keys(row: Row, keys: Row) -> Row:
    """Return the row with all of these keys, null where the response omits a key.

    A missing list is not added; only the rows of an existing list are completed.
    """
    result: Row = {**{key: None for key, inner in keys.items() if not isinstance(inner, list)}, **row}
    for key, inner in keys.items():
        value = result.get(key)
        if isinstance(inner, dict) and isinstance(value, dict):
            result[key] = with_result_keys(value, inner)
        elif isinstance(inner, list) and isinstance(value, list):
            result[key] = [with_result_keys(each, inner[0]) if isinstance(each, dict) else each for each in value]
    return result


def with_addresses(row: Row) -> Row:
    """Return the API's object plus its addresses and `default_user`.

    The keys are `private_ipv4`, `public_ipv4` and `public_ipv6`. Each address is that of the primary interface, else
    the first that any interface has. API version 2024-08 does not identify the primary interface.
    """
    ports = sorted(interfaces_of(row) or [], key=lambda port: port["primary"] is not True)
    row = dict(row, default_user=image_user(row.get("image")))
    for kind in ("private_ipv4", "public_ipv4", "public_ipv6"):
        row[kind] = next((port[kind] for port in ports if port[kind]), None)
    return row


def image_user(image: t.Any) -> str | None:
    """Return the user to log in with to an image, None if that is not certain."""
    return "ubuntu" if "ubuntu" in str(dig(image, "name")) else None


def same_reference(wanted: str, value: t.Any) -> bool | None:
    """Return whether an id or name refers to the object `{id, name}` of a response.

    None if the response does not show it.
    """
    by_id = UUID.fullmatch(wanted)
    known = dig(value, "id" if by_id else "name")
    return None if known is None else same_id(known, wanted) if by_id else known == wanted


def same_zone(first: t.Any, second: t.Any, region: str | None = None) -> bool:
    """Return whether two names mean the same availability zone, of this region if that is known.

    The API spells some zones with a further hyphen, or with the region's name in URLs: br-ne-1-a is br-ne1-a, and
    br-se-1-a is br-mgl1-a in region br-mgl1, else br-se1-a. Without a region it equals both; these two always differ.
    """
    return None not in (first, second) and not _zone_names(first, region).isdisjoint(_zone_names(second, region))


def _zone_names(name: t.Any, region: str | None) -> set[str]:
    """Return the zones that a name can mean."""
    name = str(name).lower()
    by_url = {known: known + name[len(path) :] for known, path in REGION_PATHS.items() if name.startswith(f"{path}-")}
    if region in by_url:
        return {by_url[region]}
    return {re.sub(r"-(?=\d)", "", name), *(by_url.values() if region is None else ())}


def has_id(row: t.Any) -> bool:
    """Return whether a value is a mapping with a valid id."""
    return isinstance(row, dict) and is_resource({"id": row.get("id")})


def _is_text(value: t.Any) -> bool:
    return isinstance(value, str)


def spoiled_fields(part: Row, above: str = "") -> t.Iterator[str]:
    """Set fields of a wrong type in a row to null, and yield their dotted names."""
    for name, value in part.items():
        kind, path = FIELD_KINDS.get(name), f"{above}{name}"
        if kind is None or value is None:
            continue
        if not isinstance(value, kind) or (
            name in LIST_FIELDS and not all(map(has_id if name in ROW_FIELDS else _is_text, value))
        ):
            part[name] = None
            yield path
        elif kind is dict:
            yield from spoiled_fields(value, f"{path}.")
        elif name in ROW_FIELDS:
            for number, row in enumerate(value):
                yield from spoiled_fields(row, f"{path}.{number}.")
