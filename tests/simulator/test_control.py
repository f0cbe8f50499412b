# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controls over HTTP, and the handle in the process."""

from __future__ import annotations

import dataclasses
import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
import requests

from simulator import running
from simulator.settings import Settings
from tests.support.raw_client import Api


def control(sim: Any, method: str, path: str, body: Any = None) -> requests.Response:
    return requests.request(method, f"http://127.0.0.1:{sim.port}{path}", json=body, timeout=10)


def test_the_clock(sim: Any) -> None:
    before = sim.now()
    assert control(sim, "GET", "/_simulator/clock").json() == {"now": before, "speed": 0}
    assert control(sim, "POST", "/_simulator/clock", {"advance": 5}).json()["now"] == before + 5
    assert sim.now() == before + 5
    assert control(sim, "POST", "/_simulator/clock", {"speed": 1000}).json()["speed"] == 1000
    assert sim.now() > before + 5
    assert control(sim, "POST", "/_simulator/clock", {"fast": 1}).status_code == 422


def test_the_record(api: Api) -> None:
    api.get("/machine-types")  # compressed
    assert len(api.sim.requests()[0]["answer"]["machine_types"]) > 20
    api.sim.clear_requests()
    api("POST", "/instances", {"name": "x"}, odd="1")
    [request] = api.sim.requests()
    [told] = control(api.sim, "GET", "/_simulator/requests").json()
    assert told == request | {"query": [["odd", "1"]]}
    assert set(request) == {"method", "path", "region", "query", "headers", "body", "status", "operation", "at",
                            "answer"}  # fmt: skip
    assert (request["method"], request["path"], request["region"]) == ("POST", "/v1/instances", "br-se1")
    assert (request["status"], request["operation"]) == (422, "instance_create_v1_v1_instances_post")
    assert (request["body"], request["headers"]["x-api-key"]) == ({"name": "x"}, "simulator")
    assert request["query"] == [("odd", "1")]
    assert request["answer"]["message"]
    assert request["at"] == api.sim.now()
    assert control(api.sim, "DELETE", "/_simulator/requests").status_code == 204
    assert api.sim.requests() == []


def test_faults(api: Api) -> None:
    made = control(api.sim, "POST", "/_simulator/faults", {"kind": "status", "match": 2, "name": "mine"})
    assert made.status_code == 201
    assert [api("GET", "/instances").status_code for _request in range(2)] == [200, 503]
    [fault] = control(api.sim, "GET", "/_simulator/faults").json()
    assert (fault["name"], fault["seen"], fault["fired"]) == ("mine", 2, 1)
    control(api.sim, "DELETE", "/_simulator/faults")
    assert api.sim.faults() == []
    assert control(api.sim, "POST", "/_simulator/faults", {"kind": "odd"}).status_code == 422


def test_state_is_seen_and_seeded(api: Api) -> None:
    wanted = [
        {"kind": "instance", "name": "odd", "status": "retyping_error", "state": "error", "image": None,
         "interfaces": ["6f3b8a3e-3c5b-4f0e-9a67-0d6c1f0a7b12"], "public_ip": True, "created_at": 1_700_000_000},
        {"kind": "snapshot", "region": "br-ne1", "name": "s", "instance": None},
        {"kind": "backup", "name": "b", "backup_type": "daily", "size": 7},
        {"kind": "custom_image", "name": "i", "status": "importing"},
    ]  # fmt: skip
    made = control(api.sim, "PUT", "/_simulator/state", wanted).json()
    state = control(api.sim, "GET", "/_simulator/state").json()
    assert state == api.sim.state()
    assert state["br-se1"]["instances"] == [made[0]]
    assert state["br-ne1"]["snapshots"] == [made[1]]
    assert state["br-se1"]["backups"][0]["backup_type"] == "daily"
    assert state["br-se1"]["images"][0]["status"] == "importing"
    row = api.instance(made[0]["id"], expand="network")
    assert (row["status"], row["state"], row["image"]) == ("retyping_error", "error", None)
    assert row["created_at"] == "2023-11-14T22:13:20Z"
    assert len(row["network"]["interfaces"]) == 2
    assert row["network"]["interfaces"][0]["associated_public_ipv4"] == state["br-se1"]["public_ips"][0]["address"]
    assert Api(api.sim, "br-ne1").get("/snapshots")["snapshots"][0]["instance"] is None


def test_a_seed_with_an_address_of_its_own(api: Api) -> None:
    identifier = api.sim.seed("instance", public_ip="192.0.2.7")["id"]
    [interface] = api.instance(identifier, expand="network")["network"]["interfaces"]
    assert interface["associated_public_ipv4"] == "192.0.2.7"
    [ip] = api.sim.state()["br-se1"]["public_ips"]
    assert (ip["address"], ip["instance"]) == ("192.0.2.7", identifier)


def test_ids_in_capitals_are_shown_so_and_found_in_any_case(api: Api) -> None:
    capitals, port = str(uuid.uuid4()).upper(), str(uuid.uuid4()).upper()
    assert api.sim.seed("instance", name="web", id=capitals, interfaces=[port])["id"] == capitals
    assert [row["id"] for row in api.get("/instances")["instances"]] == [capitals]
    for identifier in (capitals, capitals.lower()):
        assert api.instance(identifier)["id"] == capitals
    assert api("POST", f"/instances/{capitals.lower()}/stop").status_code == 204
    body = {"instance": {"id": capitals.lower()}, "network": {"interface": {"id": port.lower()}}}
    assert api.refused("POST", "/instances/network-interface/attach", body)[0] == 409
    api.sim.advance(600)
    assert api("POST", "/instances/network-interface/detach", body).status_code == 204
    api.sim.advance(600)
    [row] = api.sim.state()["br-se1"]["instances"]
    assert (row["state"], len(row["interfaces"])) == ("stopped", 1)


@pytest.mark.parametrize("kind", ["instance", "snapshot", "custom_image"])
def test_a_seeded_time_keeps_its_offset(api: Api, kind: str) -> None:
    made = api.sim.seed(kind, created_at="2026-11-25T12:00:00-03:00")
    assert made["created_at"] == "2026-11-25T12:00:00-03:00"
    with pytest.raises(ValueError, match="isoformat"):
        api.sim.seed(kind, created_at="yesterday")


def test_odd_values_replace_fields_of_responses(api: Api) -> None:
    odd = {"labels": {"a": 1}, "error": "boom", "machine_type.vcpus": "1", "no.where": 1,
           "network.interfaces.0.primary": "yes"}  # fmt: skip
    ids = [api.sim.seed("instance", name=name, odd=given)["id"] for name, given in (("odd", odd), ("even", None))]
    expand = ["labels", "machine-type", "network"]
    first, second = (api.instance(one, expand=expand) for one in ids)
    assert (first["labels"], first["error"], first["machine_type"]["vcpus"]) == ({"a": 1}, "boom", "1")
    assert first["network"]["interfaces"][0]["primary"] == "yes"
    assert (second["labels"], second["error"], second["machine_type"]["vcpus"]) == (None, None, 1)
    plain = api.instance(ids[0])
    assert plain["machine_type"].keys() == {"id", "vcpus"}
    copy = api.sim.seed("snapshot", odd={"size": "large"})["id"]
    assert api.get(f"/snapshots/{copy}")["size"] == "large"


def test_an_error_of_its_own_is_a_500(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("simulator.instances.act", lambda *arguments: 1 / 0)
    identifier = api.sim.seed("instance")["id"]
    assert api.refused("POST", f"/instances/{identifier}/stop") == (500, "simulator.error")
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert api.instance(identifier)["state"] == "running"


def test_invalid_seeds_are_refused(sim: Any) -> None:
    for wrong in ({"kind": "volume"}, {"kind": "instance", "colour": "red"}, {"kind": "instance", "image": "nix"}):
        answer = control(sim, "PUT", "/_simulator/state", [wrong])
        assert answer.status_code == 400
        assert answer.json()["message"]


def test_reset(api: Api) -> None:
    api.create()
    api.sim.add_fault(kind="status", match=99)
    assert control(api.sim, "POST", "/_simulator/reset", {"edition": "2024-08"}).status_code == 204
    assert api.get("/instances") == {"instances": []}
    assert api.sim.faults() == []
    assert len(api.sim.requests()) == 1
    assert control(api.sim, "POST", "/_simulator/reset", {"colour": "red"}).status_code == 400
    assert control(api.sim, "POST", "/_simulator/reset").status_code == 204
    assert "meta" in api.get("/instances")


def test_pages_for_people(sim: Any) -> None:
    front = control(sim, "GET", "/")
    assert "<h2>Limitations</h2>" in front.text
    assert sim.url in front.text
    for path, shown in (("/_simulator", "/_simulator/faults"), ("/_simulator/", "/_simulator/clock"),
                        ("/_simulator/docs", "/_simulator/state"), ("/br-se1/compute/docs", "/v1/snapshots/{id}/copy")):  # fmt: skip
        found = control(sim, "GET", path)
        assert found.status_code == 200 and f"<td>{shown}" in found.text
        assert found.headers["content-security-policy"].startswith("default-src 'none'"), "it needs no internet"
        assert not re.search(r"<script|(?:src|href)=.?(?:https?:)?//|url\(", found.text)
        (document,) = re.findall(r'href="([^"]*openapi.json)"', found.text)
        assert requests.get(requests.compat.urljoin(found.url, document), timeout=10).json()["paths"]
    assert "/v1/instances" in control(sim, "GET", "/br-se1/compute/openapi.json").json()["paths"]
    assert control(sim, "GET", "/nowhere").status_code == 404
    assert sim.requests() == []


ODD = [None, True, 5, -1, 1e300, "", "x", "\u00b2", [], [1], ["x"], {}, {"x": 1}]
SEEDS = ["region", "tenant", "id", "name", "status", "state", "created_at", "machine_type", "image", "availability_zone",
         "public_ip", "interfaces", "labels", "volumes", "error", "odd", "instance", "size", "requirements", "password",
         "address_from", "vpc", "later", "self"]  # fmt: skip


@pytest.mark.one_in(5)
@pytest.mark.parametrize("field", SEEDS)
@pytest.mark.parametrize("kind", ["instance", "snapshot", "backup", "custom_image"])
def test_a_seed_is_taken_or_refused_and_never_spoils_a_read(sim: Any, kind: str, field: str) -> None:
    for value in ODD:
        sim.reset(edition="2024-08" if kind == "backup" else "2026-08")
        answer = control(sim, "PUT", "/_simulator/state", [{"kind": kind, field: value}])
        assert answer.status_code in (200, 400), (value, answer.text)
        if answer.status_code == 400:
            assert answer.json()["slug"] == "simulator.refused" and answer.json()["message"]
            continue
        path = "/images/custom" if kind == "custom_image" else f"/{kind}s"
        for query in (
            {},
            {"_sort": "name:asc"},
            {"expand": ["network", "image", "machine-type", "labels", "instance"]},
        ):
            Api(sim).get(path, **query)
        assert control(sim, "GET", "/_simulator/glance").status_code == 200
        assert control(sim, "GET", "/_simulator/state").status_code == 200


HALF = "a\ud800"  # half of a surrogate pair: valid in JSON, but not in UTF-8


@pytest.mark.parametrize(("method", "path", "body"), [
    ("PUT", "/_simulator/state", [{"kind": "instance", "name": HALF}]),
    ("PUT", "/_simulator/state", [{"kind": "instance", "odd": {"labels": [HALF]}}]),
    ("POST", "/_simulator/faults", {"kind": "status", "status": 500, "body": HALF}),
    ("POST", "/_simulator/reset", {"region_editions": {HALF: "2024-08"}}),
])  # fmt: skip
def test_half_a_character_is_refused(sim: Any, method: str, path: str, body: Any) -> None:
    answer = control(sim, method, path, body)
    assert (answer.status_code, answer.json()["slug"]) == (400, "simulator.refused")
    assert "half of a surrogate pair" in answer.json()["message"]
    assert control(sim, "GET", "/_simulator/glance").status_code == 200


def test_half_a_character_beside_a_creation_is_no_fault_of_the_simulators(sim: Any) -> None:
    body = {"name": "web", "machine_type": {"name": "BV1-1-40"}, "image": {"name": "cloud-debian-12 LTS"},
            "ssh_key_name": "deploy", "extra": HALF}  # fmt: skip
    url = sim.url.replace("{region}", "br-se1") + "/v1/instances"
    answer = requests.post(url, json=body, headers={"x-api-key": "simulator"}, timeout=10)
    assert answer.status_code in (201, 202, 400, 422), answer.text


def test_an_id_belongs_to_one_kind(sim: Any) -> None:
    row = sim.seed("instance")
    answer = control(sim, "PUT", "/_simulator/state", [{"kind": "snapshot", "id": row["id"]}])
    assert (answer.status_code, answer.json()["message"]) == (400, f"Another kind of resource has the id {row['id']}")


@pytest.mark.parametrize(("seed", "why"), [
    ({}, "There is no kind '', only instance, snapshot, "), ({"kind": []}, "There is no kind [], only "),
    ({"kind": 5}, "There is no kind 5, only "), ({"kind": "pod"}, "There is no kind 'pod', only "),
    ({"kind": "instance", "nam": 1}, "instance has no field nam; its fields are availability_zone, created_at, "),
    ({"kind": "instance", "region": "xx"}, "There is no region 'xx', only br-se1, br-ne1, br-mgl1"),
    ({"kind": "instance", "tenant": 5}, "tenant must be a string, not 5"),
    ({"kind": "instance", "name": 5}, "name must be a string, not 5"),
    ({"kind": "instance", "status": None}, "status must be a string, not None"),
    ({"kind": "instance", "created_at": []}, "created_at must be a timestamp, not []"),
    ({"kind": "instance", "created_at": "yesterday"}, "created_at: "),
    ({"kind": "instance", "public_ip": 5}, "public_ip must be true, false or an address, not 5"),
    ({"kind": "instance", "labels": "a"}, "labels must be a list of strings, not 'a'"),
    ({"kind": "instance", "error": "x"}, "error must be a mapping of slug and message, not 'x'"),
    ({"kind": "instance", "vpc": "x"}, "vpc must be a mapping of id and name, not 'x'"),
    ({"kind": "instance", "odd": "x"}, "odd must be a mapping, not 'x'"),
    ({"kind": "custom_image", "requirements": {"vcpu": "1"}}, "requirements must be a mapping of vcpu, ram and disk, not "),
    ({"kind": "custom_image", "uefi": "yes"}, "uefi must be true or false, not 'yes'"),
    ({"kind": "snapshot", "size": "1"}, "size must be a number, not '1'"),
], ids=str)  # fmt: skip
def test_a_seed_of_no_kind_or_with_a_wrong_field_is_refused(sim: Any, seed: Any, why: str) -> None:
    answer = control(sim, "PUT", "/_simulator/state", [seed])
    assert (answer.status_code, answer.json()["slug"]) == (400, "simulator.refused")
    assert answer.json()["message"].startswith(why)


@pytest.mark.parametrize("switch", sorted(field.name for field in dataclasses.fields(Settings)))
def test_a_switch_is_taken_or_refused(sim: Any, switch: str) -> None:
    for value in ODD:
        answer = control(sim, "POST", "/_simulator/reset", {switch: value, "speed": 0})
        assert answer.status_code in (204, 400), (value, answer.text)
        key = sim.cloud.settings.api_key
        if answer.status_code == 204 and switch not in ("rate_limit", "face", "key"):
            listed = Api(sim, key=key or "simulator")("GET", "/instances")
            assert listed.status_code in (200, 401, 403), (value, listed.text)
    misspelt = control(sim, "POST", "/_simulator/reset", {"speeed": 1})
    assert (misspelt.status_code, misspelt.json()["message"]) == (400, "There is no switch speeed")


@pytest.mark.parametrize("change", [{"advance": 1e10}, {"advance": -1e10}])
def test_the_clock_stays_where_dates_can_be_written(api: Api, change: Any) -> None:
    for _turn in range(30):
        assert control(api.sim, "POST", "/_simulator/clock", change).status_code in (200, 400)
    assert api("GET", "/instances").status_code == 200
    refused = control(api.sim, "POST", "/_simulator/clock", {**change, "speed": 7})
    assert api.sim.cloud.clock.speed == 0, "a refused request changes nothing"
    assert (refused.status_code, refused.json()["message"]) == (400, "The clock cannot leave the years 1970 to 9891")


@pytest.mark.parametrize("kind", ["stuck", "unknown_status", "failing"])
def test_a_fault_with_an_odd_value_is_refused_or_does_no_harm(api: Api, kind: str) -> None:
    for value in [*ODD, {"status": 5}, {"error": "x"}, {"name": []}]:
        api.sim.reset()
        fault = {"kind": kind, "value": value, "operation": "POST /v1/instances"}
        answer = control(api.sim, "POST", "/_simulator/faults", fault)
        assert answer.status_code in (201, 422), (value, answer.text)
        if answer.status_code == 201:
            identifier = api.create()
            api.sim.advance(60)
            api.instance(identifier)
            assert control(api.sim, "GET", "/_simulator/glance").status_code == 200


def test_a_fault_of_its_own_is_not_the_users_mistake(
    sim: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An internal TypeError, ValueError or KeyError of the simulator is not reported as an error in the request."""
    for error in (TypeError("t"), ValueError("v"), KeyError("k"), RuntimeError("r")):

        def describe(*_arguments: Any, error: Exception = error) -> Any:
            raise error

        with monkeypatch.context() as patched:
            patched.setattr("simulator.handle.describe", describe)
            answer = control(sim, "GET", "/_simulator/state")
        assert (answer.status_code, answer.json()["slug"]) == (500, "simulator.error")
        assert type(error).__name__ in capsys.readouterr().err
    assert control(sim, "GET", "/_simulator/state").status_code == 200


NUMBERS = [
    (path, name)
    for path, names in (("clock", ("advance", "speed")), ("faults", ("share", "seconds")))
    for name in names
]


@pytest.mark.parametrize(("path", "name"), NUMBERS)
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_lacks_is_refused(sim: Any, path: str, name: str, value: float) -> None:
    body = json.dumps({name: value, **({"kind": "stuck"} if path == "faults" else {})})
    url = f"http://127.0.0.1:{sim.port}/_simulator/{path}"
    answer = requests.post(url, data=body, headers={"content-type": "application/json"}, timeout=10)
    assert answer.status_code == 422, answer.text
    assert [item["loc"] for item in answer.json()["detail"]] == [["body", name]]


@pytest.mark.parametrize("wrong", [
    {"public_ip": True, "nmae": "x"}, {"public_ip": True, "image": "nix"}, {"public_ip": "192.0.2.7", "machine_type": "nix"},
    {"public_ip": True, "interfaces": [str(uuid.uuid4()), "no id"]},
])  # fmt: skip
def test_a_refused_seed_leaves_nothing_behind(sim: Any, wrong: dict[str, Any]) -> None:
    """A refused seed leaves nothing behind, such as a public IP of no instance that nobody can release."""
    before = sim.state()
    for _turn in range(4):
        assert control(sim, "PUT", "/_simulator/state", [{"kind": "instance", **wrong}]).status_code == 400
    assert sim.state() == before
    assert sim.seed("instance", public_ip=True)["public_ip"]


def test_seeds_are_added_all_or_none(tmp_path: Path) -> None:
    data, known = str(tmp_path / "cloud.db"), str(uuid.uuid4())
    seeds = [{"kind": "instance", "name": "new", "id": known, "public_ip": True}, {"kind": "snapshot", "instance": known},
             {"kind": "instance", "region": "br-ne1"}, {"kind": "instance", "tenant": "t"}]  # fmt: skip
    with running(data=data, speed=0) as sim:
        for name in ("old", "other"):
            sim.seed("instance", name=name, **({"id": known} if name == "old" else {}))
        before, numbers = sim.state(), sim.cloud.region("br-se1").numbers
        assert Api(sim).names() == ["old", "other"]
        for wrong in ({"kind": "instance", "image": "nix"}, {"kind": "pod"}, {"kind": "instance", "region": "xx"}):
            assert control(sim, "PUT", "/_simulator/state", [*seeds, wrong]).status_code == 400
            assert (sim.state(), sim.state("t")["br-se1"]["instances"]) == (before, [])
        assert sim.cloud.region("br-se1").numbers == numbers
        assert Api(sim).names() == Api(sim).names(_sort="name:desc")[::-1] == ["old", "other"]
        assert (Api(sim).names(name="old"), Api(sim).names(name="new")) == (["old"], [])
    with running(data=data, speed=0) as sim:
        assert sim.state() == before
        assert control(sim, "PUT", "/_simulator/state", seeds).status_code == 200
        assert Api(sim).names() == ["other", "new"]
        assert Api(sim).get("/snapshots")["snapshots"][0]["instance"]["id"] == known


@pytest.mark.parametrize(("switch", "why"), [
    ({"durations": {"create": 1e13}}, "a mapping of action to seconds, at most"), ({"durations": {"stop": 1e300}}, "at most"),
    ({"rate_window": float("inf")}, "rate_window must be a number of seconds from 0 to"), ({"api_key": ""}, "api_key must be"),
    ({"api_key": "caf\u00e9"}, "api_key must be printable ASCII"), ({"tenant": ""}, "tenant must be"),
    ({"keys": {"": "t"}}, "keys must be"), ({"keys": {"k": "a\nb"}}, "keys must be"),
    ({"api_key": "simulator-expired"}, "simulator-expired cannot be a valid key: it is always expired"),
    ({"keys": {"simulator-read-only": "t"}}, "simulator-read-only cannot be a valid key: it is always read-only"),
    ({"rate_limit": 1, "rate_window": 0}, "rate_window must be more than 0 with rate_limit"),
    ({"instances": 1, "vpcs": ()}, "vpcs needs a name with instances"),
    ({"capacity": {"BV1-1-40@mars": 0}}, "capacity: there is no zone mars; there are br-se1-a, "),
    ({"capacity": {"BV1-1-40@": 0}}, "capacity: there is no zone ; there are br-se1-a, "),
    ({"data": "other.db"}, "data cannot be changed while the simulator runs"),
])  # fmt: skip
def test_a_switch_that_would_fail_later_is_refused_at_once(sim: Any, switch: dict[str, Any], why: str) -> None:
    """A switch that would fail later, or have no effect, is refused at once, and nothing is reset."""
    sim.seed("instance", name="kept")
    with pytest.raises(ValueError, match=why):
        sim.reset(**switch)
    assert Api(sim).names() == ["kept"]
    sim.reset(data=None, durations={"create": float("inf")})
    assert Api(sim).instance(Api(sim).create())["state"] == "new"
