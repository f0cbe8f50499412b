# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Responses that come byte by byte: the timeout covers the whole response with its headers."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError
from tests.support.certificates import Authority
from tests.support.clients import client
from tests.support.servers import Handler, ReceivedRequest, serve_responses

EACH, MOST = 0.05, 100  # seconds between two bytes, and the number of bytes
TIMEOUT = 0.4


@pytest.mark.parametrize("proxied", [False, True], ids=["", "through a proxy"])
@pytest.mark.parametrize(
    "begin", [b"HTTP/1.1 200 OK\r\nX-", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"], ids=["headers", "body"]
)
def test_an_answer_byte_by_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begin: bytes, proxied: bool) -> None:
    sent = []
    gone = threading.Event()

    def drip(handler: Handler, asked: ReceivedRequest) -> Any:
        handler.wfile.write(begin)
        try:
            while len(sent) < MOST and not gone.wait(EACH):
                handler.wfile.write(b"a")
                sent.append(1)
        finally:
            handler.close_connection = True

    authority = Authority(tmp_path, "good")
    with (
        serve_responses(drip, tls=authority.server("localhost")) as server,
        serve_responses(lambda handler, asked: handler.tunnel(server.port)) as proxy,
    ):
        if proxied:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        api = client(server.url, ca_path=str(authority.path), api_timeout=TIMEOUT, api_retries=0)
        with pytest.raises(ApiError, match=r"no complete response from localhost:\d+ within api_timeout"):
            api.request("GET", "/v1/instances")
        gone.set()
    assert len(sent) < MOST, "it was read to the end"
