# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a fleet's declaration comes to: its members, and what is no member of it and may go. No request is made here."""

from __future__ import annotations

import collections
import fnmatch
import re
import typing as t

from ._api import GONE, Refused, Row, deleting, status_class
from ._instance import ONE_OF, ONE_OF_NETWORK

Params = dict[str, t.Any]
MOST = 100_000  # numbered members
LITERAL = 3  # characters that a pattern for pruning must begin with
_WIDE = re.compile(r"\{[^}]*\d{4}")  # more digits than any name has room for


def members(params: Params) -> list[Params]:
    """The options of each member: its own over the defaults, then the numbered ones. Raises `Refused`."""
    count = params["count"] or 0
    if not 0 <= count <= MOST:
        raise Refused(f"count is {count}, and must be between 0 and {MOST:,}.")
    own = [dict(one) for one in params["instances"] or []]
    own += [{"name": _numbered(params["name_format"], index)} for index in range(1, count + 1)]
    found = [_merged({"state": params["state"]}, _merged(params["defaults"] or {}, one)) for one in own]
    for number, one in enumerate(found):
        if not one.get("name") and not one.get("id"):
            raise Refused(f"instances[{number}] has neither name nor id.")
        for option in ("protect_names", "protect_labels"):  # what the fleet protects is protected from each member too
            one[option] = [*(one.get(option) or []), *(params[option] or [])] or None
    names = [name for one in found for name in dict.fromkeys((one.get("name"), one.get("new_name"))) if name]
    for key, values in (("name", names), ("id", [one["id"] for one in found if one.get("id")])):
        twice = sorted(value for value, times in collections.Counter(values).items() if times > 1)
        if twice:
            raise Refused(f"Each member needs its own {key}, but several have {', '.join(map(repr, twice[:5]))}.")
    _refuse_blind(params, found)
    return found


def _refuse_blind(params: Params, found: list[Params]) -> None:
    """Refuses what would be done without knowing enough."""
    if not found and params["count"] != 0 and not params["allow_empty"]:
        raise Refused("The declaration has no members. If that is meant, say count: 0 or allow_empty: true.")
    if found and not params["wait"]:
        if params["batch"]:
            raise Refused("batch does not go with wait: false: it waits for those that are in motion.")
        if pattern(params):
            raise Refused("Pruning does not go with wait: false: nothing is pruned if a member fails.")


def alone(ids: list[tuple[str, str]]) -> None:
    """Refuses members (ids and names) that are the same instance."""
    names: dict[str, str] = {}
    for row_id, name in ids:
        if row_id in names:
            raise Refused(f"{names[row_id]!r} and {name!r} are the same instance, {row_id}. Declare it once.")
        names[row_id] = name


def _numbered(name_format: str | None, index: int) -> str:
    if not name_format:
        raise Refused("count needs name_format, as in name_format: web-{index:03d}.")
    try:
        if _WIDE.search(name_format):
            raise ValueError
        name = name_format.format(index=index)
        if name == name_format.format(index=index + 1):
            raise ValueError
    except (KeyError, IndexError, ValueError, AttributeError, TypeError):
        text = f"name_format is {name_format!r}, and must have {{index}} in it, as in web-{{index:03d}}."
        raise Refused(text) from None
    return name


def _merged(below: Params, above: Params) -> Params:
    """Both, where what is above counts; mappings are merged in the same way, and null is not given.

    Of options that exclude each other, one that is above takes the place of the others below.
    """
    given = {key: value for key, value in above.items() if value is not None}
    displaced = {key for group in (*ONE_OF, *ONE_OF_NETWORK) if given.keys() & set(group) for key in group}
    merged = {key: value for key, value in below.items() if key not in displaced}
    for key, value in given.items():
        both = isinstance(value, dict) and isinstance(below.get(key), dict)
        merged[key] = _merged(below[key], value) if both else value
    return merged


def share(option: str, given: str | None, whole: int, least: int = 0) -> int | None:
    """A number, or a percentage of the whole, rounded down, and no less than `least`. Raises `Refused`."""
    if given is None:
        return None
    number = re.fullmatch(r"([0-9]{1,9})(%?)", given.strip())
    if not number or int(number.group(1)) < least:
        from_on = f" from {least} on" if least else ""
        raise Refused(f"{option} is {given!r}, and must be a number{from_on}, or a percentage as 20%.")
    count = int(number.group(1))
    return max(whole * count // 100, least) if number.group(2) else count


def pattern(params: Params) -> str | None:
    """What names are looked at for pruning, None if nothing is to be pruned. Raises `Refused`."""
    given = params["prune_match"] or ("*" if params["prune_all"] else None)
    if given and not params["prune_all"] and len(re.split(r"[*?[]", given)[0]) < LITERAL:
        raise Refused(
            f"prune_match is {given!r}, and must begin with {LITERAL} characters that are no pattern, or prune_all be true."
        )
    return given


def most(rows: list[Row], params: Params) -> int:
    """How many may be pruned, where these are there."""
    return share("prune_max", params["prune_max"], sum(not deleting(row) for row in _matching(rows, params))) or 0


def pruned(rows: list[Row], ids: set[str], names: set[str], params: Params, most: int) -> list[Row]:
    """The instances that go: those whose names match, and that are not declared. Raises `Refused` for too many."""
    matching = [row for row in _matching(rows, params) if not deleting(row)]
    going = [row for row in matching if _foreign(row, ids, names) and not protected(row, params)]
    if len(going) > most:
        named = ", ".join(str(row.get("name") or row["id"]) for row in going[:10])
        raise Refused(
            f"{len(going)} instances would be pruned, and prune_max is {params['prune_max']} ({most}): {named}"
            f"{', ...' if len(going) > 10 else ''}. Nothing was pruned."
        )
    return going


def leaving(rows: list[Row], ids: set[str], names: set[str], params: Params) -> list[Row]:
    """Those of them that are being deleted already, as an earlier run may have left them."""
    return [row for row in _matching(rows, params) if deleting(row) and _foreign(row, ids, names)]


def _matching(rows: list[Row], params: Params) -> list[Row]:
    match = pattern(params)
    return [
        row for row in rows
        if match is not None and fnmatch.fnmatchcase(str(row.get("name") or ""), match) and status_class(row) != GONE
    ]  # fmt: skip


def _foreign(row: Row, ids: set[str], names: set[str]) -> bool:
    return row["id"] not in ids and row.get("name") not in names


def protected(row: Row, params: Params) -> bool:
    """Whether pruning leaves it alone; labels that were not read count as protected."""
    if any(fnmatch.fnmatchcase(str(row.get("name") or ""), each) for each in params["protect_names"] or []):
        return True
    labels = row.get("labels")
    return bool(params["protect_labels"]) and (labels is None or bool(set(labels) & set(params["protect_labels"])))
