# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nothing is lost when instances are replaced, renamed during a deletion, or suspended again."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.messages import GUIDE
from tests.support import copies, task
from tests.support.declarations import DECLARED, LARGE, SMALL
from tests.support.module import result

PORT = "11111111-1111-4111-8111-111111111111"
OTHER = {"image": "cloud-debian-12 LTS", "on_immutable_change": "recreate"}
ADDRESS = "192.0.2.3"
KEPT = (
    f"The public IP {ADDRESS} of instance web is kept, and billed (delete_public_ip: true deletes it). To release it now, "
    f"see {GUIDE}."
)


def refusal_message(sim: Any, **options: Any) -> str:
    """Return the refusal, which must be the same in check mode and a real run. Fail if a change is sent."""
    with pytest.raises(Refused) as error:
        task.check(sim, **options)
    done = task.run(sim, **options)
    assert str(done.failure) == str(error.value)
    assert task.list_changes(sim) == []
    return str(error.value)


def instances(sim: Any) -> list[str]:
    return [row["name"] for row in sim.state()["br-se1"]["instances"]]


@pytest.mark.parametrize("interfaces", [[], [PORT]])
@pytest.mark.parametrize("existing", [False, True])
def test_a_purge_that_the_new_instance_would_refuse_is_refused_before(
    sim: Any, interfaces: list[str], existing: bool
) -> None:
    """API version 2024-08 marks no interface as primary, so nothing is created or deleted for such a purge."""
    sim.reset(edition="2024-08")
    if existing:
        sim.seed("instance", name="web", created_at=sim.now() - 3600)
    declared = {**DECLARED, **OTHER, "network_interfaces": interfaces, "purge_network_interfaces": True}
    assert "as primary (0 of 1 are), so purge_network_interfaces could detach" in refusal_message(sim, **declared)


@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
@pytest.mark.parametrize(
    ("where", "zone"),
    [
        ({"availability_zone": "br-se1-b"}, "br-se1-b"),
        ({"availability_zone": "BR-SE-1-A"}, "BR-SE-1-A"),
        ({"alternatives": [{"availability_zone": "br-se1-b"}]}, "br-se1-b"),
        ({"availability_zone": "br-se1-a"}, None),
    ],
    ids=["another", "other spelling", "alternative", "the same"],
)
def test_a_recreation_in_a_zone_that_no_response_shows_is_refused(
    sim: Any, where: Any, zone: str | None, edition: str
) -> None:
    """API version 2024-08 shows the zones of instances only; a wrong zone would be refused after the deletion."""
    sim.reset(edition=edition)
    sim.seed("instance", name="web", availability_zone="br-se1-a", created_at=sim.now() - 7200)
    declared = {**DECLARED, **OTHER, **where}
    if zone and edition == "2024-08":
        text = f"it is in availability zone 'br-se1-a', and the API does not show whether {zone!r} exists."
        assert text in refusal_message(sim, **declared)
    else:
        assert task.run(sim, **declared).actions == ["delete", "create"]


def test_recreation_from_an_unfinished_copy_is_refused(sim: Any) -> None:
    """An instance is not recreated from an unfinished copy: the copy can fail when the instance is already deleted."""
    sim.seed("instance", name="src", created_at=sim.now() - 3600)
    sim.seed("instance", name="web", ssh_key_name="other", created_at=sim.now() - 3600)
    task.client(sim).request("POST", "/v1/snapshots", body={"name": "s", "instance": {"name": "src"}})
    sim.clear_requests()
    declared = {**DECLARED, "image": None, "snapshot": "s", "on_immutable_change": "recreate"}
    assert "cannot be recreated: the copy to restore it from is in transition" in refusal_message(sim, **declared)
    sim.advance(60)
    assert task.run(sim, **declared).actions == ["delete", "restore"]


@pytest.mark.parametrize(("method", "route", "body"), [("DELETE", "", None), ("PATCH", "/rename", {"name": "other"})])
def test_recreation_from_a_deleted_copy_in_a_late_list_is_refused(sim: Any, method: str, route: str, body: Any) -> None:
    sim.reset(lag=20)
    src = sim.seed("instance", name="src", created_at=sim.now() - 3600)["id"]
    sim.seed("instance", name="web", ssh_key_name="other", created_at=sim.now() - 3600)
    copy = sim.seed("snapshot", name="s", instance=src, created_at=sim.now() - 3600)["id"]
    sim.advance(60)
    task.client(sim).request(method, f"/v1/snapshots/{copy}{route}", body=body)
    sim.advance(5)
    sim.clear_requests()
    declared = {**DECLARED, "image": None, "snapshot": "s", "on_immutable_change": "recreate"}
    assert "There is no snapshot s to restore" in refusal_message(sim, **declared)


@pytest.mark.parametrize("name", ["web", "old"])
def test_recreation_under_a_new_name_is_refused(sim: Any, name: str) -> None:
    """An instance is not recreated under a new name: after a kill, the next run would find neither name."""
    sim.seed("instance", name=name, created_at=sim.now() - 3600)
    declared = {**DECLARED, **OTHER, "name": "old", "new_name": "web"}
    assert "cannot be recreated: new_name is given" in refusal_message(sim, **declared)


@pytest.mark.parametrize("unique", [True, False])
def test_the_name_of_an_instance_being_deleted_can_be_taken(sim: Any, unique: bool) -> None:
    sim.reset(unique_names=unique)
    sim.seed("instance", name="new")
    sim.seed("instance", name="old")
    assert task.run(sim, name="new", state="absent", wait=False).actions == ["delete"]
    declared = {"name": "old", "new_name": "new"}
    assert [step.action for step in task.check(sim, **declared).steps] == ["rename"]
    done = task.run(sim, **declared)
    assert (done.failure, done.actions) == (None, ["rename"])
    sim.advance(60)
    assert instances(sim) == ["new"]


def test_recreation_of_an_instance_with_the_users_own_interface_is_refused(sim: Any) -> None:
    task.run(sim, **{**DECLARED, "network": {"interface": PORT}})
    sim.clear_requests()
    declared = {**DECLARED, **OTHER, "network": None, "network_interfaces": [PORT]}
    assert "cannot be recreated: its interface is the user's own" in refusal_message(sim, **declared)


def test_an_instance_being_deleted_is_not_renamed_or_created_again(sim: Any) -> None:
    row = sim.seed("instance", name="old")
    task.client(sim).request("DELETE", f"/v1/instances/{row['id']}")
    sim.clear_requests()
    assert "There is no instance 'old' to rename" in refusal_message(
        sim, **{**DECLARED, "name": "old", "new_name": "new"}
    )


@pytest.mark.parametrize("check", [True, False])
def test_a_deletion_names_the_public_address_that_stays(sim: Any, check: bool) -> None:
    sim.seed("instance", name="web", public_ip=ADDRESS)
    given = result(sim, "vm_instance", {"name": "web", "state": "absent"}, check)
    assert given["kept_public_ips"] == [ADDRESS] and given["warnings"] == [KEPT]
    assert "kept_public_ips" not in result(sim, "vm_instance", {"name": "web", "state": "absent"}, check) or check


def test_a_failed_recreation_names_the_public_address_that_stays(sim: Any) -> None:
    sim.seed("instance", name="web", public_ip=ADDRESS)
    sim.add_fault(operation="POST /v1/instances", kind="failing")
    given = result(sim, "vm_instance", {**DECLARED, **OTHER})
    assert given["failed"] and given["kept_public_ips"] == [ADDRESS] and KEPT in given["warnings"]
    sim.reset()
    sim.seed("instance", name="web", public_ip=ADDRESS)
    sim.add_fault(operation="POST /v1/instances", kind="failing")
    (member,) = result(sim, "vm_fleet", {"instances": [{**DECLARED, **OTHER}]})["members"]
    assert member["failed"] and member["kept_public_ips"] == [ADDRESS]


def test_a_refused_deletion_names_no_kept_public_address(sim: Any) -> None:
    sim.seed("instance", name="web", public_ip=ADDRESS)
    sim.add_fault(operation="DELETE /v1/instances/{id}", kind="status", status=403)
    given = result(sim, "vm_instance", {"name": "web", "state": "absent"})
    assert given["failed"] and "kept_public_ips" not in given


def test_a_public_address_that_appears_before_the_deletion_is_reported(sim: Any) -> None:
    """A public IP that appears while the deletion waits for the end of the creation is reported."""
    result(sim, "vm_instance", {**DECLARED, "network": {"associate_public_ip": True}, "wait": False})
    given = result(sim, "vm_instance", {"name": "web", "state": "absent"})
    left = sim.state()["br-se1"]["public_ips"]
    assert given["kept_public_ips"] == [each["address"] for each in left] and len(left) == 1


@pytest.mark.parametrize("state", ["present", "suspended"])
@pytest.mark.parametrize(
    "fault",
    [{"kind": "failing", "value": "retyping_error_capacity"}, {"kind": "status", "status": 400}],
    ids=lambda fault: str(fault["kind"]),
)
def test_a_suspended_instance_is_suspended_again_after_a_failed_retype(sim: Any, fault: Any, state: str) -> None:
    sim.seed("instance", name="web", state="suspended")
    sim.add_fault(operation="POST /v1/instances/{id}/retype", **fault)
    done = task.run(sim, name="web", machine_type=LARGE, state=state)
    assert done.failure is not None and [action for action in done.actions if action != "retype"] == [
        "start",
        "suspend",
    ]
    assert sim.state()["br-se1"]["instances"][0]["state"] == "suspended"
    assert task.run(sim, name="web", machine_type=LARGE, state=state).actions == ["start", "retype", "suspend"]


def test_an_instance_that_cannot_be_suspended_again_is_reported(sim: Any) -> None:
    sim.seed("instance", name="web", state="suspended")
    sim.add_fault(operation="POST /v1/instances/{id}/retype", kind="status", status=400)
    sim.add_fault(operation="POST /v1/instances/{id}/suspend", kind="status", status=403)
    given = result(sim, "vm_instance", {"name": "web", "machine_type": LARGE})
    assert "Failed to retype instance web" in given["msg"]
    assert "Left to be done, since the next run cannot know of it: suspend instance web." in given["msg"]


def test_an_instance_that_should_run_keeps_running_after_a_failed_retype(sim: Any) -> None:
    sim.seed("instance", name="web", state="suspended", machine_type=SMALL)
    sim.add_fault(operation="POST /v1/instances/{id}/retype", kind="status", status=400)
    assert task.run(sim, name="web", machine_type=LARGE, state="running").actions == ["start"]


def test_requests_to_another_region_have_the_same_deadline(sim: Any) -> None:
    """Requests to the copy's region have the same deadline, also after a long Retry-After."""
    sim.seed("snapshot", name="s")
    sim.add_fault(
        operation="GET /v1/snapshots", nth=2, times=99, kind="status", status=429, headers={"Retry-After": "400"}
    )
    begun = sim.now()
    done = copies.run(sim, "snapshot", timeout=60, name="s", state="copied", destination_region="br-ne1")
    assert done.failure is not None
    assert sim.now() - begun <= 61
