# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of a custom image: a pure function of what is, what is wanted, and what this run has done."""

from __future__ import annotations

import datetime
import fnmatch
import re
import typing as t
from urllib.parse import parse_qs

from ._api import CREATION_FAILED, CUSTOM_IMAGES, OPERATION_FAILED, Refused, Row, deleting, status_class
from ._checks import require_uuid
from ._read import Seen
from ._step import Memory, Plan, Step, predict

Want = dict[str, t.Any]
CHANGEABLE = ("description", "version", "requirements")
FIXED = ("platform", "license")
URL_VALID_FOR = 12  # hours that a presigned URL has to stay valid, since an import takes that long


def check(want: Want) -> None:
    """Refuses what can be seen to be wrong without a request."""
    if want["id"]:
        require_uuid("id", want["id"])
    if want["name"] and not re.fullmatch(r"[A-Za-z0-9_-]+", want["name"]):
        raise Refused(f"name is {want['name']!r}; names of custom images have letters, digits, '-' and '_' only.")
    if want["url"] and not re.match(r"https?://[^/?#]+/", want["url"], re.IGNORECASE):
        raise Refused("url is no URL that begins with https:// or http://.")


def plan(seen: Seen, want: Want, memory: Memory) -> Plan:
    """All steps from what is seen to what is wanted. Raises `Refused` where that cannot be."""
    row = seen.get("image")
    if want["state"] == "absent":
        gone = row is None or deleting(row)
        return Plan(() if gone else (_removal(t.cast(Row, row), want),), row, None)
    if row is None or deleting(row):
        made = (_creation(want),)
        return Plan(made, row, predict(None, made), () if memory.created else expiry(str(want["url"])))
    label, warnings = f"custom image {row.get('name')}", []
    status = status_class(row, CUSTOM_IMAGES)
    if status == CREATION_FAILED:
        raise Refused(f"{label} ({row['id']}) failed: its status is {row.get('status')}. Delete it with state: absent.")
    if status == OPERATION_FAILED:
        warnings.append(f"The last operation on {label} failed: its status is {row.get('status')}.")
    for option in FIXED:
        if want[option] is not None and row.get(option) not in (None, want[option]):
            warnings.append(
                f"{label} differs in what the API cannot change: {option} is {row[option]!r}, declared is {want[option]!r}."
            )
    changes = {name: want[name] for name in CHANGEABLE if want[name] is not None and row.get(name) != want[name]}
    path, does = f"{CUSTOM_IMAGES.path}/{row['id']}", f"update {label} ({', '.join(changes)})"
    update = Step("update", does, "PATCH", path, {"fields": changes}, changes, changes, part="image")
    steps = (update,) if changes else ()
    return Plan(steps, row, predict(row, steps), tuple(warnings))


def expiry(url: str, now: datetime.datetime | None = None) -> tuple[str, ...]:
    """A warning where a presigned URL expires sooner than an import needs; the URL itself is a secret."""
    query = {name.lower(): values[0] for name, values in parse_qs(url.partition("?")[2]).items()}
    now = now or datetime.datetime.now(datetime.timezone.utc)
    try:
        if "x-amz-date" in query:
            signed = datetime.datetime.strptime(query["x-amz-date"], "%Y%m%dT%H%M%SZ")
            until = signed.replace(tzinfo=datetime.timezone.utc) + datetime.timedelta(
                seconds=int(query["x-amz-expires"])
            )
        else:
            until = datetime.datetime.fromtimestamp(int(query["expires"]), datetime.timezone.utc)
    except (KeyError, ValueError, OverflowError, OSError):
        return ()
    hours = (until - now).total_seconds() / 3600
    if hours >= URL_VALID_FOR:
        return ()
    when = f"expires in {hours:.1f} hours" if hours > 0 else "has expired"
    return (f"url {when}; the import may take {URL_VALID_FOR} hours, and fails when it expires before.",)


def _removal(row: Row, want: Want) -> Step:
    label = f"custom image {row.get('name')}"
    pattern = next((p for p in want["protect_names"] or [] if fnmatch.fnmatchcase(str(row.get("name")), p)), None)
    if pattern:
        raise Refused(
            f"{label} ({row['id']}) is protected from deletion: its name matches {pattern!r} of protect_names."
        )
    path = f"{CUSTOM_IMAGES.path}/{row['id']}"
    return Step("delete", f"delete {label}", "DELETE", path, {"gone": True}, None, anytime=True, part="image")


def _creation(want: Want) -> Step:
    name = want["name"]
    if want["id"]:
        raise Refused(f"There is no custom image with id {want['id']}, and one with a given id cannot be created.")
    missing = [option for option in ("url", "platform") if want[option] is None]
    if missing:
        raise Refused(f"There is no custom image {name!r}, and to create it {' and '.join(missing)} is needed.")
    given = {key: want[key] for key in ("name", "url", "platform", *CHANGEABLE) if want[key] is not None}
    body = {
        **given,
        "license": want["license"] or "unlicensed",
        "architecture": want["architecture"],
        "uefi": want["uefi"],
    }
    effect = {
        "status": "active",
        **{key: value for key, value in body.items() if key not in ("url", "architecture", "uefi")},
    }
    return Step(
        "create", f"create custom image {name}", "POST", CUSTOM_IMAGES.path, {"fields": {}}, effect, body, sends=2,
        key=f"create {name}", part="image", makes=True,
    )  # fmt: skip
