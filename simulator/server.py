# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The simulator as a server, and the handle by which tests use it."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import uvicorn

from .checks import LATEST
from .cloud import Cloud
from .faults import Fault
from .gateway import Gateway, Receive, Send
from .kinds import Fields
from .resource import Mistake
from .seeds import describe, fill, seed
from .settings import REGION_NAMES, REGIONS, Settings

LOCAL = ("127.0.0.1", "localhost")


class PortInUse(OSError):
    """The error that another program listens on the port."""


class Simulator:
    """A cloud on a port of 127.0.0.1."""

    def __init__(self, settings: Settings, port: int = 0) -> None:
        config = uvicorn.Config(
            self.app, http="httptools", loop="asyncio", ws="none", lifespan="off", interface="asgi3", log_config=None,
            log_level="critical", access_log=False, proxy_headers=False, server_header=False, date_header=False,
            timeout_keep_alive=75, timeout_graceful_shutdown=1,
        )  # fmt: skip
        config.load()  # fails here if a package is missing; in the thread that serves, clients would wait for ever
        self.server = uvicorn.Server(config)
        self.settings = settings
        self.cloud = Cloud(settings)
        self.gateway = Gateway(self.cloud)
        if self.cloud.new:
            fill(self.cloud)
        self.cloud.save()
        # IPPROTO_TCP by name: else asyncio does not switch Nagle's algorithm off, and each answer takes 40 ms.
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self.socket.bind(("127.0.0.1", port))
        except OSError as error:
            self.socket.close()
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortInUse(f"port {port} is in use; choose another with --port (0 takes a free one)") from error
        self.socket.listen(1024)
        self.port: int = self.socket.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{{region}}/compute"

    @property
    def environment(self) -> dict[str, str]:
        return {"MGC_API_URL": self.url, "MGC_API_KEY": self.cloud.settings.api_key}

    async def app(self, scope: Fields, receive: Receive, send: Send) -> None:
        if is_foreign(scope, self.port):
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
        elif scope["path"].startswith("/_simulator") or scope["path"] == "/":
            from .control import control_app  # noqa: PLC0415 (FastAPI is loaded for the first request to it)

            scope["simulator"] = self
            with contextlib.suppress(Exception):  # already answered and printed: FastAPI raises it again
                await control_app()(scope, receive, send)
        else:
            await self.gateway(scope, receive, send)

    def serve(self) -> None:
        self.server.run(sockets=[self.socket])

    def close(self) -> None:
        self.socket.close()
        if self.cloud.store:
            self.cloud.save()
            self.cloud.store.close()

    def now(self) -> float:
        return self.cloud.clock.now()

    def advance(self, seconds: float) -> None:
        with self.cloud.lock:
            if not 0 <= self.now() + seconds <= LATEST:
                raise Mistake("The clock cannot leave the years 1970 to 9891")
            self.cloud.clock.advance(seconds)
            self.cloud.save()

    def requests(self) -> list[Fields]:
        return [exchange.as_dict() for exchange in list(self.gateway.record)]

    def clear_requests(self) -> None:
        self.gateway.record.clear()

    def add_fault(self, **fields: Any) -> Fields:
        """Add a fault with the fields of faults.Fault, and return its description."""
        return self.gateway.add_fault(Fault.model_validate(fields))

    def faults(self) -> list[Fields]:
        return [fault.describe() for fault in self.gateway.faults]

    def clear_faults(self) -> None:
        self.gateway.clear_faults()

    def seed(self, /, kind: str = "", region: str = "br-se1", tenant: str | None = None, **fields: Any) -> Fields:
        if not isinstance(region, str) or region not in REGION_NAMES:
            raise Mistake(f"There is no region {region!r}, only {', '.join(REGIONS)}")
        if not isinstance(tenant, (str, type(None))):
            raise Mistake(f"tenant must be a string, not {tenant!r}")
        with self.cloud.lock:
            made = seed(self.cloud.region(region, tenant), kind, fields)
            self.cloud.save()
            return made

    def state(self, tenant: str | None = None) -> Fields:
        with self.cloud.lock:
            return describe(self.cloud, tenant)

    def reset(self, /, **settings: Any) -> None:
        """Remove all resources, requests and faults; change only these settings."""
        if unknown := settings.keys() - {field.name for field in dataclasses.fields(Settings)}:
            raise Mistake(f"There is no switch {', '.join(sorted(unknown))}")
        try:
            chosen = self.settings.but(**settings)
        except ValueError as error:
            raise Mistake(str(error)) from error
        with self.cloud.lock:
            self.cloud.reset(chosen)
            self.gateway.reset()
            fill(self.cloud)
            self.cloud.save()


def is_foreign(scope: Fields, port: int) -> bool:
    """Return whether a foreign web page sent a request."""
    headers = dict(scope["headers"])
    host, origin = headers.get(b"host", b"").decode("latin-1"), headers.get(b"origin", b"").decode("latin-1")
    own = {f"http://{name}:{port}" for name in LOCAL}
    controls = scope["path"].startswith("/_simulator")
    return re.sub(r":\d+$", "", host) not in LOCAL or bool(controls and origin and origin not in own)


@contextmanager
def serving(simulator: Simulator) -> Iterator[Simulator]:
    thread = threading.Thread(target=simulator.serve, daemon=True)
    thread.start()
    try:
        yield simulator
    finally:
        simulator.clear_faults()
        simulator.server.should_exit = True
        thread.join(5)
        simulator.close()


def running(port: int = 0, **settings: Any) -> AbstractContextManager[Simulator]:
    """Return a context manager: a simulator that serves while the block runs."""
    return serving(Simulator(Settings(**settings), port))
