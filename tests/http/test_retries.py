# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Retries: which requests are retried, how often, and after which pauses."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError
from tests.support.clients import Ticks, client, client_of
from tests.support.servers import serve_responses

OK = (200, {})
# Requests are sent 1 + 2 times if they may be retried.
TIMES = {
    "GET": {400: 1, 401: 1, 403: 1, 404: 1, 408: 3, 409: 1, 422: 1, 425: 3, 500: 3, 501: 3, 502: 3, 503: 3, 504: 3},
    "DELETE": {400: 1, 403: 1, 404: 1, 408: 3, 409: 1, 422: 1, 425: 3, 429: 1, 500: 1, 502: 3, 503: 3, 504: 3},
    "PATCH": {400: 1, 403: 1, 404: 1, 408: 3, 409: 1, 422: 1, 425: 3, 429: 1, 500: 1, 502: 3, 503: 3, 504: 3},
    "POST": {400: 1, 403: 1, 404: 1, 408: 1, 409: 1, 422: 1, 425: 1, 429: 1, 500: 1, 502: 1, 503: 1, 504: 1},
}


def failure(api: Any, method: str = "GET", **more: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        api.request(method, "/v1/instances", **more)
    return caught.value


@pytest.mark.parametrize(
    ("method", "status", "times"), [(method, *pair) for method, row in TIMES.items() for pair in row.items()]
)
def test_only_safe_requests_are_retried(method: str, status: int, times: int) -> None:
    with serve_responses((status, {"message": "no", "slug": "x"})) as server:
        error = failure(client(server.url), method)
    assert [asked.method for asked in server.asked] == [method] * times
    assert (error.status, error.slug, error.message) == (status, "x", "no")


@pytest.mark.parametrize(("method", "times"), [("GET", 3), ("DELETE", 3), ("PATCH", 3), ("POST", 1)])
@pytest.mark.parametrize("when", ["before", "after"])
def test_after_a_broken_connection(sim: Any, when: str, method: str, times: int) -> None:
    sim.add_fault(kind="reset", nth="every", when=when)
    failure(client_of(sim), method)
    assert len(sim.requests()) == times


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH"])
def test_a_passing_fault_is_retried_silently(method: str) -> None:
    with serve_responses((502, b"<html>"), (503, {}), OK) as server:
        assert client(server.url).request(method, "/v1/instances").status == 200
    assert len(server.asked) == 3


def test_a_retry_repeats_the_same_request() -> None:
    with serve_responses((503, {}), OK) as server:
        client(server.url).request("PATCH", "/v1/instances/1", [("a", "b"), ("a", "c")], {"name": "x"})
    first, second = (asked._replace(connection=0) for asked in server.asked)
    assert first == second
    assert (first.target, first.body) == ("/v1/instances/1?a=b&a=c", b'{"name": "x"}')


@pytest.mark.parametrize("answer", [(503, {}), (429, {}, {"Retry-After": "1"})])
def test_once_is_once(answer: Any) -> None:
    with serve_responses(answer) as server:
        failure(client(server.url), once=True)
    assert len(server.asked) == 1


@pytest.mark.parametrize("retries", [0, 1, 4])
def test_api_retries_are_the_tries_after_the_first(retries: int) -> None:
    with serve_responses((500, {})) as server:
        failure(client(server.url, api_retries=retries))
    assert len(server.asked) == 1 + retries


def test_pauses_grow_and_vary_and_have_an_end() -> None:
    ticks, other = Ticks(), Ticks()
    with serve_responses((500, {})) as server:
        failure(client(server.url, ticks, api_retries=12))
        failure(client(server.url, other, api_retries=12))
    for number, pause in enumerate(ticks.slept):
        expected = min(0.5 * 2**number, 15)
        assert 0.8 * expected <= pause <= 1.2 * expected
    assert ticks.slept != other.slept
    assert len({pause / min(0.5 * 2**number, 15) for number, pause in enumerate(ticks.slept)}) > 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "30"},
        # Relative to the API's clock, which differs from ours.
        {"Date": formatdate(5000, usegmt=True), "Retry-After": formatdate(5030, usegmt=True)},
    ],
)
def test_the_pause_follows_retry_after(status: int, headers: dict[str, str]) -> None:
    ticks = Ticks()
    with serve_responses((status, {}, headers), OK) as server:
        client(server.url, ticks).request("GET", "/v1/instances")
    assert len(ticks.slept) == 1
    assert 30 <= ticks.slept[0] <= 31


def test_a_retry_after_in_the_past_needs_no_long_pause() -> None:
    ticks = Ticks()
    headers = {"Date": formatdate(5000, usegmt=True), "Retry-After": formatdate(4000, usegmt=True)}
    with serve_responses((429, {}, headers), OK) as server:
        client(server.url, ticks).request("GET", "/v1/instances")
    assert 0 < sum(ticks.slept) < 1


def test_refusals_with_retry_after_do_not_count_as_retries() -> None:
    ticks = Ticks()
    with serve_responses(*[(429, {}, {"Retry-After": "10"})] * 8, OK) as server:
        client(server.url, ticks, api_retries=0).request("GET", "/v1/instances")
    assert len(server.asked) == 9
    assert sum(ticks.slept) >= 80


@pytest.mark.parametrize("retries", [0, 4])
@pytest.mark.parametrize(("deadline", "times"), [(1000, 1), (1001, 3), (1100, 11), (None, 45)])
def test_a_read_refused_for_now_is_retried_until_the_deadline(deadline: float | None, times: int, retries: int) -> None:
    ticks = Ticks()
    with serve_responses((429, {"message": "busy", "slug": "rate"})) as server:
        api = client(server.url, ticks, api_retries=retries)
        api.deadline = deadline
        error = failure(api)
    assert ticks.time == (deadline or 1600)
    assert abs(len(server.asked) - times) <= times // 5
    for number, pause in enumerate(ticks.slept[:-1]):
        assert 0.8 <= pause / min(0.5 * 2**number, 15) <= 1.2
    assert (error.slug, error.status) == ("rate", 429)


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "answer", [(429, {}), (429, {}, {"Retry-After": "1"}), (503, {}, {"Retry-After": "1"})]
)  # fmt: skip
def test_a_change_refused_for_now_is_not_retried_without_a_read(method: str, answer: Any) -> None:
    with serve_responses(answer) as server:
        assert failure(client(server.url), method).later
    assert len(server.asked) == 1


@pytest.mark.parametrize(("deadline", "times"), [(1100, 10), (None, 59)])
def test_no_pause_exceeds_the_deadline(deadline: float | None, times: int) -> None:
    ticks = Ticks()
    with serve_responses((429, {"message": "busy"}, {"Retry-After": "10"})) as server:
        api = client(server.url, ticks)
        api.deadline = deadline
        error = failure(api)
    assert abs(len(server.asked) - times) <= 1
    assert ticks.time <= (deadline or 1600)
    assert error.message == f"busy (given up after {len(server.asked)} tries: no time is left for another)"


def test_a_pause_longer_than_the_time_left_is_not_begun() -> None:
    ticks = Ticks()
    with serve_responses((503, {}, {"Retry-After": "99999999999999999999"})) as server:
        error = failure(client(server.url, ticks))
    assert ticks.slept == []
    assert error.later


def test_a_rate_limit_is_waited_out(sim: Any) -> None:
    sim.reset(rate_limit=2, rate_window=5)
    api = client_of(sim, api_retries=0)
    for number in range(7):
        api.request("GET", "/v1/instances")
    assert [request["status"] for request in sim.requests()].count(200) == 7
