# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The observations of a run, without secrets: the API's responses, and when a change became visible."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
IPV4 = re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b")
IPV6 = re.compile(r"(?<![\w:])(?=[0-9a-f:.]*:[0-9a-f]*:)[0-9a-f:.]{3,}(?![\w:])", re.IGNORECASE)
TIME = re.compile(r"\b\d{1,2}:\d\d:\d\d\b")
ENCODED = re.compile(r"[A-Za-z0-9+/_-]{40,}={0,2}")  # user data, tokens
BY_ID, BY_LIST = "id", "list"


class Response(NamedTuple):
    """The outline of a response. Its body is not kept."""

    status: int  # 0: no response
    slug: str = ""
    message: str = ""
    keys: tuple[str, ...] = ()  # of the body, if that is an object

    @property
    def words(self) -> str:
        """Return the response in words, such as `409 instance.name.conflict`."""
        return f"{self.status} {self.slug}".strip() if self.status else "no response"

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300


class Look(NamedTuple):
    """A resource as a read showed it, some seconds after an action was accepted."""

    seconds: float
    by: str  # BY_ID or BY_LIST
    found: bool
    state: str | None = None
    status: str | None = None
    name: str | None = None
    public_ip: bool = False

    @property
    def is_settled(self) -> bool:
        return self.found and self.status == "completed"


class Observations:
    """All observations of a run."""

    def __init__(self) -> None:
        self.responses: dict[str, Response] = {}  # by a label
        self.watches: dict[str, list[Look]] = {}  # by the action that was watched
        self.facts: dict[str, Any] = {}  # single values: numbers, booleans, names of the catalogues
        self.statuses: set[tuple[str, str, str]] = set()  # kind, state and status of every row in a response

    def as_dict(self) -> dict[str, Any]:
        return {
            "responses": {label: response._asdict() for label, response in self.responses.items()},
            "watches": {label: [look._asdict() for look in looks] for label, looks in self.watches.items()},
            "facts": self.facts,
            "statuses": [dict(zip(("kind", "state", "status"), row, strict=True)) for row in sorted(self.statuses)],
        }


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text without secrets, ids, addresses and encoded data."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "<secret>")
    times: list[str] = TIME.findall(text)
    for pattern, instead in ((UUID, "<id>"), (TIME, "\0"), (IPV6, "<address>"), (IPV4, "<address>"),
                             (ENCODED, "<data>")):  # fmt: skip
        text = pattern.sub(instead, text)
    for time in times:
        text = text.replace("\0", time, 1)
    return text


def outline(status: int, body: Any, secrets: Iterable[str] = ()) -> Response:
    """Return the outline of a response."""
    if not isinstance(body, Mapping):
        return Response(status)
    words = {key: body[key] for key in ("slug", "errorCode", "message", "developerMessage")
             if isinstance(body.get(key), str)}  # fmt: skip
    keys = tuple(sorted(map(str, body)))
    message = redact(words.get("message") or words.get("developerMessage") or "", secrets) if status >= 400 else ""
    return Response(status, redact(words.get("slug") or words.get("errorCode") or "", secrets), message, keys)


def look_at(row: Mapping[str, Any] | None, seconds: float, by: str) -> Look:
    """Return a look at an instance. Without a row, the instance was not found."""
    if row is None:
        return Look(round(seconds, 1), by, False)
    name, state, status = (row.get(key) for key in ("name", "state", "status"))
    return Look(round(seconds, 1), by, True, state, status, name, find_public_ip(row) is not None)


def list_interfaces(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    network = row.get("network")
    network = network if isinstance(network, Mapping) else {}
    return [item for key in ("interfaces", "ports") for item in network.get(key) or () if isinstance(item, Mapping)]


def find_public_ip(row: Mapping[str, Any]) -> str | None:
    """Return the public IPv4 address of an instance, None if it has none."""
    for interface in list_interfaces(row):
        old = interface.get("ipAddresses") or {}
        if address := interface.get("associated_public_ipv4") or old.get("publicIpAddress"):
            return str(address)
    return None


def statuses_in(kind: str, rows: Iterable[Any]) -> set[tuple[str, str, str]]:
    """Return the kind, state and status of rows."""
    return {(kind, str(row.get("state") or "-"), str(row.get("status") or "-")) for row in rows
            if isinstance(row, Mapping)}  # fmt: skip


def first_seconds(looks: Sequence[Look], by: str, wanted: Any) -> float | None:
    """Return the seconds of the first look of a kind (by id or by list) that fulfils a condition, else None."""
    return next((look.seconds for look in looks if look.by == by and wanted(look)), None)
