# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The TLS context is created once from the options; unreadable files are a clear error."""

from __future__ import annotations

import ssl
import typing as t
from pathlib import Path

import certifi
import pytest
import requests

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.tls import tls_adapter, tls_context


@pytest.fixture(autouse=True)
def no_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def authorities(context: ssl.SSLContext) -> int:
    return context.cert_store_stats()["x509_ca"]


@pytest.fixture
def one(tmp_path: Path) -> str:
    """Return a bundle with one certificate."""
    end = "-----END CERTIFICATE-----\n"
    path = tmp_path / "one.pem"
    path.write_text(Path(certifi.where()).read_text().partition(end)[0].rpartition("\n\n")[2] + end)
    return str(path)


def test_certificates_and_host_names_are_checked_by_default() -> None:
    context = tls_context(True, None)
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert authorities(context) > 50


def test_validate_certs_false_checks_neither(one: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")
    for path in (None, one, "/nonexistent"):
        context = tls_context(False, path)
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)


def test_given_certificates_replace_the_default(one: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert authorities(tls_context(True, one)) == 1
    for name in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, one)
        assert authorities(tls_context(True, None)) == 1
        assert authorities(tls_context(True, certifi.where())) > 50
        monkeypatch.setenv(name, "")
        assert authorities(tls_context(True, None)) > 50


def test_each_choice_has_a_context_of_its_own(one: str) -> None:
    assert tls_context(True, None) is tls_context(True, None)
    assert tls_context(True, one) is tls_context(True, one)
    assert tls_context(False, None) is tls_context(False, one)
    assert len({id(tls_context(*choice)) for choice in ((True, None), (True, one), (False, None))}) == 3


@pytest.mark.parametrize("variable", [None, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_unreadable_certificates_are_refused_with_their_path(
    variable: str | None, content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bundle.pem"
    if content is not None:
        path.write_text(content)
    if variable:
        monkeypatch.setenv(variable, str(path))
    with pytest.raises(Refused) as caught:
        tls_context(True, None if variable else str(path))
    source = "REQUESTS_CA_BUNDLE (or CURL_CA_BUNDLE)" if variable else "ca_path"
    assert str(caught.value).startswith(f"{source} is {str(path)!r}, which cannot be read as CA certificates: ")


@pytest.mark.parametrize("verify", [True, False])
def test_every_connection_has_the_context(verify: bool) -> None:
    context = tls_context(verify, None)
    adapter = tls_adapter(context, 7)
    session: t.Any = requests.Session()
    session.mount("https://", adapter)
    request = session.prepare_request(requests.Request("GET", "https://api.test/"))
    proxies: dict[str, t.Any] = {"http": {}, "https": {"https": "http://proxy.test:3128"}}
    for proxy in proxies.values():
        pool = adapter.get_connection_with_tls_context(request, verify, proxies=proxy)
        adapter.cert_verify(pool, request.url, verify, None)
        assert pool.conn_kw["ssl_context"] is context
        assert pool.pool.maxsize == 7
        assert pool.ca_certs is None
