# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finding and listing on the simulator with as few requests as possible, with both API versions."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError, Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.listing import find_resources
from ansible_collections.magalu.cloud.plugins.module_utils._plan.catalogs import choose_machine_type, find_in_catalog
from ansible_collections.magalu.cloud.plugins.module_utils._plan.options import DesiredInstance
from ansible_collections.magalu.cloud.plugins.module_utils._resources.info import INFO_SPEC as SPEC
from ansible_collections.magalu.cloud.plugins.module_utils._resources.info import check_filters, read_rows
from ansible_collections.magalu.cloud.plugins.module_utils._resources.instance_planner import read_catalogs
from tests.support.clients import client, client_of
from tests.support.servers import serve_responses

DEFAULTS: dict[str, Any] = {name: option.get("default") for name, option in SPEC.items()}
EDITIONS = pytest.mark.parametrize("edition", ["2024-08", "2026-08"])


def list_rows(sim: Any, kind: str, **options: Any) -> list[dict[str, Any]]:
    """Return the rows that `vm_info` reads."""
    params = {**DEFAULTS, "kind": kind, **options}
    check_filters(params)
    return read_rows(client_of(sim), params)


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


def list_requests(sim: Any) -> list[str]:
    return [f"{request['method']} {request['path']}" for request in sim.requests()]


@EDITIONS
def test_two_names_take_one_list_if_the_api_sends_all_rows(sim: Any, edition: str) -> None:
    sim.reset(edition=edition)
    web, db = sim.seed("instance", name="web", public_ip="192.0.2.1"), sim.seed("instance", name="db")
    found = find_resources(client_of(sim), ["web", "db", "gone"], None, listing=True)
    assert {name: row and row["id"] for name, row in found.items()} == {"web": web["id"], "db": db["id"], "gone": None}
    assert found["web"]["public_ipv4"] == "192.0.2.1"
    assert list_requests(sim) == ["GET /v1/instances"] * (1 if edition == "2024-08" else 3)


@EDITIONS
def test_a_resource_that_lists_do_not_show_yet_is_read_by_id(sim: Any, edition: str) -> None:
    sim.reset(edition=edition, lag=10)
    body = {"name": "web", "image": {"name": "cloud-debian-12 LTS"}, "machine_type": {"name": "BV1-1-40"},
            "ssh_key_name": "deploy"}  # fmt: skip
    api = client_of(sim)
    made = api.request("POST", "/v1/instances", body=body).body["id"]
    found = find_resources(api, ["web"], made, listing=True)
    assert (found["web"], found[""]["id"]) == (None, made)
    sim.advance(10)
    found = find_resources(api, ["web"], made, listing=True)
    assert (found["web"]["id"], "" in found) == (made, False)


def test_without_listing_a_read_by_id_is_enough(sim: Any) -> None:
    row = sim.seed("instance", name="web")
    assert find_resources(client_of(sim), ["web"], row["id"], listing=False)[""]["name"] == "web"
    assert list_requests(sim) == [f"GET /v1/instances/{row['id']}"]
    assert find_resources(client_of(sim), [], str(uuid.uuid4()), listing=False) == {"": None}


@EDITIONS
def test_instances_that_share_a_name_are_refused_with_their_ids(sim: Any, edition: str) -> None:
    sim.reset(edition=edition, unique_names=False)
    ids = sorted(sim.seed("instance", name="web")["id"] for number in range(2))
    with pytest.raises(Refused, match=f"2 instances are named 'web': {', '.join(ids)}. Give the id of one of them."):
        find_resources(client_of(sim), ["web"], None, listing=True)


@EDITIONS
@pytest.mark.parametrize("nulls", ["sent", "omitted"])
def test_addresses_are_the_same_in_every_api_version(sim: Any, edition: str, nulls: str) -> None:
    sim.reset(edition=edition, nulls=nulls)
    sim.seed("instance", name="with", public_ip="192.0.2.1")
    sim.seed("instance", name="without")
    sim.seed("instance", name="bare", interfaces=None)
    rows = {row["name"]: row for row in list_rows(sim, "instances")}
    assert rows["with"]["public_ipv4"] == "192.0.2.1"
    assert rows["with"]["private_ipv4"].startswith("198.18.")
    assert rows["with"]["public_ipv6"].startswith("2001:db8:")
    assert rows["without"]["public_ipv4"] is None
    assert [rows["bare"][key] for key in ("private_ipv4", "public_ipv4", "public_ipv6")] == [None] * 3


@EDITIONS
def test_every_kind_of_an_api_version_is_listed_whole(sim: Any, edition: str) -> None:
    sim.reset(edition=edition, instances=60, page_limit=50)
    sim.seed("snapshot", name="snap")
    assert len(list_rows(sim, "instances")) == 60
    assert names(list_rows(sim, "snapshots")) == ["snap"]
    assert len(list_rows(sim, "machine_types")) == 62
    assert "cloud-ubuntu-24.04 LTS" in names(list_rows(sim, "images"))
    if edition == "2024-08":
        sim.seed("backup", name="back")
        assert names(list_rows(sim, "backups")) == ["back"]


def test_filters_and_orders_are_those_of_vm_info(sim: Any) -> None:
    for name, state, kind, zone in (("a-1", "running", "BV1-1-40", "br-se1-a"), ("a-2", "stopped", "BV2-2-40", "br-se1-b"),
                                    ("b-1", "running", "BV2-2-40", "br-se1-b")):  # fmt: skip
        sim.seed("instance", name=name, state=state, machine_type=kind, availability_zone=zone, labels=[name[0]])
    assert names(list_rows(sim, "instances", name="a-2")) == ["a-2"]
    assert names(list_rows(sim, "instances", name_pattern="a-*", sort=["name"])) == ["a-1", "a-2"]
    assert names(list_rows(sim, "instances", state=["running"], machine_type="BV2-2-40")) == ["b-1"]
    assert names(list_rows(sim, "instances", labels=["a"], availability_zone="br-se1-a")) == ["a-1"]
    assert names(list_rows(sim, "instances", sort=["machine_type.name:desc", "name:desc"])) == ["b-1", "a-2", "a-1"]
    assert names(list_rows(sim, "images", platform=["windows"], sort=["name"])) == [
        "windows-server-2019",
        "windows-server-2022",
        "windows-server-2022-sql-server-2022",
    ]
    assert names(list_rows(sim, "machine_types", name="BV1-1-40", availability_zone="br-se1-c")) == ["BV1-1-40"]
    assert list_rows(sim, "machine_types", name="cloud-bs1.small", availability_zone="br-se1-c") == []


def test_user_data_is_returned_only_on_request(sim: Any) -> None:
    sim.seed("instance", user_data="IyEvYmluL3No")
    assert "user_data" not in list_rows(sim, "instances")[0]
    assert list_rows(sim, "instances", user_data=True)[0]["user_data"] == "IyEvYmluL3No"


@pytest.mark.parametrize(("kind", "expand"), [("instances", ["image"]), ("instances", []), ("snapshots", ["image"])])
def test_expand_is_sent_as_given(sim: Any, kind: str, expand: list[str]) -> None:
    list_rows(sim, kind, expand=expand)
    assert [value for name, value in sim.requests()[0]["query"] if name == "expand"] == expand


@EDITIONS
def test_vm_info_returns_a_resource_by_id(sim: Any, edition: str) -> None:
    sim.reset(edition=edition)
    row = sim.seed("instance", name="web")
    assert names(list_rows(sim, "instances", id=row["id"])) == ["web"]
    assert list_requests(sim) == [f"GET /v1/instances/{row['id']}"]
    image = list_rows(sim, "images", name="cloud-debian-12 LTS")[0]
    assert names(list_rows(sim, "images", id=image["id"])) == ["cloud-debian-12 LTS"]


@EDITIONS
@pytest.mark.parametrize("nulls", ["sent", "omitted"])
@pytest.mark.parametrize("interfaces", [{}, {"interfaces": None}], ids=["network", "no network"])
def test_an_instance_without_labels_has_an_empty_list(
    sim: Any, edition: str, nulls: str, interfaces: dict[str, Any]
) -> None:
    sim.reset(edition=edition, nulls=nulls)
    row = sim.seed("instance", name="bare", **interfaces)
    for options in (
        {},
        {"id": row["id"]},
        {"name": "bare"},
        {"expand": ["labels"]},
        {"id": row["id"], "expand": ["labels"]},
    ):
        [found] = list_rows(sim, "instances", **options)
        assert found.get("labels", "none") == ([] if edition == "2026-08" else "none"), options
    assert "labels" not in list_rows(sim, "instances", expand=["image"])[0], "they were not asked for"
    sim.seed("instance", name="blue", labels=["blue"])
    assert list_rows(sim, "instances", name="blue")[0].get("labels") == (["blue"] if edition == "2026-08" else None)


def test_an_image_without_labels_has_an_empty_list() -> None:
    row = {"id": "1", "name": "a", "status": "active", "labels": None}
    page = {"limit": 1000, "offset": 0, "count": 1, "total": 1}
    with serve_responses((200, {"images": [row], "meta": {"page": page}})) as server:
        [found] = read_rows(client(server.url), {**DEFAULTS, "kind": "images"})
    assert found["labels"] == []


@EDITIONS
@pytest.mark.parametrize("kind", ["instances", "snapshots", "images", "machine_types"])
def test_no_match_is_not_a_failure(sim: Any, edition: str, kind: str) -> None:
    sim.reset(edition=edition)
    assert list_rows(sim, kind, name="nobody") == []
    assert list_rows(sim, kind, id=str(uuid.uuid4())) == []


@pytest.mark.parametrize("options", [{}, {"name": "x"}, {"id": str(uuid.UUID(int=7))}, {"expand": []}], ids=str)
def test_a_kind_that_the_api_version_lacks_is_a_failure(sim: Any, options: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        list_rows(sim, "backups", **options)
    assert str(caught.value) == "API version 2026-08 has no backups. Use snapshots (vm_snapshot) instead."


def test_a_wrong_url_is_not_mistaken_for_an_older_api_version(sim: Any) -> None:
    api = client_of(sim, api_url=sim.url.replace("/compute", "/elsewhere"))
    with pytest.raises(ApiError, match="There is nothing at /br-se1/elsewhere") as caught:
        read_rows(api, {**DEFAULTS, "kind": "backups"})
    assert caught.value.status == 404


@EDITIONS
def test_the_catalogs_are_read_at_the_same_time_and_show_the_api_version(sim: Any, edition: str) -> None:
    sim.reset(edition=edition, sort_by_id=False)
    known = read_catalogs(client_of(sim), DesiredInstance(), {}, {})
    assert known.api_version == edition[:4]
    assert isinstance(known.images, list)
    assert (len(known.images), len(known.machine_types)) == (17, 62)


@EDITIONS
def test_a_declaration_is_checked_against_the_catalogues(sim: Any, edition: str) -> None:
    sim.reset(edition=edition)
    known = read_catalogs(client_of(sim), DesiredInstance(), {}, {})
    assert isinstance(known.images, list)
    windows = find_in_catalog("image", "windows-server-2022", known.images)
    with pytest.raises(
        Refused, match="BV1-1-40 is too small for image windows-server-2022: it has 1 vCPUs, needed are 2"
    ):
        choose_machine_type(
            "BV1-1-40", None, "image windows-server-2022", windows["minimum_requirements"], known.machine_types
        )
    assert (
        choose_machine_type("BV2-4-40", None, "image", windows["minimum_requirements"], known.machine_types)["name"]
        == "BV2-4-40"
    )
    if edition == "2026-08":
        with pytest.raises(Refused, match="is not offered in availability_zone"):
            choose_machine_type("L40x1-DP8-64-100", "br-se1-a", "image", {}, known.machine_types)
