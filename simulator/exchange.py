# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A request and its answer, as the gateway sees them."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from .editions import edition_app
from .kinds import Fields

Headers = list[tuple[bytes, bytes]]
BODILESS = (204, 304)  # the statuses of responses that have no body
# As ASGI names them.
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Answer:
    """A complete answer, before it is sent."""

    def __init__(self, status: int, body: bytes, headers: Headers | None = None) -> None:
        self.status, self.body = status, body
        self.headers = headers if headers is not None else [(b"content-type", b"application/json")]


class Exchange:
    """A request and its answer: an entry of the record."""

    def __init__(self, scope: Fields, body: bytes, at: float) -> None:
        self.method: str = scope["method"]
        self.path, self.region = scope["path"], ""
        self.query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.raw, self.at = body, at
        self.status: int | None = None
        self.operation: str | None = None
        self.route = ""  # "METHOD /v1/path/{id}"
        self.answer = b""  # as sent: compressed or not

    def find_operation(self, edition: str) -> None:
        for method, pattern, path, name in operations(edition):
            if method == self.method and pattern.fullmatch(self.path):
                self.operation, self.route = name, f"{method} {path}"
                return

    def as_dict(self) -> Fields:
        return {
            "method": self.method, "path": self.path, "region": self.region, "query": list(self.query),
            "headers": self.headers, "body": parse_body(self.raw), "status": self.status, "operation": self.operation,
            "at": self.at, "answer": parse_body(self.answer),
        }  # fmt: skip


def parse_body(body: bytes) -> Any:
    """Return the JSON value of a body, or its text."""
    with contextlib.suppress(OSError, EOFError, zlib.error):
        body = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
    text = body.decode("utf-8", "replace")
    try:
        found = json.loads(text) if body else None
        json.dumps(found, ensure_ascii=False).encode()  # fails for half a surrogate pair
        return found
    except (ValueError, RecursionError):
        return text


@cache
def operations(edition: str) -> list[tuple[str, re.Pattern[str], str, str]]:
    """Return the operations of an API version: method, pattern, path, operationId."""
    paths = edition_app(edition).openapi()["paths"]
    return [(method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path, operation["operationId"])
            for path, methods in paths.items() for method, operation in methods.items()]  # fmt: skip


def refusal(status: int, slug: str, message: str, *headers: tuple[bytes, bytes]) -> Answer:
    body = json.dumps({"message": message, "slug": slug}).encode()
    return Answer(status, body, [(b"content-type", b"application/json"), *headers])
