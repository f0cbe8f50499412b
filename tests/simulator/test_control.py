# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controls over HTTP, and the handle in the process."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.simulator.client import Api


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
    assert request["answer"]["detail"]
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


def test_an_error_of_its_own_is_a_500(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("simulator.instances.act", lambda *arguments: 1 / 0)
    identifier = api.sim.seed("instance")["id"]
    assert api.refused("POST", f"/instances/{identifier}/stop") == (500, "simulator.error")
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert api.instance(identifier)["state"] == "running"


def test_seeds_that_make_no_sense(sim: Any) -> None:
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
    assert "What it does not do" in front.text
    assert sim.url in front.text
    assert control(sim, "GET", "/_simulator/docs").status_code == 200
    assert control(sim, "GET", "/br-se1/compute/docs").status_code == 200
    assert "/v1/instances" in control(sim, "GET", "/br-se1/compute/openapi.json").json()["paths"]
    assert control(sim, "GET", "/nowhere").status_code == 404
    assert sim.requests() == []
