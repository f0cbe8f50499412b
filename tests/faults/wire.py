# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hooks between the client and the network: before a request is sent, and after its response."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from ansible_collections.magalu.cloud.plugins.module_utils._api.listing import Api
from tests.support.servers import free_port

Event = Callable[[Any, str, str], None]  # called with the client, the method, and the path


def do_nothing(client: Any, method: str, path: str) -> None:
    """Do nothing."""


@contextmanager
def request_hooks(before: Event = do_nothing, after: Event = do_nothing) -> Iterator[None]:
    """Call `before` before every request, and `after` after its response or the loss of the response."""
    send = Api._send

    def _send(self: Any, method: str, path: str, *rest: Any) -> Any:
        before(self, method, path)
        try:
            return send(self, method, path, *rest)
        finally:
            after(self, method, path)

    with mock.patch.object(Api, "_send", _send):
        yield


class Killed(BaseException):
    """The end of a killed process: no handler catches it."""


@contextmanager
def kill_at_request(number: int, when: str, kill: Callable[[], None]) -> Iterator[None]:
    """Kill at that request (1 is the first), `before` it is sent or `after` its response."""
    numbers, own = itertools.count(1), threading.local()  # several requests may be under way at once
    dead = threading.Event()

    def before(client: Any, method: str, path: str) -> None:
        own.number = next(numbers)
        if dead.is_set() or (when == "before" and own.number == number):
            dead.set()
            kill()

    def after(client: Any, method: str, path: str) -> None:
        if when == "after" and own.number == number:
            dead.set()
            kill()

    with request_hooks(before, after):
        yield


@contextmanager
def nobody_listens(applies: Callable[[str, str], bool]) -> Iterator[None]:
    """Send the matching requests to a port where nothing listens, so that the kernel refuses them."""
    urls: dict[Any, str] = {}

    def before(client: Any, method: str, path: str) -> None:
        urls.setdefault(client, client.url)
        if applies(method, path):
            client.url = f"http://127.0.0.1:{free_port()}/compute"

    def after(client: Any, method: str, path: str) -> None:
        client.url = urls[client]

    with request_hooks(before, after):
        yield
