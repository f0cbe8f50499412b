# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Instances restored from snapshots and backups: with state=restored, and with vm_instance."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import copies, task
from tests.support.copies import KINDS, RESTORE
from tests.support.declarations import DECLARED, IMAGE, SMALL

every_kind = pytest.mark.parametrize(("kind", "edition"), KINDS)
DEBIAN = "cloud-debian-12 LTS"
RESTORED = {"name": "copy", "state": "restored", "restore": RESTORE}


def seed_copy(sim: Any, kind: str, edition: str, **fields: Any) -> Any:
    """Create an instance and a finished copy of it."""
    sim.reset(edition=edition)
    row = sim.seed("instance", name="web", created_at=sim.now() - 3600)
    return sim.seed(kind, name="copy", created_at=sim.now() - 1800, instance=row["id"], **fields)


def posted(sim: Any) -> tuple[str, Any]:
    request = next(request for request in sim.requests() if request["method"] == "POST")
    return request["path"], request["body"]


@every_kind
def test_a_restore_is_sent_as_the_contract_says_and_once(sim: Any, kind: str, edition: str) -> None:
    copy = seed_copy(sim, kind, edition)
    plan = copies.check(sim, kind, **RESTORED)
    assert [step.description for step in plan.steps] == [f"restore instance web-2 from {kind} copy"]
    assert plan.after is not None
    assert plan.after["name"] == "web-2"
    done = copies.run(sim, kind, **RESTORED)
    assert (done.failure, done.actions, done.seen["instance"]["state"]) == (None, ["restore"], "running")
    assert done.seen["source"]["id"] == copy["id"]
    path, body = posted(sim)
    assert path == f"/v1/{kind}s/{copy['id']}{'/restore' if kind == 'backup' else ''}"
    assert set(body["machine_type"]) == {"id"}
    del body["machine_type"]
    assert body == {"name": "web-2", "ssh_key_name": "deploy", "network": {"associate_public_ip": False},
                    **({"availability_zone": None} if kind == "snapshot" else {})}  # fmt: skip
    sim.clear_requests()
    assert copies.run(sim, kind, **RESTORED).actions == []
    assert task.list_changes(sim) == []


@every_kind
def test_a_restore_sends_omitted_options_as_facts_say(sim: Any, kind: str, edition: str) -> None:
    """A restore sends a null zone, since 2026-08 would default to br-se1-a in every region, and a backup's network."""
    seed_copy(sim, kind, edition)
    done = copies.run(sim, kind, name="copy", state="restored", restore={"name": "web-2", "machine_type": SMALL})
    assert done.failure is None
    body = posted(sim)[1]
    expected: dict[str, Any] = {"name": "web-2", "machine_type": body["machine_type"]}
    expected |= {"network": {}} if kind == "backup" else {"availability_zone": None}
    assert body == expected | ({"ssh_key_name": ""} if edition == "2024-08" else {})


def test_a_zone_and_user_data_are_passed_on(sim: Any) -> None:
    seed_copy(sim, "snapshot", "2026-08")
    more = {"availability_zone": "br-se1-b", "user_data": "#!/bin/sh\n", "network": {"vpc": "vpc-apps"}}
    done = copies.run(sim, "snapshot", **{**RESTORED, "restore": {**RESTORE, **more}})
    assert (done.failure, done.seen["instance"]["availability_zone"]) == (None, "br-se1-b")
    body = posted(sim)[1]
    assert body["network"] == {"vpc": {"name": "vpc-apps"}}
    assert body["user_data"] == "IyEvYmluL3NoCg=="


@every_kind
@pytest.mark.parametrize(
    ("there", "why"),
    [
        ({"created_at": -3000}, "it is older than the copy"),
        ({"image": DEBIAN}, "it was made from another image"),
        ({}, None),
        ({"created_at": -1800}, None),
        ({"image": None}, None),
    ],
    ids=["older", "another image", "younger", "as old", "unknown image"],
)
def test_an_instance_with_the_name_counts_only_if_it_fits_the_copy(
    sim: Any, kind: str, edition: str, there: Any, why: str | None
) -> None:
    seed_copy(sim, kind, edition)
    there = {"created_at": sim.now() + there.get("created_at", 0), "image": there.get("image", IMAGE)}
    row = sim.seed("instance", name="web-2", **there)
    done = copies.run(sim, kind, **RESTORED)
    assert done.actions == []
    assert task.list_changes(sim) == []
    called = f"instance web-2 ({row['id']}) exists, but was not restored from {kind} copy"
    assert done.failure is None if why is None else f"{called}: {why}. Choose another name." in done.message


@every_kind
def test_the_source_itself_is_not_its_restore(sim: Any, kind: str, edition: str) -> None:
    seed_copy(sim, kind, edition)
    done = copies.run(sim, kind, **{**RESTORED, "restore": {**RESTORE, "name": "web"}})
    assert "it is the source of the copy. Choose another name." in done.message
    # For vm_instance, an instance that is found by its name is as declared.
    assert task.run(sim, **{**DECLARED, "image": None, kind: "copy"}).actions == []


@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
@pytest.mark.parametrize("kind", ["snapshot", "backup"])
def test_an_absent_instance_does_not_need_its_copy(sim: Any, kind: str, edition: str) -> None:
    """API version 2026-08 has no backups, and the copy may be gone, but nothing is to be restored."""
    sim.reset(edition=edition)
    sim.seed("instance", name="web")
    declared = {**DECLARED, "image": None, kind: "copy", "state": "absent"}
    done = [task.run(sim, **declared) for _run in range(2)]
    assert [(each.failure, each.actions) for each in done] == [(None, ["delete"]), (None, [])]
    assert not [request for request in sim.requests() if request["path"] == f"/v1/{kind}s"]


@every_kind
def test_a_name_of_an_instance_being_deleted_is_awaited(sim: Any, kind: str, edition: str) -> None:
    """A restore under the name of its source waits while the source is being deleted."""
    copy = seed_copy(sim, kind, edition)
    assert task.run(sim, name="web", state="absent", wait=False).actions == ["delete"]
    options = {**RESTORED, "restore": {**RESTORE, "name": "web"}}
    assert [step.action for step in copies.check(sim, kind, **options).steps] == ["restore"]
    done = copies.run(sim, kind, **options)
    assert (done.failure, done.actions) == (None, ["restore"])
    [row] = sim.state()["br-se1"]["instances"]
    assert (row["name"], row["id"] != copy["instance"]["id"]) == ("web", True)


@every_kind
def test_a_copy_in_motion_is_waited_for(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    sim.seed("instance", name="web")
    task.client(sim).request("POST", f"/v1/{kind}s", body={"name": "copy", "instance": {"name": "web"}})
    begin = sim.now()
    done = copies.run(sim, kind, **RESTORED)
    assert (done.failure, done.actions) == (None, ["restore"])
    assert posted(sim)[1]["instance"] == {"name": "web"}, "that was the copy"
    assert [request["at"] - begin >= 10 for request in sim.requests() if request["method"] == "POST"] == [False, True]


@every_kind
def test_a_copy_that_fails_meanwhile_is_not_restored(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    sim.seed("instance", name="web")
    sim.add_fault(operation=f"POST /v1/{kind}s", kind="failing")
    task.client(sim).request("POST", f"/v1/{kind}s", body={"name": "copy", "instance": {"name": "web"}})
    done = copies.run(sim, kind, **RESTORED)
    assert f"{kind} copy (" in done.message
    assert "cannot be restored: its status is " in done.message
    assert task.list_changes(sim) == [f"POST {kind}s"]


@every_kind
def test_an_impossible_restore_is_refused_before_the_post(sim: Any, kind: str, edition: str) -> None:
    seed_copy(sim, kind, edition)
    failed = sim.seed(kind, name="failed", status="error", state="error")
    small = (
        "Machine type BV1-1-10 is too small for KIND copy: it has 10 GB of disk, needed are 40. Large enough: BV1-1-40,"
    )
    late = edition == "2024-08"
    for options, said in (
        ({"name": "nothing"}, "There is no KIND nothing to restore an instance from."),
        ({"name": "failed"}, f"KIND failed ({failed['id']}) cannot be restored: its status is error."),
        ({"restore": {**RESTORE, "machine_type": "BV1-1-10"}}, small),
        ({"restore": {**RESTORE, "machine_type": "BV1-1-41"}}, "There is no machine type 'BV1-1-41' in this region"),
        ({"restore": {"name": "web-2"}}, "There is no instance 'web-2'; creating it needs machine_type."),
        (
            {"restore": {**RESTORE, "labels": ["x"]}},
            "does not know labels." if late else "labels cannot be given to an",
        ),
        ({"restore": {**RESTORE, "volumes": ["x"]}}, "does not know volumes." if late else "volumes cannot be given"),
    ):
        done = copies.run(sim, kind, **{**RESTORED, **options})  # type: ignore[arg-type]
        assert said.replace("KIND", kind) in done.message
        assert task.list_changes(sim) == []


@every_kind
def test_check_mode_shows_the_image_of_the_copy(sim: Any, kind: str, edition: str) -> None:
    """Check mode shows the copy's image; a backup has only its id, so the other fields are from the catalogue."""
    seed_copy(sim, kind, edition)
    planned, done = copies.check(sim, kind, **RESTORED).after, copies.run(sim, kind, **RESTORED).seen["instance"]
    assert planned is not None
    assert {key: planned["image"][key] for key in ("name", "platform")} == {"name": IMAGE, "platform": "linux"}
    assert [planned[key] for key in ("image", "default_user")] == [done[key] for key in ("image", "default_user")]


@every_kind
def test_unreadable_images_do_not_prevent_a_restore(sim: Any, kind: str, edition: str) -> None:
    seed_copy(sim, kind, edition)
    sim.add_fault(operation="GET /v1/images", nth="every", kind="status", status=403, body={"slug": "forbidden"})
    assert copies.run(sim, kind, **RESTORED).actions == ["restore"]


@every_kind
def test_an_ssh_key_for_windows_is_refused_before_the_restore(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    row = sim.seed("instance", name="web", image="windows-server-2022", machine_type="BV4-8-100")
    sim.seed(kind, name="copy", instance=row["id"])
    restore = {**RESTORE, "machine_type": "BV4-8-100"}
    done = copies.run(sim, kind, **{**RESTORED, "restore": restore})
    assert f"ssh_key_name cannot be given to an instance with Windows, and {kind} copy is of Windows" in done.message
    assert task.list_changes(sim) == []
    keyless = {**RESTORED, "restore": {**restore, "ssh_key_name": None}}
    assert copies.run(sim, kind, **keyless).actions == ["restore"]


@every_kind
def test_a_source_without_a_disk_size_gives_a_warning(sim: Any, kind: str, edition: str) -> None:
    seed_copy(sim, kind, edition)
    sim.seed(kind, name="unknown", instance=None, min_disk=None)
    options = {**RESTORED, "name": "unknown"}
    said = f"The API does not return how large a disk {kind} unknown needs, so it may refuse the machine type."
    assert copies.check(sim, kind, **options).warnings == (said,)


@every_kind
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_restore_with_a_lost_response_is_sent_once(sim: Any, kind: str, edition: str, when: str) -> None:
    seed_copy(sim, kind, edition)
    path = f"POST /v1/{kind}s/{{id}}{'/restore' if kind == 'backup' else ''}"
    sim.add_fault(operation=path, when=when, kind="reset")
    done = copies.run(sim, kind, **RESTORED)
    assert (done.failure, done.actions) == (None, ["restore"])
    assert [row["name"] for row in sim.state()["br-se1"]["instances"]] == ["web", "web-2"]


@every_kind
def test_a_failed_restore_is_reported_with_its_reason(sim: Any, kind: str, edition: str) -> None:
    seed_copy(sim, kind, edition)
    sim.add_fault(operation=f"POST /v1/{kind}s/{{id}}{'/restore' if kind == 'backup' else ''}", kind="failing")
    done = copies.run(sim, kind, **RESTORED)
    assert "could not be created (creating_error): " in done.message
    assert "was told to let this restore fail (slug restore.failed)" in done.message
    assert len(done.outcome.created) == 1


@every_kind
def test_vm_instance_does_not_read_the_copy_once_the_instance_exists(sim: Any, kind: str, edition: str) -> None:
    copy = seed_copy(sim, kind, edition)
    declared: dict[str, Any] = {**DECLARED, "name": "web-2", "image": None, kind: "copy"}
    assert task.run(sim, **{**declared, kind: copy["id"]}).actions == ["restore"]
    task.client(sim).request("DELETE", f"/v1/{kind}s/{copy['id']}")
    sim.advance(60)
    sim.clear_requests()
    assert task.run(sim, **declared).actions == []
    assert [request["path"] for request in sim.requests()] == ["/v1/instances"]
    assert copies.run(sim, kind, **RESTORED).actions == [], "what is gone cannot be held against it"
    assert task.run(sim, **{**declared, "state": "stopped"}).actions == ["stop"]
    done = task.run(sim, **{**declared, "name": "web-3"})
    assert str(done.failure) == f"There is no {kind} copy to restore an instance from."


@every_kind
def test_a_restored_instance_is_led_on(sim: Any, kind: str, edition: str) -> None:
    seed_copy(sim, kind, edition)
    port = "11111111-1111-4111-8111-111111111111"
    done = copies.run(sim, kind, **{**RESTORED, "restore": {**RESTORE, "network_interfaces": [port]}})
    assert (done.failure, done.actions) == (None, ["restore", "attach"])
    declared: dict[str, Any] = {**DECLARED, "name": "web-3", "image": None, kind: "copy", "state": "stopped"}
    assert task.run(sim, **declared).actions == ["restore", "stop"]


def test_without_waiting_the_copy_is_waited_for_and_the_instance_is_not(sim: Any) -> None:
    sim.seed("instance", name="web")
    task.client(sim).request("POST", "/v1/snapshots", body={"name": "copy", "instance": {"name": "web"}})
    done = copies.run(sim, "snapshot", wait=False, **RESTORED)
    assert (done.failure, done.actions) == (None, ["restore"])
    assert copies.instance(sim, "web-2")["status"] == "provisioning"


def test_a_restore_from_a_backup_needs_an_api_version_with_backups(sim: Any) -> None:
    said = "API version 2026-08 has no backups. Use snapshots (vm_snapshot) instead."
    assert str(task.run(sim, **{**DECLARED, "image": None, "backup": "copy"}).failure) == said
