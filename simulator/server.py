# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The simulator as a server in a thread, and the handle that tests hold."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import uvicorn

from .cloud import Cloud
from .faults import Fault
from .gateway import Gateway, Receive, Send
from .resource import Fields
from .seeds import describe, fill, seed
from .settings import Settings

LOCAL = ("127.0.0.1", "localhost")


class Simulator:
    """One cloud on a port of 127.0.0.1."""

    def __init__(self, settings: Settings, port: int = 0) -> None:
        self.settings = settings
        self.cloud = Cloud(settings)
        self.gateway = Gateway(self.cloud)
        if self.cloud.new:
            fill(self.cloud)
        self.cloud.save()
        # IPPROTO_TCP by name: else asyncio does not switch Nagle's algorithm off, and each answer takes 40 ms.
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", port))
        self.socket.listen(1024)
        self.port: int = self.socket.getsockname()[1]
        config = uvicorn.Config(
            self.app, http="h11", loop="asyncio", ws="none", lifespan="off", interface="asgi3", log_config=None,
            log_level="critical", access_log=False, proxy_headers=False, server_header=False, date_header=False,
            timeout_keep_alive=75, timeout_graceful_shutdown=1,
        )  # fmt: skip
        self.server = uvicorn.Server(config)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{{region}}/compute"

    @property
    def environment(self) -> dict[str, str]:
        return {"MGC_API_URL": self.url, "MGC_API_KEY": self.cloud.settings.api_key}

    async def app(self, scope: Fields, receive: Receive, send: Send) -> None:
        if foreign(scope, self.port):
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
        elif scope["path"].startswith("/_simulator") or scope["path"] == "/":
            from .control import control_app

            scope["simulator"] = self
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
            self.cloud.clock.advance(seconds)
            self.cloud.save()

    def requests(self) -> list[Fields]:
        return [exchange.as_dict() for exchange in list(self.gateway.record)]

    def clear_requests(self) -> None:
        self.gateway.record.clear()

    def add_fault(self, **fields: Any) -> Fields:
        """See faults.Fault for the fields."""
        fault = Fault.model_validate(fields)
        self.gateway.faults.append(fault)
        return fault.describe()

    def faults(self) -> list[Fields]:
        return [fault.describe() for fault in self.gateway.faults]

    def clear_faults(self) -> None:
        self.gateway.clear_faults()

    def seed(self, kind: str, region: str = "br-se1", tenant: str | None = None, **fields: Any) -> Fields:
        with self.cloud.lock:
            made = seed(self.cloud.region(region, tenant), kind, fields)
            self.cloud.save()
            return made

    def state(self, tenant: str | None = None) -> Fields:
        with self.cloud.lock:
            return describe(self.cloud, tenant)

    def reset(self, **settings: Any) -> None:
        """Empty everything, back to the settings at the start, but for these."""
        with self.cloud.lock:
            self.cloud.reset(self.settings.but(**settings))
            self.gateway.reset()
            fill(self.cloud)
            self.cloud.save()


def foreign(scope: Fields, port: int) -> bool:
    """Whether a web page elsewhere sent this: under a name of its own that leads here, or as a form for the controls."""
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
    """A simulator that serves while the block runs. The settings are those of settings.py."""
    return serving(Simulator(Settings(**settings), port))
