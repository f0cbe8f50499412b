# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The members that a fleet's declaration defines, and the instances to prune. Pure functions."""

from __future__ import annotations

import collections
import fnmatch
import re
import typing as t

from .._api.exceptions import Refused
from .._api.resources import GONE, UNREADABLE, Row
from .._api.statuses import is_deleting, status_class
from .checks import protection_reason
from .options import ONE_OF, ONE_OF_NETWORK

Params = dict[str, t.Any]
MOST = 100_000  # the most members that `count` may declare
# Options of a member that exclude each other; `_plan/options.py` refuses the last pair with a reason.
EXCLUSIVE = (*ONE_OF, *ONE_OF_NETWORK, ("interface", "security_groups"))
LITERAL = 3  # literal characters that prune_match must start with
_WIDE = re.compile(r"\{[^}]*\d{4}")  # a width of four or more digits is longer than any name may be


def fleet_members(params: Params) -> list[Params]:
    """Return the options of each member, merged over `defaults`.

    The members of `instances` come first, then the numbered members. Raise `Refused` if the declaration is not valid.
    """
    count = params["count"] or 0
    if not 0 <= count <= MOST:
        raise Refused(f"count is {count}; it must be between 0 and {MOST:,}.")
    declared = [dict(member) for member in params["instances"] or []]
    declared += [{"name": _numbered(params["name_format"], index)} for index in range(1, count + 1)]
    whole = {option: params[option] for option in ("state", "delete_public_ip")}  # members can override them
    members = [_merged(whole, _merged(params["defaults"] or {}, member)) for member in declared]
    for number, member in enumerate(members):
        if not member.get("name") and not member.get("id"):
            raise Refused(f"instances[{number}] has neither name nor id.")
        for option in ("protect_names", "protect_labels"):  # added to the member's own protection
            member[option] = [*(member.get(option) or []), *(params[option] or [])] or None
    names = [name for member in members for name in dict.fromkeys((member.get("name"), member.get("new_name"))) if name]
    for key, values in (("name", names), ("id", [member["id"].lower() for member in members if member.get("id")])):
        twice = sorted(value for value, times in collections.Counter(values).items() if times > 1)
        if twice:
            raise Refused(f"Each member needs its own {key}, but several have {', '.join(map(repr, twice[:5]))}.")
    _refuse_blind(params, members)
    return members


def _refuse_blind(params: Params, members: list[Params]) -> None:
    """Raise `Refused` for an unsafe declaration.

    That is a fleet without members unless this is declared, and batches or pruning without `wait`, since both need to
    know that the members have settled.
    """
    if not members and params["count"] != 0 and not params["allow_empty"]:
        raise Refused("The declaration has no members. If that is intended, set count: 0 or allow_empty: true.")
    if members and not params["wait"]:
        if params["batch"]:
            raise Refused("batch cannot be combined with wait: false: it waits for members that are in transition.")
        if prune_pattern(params):
            raise Refused("Pruning cannot be combined with wait: false: nothing is pruned if a member fails.")


def refuse_same_instance(ids: list[tuple[str, str]]) -> None:
    """Raise `Refused` if two of these members (ids and names) are the same instance."""
    names: dict[str, str] = {}
    for row_id, name in ids:
        key = row_id.lower()
        if key in names:
            raise Refused(f"{names[key]!r} and {name!r} are the same instance, {row_id}. Declare it once.")
        names[key] = name


def _numbered(name_format: str | None, index: int) -> str:
    """Return the name of the member with this index.

    Raise `Refused` if `name_format` is missing or not valid.
    """
    if not name_format:
        raise Refused("count needs name_format, such as name_format: web-{index:03d}.")
    try:
        if _WIDE.search(name_format):
            raise ValueError
        name = name_format.format(index=index)
        if name == name_format.format(index=index + 1):
            raise ValueError
    except (KeyError, IndexError, ValueError, AttributeError, TypeError):
        text = f"name_format is {name_format!r}; it must contain {{index}}, such as web-{{index:03d}}."
        raise Refused(text) from None
    return name


def _merged(below: Params, above: Params) -> Params:
    """Return `below` updated with the values of `above` that are not null.

    Mappings are merged recursively. An option in `above` removes the options in `below` that it excludes.
    """
    given = {key: value for key, value in above.items() if value is not None}
    displaced = {key for group in EXCLUSIVE if given.keys() & set(group) for key in group}
    merged = {key: value for key, value in below.items() if key not in displaced}
    for key, value in given.items():
        both = isinstance(value, dict) and isinstance(below.get(key), dict)
        merged[key] = _merged(below[key], value) if both else value
    return merged


def resolve_share(option: str, given: str | None, whole: int, least: int = 0) -> int | None:
    """Return a number, or a percentage of `whole` as a number.

    A percentage is rounded down, but not below `least`. Return None if nothing is given. Raise `Refused` if `given` is
    neither a number from `least` on nor a percentage.
    """
    if given is None:
        return None
    number = re.fullmatch(r"([0-9]{1,9})(%?)", given.strip())
    if not number or int(number.group(1)) < least:
        from_on = f" from {least} on" if least else ""
        raise Refused(f"{option} is {given!r}; it must be a number{from_on} or a percentage such as 20%.")
    count = int(number.group(1))
    return max(whole * count // 100, least) if number.group(2) else count


def prune_pattern(params: Params) -> str | None:
    """Return the pattern of names to prune; None if nothing is to be pruned.

    Raise `Refused` if the pattern is too wide.
    """
    given = params["prune_match"] or ("*" if params["prune_all"] else None)
    if given and not params["prune_all"] and len(re.split(r"[*?[]", given)[0].strip()) < LITERAL:
        raise Refused(
            f"prune_match is {given!r}; it must start with {LITERAL} literal characters, unless prune_all is true."
        )
    return given


def prune_limit(rows: list[Row], params: Params) -> int:
    """Return how many of these instances may be pruned."""
    return (
        resolve_share("prune_max", params["prune_max"], sum(not is_deleting(row) for row in _matching(rows, params)))
        or 0
    )


def instances_to_prune(rows: list[Row], ids: set[str], names: set[str], params: Params, most: int) -> list[Row]:
    """Return the instances to prune.

    They match the pattern and are neither declared nor protected. Raise `Refused` if there are more than `most`.
    """
    ids = set(map(str.lower, ids))
    going = [row for row in rows if may_be_pruned(row, ids, names, params)]
    if len(going) > most:
        named = ", ".join(str(row.get("name") or row["id"]) for row in going[:10])
        raise Refused(
            f"{len(going)} instance{'s' * (len(going) > 1)} would be pruned, and prune_max is {params['prune_max']} "
            f"({most}): {named}{', ...' if len(going) > 10 else ''}. Nothing was pruned."
        )
    return going


def may_be_pruned(row: Row, ids: set[str], names: set[str], params: Params) -> bool:
    """Return whether to prune an instance.

    Its name must match, and it must not be declared, protected, gone or being deleted. An instance whose name cannot be
    read may be a member, and stays.
    """
    matches = bool(_matching([row], params)) and not is_deleting(row) and "name" not in row.get(UNREADABLE, ())
    protected = protection_reason(row, params["protect_names"], params["protect_labels"])
    return matches and _foreign(row, ids, names) and not protected


def instances_being_deleted(rows: list[Row], ids: set[str], names: set[str], params: Params) -> list[Row]:
    """Return the instances to prune that are being deleted already.

    An earlier run may have started the deletion.
    """
    ids = set(map(str.lower, ids))
    return [row for row in _matching(rows, params) if is_deleting(row) and _foreign(row, ids, names)]


def _matching(rows: list[Row], params: Params) -> list[Row]:
    """Return the instances that exist and whose names match the prune pattern."""
    match = prune_pattern(params)
    return [
        row for row in rows
        if match is not None and fnmatch.fnmatchcase(str(row.get("name") or ""), match) and status_class(row) != GONE
    ]  # fmt: skip


def _foreign(row: Row, ids: set[str], names: set[str]) -> bool:
    """Return whether no member declares the instance, neither by id nor by name."""
    return row["id"].lower() not in ids and row.get("name") not in names
