# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters and the order of `vm_info`, and refusals before the first request."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.rows import dig
from ansible_collections.magalu.cloud.plugins.module_utils._resources.info import (
    FILTERS,
    KINDS,
    _by,
    check_filters,
    parse_moment,
    passes_filters,
)
from ansible_collections.magalu.cloud.plugins.module_utils._resources.info import INFO_SPEC as SPEC

ID = "9ec75090-2872-4f51-8111-53d05d96d2c6"
DEFAULTS: dict[str, t.Any] = {name: option.get("default") for name, option in SPEC.items()}
INSTANCE = {
    "id": ID, "name": "web-01", "state": "running", "status": "completed", "availability_zone": "br-se1-a",
    "machine_type": {"id": ID, "name": "BV1-1-40"}, "image": {"id": ID, "name": "ubuntu"}, "labels": ["prod", "blue"],
}  # fmt: skip
IMAGE = {"id": ID, "name": "ubuntu", "status": "deprecated", "platform": "linux", "labels": None,
         "availability_zones": ["br-se1-a", "br-se1-b"]}  # fmt: skip
BARE = {"id": "x", "status": "completed", "name": None}
GIVEN = {
    "state": ["running"], "availability_zone": "br-se1-a", "machine_type": "BV1-1-40", "image": "ubuntu",
    "labels": ["prod"], "platform": ["linux"], "usable": True, "expand": [],
    "instance": ID, "older_than": "7d", "newer_than": "2026-11-25", "backup_type": ["manual"], "lines": 10,
}  # fmt: skip


def params(**options: t.Any) -> dict[str, t.Any]:
    return {**DEFAULTS, **options}


def test_without_filters_everything_passes() -> None:
    for row in (INSTANCE, IMAGE, BARE, {}):
        assert passes_filters(row, params())


@pytest.mark.parametrize(
    ("option", "passing", "other"),
    [
        ("id", [ID, ID.upper()], [ID[:-1] + "0"]),
        ("name", ["web-01"], ["web", "WEB-01", "web-*"]),
        ("name_pattern", ["web-*", "*", "web-0?", "web-0[0-3]", "web-01"], ["WEB-*", "web", "eb-01", "web-0"]),
        ("state", [["running"], ["stopped", "running"]], [["stopped"], [], ["run"]]),
        ("status", [["completed"]], [["creating"], []]),
        ("availability_zone", ["br-se1-a"], ["br-se1", "br-se1-b"]),
        ("machine_type", ["BV1-1-40", ID], ["BV1-1", ID[:-1] + "0"]),
        ("image", ["ubuntu", ID], ["debian"]),
        ("labels", [["prod"], ["blue", "prod"], []], [["pro"], ["prod", "green"]]),
    ],
)
def test_each_filter_of_instances(option: str, passing: list[t.Any], other: list[t.Any]) -> None:
    for value in passing:
        assert passes_filters(INSTANCE, params(**{option: value})), value
    for value in other:
        assert not passes_filters(INSTANCE, params(**{option: value})), value


@pytest.mark.parametrize(
    ("option", "passing", "other"),
    [
        ("platform", [["linux"], ["windows", "linux"]], [["windows"]]),
        ("availability_zone", ["br-se1-a", "br-se1-b"], ["br-se1-c"]),
        ("usable", [True], [False]),
        ("labels", [[]], [["prod"]]),
    ],
)
def test_each_filter_of_images(option: str, passing: list[t.Any], other: list[t.Any]) -> None:
    for value in passing:
        assert passes_filters(IMAGE, params(**{option: value})), value
    for value in other:
        assert not passes_filters(IMAGE, params(**{option: value})), value


@pytest.mark.parametrize(
    ("status", "usable"), [("active", True), ("deprecated", True), ("error", False), (None, False)]
)
def test_usable_resources_are_those_that_instances_can_be_created_from(status: str | None, usable: bool) -> None:
    for wanted in (True, False):
        assert passes_filters({"status": status}, params(usable=wanted)) is (wanted is usable)


@pytest.mark.parametrize("option", ["id", "name", "state", "availability_zone", "machine_type", "image", "platform"])
def test_a_field_missing_in_the_response_passes_no_filter(option: str) -> None:
    value = {**GIVEN, "id": ID, "name": "web", "labels": ["prod"]}[option]
    assert not passes_filters(BARE, params(**{option: value}))
    assert not passes_filters({}, params(**{option: value}))


@pytest.mark.parametrize(("option", "kind"), [(option, kind) for option in FILTERS for kind in KINDS])
def test_a_filter_that_the_kind_does_not_have_is_refused(option: str, kind: str) -> None:
    given = params(kind=kind, **{option: GIVEN[option]}, **({"name": "web"} if kind == "init_logs" else {}))
    if kind in FILTERS[option]:
        check_filters(given)
        return
    with pytest.raises(Refused, match=f"^{option} is a filter of .*, not of {kind}.$"):
        check_filters(given)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "images", "user_data": True}, "user_data can only be combined with kind: instances."),
        ({"expand": ["image", "ports"]}, "kind: instances has no expand value 'ports'; it has image, machine-type, "),
        ({"kind": "snapshots", "expand": ["labels"]}, "kind: snapshots has no expand value 'labels'; it has image, "),
        ({"id": "web-01"}, "id is 'web-01', but ids are UUIDs"),
        ({"sort": ["name", "id:up"]}, "sort: 'id:up' is neither FIELD, nor FIELD:asc, nor FIELD:desc."),
    ],
)
def test_impossible_filters_are_refused_before_any_request(options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(Refused) as caught:
        check_filters(params(**options))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_accepts_the_common_options(kind: str) -> None:
    check_filters(params(kind=kind, id=ID, sort=["name", "created_at:desc", "machine_type.name:asc"], status=["x"]))


VALUES = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.text(max_size=2) | st.just({}) | st.just([])
)


@given(st.lists(VALUES))
def test_values_of_any_type_are_sorted_with_missing_values_last(values: list[t.Any]) -> None:
    rows = [{"a": {"b": value}} for value in values] + [{}, {"a": None}]
    ordered = [dig(row, "a.b") for row in sorted(rows, key=_by("a.b"))]
    missing = values.count(None) + 2
    assert ordered[len(ordered) - missing :] == [None] * missing
    numbers = [value for value in ordered if isinstance(value, (int, float))]
    assert numbers == sorted(numbers) == ordered[: len(numbers)]
    texts = [value for value in ordered if isinstance(value, str)]
    assert texts == sorted(texts)


@pytest.mark.parametrize(
    ("text", "epoch"),
    [
        ("7d", 1000000 - 7 * 86400), ("12h", 1000000 - 12 * 3600), ("30m", 1000000 - 1800), ("1.5 d", 1000000 - 129600),
        ("1970-01-02", 86400), ("1970-01-02T00:00:10Z", 86410), ("1970-01-02T00:00:10", 86410),
    ],
)  # fmt: skip
def test_an_age_or_a_time(text: str, epoch: float) -> None:
    assert parse_moment("older_than", text, 1000000) == epoch


@pytest.mark.parametrize("text", ["yesterday", "7", "7w", "", "2026-13-01"])
def test_a_value_that_is_neither_age_nor_time_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="^older_than is .*; it must be an age such as 7d, 12h or 30m, or a time such as"):
        check_filters(params(kind="snapshots", older_than=text))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "kind: init_logs needs id or name, because the logs are of one instance."),
        ({"name": "web", "lines": 0}, "lines is 0; it must be 1 to 5000."),
        ({"name": "web", "lines": 5001}, "lines is 5001; it must be 1 to 5000."),
    ],
)
def test_init_logs_need_an_instance_and_a_number_of_lines(options: t.Any, message: str) -> None:
    with pytest.raises(Refused) as refused:
        check_filters(params(kind="init_logs", **options))
    assert str(refused.value) == message
