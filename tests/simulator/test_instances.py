# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules of instances, and their statuses over time."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from simulator.editions import edition_app
from simulator.settings import EDITIONS, Settings
from tests.support.raw_client import LINUX, UUID, WINDOWS, Api, creation_body

NOBODY = "00000000-0000-4000-8000-000000000000"


def observed_statuses(api: Api, identifier: str, seconds: int) -> list[tuple[str, str]]:
    """Return the distinct (status, state) of an instance over these seconds."""
    found = []
    for _second in range(seconds + 1):
        row = api.instance(identifier)
        found.append((row["status"], row["state"]))
        api.sim.advance(1)
    return list(dict.fromkeys(found))


def test_a_creation_passes_through_its_statuses(api: Api) -> None:
    identifier = api.create()
    assert observed_statuses(api, identifier, 15) == [
        ("provisioning", "new"),
        ("creating", "new"),
        ("completed", "running"),
    ]


def test_the_declared_options_are_shown(api: Api) -> None:
    data = base64.b64encode(b"#cloud-config").decode()
    identifier = api.running(user_data=data, labels=["a", "b"], availability_zone="br-se1-b")
    row = api.instance(identifier, expand=["image", "machine-type", "network", "labels"])
    assert row["name"] == "web-1"
    assert (row["image"]["name"], row["image"]["platform"]) == (LINUX, "linux")
    assert row["machine_type"] | {"id": ""} == {"id": "", "name": "BV1-1-40", "vcpus": 1, "ram": 1024, "disk": 40}
    assert (row["user_data"], row["labels"], row["ssh_key_name"]) == (data, ["a", "b"], "deploy")
    assert row["availability_zone"] == "br-se1-b"
    assert row["network"]["vpc"]["name"] == "vpc_default"
    [interface] = row["network"]["interfaces"]
    assert interface["primary"] is True
    assert interface["associated_public_ipv4"] is None
    assert row["error"] is None


def test_ids_count_before_names(api: Api) -> None:
    kind = api.get("/machine-types", name="BV2-4-40")["machine_types"][0]["id"]
    identifier = api.running(machine_type={"id": kind, "name": "BV1-1-40"})
    assert api.instance(identifier)["machine_type"] == {"id": kind}


@pytest.mark.parametrize(
    ("change", "status", "slug"),
    [
        ({"machine_type": {"name": "BV0"}}, 404, "machine_type.not_found"),
        ({"machine_type": {"id": NOBODY}}, 404, "machine_type.not_found"),
        ({"image": {"name": "nix"}}, 404, "image.not_found"),
        ({"image": {"name": WINDOWS}}, 400, "machine_type.insufficient"),
        ({"availability_zone": "br-se1-z"}, 400, "availability_zone.not_found"),
        ({"machine_type": {"name": "cloud-bs1.small"}, "availability_zone": "br-se1-b"}, 400,
         "machine_type.not_available"),
        ({"user_data": "no base64!"}, 400, "user_data.invalid"),
        ({"network": {"vpc": {"name": "nowhere"}}}, 404, "vpc.not_found"),
        ({"network": {"interface": {"id": UUID}, "vpc": {"id": UUID}}}, 400, "network.invalid"),
        ({"network": {"interface": {"id": UUID, "subnets": []}}}, 400, "network.invalid"),
        ({"image": {"name": WINDOWS}, "machine_type": {"name": "BV4-8-100"}}, 400, "generic"),
        ({"network": {"interface": {"id": "eth0"}}}, 404, "interface.not_found"),
        ({"name": ""}, 422, ""),
        ({"name": "x" * 256}, 422, ""),
        ({"machine_type": {}}, 422, ""),
        ({"user_data": "A" * 65001}, 422, ""),
        ({"network": {"interface": {"subnets": [{"id": UUID}, {"id": UUID}]}}}, 422, ""),
    ],
)  # fmt: skip
def test_invalid_creations_are_refused(api: Api, change: dict[str, Any], status: int, slug: str) -> None:
    assert api.refused("POST", "/instances", creation_body(**change)) == (status, slug)
    assert api.names() == []


def test_api_version_2024_08_requires_a_key_name_that_may_be_empty(api: Api) -> None:
    api.sim.reset(edition="2024-08")
    body = creation_body()
    del body["ssh_key_name"]
    assert api.refused("POST", "/instances", body) == (422, "")
    assert api("POST", "/instances", body | {"ssh_key_name": ""}).status_code == 201


def test_names_are_unique_or_not(api: Api) -> None:
    first = api.running("a")
    other = api.running("b")
    assert api.refused("POST", "/instances", creation_body("a")) == (409, "instance.name.conflict")
    assert api.refused("PATCH", f"/instances/{other}/rename", {"name": "a"}) == (409, "instance.name.conflict")
    assert api("PATCH", f"/instances/{first}/rename", {"name": "a"}).status_code == 204
    api.sim.reset(unique_names=False)
    api.create("a")
    api.create("a")
    assert api.names(name="a") == ["a", "a"]


MOVES = [
    ("start", "stopped", 4, ["starting_pending", "starting"], "running"),
    ("start", "suspended", 4, ["starting_pending", "starting"], "running"),
    ("stop", "running", 4, ["stopping_pending", "stopping"], "stopped"),
    ("suspend", "running", 4, ["suspending_pending", "suspending"], "suspended"),
    ("reboot", "running", 4, ["rebooting_pending", "rebooting"], "running"),
    ("reboot", "suspended", 4, ["rebooting_pending", "rebooting"], "running"),
    ("retype", "running", 6, ["retyping_pending", "retyping", "retyping_confirmed"], "running"),
    ("retype", "stopped", 6, ["retyping_pending", "retyping", "retyping_confirmed"], "stopped"),
]
BODIES = {"retype": {"machine_type": {"name": "BV2-4-40"}}}


@pytest.mark.parametrize(("action", "state", "seconds", "statuses", "after"), MOVES)
def test_actions_move(api: Api, action: str, state: str, seconds: int, statuses: list[str], after: str) -> None:
    identifier = api.sim.seed("instance", state=state)["id"]
    assert api("POST", f"/instances/{identifier}/{action}", BODIES.get(action)).status_code == 204
    assert observed_statuses(api, identifier, seconds) == [
        *((status, state) for status in statuses),
        ("completed", after),
    ]


@pytest.mark.parametrize("action", ["start", "stop", "suspend", "reboot", "retype"])
@pytest.mark.parametrize("state", ["running", "stopped", "suspended", "new", "error"])
def test_actions_in_the_wrong_state(api: Api, action: str, state: str) -> None:
    legal = (action, state) in {move[:2] for move in MOVES}
    identifier = api.sim.seed("instance", state=state)["id"]
    answer = api("POST", f"/instances/{identifier}/{action}", BODIES.get(action))
    assert answer.status_code == (204 if legal else 400)
    if not legal:
        assert answer.json()["slug"] == f"instance.{action}.invalid_state"
        assert answer.json()["details"] == {"state": state}


def test_an_instance_in_transition_refuses_every_change(api: Api) -> None:
    api.sim.reset(edition="2025-05")  # has both kinds of copies
    identifier = api.create()
    interface = {"instance": {"id": identifier}, "network": {"interface": {"id": UUID}}}
    for method, path, body in [
        *(
            ("POST", f"/instances/{identifier}/{action}", BODIES.get(action))
            for action in sorted({move[0] for move in MOVES})
        ),
        ("PATCH", f"/instances/{identifier}/rename", {"name": "b"}),
        ("DELETE", f"/instances/{identifier}", None),
        ("POST", "/instances/network-interface/attach", interface),
        ("POST", "/instances/network-interface/detach", interface),
        ("POST", "/snapshots", {"name": "s", "instance": {"id": identifier}}),
        ("POST", "/backups", {"name": "b", "instance": {"id": identifier}}),
    ]:
        assert api.refused(method, path, body) == (409, "instance.conflict"), path


@pytest.mark.parametrize("edition", EDITIONS)
def test_unknown_ids(api: Api, edition: str) -> None:
    """An unknown id is 404 in every operation. An invalid one is 422 where the contract asks for a UUID."""
    api.sim.reset(edition=edition)
    body = creation_body(region="br-ne-1", destination_region="br-ne1")  # has the fields of all bodies
    kinds = {"instances": "instance", "snapshots": "snapshot", "backups": "backup", "images": "custom_image"}
    checked = 0
    for path, methods in edition_app(edition).openapi()["paths"].items():
        for method, operation in methods.items() if "{id}" in path else ():
            sent, slug = path.removeprefix("/v1"), f"{kinds[path.split('/')[2]]}.not_found"
            assert api.refused(method, sent.replace("{id}", NOBODY), body) == (404, slug), (method, path)
            [schema] = [item["schema"] for item in operation["parameters"] if item["name"] == "id"]
            invalid = (422, "") if schema.get("format") == "uuid" else (404, slug)
            assert api.refused(method, sent.replace("{id}", "abc"), body) == invalid, (method, path)
            checked += 1
    assert checked >= 17


def test_unknown_paths_and_methods(api: Api) -> None:
    assert api.refused("GET", "/nothing") == (404, "not_found")
    assert api.refused("GET", f"/instances/{NOBODY}/nothing") == (404, "not_found")
    assert api.refused("PUT", "/instances") == (405, "method_not_allowed")


def test_retype(api: Api) -> None:
    identifier = api.running(availability_zone="br-se1-b")

    def refused(name: str) -> tuple[int, str]:
        return api.refused("POST", f"/instances/{identifier}/retype", {"machine_type": {"name": name}})

    assert refused("BV1-1-10") == (400, "machine_type.incompatible")
    assert refused("L40x1-DP8-64-100") == (400, "machine_type.incompatible")
    assert refused("cloud-bs1.medium") == (400, "machine_type.not_available")
    assert refused("none") == (404, "machine_type.not_found")
    windows = api.sim.seed("instance", image=WINDOWS, machine_type="BV2-4-40")["id"]
    small = {"machine_type": {"name": "BV1-2-40"}}
    assert api.refused("POST", f"/instances/{windows}/retype", small) == (400, "machine_type.insufficient")
    api("POST", f"/instances/{identifier}/retype", BODIES["retype"])
    assert api.instance(identifier, expand="machine-type")["machine_type"]["name"] == "BV1-1-40"
    api.sim.advance(6)
    assert api.instance(identifier, expand="machine-types")["machine_type"]["name"] == "BV2-4-40"


def test_deletion(api: Api) -> None:
    identifier = api.running()
    assert api("DELETE", f"/instances/{identifier}").status_code == 204
    assert api.instance(identifier)["status"] == "deleting_pending"
    assert api.refused("DELETE", f"/instances/{identifier}")[0] == 409
    api.sim.advance(2.5)
    assert api.instance(identifier)["status"] == "deleting"
    api.sim.advance(0.5)
    assert api.refused("GET", f"/instances/{identifier}")[0] == 404
    assert api.names() == []
    assert api.create() != identifier


@pytest.mark.parametrize("along", [True, False])
def test_a_public_ip_outlives_its_instance_unless_declared(api: Api, along: bool) -> None:
    identifier = api.running(network={})
    [ip] = api.sim.state()["br-se1"]["public_ips"]
    assert api.instance(identifier, expand="network")["network"]["interfaces"][0]["associated_public_ipv4"] == \
        ip["address"]  # fmt: skip
    api("DELETE", f"/instances/{identifier}", delete_public_ip=str(along).lower())
    api.sim.advance(3)
    left = api.sim.state()["br-se1"]
    assert left["public_ips"] == ([] if along else [{**ip, "instance": None}])
    assert left["interfaces"] == []


def test_interfaces_come_and_go(api: Api) -> None:
    identifier = api.running()
    request = {"instance": {"name": "web-1"}, "network": {"interface": {"id": UUID}}}
    attach, detach = ("/instances/network-interface/" + verb for verb in ("attach", "detach"))
    assert api("POST", attach, request).status_code == 204
    assert api.refused("POST", attach, request)[0] == 409
    assert [status for status, state in observed_statuses(api, identifier, 2)] == [
        "attach_nic_pending",
        "attaching_nic",
        "completed",
    ]
    rows = api.instance(identifier, expand="network")["network"]["interfaces"]
    assert [(row["id"] == UUID, row["primary"]) for row in rows] == [(False, True), (True, False)]
    other = api.running("web-2")
    taken = {"instance": {"id": other}, "network": {"interface": {"id": UUID}}}
    assert api.refused("POST", attach, taken) == (409, "interface.in_use")
    primary = {"instance": {"id": identifier}, "network": {"interface": {"id": rows[0]["id"]}}}
    assert api.refused("POST", detach, primary) == (400, "interface.primary")
    assert api.refused("POST", detach, taken) == (404, "interface.not_found")
    assert api("POST", detach, request).status_code == 204
    api.sim.advance(2)
    assert api("POST", attach, taken).status_code == 204
    api.sim.advance(2)
    api("DELETE", f"/instances/{other}")
    api.sim.advance(3)
    assert api.refused("POST", attach, request) == (404, "interface.not_found")


@pytest.mark.parametrize("state", ["running", "stopped", "suspended"])
def test_an_interface_is_attached_and_detached_in_each_state(api: Api, state: str) -> None:
    identifier = api.sim.seed("instance", state=state)["id"]
    request = {"instance": {"id": identifier}, "network": {"interface": {"id": UUID}}}
    for action, attached in (("attach", True), ("detach", False)):
        assert api("POST", f"/instances/network-interface/{action}", request).status_code == 204
        api.sim.advance(60)
        interfaces = api.instance(identifier, expand="network")["network"]["interfaces"]
        assert (UUID in [interface["id"] for interface in interfaces]) is attached


def test_a_vpc_by_its_id_exists(api: Api) -> None:
    identifier = api.running(network={"vpc": {"id": UUID}, "associate_public_ip": False})
    assert api.instance(identifier, expand="network")["network"]["vpc"]["id"] == UUID


def test_an_instance_can_be_created_with_the_users_own_interface(api: Api) -> None:
    own = {"interface": {"id": UUID, "security_groups": [{"id": NOBODY}]}, "associate_public_ip": False}
    identifier = api.running(network=own)
    assert api.instance(identifier)["network"] == {"interfaces": [{"id": UUID}]}
    [interface] = api.instance(identifier, expand="network")["network"]["interfaces"]
    assert NOBODY not in interface["security_groups"], "the interface id takes priority over them"
    assert api.refused("POST", "/instances", creation_body("b", network={"interface": {"id": UUID}}))[0] == 409
    assert api.sim.state()["br-se1"]["public_ips"] == []


@pytest.mark.parametrize("network", [{"associate_public_ip": True}, {}])
def test_the_users_own_interface_gets_an_address_by_default(api: Api, network: dict[str, Any]) -> None:
    """A user's own interface gets an address by default: the API is unknown here, so the costlier case is assumed."""
    identifier = api.running(network={"interface": {"id": UUID}, **network})
    [interface] = api.instance(identifier, expand="network")["network"]["interfaces"]
    assert interface["associated_public_ipv4"]
    assert len(api.sim.state()["br-se1"]["public_ips"]) == 1


def test_a_shared_name_is_ambiguous(api: Api) -> None:
    api.sim.reset(unique_names=False)
    api.running("a")
    api.running("a")
    request = {"instance": {"name": "a"}, "network": {"interface": {"id": UUID}}}
    assert api.refused("POST", "/instances/network-interface/attach", request) == (409, "instance.name.ambiguous")


def test_a_failed_creation_can_only_be_deleted(api: Api) -> None:
    api.sim.reset(unknown_ssh_keys=("lost",))
    identifier = api.running(ssh_key_name="lost", network={})
    row = api.instance(identifier, expand="network")
    assert (row["status"], row["state"]) == ("creating_error", "new")
    assert row["error"]["slug"] == "create_instance.keypair.not_found"
    assert row["network"]["interfaces"][0]["associated_public_ipv4"]
    assert api.refused("POST", f"/instances/{identifier}/start")[0] == 400
    assert api.refused("POST", "/snapshots", {"name": "s", "instance": {"id": identifier}})[0] == 400
    assert api("DELETE", f"/instances/{identifier}").status_code == 204


def test_an_operation_clears_an_old_error(api: Api) -> None:
    error = {"slug": "retype_instance.quota", "message": "no"}
    identifier = api.sim.seed("instance", state="stopped", status="retyping_error", error=error)["id"]
    api("POST", f"/instances/{identifier}/start")
    assert api.instance(identifier)["error"] == error
    api.sim.advance(4)
    row = api.instance(identifier)
    assert (row["status"], row["state"], row["error"]) == ("completed", "running", None)


def test_init_logs(api: Api) -> None:
    identifier = api.create()
    assert api.refused("GET", f"/instances/{identifier}/init-logs")[0] == 404
    api.sim.advance(15)
    logs = api.get(f"/instances/{identifier}/init-logs")["logs"]
    assert "web-1" in logs[1]
    assert api.get(f"/instances/{identifier}/init-logs", **{"max-lines-count": 1})["logs"] == logs[-1:]
    assert api.refused("GET", f"/instances/{identifier}/init-logs", **{"max-lines-count": 5001})[0] == 422


def test_the_windows_password_can_be_read_once(api: Api) -> None:
    linux = api.running()
    path = "/instances/config/{}/first-windows-password"
    assert api.refused("GET", path.format(linux)) == (400, "instance.not_windows")
    windows = api.running("win", image={"name": WINDOWS}, machine_type={"name": "BV2-4-40"}, ssh_key_name=None)
    assert api.refused("GET", path.format(windows)) == (404, "windows_password_not_ready")
    api.sim.advance(30)
    answer = api.get(path.format(windows))["instance"]
    assert answer["user"] == "admin"
    assert len(answer["password"]) > 12
    assert api.refused("GET", path.format(windows)) == (404, "windows_password_not_found")


def test_an_image_has_zones_of_its_own(api: Api) -> None:
    zones = {row["name"]: row["availability_zones"] for row in api.get("/images", _limit=100)["images"]}
    assert zones["cloud-fedora-43"] == ["br-se1-a"] and zones["cloud-rocky-10"] == ["br-se1-a", "br-se1-b"]
    assert zones[LINUX] == ["br-se1-a", "br-se1-b", "br-se1-c"]
    assert "cloud-fedora-43" not in api.names("/images", _limit=100, **{"availability-zone": "br-se1-b"})
    fedora = {"image": {"name": "cloud-fedora-43"}}
    body = creation_body("web", **fedora, availability_zone="br-se1-b")
    assert api.refused("POST", "/instances", body) == (400, "image.not_available")
    assert api.instance(api.create("web", **fedora))["availability_zone"] == "br-se1-a"


@pytest.mark.parametrize(("image", "small"), [(WINDOWS, "BV2-2-40"), ("cloud-oraclelinux-9", "BV1-4-10")])
def test_machine_types_must_meet_the_needs_of_images(api: Api, image: str, small: str) -> None:
    body = creation_body("web", image={"name": image}, machine_type={"name": small}, ssh_key_name=None)
    assert api.refused("POST", "/instances", body) == (400, "machine_type.insufficient")
    assert api("POST", "/instances", {**body, "machine_type": {"name": "BV2-4-40"}}).status_code == 201


@pytest.mark.parametrize("image", [LINUX, WINDOWS])
def test_a_switch_for_linux_without_a_key(api: Api, image: str) -> None:
    body = creation_body("web", image={"name": image}, machine_type={"name": "BV2-4-40"}, ssh_key_name=None)
    assert api("POST", "/instances", body).status_code == 201
    api.sim.reset(linux_without_key=False)
    if image == LINUX:
        assert api.refused("POST", "/instances", body) == (400, "ssh_key.required")
    else:
        assert api("POST", "/instances", body).status_code == 201
    assert api("POST", "/instances", creation_body("with")).status_code == 201


def test_a_body_without_its_type_and_an_empty_zone(api: Api) -> None:
    """A body without a Content-Type, and an empty zone, are accepted, because the contract allows them."""
    body = json.dumps(creation_body("web", availability_zone=""))
    answer = api.session.post(api.base + "/instances", data=body.encode(), timeout=10)
    assert answer.status_code == 201, answer.text
    assert "content-type" not in api.sim.requests()[-1]["headers"]
    assert api.instance(answer.json()["id"])["availability_zone"] == "br-se1-a"


def test_null_fields_are_omitted_by_default(api: Api) -> None:
    assert Settings().nulls == "omitted"
    identifier = api.create("web")
    assert api.instance(identifier)["error"] is None
    api.sim.reset(nulls="omitted")
    assert "error" not in api.instance(api.create("web"))
