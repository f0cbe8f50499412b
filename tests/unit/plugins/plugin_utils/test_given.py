# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The values of variables that count as given, and their texts."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.plugin_utils import _given, _omit


class _OmitType:
    """The type of `omit` since ansible-core 2.19."""


OMITS = ("__omit_place_holder__b8a47cb4", _OmitType())
DATE = datetime.date(2026, 11, 30)


@pytest.mark.parametrize(("value", "given"), [
    (None, False), ("", False), (" \t\n", False), (OMITS[0], False), (OMITS[1], False),
    (0, True), (False, True), ([], True), ({}, True), ("omit", True), (DATE, True),
])  # fmt: skip
def test_values_that_count_as_given(value: Any, given: bool) -> None:
    assert _given.is_given(value) is given
    assert _given.given_values({"a": value, "b": {"c": value}}) == (
        {"a": value, "b": {"c": value}} if given else {"b": {}}
    )


@pytest.mark.parametrize("omit", OMITS)
def test_omitted_values_are_dropped_at_every_depth(omit: Any) -> None:
    values = {"a": omit, "b": [omit, {"c": omit, "d": ""}, ""], "e": {"f": omit, "g": None}}
    assert _omit.without_omitted(values) == {"b": [{"d": ""}, ""], "e": {"g": None}}
    assert _given.given_values(values) == {"b": [{}, ""], "e": {}}


@pytest.mark.parametrize(("value", "text"), [
    (None, ""), (OMITS[0], ""), (OMITS[1], ""), (" a ", "a"), (47, "47"), (0, "0"), (DATE, "2026-11-30"),
])  # fmt: skip
def test_a_value_as_a_text(value: Any, text: str) -> None:
    assert _given.text_of(value) == text


@pytest.mark.parametrize(("value", "texts"), [
    (None, []), ("", []), ([], []), (OMITS[1], []), ("a, b", ["a", "b"]), (["a,b", "", None, 7], ["a,b", "7"]), (7, ["7"]),
])  # fmt: skip
def test_a_value_as_a_list_of_texts(value: Any, texts: list[str]) -> None:
    assert _given.texts_of(value) == texts
