# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Between the client and the network: what happens before a request is sent, and after it was answered."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from ansible_collections.magalu.cloud.plugins.module_utils._api.listing import Api
from tests.support.servers import free_port

Event = Callable[[Any, str, str], None]  # of the client, the method, and the path


def nothing(client: Any, method: str, path: str) -> None:
    """Nothing happens."""


@contextmanager
def watched(before: Event = nothing, after: Event = nothing) -> Iterator[None]:
    """`before` happens before every request that is sent, `after` when it was answered, or its answer was lost."""
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
    """The process is gone: nothing catches this."""


@contextmanager
def killed(number: int, when: str, kill: Callable[[], None]) -> Iterator[None]:
    """Kills at that request (1 is the first), `before` it is sent or `after` it was answered."""
    numbers, own = itertools.count(1), threading.local()  # several may be on their way at once
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

    with watched(before, after):
        yield


@contextmanager
def nobody_listens(applies: Callable[[str, str], bool]) -> Iterator[None]:
    """Requests that it applies to go to a port where nobody listens, and are refused by the kernel."""
    urls: dict[Any, str] = {}

    def before(client: Any, method: str, path: str) -> None:
        urls.setdefault(client, client.url)
        if applies(method, path):
            client.url = f"http://127.0.0.1:{free_port()}/compute"

    def after(client: Any, method: str, path: str) -> None:
        client.url = urls[client]

    with watched(before, after):
        yield
