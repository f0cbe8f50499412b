# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults: the requests that they apply to, and the three ways in which they act.

An `OutcomeFault` acts before the exchange, an `AnswerFault` around the answer, and a `ListFault` after the change.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import socket
import struct
from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AliasChoices, BaseModel, Field, StringConstraints, model_validator

from .checks import LATEST, refuse_misfits
from .cloud import Region, Twist
from .exchange import BODILESS, Answer, Exchange, Send, operations
from .kinds import Fields
from .seeds import change_between_pages
from .settings import EDITIONS

OUTCOMES = ("stuck", "failing", "unknown_status")
PAGES = ("create_between_pages", "delete_between_pages")
LISTS = ("GET /v1/instances", "GET /v1/snapshots", "GET /v1/backups", "GET /v1/images/custom")
MANY = 10_000  # rows that may come or go between pages
# The fields of a declaration that only some kinds use.
USES = {
    "status": ("status", "headers", "body"), "html": ("status", "headers", "body"), "hold": ("seconds",),
    "slow": ("seconds",), "stuck": ("seconds", "value"), "unknown_status": ("seconds", "value"),
    **dict.fromkeys(("failing", *PAGES), ("value",)),
}  # fmt: skip
FAILED = ("status", "state", "error", "updated_at")  # the fields of a resource that a failed operation changes
HeaderName = Annotated[str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
HeaderText = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]*$")]
AtLeastOne = Annotated[int, Field(ge=1)]
_numbers = itertools.count(1)


class Fault(BaseModel, extra="forbid"):
    """The declaration of a fault: its kind, and the requests that it applies to."""

    name: str = Field(default_factory=lambda: f"fault-{next(_numbers)}")
    operation: str = Field("*", description='operationId or its beginning, "METHOD /v1/path/{id}", or "*"')
    nth: AtLeastOne | Literal["every"] = Field(
        1, validation_alias=AliasChoices("match", "nth"), description="1 is the first"
    )
    times: AtLeastOne | None = Field(
        None, description="maximum number of times; 1 unless nth is every or a share is given"
    )
    share: float = Field(1.0, ge=0, le=1, description="of the matches, by a fixed series of random numbers")
    when: Literal["before", "after"] = Field("before", description="before the change is made, or after it")
    kind: Literal[
        "status",  # a response with this status instead of the API's
        "html",  # the same, with the HTML page of a gateway
        "reset",  # the connection is reset instead of a response
        "hold",  # held until the faults are cleared, or for `seconds`
        "slow",  # the body comes in ten pieces, within `seconds`
        "short_body",  # half of the body, then the connection ends
        "close_keep_alive",  # a normal response, but the next request on the connection is closed without one
        "stuck",  # the operation's status does not change, for `seconds` or for ever
        "failing",  # the operation fails: its error status (or `value`), and an error
        "unknown_status",  # the operation shows an unknown status, for `seconds`
        "create_between_pages",  # there are more rows after this list was answered
        "delete_between_pages",  # the first rows are deleted after this list was answered
    ]
    status: int | None = Field(None, ge=200, le=599, description="of the response; default 503, with html 502")
    headers: dict[HeaderName, HeaderText] = Field({}, description="more headers of the response")
    body: Any = Field(None, description="text, or any value that is sent as JSON")
    seconds: float | None = Field(
        None, ge=0, le=LATEST, description="real time for hold and slow, otherwise the simulator's time"
    )
    value: Any = Field(
        None,
        description="status for stuck, failing, unknown_status; number of rows between pages; for failing also a "
        f"mapping of {', '.join(FAILED)}",
    )

    @model_validator(mode="after")
    def refuse_ineffective(self) -> Fault:
        """Raise a ValueError for a fault that can have no effect, and prove nothing."""
        used = {name for names in USES.values() for name in names} - set(USES.get(self.kind, ()))
        if unused := sorted(used & self.model_fields_set):
            raise ValueError(f"{self.kind} does not use {', '.join(unused)}")
        if self.seconds == 0 and self.kind != "slow":
            raise ValueError(f"seconds must be more than 0 with {self.kind}")
        count = 1 if self.value is None else self.value
        if self.kind in PAGES and not (isinstance(count, int) and count is not True and 0 < count <= MANY):
            raise ValueError(f"value must be a number of rows from 1 to {MANY} with {self.kind}, not {self.value!r}")
        if self.kind in ("stuck", "unknown_status") and not isinstance(self.value, (str, type(None))):
            raise ValueError(f"value must be a status with {self.kind}, not {self.value!r}")
        if self.kind == "failing" and self.value is not None:
            fields = self.value if isinstance(self.value, dict) else {"status": self.value}
            if unknown := sorted(set(fields) - set(FAILED)):
                raise ValueError(f"value may have {', '.join(FAILED)} with {self.kind}, not {', '.join(unknown)}")
            refuse_misfits(fields)
        known = {
            (name, f"{method} {path}") for edition in EDITIONS for method, _pattern, path, name in operations(edition)
        }
        matched = [route for name, route in known if self.operation in ("*", route) or name.startswith(self.operation)]
        if not matched:
            raise ValueError(f"no request matches operation {self.operation!r}")
        if self.kind in OUTCOMES and all(route.startswith("GET ") for route in matched):
            raise ValueError(f"{self.kind} needs an operation that changes something, not {self.operation}")
        if self.kind in PAGES and not any(route in LISTS for route in matched):
            raise ValueError(f"{self.kind} needs one of {', '.join(LISTS)}, not {self.operation}")
        return self


class ActiveFault:
    """A declared fault, and the requests that it has met so far."""

    def __init__(self, declared: Fault) -> None:
        self.declared = declared
        self.seen = self.fired = 0
        self.random = random.Random(0)

    def matches(self, exchange: Exchange) -> bool:
        operation = self.declared.operation
        return operation in ("*", exchange.route) or (exchange.operation or "").startswith(operation)

    def fires(self, exchange: Exchange, free: bool = True) -> bool:
        """Count a request that matches, and return whether the fault applies to it.

        `free` is False where another fault applies to the request already.
        """
        if not self.matches(exchange):
            return False
        self.seen += 1
        declared = self.declared
        repeats = declared.nth == "every" or "share" in declared.model_fields_set
        times = declared.times if declared.times is not None else (1 << 31 if repeats else 1)
        begun = declared.nth == "every" or self.seen >= declared.nth
        if not begun or not free or self.fired >= times or self.random.random() >= declared.share:
            return False
        self.fired += 1
        return True

    def release(self) -> None:
        """Let the requests go on that the fault holds."""

    def describe(self) -> Fields:
        return {**self.declared.model_dump(exclude_none=True), "seen": self.seen, "fired": self.fired}


class OutcomeFault(ActiveFault):
    """A fault before the exchange: it decides how the accepted operation ends."""

    def matches(self, exchange: Exchange) -> bool:
        return exchange.method != "GET" and super().matches(exchange)

    def twist(self) -> Twist:
        return Twist(self.declared.kind, self.declared.value, self.declared.seconds)

    def settle(self, twist: Twist) -> None:
        """Do not count a request in which no operation was accepted."""
        self.fired -= not twist.used


class AnswerFault(ActiveFault):
    """A fault around the answer: it replaces, holds, slows or cuts the response."""

    def __init__(self, declared: Fault) -> None:
        super().__init__(declared)
        self.kind = declared.kind
        self.released = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    async def before_exchange(self) -> Answer | None:
        """Hold the request, or return the response that it gets without being served."""
        if self.declared.when == "after":
            return None
        await self.hold()
        return self.replacement()

    def after_exchange(self, answer: Answer) -> Answer:
        return self.replacement() or answer

    async def before_sending(self) -> None:
        if self.declared.when == "after":
            await self.hold()

    def replacement(self) -> Answer | None:
        """Return the response instead of the API's, or None if this kind has none."""
        if self.kind not in ("status", "html", "reset"):
            return None
        html, body, status = self.kind == "html", self.declared.body, self.declared.status
        if body is None:
            body = {"message": "The simulator was told to fail", "slug": "simulated"}
            body = "<html><body><h1>502 Bad Gateway</h1></body></html>" if html else body
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        data = b"" if status in BODILESS else data
        headers = {"content-type": "text/html" if html else "application/json"}
        headers |= {name.lower(): value for name, value in self.declared.headers.items()}
        return Answer(status or (502 if html else 503), data,
                      [(name.encode(), value.encode()) for name, value in headers.items()])  # fmt: skip

    async def hold(self) -> None:
        """Wait until the fault is released, or its seconds of real time have passed."""
        if self.kind == "hold":
            self.loop = asyncio.get_running_loop()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.released.wait(), self.declared.seconds)

    def release(self) -> None:
        if self.loop and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.released.set)

    async def send_body(self, send: Send, body: bytes) -> None:
        """Send the body of the response: whole, slowly, or cut short."""
        if self.kind == "slow":
            await self.send_slowly(send, body)
        elif self.kind == "short_body":
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            connection(send).close()
        else:
            await send({"type": "http.response.body", "body": body})

    async def send_slowly(self, send: Send, body: bytes) -> None:
        pieces, seconds = 10, self.declared.seconds
        size = len(body) // pieces + 1
        for start in range(0, pieces * size, size):
            await asyncio.sleep((1.0 if seconds is None else seconds) / pieces)
            await send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class ListFault(ActiveFault):
    """A fault after the change: it creates or deletes resources of an answered list."""

    def matches(self, exchange: Exchange) -> bool:
        return exchange.route in LISTS and super().matches(exchange)

    def after_answer(self, region: Region, exchange: Exchange, answer: Answer) -> None:
        """Change the rows of the list; do not count a list that was refused."""
        if answer.status != 200:
            self.fired -= 1
            return
        creates = self.declared.kind == "create_between_pages"
        change_between_pages(region, exchange.path, self.declared.value or 1, self.declared.name if creates else None)


def activate(declared: Fault) -> ActiveFault:
    if declared.kind in OUTCOMES:
        return OutcomeFault(declared)
    return ListFault(declared) if declared.kind in PAGES else AnswerFault(declared)


OneFault = TypeVar("OneFault", bound=ActiveFault)


def first_fired(faults: Iterable[ActiveFault], kind: type[OneFault], exchange: Exchange) -> OneFault | None:
    """Return the first fault of a class that applies; the others count the request."""
    first = None
    for fault in faults:
        if isinstance(fault, kind) and fault.fires(exchange, free=first is None):
            first = fault
    return first


def connection(send: Any) -> asyncio.Transport:
    """Return the transport of a response, from the object that uvicorn's send is of."""
    transport: asyncio.Transport = send.__self__.transport
    return transport


def reset_connection(send: Send) -> None:
    """Send an RST instead of a response, as the close does with a linger of 0."""
    transport = connection(send)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
