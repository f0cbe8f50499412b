# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of a custom image: a pure function of current state, desired state, and the history of this run."""

from __future__ import annotations

import datetime
import re
import typing as t
from urllib.parse import parse_qs, urlsplit

from .._api.exceptions import Refused
from .._api.resources import CREATION_FAILED, CUSTOM_IMAGES, OPERATION_FAILED, UNREADABLE, Row
from .._api.rows import Seen, dig
from .._api.statuses import is_deleting, status_class
from .checks import refuse_id_as_name, require_uuid
from .deletion import deletion_step
from .step import Memory, Plan, Step, predict, resource_label

CHANGEABLE = ("description", "version", "requirements")
FIXED = ("platform", "license", "uefi")
URL_VALID_FOR = 12  # hours a presigned URL must stay valid, because an import can take that long


class DesiredImage(t.NamedTuple):
    """The desired state of a custom image: the value of each option; None if not given."""

    id: str | None = None
    name: str | None = None
    description: str | None = None
    version: str | None = None
    state: str = "present"
    url: str | None = None
    platform: str | None = None
    license: str | None = None
    architecture: str = "x86/64"
    uefi: bool | None = None
    requirements: Row | None = None
    protect_names: list[str] | None = None


def desired_image(params: Row) -> DesiredImage:
    """Return the desired state. Raise `Refused` for mistakes that show without a request."""
    want = DesiredImage(**{name: params[name] for name in DesiredImage._fields})
    if want.id:
        want = want._replace(id=require_uuid("id", want.id))
    refuse_id_as_name("name", want.name)
    if want.name and not re.fullmatch(r"[A-Za-z0-9_-]+", want.name):
        raise Refused(f"name is {want.name!r}; names of custom images have letters, digits, '-' and '_' only.")
    if want.url and not _is_url(want.url):
        raise Refused("url is not a URL that begins with https:// or http://.")
    return want


def _is_url(text: str) -> bool:
    try:
        urlsplit(text)  # raises ValueError for an invalid host
    except ValueError:
        return False
    return bool(re.match(r"https?://[^/?#]+/", text, re.IGNORECASE))


def plan_image(seen: Seen, want: DesiredImage, memory: Memory) -> Plan:
    """Return all steps from the current to the desired state.

    Raise `Refused` if the desired state cannot be reached.
    """
    row = seen.get("image")
    if want.state == "absent":
        gone = row is None or is_deleting(row)
        return Plan(
            () if gone else (deletion_step(CUSTOM_IMAGES, t.cast(Row, row), "image", want.protect_names),), row, None
        )
    if row is None or is_deleting(row):
        made = (_image_creation(want),)
        return Plan(made, row, predict(None, made), () if memory.created else expiry_warnings(str(want.url)))
    label, warnings = resource_label(CUSTOM_IMAGES, row), []
    status = status_class(row, CUSTOM_IMAGES)
    if status == CREATION_FAILED:
        text = f"{label} ({row['id']}) failed: its status is {row.get('status')}. Delete it with state: absent."
        raise Refused(text, f"create {label}", row.get("error"))
    if status == OPERATION_FAILED:
        warnings.append(f"The last operation on {label} failed: its status is {row.get('status')}.")
    options = want._asdict()
    current = {**row, "uefi": {"true": True, "false": False}.get(str(dig(row, "metadata.uefi")).lower())}
    for option in FIXED:
        if options[option] is not None and current.get(option) not in (None, options[option]):
            warnings.append(
                f"{label} differs in what the API cannot change: {option} is {current[option]!r}, declared is "
                f"{options[option]!r}."
            )
    known = set(CHANGEABLE) - {field.partition(".")[0] for field in row.get(UNREADABLE, ())}
    given = {name: options[name] for name in CHANGEABLE if name in known and options[name] is not None}
    changes = {name: value for name, value in given.items() if row.get(name) != value}
    path, does = f"{CUSTOM_IMAGES.path}/{row['id']}", f"update {label} ({', '.join(changes)})"
    update = Step(
        "update", does, "PATCH", path, {"fields": changes}, changes, changes, target=str(row["id"]), part="image"
    )
    steps = (update,) if changes else ()
    return Plan(steps, row, predict(row, steps), tuple(warnings))


def expiry_warnings(url: str, now: datetime.datetime | None = None) -> tuple[str, ...]:
    """Return a warning if a presigned URL expires sooner than an import needs.

    The URL itself is a secret and stays out of the warning.
    """
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


def _image_creation(want: DesiredImage) -> Step:
    """Return the step that creates the image.

    Raise `Refused` if an option that the creation needs is missing.
    """
    name = want.name
    if want.id:
        raise Refused(f"There is no custom image with id {want.id}; a custom image cannot be created with a given id.")
    options = want._asdict()
    missing = [option for option in ("url", "platform") if options[option] is None]
    if missing:
        raise Refused(f"There is no custom image {name!r}; creating it needs {' and '.join(missing)}.")
    given = {key: options[key] for key in ("name", "url", "platform", *CHANGEABLE) if options[key] is not None}
    body = {
        **given,
        "license": want.license or "unlicensed",
        "architecture": want.architecture,
        "uefi": bool(want.uefi),
    }
    effect = {
        "status": "active",
        **{key: value for key, value in body.items() if key not in ("url", "architecture", "uefi")},
        **({"metadata": {"uefi": "true"}} if want.uefi else {}),  # as a response shows it
    }
    return Step(
        "create", f"create custom image {name}", "POST", CUSTOM_IMAGES.path, {"fields": {}}, effect, body, sends=2,
        target=str(name), part="image", creates=True,
    )  # fmt: skip
