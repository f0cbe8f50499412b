# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be seen to be wrong in a declaration without a request. Imported where an option is given that can be."""

from __future__ import annotations

import base64

from ._api import UUID, Refused, Row, dig

LARGEST_USER_DATA = 65000  # characters of base64, by the API's schema; 48,750 bytes before encoding
MOST_ALTERNATIVES = 10  # a run sends 30 steps at most, and each alternative is two
_IDS = ("id", "network.interface", "network.security_groups", "network.subnets", "network_interfaces")


def check(want: Row) -> str | None:
    """Refuses what the API would refuse, or what contradicts itself. Gives the user data in base64."""
    for option in _IDS:
        value = dig(want, option)
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                require_uuid(option, one)
    for option in ("name", "new_name"):
        length = len(want[option] or "")
        if length > 255:
            raise Refused(f"{option} has {length} characters, and may have 255.")
    if len(dig(want, "network.subnets") or []) > 1:
        raise Refused("network.subnets may hold one subnet.")
    if want["new_name"] and want["state"] == "absent":
        raise Refused("new_name says how the instance is to be called, so it does not go with state: absent.")
    replaces = (
        "alternatives" if want["alternatives"] else "on_failed: replace" if want["on_failed"] == "replace" else ""
    )
    if dig(want, "network.interface") and replaces:
        raise Refused(f"{replaces} does not go with network.interface: it would die with the failed attempt.")
    if len(want["alternatives"] or []) > MOST_ALTERNATIVES:
        raise Refused(f"alternatives has {len(want['alternatives'])} entries, and may have {MOST_ALTERNATIVES}.")
    return user_data(want["user_data"], want["user_data_base64"])


def both_exist(want: Row, row: Row, renamed: Row) -> Refused:
    """The error where what is to be renamed exists, and what has its new name as well."""
    return Refused(
        f"{want['name']!r} ({row['id']}) cannot be renamed: {want['new_name']!r} exists too ({renamed['id']})."
    )


def user_data(text: str | None, encoded: str | None) -> str | None:
    """User data in base64, checked for its size; `encoded` must be base64 already."""
    if text is not None:
        encoded = base64.b64encode(text.encode("utf-8")).decode("ascii")
    if encoded is None:
        return None
    try:
        raw = base64.b64decode("".join(encoded.split()), validate=True)  # base64 prints lines
    except ValueError as error:
        raise Refused(f"user_data_base64 is no base64: {error}. Plain text goes into user_data.") from error
    if len(encoded) > LARGEST_USER_DATA:
        raise Refused(
            f"The user data is too long: {len(encoded)} characters of base64 ({len(raw)} bytes of text), of "
            f"{LARGEST_USER_DATA} characters ({LARGEST_USER_DATA * 3 // 4} bytes) that the API takes."
        )
    return encoded


def same_data(wanted: str, value: str) -> bool | None:
    """Whether two texts in base64 say the same; None where the one that was read is no base64."""
    try:
        return base64.b64decode(wanted) == base64.b64decode("".join(value.split()), validate=True)
    except ValueError:
        return None


def require_uuid(option: str, value: str) -> None:
    """Refuses an id that the API would answer with 422."""
    if not UUID.fullmatch(value):
        raise Refused(f"{option} is {value!r}, but ids are UUIDs (like 9ec75090-2872-4f51-8111-53d05d96d2c6).")
