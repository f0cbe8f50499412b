# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Error messages: their contents, their advice, and the secrets that they never have."""

from __future__ import annotations

import time
import typing as t
from email.utils import formatdate

import pytest
import requests
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.exceptions import ProxyError

from ansible_collections.magalu.cloud.plugins.module_utils._api.connection import Connection
from ansible_collections.magalu.cloud.plugins.module_utils._api.errors import mask, network_error, response_error
from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError
from ansible_collections.magalu.cloud.plugins.module_utils._api.listing import Api
from ansible_collections.magalu.cloud.plugins.module_utils._api.messages import (
    GUIDE,
    advise,
    error_result,
    failure_sentence,
    reason_words,
)
from ansible_collections.magalu.cloud.plugins.module_utils._api.times import Clock

KEY = "the-key"


def client(*secrets: str) -> Api:
    given = Connection("https://api.test/{region}", "br-se1", "api_key (from MGC_API_KEY)", {}, secrets or (KEY,))
    return Api(given, "tests", Clock(lambda: 0.0, lambda seconds: None))


ONE = client()
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="#"))
# Secrets with a unique beginning, so that a part of a secret is found, too.
SECRETS = st.text("abcXYZ01.+/=$^([{|\\'\"", min_size=8).map("#{}".format)


def answer(status: int, headers: dict[str, str] | None = None) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers or {})
    return response


def error_from(status: int, body: t.Any, headers: dict[str, str] | None = None, method: str = "POST") -> ApiError:
    return response_error(ONE, method, "/v1/instances", answer(status, headers), body)


@pytest.mark.parametrize(
    ("body", "message", "slug"),
    [
        ({"slug": "a.b", "message": "words", "details": {"x": 1}}, "words", "a.b"),
        ({"message": "words", "slug": "a"}, "words", "a"),
        ({"message": None, "slug": None}, "", None),
        ({"error": "invalid_token"}, "invalid_token", None),
        ({"detail": "Not Found"}, "Not Found", None),
        (
            {"detail": [{"loc": ["body", "name"], "msg": "too long", "type": "x"}, {"loc": ["query", 0], "msg": "no"}]},
            "body.name: too long; query.0: no",
            None,
        ),
        (
            {"developerMessage": "Key expired", "userMessage": "Access denied", "errorCode": "forbidden"},
            "Key expired. Access denied",
            "forbidden",
        ),
        ({"developerMessage": "Denied", "userMessage": "Denied", "errorCode": 403}, "Denied", "403"),
        ({"developerMessage": None, "userMessage": "Access denied", "errorCode": None}, "Access denied", None),
        ({"developerMessage": "Key expired"}, "Key expired", None),
        ({"message": "words", "slug": "a", "userMessage": "others", "errorCode": "b"}, "words", "a"),
        ({"detail": []}, "", None),
        ({"detail": [None, "text", {}]}, ": None", None),
        (b"<html><style>p {}</style><h1>502 Bad\n Gateway</h1></html>", "502 Bad Gateway", None),
        (b"plain", "plain", None),
        (None, "", None),
        ([], "", None),
        ("text", "", None),
        (7, "", None),
    ],
)
def test_every_shape_of_an_error_is_understood(body: t.Any, message: str, slug: str | None) -> None:
    error = error_from(400, body)
    assert (str(error), error.message, error.slug, error.status) == (message, message, slug, 400)
    sentence = failure_sentence(ONE, "create instance web", error)
    assert sentence.startswith(f"Failed to create instance web: {message or 'no message'} (status 400, ")
    assert sentence.endswith("POST /v1/instances).")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXTS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
            ["slug", "message", "details", "detail", "error", "loc", "msg", "developerMessage", "userMessage", "errorCode"]), inner, max_size=4),
    ) | st.binary(),
    st.integers(200, 599),
)  # fmt: skip
def test_no_body_ends_in_a_traceback(body: t.Any, status: int) -> None:
    error = error_from(status, body)
    assert isinstance(error.message, str)
    assert failure_sentence(ONE, "do", error)
    assert error_result(ONE, "do", error)["status"] == status


def test_the_sentence_has_all_facts() -> None:
    error = error_from(409, {"slug": "taken", "message": "It is taken."}, {"X-Request-ID": "r-1"})
    expected = "Failed to create web: It is taken (status 409, slug taken, request id r-1, POST /v1/instances)."
    assert failure_sentence(ONE, "create web", error) == expected
    assert error_result(ONE, "create web", error) == {
        "doing": "create web", "status": 409, "slug": "taken", "message": "It is taken.", "details": None,
        "request_id": "r-1",
    }  # fmt: skip
    assert error_from(500, None, {"X-Mgc-Trace-Id": "t-1"}).request_id == "t-1"


@pytest.mark.parametrize(("error", "words"), [
    ({"slug": "no.room", "message": "There is no room."}, "There is no room (slug no.room)"),
    ({"slug": None, "message": "There is no room"}, "There is no room"),
    ({"slug": "no.room", "message": ""}, "the API gives no reason (slug no.room)"), ({}, "the API gives no reason"),
    (None, "the API gives no reason"),
])  # fmt: skip
def test_missing_parts_of_a_reason_are_left_out(error: t.Any, words: str) -> None:
    assert reason_words(error) == words


@pytest.mark.parametrize(
    ("method", "status", "body", "words"),
    [
        ("GET", 401, None, "The api_key (from MGC_API_KEY) is invalid, expired, of another tenant, or without"),
        ("GET", 403, b"<html>", "without the scope virtual-machine.read."),
        ("POST", 403, None, "virtual-machine.write."),
        ("DELETE", 401, None, "virtual-machine.write."),
        ("GET", 422, {"detail": [{"loc": ["header", "x-tenant-id"], "msg": "Field required"}]}, "MGC_TENANT_ID"),
        ("POST", 400, {"slug": "quota.public_ip", "message": "no"}, "have the quota raised"),
        ("POST", 400, {"slug": "quota.public_ip", "message": "no"}, "network.associate_public_ip: false"),
        ("POST", 400, {"slug": "x", "message": "Floating IP quota exceeded"}, "network.associate_public_ip: false"),
        ("POST", 400, {"slug": "quota.public_ip", "message": "no"}, f"release public IPs that are no longer used ({GUIDE})"),
        ("POST", 400, {"slug": "quota.vcpu", "message": "no"}, "Delete what is no longer needed"),
        ("POST", 404, {"slug": "keypair.not_found", "message": "no"}, "Create the SSH key first"),
        ("POST", 400, {"slug": None, "message": "SSH key deploy does not exist"}, "mgc profile ssh-keys create --name"),
        ("POST", 404, {"slug": "keypair.not_found", "message": "no"}, f"or as in {GUIDE}."),
        ("POST", 404, {"slug": "image.not_found", "message": "Image not found"}, ""),
        ("POST", 429, None, "run fewer tasks at once"),
        ("POST", 500, None, "give the request id to the support"),
        ("POST", 404, None, ""),
        ("POST", 409, {"message": "x"}, ""),
    ],
)  # fmt: skip
def test_advice_fits_the_error(method: str, status: int, body: t.Any, words: str) -> None:
    advice = advise(ONE, error_from(status, body, method=method))
    assert words in advice
    assert bool(words) is bool(advice)


@given(SECRETS, SECRETS, TEXTS, TEXTS, st.integers(200, 599), st.integers(0, 5200))
@example("#abcdefgh", "#abcdefghi", "", "", 502, 197)
@example("#abcdefgh", "#abcdefghi", "", "", 502, 4996)
def test_no_secret_is_in_any_error(secret: str, other: str, before: str, after: str, status: int, padding: int) -> None:
    """No secret is in an error, even if it is a part of another secret, or if a text is cut inside a secret."""
    api = client(secret, other)
    text = f"{before}{other}{after}{secret}"
    bodies = [{"message": text, "slug": text, "details": {text: [text, {"input": text}]}},
              {"detail": [{"loc": [text], "msg": text, "input": text}]}, {"detail": text}, {"error": text},
              {"developerMessage": text, "userMessage": f"{text}.", "errorCode": text},
              f"<p>{' ' * padding}{'x' * (padding % 210)}{secret}".encode()]  # fmt: skip
    for body in bodies:
        error = response_error(api, "POST", "/", answer(status, {"Location": secret}), body)
        told = (failure_sentence(api, "do", error), error_result(api, "do", error))
        shown = f"{error!s} {error!r} {vars(error)} {told}"
        assert "#" not in shown


@given(SECRETS, TEXTS, TEXTS)
def test_masking_takes_out_every_occurrence(secret: str, before: str, after: str) -> None:
    masked = mask(client(secret), f"{before}{secret}{after}{secret}")
    assert secret not in masked.replace("********", "\0")


@pytest.mark.parametrize("secrets", [("abc", "abcdef"), ("abcdef", "abc"), ("def", "", "abcdef")])
def test_the_longer_of_two_secrets_is_masked_first(secrets: tuple[str, ...]) -> None:
    assert mask(client(*secrets), "<abcdef>") == "<********>"


@pytest.mark.parametrize("user", ["user:password@", "token@", "user:p@ss:word@", "user%40x:@"])
def test_the_user_and_password_of_a_url_are_masked(user: str) -> None:
    text = f"cannot connect to http://{user}proxy.test:3128/path?x=a@b and https://api.test/x"
    expected = "cannot connect to http://********@proxy.test:3128/path?x=a@b and https://api.test/x"
    assert mask(ONE, text) == expected


@given(st.floats(0, 1e9))
def test_retry_after_in_seconds(seconds: float) -> None:
    text = f"{seconds:.3f}"
    assert error_from(429, None, {"Retry-After": f" {text} "}).retry_after == float(text)
    assert error_from(503, None, {"Retry-After": str(int(seconds))}).retry_after == int(seconds)


@given(st.integers(1, 4_000_000_000), st.integers(-100_000, 100_000))
def test_retry_after_as_a_date_is_by_the_apis_own_clock(now: int, seconds: int) -> None:
    api = client()
    api.date = (formatdate(now, usegmt=True), 0.0)
    headers = {"Retry-After": formatdate(max(now + seconds, 0), usegmt=True)}
    error = response_error(api, "GET", "/", answer(429, headers), None)
    assert error.retry_after == max(max(now + seconds, 0) - now, 0)


def test_retry_after_as_a_date_without_the_apis_clock_is_by_ours() -> None:
    error = error_from(429, None, {"Retry-After": formatdate(time.time() + 100, usegmt=True)})
    assert error.retry_after is not None
    assert 90 < error.retry_after <= 100


@given(TEXTS)
@example("")
@example("-5")
@example("1e3")
@example("1.")
@example("soon")
@example("Mon, 01 Jan 0001 00:00:00 GMT")
@example("Mon, 01 Jan 0001 00:00:00 -0000")
@example("Fri, 31 Dec 9999 23:59:59 -0000")
@example("Fri, 31 Dec 99999 23:59:59 GMT")
def test_retry_after_may_be_anything(value: str) -> None:
    found = error_from(503, None, {"Retry-After": value}).retry_after
    assert found is None or found >= 0


@pytest.mark.parametrize(
    ("cause", "sent"),
    [
        (ProxyError("Cannot connect to proxy.", ConnectionResetError(104, "reset")), True),
        (ProxyError("Cannot connect to proxy.", OSError("Tunnel connection failed: 403 Forbidden")), False),
    ],
)
def test_older_urllib3_names_the_proxy_where_an_answer_was_lost(cause: Exception, sent: bool) -> None:
    """A lost response is recognised: urllib3 1.26 calls any broken connection behind a proxy ProxyError."""
    error = network_error(ONE, "POST", "/", requests.exceptions.ProxyError(cause))
    assert error.sent is sent


def test_an_unknown_failure_may_have_done_something() -> None:
    error = network_error(ONE, "POST", "/", OSError(f"odd, with {KEY}"))
    assert error.lost
    assert error.message == "the connection to api.test broke before the response was complete: odd, with ********"
