# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each kind of fault, and the requests that it strikes."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
import requests

from simulator import running
from tests.support.raw_client import Api, creation_body
from tests.support.waiting import wait_until

LIST = "list_instances"


@pytest.fixture
def add(api: Api) -> Any:
    yield api.sim.add_fault
    api.sim.clear_faults()


def statuses(api: Api, count: int, path: str = "/instances") -> list[int]:
    return [api("GET", path).status_code for _request in range(count)]


@pytest.mark.parametrize(("match", "expected"), [
    ({}, [503, 200, 200, 200]),
    ({"match": 3}, [200, 200, 503, 200]),
    ({"nth": 2, "times": 2}, [200, 503, 503, 200]),
    ({"match": "every"}, [503, 503, 503, 503]),
    ({"match": "every", "times": 3}, [503, 503, 503, 200]),
    ({"match": "every", "share": 0.0}, [200, 200, 200, 200]),
])  # fmt: skip
def test_which_matches(api: Api, add: Any, match: dict[str, Any], expected: list[int]) -> None:
    add(operation=LIST, kind="status", **match)
    assert statuses(api, 4) == expected
    assert statuses(api, 1, "/images") == [200]


def test_a_share_of_the_matches_is_the_same_each_time(api: Api, add: Any) -> None:
    found = []
    for _run in range(2):
        api.sim.clear_faults()
        add(kind="status", status=500, share=0.3)
        found.append(statuses(api, 50))
    assert found[0] == found[1]
    assert 5 < found[0].count(500) < 25


@pytest.mark.parametrize(("operation", "images", "types"), [
    ("*", 503, 503), ("list_instances_v1", 200, 200), ("GET /v1/instances", 200, 200), ("list_i", 503, 503),
    ("list_im", 503, 200),
])  # fmt: skip
def test_which_operations(api: Api, add: Any, operation: str, images: int, types: int) -> None:
    add(operation=operation, kind="status", match="every")
    assert statuses(api, 1) == [200 if operation == "list_im" else 503]
    assert statuses(api, 1, "/images") == [images]
    assert statuses(api, 1, "/machine-types") == [types]


@pytest.mark.parametrize("operation", ["GET /v1/instances/{id}", "instance_details"])
def test_operations_with_an_id(api: Api, add: Any, operation: str) -> None:
    identifier = api.sim.seed("instance")["id"]
    add(operation=operation, kind="status")
    assert statuses(api, 1) == [200]
    assert statuses(api, 1, f"/instances/{identifier}") == [503]


@pytest.mark.parametrize(("when", "made"), [("before", []), ("after", ["web-1"])])
@pytest.mark.parametrize("kind", ["status", "html", "reset"])
def test_a_lost_answer_with_or_without_the_change(api: Api, add: Any, kind: str, when: str, made: list[str]) -> None:
    add(operation="instance_create", kind=kind, when=when)
    if kind == "reset":
        with pytest.raises(requests.ConnectionError):
            api("POST", "/instances", creation_body())
    else:
        answer = api("POST", "/instances", creation_body())
        assert answer.status_code == (503 if kind == "status" else 502)
        assert answer.headers["content-type"].startswith("text/html" if kind == "html" else "application/json")
        assert answer.headers["x-request-id"]
    assert api.names() == made
    assert api.sim.requests()[0]["status"] == {"status": 503, "html": 502, "reset": None}[kind]


def test_a_status_fault_gives_the_declared_response(api: Api, add: Any) -> None:
    add(kind="status", status=429, headers={"Retry-After": "7"}, body={"slug": "slow", "message": "down"})
    answer = api("GET", "/instances")
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["slug"]) == (429, "7", "slow")
    add(kind="status", status=200, body="no JSON", headers={"content-type": "text/plain"})
    assert api("GET", "/instances").text == "no JSON"
    add(kind="status", status=500, body="")
    assert api("GET", "/instances").content == b""


def test_a_status_fault_precedes_the_check_of_the_key(sim: Any, add: Any) -> None:
    add(kind="status")
    assert Api(sim, key=None)("GET", "/instances").status_code == 503


def test_hold_until_a_number_of_seconds(api: Api, add: Any) -> None:
    add(kind="hold", seconds=0.2)
    began = time.monotonic()
    assert statuses(api, 1) == [200]
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize(("when", "meanwhile"), [("before", 0), ("after", 1)])
def test_hold_until_released(api: Api, add: Any, when: str, meanwhile: int) -> None:
    add(operation="instance_create", kind="hold", when=when)
    client = Api(api.sim)
    thread = threading.Thread(target=client.create)
    thread.start()
    wait_until(lambda: api.sim.faults()[0]["fired"])
    assert len(api.names()) == meanwhile
    api.sim.clear_faults()
    thread.join()
    assert api.names() == ["web-1"]


def test_a_client_can_give_up_on_a_held_response(api: Api, add: Any) -> None:
    add(operation="instance_create", kind="hold", when="after")
    with pytest.raises(requests.ReadTimeout):
        api.session.post(f"{api.base}/instances", json=creation_body(), timeout=0.1)
    assert api.names() == ["web-1"]


def test_held_answers_do_not_keep_the_server_from_stopping() -> None:
    with running(speed=0) as sim:
        sim.add_fault(kind="hold")
        client = Api(sim)
        thread = threading.Thread(target=client.names)
        thread.start()
        wait_until(lambda: sim.faults()[0]["fired"])
        began = time.monotonic()
    thread.join()
    assert time.monotonic() - began < 5  # seconds that a server has to stop at the end of the block


def test_a_slow_body(api: Api, add: Any) -> None:
    add(kind="slow", seconds=0.3)
    began = time.monotonic()
    assert api.names() == []
    assert time.monotonic() - began >= 0.3


def test_a_body_cut_short(api: Api, add: Any) -> None:
    add(kind="short_body")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        api("GET", "/instances")
    assert api.names() == []


def test_close_keep_alive_closes_an_idle_connection(api: Api, add: Any) -> None:
    add(kind="close_keep_alive")
    assert api.names() == []
    with pytest.raises(requests.ConnectionError):
        api("POST", "/instances", creation_body())
    assert api.names() == []
    assert [request["status"] for request in api.sim.requests()] == [200, None, 200]


@pytest.mark.parametrize(("value", "shown"), [(None, "starting"), ("starting_confirmed", "starting_confirmed")])
def test_stuck_keeps_the_status(api: Api, add: Any, value: str | None, shown: str) -> None:
    identifier = api.sim.seed("instance", state="stopped")["id"]
    add(operation="start_instance", kind="stuck", value=value)
    api("POST", f"/instances/{identifier}/start")
    api.sim.advance(1_000_000)
    row = api.instance(identifier)
    assert (row["status"], row["state"]) == (shown, "stopped")
    assert api.refused("DELETE", f"/instances/{identifier}")[0] == 409


def test_stuck_with_seconds_keeps_the_status_for_a_while(api: Api, add: Any) -> None:
    identifier = api.sim.seed("instance", state="stopped")["id"]
    add(operation="start_instance", kind="stuck", seconds=700)
    api("POST", f"/instances/{identifier}/start")
    api.sim.advance(699)
    assert api.instance(identifier)["status"] == "starting"
    api.sim.advance(2)
    assert api.instance(identifier)["state"] == "running"


@pytest.mark.parametrize(("action", "status"), [("stop", "stopping_error"), ("retype", "retyping_error"),
                                                ("reboot", "rebooting_error")])  # fmt: skip
def test_failing_makes_an_operation_fail(api: Api, add: Any, action: str, status: str) -> None:
    identifier = api.sim.seed("instance", machine_type="BV1-1-10")["id"]
    add(kind="failing")
    api("POST", f"/instances/{identifier}/{action}", {"machine_type": {"name": "BV1-1-20"}})
    api.sim.advance(6)
    row = api.instance(identifier, expand="machine-type")
    assert (row["status"], row["state"], row["machine_type"]["name"]) == (status, "running", "BV1-1-10")
    assert row["error"]["slug"] == f"{action}.failed"


@pytest.mark.parametrize(("value", "status"), [(None, "creating_error"), ("creating_error_gpu", "creating_error_gpu")])
def test_failing_makes_a_creation_fail(api: Api, add: Any, value: str | None, status: str) -> None:
    add(operation="instance_create", kind="failing", value=value)
    row = api.instance(api.running())
    assert (row["status"], row["state"]) == (status, "new")
    assert row["error"]["message"]


def test_a_failed_deletion_can_be_repeated(api: Api, add: Any) -> None:
    identifier = api.running(network={})
    add(operation="instance_delete", kind="failing", value="deleting_network_error")
    api("DELETE", f"/instances/{identifier}", delete_public_ip="true")
    api.sim.advance(3)
    assert api.instance(identifier)["status"] == "deleting_network_error"
    assert len(api.sim.state()["br-se1"]["public_ips"]) == 1
    api("DELETE", f"/instances/{identifier}", delete_public_ip="true")
    api.sim.advance(3)
    assert api.names() == []
    assert api.sim.state()["br-se1"]["public_ips"] == []


@pytest.mark.parametrize(("edition", "kind", "status"), [("2026-08", "snapshot", "creating_error"),
                                                         ("2024-08", "backup", "error")])  # fmt: skip
def test_failing_makes_a_copy_fail(api: Api, add: Any, edition: str, kind: str, status: str) -> None:
    api.sim.reset(edition=edition)
    identifier = api.sim.seed("instance")["id"]
    add(kind="failing")
    made = api("POST", f"/{kind}s", {"name": "c", "instance": {"id": identifier}}).json()["id"]
    api.sim.advance(20)
    row = api.get(f"/{kind}s/{made}")
    assert (row["status"], row["state"]) == (status, "error")


def test_unknown_status_shows_an_unknown_status(api: Api, add: Any) -> None:
    identifier = api.sim.seed("instance")["id"]
    add(kind="unknown_status", seconds=10)
    api("POST", f"/instances/{identifier}/stop")
    assert api.instance(identifier)["status"] == "migrating"
    api.sim.advance(9)
    assert api.instance(identifier)["status"] == "migrating"
    api.sim.advance(1)
    assert (api.instance(identifier)["status"], api.instance(identifier)["state"]) == ("completed", "stopped")


@pytest.mark.parametrize("kind", ["instance", "snapshot"])
def test_rows_can_appear_and_disappear_between_pages(api: Api, add: Any, kind: str) -> None:
    path = f"/{kind}s"
    for name in "abcd":
        api.sim.seed(kind, name=name)
    add(operation=f"GET /v1{path}", kind="delete_between_pages")
    add(operation=f"GET /v1{path}", kind="create_between_pages", match=2, value=2, name="new")
    assert api.names(path, _limit=2) == ["a", "b"]
    assert api.names(path, _limit=2, _offset=2) == ["d"]
    assert api.names(path) == ["b", "c", "d", "new-1", "new-2"]


def test_rows_change_between_pages_only_while_nobody_reads(api: Api, add: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's thread that reads the state meanwhile would fail: a dictionary changes its size while it is read."""
    free: list[bool] = []

    def change(*_arguments: Any) -> None:
        reader = threading.Thread(target=lambda: free.append(api.sim.cloud.lock.acquire(blocking=False)))
        reader.start()
        reader.join()

    monkeypatch.setattr("simulator.faults.change_between_pages", change)
    add(operation="GET /v1/instances", kind="create_between_pages")
    api.names()
    assert free == [False]


def test_invalid_faults_are_refused(api: Api, add: Any) -> None:
    for wrong in ({"kind": "nothing"}, {"kind": "status", "share": 2}, {"kind": "status", "odd": 1}, {}):
        with pytest.raises(ValueError, match="Fault"):
            add(**wrong)


USELESS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "status", "nth": 0}, "greater than or equal to 1"),
    ({"kind": "status", "times": 0}, "greater than or equal to 1"),
    ({"kind": "status", "value": 429}, "status does not use value"),
    ({"kind": "reset", "status": 404, "body": "x"}, "reset does not use body, status"),
    ({"kind": "html", "seconds": 1}, "html does not use seconds"),
    *(
        ({"kind": kind, "seconds": 0}, f"seconds must be more than 0 with {kind}")
        for kind in ("hold", "stuck", "unknown_status")
    ),
    ({"kind": "stuck", "value": 5}, "value must be a status with stuck, not 5"),
    ({"kind": "reset", "operation": "GET /v1/none"}, "no request matches operation 'GET /v1/none'"),
    ({"kind": "stuck", "headers": {"a": "b"}}, "stuck does not use headers"),
    ({"kind": "stuck", "operation": "GET /v1/instances"}, "stuck needs an operation that changes something"),
    ({"kind": "failing", "operation": "list_"}, "failing needs an operation that changes something"),
    ({"kind": "create_between_pages", "operation": "POST /v1/instances"}, "create_between_pages needs one of GET /v1"),
    ({"kind": "delete_between_pages", "operation": "GET /v1/machine-types"}, "delete_between_pages needs one of"),
    *(
        ({"kind": "delete_between_pages", "value": rows}, "a number of rows from 1 to 10000")
        for rows in (0, -1, True, 1e9, 10**9)
    ),
    *(({"kind": "status", "headers": {name: "x"}}, "should match pattern") for name in ("", "a b", "a:b", "caf\u00e9")),
    *(
        ({"kind": "failing", "value": {name: None}}, f"value may have status, state, .* not {name}")
        for name in ("interfaces", "image", "created_at", "id", "address_from")
    ),
]


@pytest.mark.parametrize(("fault", "why"), USELESS, ids=str)
def test_a_fault_without_effect_or_with_harm_is_refused(api: Api, add: Any, fault: dict[str, Any], why: str) -> None:
    """A fault is refused if it can never apply, would differ from its declaration, or would break later responses."""
    with pytest.raises(ValueError, match=why):
        add(**fault)
    assert api.sim.faults() == []


@pytest.mark.parametrize("seconds", [1e13, 1e300, float("inf"), float("nan"), -1])
@pytest.mark.parametrize("kind", ["stuck", "unknown_status", "hold"])
def test_seconds_beyond_all_dates_are_refused(api: Api, add: Any, kind: str, seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds"):
        add(kind=kind, seconds=seconds)


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_leaves_the_connection_usable(api: Api, add: Any, status: int) -> None:
    add(kind="status", status=status)
    assert (answer := api("GET", "/instances")).status_code == status and answer.content == b""
    assert api.names() == []
