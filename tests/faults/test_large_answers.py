# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Responses that are too large, compressed bombs, or endless: an error in time, in little memory."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

import pytest

from tests.conftest import COLLECTIONS, ROOT
from tests.support.servers import Handler, ReceivedRequest, serve_responses

pytestmark = pytest.mark.programs
MEGABYTE = 1024 * 1024
MOST_MEMORY = 400  # megabytes more than before the request
MOST_TO_PARSE = 1000  # likewise; an empty list, three bytes in JSON, takes 64 bytes of memory
LISTS = """
import json, sys

from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import INSTANCES
from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError
from tests.support.clients import client

api = client(sys.argv[1], api_timeout=float(sys.argv[2]), api_retries=0)
def used():
    with open("/proc/self/status") as lines:
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) // 1024
before = used()
try:
    told = len(api.listing(INSTANCES))
except ApiError as error:
    told = error.message
print(json.dumps([told, used() - before]))
"""


def list_in_process(answer: Any, timeout: float = 30) -> tuple[Any, float]:
    """List in a process of its own, and return the number of rows or the error, and the megabytes of memory."""
    env = {**os.environ, "PYTHONPATH": f"{COLLECTIONS}{os.pathsep}{ROOT}"}
    with serve_responses(answer) as server:
        command = [sys.executable, "-W", "ignore", "-c", LISTS, server.url, str(timeout)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True)
    told, used = json.loads(done.stdout)
    return told, used


def endless(pieces: Callable[[], Iterator[bytes]], **headers: str) -> Callable[[Handler, ReceivedRequest], None]:
    """Return a response in pieces, without a length."""

    def answer(handler: Handler, asked: ReceivedRequest) -> None:
        handler.send_response_only(200)
        for name, value in {"Connection": "close", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        for piece in pieces():
            handler.wfile.write(piece)
        handler.close_connection = True

    return answer


def list_of_size(size: int) -> bytes:
    """Return a valid list of this number of bytes."""
    row = {"id": "9ec75090", "user_data": "x" * 60_000}
    number = size // 60_050
    return json.dumps({"instances": [{**row, "id": f"i{one}"} for one in range(number)]}).encode()


def gzip_bomb(times: int = 1) -> bytes:
    """Return 300 MB of white space, compressed `times` times."""
    data = gzip.compress(b" " * (300 * MEGABYTE), 1)
    for _time in range(times - 1):
        data = gzip.compress(data)
    return data


# Functions, so that collecting this file does not create the bodies.
LARGE: dict[str, Callable[[], Any]] = {
    "50 MB": lambda: (200, list_of_size(50 * MEGABYTE)),
    "without an end": lambda: endless(lambda: repeat(b" " * MEGABYTE)),
    "gzip": lambda: (200, gzip_bomb(), {"Content-Encoding": "gzip"}),
    "deflate": lambda: (200, zlib.compress(b" " * (300 * MEGABYTE), 1), {"Content-Encoding": "deflate"}),
    "gzip in gzip": lambda: (200, gzip_bomb(2), {"Content-Encoding": "gzip, gzip"}),
    "an error": lambda: (500, b"x" * (50 * MEGABYTE)),
}


@pytest.mark.one_in(5)
@pytest.mark.parametrize("answer", LARGE.values(), ids=LARGE.keys())
def test_a_too_large_response_is_not_read(answer: Callable[[], Any]) -> None:
    told, used = list_in_process(answer())
    assert told == "the response is larger than 32 MiB"
    assert used < MOST_MEMORY


COSTLY: dict[str, Callable[[], bytes]] = {
    "empty lists": lambda: b'{"instances": [' + b"[]," * (10 * MEGABYTE) + b"[]]}",
    "numbers": lambda: b'{"instances": [' + b"1," * (15 * MEGABYTE) + b"1]}",
    "one number": lambda: b'{"instances": [' + b"1" * (30 * MEGABYTE) + b"]}",
    "nested": lambda: b'{"instances": ' + b"[" * (30 * MEGABYTE),
    "nested objects": lambda: b'{"a":' * (5 * MEGABYTE),
}


@pytest.mark.test_all("half a minute; what is too large is in make test")
@pytest.mark.one_in(5)
@pytest.mark.parametrize("body", COSTLY.values(), ids=COSTLY.keys())
def test_a_response_that_is_costly_to_read_is_an_error(body: Callable[[], bytes]) -> None:
    told, used = list_in_process((200, body()))
    assert str(told).startswith("the response ")
    assert used < MOST_TO_PARSE


def test_a_large_valid_response_is_read() -> None:
    assert list_in_process((200, list_of_size(2 * MEGABYTE)))[0] == 34
