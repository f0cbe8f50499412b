# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copies whose declared instance is missing: because of a typo, deleted, or not created yet."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import copies, task
from tests.support.copies import KINDS
from tests.support.declarations import DECLARED, IMAGE, SMALL
from tests.support.module import result

every_kind = pytest.mark.parametrize(("kind", "edition"), KINDS)
NOBODY, GONE = "99999999-9999-4999-8999-999999999999", "88888888-8888-4888-8888-888888888888"


def module(sim: Any, kind: str, check: bool = False, **options: Any) -> dict[str, Any]:
    """Clear the recorded requests, run vm_snapshot or vm_backup, and return its result."""
    sim.clear_requests()
    return result(sim, f"vm_{kind}", options, check)


@every_kind
@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("change", [{}, {"new_name": "after"}, {"power_off": True}], ids=str)
def test_a_copy_of_an_instance_with_another_name_is_refused(
    sim: Any, kind: str, edition: str, check: bool, change: dict[str, Any]
) -> None:
    sim.reset(edition=edition)
    web = sim.seed("instance", name="web-02")
    copy = sim.seed(kind, name="before-upgrade", instance=web["id"])
    told = module(sim, kind, check, name="before-upgrade", instance="web-O1", **change)
    assert told["failed"]
    assert told["msg"] == (
        f"There is no instance 'web-O1', and {kind} before-upgrade ({copy['id']}) is of instance web-02 ({web['id']}). "
        f"Correct the option instance, or choose another name: {kind} names are unique."
    )
    assert task.list_changes(sim) == []


@every_kind
def test_a_copy_by_its_id_is_of_the_declared_instance_too(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    copy = sim.seed(kind, name="copy", instance=sim.seed("instance", name="web-02")["id"])
    assert "is of instance web-02" in module(sim, kind, id=copy["id"], instance="web-O1")["msg"]
    assert "is of instance web-02" in module(sim, kind, id=copy["id"], instance=NOBODY)["msg"]
    sim.seed(kind, name="gone", instance=GONE)
    assert f"is of another instance ({GONE})." in module(sim, kind, name="gone", instance=NOBODY)["msg"]


@every_kind
@pytest.mark.parametrize(
    ("of", "why"),
    [(NOBODY, f"it is of instance {NOBODY}, which is gone."), (None, "the API does not return its source instance.")],
)
def test_a_copy_whose_instance_is_gone_is_taken_with_a_warning(
    sim: Any, kind: str, edition: str, of: str | None, why: str
) -> None:
    sim.reset(edition=edition)
    copy = sim.seed(kind, name="copy", instance=of)
    told = module(sim, kind, name="copy", instance="web")
    assert told["warnings"] == [
        f"There is no instance 'web'. {kind.capitalize()} copy ({copy['id']}) is taken as its {kind}: {why}"
    ]
    assert (told["changed"], told[kind]["id"]) == (False, copy["id"])
    assert not module(sim, kind, name="copy").get("warnings"), "without an instance none is missing"
    if of:
        assert not module(sim, kind, name="copy", instance=of).get("warnings"), "its id is still known"


@every_kind
def test_an_instance_on_its_way_out_counts_as_gone(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition, durations={"delete": 300})
    web = sim.seed("instance", name="web-02")
    sim.seed(kind, name="copy", instance=web["id"])
    task.client(sim).request("DELETE", f"/v1/instances/{web['id']}")
    assert "which is gone" in module(sim, kind, name="copy", instance="web-O1")["warnings"][0]


def test_an_instance_that_lists_do_not_show_yet_counts_as_declared(sim: Any) -> None:
    sim.reset(lag=30)
    made = task.client(sim).request("POST", "/v1/instances", body={**NEW, "name": "web"}).body["id"]
    sim.seed("snapshot", name="copy", instance=made, created_at=sim.now() - 60)
    sim.advance(25)
    told = module(sim, "snapshot", name="copy", instance="web")
    assert not told.get("failed") and not told.get("warnings"), told


NEW = {
    "machine_type": {"name": SMALL}, "image": {"name": IMAGE}, "ssh_key_name": "deploy",
    "network": {"associate_public_ip": False},
}  # fmt: skip


@every_kind
def test_a_restore_whose_copy_is_missing_is_taken_with_a_warning(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    web = sim.seed("instance", name="web-2")
    told = module(sim, kind, name="befor-upgrade", state="restored", restore=copies.RESTORE)
    [warning] = told["warnings"]
    assert f"There is no {kind} 'befor-upgrade'. Instance web-2 ({web['id']}) is taken as restored from it" in warning
    assert not told["changed"]


@pytest.mark.one_in(5)
@every_kind
@pytest.mark.parametrize("power_off", [False, True])
@pytest.mark.parametrize("name", ["copy", "{instance}-copy"])
def test_check_mode_assumes_an_instance_that_an_earlier_task_would_create(
    sim: Any, kind: str, edition: str, power_off: bool, name: str
) -> None:
    sim.reset(edition=edition)
    options = {"name": name, "instance": "web", "power_off": power_off}
    planned = module(sim, kind, True, **options)
    assert not planned.get("failed"), planned
    [warning] = planned["warnings"]
    assert "There is no instance 'web' yet, so the result of this task cannot be predicted." in warning
    assert task.list_changes(sim) == []
    assert module(sim, kind, **options)["failed"], "for real it has to be there"
    assert module(sim, kind, True, name="copy", instance=NOBODY)["failed"], "no task creates an instance of a given id"
    sim.seed("instance", name="web")
    done = module(sim, kind, **options)
    assert (planned["changed"], planned["actions"]) == (True, done["actions"])
    assert planned[kind]["name"] == done[kind]["name"]
    assert not module(sim, kind, True, **{**options, "name": "another"}).get("warnings")


@every_kind
def test_check_mode_prunes_nothing_of_an_instance_still_to_be_created(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    other = sim.seed("instance", name="other")
    for day in (1, 2, 3):
        sim.seed(kind, name=f"nightly-{day}", instance=other["id"], created_at=sim.now() - day * 86400)
    options = {"state": "pruned", "all": True, "keep_last": 1, "instance": "web", "new_copy": "nightly-web"}
    planned = module(sim, kind, True, **options)
    assert not planned.get("failed"), planned
    [warning] = planned["warnings"]
    assert "There is no instance 'web' yet, so the result of this task cannot be predicted." in warning
    assert module(sim, kind, **options)["failed"], "for real it has to be there"
    sim.seed("instance", name="web")
    done = module(sim, kind, **options)
    assert {key: planned[key] for key in ("changed", "kept", "pruned")} == {
        key: done[key] for key in ("changed", "kept", "pruned")
    }
    assert (len(done["kept"]), done["warnings"]) == (3, [])


@every_kind
def test_check_mode_assumes_a_copy_that_is_to_be_restored(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    options = {"name": "copy", "state": "restored", "restore": copies.RESTORE}
    declared = {**DECLARED, "name": "web-2", "image": None, kind: "copy"}
    for name, given in ((f"vm_{kind}", options), ("vm_instance", declared), ("vm_fleet", {"instances": [declared]})):
        planned = result(sim, name, given, check=True)
        assert not planned.get("failed"), planned
        assert any(f"There is no {kind} copy yet" in warning for warning in planned["warnings"])
        steps = planned["members"][0]["actions"] if name == "vm_fleet" else planned["actions"]
        assert [step["action"] for step in steps] == ["restore"]
        assert result(sim, name, given).get("failed"), "for real it has to be there"
    lost = {**options, "name": None, "id": NOBODY}
    assert module(sim, kind, True, **lost)["failed"], "no task creates a copy of a given id"
    assert task.list_changes(sim) == []


@pytest.mark.parametrize(("kind", "edition"), copies.COPIED)
def test_check_mode_assumes_a_copy_that_is_to_be_copied(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    options = {"name": "copy", "state": "copied", "destination_region": "br-ne1"}
    planned = module(sim, kind, True, **options)
    assert [step["action"] for step in planned["actions"]] == ["copy"]
    assert f"There is no {kind} 'copy' yet" in planned["warnings"][0]
    assert module(sim, kind, **options)["failed"]
