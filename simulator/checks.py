# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The valid values of the fields of a seed, or of an operation that fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .clock import parse_timestamp
from .kinds import Fields
from .resource import Mistake

LATEST = 2.5e11  # seconds: a year of four digits
Check = Callable[[Any], bool]


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LATEST


def is_text_or_null(value: Any) -> bool:
    return value is None or isinstance(value, str)


def is_text_list_or_null(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(item, str) for item in value))


def mapping_with(*names: str, of: Check = lambda value: True) -> Check:
    """Return a check for None or a mapping whose values under these names fit."""
    return lambda value: value is None or (isinstance(value, dict) and all(of(value.get(name)) for name in names))


FIELD_CHECKS: dict[str, tuple[Check, str]] = {
    **dict.fromkeys(
        ("id", "name", "state", "updated_at", "machine_type", "image", "availability_zone", "ssh_key_name", "user_data",
         "instance", "backup_type", "description", "version", "license", "platform", "architecture", "url"),
        (is_text_or_null, "a string"),
    ),
    "status": (lambda value: isinstance(value, str), "a string"),
    "created_at": (lambda value: is_number(value) or isinstance(value, str), "a timestamp"),
    "public_ip": (lambda value: is_text_or_null(value) or isinstance(value, bool), "true, false or an address"),
    **dict.fromkeys(("interfaces", "labels", "volumes"), (is_text_list_or_null, "a list of strings")),
    "error": (mapping_with("slug", "message", of=is_text_or_null), "a mapping of slug and message"),
    "vpc": (mapping_with("id", "name", of=is_text_or_null), "a mapping of id and name"),
    "requirements": (mapping_with("vcpu", "ram", "disk", of=is_number), "a mapping of vcpu, ram and disk"),
    **dict.fromkeys(("odd", "metadata"), (mapping_with(), "a mapping")),
    **dict.fromkeys(("size", "min_disk"), (lambda value: value is None or is_number(value), "a number")),
    "uefi": (lambda value: isinstance(value, bool), "true or false"),
}  # fmt: skip


def refuse_misfits(fields: Fields) -> None:
    """Raise a Mistake for the first field whose value is not valid."""
    for name, value in fields.items():
        fits, valid = FIELD_CHECKS.get(name, (lambda value: True, ""))
        if not fits(value):
            raise Mistake(f"{name} must be {valid}, not {value!r}")


def parse_created_at(created_at: Any) -> float:
    """Return the moment that a number of seconds or a timestamp stands for."""
    if not isinstance(created_at, str):
        return float(created_at)
    try:
        return parse_timestamp(created_at)
    except (ValueError, OverflowError) as error:
        raise Mistake(f"created_at: {error}") from error
