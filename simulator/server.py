# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The simulator as a server."""

from __future__ import annotations

import contextlib
import errno
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import uvicorn

from .exchange import Receive, Send
from .handle import Handle
from .kinds import Fields
from .settings import Settings

LOCAL = ("127.0.0.1", "localhost")


class PortInUse(OSError):
    """The error that another program listens on the port."""


class Simulator(Handle):
    """A cloud on a port of 127.0.0.1."""

    def __init__(self, settings: Settings, port: int = 0) -> None:
        config = uvicorn.Config(
            self.app, http="httptools", loop="asyncio", ws="none", lifespan="off", interface="asgi3", log_config=None,
            log_level="critical", access_log=False, proxy_headers=False, server_header=False, date_header=False,
            timeout_keep_alive=75, timeout_graceful_shutdown=1,
        )  # fmt: skip
        config.load()  # fails here if a package is missing; in the thread that serves, clients would wait for ever
        self.server = uvicorn.Server(config)
        # IPPROTO_TCP by name: else asyncio does not switch Nagle's algorithm off, and each answer takes 40 ms.
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self.socket.bind(("127.0.0.1", port))
            self.socket.listen(1024)
        except OSError as error:
            self.socket.close()
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortInUse(f"port {port} is in use; choose another with --port (0 takes a free one)") from error
        try:
            super().__init__(settings)  # after the port, whose user may use the file of --data too
        except BaseException:
            self.socket.close()
            raise
        self.port: int = self.socket.getsockname()[1]

    async def app(self, scope: Fields, receive: Receive, send: Send) -> None:
        if is_foreign(scope, self.port):
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
        elif scope["path"].startswith("/_simulator") or scope["path"] == "/":
            from .control import control_app  # noqa: PLC0415 (its routes take longer to make than all else to start)

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
