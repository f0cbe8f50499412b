# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copies to another region: of backups with API version 2024-08, of snapshots with 2026-08."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import copies, task
from tests.support.copies import COPIED

both = pytest.mark.parametrize(("kind", "edition"), COPIED)
TO = {"name": "copy", "state": "copied"}
TO_NE1 = {**TO, "destination_region": "br-ne1"}


@both
@pytest.mark.parametrize("destination", ["br-ne1", "br-mgl1"])
@pytest.mark.parametrize("by", ["id", "name"])
def test_a_copy_is_copied_once(sim: Any, kind: str, edition: str, destination: str, by: str) -> None:
    sim.reset(edition=edition)
    row = sim.seed(kind, name="copy")
    options = {"state": "copied", "destination_region": destination, by: row[by]}
    plan = copies.check(sim, kind, **options)
    assert [step.description for step in plan.steps] == [f"copy {kind} copy to {destination}"]
    done = copies.run(sim, kind, **options)
    assert (done.failure, done.actions) == (None, ["copy"])
    assert done.seen["copy"]["id"] == row["id"]
    (there,) = copies.list_copies(sim, kind, destination)
    assert done.seen["destination"]["id"] == there["id"]
    assert (there["name"], there["state"], there["status"]) == ("copy", "available", "completed")
    (body,) = [body for body in copies.bodies(sim) if body]
    old = {"br-ne1": "br-ne-1", "br-mgl1": "br-se-1"}
    assert body == ({"region": old[destination]} if kind == "backup" else {"destination_region": destination})
    assert copies.run(sim, kind, **options).actions == []


@both
def test_copying_back_to_where_most_are(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    sim.seed(kind, name="copy", region="br-ne1")
    api = task.client(sim, region="br-ne1")
    assert copies.run(sim, kind, api=api, **TO, destination_region="br-se1").actions == ["copy"]
    assert [row["name"] for row in copies.list_copies(sim, kind)] == ["copy"]


@both
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", [{"kind": "reset"}, {"kind": "status", "status": 500}], ids=["reset", "500"])
def test_a_copy_with_a_lost_response_is_sought_in_the_destination(
    sim: Any, kind: str, edition: str, fault: Any, when: str
) -> None:
    sim.reset(edition=edition, lag=5)
    sim.seed(kind, name="copy")
    sim.add_fault(operation=f"POST /v1/{kind}s/{{id}}/copy", when=when, **fault)
    done = copies.run(sim, kind, **TO_NE1)
    assert (done.failure, done.actions) == (None, ["copy"])
    assert len(copies.list_copies(sim, kind, "br-ne1")) == 1
    assert task.list_changes(sim) == ["POST copy"] * (2 if when == "before" else 1)


@both
def test_an_accepted_copy_is_sent_once_however_late_it_appears(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition, lag=200)
    sim.seed(kind, name="copy")
    sim.advance(300)
    done = copies.run(sim, kind, **TO_NE1)
    assert (done.failure, done.actions) == (None, ["copy"])
    assert task.list_changes(sim) == ["POST copy"]


@both
def test_an_accepted_copy_that_never_appears_is_sent_once(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    sim.seed(kind, name="copy")
    sim.add_fault(operation=f"POST /v1/{kind}s/{{id}}/copy", kind="status", status=204)
    done = copies.run(sim, kind, **TO_NE1, timeout=300)
    assert f"the API accepted it, but its lists do not show such a {kind} yet. Look for it before" in done.message
    assert task.list_changes(sim) == ["POST copy"]


@both
def test_a_source_in_motion_is_waited_for(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    sim.seed("instance", name="web")
    task.client(sim).request("POST", f"/v1/{kind}s", body={"name": "copy", "instance": {"name": "web"}})
    done = copies.run(sim, kind, **TO_NE1)
    assert (done.failure, done.actions, done.seen["destination"]["state"]) == (None, ["copy"], "available")
    assert task.list_changes(sim) == [f"POST {kind}s", "POST copy"]


@both
def test_a_copy_that_another_run_began_is_awaited(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    sim.seed(kind, name="copy")
    first = copies.run(sim, kind, wait=False, **TO_NE1)
    assert (first.failure, first.actions) == (None, ["copy"])
    assert copies.list_copies(sim, kind, "br-ne1")[0]["state"] == "new"
    assert copies.run(sim, kind, wait=False, **TO_NE1).actions == []
    again = copies.run(sim, kind, **TO_NE1)
    assert (again.failure, again.actions, again.seen["destination"]["state"]) == (None, [], "available")


@both
def test_a_copy_that_failed_in_the_destination_is_reported_and_kept(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    sim.seed(kind, name="copy")
    sim.add_fault(operation=f"POST /v1/{kind}s/{{id}}/copy", kind="failing")
    done = copies.run(sim, kind, **TO_NE1)
    (there,) = copies.list_copies(sim, kind, "br-ne1")
    said = f"{kind} copy ({there['id']}) in br-ne1 failed: its status is copy_error. Delete it there, then copy again."
    assert said in done.message
    assert done.actions == ["copy"]
    sim.clear_requests()
    assert copies.run(sim, kind, **TO_NE1).message == said
    assert task.list_changes(sim) == []


@both
def test_a_copy_being_deleted_in_the_destination_is_copied_again(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    sim.seed(kind, name="copy")
    old = sim.seed(kind, name="copy", region="br-ne1")
    task.client(sim, region="br-ne1").request("DELETE", f"/v1/{kind}s/{old['id']}")
    done = copies.run(sim, kind, **TO_NE1)
    assert (done.failure, done.actions) == (None, ["copy"])
    assert (
        [row["id"] for row in copies.list_copies(sim, kind, "br-ne1")]
        == [done.seen["destination"]["id"]]
        != [old["id"]]
    )


@both
def test_a_copy_that_cannot_be_copied_is_refused_with_a_sentence(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    sim.seed(kind, name="copy")
    failed = sim.seed(kind, name="failed", status="error", state="error")
    nameless = sim.seed(kind, name=None)["id"]
    regions = "br-se1, br-ne1, br-mgl1"
    for options, said in (
        (TO, f"destination_region is None; with state: copied it is one of {regions}."),
        ({**TO, "destination_region": "br-ne-1"}, f"destination_region is 'br-ne-1'; with state: copied it is one of {regions}."),
        ({**TO, "destination_region": "br-se1"}, f"destination_region is 'br-se1', where the {kind} is already."),
        ({**TO_NE1, "name": "nothing"}, f"There is no {kind} 'nothing'."),
        ({**TO_NE1, "name": "failed"}, f"{kind} failed ({failed['id']}) failed: its status is error. Delete it"),
        ({**TO_NE1, "name": None, "id": nameless},
         f"The {kind} {nameless} has no name, by which its copy in br-ne1 is found. Rename it first, with id and name."),
    ):  # fmt: skip
        assert said in copies.run(sim, kind, **options).message
        assert task.list_changes(sim) == []
    api = task.client(sim, api_url=sim.url.replace("{region}", "br-se1"))
    said = "api_url does not contain {region}, so the other region cannot be reached. Write {region} in it."
    assert copies.run(sim, kind, api=api, **TO_NE1).message == said


@pytest.mark.parametrize("nulls", ["sent", "omitted"])
@pytest.mark.parametrize("by", ["id", "name"])
def test_the_api_version_between_the_two_copies_snapshots(sim: Any, by: str, nulls: str) -> None:
    """The API version between 2024-08 and 2026-08 copies snapshots: labels in a list distinguish it from 2024-08."""
    sim.reset(edition="2025-05", nulls=nulls)
    sim.seed("instance", name="bare")
    sim.seed("instance", name="web", labels=["blue"])
    row = sim.seed("snapshot", name="copy")
    options = {"state": "copied", "destination_region": "br-ne1", by: row[by]}
    assert len(copies.check(sim, "snapshot", **options).steps) == 1
    assert copies.run(sim, "snapshot", **options).actions == ["copy"]
    assert [row["name"] for row in copies.list_copies(sim, "snapshot", "br-ne1")] == ["copy"]
    assert copies.run(sim, "snapshot", **options).actions == []


@pytest.mark.parametrize("by", ["id", "name"])
def test_api_version_2024_08_copies_no_snapshots(sim: Any, by: str) -> None:
    sim.reset(edition="2024-08")
    row = sim.seed("snapshot", name="copy")
    done = copies.run(sim, "snapshot", state="copied", destination_region="br-ne1", **{by: row[by]})
    assert done.message == "API version 2024-08 cannot copy snapshots. Use backups (vm_backup) instead."
    assert task.list_changes(sim) == []


def test_backups_cannot_be_copied_to_a_region_without_them(sim: Any) -> None:
    sim.reset(editions={"br-se1": "2024-08"})
    sim.seed("backup", name="copy")
    done = copies.run(sim, "backup", **TO_NE1)
    assert done.message == "API version 2026-08 has no backups. Use snapshots (vm_snapshot) instead."
