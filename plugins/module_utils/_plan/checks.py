# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of a declaration that need no request, and the errors for contradictions in it."""

from __future__ import annotations

import base64
import fnmatch
import typing as t

from .._api.exceptions import Refused
from .._api.messages import reason_words
from .._api.resources import POWER_STATES, UNREADABLE, UUID, Row
from .step import Memory

LARGEST_USER_DATA = 65000  # characters of base64 (from the API's schema), which is 48,750 bytes before encoding


def both_names_exist(row: Row, renamed: Row) -> Refused:
    """Return the error for a rename whose old name and new name both exist."""
    name = repr(row["name"]) if row.get("name") else "The resource"
    return Refused(f"{name} ({row['id']}) cannot be renamed: {renamed.get('name')!r} exists too ({renamed['id']}).")


def refuse_renamed(label: str, row: Row, names: t.Collection[str | None]) -> None:
    """Raise `Refused` if a resource that was found by one of these names has another name now.

    It was renamed while the task waited, or before a list shows that, and may be another than the declared resource.
    """
    if row.get("name") not in names:
        found = " or ".join(repr(name) for name in names if name)
        raise Refused(
            f"{label} ({row['id']}) is no longer named {found}: it was renamed meanwhile, so it is left as it is. "
            "Run this again to start from the present names."
        )


def unpredictable_warning(missing: str) -> str:
    """Return check mode's warning about a resource that an earlier task may create."""
    return (
        f"There is no {missing} yet, so the result of this task cannot be predicted. It is shown as if an earlier task "
        "created it; if none does, this task will fail."
    )


def refuse_id_as_name(option: str, name: str | None, instead: str = "id") -> None:
    """Raise `Refused` if a name has the shape of an id.

    An id was then given in the wrong option.
    """
    if name and UUID.fullmatch(name):
        raise Refused(f"{option} is {name!r}, which has the shape of an id. Give it as {instead}.")


def refuse_unknown_state(row: Row, state: str, memory: Memory, retypes: bool) -> None:
    """Raise `Refused` if the task needs to know the power state for the desired `state`.

    It is called for a settled instance whose state is not a known power state. A task that only needs the instance to
    exist goes on.
    """
    wanted = state if state != "present" else ""
    changed = memory.did("start", "stop", "suspend")  # and the power state before that must be restored
    if wanted or retypes or changed:
        reason = f"state: {wanted}" if wanted else "machine_type" if retypes else "the power state that it had"
        raise unknown_power_state(row, reason)


def unknown_power_state(row: Row, reason: str) -> Refused:
    """Return the error for an instance whose state is not a power state."""
    state = f"has the state {row['state']!r}" if row.get("state") is not None else "has no state in the API's response"
    last_error = f" Its last error: {reason_words(row['error'])}." if row.get("error") else ""
    return Refused(
        f"Instance {row.get('name') or row['id']} ({row['id']}) {state} and the status {row.get('status')!r}, but "
        f"{reason} "
        f"needs one of the states {', '.join(POWER_STATES)}.{last_error} Look at the instance in the console, and run "
        "this again "
        "when it has such a state."
    )


def encode_user_data(text: str | None, encoded: str | None) -> str | None:
    """Return the user data in base64.

    Raise `Refused` if it is too long, or if `encoded` is not base64.
    """
    if text is not None:
        encoded = base64.b64encode(text.encode("utf-8")).decode("ascii")
    if encoded is None:
        return None
    try:
        raw = base64.b64decode("".join(encoded.split()), validate=True)  # the program base64 wraps its output
    except ValueError as error:
        raise Refused(f"user_data_base64 is not valid base64: {error}. Plain text goes into user_data.") from error
    if len(encoded) > LARGEST_USER_DATA:
        raise Refused(
            f"The user data is too long: {len(encoded)} characters of base64 ({len(raw)} bytes of text), of "
            f"{LARGEST_USER_DATA} characters ({LARGEST_USER_DATA * 3 // 4} bytes) that the API takes."
        )
    return encoded


def same_data(wanted: str, value: str) -> bool | None:
    """Return whether two base64 texts decode to equal data.

    Return None if the current value is not base64.
    """
    try:
        return base64.b64decode(wanted) == base64.b64decode("".join(value.split()), validate=True)
    except ValueError:
        return None


def protection_reason(row: Row, names: list[str] | None, labels: list[str] | None = None) -> str:
    """Return why a resource is protected from deletion; empty if it is not.

    The rules are protect_names and protect_labels. A resource without a name matches only a pattern that matches the
    empty name. A name or labels that could not be read count as protected.
    """
    if names and "name" in row.get(UNREADABLE, ()):
        return "its name cannot be read, so it may match protect_names"
    pattern = next((each for each in names or [] if fnmatch.fnmatchcase(str(row.get("name") or ""), each)), None)
    if pattern is not None:
        return f"its name matches {pattern!r} of protect_names"
    if labels and row.get("labels") is None:
        return "the API did not return its labels, and one of them may be in protect_labels"
    held = sorted(set(row.get("labels") or []) & set(labels or []))
    return f"it has the label {held[0]!r} of protect_labels" if held else ""


def refuse_protected(label: str, row: Row, names: list[str] | None, labels: list[str] | None = None) -> None:
    """Raise `Refused` if the resource is protected from deletion."""
    reason = protection_reason(row, names, labels)
    if reason:
        raise Refused(f"{label} ({row['id']}) is protected from deletion: {reason}.")


def require_uuid(option: str, value: str) -> str:
    """Return the id in lower case.

    Raise `Refused` if it is not a UUID; the API would respond with 422.
    """
    if not UUID.fullmatch(value):
        raise Refused(f"{option} is {value!r}, but ids are UUIDs (like 9ec75090-2872-4f51-8111-53d05d96d2c6).")
    return value.lower()
