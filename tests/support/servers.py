# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Small servers in a thread, for tests that the simulator cannot serve: TLS, proxies, odd responses, raw requests."""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class ReceivedRequest(NamedTuple):
    """A request as the server received it."""

    method: str
    target: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    connection: int  # requests of one connection have the same number


class Handler(BaseHTTPRequestHandler):
    """A handler that sends the server's responses in turn, and repeats the last response."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        asked = ReceivedRequest(self.command, self.path, headers, body, self.client_address[1])
        self.server.asked.append(asked)
        with self.server.lock:
            answer = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        answer(self, asked) if callable(answer) else self.reply(*answer)

    def reply(self, status: int, body: Any = b"", headers: dict[str, str] | None = None) -> None:
        """Send a response; a body that is not bytes is sent as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def tunnel(self, port: int) -> None:
        """Connect the client of a CONNECT request with the server at that port, whatever host the client named."""
        with socket.create_connection(("127.0.0.1", port)) as there:
            self.send_response_only(200)
            self.end_headers()
            with selectors.DefaultSelector() as ends:
                ends.register(self.connection, selectors.EVENT_READ, there)
                ends.register(there, selectors.EVENT_READ, self.connection)
                while True:
                    for end, _events in ends.select():
                        data = end.fileobj.recv(65536)  # type: ignore[union-attr]
                        if not data:
                            self.close_connection = True
                            return
                        end.data.sendall(data)


Answer = Any  # (status, body, headers), or a function of the handler and the request


class Server(ThreadingHTTPServer):
    """A server; `asked` has all requests."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, answers: list[Answer], tls: ssl.SSLContext | None) -> None:
        self.asked: list[ReceivedRequest] = []
        self.answers, self.tls, self.lock = answers, tls, threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"{'https://localhost' if self.tls else 'http://127.0.0.1'}:{self.port}"

    def finish_request(self, request: Any, client_address: Any) -> None:
        with contextlib.suppress(OSError):  # a client that went away, or that does not trust the certificate
            if self.tls:
                request = self.tls.wrap_socket(request, server_side=True)
            with request:
                super().finish_request(request, client_address)


@contextmanager
def serve_responses(*answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve these responses in turn, and repeat the last response."""
    server = Server(list(answers), tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def proxy_to(port: int) -> Callable[[Handler, ReceivedRequest], None]:
    """Return the response function of a proxy that connects to that port."""
    return lambda handler, asked: handler.tunnel(port)


def free_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
