# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A single request: its headers and body, its connection, and the handling of odd responses."""

from __future__ import annotations

import gc
import gzip
import json
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.module_utils import _python  # noqa: F401 # pylint: disable=unused-import
from ansible_collections.magalu.cloud.plugins.module_utils._api.client import LARGEST_BODY, VERSION
from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import IMAGES, INSTANCES, SNAPSHOTS
from ansible_collections.magalu.cloud.plugins.module_utils._api.times import api_now
from tests.support.clients import KEY, Ticks, client, client_of
from tests.support.servers import Handler, ReceivedRequest, serve_responses

OK = (200, {"instances": [], "meta": {"page": {"total": 0}}})


def failure(api: Any, method: str = "GET", path: str = "/v1/instances", **more: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        api.request(method, path, **more)
    return caught.value


@pytest.mark.parametrize(
    ("options", "header", "value"),
    [
        ({}, "x-api-key", KEY),
        ({"api_key": None, "access_token": "abc"}, "authorization", "Bearer abc"),
        ({"tenant_id": "tenant"}, "x-tenant-id", "tenant"),
    ],
)
def test_credentials_go_into_their_header(options: dict[str, Any], header: str, value: str) -> None:
    with serve_responses(OK) as server:
        client(server.url, **options).request("GET", "/v1/instances")
    sent = server.asked[0].headers
    assert sent[header] == value
    assert len({"x-api-key", "authorization"} & set(sent)) == 1
    assert ("x-tenant-id" in sent) == ("tenant_id" in options)


def test_user_agent_names_collection_core_and_python() -> None:
    with serve_responses(OK) as server:
        client(server.url).client_for("br-ne1").request("GET", "/v1/instances")
    assert server.asked[0].headers["user-agent"] == f"magalu.cloud/{VERSION} ansible-core/2.x python/3.y"


def test_a_netrc_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password else\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with serve_responses(OK) as server:
        client(server.url).request("GET", "/v1/instances")
        client(server.url, api_key=None, access_token="abc").request("POST", "/v1/instances", body={})
    assert "authorization" not in server.asked[0].headers
    assert server.asked[1].headers["authorization"] == "Bearer abc"


def test_reads_share_a_connection_and_other_requests_get_a_new_one() -> None:
    with serve_responses(OK) as server:
        api = client(server.url)
        for method in ("GET", "GET", "POST", "DELETE", "POST", "PATCH", "GET"):
            api.request(method, "/v1/instances")
    shared = [asked.connection for asked in server.asked if asked.method != "POST"]
    fresh = [asked.connection for asked in server.asked if asked.method == "POST"]
    assert len(set(shared)) == 1
    assert len({*shared, *fresh}) == 3


def test_a_connection_closed_meanwhile_loses_no_read_and_no_create(sim: Any) -> None:
    sim.add_fault(kind="close_keep_alive", nth="every", operation="GET /v1/instances")
    api = client_of(sim)
    body = {"name": "web", "image": {"name": "cloud-debian-12 LTS"}, "machine_type": {"name": "BV1-1-40"}}
    assert api.listing(INSTANCES) == []
    assert api.request("POST", "/v1/instances", body=body).status == 201
    assert [row["name"] for row in api.listing(INSTANCES)] == ["web"]
    assert [request["status"] for request in sim.requests()] == [200, 201, None, 200]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_redirects_are_not_followed(status: int, method: str) -> None:
    with (
        serve_responses(OK) as elsewhere,
        serve_responses((status, b"", {"Location": f"{elsewhere.url}/?key={KEY}"})) as server,
    ):
        error = failure(client(server.url), method)
    assert elsewhere.asked == []
    assert len(server.asked) == 1
    assert (error.status, error.final, error.lost) == (status, True, False)
    assert error.message == f"the API redirects to {elsewhere.url}/?key=********, which is not followed; check api_url"


@pytest.mark.parametrize(
    "body",
    [b"<html><script>x()</script><p>Wel&shy;come", b"\xff\xfe", b"{", b"[" * 200_000, gzip.compress(b"{}", mtime=0)],
)
@pytest.mark.parametrize(("method", "times"), [("GET", 3), ("POST", 1)])
def test_a_response_that_is_not_json_may_follow_a_change(body: bytes, method: str, times: int) -> None:
    with serve_responses((200, body)) as server:
        error = failure(client(server.url), method)
    assert len(server.asked) == times
    assert error.status == 200
    assert error.lost
    assert error.message.startswith("the response is not JSON")
    assert "<" not in error.message
    assert len(error.message) < 300


def test_a_body_that_cannot_be_decompressed_is_an_error() -> None:
    with serve_responses((200, b"no gzip", {"Content-Encoding": "gzip"})) as server:
        error = failure(client(server.url))
    assert error.lost
    assert len(server.asked) == 3


def test_a_compressed_body_is_unpacked() -> None:
    with serve_responses((200, gzip.compress(json.dumps(OK[1]).encode()), {"Content-Encoding": "gzip"})) as server:
        assert client(server.url).request("GET", "/v1/instances").body == OK[1]
    assert "gzip" in server.asked[0].headers["accept-encoding"]


def huge(handler: Handler, asked: ReceivedRequest) -> None:
    """Respond with 50 MB of equal bytes."""
    handler.send_response_only(200)
    handler.send_header("Content-Length", "50000000")
    handler.end_headers()
    for number in range(50):
        handler.wfile.write(b" " * 1_000_000)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_body_of_50_mb_ends_in_an_error(method: str) -> None:
    with serve_responses(huge) as server:
        error = failure(client(server.url), method)
    assert len(server.asked) == 1
    assert error.final
    assert (error.slug, error.message) == ("body_too_large", "the response is larger than 32 MiB")


def test_a_decompression_bomb_is_an_error() -> None:
    bomb = gzip.compress(b" " * (LARGEST_BODY + 100_000))
    with serve_responses((200, bomb, {"Content-Encoding": "gzip"})) as server:
        assert failure(client(server.url)).slug == "body_too_large"


@pytest.mark.parametrize(("kind", "seconds"), [("hold", 30), ("slow", 30), ("slow", 4)])
def test_a_slow_answer_ends_in_an_error(sim: Any, kind: str, seconds: float) -> None:
    """A slow response is an error, even if each of its pieces comes in time."""
    sim.reset(instances=50)
    sim.add_fault(kind=kind, seconds=seconds)
    error = failure(client_of(sim, api_timeout=0.6, api_retries=0))
    assert error.message == f"no complete response from 127.0.0.1:{sim.port} within api_timeout (0.6 s)"
    assert error.lost
    assert error.passing


def test_a_slow_response_in_time_is_accepted(sim: Any) -> None:
    sim.add_fault(kind="slow", seconds=0.2)
    assert client_of(sim).listing(INSTANCES) == []


@pytest.mark.parametrize("kind", ["short_body", "reset"])
def test_a_broken_connection_may_follow_a_change(sim: Any, kind: str) -> None:
    sim.seed("instance")
    sim.add_fault(kind=kind, nth="every", when="after")
    error = failure(client_of(sim, api_retries=0))
    assert error.message.startswith(f"the connection to 127.0.0.1:{sim.port} broke before the response was complete")
    assert (error.status, error.lost) == (None, True)


def test_a_connection_broken_within_chunks_may_follow_a_change() -> None:
    def cut(handler: Handler, asked: ReceivedRequest) -> None:
        handler.send_response_only(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"20\r\n" + b"[]" + b" " * 30 + b"\r\n")
        handler.close_connection = True

    with serve_responses(cut) as server:
        assert failure(client(server.url), "POST").lost
    assert len(server.asked) == 1


def test_where_nothing_listens_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ticks = Ticks()
    error = failure(client(f"http://127.0.0.1:{port}", ticks), "POST", body={})
    assert (error.sent, error.lost, error.passing) == (False, False, True)
    assert len(ticks.slept) == 2
    assert error.message == f"no connection to 127.0.0.1:{port}: [Errno 111] Connection refused"


def test_a_connection_not_accepted_in_time_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as full:
        full.listen(0)
        with socket.create_connection(full.getsockname()):
            api = client(f"http://127.0.0.1:{full.getsockname()[1]}", api_timeout=0.1, api_retries=1)
            error = failure(api, "POST")
    assert (error.sent, error.lost) == (False, False)
    assert "within api_timeout (0.1 s)" in error.message


def test_an_unresolvable_region_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure(client("https://someone:else@{region}.api.test/compute", region="br-nowhere"), "POST")
    assert error.message == (
        "the name br-nowhere.api.test does not resolve; check the region ('br-nowhere') and api_url"
    )
    assert not error.sent


def test_an_invalid_host_is_an_error_at_once() -> None:
    ticks = Ticks()
    assert failure(client("http://exa mple", ticks), "POST").sent is False
    assert ticks.slept == []


def test_the_apis_own_clock_is_known_from_its_date(sim: Any) -> None:
    api = client_of(sim)
    assert api_now(api) is None
    sim.advance(1_000_000)
    before = int(sim.now())
    api.listing(INSTANCES)
    sim.advance(50)
    assert before + 50 <= api_now(api) <= sim.now()


@given(st.floats(0, 4e9))
def test_the_apis_time_does_not_depend_on_the_local_clock(at: float) -> None:
    here = SimpleNamespace(date=("Sat, 06 Mar 2027 02:08:48 GMT", at), clock=SimpleNamespace(now=lambda: at))
    assert api_now(here) == 1804298928  # type: ignore[arg-type]


@pytest.mark.parametrize("date", ["", "yesterday", "Wed, 99 Nov 2026 25:00:00 GMT"])
def test_an_invalid_date_header_is_ignored(date: str) -> None:
    with serve_responses((200, {}, {"Date": date})) as server:
        api = client(server.url)
        api.request("GET", "/v1/instances")
    assert api_now(api) is None


def test_ids_are_quoted() -> None:
    with serve_responses((404, {"slug": "x"}), (200, {"machine_types": []})) as server:
        assert client(server.url).get(SNAPSHOTS, "../a?b#c d%") is None
    assert server.asked[0].target.partition("?")[0] == "/v1/snapshots/..%2Fa%3Fb%23c%20d%25"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # urllib3 does not close the response
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_invalid_response_header_may_follow_a_change(method: str) -> None:
    """An invalid response header, such as two lengths, does not mean that a POST was not executed."""
    with (
        serve_responses((200, {}, {"Content-Length": "2, 3"})) as server,
        pytest.raises(ApiError, match="broke before the response was complete") as caught,
    ):
        client(server.url).request(method, "/v1/instances")
    assert (caught.value.lost, len(server.asked)) == (True, 3 if method == "GET" else 1)
    del caught
    gc.collect()


@pytest.mark.parametrize("body", [b"", b"null"])
@pytest.mark.parametrize("path", ["/v1/instances", "/v1/instances/1"])
def test_an_empty_response_to_a_read_is_retried(path: str, body: bytes) -> None:
    with serve_responses((200, body), (200, {"id": "1"})) as server:
        assert client(server.url).request("GET", path).body == {"id": "1"}
    with serve_responses((200, body)) as server, pytest.raises(ApiError, match="the response is empty") as caught:
        client(server.url).request("GET", path)
    assert (len(server.asked), caught.value.passing) == (3, True)


@pytest.mark.parametrize("body", [[], "text", 7])
def test_an_invalid_row_is_an_error_and_does_not_count_as_gone(body: Any) -> None:
    with serve_responses((200, body)) as server, pytest.raises(ApiError, match="the response has no valid instance"):
        client(server.url).get(INSTANCES, "1")


@pytest.mark.parametrize(
    "body",
    [
        [], {}, {"instances": None}, {"instances": {}}, {"instances": [None]}, {"other": []},
        {"meta": {"page": {"total": 1}}}, {"meta": {"page": {"total": None}}}, {"meta": {"page": {"total": False}}},
    ],
)  # fmt: skip
def test_an_invalid_list_is_an_error_and_does_not_count_as_empty(body: Any) -> None:
    with serve_responses((200, body)) as server, pytest.raises(ApiError, match="the response has no list of instances"):
        client(server.url).listing(INSTANCES)


@pytest.mark.parametrize(
    ("url", "region", "path"),
    [
        ("{url}/{region}/compute", "br-se1", "/br-se1/compute/v1/images"),
        ("{url}/{region}/compute/", "br-mgl1", "/br-se-1/compute/v1/images"),
        ("{url}/{region}", "br-new7", "/br-new7/v1/images"),
        ("{url}", "br-ne1", "/v1/images"),
    ],
)
def test_the_region_is_a_part_of_the_url(url: str, region: str, path: str) -> None:
    with serve_responses((200, {"images": []})) as server:
        client(url.replace("{url}", server.url), region=region).listing(IMAGES)
    assert server.asked[0].target.partition("?")[0] == path
