# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots and backups by name: {instance}, {date}, renames, taken names, and API versions without backups."""

from __future__ import annotations

import calendar
import time
from typing import Any

import pytest

from tests.support import copies, task
from tests.support.copies import KINDS

every_kind = pytest.mark.parametrize(("kind", "edition"), KINDS)
NOBODY = "99999999-9999-4999-8999-999999999999"


def today(sim: Any) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(sim.now()))


def midnight(sim: Any, seconds: float) -> None:
    """Advance the clock to this number of seconds before the next midnight in UTC."""
    day = calendar.timegm(time.strptime(today(sim), "%Y-%m-%d"))
    sim.advance(day + 86400 - seconds - sim.now())


@every_kind
def test_once_a_day_by_the_clock_of_the_api(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    sim.seed("instance", name="web")
    midnight(sim, 3600)
    daily = {"name": "nightly-{instance}-{date}", "instance": "web"}
    first = f"nightly-web-{today(sim)}"
    assert [step.description for step in copies.check(sim, kind, **daily).steps] == [
        f"create {kind} {first} of instance web"
    ]
    assert copies.run(sim, kind, **daily).seen["copy"]["name"] == first
    assert copies.run(sim, kind, **daily).actions == []
    sim.advance(3600)
    assert copies.run(sim, kind, **daily).actions == ["create"]
    assert [row["name"] for row in copies.list_copies(sim, kind)] == [first, f"nightly-web-{today(sim)}"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_date_in_a_name_is_the_day_on_which_the_run_began(sim: Any, when: str) -> None:
    sim.seed("instance", name="web")
    midnight(sim, 5)
    name = f"web-{today(sim)}"
    sim.add_fault(operation="POST /v1/snapshots", when=when, kind="reset")
    done = copies.run(sim, "snapshot", name="{instance}-{date}", instance="web", power_off=True)
    assert (done.failure, done.actions) == (None, ["stop", "create", "start"])
    assert [row["name"] for row in copies.list_copies(sim, "snapshot")] == [name]


@pytest.mark.parametrize("name", ["web-{date}", "{instance}", "{date}{instance}"])
def test_a_placeholder_in_the_name_of_the_instance_stays(sim: Any, name: str) -> None:
    """A placeholder in the instance's name is kept, and a copy without a date in its name is found on the next day."""
    row = sim.seed("instance", name=name)
    monthly = {"name": "{instance}-november", "instance": row["id"]}
    assert copies.run(sim, "snapshot", **monthly).seen["copy"]["name"] == f"{name}-november"
    sim.advance(86400)
    assert copies.run(sim, "snapshot", **monthly).actions == []


def test_a_date_in_a_name_needs_no_large_listing(sim: Any) -> None:
    """A date in a name needs no large list, also if no response has told the time yet (instance by id)."""
    row = sim.seed("instance", name="web")
    done = copies.run(sim, "snapshot", name="{date}", instance=row["id"])
    assert (done.failure, done.seen["copy"]["name"]) == (None, today(sim))
    copies.run(sim, "snapshot", name="{date}", state="absent")
    assert copies.list_copies(sim, "snapshot") == []


@every_kind
def test_a_rename_is_done_once(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    row = sim.seed(kind, name="old")
    rename = {"name": "old", "new_name": "new"}
    done = copies.run(sim, kind, **rename)
    assert (done.failure, done.actions, done.seen["copy"]["name"]) == (None, ["rename"], "new")
    assert copies.run(sim, kind, **rename).actions == []
    done = copies.run(sim, kind, id=row["id"], name="old")
    assert (done.failure, done.actions) == (None, ["rename"])
    sim.seed(kind, name="new")
    assert f"'old' ({row['id']}) cannot be renamed: 'new' exists too (" in copies.run(sim, kind, **rename).message
    copies.run(sim, kind, name="new", state="absent", wait=False)
    done = copies.run(sim, kind, **rename)
    assert (done.failure, done.actions) == (None, ["rename"]), "a name that is being given up can be taken"
    assert copies.run(sim, kind, name="third", new_name="fourth").message == f"There is no {kind} 'third'."


@every_kind
@pytest.mark.parametrize("by", ["id", "name"])
def test_a_new_name_that_another_run_took_is_reported(sim: Any, kind: str, edition: str, by: str) -> None:
    sim.reset(edition=edition)
    row = sim.seed(kind, name="old")
    rename = {"id": row["id"], "name": "new"} if by == "id" else {"name": "old", "new_name": "new"}
    done = copies.run(sim, kind, **rename, meanwhile=lambda: sim.seed(kind, name="new") and None)
    assert done.actions == []
    assert "'new' exists too" in done.message
    assert [one["name"] for one in copies.list_copies(sim, kind)] == ["old", "new"]


@pytest.mark.one_in(5)
@every_kind
@pytest.mark.parametrize("of", ["web", "other"])
@pytest.mark.parametrize("power_off", [False, True])
def test_a_copy_that_another_run_created_must_be_of_the_instance(
    sim: Any, kind: str, edition: str, of: str, power_off: bool
) -> None:
    """A copy that another run made is compared with the declaration after 409, once lists show it."""
    sim.reset(edition=edition, lag=15)
    for name in ("web", "other"):
        sim.seed("instance", name=name)

    def taken() -> None:
        body = {"name": "copy", "instance": {"name": of}}
        task.client(sim).request("POST", f"/v1/{kind}s", body=body)

    done = copies.run(sim, kind, name="copy", instance="web", power_off=power_off, meanwhile=taken)
    assert "create" not in done.actions
    assert "is of another instance" in done.message if of == "other" else done.failure is None
    assert copies.instance(sim)["state"] == "running"
    assert len(copies.list_copies(sim, kind)) == 1


@every_kind
def test_a_copy_being_deleted_is_awaited_and_created_again(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition, durations={"delete": 300})
    sim.seed("instance", name="web")
    old = sim.seed(kind, name="copy")
    task.client(sim).request("DELETE", f"/v1/{kind}s/{old['id']}")
    done = copies.run(sim, kind, name="copy", instance="web")
    assert (done.failure, done.actions) == (None, ["create"])
    assert task.list_changes(sim)[1:] == [f"POST {kind}s"], "it is sent once, when the name is free"


@every_kind
def test_copies_that_share_a_name_are_reported_with_their_ids(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    ids = sorted(sim.seed(kind, name="twin")["id"] for number in range(2))
    for options in ({}, {"state": "absent"}, {"state": "restored", "restore": copies.RESTORE}):
        assert f"2 {kind}s are named 'twin': {', '.join(ids)}." in copies.run(sim, kind, name="twin", **options).message
    assert copies.run(sim, kind, id=ids[0], state="absent").actions == ["delete"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": "copy"}, "There is no KIND 'copy'; creating it needs instance."),
    ({"name": "copy", "instance": "nobody"}, "There is no instance 'nobody' to create the KIND 'copy' from."),
    ({"name": "copy", "instance": NOBODY}, f"There is no instance '{NOBODY}' to create the KIND 'copy' from."),
    ({"id": NOBODY}, f"There is no KIND '{NOBODY}'."),
    ({"id": NOBODY, "instance": "web"}, f"There is no KIND '{NOBODY}'."),
    ({"name": "{instance}"}, "name is '{instance}', but no instance is given whose name could stand for {instance}."),
    ({"name": "{instance}", "instance": "nobody"}, "but there is no instance 'nobody' whose name could stand for"),
    ({"name": "{instance}" + "x" * 255, "instance": "web"}, "name would be 258 characters long; it must have 1 to 255."),
    ({"name": "failed"}, "has the status"),
    ({"name": "other", "instance": "web"}, "KIND other ("),
    ({"name": "other", "instance": "web"}, "KIND names are unique: choose another one."),
    ({"name": "other", "state": "absent", "protect_names": ["x", "ot*"]},
     "is protected from deletion: its name matches 'ot*' of protect_names."),
    ({"state": "pruned", "all": True, "keep_last": 1, "instance": "nobody"},
     "There is no instance 'nobody'. Copies of an instance that is gone are chosen by its id."),
]  # fmt: skip


@every_kind
def test_an_impossible_task_is_refused_with_a_sentence_before_any_change(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    sim.seed("instance", name="web")
    sim.seed(kind, name="other", instance=sim.seed("instance", name="other")["id"])
    failed = sim.seed(kind, name="failed", status="error", state="error")
    for options, said in REFUSED:
        said = said.replace("KIND names", f"{kind.capitalize()} names").replace("KIND", kind)
        if options == {"name": "failed"}:
            said = f"{kind} failed ({failed['id']}) failed: its status is error. Delete it with state: absent."
        done = copies.run(sim, kind, **options)
        assert said in done.message, options
        assert not task.list_changes(sim)


def test_a_failed_operation_gives_a_warning(sim: Any) -> None:
    sim.seed("snapshot", name="copy", status="deleted_error")
    said = copies.check(sim, "snapshot", name="copy").warnings
    assert said == ("The last operation on snapshot copy failed: its status is deleted_error.",)


@pytest.mark.parametrize("state", ["present", "absent", "restored", "pruned"])
def test_an_api_version_without_backups_is_named_with_the_alternative(sim: Any, state: str) -> None:
    sim.seed("instance", name="web")
    named: dict[str, Any] = {"name": "copy"} if state != "pruned" else {"all": True, "keep_last": 1}
    if state == "restored":
        named["restore"] = copies.RESTORE
    done = copies.run(sim, "backup", state=state, **named)
    assert done.message == "API version 2026-08 has no backups. Use snapshots (vm_snapshot) instead."
    done = copies.run(sim, "backup", api=task.client(sim, api_url=f"{sim.url}/wrong"), state=state, **named)
    assert done.failure.status == 404  # type: ignore[union-attr]
