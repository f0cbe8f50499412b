# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters about answers in surveys: survey_answers, answer_errors and find_ids."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.magalu.cloud.plugins.filter.survey_answers import survey_answers
from ansible_collections.magalu.cloud.plugins.plugin_utils._answers import FORMATS, answer_errors, find_ids

ONE, TWO = "9ec75090-2872-4f51-8111-53d05d96d2c6", "00000000-0000-4000-8000-00000000000a"
MISSING = "no value"  # not an object(): its address would be in the test ids, which would differ between processes


@pytest.mark.parametrize(
    ("value", "option", "expected"),
    [
        *((value, {"type": kind}, MISSING) for value in (None, "", " \n", []) for kind in ("str", "int", "bool", "list", "float")),
        ([" ", ""], {"type": "list"}, MISSING),
        ("", {"type": "int", "default": 7}, 7),
        ("", {"type": "bool", "default": False}, False),
        (" web ", {}, "web"),
        (1, {"type": "str"}, "1"),
        ("{{ x }}", {"type": "str"}, "{{ x }}"),
        ({"a": 1}, {"type": "str"}, {"a": 1}),
        (False, {"type": "str", "choices": ["scan", "off"]}, "off"),
        ("False", {"type": "str", "choices": ["scan", "off"]}, "off"),
        (True, {"type": "str", "choices": ["scan", "off"]}, "True"),
        ("no", {"type": "str", "choices": ["yes", "no"]}, "no"),
        ("off", {"type": "str"}, "off"),
        *((value, {"type": "bool"}, True) for value in (True, "true", "True", "yes", "on", " 1 ", 1)),
        *((value, {"type": "bool"}, False) for value in (False, "false", "no", "off", "0", 0)),
        ("perhaps", {"type": "bool"}, "perhaps"),
        (" 3 ", {"type": "int"}, 3),
        (3.0, {"type": "int"}, 3),
        (-1, {"type": "int"}, -1),
        ("3.5", {"type": "int"}, "3.5"),
        ("1h", {"type": "int"}, "1h"),
        (True, {"type": "int"}, "True"),  # Ansible would convert a boolean to 1
        ("2.0", {"type": "int"}, 2),
        *((value, {"type": "int"}, value) for value in ("1_0", "١٢", "inf", "1e3", "9" * 16, "9" * 5000)),
        *((value, {"type": "float"}, 1e-05) for value in (1e-05, "1e-05", "1E-5", "0.00001")),
        (".5", {"type": "float"}, 0.5),
        (1e16, {"type": "float"}, 1e16),
        *((value, {"type": "float"}, value) for value in ("inf", "nan", "1_0", "1e999", "٣")),
        ("0.5", {"type": "float"}, 0.5),
        (2, {"type": "float"}, 2.0),
        ("x", {"type": "float"}, "x"),
        ("a, b c\nd,,a", {"type": "list"}, ["a", "b c", "d"]),
        (["a,b", ["c"], 7, None], {"type": "list"}, ["a", "b", "c", "7"]),
        ([{"a": 1}], {"type": "list"}, [{"a": 1}]),
        (f"{ONE.upper()} {TWO},\nweb", {"type": "list", "format": "ids"}, [ONE, TWO, "web"]),
        ({"a": 1}, {"type": "dict"}, {"a": 1}),
    ],
    ids=str,
)  # fmt: skip
def test_a_value_gets_the_type_of_its_option(value: Any, option: dict[str, Any], expected: Any) -> None:
    found = survey_answers({"one": value, "other": 1}, {"one": option})
    assert found == ({} if expected is MISSING else {"one": expected})
    assert expected is MISSING or type(found["one"]) is type(expected)


def test_only_mappings_are_taken() -> None:
    for given in (("", {}), ({}, "")):
        with pytest.raises(AnsibleFilterError, match="needs two mappings, not str"):
            survey_answers(*given)


@pytest.mark.parametrize(
    ("form", "value", "error"),
    [
        ("positive", 1, ""), ("positive", 0.5, ""),
        ("positive", 0, "x is 0; it must be greater than 0."),
        ("not_negative", 0, ""), ("not_negative", -1, "x is -1; it must not be less than 0."),
        ("batch", "3", ""), ("batch", "25%", ""),
        *(("batch", value, f"x is '{value}'; it must be a number from 1 on, or a percentage such as 25%.")
          for value in ("0", "0%", "few", "-1", "1.5")),
        ("failures", "0", ""), ("failures", "0%", ""),
        ("failures", "-1", "x is '-1'; it must be a number, or a percentage such as 25%."),
        ("ids", [ONE, TWO], ""),
        ("ids", ["web-01", ONE, "7"], "x contains 'web-01', '7'; it must contain only ids (UUIDs)."),
        ("prefix", "nightly-", ""), ("prefix", "{id}", "x is '{id}'; it must not contain braces."),
    ],
    ids=str,
)  # fmt: skip
def test_a_value_has_the_format_of_its_option(form: str, value: Any, error: str) -> None:
    assert answer_errors({"x": value, "other": "0"}, {"x": {"format": form}, "other": {}}) == ([error] if error else [])


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        # Values that Ansible, or some ansible-core, would convert; they are not converted later.
        *(("int", value, "a whole number of at most 15 digits") for value in ("1_0", "١٢", "1e3", "9" * 16)),
        *(("float", value, "a number") for value in ("inf", "nan", "1_0")),
        *((kind, value, "a text") for kind in ("str", "path") for value in (["web-*", "db-*"], [None], {"a": 1})),
        *(("list", value, "a list of texts without mappings") for value in (["a", {"b": 1}], [["a", [{"b": 1}]]])),
    ],
    ids=str,
)  # fmt: skip
def test_a_value_has_the_type_of_its_option(kind: str, value: Any, words: str) -> None:
    """A value has the type of its option, whatever its format: only a conversion here gives playbooks that type."""
    options = {"x": {"type": kind, "format": "positive" if kind in ("int", "float") else "ids"}}
    found = survey_answers({"x": value}, options)
    shown = {list: "a list", dict: "a mapping"}.get(type(value), repr(value))  # user data may have secrets
    assert answer_errors(found, options) == [f"x is {shown}; it must be {words}."]


def test_a_mapping_is_no_matter_of_a_type_that_is_not_known() -> None:
    assert answer_errors({"x": {"a": 1}, "y": 1}, {"x": {"type": "dict"}, "y": {}}) == []


def test_every_format_is_documented() -> None:
    from ansible_collections.magalu.cloud.plugins.filter.answer_errors import DOCUMENTATION

    assert all(f"V({name})" in DOCUMENTATION for name in FORMATS)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, []), ("", []), ("web-01", []), (ONE, [ONE]), (f"{TWO.upper()},\n{ONE} {TWO}", [TWO, ONE]),
        ([f"a {ONE}", [TWO], None], [ONE, TWO]), (f"instance {ONE}: x", [ONE]), (f"x{ONE}", []), (f"{ONE}-1", []),
    ],
    ids=str,
)  # fmt: skip
def test_ids_are_found_in_a_text(value: Any, found: list[str]) -> None:
    assert find_ids(value) == found
