# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of entries in list and dict options, which Ansible itself does not check.

Every function raises `Refused` with the position of the entry, such as `keyed_groups[1].prefix`.
"""

from __future__ import annotations

import typing as t
from datetime import date

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused

from ._names import suggest_name

SCALARS = (str, int, float, bool)
BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
KEYED = ("key", "prefix", "separator", "parent_group", "default_value", "trailing_separator")


def _is_boolean(value: t.Any) -> bool:
    return str(value).strip().lower() in BOOLEANS


def _is_number(value: t.Any, kind: t.Callable[[str], float] = float) -> bool:
    try:
        kind(str(value))
    except ValueError:
        return False
    return True


# The type of an option -> the rule for its values, and the words for a message.
TYPES: dict[t.Any, tuple[t.Callable[[t.Any], bool], str]] = {
    "bool": (_is_boolean, "true or false"),
    "boolean": (_is_boolean, "true or false"),
    "int": (lambda value: _is_number(value, int), "a whole number"),
    "float": (_is_number, "a number"),
    "path": (lambda value: isinstance(value, str), "a text"),
    "list": (lambda value: isinstance(value, (str, list)), "a list"),
    "dict": (lambda value: isinstance(value, dict), "a mapping"),
}


def as_text(value: t.Any) -> str:
    """Return the value as text for a message. An encrypted value is not shown."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_text(key)}: {as_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, set)):
        return f"[{', '.join(map(as_text, value))}]"
    if isinstance(value, str):
        return repr(str.__str__(value))
    if value is None or isinstance(value, (*SCALARS, date, bytes)):
        return str(value)
    return "<encrypted>"


def texts(where: str, given: t.Any) -> list[str]:
    """Return the entries of a list of texts, without empty texts."""
    for number, entry in enumerate(given or []):
        if entry is not None and not isinstance(entry, str):
            raise Refused(f"{where}[{number}] is {as_text(entry)}; it must be a text.")
    return [entry for entry in given or [] if entry and entry.strip()]


def mapping(where: str, entry: t.Any, keys: t.Sequence[str], required: str) -> dict[str, t.Any]:
    """Return a mapping, checked to have only these keys, without the keys that are null."""
    if not isinstance(entry, dict) or not entry.get(required):
        raise Refused(f"{where} is {as_text(entry)}; it must be a mapping with a {required}.")
    for key in entry:
        if key not in keys:
            raise Refused(
                f"{where}: unknown key {as_text(key)}{suggest_name(key, keys) or '.'} The keys are {', '.join(keys)}."
            )
    return {str(key): value for key, value in entry.items() if value is not None}


def keyed_groups(given: t.Any) -> list[dict[str, t.Any]]:
    """Return the checked entries of `keyed_groups`."""
    entries = []
    for number, each in enumerate(given or []):
        where = f"keyed_groups[{number}]"
        entry = mapping(where, each, KEYED, "key")
        for key, value in entry.items():
            if key == "trailing_separator":
                if str(value).lower() not in BOOLEANS:
                    raise Refused(f"{where}.{key} is {as_text(value)}; it must be true or false.")
                entry[key] = BOOLEANS[str(value).lower()]
            elif not isinstance(value, str):
                if key == "key" or not isinstance(value, SCALARS):
                    raise Refused(f"{where}.{key} is {as_text(value)}; it must be a text.")
                entry[key] = str(value)
        if "default_value" in entry and "trailing_separator" in entry:
            raise Refused(f"{where}: default_value and trailing_separator exclude each other.")
        entries.append(entry)
    return entries


def conditions(where: str, given: t.Any) -> list[str | bool]:
    """Return the checked entries of a list of conditions."""
    for number, entry in enumerate(given or []):
        _condition(f"{where}[{number}]", entry)
    return list(given or [])


def groups(given: t.Any) -> dict[str, str | bool]:
    """Return the checked entries of `groups`."""
    for name, condition in (given or {}).items():
        _name("groups", name)
        _condition(f"groups.{name}", condition)
    return dict(given or {})


def compose(given: t.Any) -> dict[str, t.Any]:
    """Return the checked entries of `compose`."""
    for name, value in (given or {}).items():
        _name("compose", name)
        if value is not None and not isinstance(value, SCALARS):
            wanted = "an expression (as text), a number, a boolean or null"
            raise Refused(f"compose.{name} is {as_text(value)}; it must be {wanted}.")
    return dict(given or {})


def _name(option: str, name: t.Any) -> None:
    if not isinstance(name, str) or not name.strip():
        raise Refused(f"{option}: the name {as_text(name)} must be a text that is not empty.")


def _condition(where: str, value: t.Any) -> None:
    if not isinstance(value, (str, bool)):
        raise Refused(f"{where} is {as_text(value)}; it must be a condition (as text) or a boolean.")
