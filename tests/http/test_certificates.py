# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Trust in certificates: by option, by environment and by default; directly and through a proxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError
from tests.support.certificates import Authority
from tests.support.clients import Ticks, client
from tests.support.servers import Server, proxy_to, serve_responses

OK = (200, {})


class Site(NamedTuple):
    """A server named localhost, the authority that signed its certificate, and another authority."""

    server: Server
    good: Authority
    other: Authority


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, Authority]:
    folder = tmp_path_factory.mktemp("authorities")
    return Authority(folder, "good"), Authority(folder, "other")


@pytest.fixture(params=["direct", "proxy"])
def site(authorities: tuple[Authority, Authority], request: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    good, other = authorities
    with serve_responses(OK, tls=good.server("localhost")) as server, serve_responses(proxy_to(server.port)) as proxy:
        if request.param == "proxy":
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        yield Site(server, good, other)
        assert bool(proxy.asked) == (request.param == "proxy")


def assert_trusted(site: Site, **options: Any) -> None:
    """Assert that the server is trusted and answers."""
    assert client(site.server.url, **options).request("POST", "/v1/instances", body={}).status == 200
    assert client(site.server.url, **options).request("GET", "/v1/instances").status == 200


def assert_untrusted(site: Site, **options: Any) -> ApiError:
    """Assert that the server is not trusted, receives nothing, and is not tried again."""
    ticks = Ticks()
    with pytest.raises(ApiError, match="the certificate of localhost:.* is not trusted") as caught:
        client(site.server.url, ticks, **options).request("POST", "/v1/instances", body={})
    assert (site.server.asked, ticks.slept) == ([], [])
    assert (caught.value.sent, caught.value.final, caught.value.lost) == (False, True, False)
    assert "ca_path (MGC_CA_PATH)" in caught.value.message
    return caught.value


def test_a_certificate_of_an_unknown_authority_is_refused(site: Site) -> None:
    assert_untrusted(site)


def test_ca_path_is_a_file(site: Site) -> None:
    assert_trusted(site, ca_path=str(site.good.path))


def test_ca_path_is_a_folder(site: Site) -> None:
    assert_trusted(site, ca_path=str(site.good.folder))


def test_a_certificate_of_another_authority_than_ca_path_is_refused(site: Site) -> None:
    assert_untrusted(site, ca_path=str(site.other.path))
    assert_untrusted(site, ca_path=str(site.other.folder))


def test_the_environments_bundle_counts(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURL_CA_BUNDLE", str(site.good.path))
    assert_trusted(site)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(site.other.path))
    site.server.asked.clear()
    assert_untrusted(site)


def test_ca_path_beats_the_environments_bundle(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(site.other.path))
    assert_trusted(site, ca_path=str(site.good.path))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(site.good.path))
    site.server.asked.clear()
    assert_untrusted(site, ca_path=str(site.other.path))


def test_validate_certs_false_beats_everything(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(site.other.path))
    assert_trusted(site, validate_certs=False)
    assert_trusted(site, validate_certs=False, ca_path=str(site.other.path))
    refused_before = len(site.server.asked)
    with pytest.raises(ApiError, match="is not trusted"):  # and the setting ends with the client
        client(site.server.url).request("GET", "/v1/instances")
    assert len(site.server.asked) == refused_before


@pytest.mark.parametrize(("validate", "served"), [(True, False), (False, True)])
def test_a_certificate_of_another_host_is_refused_if_validated(
    authorities: tuple[Authority, Authority], validate: bool, served: bool
) -> None:
    good, other = authorities
    with serve_responses(OK, tls=good.server("api.test")) as server:
        site = Site(server, good, other)
        if served:
            assert_trusted(site, validate_certs=validate, ca_path=str(good.path))
        else:
            assert (
                "Hostname mismatch" in assert_untrusted(site, validate_certs=validate, ca_path=str(good.path)).message
            )


def test_a_server_without_tls_is_an_error() -> None:
    with serve_responses(OK) as server:
        api = client(server.url.replace("http://", "https://"), api_retries=0)
        with pytest.raises(ApiError, match=r"TLS with 127.0.0.1:\d+ failed"):
            api.request("GET", "/v1/instances")


def test_the_bundle_is_read_once_for_all_connections_clients_and_regions(
    authorities: tuple[Authority, Authority], tmp_path: Path
) -> None:
    """The bundle is read once: all connections, clients and regions work after its file is deleted."""
    good = authorities[0]
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(good.path.read_bytes())
    with serve_responses(OK, tls=good.server("localhost")) as server:
        first = client(server.url, ca_path=str(bundle))
        bundle.unlink()
        for one in (first, first.client_for("br-ne1"), client(server.url, ca_path=str(bundle))):
            for method in ("GET", "POST", "GET", "POST"):
                one.request(method, "/v1/instances", body={})
    assert len({asked.connection for asked in server.asked}) == 9
