# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each switch has its documented effect."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from simulator import running
from simulator.settings import Settings
from tests.support.raw_client import LINUX, Api, creation_body


def test_stale_reads_are_behind_actions(api: Api) -> None:
    api.sim.reset(stale=2)
    identifier = api.create()
    assert api.refused("GET", f"/instances/{identifier}")[0] == 404
    assert api.names() == []
    api.sim.advance(2)
    assert api.instance(identifier)["status"] == "provisioning"
    api.sim.advance(13)
    api("POST", f"/instances/{identifier}/stop")
    for _read in range(2):
        row = api.instance(identifier)
        assert (row["status"], row["state"]) == ("completed", "running")
        assert api.get("/instances")["instances"][0]["state"] == "running"
        api.sim.advance(1)
    assert api.instance(identifier)["status"] == "stopping"
    api.sim.advance(4)
    api("PATCH", f"/instances/{identifier}/rename", {"name": "new"})
    assert api.names() == ["web-1"]
    assert api.refused("POST", "/instances", creation_body("new"))[0] == 409
    api.sim.advance(2)
    assert api.names() == ["new"]
    seeded = api.sim.seed("instance", name="seeded")["id"]
    api("POST", f"/instances/{seeded}/stop")
    assert api.instance(seeded)["status"] == "completed"


def test_lists_lag_behind_creations(api: Api) -> None:
    api.sim.reset(lag=3)
    identifier = api.create()
    assert api.names() == []
    assert api.instance(identifier)["name"] == "web-1"
    api.sim.advance(3)
    assert api.names() == ["web-1"]


def test_lists_lag_behind_every_change(api: Api) -> None:
    """Lists lag behind every change by `lag` seconds; reads by id do not."""
    api.sim.reset(lag=5)
    identifier = api.running("web-1")
    api.sim.advance(5)

    def listed() -> list[tuple[str, str, str, str]]:
        rows = api.get("/instances?expand=machine-type")["instances"]
        return [(row["name"], row["status"], row["state"], row["machine_type"]["name"]) for row in rows]

    before = [("web-1", "completed", "running", "BV1-1-40")]
    assert listed() == before
    api("PATCH", f"/instances/{identifier}/rename", {"name": "new"})
    assert (api.instance(identifier)["name"], listed()) == ("new", before)
    api.sim.advance(1)
    api("POST", f"/instances/{identifier}/stop")
    assert (api.instance(identifier)["status"], listed()) == ("stopping_pending", before)
    api.sim.advance(4)
    assert (api.instance(identifier)["state"], listed()) == ("stopped", [("new", "completed", "running", "BV1-1-40")])
    api("POST", f"/instances/{identifier}/retype", {"machine_type": {"name": "BV2-4-40"}})
    api.sim.advance(5)
    assert listed() == [("new", "retyping_pending", "stopped", "BV1-1-40")]
    api.sim.advance(6)
    assert listed() == [("new", "completed", "stopped", "BV2-4-40")]
    api("DELETE", f"/instances/{identifier}")
    api.sim.advance(3)
    assert api.refused("GET", f"/instances/{identifier}")[0] == 404
    assert listed() == [("new", "completed", "stopped", "BV2-4-40")]
    api.sim.advance(2)
    assert listed()[0][1].startswith("deleting")
    api.sim.advance(3)
    assert listed() == []


def test_lists_lag_behind_snapshots_too(api: Api) -> None:
    api.sim.reset(lag=5)
    snapshot = api.sim.seed("snapshot", name="nightly-1")["id"]
    api("PATCH", f"/snapshots/{snapshot}/rename", {"name": "keep-1"})
    assert [row["name"] for row in api.get("/snapshots")["snapshots"]] == ["nightly-1"]
    assert api.get(f"/snapshots/{snapshot}")["name"] == "keep-1"


@pytest.mark.parametrize(("delay", "seconds", "there"), [(0, 15, True), (10, 24, False), (10, 25, True),
                                                         (float("inf"), 9999, False)])  # fmt: skip
def test_the_public_address_may_come_later(api: Api, delay: float, seconds: float, there: bool) -> None:
    api.sim.reset(address_delay=delay)
    identifier = api.create(network={})
    api.sim.advance(seconds)
    row = api.instance(identifier, expand="network")
    assert row["status"] == "completed"
    assert bool(row["network"]["interfaces"][0]["associated_public_ipv4"]) is there


def test_durations_and_instant(api: Api) -> None:
    api.sim.reset(durations={"create": 120})
    identifier = api.create()
    api.sim.advance(119)
    assert api.instance(identifier)["state"] == "new"
    api.sim.advance(1)
    assert api.instance(identifier)["state"] == "running"
    api.sim.reset(instant=True)
    identifier = api.create()
    assert api.instance(identifier)["status"] == "completed"
    api("DELETE", f"/instances/{identifier}")
    assert api.names() == []
    with pytest.raises(ValueError, match="fly"):
        api.sim.reset(durations={"fly": 1})


def test_capacity_of_a_type_and_a_zone(api: Api) -> None:
    api.sim.reset(capacity={"BV1-1-40@br-se1-a": 1, "BV2-4-40": 0})

    def status(name: str, **fields: Any) -> str:
        return str(api.instance(api.running(name, **fields))["status"])

    assert status("a", availability_zone="br-se1-a") == "completed"
    assert status("b", availability_zone="br-se1-a") == "creating_error_capacity"
    assert status("c", availability_zone="br-se1-b") == "completed"
    assert status("d") == "completed"
    assert status("e", machine_type={"name": "BV2-4-40"}) == "creating_error_capacity"
    [row] = api.get("/instances", name="e")["instances"]
    assert row["error"]["slug"] == "create_instance.capacity.error"
    [first] = api.get("/instances", name="a")["instances"]
    api("POST", f"/instances/{first['id']}/retype", {"machine_type": {"name": "BV2-4-40"}})
    api.sim.advance(6)
    row = api.instance(first["id"])
    assert (row["status"], row["state"]) == ("retyping_error_capacity", "running")
    assert row["machine_type"] == first["machine_type"]


def test_quotas(api: Api) -> None:
    statuses = [api.instance(api.running(f"a{number}", network={}))["status"] for number in range(4)]
    assert statuses == ["completed"] * 3 + ["creating_error_quota_floating_ip"]
    failed = api.get("/instances", name="a3", expand="network")["instances"][0]
    assert failed["network"]["interfaces"][0]["associated_public_ipv4"] is None
    first = api.get("/instances", name="a0")["instances"][0]["id"]
    api("DELETE", f"/instances/{first}")
    api.sim.advance(3)
    assert api.instance(api.running("kept", network={}))["status"] == "creating_error_quota_floating_ip"
    for setting, status in (("quota_instances", "instance"), ("quota_vcpus", "vcpu")):
        api.sim.reset(**{setting: 1})
        api.running("a")
        assert api.instance(api.running("b"))["status"] == f"creating_error_quota_{status}"
    api.sim.reset(quota_public_ips=None)
    assert {api.instance(api.running(f"a{number}", network={}))["status"] for number in range(5)} == {"completed"}


def test_deleted_resources_can_be_shown_for_a_while(api: Api) -> None:
    api.sim.reset(keep_deleted=60)
    identifier = api.running()
    api("DELETE", f"/instances/{identifier}")
    api.sim.advance(3)
    row = api.instance(identifier)
    assert (row["status"], row["state"]) == ("deleted", "deleted")
    assert api.names() == ["web-1"]
    assert api.refused("POST", f"/instances/{identifier}/start")[0] == 404
    api.create()
    api.sim.advance(60)
    assert api.refused("GET", f"/instances/{identifier}")[0] == 404


@pytest.mark.parametrize(("headers", "status", "words"), [
    ({}, 401, "unauthorized"),
    ({"x-api-key": ""}, 401, "unauthorized"),
    ({"x-api-key": "wrong"}, 403, "The key is not valid"),
    ({"x-api-key": "simulator-expired"}, 403, "The key has expired"),
    ({"x-api-key": "simulator-read-only"}, 403, "The key lacks the scope virtual-machine.write"),
    ({"authorization": "Bearer wrong"}, 403, "The key is not valid"),
    ({"authorization": "Bearer simulator"}, 201, ""),
    ({"authorization": "Basic simulator"}, 401, "unauthorized"),
    ({"x-api-key": "simulator"}, 201, ""),
])  # fmt: skip
def test_keys(sim: Any, headers: dict[str, str], status: int, words: str) -> None:
    """An invalid key is refused by the gateway, with its own form of error body."""
    answer = Api(sim, key=None, **headers)("POST", "/instances", creation_body())
    body = answer.json()
    assert (answer.status_code, body.get("developerMessage") or body.get("slug", "")) == (status, words)
    assert status != 403 or body.keys() == {"developerMessage", "userMessage", "errorCode"}


def test_a_read_only_key_reads(sim: Any) -> None:
    assert Api(sim, key="simulator-read-only").names() == []


def test_keys_have_their_own_tenants(sim: Any) -> None:
    sim.reset(api_key="mine", tenant="t1", keys={"theirs": "t2"})
    mine, theirs = Api(sim, key="mine"), Api(sim, key="theirs", **{"x-tenant-id": "t1"})
    mine.create()
    assert (mine.names(), theirs.names()) == (["web-1"], [])
    assert Api(sim)("GET", "/instances").status_code == 403
    assert sim.environment["MGC_API_KEY"] == "mine"
    assert len(sim.state("t1")["br-se1"]["instances"]) == 1
    assert sim.state("t2")["br-se1"]["instances"] == []


@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
def test_the_service_face_wants_the_tenant_and_no_key(sim: Any, edition: str) -> None:
    sim.reset(face="service", edition=edition)
    nobody = Api(sim, key=None)
    answer = nobody("GET", "/instances")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["header", "x-tenant-id"]
    assert nobody("GET", "/images").status_code == (200 if edition == "2024-08" else 422)
    one, two = (Api(sim, key=None, **{"x-tenant-id": tenant}) for tenant in ("one", "two"))
    one.create()
    assert (one.names(), two.names()) == (["web-1"], [])


def test_rate_limits_follow_the_clock(api: Api) -> None:
    api.sim.reset(rate_limit=2, rate_window=30)
    statuses = [api("GET", "/instances").status_code for _request in range(3)]
    assert statuses == [200, 200, 429]
    api.sim.advance(20.5)
    assert api("GET", "/instances").headers["retry-after"] == "10"
    api.sim.advance(10)
    assert api("GET", "/instances").status_code == 200


def test_loopback_addresses(api: Api) -> None:
    api.sim.reset(loopback=True)
    rows = [api.instance(api.running(name, network={}), expand="network")["network"]["interfaces"][0] for name in "ab"]
    addresses = {address for row in rows for address in (row["associated_public_ipv4"],
                                                         row["ip_addresses"]["private_ipv4"])}  # fmt: skip
    assert len(addresses) == 4
    assert all(address.startswith("127.") for address in addresses)
    assert [row["ip_addresses"]["public_ipv6"] for row in rows] == ["::1", "::1"]


def test_settings_define_init_log_and_vpcs(api: Api) -> None:
    api.sim.reset(init_log="one\ntwo {name}", vpcs=("blue",))
    assert api.refused("POST", "/instances", creation_body(network={"vpc": {"name": "vpc_default"}}))[0] == 404
    identifier = api.running(network={"vpc": {"name": "blue"}})
    assert api.get(f"/instances/{identifier}/init-logs")["logs"] == ["one", "two web-1"]
    assert api.instance(identifier, expand="network")["network"]["vpc"]["name"] == "blue"


def test_validate_finds_a_response_that_violates_its_model(api: Api) -> None:
    api.sim.reset(validate=True)
    identifier = api.sim.seed("instance", state="flying")["id"]
    assert api.refused("GET", f"/instances/{identifier}") == (500, "simulator.invalid_answer")


def test_instances_at_the_start(api: Api) -> None:
    api.sim.reset(instances=3)
    assert api.names() == ["instance-00001", "instance-00002", "instance-00003"]
    assert Api(api.sim, "br-ne1").get("/instances")["meta"]["page"]["total"] == 3


def test_the_record_is_bounded(api: Api) -> None:
    api.sim.reset(record=2)
    for number in range(3):
        api("GET", f"/instances/{number}")
    assert [request["path"] for request in api.sim.requests()] == ["/v1/instances/1", "/v1/instances/2"]


def test_the_state_can_outlive_the_process(tmp_path: Path) -> None:
    file = str(tmp_path / "cloud.db")
    with running(speed=0, data=file) as sim:
        api = Api(sim)
        identifier = api.create(network={})
        sim.advance(1000)
        api("POST", f"/instances/{identifier}/stop")
        snapshot = sim.seed("snapshot", region="br-ne1", name="s")["id"]
        gone = sim.seed("instance", name="gone")["id"]
        api("DELETE", f"/instances/{gone}")
        sim.advance(3)
        api.create("other")
        before, now = sim.state(), sim.now()
    with running(speed=0, data=file) as sim:
        assert sim.now() >= now - 3
        sim.advance(max(0, now - sim.now()))
        assert sim.state() == before
        sim.advance(4)
        api = Api(sim)
        assert api.instance(identifier)["state"] == "stopped"
        assert Api(sim, "br-ne1").get(f"/snapshots/{snapshot}")["name"] == "s"
        assert api.instance(api.create("third"))["name"] == "third"
        sim.reset()
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT count(*) FROM resource").fetchone() == (0,)


@pytest.mark.parametrize(("settings", "message"), [
    ({"edition": "2025"}, "edition must be"), ({"editions": {"br-ne1": "x"}}, "there is no API version x"),
    ({"editions": {"mars": "2024-08"}}, "there is no region mars"), ({"nulls": "never"}, "nulls must be"),
    ({"face": "back"}, "face must be"),
])  # fmt: skip
def test_invalid_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings(**settings)


def test_images_of_the_catalog_stay(api: Api) -> None:
    api.sim.reset()
    assert LINUX in api.names("/images")


def test_the_api_version_between_the_two(api: Api) -> None:
    """This version has backups, labels and copies of snapshots, but no total, no name filter, and no later features."""
    api.sim.reset(edition="2025-05", instant=True, validate=True)
    identifier = api.create("a", labels=["blue"])
    api.create("b")
    listed = api.get("/instances", name="a", expand="labels,network")
    assert set(listed) == {"instances"} and [row["name"] for row in listed["instances"]] == ["a", "b"]
    assert listed["instances"][0]["labels"] == ["blue"]
    assert set(api.instance(identifier, expand="network")["network"]) == {"vpc", "ports"}
    for kind, field in (("snapshot", "destination_region"), ("backup", "region")):
        answer = api("POST", f"/{kind}s", {"name": "copy", "instance": {"id": identifier}})
        copied = api(
            "POST", f"/{kind}s/{answer.json()['id']}/copy", {field: "br-se-1" if kind == "backup" else "br-mgl1"}
        )
        assert (answer.status_code, copied.status_code) == (202, 204), copied.text
        assert [row["name"] for row in api.sim.state()["br-mgl1"][f"{kind}s"]] == ["copy"]
    for path in ("/images/custom", "/instance-types", f"/instances/{identifier}/init-logs"):
        assert api("GET", path).status_code == 404
