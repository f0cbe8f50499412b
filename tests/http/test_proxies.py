# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Proxies: HTTPS_PROXY, HTTP_PROXY, NO_PROXY, and proxies that refuse or fail."""

from __future__ import annotations

import socket
import struct
import traceback
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError
from ansible_collections.magalu.cloud.plugins.module_utils._api.messages import error_result, failure_sentence
from tests.support.certificates import Authority
from tests.support.clients import KEY, Ticks, client
from tests.support.servers import Handler, ReceivedRequest, proxy_to, serve_responses

OK = (200, {})
USER, PASSWORD = "someone", "p%40ss:w0rd-of-the-proxy"
AUTHORIZATION = "Basic c29tZW9uZTpwQHNzOncwcmQtb2YtdGhlLXByb3h5"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "proxied")


def failure(api: Any, method: str = "POST") -> ApiError:
    with pytest.raises(ApiError) as caught:
        api.request(method, "/v1/instances")
    return caught.value


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_http_uses_its_proxy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_responses(OK) as proxy:
        monkeypatch.setenv(name, proxy.url)
        api = client("http://api.test/compute")
        for method in ("GET", "POST"):
            api.request(method, "/v1/instances")
    assert [asked.target for asked in proxy.asked] == ["http://api.test/compute/v1/instances"] * 2


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_https_uses_a_tunnel_through_its_proxy(
    name: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTPS goes through a tunnel: no name is resolved locally, and the proxy receives only the host."""
    with (
        serve_responses(OK, tls=authority.server("api.test")) as server,
        serve_responses(proxy_to(server.port)) as proxy,
    ):
        monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        api = client("https://api.test/compute", ca_path=str(authority.path))
        for method in ("GET", "POST", "GET"):
            api.request(method, "/v1/instances")
    assert [asked.target for asked in proxy.asked] == ["api.test:443"] * 2
    assert not [asked for asked in proxy.asked if KEY in str(asked)]
    assert [asked.headers["x-api-key"] for asked in server.asked] == [KEY] * 3


@pytest.mark.parametrize("hosts", ["127.0.0.1", "*", "api.test, 127.0.0.0/8"])
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_hosts_in_no_proxy_are_reached_directly(name: str, hosts: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv(name, hosts)
    with serve_responses(OK) as server:
        assert client(server.url).request("POST", "/v1/instances").status == 200
    assert len(server.asked) == 1


def test_a_password_of_the_proxy_is_for_the_proxy_only(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        serve_responses(OK, tls=authority.server("api.test")) as server,
        serve_responses(proxy_to(server.port)) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", f"//{USER}:{PASSWORD}@"))
        client("https://api.test", ca_path=str(authority.path)).request("GET", "/v1/instances")
    assert proxy.asked[0].headers["proxy-authorization"] == AUTHORIZATION
    assert not [name for name in server.asked[0].headers if "authorization" in name]


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_refusal_by_the_proxy_means_that_the_request_was_not_sent(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = Ticks()
    with serve_responses((status, b"")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = failure(client("https://api.test", ticks))
    assert (error.sent, error.lost) == (False, False)
    assert len(proxy.asked) == 3
    assert len(ticks.slept) == 2
    assert error.message.startswith(
        f"the proxy (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY) does not let us through: Tunnel connection failed: {status}"
    )


@pytest.mark.parametrize("url", ["https://api.test", "http://api.test"])
def test_an_unreachable_proxy_means_that_the_request_was_not_sent(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    error = failure(client(url, api_retries=0))
    assert (error.sent, error.lost) == (False, False)
    assert error.message.startswith("the proxy (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY) does not let us through")


def test_an_unresolvable_proxy_is_named_in_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure(client("https://api.test", api_retries=0))
    assert not error.sent
    assert "the proxy" in error.message
    assert "region" not in error.message


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4"])
def test_a_socks_proxy_without_its_package_is_named(name: str, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = Ticks()
    monkeypatch.setenv(name, f"{scheme}://{USER}:{PASSWORD}@127.0.0.1:9")
    error = failure(client("https://api.test", ticks))
    assert "pip install PySocks" in error.message and "ALL_PROXY" in error.message
    assert (error.sent, ticks.slept) == (False, [])


@pytest.mark.parametrize("proxy", ["http://", "http://:8080", "nonsense://127.0.0.1"])
def test_an_invalid_proxy_is_an_error_at_once(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = Ticks()
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    error = failure(client("https://api.test", ticks))
    assert "the proxy" in error.message
    assert (error.sent, ticks.slept) == (False, [])


@pytest.mark.parametrize("tls", [True, False])
def test_a_response_lost_by_a_proxy_may_have_been_a_success(
    tls: bool, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A response that a proxy loses may have been a success, so a creation is not sent again."""

    def reset(handler: Handler, asked: ReceivedRequest) -> None:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.close_connection = True

    context = authority.server("api.test") if tls else None
    with serve_responses(reset, tls=context) as server, serve_responses(proxy_to(server.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("HTTP_PROXY", server.url)
        url = "https://api.test" if tls else "http://api.test"
        error = failure(client(url, ca_path=str(authority.path)))
    assert len(server.asked) == 1
    assert error.lost


@pytest.mark.parametrize("how", ["ca_path", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("own", [True, False])
def test_a_proxy_with_tls_is_checked_with_the_same_certificates(
    how: str, own: bool, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_by = authority if own else Authority(tmp_path, "another")
    tls, ticks = signed_by.server("localhost"), Ticks()
    with (
        serve_responses(OK, tls=authority.server("api.test")) as server,
        serve_responses(proxy_to(server.port), tls=tls) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", " ")
        monkeypatch.setenv(how.upper(), str(authority.path))
        api = client("https://api.test", ticks, **({"ca_path": str(authority.path)} if how == "ca_path" else {}))
        if own:
            assert api.request("POST", "/v1/instances").status == 200
        else:
            error = failure(api)
            assert "the proxy" in error.message and "give its certificate with ca_path" in error.message
            assert (error.sent, error.final, ticks.slept) == (False, True, [])


@pytest.mark.parametrize("password", ["Gehe/im1", "Gehe#im1", "Gehe?im1", "Gehe\\im1", "Gehe[im1", "Gehe im1"])
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_no_part_of_an_unencoded_password_is_shown(scheme: str, password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://{USER}:{password}@127.0.0.1:1")
    error = failure(client(f"{scheme}://api.test", api_retries=0))
    assert "Gehe" not in error.message and "im1" not in error.message
    assert not error.sent
    assert "is not usable" in error.message or "does not let us through" in error.message


@pytest.mark.parametrize("port", [0, 1, 99999])
def test_a_password_of_the_proxy_is_never_shown(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_responses((407, f"<html>http://{USER}:{PASSWORD}@proxy".encode())) as proxy:
        for name in ("HTTPS_PROXY", "HTTP_PROXY"):
            monkeypatch.setenv(name, f"http://{USER}:{PASSWORD}@127.0.0.1:{port or proxy.port}")
        for scheme in ("https", "http"):
            api = client(f"{scheme}://api.test", api_retries=0)
            try:
                api.request("POST", "/v1/instances")
            except ApiError as error:
                told = (failure_sentence(api, "create", error), error_result(api, "create", error))
                shown = f"{error!s} {error!r} {vars(error)} {told} {traceback.format_exc()}"
                assert "w0rd" not in shown
                assert "c29tZW9uZTpw" not in shown
            else:
                pytest.fail("there was no error")
