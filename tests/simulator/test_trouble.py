# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The simulator under trouble: other web pages, odd input, kills and limits neither break it nor falsify it."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from simulator import running
from simulator.server import PortInUse
from simulator.settings import Settings
from simulator.store import Store
from tests.support.declarations import LARGE, SMALL
from tests.support.raw_client import LINUX, Api, creation_body


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example", "evil.example:80"])
@pytest.mark.parametrize("path", ["/", "/_simulator/requests", "/br-se1/compute/v1/instances"])
def test_no_other_name_leads_here(api: Api, name: str, path: str) -> None:
    """Other host names are refused, or a web page whose name resolves to this machine could read everything."""
    base = f"http://127.0.0.1:{api.sim.port}"
    assert requests.get(base + path, headers={"Host": name}, timeout=9).status_code == 403
    assert requests.get(base + path, headers={"Host": "localhost"}, timeout=9).status_code in (200, 401)


def test_forms_of_other_pages_control_nothing(api: Api) -> None:
    api.sim.seed("instance")
    base = f"http://127.0.0.1:{api.sim.port}"
    for origin, status in (("http://evil.example", 403), ("null", 403), (base, 204)):
        answer = requests.post(f"{base}/_simulator/reset", headers={"Origin": origin}, timeout=9)
        assert answer.status_code == status
        assert bool(api.sim.state()["br-se1"]["instances"]) == (status == 403)


def test_a_public_address_appears_after_its_delay(api: Api) -> None:
    api.sim.reset(address_delay=20)
    identifier = api.create(network={"associate_public_ip": True})
    shown = []
    for _second in range(40):
        row = api.instance(identifier, expand="network")
        shown.append(row["network"]["interfaces"][0]["associated_public_ipv4"] is not None)
        api.sim.advance(1)
    assert shown == [False] * 35 + [True] * 5


def test_no_two_regions_give_the_same_address(api: Api) -> None:
    for region in ("br-se1", "br-ne1", "br-mgl1", "br-se1"):
        Api(api.sim, region).create(f"web-{len(api.names())}", network={"associate_public_ip": True})
    state = api.sim.state().values()
    found = [ip["address"] for region in state for ip in region["public_ips"]]
    found += [
        port[name] for region in state for port in region["interfaces"] for name in ("private_ipv4", "public_ipv6")
    ]
    assert len(found) == len(set(found)) == 3 * 4


def test_a_fault_counts_only_effective_hits(api: Api) -> None:
    sim = api.sim
    running = sim.seed("instance", name="there")["id"]
    stuck = sim.add_fault(kind="stuck")["name"]
    failing = sim.add_fault(operation="POST /v1/instances", kind="failing", nth=1)["name"]
    again = sim.add_fault(operation="PATCH /v1/instances/{id}/rename", kind="failing")["name"]
    assert api.refused("POST", "/instances", creation_body("there"))[0] == 409
    assert api("PATCH", f"/instances/{running}/rename", {"name": "other"}).status_code == 204
    assert {fault["name"]: fault["fired"] for fault in sim.faults()} == {stuck: 0, failing: 0, again: 0}
    api("POST", f"/instances/{running}/stop")
    assert {fault["name"]: fault["fired"] for fault in sim.faults()} == {stuck: 1, failing: 0, again: 0}


def test_two_faults_of_a_request_apply_in_turn(api: Api) -> None:
    for status in (500, 502):
        api.sim.add_fault(operation="GET /v1/instances", kind="status", status=status)
    assert [api("GET", "/instances").status_code for _each in range(3)] == [500, 502, 200]
    api.sim.add_fault(operation="GET /v1/instances", kind="status", status=503, share=1.0)
    assert [api("GET", "/instances").status_code for _each in range(3)] == [503] * 3


def test_rows_come_and_go_only_after_a_list_was_answered(api: Api) -> None:
    api.sim.seed("instance", name="a", id="00000000-0000-4000-8000-000000000001")
    api.sim.add_fault(kind="create_between_pages")
    api.sim.add_fault(operation="GET /v1/instances", kind="delete_between_pages")
    api.get("/machine-types")
    assert Api(api.sim, key="wrong")("GET", "/instances").status_code == 403
    assert [fault["fired"] for fault in api.sim.faults()] == [0, 0]
    assert api.names() == ["a"]
    assert [fault["fired"] for fault in api.sim.faults()] == [1, 1]
    (appeared,) = api.names()
    assert appeared != "a"


@pytest.mark.parametrize("wrong", [
    {"operation": "GET /v1/instances/{instance_id}"}, {"operation": "post /v1/instances"}, {"status": 1000}, {"status": 99},
    {"headers": {"a": "b\nc"}}, {"kind": "create_between_pages", "value": "3"},
], ids=str)  # fmt: skip
def test_an_ineffective_fault_is_refused(api: Api, wrong: dict[str, Any]) -> None:
    url = f"http://127.0.0.1:{api.sim.port}/_simulator/faults"
    assert requests.post(url, json={"kind": "status", **wrong}, timeout=9).status_code == 422
    assert api.sim.faults() == []


def retyped(api: Api, identifier: str, name: str) -> str:
    assert api("POST", f"/instances/{identifier}/retype", {"machine_type": {"name": name}}).status_code == 204
    api.sim.advance(60)
    return str(api.instance(identifier)["status"])


def test_capacity_counts_instances_being_created(api: Api) -> None:
    api.sim.reset(capacity={LARGE: 1, SMALL: 3}, quota_public_ips=None)
    one, two = (api.sim.seed("instance", name=name, machine_type=SMALL)["id"] for name in "ab")
    for identifier in (one, two):
        api("POST", f"/instances/{identifier}/retype", {"machine_type": {"name": LARGE}})
    api.sim.advance(60)
    assert [api.instance(one)["status"] for one in (one, two)] == ["completed", "retyping_error_capacity"]
    assert retyped(api, one, LARGE) == "completed", "it does not stand in its own way"
    api.sim.reset(capacity={SMALL: 1})
    first = api.create("a")
    api.sim.advance(60)
    doomed = api.create("b")
    api("DELETE", f"/instances/{first}")
    api.sim.advance(4)
    third = api.create("c")
    api.sim.advance(60)
    assert api.instance(doomed)["status"] == "creating_error_capacity"
    assert api.instance(third)["status"] == "completed"


def test_quotas_hold_for_retypes_and_beside_other_failures(api: Api) -> None:
    api.sim.reset(quota_vcpus=1)
    assert retyped(api, api.sim.seed("instance", machine_type=SMALL)["id"], LARGE) == "retyping_error_quota_vcpu"
    api.sim.reset(quota_public_ips=1, capacity={SMALL: 1})
    api.sim.seed("instance", machine_type=SMALL, public_ip=True)
    failed = api.create("b")
    api.sim.advance(60)
    assert api.instance(failed)["status"] == "creating_error_capacity"
    assert len(api.sim.state()["br-se1"]["public_ips"]) == 1


@pytest.mark.parametrize("body", [b"\x1f\x8bxx", b"[" * 50_000, b'{"name": "\\ud800"}', b"\xff"])
def test_odd_bodies_are_refused_and_spoil_no_record(api: Api, body: bytes) -> None:
    url = api.base + "/instances"
    answer = requests.post(
        url, data=body, headers={"x-api-key": "simulator", "Content-Type": "application/json"}, timeout=9
    )
    assert answer.status_code in (400, 422)
    assert requests.get(f"http://127.0.0.1:{api.sim.port}/_simulator/requests", timeout=9).status_code == 200


@pytest.mark.parametrize("interface", [5, True, ["x"], {}, ""])
def test_an_interface_is_a_text(api: Api, interface: Any) -> None:
    body = {**creation_body("web"), "network": {"interface": {"id": interface}}}
    assert api("POST", "/instances", body).status_code == 422


def test_resources_with_missing_fields_can_be_copied_and_restored(api: Api) -> None:
    sim = api.sim
    bare = sim.seed("instance", name=None, machine_type=None)["id"]
    copy = api("POST", "/snapshots", {"name": "of-bare", "instance": {"id": bare}}).json()["id"]
    of = sim.seed("snapshot", name="s", image=None)["id"]
    body = {"name": "again", "machine_type": {"name": LARGE}, "ssh_key_name": "deploy"}
    restored = api("POST", f"/snapshots/{of}", body).json()["id"]
    sim.advance(3600)
    assert api("GET", f"/snapshots/{copy}").json()["status"] == "completed"
    assert api.instance(restored)["status"] == "completed"
    base = f"http://127.0.0.1:{sim.port}/_simulator"
    assert requests.get(f"{base}/glance", timeout=9).status_code == 200


def test_a_seed_in_an_unknown_region_is_refused(api: Api) -> None:
    url, seed = f"http://127.0.0.1:{api.sim.port}/_simulator/state", {"kind": "instance", "region": "xx"}
    assert requests.put(url, json=[seed], timeout=9).status_code == 400


@pytest.mark.parametrize(("wrong", "why"), [
    ({"speed": -1}, "a number from 0 to 1000000, not -1"), ({"speed": float("nan")}, "a number from 0 to 1000000, not nan"),
    ({"speed": "fast"}, "a number from 0 to 1000000, not 'fast'"), ({"lag": "3"}, "a number of seconds, 0 or more, not '3'"),
    ({"rate_limit": "3"}, "a whole number, 0 or more, not '3'"), ({"rate_limit": -1}, "a whole number, 0 or more, not -1"),
    ({"capacity": {SMALL: "2"}}, "a mapping of machine type to a whole number, not "),
    ({"capacity": {"BVX": 1}}, "capacity: there is no machine type BVX; GET /v1/machine-types lists them"),
    ({"editions": None}, "a mapping of region to API version, not None"),
    ({"page_limit": 0}, "a whole number, 1 or more, or null, not 0"), ({"instances": 1.5}, "a whole number, 0 or more, not 1.5"),
    ({"durations": {"create": -1}}, "a mapping of action to seconds, at most"),
    ({"durations": {"fly": 1}}, "durations: there is no action fly; there are "),
    ({"quota_vcpus": "many"}, "a whole number, 0 or more, or null, not 'many'"),
    ({"instant": "yes"}, "instant must be true or false, not 'yes'"), ({"vpcs": "x"}, "vpcs must be a list of strings, not 'x'"),
    ({"init_log": 5}, "init_log must be a string, not 5"),
], ids=str)  # fmt: skip
def test_impossible_switches_are_refused_at_once(api: Api, wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        Settings(**wrong)
    if wrong.get("speed") == wrong.get("speed"):  # JSON has no nan
        url = f"http://127.0.0.1:{api.sim.port}/_simulator/reset"
        assert requests.post(url, json=wrong, timeout=9).status_code == 400
    assert api.names() == []


@pytest.mark.parametrize("change", [{"advance": 1e18}, {"advance": "nan"}, {"speed": "inf"}, {"speed": -1}], ids=str)
def test_the_clock_cannot_be_moved_out_of_time(api: Api, change: dict[str, Any]) -> None:
    url = f"http://127.0.0.1:{api.sim.port}/_simulator/clock"
    assert requests.post(url, json=change, timeout=9).status_code == 422
    assert api.names() == []


def test_the_first_vpc_is_the_default(api: Api) -> None:
    api.sim.reset(vpcs=("apps",), instances=1)
    api.create("web")
    rows = api.get("/instances", expand="network")["instances"]
    assert {row["name"]: row["network"]["vpc"]["name"] for row in rows} == {"instance-00001": "apps", "web": "apps"}


def test_the_page_shows_the_current_settings(api: Api) -> None:
    api.sim.reset(edition="2024-08", api_key="k2")
    page = requests.get(f"http://127.0.0.1:{api.sim.port}/", timeout=9).text
    assert "MGC_API_KEY=k2" in page and "2026-08" not in page


def killed(sim: Any) -> None:
    """Stop writing the simulator's file, as a kill would."""
    sim.cloud.store.database.close()
    sim.cloud.store = None


def test_a_kill_loses_nothing_and_turns_no_time_back(tmp_path: Path) -> None:
    data = str(tmp_path / "cloud.sqlite")
    with running(data=data, speed=0, instances=2) as sim:
        ids = {row["id"] for row in sim.state()["br-se1"]["instances"]}
        sim.advance(30 * 86400)
        told = sim.now()
        killed(sim)
    with running(data=data, speed=0, instances=3) as sim:
        assert {row["id"] for row in sim.state()["br-se1"]["instances"]} == ids, "a file that is there is not filled"
        assert sim.now() >= told
    with running(data=data, speed=100) as sim:
        api = Api(sim)
        api.names()
        sim.cloud.store.ticked = 0.0
        api.names()
        told = sim.now()
        killed(sim)
    with running(data=data, speed=100) as sim:
        assert sim.now() >= told


def test_seeds_replaced_in_a_data_file_are_kept(tmp_path: Path) -> None:
    data, identifier = str(tmp_path / "cloud.sqlite"), "00000000-0000-4000-8000-000000000001"
    with running(data=data, speed=0) as sim:
        for name in ("one", "two"):
            sim.seed("instance", name=name, id=identifier, image=LINUX)
    with running(data=data, speed=0) as sim:
        assert [row["name"] for row in sim.state()["br-se1"]["instances"]] == ["two"]
    with closing(sqlite3.connect(data)) as database:
        assert database.execute("SELECT count(*) FROM resource").fetchone() == (1,)


def test_a_data_file_is_used_by_one_simulator_at_a_time(tmp_path: Path) -> None:
    """A file has one simulator at a time: two would write inconsistent resources, so that all reads fail with 500."""
    data = tmp_path / "cloud.sqlite"  # as a Path, which tests use
    with running(data=data, speed=0) as sim:
        sim.seed("instance", name="one")
        with pytest.raises(sqlite3.OperationalError, match="another simulator uses this file"), running(data=data):
            pass
        with pytest.raises(PortInUse), running(sim.port, data=data):
            pass
        sim.seed("instance", name="two")
    with running(data=data, speed=0) as sim:
        assert Api(sim).names() == ["one", "two"]


DAMAGE = [
    "UPDATE resource SET document = '{'", "UPDATE resource SET document = '[]'", "UPDATE resource SET kind = 'pod'",
    "UPDATE resource SET document = json_remove(document, '$.later')", "UPDATE region SET name = 'br-xx1'",
    "UPDATE resource SET document = json_remove(document, '$.base.availability_zone')", "DELETE FROM region",
    "UPDATE clock SET now = 'noon'", "UPDATE region SET document = '5'",
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_refused_at_the_start(tmp_path: Path, damage: str) -> None:
    """A damaged file is an error at the start, not a traceback or later 500s. The file is not locked afterwards."""
    data = str(tmp_path / "cloud.sqlite")
    with running(data=data, speed=0) as sim:
        sim.seed("instance", name="one")
    with closing(sqlite3.connect(data)) as database:
        database.execute(damage if "br-xx1" not in damage else f"{damage} WHERE name = 'br-se1'")
        database.commit()
    for _turn in range(2):
        refused = pytest.raises(sqlite3.DataError, match="damaged, or not of this version")
        with refused, running(data=data):
            pass


def test_a_file_that_is_not_a_database_is_closed(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database")
    with pytest.raises(sqlite3.DatabaseError, match="not a database") as refused:
        Store(file)
    opened = [os.path.realpath(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")]
    assert refused and str(file) not in opened  # the exception would keep it open


@pytest.mark.parametrize("table", ["users (name)", "clock (hand)", "resource (id, name)"])
def test_a_database_of_another_program_is_left_as_it_is(tmp_path: Path, table: str) -> None:
    data = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(data)) as database:
        database.execute(f"CREATE TABLE {table}")
    before = data.read_bytes()
    with pytest.raises(sqlite3.DataError, match="of another program"), running(data=data):
        pass
    assert data.read_bytes() == before


def test_what_could_not_be_written_is_written_next_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A write that fails, such as on a full disk, is an error in the response and on stderr, and is repeated."""
    data = tmp_path / "cloud.sqlite"
    with running(data=data, speed=0, instant=True) as sim:
        api, database = Api(sim), sim.cloud.store.database
        doomed = api.create("doomed")
        pages = database.execute("PRAGMA page_count").fetchone()[0]
        database.execute(f"PRAGMA max_page_count = {pages}")
        for number in range(99):
            answer = api("POST", "/instances", creation_body(f"web-{number}"))
            if answer.status_code != 201:
                break
        assert (answer.status_code, answer.json()["slug"]) == (500, "simulator.error")
        assert "database or disk is full" in capsys.readouterr().err
        api("DELETE", f"/instances/{doomed}")
        database.execute("PRAGMA max_page_count = 100000")
        sim.seed("instance", name="last")
        before = sim.state()
    with running(data=data, speed=0) as sim:
        assert sim.state() == before
        assert {"web-0", f"web-{number}", "last"} <= set(Api(sim).names()) and "doomed" not in Api(sim).names()


def test_a_missing_package_fails_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing package is an error in the caller, not in the serving thread, and the port is free again."""
    monkeypatch.delitem(sys.modules, "uvicorn.protocols.http.httptools_impl", raising=False)
    monkeypatch.setitem(sys.modules, "httptools", None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ModuleNotFoundError, match="httptools"), running(port):
        pass
    socket.create_server(("127.0.0.1", port)).close()
