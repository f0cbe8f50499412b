# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The gate as a server on 127.0.0.1: the integration targets reach the API through it, and never have the real key."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.acceptance.gate import Answer, Gate

PATH = re.compile(r"/(?P<region>[\w-]+)/compute(?P<path>/v1(/(?!\.\.?(/|$))[\w.~%-]+)+)", re.ASCII)
PASSED_ON = ("x-api-version", "accept")  # headers of a request
RETURNED = ("content-type", "date", "retry-after", "x-request-id", "x-mgc-trace-id")  # headers of a response
CREDENTIALS = ("x-api-key", "authorization")


class Proxy:
    """The URL of the proxy, and a key that only the proxy accepts, for the environment of the targets."""

    def __init__(self, port: int) -> None:
        self.key = secrets.token_hex(16)
        self.url = f"http://127.0.0.1:{port}/{{region}}/compute"


@contextlib.contextmanager
def serving(gate: Gate) -> Iterator[Proxy]:
    """Serve while the block runs; at its end, wait for the requests that are under way."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # server_close waits for them
    server.gate, server.proxy = gate, Proxy(server.server_port)  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.proxy  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    """A handler that sends a target's request through the gate, with the real key instead of the proxy's own."""

    protocol_version = "HTTP/1.0"  # a connection for each request
    timeout = 60

    def do_GET(self) -> None:
        self.pass_on()

    do_POST = do_PATCH = do_DELETE = do_PUT = do_GET

    def pass_on(self) -> None:
        gate: Gate = self.server.gate  # type: ignore[attr-defined]
        url = urlsplit(self.path)
        found = PATH.fullmatch(url.path)
        if not found:
            return self.answer(Answer(404, {}, b"{}"))
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
        return self.answer(
            gate.send(self.command, found["path"], parse_qsl(url.query, keep_blank_values=True), parse(content), headers,
                      found["region"], self.credential())
        )  # fmt: skip

    def credential(self) -> dict[str, str] | None:
        """Return the request's own credentials, None for the key of the proxy, which stands for the real key."""
        given = {name: self.headers[name] for name in CREDENTIALS if name in self.headers}
        own: Proxy = self.server.proxy  # type: ignore[attr-defined]
        return None if given == {"x-api-key": own.key} else given

    def answer(self, answer: Answer) -> None:
        """Send a response. If the API's response was lost, close the connection without sending one."""
        if not answer.status:
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name in RETURNED:
            if value := answer.headers.get(name):
                self.send_header(name, value)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the journal has the requests."""


def parse(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content.decode("utf-8", "replace")
