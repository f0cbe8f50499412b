# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading: find by id or name without guessing, bring both shapes of a network to one, derive the addresses."""

from __future__ import annotations

import typing as t

from ._api import GONE, INSTANCES, UUID, Refused, Resource, Row, deleting, dig, status_class

if t.TYPE_CHECKING:
    from ._client import Client

# What the planner sees: a part of the whole (`instance`, later `copy`, `source`) and its row, None if there is none.
Seen = dict[str, t.Optional[Row]]


def only(rows: list[Row], resource: Resource, name: str) -> Row | None:
    """The one row of that name, None without one; more than one is refused, never guessed.

    Rows that are gone match nothing; one that is being deleted matches only if no other does.
    """
    found = [row for row in rows if row.get("name") == name and status_class(row, resource) != GONE]
    found = [row for row in found if not deleting(row)] or found
    if len(found) > 1:
        ids = ", ".join(sorted(str(row["id"]) for row in found))
        raise Refused(f"{len(found)} {resource.kind}s are named {name!r}: {ids}. Say which one is meant with id.")
    return found[0] if found else None


def get(client: Client, kind: Resource, row_id: str) -> Row | None:
    """The row with this id, None if there is none, or if it is one of those that are gone and still shown."""
    row = client.get(kind, row_id)
    return None if status_class(row, kind) == GONE else row


def find(client: Client, names: t.Sequence[str], row_id: str | None, listing: bool, kind: Resource = INSTANCES) -> Seen:
    """What has these names and this id, by the name asked for ("" for the one by id).

    With `listing` the names are looked up by listing, else only the id is read. What was just created may be missing
    in a list: the one with `row_id` is then read by its id.
    """
    found: Seen = {}
    if listing:
        rows = whole = None
        for name in names:
            if whole is None:
                rows = client.listing(kind, name)
                whole = None if getattr(client, "by_name", client.edition == "2026") else rows
            found[name] = only(rows or [], kind, name)
    if row_id and not any(row and row["id"] == row_id for row in found.values()):
        found[""] = get(client, kind, row_id)
    return {name: row and with_addresses(row) for name, row in found.items()} if kind is INSTANCES else found


def interfaces(row: Row) -> list[Row] | None:
    """The instance's interfaces in one shape, whatever the edition; None where the answer does not tell.

    Each has `id`, `primary` (None where the answer does not tell), `security_groups` and the three addresses.
    """
    given = dig(row, "network.interfaces")
    given = dig(row, "network.ports") if given is None else given
    if given is None:
        return None
    found = []
    for port in given:
        old, new = port.get("ipAddresses") or {}, port.get("ip_addresses") or {}
        found.append({
            **{key: port.get(key) for key in ("id", "name", "primary", "security_groups")},
            "private_ipv4": new.get("private_ipv4") or old.get("privateIpAddress"),
            "public_ipv4": port.get("associated_public_ipv4") or old.get("publicIpAddress"),
            "public_ipv6": new.get("public_ipv6") or old.get("ipV6Address"),
        })  # fmt: skip
    return found


def with_addresses(row: Row) -> Row:
    """The API's own object plus `private_ipv4`, `public_ipv4`, `public_ipv6` and `default_user`.

    The addresses are those of the primary interface; the edition of 2024 does not say which one that is, then it is the first
    that has such an address.
    """
    ports = sorted(interfaces(row) or [], key=lambda port: port["primary"] is not True)
    row = dict(row, default_user=default_user(row.get("image")))
    for kind in ("private_ipv4", "public_ipv4", "public_ipv6"):
        row[kind] = next((port[kind] for port in ports if port[kind]), None)
    return row


def default_user(image: t.Any) -> str | None:
    """The user that an image lets in; only what is sure."""
    return "ubuntu" if "ubuntu" in str(dig(image, "name")) else None


def same_reference(wanted: str, value: t.Any) -> bool | None:
    """Whether an id or name means the object `{id, name}` of an answer; None where the answer does not tell."""
    known = dig(value, "id" if UUID.fullmatch(wanted) else "name")
    return None if known is None else known == wanted
