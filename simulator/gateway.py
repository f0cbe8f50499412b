# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands before the API: regions, keys and tenants, rate limits, headers, compression, faults, the record."""

from __future__ import annotations

import gzip
import traceback
import uuid
import weakref
from collections import deque
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any

from .cloud import Cloud, Region
from .editions import checked, edition_app
from .exchange import Answer, Exchange, Headers, parsed, refusal
from .faults import PAGES, TWISTS, Fault, connection, reset_connection
from .resource import Fields
from .seeds import between_pages
from .settings import REGION_NAMES

Receive = Callable[[], Awaitable[Fields]]
Send = Callable[[Fields], Awaitable[None]]
GZIP_FROM = 1000  # bytes
READ_ONLY_KEY, EXPIRED_KEY = "simulator-read-only", "simulator-expired"


class Gateway:
    """The face of every region under /{region}/compute."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.faults: list[Fault] = []
        self.reset()

    def reset(self) -> None:
        self.record: deque[Exchange] = deque(maxlen=self.cloud.settings.record)
        self.clear_faults()
        self.stale: weakref.WeakSet[Any] = weakref.WeakSet()  # connections that are closed at their next request
        self.window = (0.0, 0)  # of the rate limit: when it began, requests in it

    def clear_faults(self) -> None:
        """What they hold goes on."""
        for fault in self.faults:
            fault.release()
        self.faults = []

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
        if connection(send) in self.stale:
            return connection(send).close()
        exchange.find_operation(self.cloud.settings.edition_of(exchange.region))
        await self.fail_or_serve(scope, exchange, send)

    async def fail_or_serve(self, scope: Fields, exchange: Exchange, send: Send) -> None:
        """The answer, and what the faults that this request meets make of it."""
        fired: list[Fault] = []
        twist = wire = None  # of these, one at a time
        for fault in list(self.faults):
            free = fault.kind in PAGES or (twist if fault.kind in TWISTS else wire) is None
            if not fault.fires(exchange, free):
                continue
            if fault.kind in PAGES:
                fired.append(fault)
            elif fault.kind in TWISTS:
                twist = fault
            else:
                wire = fault
        before = wire is not None and wire.when == "before"
        if wire and wire.kind == "hold" and before:
            await wire.hold()
        replaced = wire if wire and wire.kind in ("status", "html", "reset") else None
        self.cloud.twisted = False
        if replaced and before:
            answer = replaced.answer()
        else:
            made = self.refused(exchange) or await self.serve(scope, exchange, twist)
            answer = replaced.answer() if replaced else made
        if twist and not self.cloud.twisted:
            twist.came_to_nothing()
        for fault in fired:
            if answer.status == 200:
                between_pages(self.cloud.region(exchange.region, self.tenant(exchange)), exchange, fault)
            else:
                fault.came_to_nothing()
        if wire and wire.kind == "hold" and not before:
            await wire.hold()
        if wire and wire.kind == "reset":
            return reset_connection(send)
        if wire and wire.kind == "close_keep_alive":
            self.stale.add(connection(send))
        await self.send(send, exchange, answer, wire)

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
        if key == READ_ONLY_KEY and exchange.method != "GET":
            return refusal(403, "forbidden", "The key lacks the scope virtual-machine.write")
        if key == EXPIRED_KEY:
            return refusal(403, "forbidden", "The key has expired")
        return None if self.tenant_of(key) else refusal(403, "forbidden", "The key is not valid")

    def tenant_of(self, key: str) -> str | None:
        settings = self.cloud.settings
        if key in (settings.api_key, READ_ONLY_KEY):
            return settings.tenant
        return settings.keys.get(key)

    def tenant(self, exchange: Exchange) -> str | None:
        if self.cloud.settings.face == "service":
            return exchange.headers.get("x-tenant-id")
        return self.tenant_of(credential(exchange.headers) or "")

    async def serve(self, scope: Fields, exchange: Exchange, twist: Fault | None) -> Answer:
        """As the service behind the gateway, to which the gateway names the tenant."""
        tenant = self.tenant(exchange)
        if self.cloud.settings.face == "gateway":
            headers = [pair for pair in scope["headers"] if pair[0] != b"x-tenant-id"]
            scope["headers"] = [*headers, (b"x-tenant-id", (tenant or "").encode())]
        with self.cloud.lock:
            self.cloud.twist = twist and twist.model_dump()
            answer = await self.call(scope, self.cloud.region(exchange.region, tenant), exchange.raw)
            self.cloud.twist = None
            if exchange.method != "GET" or "password" in exchange.path:
                self.cloud.save()
            elif self.cloud.store:
                self.cloud.store.tick(self.cloud)
        return answer

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
                return refusal(500, "simulator.error", "The simulator itself has failed; see its stderr")
        if self.cloud.settings.validate and (wrong := checked(scope, answer.status, answer.body)):
            return refusal(500, "simulator.invalid_answer", wrong)
        return answer

    async def send(self, send: Send, exchange: Exchange, answer: Answer, wire: Fault | None = None) -> None:
        headers, body = self.dressed(exchange, answer)
        exchange.status, exchange.answer = answer.status, body
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if wire and wire.kind == "slow":
            return await wire.send_slowly(send, body)
        if wire and wire.kind == "short_body":
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            return connection(send).close()
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
