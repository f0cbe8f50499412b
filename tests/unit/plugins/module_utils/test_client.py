# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The decisions of the client, without a server: the meaning of an error, retries and pauses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.module_utils._api.client import Tries, may_repeat, pause_after
from ansible_collections.magalu.cloud.plugins.module_utils._api.connection import Connection
from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError, Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.listing import Api
from ansible_collections.magalu.cloud.plugins.module_utils._api.times import Clock


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("final", [True, False])
def test_an_unsent_request_is_retried_unless_its_error_is_final(method: str, final: bool) -> None:
    error = ApiError(method, "/", "no connection", sent=False, final=final)
    assert may_repeat(method, error) is not final
    assert not error.lost


@pytest.mark.parametrize(
    ("status", "retry_after", "later", "lost", "passing"),
    [
        (None, None, False, True, True),
        (200, None, False, True, True),
        (302, None, False, False, False),
        (404, None, False, False, False),
        (409, 5.0, False, False, False),
        (429, None, True, False, True),
        (429, 5.0, True, False, True),
        (500, 5.0, False, True, True),
        (503, None, False, True, True),
        (503, 0.0, True, False, True),
    ],
)
def test_an_error_classifies_the_request(
    status: int | None, retry_after: float | None, later: bool, lost: bool, passing: bool
) -> None:
    error = ApiError("POST", "/", "", status, retry_after=retry_after)
    assert (error.later, error.lost, error.passing) == (later, lost, passing)


STATUSES = st.none() | st.integers(200, 599)
METHODS = st.sampled_from(["GET", "POST", "PATCH", "DELETE"])


@given(METHODS, STATUSES, st.none() | st.floats(0, 100), st.booleans(), st.booleans())
def test_a_request_that_may_have_made_something_is_never_repeated(
    method: str, status: int | None, retry_after: float | None, sent: bool, final: bool
) -> None:
    error = ApiError(method, "/", "", status, retry_after=retry_after, sent=sent, final=final)
    repeated = may_repeat(method, error)
    if method == "POST" and sent:
        assert not repeated
    if final:
        assert not repeated
    if error.later and method != "GET" and sent:
        assert not repeated, "it is looked first"
    if method == "GET" and not final and (status is None or status >= 500 or status == 429):
        assert repeated
    assert not (error.lost and error.later)


def client(retries: int, deadline: float | None) -> Api:
    given = Connection("https://api.test", "br-se1", "", {}, api_retries=retries)
    made = Api(given, "tests", Clock(lambda: 1000.0, lambda seconds: None))
    made.deadline = deadline
    return made


@pytest.mark.parametrize(
    ("failures", "retry_after", "seconds"),
    [(1, None, 0.5), (2, None, 1), (3, None, 2), (5, None, 8), (6, None, 15), (7, None, 15), (5000, None, 15),
     (1, 0.0, 0.5), (4, 0.0, 4), (1, 7.0, 7), (9, 0.25, 0.25), (9, 3600.0, 3600)],
)  # fmt: skip
def test_pauses_grow_to_an_end_unless_the_api_says_when(
    failures: int, retry_after: float | None, seconds: float
) -> None:
    assert pause_after(failures, retry_after) == seconds


@given(
    st.integers(0, 20),
    st.lists(st.tuples(st.sampled_from([429, 500, 502, 503, 504]), st.none() | st.floats(0, 1e6)), max_size=30),
    st.none() | st.floats(1000, 1e5),
)
def test_tries_end_and_no_pause_is_shorter_than_asked_for(
    retries: int, answers: list[tuple[int, float | None]], deadline: float | None
) -> None:
    tries = Tries(client(retries, deadline))
    used = 0
    for status, retry_after in answers:
        error = ApiError("GET", "/", "busy", status, retry_after=retry_after)
        used += not error.later
        try:
            pause = tries.pause(error)
        except ApiError as last:
            assert last is error
            assert used > retries or "no time is left" in last.message
            return
        assert used <= retries
        assert pause >= (retry_after or 0)
        assert 0 < pause - (retry_after or 0) <= 18
        assert 1000 + pause <= (deadline or 1600)


@pytest.mark.parametrize(
    ("url", "region", "full"),
    [
        ("https://api.magalu.cloud/{region}/compute", "br-se1", "https://api.magalu.cloud/br-se1/compute"),
        ("https://api.magalu.cloud/{region}/compute/", "br-mgl1", "https://api.magalu.cloud/br-se-1/compute"),
        ("https://{region}.test//", "br-new7", "https://br-new7.test"),
        ("http://127.0.0.1:1", "br-ne1", "http://127.0.0.1:1"),
    ],
)
def test_the_url_of_a_region(url: str, region: str, full: str) -> None:
    assert Api(Connection(url, region, "", {}), "tests").url == full


@pytest.mark.parametrize("row_id", ["..", "", "x/", "a b", "a?b", "a#b", "\u00e9", "x\n"])
def test_an_id_that_leads_to_another_path_is_not_sent(row_id: str) -> None:
    path = f"/v1/instances/{row_id}"
    with pytest.raises(ApiError, match="invalid id in path") as caught:
        client(9, None).request("DELETE", path)
    assert (caught.value.message, caught.value.sent, caught.value.final) == (
        f"invalid id in path {path!r}",
        False,
        True,
    )


@pytest.mark.parametrize("region", ["br-se-1", "BR-SE-1"])
@pytest.mark.parametrize("url", ["https://api.magalu.cloud/{region}/compute", "http://127.0.0.1:1"])
def test_the_name_that_a_region_has_in_urls_is_refused(region: str, url: str) -> None:
    with pytest.raises(Refused) as caught:
        Api(Connection(url, region, "", {}), "tests")
    assert str(caught.value) == (
        f"{region!r} is not a valid region (region, MGC_REGION): it is the URL name of br-mgl1; did you mean br-se1?"
    )


def test_the_same_account_in_another_region() -> None:
    given = Connection("https://{region}.test", "br-se1", "api_key", {"x-api-key": "k"}, ("k",), api_retries=7)
    here = Api(given, "ansible-core/2 python/3", Clock(lambda: 5.0, lambda seconds: None))
    here.api_versions["br-se1"] = "2024"
    there = here.client_for("br-ne1")
    assert there.url == "https://br-ne1.test"
    assert there.connection == given._replace(region="br-ne1")
    assert (there.clock, there.secrets, there.api_version) == (here.clock, ["k"], None)


def test_clients_do_not_share_secrets() -> None:
    given = Connection("https://{region}.test", "br-se1", "api_key", {"x-api-key": "k"}, ("k",))
    one, other = Api(given, "tests"), Api(given, "tests")
    one.secrets.append("user data")
    assert other.secrets == ["k"]
