# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gateway before the API: keys, rate limits, headers, faults, the record."""

from __future__ import annotations

import gzip
import json
import sqlite3
import traceback
import uuid
import weakref
from collections import deque
from email.utils import formatdate
from typing import Any

from .cloud import Cloud, Region, Twist
from .editions import edition_app, find_invalid
from .exchange import BODILESS, Answer, Exchange, Headers, Message, Receive, Send, parse_body, refusal
from .faults import (
    ActiveFault,
    AnswerFault,
    Fault,
    ListFault,
    OutcomeFault,
    activate,
    connection,
    first_fired,
    reset_connection,
)
from .kinds import Fields
from .settings import EXPIRED_KEY, READ_ONLY_KEY, REGION_NAMES

GZIP_FROM = 1000  # bytes


class Gateway:
    """The gateway of every region, under /{region}/compute."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.faults: list[ActiveFault] = []
        self.reset()

    def reset(self) -> None:
        self.record: deque[Exchange] = deque(maxlen=self.cloud.settings.record)
        self.clear_faults()
        self.stale: weakref.WeakSet[Any] = weakref.WeakSet()  # connections to close at their next request
        self.window = (0.0, 0)  # of the rate limit: its begin, and the requests in it

    def add_fault(self, declared: Fault) -> Fields:
        self.faults.append(fault := activate(declared))
        return fault.describe()

    def clear_faults(self) -> None:
        """Remove the faults; held requests go on."""
        for fault in self.faults:
            fault.release()
        self.faults = []

    async def __call__(self, scope: Fields, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        exchange = Exchange(scope, body, self.cloud.clock.now())
        parts = scope["path"].split("/", 3)
        if len(parts) < 4 or parts[2] != "compute" or parts[1] not in REGION_NAMES:
            return await self.send(send, exchange, refusal(404, "not_found", f"There is nothing at {scope['path']}"))
        exchange.path, exchange.region = "/" + parts[3], REGION_NAMES[parts[1]]
        scope["root_path"] = f"/{parts[1]}/compute"
        if not exchange.path.startswith("/v1/"):  # a page with its operations, or its OpenAPI document
            region = self.cloud.region(exchange.region)
            return await self.send(send, exchange, await self.call(scope, region, body))
        self.record.append(exchange)
        if connection(send) in self.stale:
            return connection(send).close()
        exchange.find_operation(self.cloud.settings.edition_of(exchange.region))
        await self.fail_or_serve(scope, exchange, send)

    async def fail_or_serve(self, scope: Fields, exchange: Exchange, send: Send) -> None:
        """Answer a request, with the faults that apply to it.

        At most one of them decides the outcome, and one the answer; those of lists all apply.
        """
        outcome = first_fired(self.faults, OutcomeFault, exchange)
        around = first_fired(self.faults, AnswerFault, exchange)
        lists = [fault for fault in self.faults if isinstance(fault, ListFault) and fault.fires(exchange)]
        twist = outcome.twist() if outcome else None
        answer = await around.before_exchange() if around else None
        if answer is None:
            served = self.refuse(exchange) or await self.serve(scope, exchange, twist)
            answer = around.after_exchange(served) if around else served
        if outcome and twist:
            outcome.settle(twist)
        with self.cloud.lock:
            for fault in lists:
                fault.after_answer(self.cloud.region(exchange.region, self.tenant(exchange)), exchange, answer)
        if around:
            await around.before_sending()
        await self.send(send, exchange, answer, around)

    def refuse(self, exchange: Exchange) -> Answer | None:
        """Return the gateway's refusal, for the rate or the key, or None."""
        return self.refuse_rate(exchange) or (
            None if self.cloud.settings.face == "service" else self.refuse_key(exchange)
        )

    def refuse_rate(self, exchange: Exchange) -> Answer | None:
        settings = self.cloud.settings
        if settings.rate_limit:
            began, count = self.window
            if exchange.at - began >= settings.rate_window:
                began, count = exchange.at, 0
            self.window = (began, count + 1)
            if count >= settings.rate_limit:
                wait = max(1, int(began + settings.rate_window - exchange.at + 0.999))
                return refusal(429, "rate_limited", "Too many requests", (b"retry-after", str(wait).encode()))
        return None

    def refuse_key(self, exchange: Exchange) -> Answer | None:
        key = find_credential(exchange.headers)
        if key is None:
            return refusal(401, "unauthorized", "No API key and no access token was sent")
        if key == READ_ONLY_KEY and exchange.method != "GET":
            return forbidden("The key lacks the scope virtual-machine.write")
        if key == EXPIRED_KEY:
            return forbidden("The key has expired")
        return None if self.find_tenant(key) else forbidden("The key is not valid")

    def find_tenant(self, key: str) -> str | None:
        settings = self.cloud.settings
        if key in (settings.api_key, READ_ONLY_KEY):
            return settings.tenant
        return settings.keys.get(key)

    def tenant(self, exchange: Exchange) -> str | None:
        if self.cloud.settings.face == "service":
            return exchange.headers.get("x-tenant-id")
        return self.find_tenant(find_credential(exchange.headers) or "")

    async def serve(self, scope: Fields, exchange: Exchange, twist: Twist | None) -> Answer:
        """Pass a request on to the service behind the gateway, with its tenant."""
        tenant = self.tenant(exchange)
        if self.cloud.settings.face == "gateway":
            headers = [pair for pair in scope["headers"] if pair[0] != b"x-tenant-id"]
            scope["headers"] = [*headers, (b"x-tenant-id", (tenant or "").encode())]
        with self.cloud.lock:
            self.cloud.twist = twist
            answer = await self.call(scope, self.cloud.region(exchange.region, tenant), exchange.raw)
            self.cloud.twist = None
            if self.cloud.settings.face == "gateway" and answer.status == 422:
                answer = rewrite_invalid(answer)
            try:
                if exchange.method != "GET" or "password" in exchange.path:
                    self.cloud.save()
                elif self.cloud.store:
                    self.cloud.store.tick(self.cloud.clock.now())
            except sqlite3.Error:
                traceback.print_exc()
                return refusal(500, "simulator.error", "The file of --data cannot be written; see stderr")
        return answer

    async def call(self, scope: Fields, region: Region, body: bytes) -> Answer:
        """Return the answer of the API, which never waits: the lock is held throughout."""
        scope["simulator.region"], scope["simulator.body"] = region, parse_body(body)
        answer = Answer(500, b"")

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = message["status"], list(message["headers"])
            else:
                answer.body += message.get("body", b"")

        with self.cloud.lock:
            try:
                await edition_app(region.edition)(scope, receive, send)
            except Exception:  # noqa: BLE001 - a bug of the simulator: report it, and go on
                traceback.print_exc()
                return refusal(500, "simulator.error", "The simulator itself has failed; see its stderr")
        if self.cloud.settings.validate and (wrong := find_invalid(scope, answer.status, answer.body)):
            return refusal(500, "simulator.invalid_answer", wrong)
        return answer

    async def send(self, send: Send, exchange: Exchange, answer: Answer, around: AnswerFault | None = None) -> None:
        if around and around.kind == "reset":
            return reset_connection(send)
        if around and around.kind == "close_keep_alive":
            self.stale.add(connection(send))
        headers, body = self.dress(exchange, answer)
        exchange.status, exchange.answer = answer.status, body
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if around:
            await around.send_body(send, body)
        else:
            await send({"type": "http.response.body", "body": body})

    def dress(self, exchange: Exchange, answer: Answer) -> tuple[Headers, bytes]:
        """Return the headers with the common ones, and the body as the client accepts it."""
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
        if answer.status not in BODILESS:
            headers.append((b"content-length", str(len(body)).encode()))
        return headers, body


def rewrite_invalid(answer: Answer) -> Answer:
    """Return the gateway's form of a refusal, which lacks the place of the mistake."""
    body = json.loads(answer.body)
    first = body["detail"][0] if "detail" in body else {"type": body["slug"], "msg": body["message"]}
    return refusal(422, first["type"], first["msg"])


def forbidden(why: str) -> Answer:
    """Return the gateway's refusal of a key, in its own form."""
    body = {"developerMessage": why, "userMessage": "Access denied", "errorCode": "forbidden"}
    return Answer(403, json.dumps(body).encode())


def find_credential(headers: dict[str, str]) -> str | None:
    scheme, token = (*headers.get("authorization", "").split(" ", 1), "")[:2]
    bearer = token.strip() if scheme.lower() == "bearer" else None
    return headers.get("x-api-key") or bearer or None


async def read_body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)
