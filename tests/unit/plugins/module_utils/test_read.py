# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading never guesses, and has the same result with every API version."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.listing import pick_named
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import INSTANCES
from ansible_collections.magalu.cloud.plugins.module_utils._api.rows import (
    interfaces_of,
    same_reference,
    same_zone,
    with_addresses,
)
from ansible_collections.magalu.cloud.plugins.module_utils._plan.checks import require_uuid

ID = "9ec75090-2872-4f51-8111-53d05d96d2c6"
Row = dict[str, t.Any]


def row(number: int, name: str | None = "web", status: str = "completed", state: str = "running") -> Row:
    return {"id": f"id-{number}", "name": name, "status": status, "state": state}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], None),
        ([row(1, "other"), row(2, None), row(3, "Web"), row(4, "web ")], None),
        ([row(1, "other"), row(2)], "id-2"),
        ([row(1, status="deleted", state="deleted")], None),
        ([row(1, status="deleted"), row(2)], "id-2"),
        ([row(1, status="deleting"), row(2)], "id-2"),
        ([row(1, status="deleting_pending")], "id-1"),
        ([row(1, status="creating_error", state="new")], "id-1"),
        ([row(1, status="deleting_error")], "id-1"),
    ],
)
def test_a_name_means_the_row_that_is_not_deleted(rows: list[Row], found: str | None) -> None:
    one = pick_named(rows, INSTANCES, "web")
    assert (one and one["id"]) == found


@pytest.mark.parametrize(
    ("first", "second", "region", "equal"),
    [
        ("br-se1-a", "BR-SE1-A", None, True),
        ("br-se1-a", "br-se1-b", None, False),
        ("br-ne-1-a", "br-ne1-a", None, True),
        ("br-ne-1-a", "br-ne1-a", "br-ne1", True),
        ("br-se-1-a", "br-se1-a", None, True),
        ("br-se-1-a", "br-mgl1-a", None, True),
        ("br-se1-a", "br-mgl1-a", None, False),
        ("br-se-1-a", "br-se1-a", "br-se1", True),
        ("br-se-1-a", "br-mgl1-a", "br-se1", False),
        ("br-se-1-a", "br-se1-a", "br-mgl1", False),
        ("br-se-1-a", "br-mgl1-a", "br-mgl1", True),
        ("br-se1-a", "br-mgl1-a", "br-mgl1", False),
        ("br-se-1-a", "br-mgl1-b", None, False),
        ("br-se-10-a", "br-mgl10-a", None, False),
        (None, "br-se1-a", None, False),
        (None, None, None, False),
    ],
)
def test_a_zone_is_equal_in_each_spelling_and_differs_from_those_of_other_regions(
    first: str | None, second: str | None, region: str | None, equal: bool
) -> None:
    for one, other in ((first, second), (second, first)):
        assert same_zone(one, other, region) is equal


@given(st.lists(st.tuples(st.sampled_from(["web", "db", None]), st.sampled_from(["completed", "deleting", "deleted"]))))
def test_a_name_is_never_guessed(pairs: list[tuple[str | None, str]]) -> None:
    rows = [row(number, name, status) for number, (name, status) in enumerate(pairs)]
    there = [one["id"] for one in rows if one["name"] == "web" and one["status"] == "completed"]
    leaving = [one["id"] for one in rows if one["name"] == "web" and one["status"] == "deleting"]
    meant = there or leaving
    if len(meant) > 1:
        with pytest.raises(Refused) as caught:
            pick_named(rows, INSTANCES, "web")
        ids = ", ".join(sorted(meant))
        assert str(caught.value) == (f"{len(meant)} instances are named 'web': {ids}. Give the id of one of them.")
    else:
        one = pick_named(rows, INSTANCES, "web")
        assert [one["id"]] == meant if one else meant == []


ADDRESS = st.none() | st.sampled_from(["a", "b", "c"])
PORTS = st.lists(st.tuples(ADDRESS, ADDRESS, ADDRESS), max_size=4)


def answers(ports: list[tuple[t.Any, t.Any, t.Any]], primary: int) -> tuple[Row, Row]:
    """Return the same interfaces in the forms of API versions 2024-08 and 2026-08."""
    old = [{"id": str(index), "ipAddresses": {"privateIpAddress": private, "publicIpAddress": public, "ipV6Address": six}}
           for index, (private, public, six) in enumerate(ports)]  # fmt: skip
    new = [{"id": str(index), "primary": index == primary, "security_groups": [], "associated_public_ipv4": public,
            "ip_addresses": {"private_ipv4": private, "public_ipv6": six}}
           for index, (private, public, six) in enumerate(ports)]  # fmt: skip
    return {"network": {"ports": old}}, {"network": {"interfaces": new}}


@given(PORTS)
def test_both_shapes_of_a_network_come_to_the_same(ports: t.Any) -> None:
    old, new = answers(ports, 0)
    first, second = interfaces_of(old), interfaces_of(new)
    assert first is not None
    assert second is not None
    for key in ("id", "private_ipv4", "public_ipv4", "public_ipv6"):
        assert [port[key] for port in first] == [port[key] for port in second]
    assert [port["primary"] for port in first] == [None] * len(ports)
    assert [port["primary"] for port in second] == [index == 0 for index in range(len(ports))]
    for key in ("private_ipv4", "public_ipv4", "public_ipv6"):
        assert with_addresses(old)[key] == with_addresses(new)[key]


@given(PORTS, st.integers(0, 3))
def test_addresses_are_those_of_the_primary_interface(ports: t.Any, primary: int) -> None:
    given = with_addresses(answers(ports, primary)[1])
    for index, key in enumerate(("private_ipv4", "public_ipv4", "public_ipv6")):
        own = ports[primary][index] if primary < len(ports) else None
        others = [port[index] for port in ports if port[index]]
        assert given[key] == (own or (others[0] if others else None))


@pytest.mark.parametrize("network", [None, {}, {"vpc": {"id": "v"}}, {"ports": None}, {"interfaces": None}, [], "text"])
def test_fields_missing_in_the_response_are_null(network: t.Any) -> None:
    assert interfaces_of({"network": network}) is None
    assert interfaces_of({}) is None
    given = with_addresses({"id": "1", "network": network})
    told = ("private_ipv4", "public_ipv4", "public_ipv6", "default_user")
    assert given == {"id": "1", "network": network, **dict.fromkeys(told)}


@pytest.mark.parametrize(
    "port", [{"id": "1"}, {"id": "1", "ipAddresses": None}, {"id": "1", "ip_addresses": None, "primary": None}]
)
def test_an_interface_with_only_an_id_has_null_fields(port: Row) -> None:
    found = interfaces_of({"network": {"ports": [port]}})
    told = ("name", "primary", "security_groups", "private_ipv4", "public_ipv4", "public_ipv6")
    assert found == [{"id": "1", **dict.fromkeys(told)}]


def test_an_empty_list_of_interfaces_differs_from_a_missing_list() -> None:
    assert interfaces_of({"network": {"interfaces": []}}) == interfaces_of({"network": {"ports": []}}) == []


@pytest.mark.parametrize(
    ("wanted", "value", "same"),
    [
        ("BV1-1-40", {"id": ID, "name": "BV1-1-40"}, True),
        ("BV1-1-40", {"id": ID, "name": "BV2-2-40"}, False),
        ("BV1-1-40", {"id": ID}, None),
        (ID, {"id": ID}, True),
        (ID, {"id": ID[:-1] + "0", "name": ID}, False),
        (ID, {"name": ID}, None),
        (ID, None, None),
        ("x", "x", None),
    ],
)
def test_a_reference_of_the_shape_of_a_uuid_is_an_id(wanted: str, value: t.Any, same: bool | None) -> None:
    assert same_reference(wanted, value) is same


@given(st.uuids(), st.booleans())
def test_uuids_are_ids(value: t.Any, upper: bool) -> None:
    require_uuid("id", str(value).upper() if upper else str(value))


@pytest.mark.parametrize("value", ["", "web", "1", ID[:-1], ID + "0", f" {ID}", f"{ID}\n", ID.replace("-", "")])
def test_a_value_that_is_not_a_uuid_is_refused_with_the_options_name(value: str) -> None:
    with pytest.raises(Refused) as caught:
        require_uuid("network.interface", value)
    assert str(caught.value).startswith(f"network.interface is {value!r}, but ids are UUIDs")


@pytest.mark.parametrize(("image", "user"), [
    ({"name": "cloud-ubuntu-24.04 LTS"}, "ubuntu"), ({"name": "cloud-debian-12 LTS"}, None), ({"id": "1"}, None), (None, None),
])  # fmt: skip
def test_the_user_of_an_image_is_known_only_for_certain_images(image: t.Any, user: str | None) -> None:
    assert with_addresses({"id": "1", "image": image})["default_user"] == user
