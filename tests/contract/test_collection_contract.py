# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every request of the collection, and every response of the simulator to it, conforms to the contracts."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._resources.info import (
    FILTERS,
    KINDS,
    read_init_logs,
    read_rows,
)
from tests.support import copies, task
from tests.support.contract import EDITIONS, check_answer, check_request, folder, operation
from tests.support.declarations import DECLARED, LARGE
from tests.support.module import result

folder()
PORTS = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"]
GROUP, SUBNET, VPC, VOLUME, OWN, MORE = (f"{number}3333333-3333-4333-8333-333333333333" for number in range(1, 7))
FILTERS = {name: None for name in (*FILTERS, "id", "name", "name_pattern", "status", "sort")}


def tour(sim: Any, edition: str) -> None:
    """Run tasks with every option of a declaration, and every action."""
    new = edition == "2026-08"
    later: dict[str, Any] = {"labels": ["prod"], "volumes": [VOLUME]} if new else {}
    network: dict[str, Any] = {"vpc": VPC, "security_groups": [GROUP], "associate_public_ip": True}
    if new:
        network["subnets"] = [SUBNET]
    done = [
        task.run(
            sim, **{**DECLARED, "network": network}, availability_zone="br-se1-a", user_data="#!/bin/sh\n", **later
        ),
        task.run(sim, name="web", network_interfaces=PORTS),
        task.run(sim, name="web", state="suspended", machine_type=LARGE),
        task.run(sim, name="web", state="running"),
        task.run(sim, name="web", state="rebooted"),
        task.run(sim, name="web", state="stopped", new_name="web-2"),
        task.run(sim, name="web-2", state="absent", delete_public_ip=True),
        task.run(sim, **{**DECLARED, "name": "own", "network": {"interface": OWN}}),
        task.run(sim, **{**DECLARED, "name": "vpc", "network": {"vpc": "vpc-apps", "associate_public_ip": False}}),
        task.run(sim, **{**DECLARED, "name": "bare", "ssh_key_name": None, "network": None}),
        task.run(sim, name="bare", state="absent"),
    ]
    if new:
        done.append(task.run(sim, name="own", network_interfaces=[MORE]))
        done.append(task.run(sim, name="own", network_interfaces=[], purge_network_interfaces=True))
    assert [one.failure for one in done] == [None] * len(done)
    sim.seed("snapshot", name="copy")
    sim.seed("custom_image" if new else "backup", name="copy")
    for kind in KINDS:
        if kind in (("backups", "init_logs") if new else ("custom_images", "init_logs")):
            continue
        rows = read_rows(task.client(sim), {**FILTERS, "kind": kind, "user_data": False})
        assert rows
        read_rows(task.client(sim), {**FILTERS, "kind": kind, "user_data": False, "id": rows[0]["id"]})
    if new:
        assert read_init_logs(task.client(sim), {**FILTERS, "name": "own", "lines": 10})


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("settings", [{}, {"nulls": "omitted", "strict_expand": True}], ids=["", "omitted"])
def test_requests_and_answers_keep_to_the_contract(sim: Any, edition: str, settings: Any) -> None:
    sim.reset(edition=edition, **settings)
    tour(sim, edition)
    actions = ("attach", "detach", "start", "stop", "suspend", "reboot", "retype", "rename")
    seen = {one.rpartition("/")[2] for one in check_all_requests(sim, edition)}
    missing = {action for action in actions if action not in seen}
    assert missing == ({"detach"} if edition == "2024-08" else set()), "the tour sends every action"


def check_all_requests(sim: Any, edition: str) -> set[str]:
    """Check all requests and responses, and return their operations, as `METHOD /v1/path` with `{id}` in it."""
    seen = set()
    for request in sim.requests():
        call = (request["method"], request["path"])
        check_request(edition, *call, request["query"], request["headers"], request["body"])
        check_answer(edition, *call, request["status"], request["answer"])
        seen.add(f"{request['method']} {operation(edition, *call)[0]}")
    return seen


@pytest.mark.parametrize(("kind", "edition"), copies.KINDS)
def test_copies_keep_to_the_contract(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    sim.seed("instance", name="web")
    bare = {"name": "web-3", "machine_type": LARGE}
    done = [
        copies.run(sim, kind, name="{instance}-{date}", instance="web", power_off=True),
        copies.run(sim, kind, name="{instance}-{date}", instance="web", new_name="copy"),
        copies.run(sim, kind, name="copy", state="restored", restore={**copies.RESTORE, "user_data": "#!/bin/sh\n"}),
        copies.run(sim, kind, name="copy", state="restored", restore=bare),
    ]
    if (kind, edition) in copies.COPIED:
        done.append(copies.run(sim, kind, name="copy", state="copied", destination_region="br-ne1"))
    done.append(copies.run(sim, kind, state="pruned", all=True, keep_last=1))
    done.append(copies.run(sim, kind, name="copy", state="absent"))
    assert [one.failure for one in done] == [None] * len(done)
    path = f"/v1/{kind}s"
    restore = f"POST {path}/{{id}}" + ("/restore" if kind == "backup" else "")
    wanted = {f"GET {path}", f"POST {path}", f"GET {path}/{{id}}", f"PATCH {path}/{{id}}/rename", restore,
              f"DELETE {path}/{{id}}"}  # fmt: skip
    assert wanted - check_all_requests(sim, edition) == set()


def test_custom_images_passwords_and_logs_follow_the_contract(sim: Any) -> None:
    sim.seed("instance", name="win", image="windows-server-2022", machine_type="BV2-4-40")
    sim.advance(600)
    golden = {"name": "golden-1", "platform": "linux", "url": "https://objects.invalid/golden-1"}
    needs = {"vcpu": 1, "ram": 1, "disk": 20}
    for module, options in (
        ("vm_image", {**golden, "requirements": needs, "version": "1", "description": "Base", "uefi": True}),
        ("vm_image", {"name": "golden-1", "version": "2", "requirements": {**needs, "disk": 30}}),
        ("vm_info", {"kind": "custom_images"}),
        ("vm_info", {"kind": "init_logs", "name": "win", "lines": 5}),
        ("vm_image", {"name": "golden-1", "state": "absent"}),
        ("vm_windows_password", {"name": "win"}),
    ):
        told = result(sim, module, options)
        assert not told.get("failed"), told
    path = "/v1/images/custom"
    wanted = {f"GET {path}", f"POST {path}", f"GET {path}/{{id}}", f"PATCH {path}/{{id}}", f"DELETE {path}/{{id}}",
              "GET /v1/instances/{id}/init-logs", "GET /v1/instances/config/{id}/first-windows-password"}  # fmt: skip
    assert wanted - check_all_requests(sim, "2026-08") == set()


@pytest.mark.parametrize("edition", EDITIONS)
def test_check_mode_sends_nothing_but_get(sim: Any, edition: str) -> None:
    sim.reset(edition=edition)
    sim.seed("instance", name="web", state="suspended", image="cloud-debian-12 LTS", public_ip=True)
    for state in ("present", "running", "stopped", "suspended", "rebooted", "absent"):
        task.check(sim, **{**DECLARED, "machine_type": LARGE}, state=state, network_interfaces=PORTS)
        task.check(sim, **{**DECLARED, "name": "new"}, state=state)
    task.check(sim, **DECLARED, new_name="db")
    task.check(sim, **DECLARED, on_immutable_change="recreate")
    assert {request["method"] for request in sim.requests()} == {"GET"}
