# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands before the API: regions, keys and tenants, rate limits, headers, compression, faults, the record."""

from __future__ import annotations

import gzip
import json
import re
import traceback
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from .cloud import Cloud, Region
from .editions import edition_app
from .resource import Fields
from .settings import REGION_NAMES

Receive = Callable[[], Awaitable[Fields]]
Send = Callable[[Fields], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
GZIP_FROM = 1000  # bytes


class Answer:
    """A whole answer, before it is sent."""

    def __init__(self, status: int, body: bytes, headers: Headers | None = None) -> None:
        self.status, self.body = status, body
        self.headers = headers if headers is not None else [(b"content-type", b"application/json")]


class Exchange:
    """One request and what was answered: a line of the record."""

    def __init__(self, scope: Fields, body: bytes, at: float) -> None:
        self.method: str = scope["method"]
        self.path, self.region = scope["path"], ""
        self.query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.raw, self.at = body, at
        self.status: int | None = None
        self.operation: str | None = None
        self.answer = b""

    def as_dict(self) -> Fields:
        return {
            "method": self.method, "path": self.path, "region": self.region, "query": list(self.query),
            "headers": self.headers, "body": parsed(self.raw), "status": self.status, "operation": self.operation,
            "at": self.at, "answer": parsed(self.answer),
        }  # fmt: skip


def parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode("utf-8", "replace")


@cache
def operations(edition: str) -> list[tuple[str, re.Pattern[str], str]]:
    paths = edition_app(edition).openapi()["paths"]
    return [(method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operation["operationId"])
            for path, methods in paths.items() for method, operation in methods.items()]  # fmt: skip


def operation_of(edition: str, method: str, path: str) -> str | None:
    return next((name for verb, pattern, name in operations(edition) if verb == method and pattern.fullmatch(path)),
                None)  # fmt: skip


def refusal(status: int, slug: str, message: str, *headers: tuple[bytes, bytes]) -> Answer:
    body = json.dumps({"message": message, "slug": slug}).encode()
    return Answer(status, body, [(b"content-type", b"application/json"), *headers])


class Gateway:
    """The face of every region under /{region}/compute."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.reset()

    def reset(self) -> None:
        self.record: deque[Exchange] = deque(maxlen=self.cloud.settings.record)
        self.window = (0.0, 0)  # of the rate limit: when it began, requests in it

    async def __call__(self, scope: Fields, receive: Receive, send: Send) -> None:
        body = await read(receive)
        exchange = Exchange(scope, body, self.cloud.clock.now())
        parts = scope["path"].split("/", 3)
        if len(parts) < 4 or parts[2] != "compute" or parts[1] not in REGION_NAMES:
            return await self.send(send, exchange, refusal(404, "not_found", f"There is nothing at {scope['path']}"))
        exchange.path, exchange.region = "/" + parts[3], REGION_NAMES[parts[1]]
        scope["root_path"] = f"/{parts[1]}/compute"
        if not exchange.path.startswith("/v1/"):  # its OpenAPI page
            region = self.cloud.region(exchange.region)
            return await self.send(send, exchange, await self.call(scope, region, body))
        self.record.append(exchange)
        edition = self.cloud.settings.edition_of(exchange.region)
        exchange.operation = operation_of(edition, exchange.method, exchange.path)
        answer = self.refused(exchange) or await self.call(scope, self.enter(scope, exchange), body)
        await self.send(send, exchange, answer)

    def refused(self, exchange: Exchange) -> Answer | None:
        """What the gateway answers by itself: to keys, and to too many requests."""
        settings = self.cloud.settings
        if settings.rate_limit:
            began, count = self.window
            if exchange.at - began >= settings.rate_window:
                began, count = exchange.at, 0
            self.window = (began, count + 1)
            if count >= settings.rate_limit:
                wait = max(1, int(began + settings.rate_window - exchange.at + 0.999))
                return refusal(429, "rate_limited", "Too many requests", (b"retry-after", str(wait).encode()))
        if settings.face == "service":
            return None
        key = credential(exchange.headers)
        if key is None:
            return refusal(401, "unauthorized", "No API key and no access token was sent")
        if key == f"{settings.api_key}-read-only" and exchange.method != "GET":
            return refusal(403, "forbidden", "The key lacks the scope virtual-machine.write")
        if key == f"{settings.api_key}-expired":
            return refusal(403, "forbidden", "The key has expired")
        return None if self.tenant_of(key) else refusal(403, "forbidden", "The key is not valid")

    def tenant_of(self, key: str) -> str | None:
        settings = self.cloud.settings
        if key in (settings.api_key, f"{settings.api_key}-read-only"):
            return settings.tenant
        return settings.keys.get(key)

    def enter(self, scope: Fields, exchange: Exchange) -> Region:
        """The region of the request's tenant, whom the gateway names to the service behind it."""
        if self.cloud.settings.face == "service":
            return self.cloud.region(exchange.region, exchange.headers.get("x-tenant-id"))
        tenant = self.tenant_of(credential(exchange.headers) or "") or ""
        headers = [pair for pair in scope["headers"] if pair[0] != b"x-tenant-id"]
        scope["headers"] = [*headers, (b"x-tenant-id", tenant.encode())]
        return self.cloud.region(exchange.region, tenant)

    async def call(self, scope: Fields, region: Region, body: bytes) -> Answer:
        """The API's answer. It never waits for anything, so the lock is held throughout."""
        scope["simulator.region"], scope["simulator.body"] = region, parsed(body)
        answer = Answer(500, b"")

        async def receive() -> Fields:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Fields) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = message["status"], list(message["headers"])
            else:
                answer.body += message.get("body", b"")

        with self.cloud.lock:
            try:
                await edition_app(region.edition)(scope, receive, send)
            except Exception:  # noqa: BLE001 - a fault of the simulator's own: say so, and go on
                traceback.print_exc()
        return answer

    async def send(self, send: Send, exchange: Exchange, answer: Answer) -> None:
        exchange.status, exchange.answer = answer.status, answer.body
        headers, body = self.dressed(exchange, answer)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def dressed(self, exchange: Exchange, answer: Answer) -> tuple[Headers, bytes]:
        """With the headers that every answer has, compressed where the client takes that."""
        body = answer.body
        headers = [pair for pair in answer.headers if pair[0] != b"content-length"]
        if len(body) > GZIP_FROM and "gzip" in exchange.headers.get("accept-encoding", ""):
            body = gzip.compress(body, 1, mtime=0)
            headers += [(b"content-encoding", b"gzip"), (b"vary", b"accept-encoding")]
        identifier = str(uuid.uuid4()).encode()
        headers += [
            (b"date", formatdate(self.cloud.clock.now(), usegmt=True).encode()),
            (b"x-request-id", identifier),
            (b"x-mgc-trace-id", identifier.replace(b"-", b"")),
        ]
        if answer.status != 204:
            headers.append((b"content-length", str(len(body)).encode()))
        return headers, body


def credential(headers: dict[str, str]) -> str | None:
    scheme, token = (*headers.get("authorization", "").split(" ", 1), "")[:2]
    bearer = token.strip() if scheme.lower() == "bearer" else None
    return headers.get("x-api-key") or bearer or None


async def read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body
