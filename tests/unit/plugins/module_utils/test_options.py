# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shared options: the source of a value, its allowed values, and the messages for others."""

from __future__ import annotations

import os
import re
import typing as t

import pytest
from ansible.module_utils.common.parameters import AnsibleFallbackNotFound
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.doc_fragments._api import ModuleDocFragment
from ansible_collections.magalu.cloud.plugins.module_utils._api.connection import (
    SECRET,
    SHARED,
    Connection,
    connection_spec,
    connection_warnings,
    is_blank,
    resolve_connection,
)
from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused

KEY = {"api_key": "abc"}
OPTIONS = st.sampled_from(sorted(SHARED))
BLANK = st.sampled_from([None, "", " ", "\t\n"])
# Some values of each option: the input, and the resulting value.
VALUES = {
    "api_key": [("abc", "abc"), (" abc\n", "abc")],
    "access_token": [("ey.J", "ey.J")],
    "tenant_id": [("tenant", "tenant")],
    "region": [("br-ne1", "br-ne1"), ("br-new7", "br-new7")],
    "api_url": [("http://127.0.0.1:8775/{region}/compute", "http://127.0.0.1:8775/{region}/compute")],
    "validate_certs": [("no", False), ("True", True), (False, False), ("0", False), ("on", True)],
    "ca_path": [("/etc/ssl", "/etc/ssl"), ("~/ca", os.path.expanduser("~/ca"))],
    "api_timeout": [("2.5", 2.5), (7, 7.0), ("0.001", 0.001)],
    "api_retries": [("0", 0), (9, 9)],
}


def resolve(given: dict[str, t.Any], environ: dict[str, str] | None = None) -> Connection:
    return resolve_connection(given.get, environ or {})


def resulting_value(made: Connection, option: str) -> t.Any:
    """Return the resulting value of an option."""
    headers = {"api_key": "x-api-key", "access_token": "Authorization", "tenant_id": "x-tenant-id"}
    if option in headers:
        value = made.headers.get(headers[option])
        return value[len("Bearer ") :] if value and option == "access_token" else value
    return getattr(made, option)


def credentials(option: str) -> dict[str, t.Any]:
    """Return the credentials that a test of the option needs."""
    return {} if option in SECRET else KEY


@pytest.mark.parametrize(("option", "given", "value"), [(name, *pair) for name in VALUES for pair in VALUES[name]])
def test_an_option_is_taken_as_given_or_from_its_variable(option: str, given: t.Any, value: t.Any) -> None:
    assert resulting_value(resolve({**credentials(option), option: given}), option) == value
    assert resulting_value(resolve(credentials(option), {SHARED[option][0]: str(given)}), option) == value


@given(OPTIONS, st.data())
def test_a_given_option_beats_the_environment(option: str, data: t.Any) -> None:
    given, value = data.draw(st.sampled_from(VALUES[option]))
    other = str(data.draw(st.sampled_from(VALUES[option]))[0])
    made = resolve({**credentials(option), option: given}, {SHARED[option][0]: other})
    assert resulting_value(made, option) == value


@given(OPTIONS, BLANK, st.one_of(BLANK, st.just("absent")))
def test_a_blank_option_counts_as_not_given(option: str, given: t.Any, variable: t.Any) -> None:
    assert is_blank(given)
    environ = {} if variable in (None, "absent") else {SHARED[option][0]: variable}
    if option in SECRET:
        with pytest.raises(Refused, match="No credentials"):
            resolve({option: given}, environ)
        other = {"api_key": "access_token", "access_token": "api_key"}[option]
        assert resulting_value(resolve({option: given, other: "x"}, environ), other) == "x"
    else:
        assert resolve({**KEY, option: given}, environ) == resolve(KEY)


@given(OPTIONS, BLANK, st.data())
def test_a_blank_option_defaults_to_the_environment(option: str, given: t.Any, data: t.Any) -> None:
    text, value = data.draw(st.sampled_from(VALUES[option]))
    assert (
        resulting_value(resolve({**credentials(option), option: given}, {SHARED[option][0]: str(text)}), option)
        == value
    )


@given(st.sampled_from([False, 0, 0.0, "x", [], {}]))
def test_a_value_that_is_not_text_is_not_blank(value: t.Any) -> None:
    assert not is_blank(value)


def test_defaults() -> None:
    assert resolve(KEY) == Connection(
        "https://api.magalu.cloud/{region}/compute", "br-se1", "api_key (given as an option)",
        {"x-api-key": "abc"}, ("abc",), True, None, 30, 4,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "environ", "used"),
    [
        (("api_key",), (), "api_key (given as an option)"),
        (("access_token",), (), "access_token (given as an option)"),
        ((), ("api_key",), "api_key (from MGC_API_KEY)"),
        ((), ("access_token",), "access_token (from MGC_ACCESS_TOKEN)"),
        (("api_key",), ("access_token",), "api_key (given as an option)"),
        (("access_token",), ("api_key",), "access_token (given as an option)"),
        (("access_token",), ("api_key", "access_token"), "access_token (given as an option)"),
        (("api_key", "access_token"), (), None),
        ((), ("api_key", "access_token"), None),
        (("api_key", "access_token"), ("api_key", "access_token"), None),
    ],
)
def test_two_credentials_from_one_source_are_refused(given: t.Any, environ: t.Any, used: str | None) -> None:
    options = {name: f"option-{name}" for name in given}
    variables = {SHARED[name][0]: f"variable-{name}" for name in environ}
    if used is None:
        where = "as options" if given else "in the environment"
        with pytest.raises(Refused, match=f"api_key and access_token exclude each other, but both are given {where}"):
            resolve(options, variables)
        return
    made = resolve(options, variables)
    assert made.credential == used
    name = used.partition(" ")[0]
    assert made.secrets == (options.get(name) or variables[SHARED[name][0]],)
    assert set(made.headers) == {"x-api-key" if name == "api_key" else "Authorization"}


def test_without_credentials_the_message_says_where_to_put_them() -> None:
    with pytest.raises(Refused) as caught:
        resolve({})
    for word in ("api_key", "access_token", "MGC_API_KEY", "MGC_ACCESS_TOKEN"):
        assert word in str(caught.value)
    assert "delegate_to" not in str(caught.value), "this is for the inventory too"


ODD = st.text(st.characters(max_codepoint=0x2FF), min_size=1)


@given(OPTIONS, ODD, st.booleans())
@example("api_key", "a\rb", True)
@example("tenant_id", "a\x7fb", False)
@example("access_token", "a\u00e9", True)
def test_no_control_character_reaches_a_header_and_no_secret_a_message(
    option: str, value: str, as_option: bool
) -> None:
    assume(not is_blank(value))
    given = {**credentials(option), **({option: value} if as_option else {})}
    try:
        made = resolve(given, {} if as_option else {SHARED[option][0]: value})
    except Refused as error:
        assert option in str(error)
        assert SHARED[option][0] in str(error)
        if option in SECRET and len(value) > 3:
            assert value not in str(error)
            assert repr(value)[1:-1] not in str(error)
        return
    for text in (*made.headers.values(), made.api_url, made.region):
        assert text == text.strip()
        assert re.fullmatch("[ -~]+", text)


@pytest.mark.parametrize("option", sorted(SHARED))
@pytest.mark.parametrize("character", ["\n", "\r", "\x00", "\x1f", "\x7f"])
def test_a_control_character_inside_is_refused_by_the_options_name(option: str, character: str) -> None:
    with pytest.raises(Refused) as caught:
        resolve({**credentials(option), option: f"hid{character}den"})
    assert str(caught.value).startswith(f"{option} ({SHARED[option][0]}) holds a control character")
    assert "hid" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["api.magalu.cloud", "//host", "ftp://host", "https://", "https:///x", "HTTPS://host", "http://[::1",
     "http://host:port", "http://host:99999", "http://host:0", "http://:80"],
)  # fmt: skip
def test_a_url_without_scheme_or_host_is_refused(url: str) -> None:
    with pytest.raises(
        Refused, match=r"^api_url \(MGC_API_URL\): .* is not a URL that begins with https:// or http:// and a host$"
    ):
        resolve({**KEY, "api_url": url})


@pytest.mark.parametrize("url", ["https://someone:se/cret@host", "ftp://someone:secret@host", "http://a:secret@h:0"])
def test_a_password_in_a_bad_url_is_not_shown(url: str) -> None:
    with pytest.raises(Refused, match=r"//\*{8}@") as caught:
        resolve({**KEY, "api_url": url})
    assert "cret" not in str(caught.value)


def test_a_user_in_the_url_would_replace_a_token() -> None:
    url = "https://someone:secret@host/compute"
    assert resolve({**KEY, "api_url": url}).api_url == url
    with pytest.raises(Refused, match=r"would be sent instead of access_token \(MGC_ACCESS_TOKEN\)") as caught:
        resolve({"access_token": "t", "api_url": url})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("api_timeout", "0", "is not between 0.001 and 1,000,000"),
        ("api_timeout", "nan", "is not between"),
        ("api_timeout", "inf", "is not between"),
        ("api_timeout", -1, "is not between"),
        ("api_timeout", "soon", "'soon' is not a valid float"),
        ("api_retries", "-1", "is not between 0 and 1,000,000"),
        ("api_retries", "2.5", "'2.5' is not a valid int"),
        ("validate_certs", "maybe", "'maybe' is not a valid boolean"),
    ],
)
def test_a_value_out_of_range_is_refused_with_the_allowed_range(option: str, value: t.Any, words: str) -> None:
    with pytest.raises(Refused) as caught:
        resolve({**KEY, option: value})
    assert str(caught.value).startswith(f"{option} ({SHARED[option][0]}): ")
    assert words in str(caught.value)


def test_the_argument_spec_has_the_defaults_and_reads_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = connection_spec()
    assert set(spec) == set(SHARED)
    for name, (variable, default, kind) in SHARED.items():
        assert spec[name]["type"] == kind
        assert spec[name]["no_log"] is (name in SECRET)
        assert spec[name].get("default") == default
        if default is not None:
            read, (argument,) = spec[name]["fallback"]
            for text in (None, "", "  "):
                monkeypatch.setenv(variable, text) if text is not None else monkeypatch.delenv(variable, raising=False)
                with pytest.raises(AnsibleFallbackNotFound):
                    read(argument)
            monkeypatch.setenv(variable, "text")
            assert read(argument) == "text"


def test_the_documentation_names_every_option_its_variable_and_its_default() -> None:
    documentation = ModuleDocFragment.DOCUMENTATION
    for name, (variable, default, kind) in SHARED.items():
        part = documentation.partition(f"\n  {name}:\n")[2].partition("\n    type: ")
        assert f"E({variable})" in part[0] or name == "access_token"
        assert part[2].splitlines()[0] == kind
        if default is not None:
            assert part[2].splitlines()[1] == f"    default: {str(default).lower() if kind == 'bool' else default}"


@pytest.mark.parametrize(
    ("url", "validate", "word"),
    [
        ("https://api.magalu.cloud/{region}/compute", True, None),
        ("https://api.magalu.cloud/{region}/compute", False, "validate_certs"),
        ("https://127.0.0.1", False, "validate_certs"),
        ("http://127.0.0.1:8775/{region}/compute", True, None),
        ("http://127.1.2.3", False, None),
        ("http://localhost:1", True, None),
        ("http://LOCALHOST", True, None),
        ("http://[::1]:80/x", True, None),
        ("http://api.magalu.cloud", True, "http://api.magalu.cloud: credentials travel unprotected"),
        ("http://127.0.0.1.evil.test", True, "unprotected"),
        ("http://localhost.evil.test", True, "unprotected"),
        ("http://127.0.0.1@evil.test", True, "http://evil.test: credentials"),
        ("http://[2001:db8::1]:80", True, "unprotected"),
    ],
)
def test_a_warning_where_credentials_travel_unprotected(url: str, validate: bool, word: str | None) -> None:
    warnings = connection_warnings(resolve({**KEY, "api_url": url, "validate_certs": validate}))
    assert len(warnings) == (word is not None)
    assert word is None or word in warnings[0]
