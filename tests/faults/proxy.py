# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A failing network: a TCP proxy that resets, delays, throttles, and closes connections in the middle of a body.

The packaged alternative, toxiproxy, is a server in Go with a client in Python: more effort than this file.
"""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple


class Fault(NamedTuple):
    """A fault for requests that match, with the number of times."""

    kind: str  # reset, lose, silence, drop, delay, throttle
    request: bytes = rb"."  # a pattern of "METHOD /path?query"
    times: int = 1


class Handler(socketserver.BaseRequestHandler):
    """A handler of one connection."""

    server: Proxy

    def handle(self) -> None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.server.target)) as there:
            here, back = self.request.makefile("rb"), there.makefile("rb")
            while request := message(here):
                kind = self.server.fault(request)
                if kind == "reset":  # before the request arrives
                    return self.reset()
                there.sendall(request)
                answer = message(back)
                if kind == "lose":
                    return self.reset()
                if kind == "silence":
                    self.server.over.wait()
                    return None
                if kind == "drop":  # at least the end of the headers is lost
                    return self.request.sendall(answer[: len(answer) * 3 // 4])
                if kind == "delay":
                    self.server.over.wait(0.1)
                pieces = 40 if kind == "throttle" else 1
                size = len(answer) // pieces + 1
                for start in range(0, len(answer), size):
                    self.request.sendall(answer[start : start + size])
                    self.server.over.wait(0.005 if pieces > 1 else 0)

    def reset(self) -> None:
        """Send an RST: with a linger of 0, closing resets the connection."""
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.request.close()


def message(stream: Any) -> bytes:
    """Read a whole request or response, empty at the end of the connection."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return b""
        head += line
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    body: bytes = stream.read(int(length.group(1))) if length else b""
    return head + body


class Proxy(socketserver.ThreadingTCPServer):
    """The proxy, with its `faults`, and the requests that `met` a fault."""

    daemon_threads = allow_reuse_address = True
    block_on_close = False

    def __init__(self, target: int) -> None:
        self.target, self.faults, self.met = target, list[Fault](), list[bytes]()
        self.over, self.lock = threading.Event(), threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)

    def fault(self, request: bytes) -> str:
        """Return the kind of the fault for this request."""
        line = request.partition(b" HTTP/")[0]
        with self.lock:
            for number, fault in enumerate(self.faults):
                if fault.times and re.search(fault.request, line):
                    self.faults[number] = fault._replace(times=fault.times - 1)
                    self.met.append(line)
                    return fault.kind
        return ""


@contextmanager
def proxying(target: int) -> Iterator[Proxy]:
    """Run a proxy to that port."""
    proxy = Proxy(target)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.over.set()
        proxy.shutdown()
        proxy.server_close()
        thread.join()
