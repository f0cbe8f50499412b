# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults: what goes wrong with which requests, when, and how often."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import socket
import struct
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, Field, PrivateAttr, StringConstraints, model_validator

from .exchange import Answer, Exchange, operations
from .resource import Fields
from .settings import EDITIONS

if TYPE_CHECKING:
    from .gateway import Send

TWISTS = ("stuck", "failing", "unknown_status")  # change how an accepted operation ends
PAGES = ("create_between_pages", "delete_between_pages")  # act on the cloud after a list was answered
LISTS = ("GET /v1/instances", "GET /v1/snapshots", "GET /v1/backups", "GET /v1/images/custom")
HeaderText = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]*$")]
_numbers = itertools.count(1)


class Fault(BaseModel, extra="forbid"):
    """Applies to requests of an operation: from the nth match on, a number of times, or to a share of them."""

    name: str = Field(default_factory=lambda: f"fault-{next(_numbers)}")
    operation: str = Field("*", description='operationId or its beginning, "METHOD /v1/path/{id}", or "*"')
    nth: int | Literal["every"] = Field(1, validation_alias=AliasChoices("match", "nth"), description="1 is the first")
    times: int | None = Field(None, description="how often at most; 1 unless nth is every or a share is given")
    share: float = Field(1.0, ge=0, le=1, description="of the matches, by a fixed series of random numbers")
    when: Literal["before", "after"] = Field("before", description="before the change is made, or after it")
    kind: Literal[
        "status",  # an answer of its own instead of the API's
        "html",  # the same, as a gateway's page
        "reset",  # the connection is reset instead of an answer
        "hold",  # held until the faults are cleared, or for seconds
        "slow",  # the body comes in ten pieces, in seconds
        "short_body",  # half of the body, then the end of the connection
        "close_keep_alive",  # answered well, but the connection ends at its next request, which is not looked at
        "stuck",  # the operation's status does not change, for seconds or for ever
        "failing",  # the operation fails: its error status (or value), and error
        "unknown_status",  # the operation shows a status that nobody knows, for seconds
        "create_between_pages",  # more rows after this list was answered
        "delete_between_pages",  # fewer: its first ones are gone
    ]
    status: int | None = Field(None, ge=200, le=599, description="of the answer; 503 unless given, 502 with html")
    headers: dict[HeaderText, HeaderText] = Field({}, description="more headers of the answer")
    body: Any = Field(None, description="text, or anything that is sent as JSON")
    seconds: float | None = Field(None, description="real ones of hold and slow, else the simulator's")
    value: Any = Field(None, description="status of stuck, failing, unknown_status; number of rows between pages")

    _seen: int = PrivateAttr(0)
    _fired: int = PrivateAttr(0)
    _random: random.Random = PrivateAttr(default_factory=lambda: random.Random(0))
    _released: asyncio.Event = PrivateAttr(default_factory=asyncio.Event)
    _loop: asyncio.AbstractEventLoop | None = PrivateAttr(None)

    @model_validator(mode="after")
    def can_do_something(self) -> Fault:
        """A fault that never matches would let a test prove nothing."""
        if self.kind in PAGES and not isinstance(self.value, (int, type(None))):
            raise ValueError(f"value is a number of rows with {self.kind}, not {self.value!r}")
        known = [one for edition in EDITIONS for one in operations(edition)]
        if self.operation != "*" and not any(
            name.startswith(self.operation) or f"{method} {path}" == self.operation
            for method, _pattern, path, name in known
        ):
            raise ValueError(f"operation is {self.operation!r}, and no request is of that one")
        return self

    def fires(self, exchange: Exchange, free: bool = True) -> bool:
        """Whether this request is one of its matches that it applies to; counts. It is not `free` if another fault has it."""
        if self.operation not in ("*", exchange.route) and not (exchange.operation or "").startswith(self.operation):
            return False
        if self.kind in TWISTS and exchange.method == "GET":  # which no operation begins with
            return False
        if self.kind in PAGES and exchange.route not in LISTS:
            return False
        self._seen += 1
        every = self.nth == "every" or "share" in self.model_fields_set
        times = self.times if self.times is not None else (1 << 31 if every else 1)
        begun = self.nth == "every" or self._seen >= self.nth
        if not begun or not free or self._fired >= times or self._random.random() >= self.share:
            return False
        self._fired += 1
        return True

    def came_to_nothing(self) -> None:
        """It fired at a request that it could do nothing to."""
        self._fired -= 1

    def describe(self) -> Fields:
        return {**self.model_dump(exclude_none=True), "seen": self._seen, "fired": self._fired}

    def answer(self) -> Answer:
        """The answer in place of the API's own."""
        html = self.kind == "html"
        body = "<html><body><h1>502 Bad Gateway</h1></body></html>" if html and self.body is None else self.body
        kind = "text/html" if html else "application/json"
        if body is None:
            body = {"message": "The simulator was told to fail", "slug": "simulated"}
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        named = {"content-type": kind, **{name.lower(): value for name, value in self.headers.items()}}
        return Answer(self.status or (502 if html else 503), data,
                      [(name.encode(), value.encode()) for name, value in named.items()])  # fmt: skip

    async def hold(self) -> None:
        """Until released, or its seconds of real time have passed."""
        self._loop = asyncio.get_running_loop()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._released.wait(), self.seconds)

    def release(self) -> None:
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._released.set)

    async def send_slowly(self, send: Send, body: bytes) -> None:
        pieces = 10
        size = len(body) // pieces + 1
        for start in range(0, pieces * size, size):
            await asyncio.sleep((1.0 if self.seconds is None else self.seconds) / pieces)
            await send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def connection(send: Any) -> asyncio.Transport:
    """The transport under an answer: uvicorn's send is a method of the object that holds it."""
    transport: asyncio.Transport = send.__self__.transport
    return transport


def reset_connection(send: Send) -> None:
    """An RST instead of an answer: with a linger of 0 the close is not an orderly one."""
    transport = connection(send)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
