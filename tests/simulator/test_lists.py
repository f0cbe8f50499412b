# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists and reads: pages, order, filters, expand, the two network shapes, the two API versions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.raw_client import Api, creation_body

START = 1_700_000_000


@pytest.fixture
def five(api: Api) -> Api:
    """Create five instances, a second apart, named from e to a."""
    for number, name in enumerate("edcba"):
        api.sim.seed("instance", name=name, created_at=START + number, labels=[name])
    return api


def test_pages_and_their_total(five: Api) -> None:
    answer = five.get("/instances", _limit=2, _offset=4)
    assert [row["name"] for row in answer["instances"]] == ["a"]
    assert answer["meta"] == {"page": {"limit": 2, "offset": 4, "count": 1, "total": 5}}
    assert five.names(_offset=9) == []


def test_order(five: Api) -> None:
    assert five.names() == list("edcba")
    assert five.names(_sort="name:asc") == list("abcde")
    assert five.names(_sort="status:asc,created_at:desc") == list("abcde")
    ids = [row["id"] for row in five.get("/instances", _sort="id:desc")["instances"]]
    assert ids == sorted(ids, reverse=True)
    assert five.names(_sort="") == list("edcba")


@pytest.mark.parametrize("query", [{"_sort": "nothing:asc"}, {"_sort": "name"}, {"_limit": 0}, {"_limit": 1001},
                                   {"_offset": -1}, {"_limit": "x"}])  # fmt: skip
def test_invalid_parameters_are_refused(api: Api, query: dict[str, Any]) -> None:
    """The service names the invalid parameter; the gateway does not pass the name on."""
    rewritten = api("GET", "/instances", **query)
    api.sim.reset(face="service")
    answer = Api(api.sim, **{"x-tenant-id": "t"})("GET", "/instances", **query)
    assert (rewritten.status_code, answer.status_code) == (422, 422)
    [error] = answer.json()["detail"]
    assert error["loc"] == ["query", next(iter(query))]
    assert set(error) == {"loc", "msg", "type"}
    assert rewritten.json() == {"message": error["msg"], "slug": error["type"]}


def test_name_filters_in_2026_only(five: Api) -> None:
    assert five.names(name="c") == ["c"]
    assert five.get("/instances", name="C")["meta"]["page"]["total"] == 0
    five.sim.reset(edition="2024-08")
    five.sim.seed("instance", name="a")
    five.sim.seed("instance", name="b")
    answer = five.get("/instances", name="b", _limit=5000)
    assert [row["name"] for row in answer["instances"]] == ["a", "b"]
    assert "meta" not in answer


def test_nested_objects_have_ids_only_unless_expanded(five: Api) -> None:
    [row] = five.get("/instances", name="a")["instances"]
    assert set(row["image"]) == set(row["machine_type"]) == {"id"}
    assert [set(interface) for interface in row["network"]["interfaces"]] == [{"id"}]
    assert "labels" not in row
    for expand in (["image", "machine-type", "network", "labels"], "image,machine-types,network,labels", "labels,odd"):
        [row] = five.get("/instances", name="a", expand=expand)["instances"]
        assert row["labels"] == ["a"]
        assert ("name" in row["image"]) is ("image" in expand)
        assert ("vcpus" in row["machine_type"]) is ("image" in expand)


def test_the_network_has_two_shapes(five: Api) -> None:
    [new] = five.get("/instances", name="a", expand="network")["instances"]
    [interface] = new["network"]["interfaces"]
    assert set(interface) == {"id", "name", "security_groups", "primary", "associated_public_ipv4", "ip_addresses"}
    old = Api(five.sim, **{"x-api-version": "1.0"})
    [row] = old.get("/instances", name="a", expand="network")["instances"]
    [port] = row["network"]["ports"]
    assert port["ipAddresses"]["privateIpAddress"] == interface["ip_addresses"]["private_ipv4"]
    five.sim.reset(edition="2024-08")
    identifier = five.sim.seed("instance")["id"]
    assert "ports" in five.instance(identifier, expand="network")["network"]
    assert "labels" not in five.instance(identifier, expand="labels")


@pytest.mark.parametrize("nulls", ["sent", "omitted"])
def test_absent_fields_are_null_or_left_out(api: Api, nulls: str) -> None:
    api.sim.reset(nulls=nulls)
    identifier = api.sim.seed("instance", image=None, machine_type=None, name=None)["id"]
    row = api.instance(identifier, expand="network,labels")
    optional = {"name", "user_data", "updated_at", "error", "labels"}
    assert optional & set(row) == (optional if nulls == "sent" else set())
    assert row["image"] is row["machine_type"] is None
    bare = api.sim.seed("instance", interfaces=None)["id"]
    assert api.instance(bare, expand="network").get("network", "left out") == (None if nulls == "sent" else "left out")
    assert ("associated_public_ipv4" in row["network"]["interfaces"][0]) is (nulls == "sent")


def test_a_server_may_give_fewer_rows_than_asked_for(five: Api) -> None:
    five.sim.reset(page_limit=2)
    for name in "abc":
        five.sim.seed("instance", name=name)
    answer = five.get("/instances", _limit=1000)
    assert answer["meta"]["page"] == {"limit": 2, "offset": 0, "count": 2, "total": 3}
    with pytest.raises(ValueError, match="below 50"):
        five.sim.reset(page_limit=49, edition="2024-08")


def test_sorting_by_id_can_be_refused(api: Api) -> None:
    api.sim.reset(sort_by_id=False)
    assert api("GET", "/instances", _sort="created_at:asc,id:asc").status_code == 422
    assert api.get("/instances", _sort="created_at:asc")["instances"] == []


def test_ties_can_come_in_any_order(api: Api) -> None:
    api.sim.reset(instances=50, shuffle_ties=True)
    assert len({tuple(api.names()) for _read in range(5)}) == 5
    assert len({tuple(api.names(_sort="created_at:asc,id:asc")) for _read in range(5)}) == 1


def test_strict_expand(api: Api) -> None:
    api.sim.reset(edition="2024-08", strict_expand=True)
    answer = api("GET", "/instances", expand=["image", "labels"])
    assert answer.status_code == 400
    assert "labels" in answer.json()["message"]
    assert api.get("/instances", expand="image")["instances"] == []


@pytest.mark.parametrize(("switch", "shown"), [("ignore_expand", {"interfaces"}), ("hide_network", None)])
def test_addresses_can_be_left_out(api: Api, switch: str, shown: set[str] | None) -> None:
    api.sim.reset(**{switch: True})
    api.sim.seed("instance", name="web", labels=["a"])
    row = api.get("/instances", expand=["network", "image", "labels"])["instances"][0]
    assert (None if row["network"] is None else set(row["network"])) in (shown, {"ports"} if shown else None)
    assert ("name" in row["image"], "labels" in row) == (switch != "ignore_expand",) * 2


def test_catalogs(api: Api) -> None:
    images = api.get("/images")["images"]
    assert [image["platform"] for image in images] == sorted(image["platform"] for image in images)
    assert {image["status"] for image in images} == {"active", "deprecated"}
    assert api.names("/images", name="windows-server-2022") == ["windows-server-2022"]
    types = api.get("/machine-types")["machine_types"]
    assert {row["ram"] for row in types} >= {1024, 4, 65536}
    here = {row["name"]: row["availability_zones"] for row in types}
    assert here["BV1-1-40"] == ["br-se1-a", "br-se1-b", "br-se1-c"]
    assert here["L40x1-DP8-64-100"] == ["br-se1-b"]
    in_c = api.get("/instance-types", **{"availability-zone": "br-se1-c"})["instance_types"]
    assert "L40x1-DP8-64-100" not in [row["name"] for row in in_c]
    assert "sku" not in in_c[0]
    api.sim.reset(edition="2024-08")
    assert "availability_zones" not in api.get("/machine-types")["machine_types"][0]
    assert api.refused("GET", "/instance-types")[0] == 404


def test_each_region_under_all_its_names_and_with_its_own_api_version(api: Api) -> None:
    api.sim.reset(editions={"br-ne1": "2024-08"})
    api.sim.seed("instance", region="br-mgl1", name="old")
    assert [Api(api.sim, region).names() for region in ("br-se-1", "br-mgl1", "br-se1")] == [["old"], ["old"], []]
    assert ["meta" in Api(api.sim, region).get("/instances") for region in ("br-ne1", "br-ne-1", "br-se1")] == \
        [False, False, True]  # fmt: skip
    assert Api(api.sim, "br-nowhere")("GET", "/instances").status_code == 404


def test_long_responses_are_compressed_if_accepted(five: Api) -> None:
    answer = five("GET", "/instances", expand="network")
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.json()["instances"]) == 5
    plain = Api(five.sim, **{"accept-encoding": "identity"})("GET", "/instances", expand="network")
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content
    assert "content-encoding" not in five("GET", "/instances", name="none").headers


def test_headers_of_every_answer(api: Api) -> None:
    identifier, body = api.sim.seed("instance", name="a")["id"], creation_body("b")
    api.sim.add_fault(kind="status", operation="GET /v1/images")
    sent = [("GET", "/instances", None), ("POST", "/instances", body), ("POST", f"/instances/{identifier}/stop", None),
            ("GET", "/nowhere", None), ("PUT", "/instances", None), ("POST", "/instances", body),
            ("POST", "/instances", {}), ("GET", "/images", None)]  # fmt: skip
    answers = [api(*request) for request in sent]
    answers += [Api(api.sim, key=key)("GET", "/instances") for key in (None, "wrong")]
    assert [answer.status_code for answer in answers] == [200, 201, 204, 404, 405, 409, 422, 503, 401, 403]
    for answer in answers:
        assert len(answer.headers["x-request-id"]) == 36
        assert len(answer.headers["x-mgc-trace-id"]) == 32
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)
    api.sim.cloud.clock.advance(START - api.sim.now())
    assert api("GET", "/instances").headers["date"] == "Tue, 14 Nov 2023 22:13:20 GMT"


def test_thousands_are_listed(api: Api) -> None:
    api.sim.reset(instances=2001)
    rows = [row for offset in range(0, 3000, 1000)
            for row in api.get("/instances", _limit=1000, _offset=offset, expand="network")["instances"]]  # fmt: skip
    assert len({row["id"] for row in rows}) == 2001
