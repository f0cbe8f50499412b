# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Retention over real HTTP: which copies are deleted, in which order, the result, and where it stops."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import copies, task
from tests.support.copies import KINDS

every_kind = pytest.mark.parametrize(("kind", "edition"), KINDS)
DAY = 86400
ALL = {"state": "pruned", "all": True}


def seed_nightly(sim: Any, kind: str, edition: str, many: int = 5, **settings: Any) -> tuple[Any, list[str]]:
    """Create `many` daily copies of an instance and of a deleted one. Return the instance and its copies' ids."""
    sim.reset(edition=edition, **settings)
    row = sim.seed("instance", name="web")
    gone = "99999999-9999-4999-8999-999999999999"
    ids = []
    for day in range(many):
        at = sim.now() - (many - day) * DAY
        ids.append(sim.seed(kind, name=f"nightly-web-{day}", instance=row["id"], created_at=at)["id"])
        sim.seed(kind, name=f"nightly-gone-{day}", instance=gone, created_at=at + 1)
    return row, ids


def copy_names(sim: Any, kind: str) -> list[str]:
    return sorted(row["name"] for row in copies.list_copies(sim, kind))


@every_kind
def test_the_oldest_copies_of_each_instance_go_and_the_others_have_a_reason(sim: Any, kind: str, edition: str) -> None:
    seed_nightly(sim, kind, edition)
    options = {"state": "pruned", "name_prefix": "nightly-", "keep_last": 3}
    plan = copies.check(sim, kind, **options)
    does = [f"delete {kind} nightly-{of}-{day}" for day in (0, 1) for of in ("web", "gone")]
    assert [step.description for step in plan.steps] == does
    assert task.list_changes(sim) == []
    done = copies.run(sim, kind, **options)
    assert (done.failure, [step.description for step in done.outcome.steps]) == (None, does)
    assert copy_names(sim, kind) == sorted(f"nightly-{of}-{day}" for of in ("web", "gone") for day in (2, 3, 4))
    assert [row["name"] for row in done.more["pruned"]] == [text.split()[-1] for text in does]
    assert {row["reason"] for row in done.more["kept"]} == {"it is one of the last 3 of its instance"}
    assert len(done.more["kept"]) == 6
    assert copies.run(sim, kind, **options).actions == []


def test_the_first_retention_of_many_deletes_them_all(sim: Any) -> None:
    seed_nightly(sim, "snapshot", "2026-08", 21)
    done = copies.run(sim, "snapshot", timeout=3600, state="pruned", name_prefix="nightly-", keep_last=1)
    assert (done.failure, len(done.more["pruned"])) == (None, 40)
    assert copy_names(sim, "snapshot") == ["nightly-gone-20", "nightly-web-20"]


@every_kind
@pytest.mark.parametrize("by", ["id", "name"])
def test_retention_can_be_limited_to_one_instance(sim: Any, kind: str, edition: str, by: str) -> None:
    row, ids = seed_nightly(sim, kind, edition)
    done = copies.run(sim, kind, **ALL, instance=row[by], keep_days=2.5)
    assert [one["id"] for one in done.more["pruned"]] == ids[:3]
    assert {one["reason"] for one in done.more["kept"] if "gone" in one["name"]} == {"it is of another instance"}
    assert len(copy_names(sim, kind)) == 7


def test_the_copies_of_a_deleted_instance_are_chosen_by_its_id(sim: Any) -> None:
    seed_nightly(sim, "snapshot", "2026-08")
    done = copies.run(sim, "snapshot", **ALL, instance="99999999-9999-4999-8999-999999999999", keep_last=1)
    assert [one["name"] for one in done.more["pruned"]] == [f"nightly-gone-{day}" for day in range(4)]


@every_kind
@pytest.mark.parametrize("failure", ["403", "failing"])
def test_retention_stops_at_the_first_error_and_names_deleted_copies(
    sim: Any, kind: str, edition: str, failure: str
) -> None:
    row = seed_nightly(sim, kind, edition)[0]
    fault = {"kind": "failing"} if failure == "failing" else {
        "kind": "status", "status": 403, "body": {"slug": "forbidden", "message": "not this one"}}  # fmt: skip
    sim.add_fault(operation=f"DELETE /v1/{kind}s/{{id}}", nth=2, **fault)
    done = copies.run(sim, kind, **ALL, keep_last=1, instance=row["id"])
    assert {"403": "not this one", "failing": "could not be deleted: its status is deleted_error."}[
        failure
    ] in done.message
    assert [name for name in copy_names(sim, kind) if "web" in name] == [f"nightly-web-{day}" for day in (1, 2, 3, 4)]
    assert task.list_changes(sim)[2:] == []
    went = [step.description for step in done.outcome.steps]
    assert went[0] == f"delete {kind} nightly-web-0"
    assert len(went) == (2 if failure == "failing" else 1)


@every_kind
@pytest.mark.parametrize(
    ("fault", "when"),
    [({"kind": "reset"}, "before"), ({"kind": "reset"}, "after"), ({"kind": "status", "status": 409}, "before"),
     ({"kind": "status", "status": 429, "headers": {"Retry-After": "30"}}, "before")],
    ids=["reset before", "reset after", "409", "429"],
)  # fmt: skip
def test_a_passing_fault_does_not_stop_a_retention(sim: Any, kind: str, edition: str, fault: Any, when: str) -> None:
    row = seed_nightly(sim, kind, edition)[0]
    sim.add_fault(operation=f"DELETE /v1/{kind}s/{{id}}", nth=2, when=when, **fault)
    done = copies.run(sim, kind, **ALL, keep_last=2, instance=row["id"], prune_max=3)
    assert done.failure is None
    assert done.actions == ["delete"] * 3
    assert [name for name in copy_names(sim, kind) if "web" in name] == ["nightly-web-3", "nightly-web-4"]


@every_kind
def test_retention_touches_only_usable_manual_copies(sim: Any, kind: str, edition: str) -> None:
    row = seed_nightly(sim, kind, edition)[0]
    at = sim.now() - 99 * DAY
    odd: list[dict[str, Any]] = [{"status": "creating", "state": "new"}, {"status": "error", "state": "error"},
                                 {"status": "restoring"}, {"status": "deleted_error"}]  # fmt: skip
    odd += [{"backup_type": "automatic"}] if kind == "backup" else []
    for number, fields in enumerate(odd):
        sim.seed(kind, name=f"nightly-odd-{number}", instance=row["id"], created_at=at, **fields)
    copies.run(sim, kind, **ALL, keep_last=1)
    assert copy_names(sim, kind) == sorted(
        [*(f"nightly-odd-{n}" for n in range(len(odd))), "nightly-gone-4", "nightly-web-4"]
    )


def test_ages_count_by_the_clock_of_the_api(sim: Any) -> None:
    """Ages count by the API's clock: the controller's clock may be wrong by years."""
    sim.advance(-1000 * DAY)
    seed_nightly(sim, "snapshot", "2026-08")
    assert copies.run(sim, "snapshot", **ALL, keep_days=10).actions == []
    sim.advance(6 * DAY)
    assert copies.run(sim, "snapshot", **ALL, keep_days=10).more["pruned"][0]["name"] == "nightly-web-0"


def test_without_a_clock_nothing_is_deleted(sim: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seed_nightly(sim, "snapshot", "2026-08")
    sim.add_fault(operation="GET /v1/snapshots", nth="every", kind="status", status=200, headers={"Date": "never"},
                  body={"snapshots": [], "meta": {"page": {"total": 0}}})  # fmt: skip
    monkeypatch.setattr(sim.gateway, "dress", lambda exchange, answer: (answer.headers, answer.body))
    for options in ({**ALL, "keep_days": 1}, {"name": "x-{date}", "state": "absent"}):
        assert "The API does not return the time, so " in copies.run(sim, "snapshot", **options).message
    assert task.list_changes(sim) == []


def test_a_number_alone_needs_no_clock(sim: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seed_nightly(sim, "snapshot", "2026-08")
    kept = copies.check(sim, "snapshot", **ALL, keep_last=2)
    monkeypatch.setattr(sim.gateway, "dress", lambda exchange, answer: (answer.headers, answer.body))
    done = copies.run(sim, "snapshot", **ALL, keep_last=2)
    assert done.failure is None and done.api.date[0] is None
    assert len(done.actions) == len(kept.steps) == 6


def test_more_than_prune_max_is_refused_whole(sim: Any) -> None:
    seed_nightly(sim, "snapshot", "2026-08")
    done = copies.run(sim, "snapshot", **ALL, keep_last=2, prune_max=5)
    said = "6 snapshots would be deleted, more than prune_max (5): nightly-web-0, nightly-gone-0, nightly-web-1"
    assert said in done.message
    assert task.list_changes(sim) == []
    assert copies.run(sim, "snapshot", **ALL, keep_last=2, prune_max=6).actions == ["delete"] * 6


def test_protected_copies_stay(sim: Any) -> None:
    seed_nightly(sim, "snapshot", "2026-08")
    done = copies.run(sim, "snapshot", **ALL, keep_last=4, protect_names=["*-web-0"])
    assert [row["name"] for row in done.more["pruned"]] == ["nightly-gone-0"]
    reasons = {row["name"]: row["reason"] for row in done.more["kept"]}
    assert reasons["nightly-web-0"] == "its name matches '*-web-0' of protect_names"


@pytest.mark.one_in(3)
@every_kind
def test_pages_are_read_to_their_end(sim: Any, kind: str, edition: str) -> None:
    seed_nightly(sim, kind, edition, many=60, **({} if edition == "2024-08" else {"page_limit": 7}))
    assert len(copies.check(sim, kind, **ALL, keep_last=50).steps) == 20


def test_the_last_deletion_is_not_waited_for_without_waiting(sim: Any) -> None:
    row = seed_nightly(sim, "snapshot", "2026-08")[0]
    done = copies.run(sim, "snapshot", **ALL, keep_last=3, instance=row["id"], wait=False)
    assert (done.failure, done.actions) == (None, ["delete", "delete"])
    statuses = [
        one["status"]
        for one in copies.list_copies(sim, "snapshot")
        if one["name"] in ("nightly-web-0", "nightly-web-1")
    ]
    assert statuses == ["deleting"]


FENCES: list[tuple[dict[str, Any], str]] = [
    ({}, "state: pruned needs name_prefix, or all: true for all KINDs, and not both."),
    ({"keep_last": 1}, "state: pruned needs name_prefix, or all: true for all KINDs, and not both."),
    ({"keep_last": 1, "all": True, "name_prefix": "x"}, "state: pruned needs name_prefix, or all: true"),
    ({"all": True}, "keep_last or keep_days must be more than 0; otherwise every KIND would be deleted."),
    ({"all": True, "keep_last": 0, "keep_days": 0}, "keep_last or keep_days must be more than 0"),
    ({"all": True, "keep_last": -1, "keep_days": 3}, "keep_last and keep_days must be numbers from 0 on."),
    ({"all": True, "keep_days": float("nan")}, "keep_last and keep_days must be numbers from 0 on."),
    ({"all": True, "keep_last": 1, "keep_days": -0.5}, "keep_last and keep_days must be numbers from 0 on."),
    ({"all": True, "keep_last": 1, "new_copy": "x"}, "new_copy needs instance, whose copy it is."),
    ({"all": True, "keep_last": 1, "name": "x"}, "id and name cannot be combined with state: pruned"),
    ({"all": True, "keep_last": 1, "new_name": "x"}, "new_name cannot be combined with state: pruned; it needs state: present."),
    ({"all": True, "keep_last": 1, "power_off": True}, "power_off cannot be combined with state: pruned; it needs state: present."),
    ({"state": "present"}, "state: present needs id or name."),
    ({"state": "absent"}, "state: absent needs id or name."),
    ({"state": "absent", "name": "x", "keep_last": 1}, "keep_last cannot be combined with state: absent; it needs state: pruned."),
    ({"state": "present", "name": "x", "keep_days": 1}, "keep_days cannot be combined with state: present; it needs state: pruned."),
    ({"state": "absent", "name": "x", "prune_max": 1}, "prune_max cannot be combined with state: absent; it needs state: pruned."),
    ({"state": "absent", "name": "x", "all": True}, "all cannot be combined with state: absent; it needs state: pruned."),
    ({"state": "absent", "name": "x", "name_prefix": "x"}, "name_prefix cannot be combined with state: absent; it needs state: pruned."),
    ({"state": "absent", "name": "x", "instance": "x"}, "instance cannot be combined with state: absent; it needs state: present or pruned."),
    ({"state": "present", "name": "x", "restore": {"name": "x"}}, "restore cannot be combined with state: present; it needs state: restored."),
    ({"state": "present", "name": "x", "destination_region": "br-ne1"}, "destination_region cannot be combined with state: present"),
    ({"state": "present", "new_name": "x"}, "state: present needs id or name."),
    ({"state": "present", "id": "eth0"}, "id is 'eth0', but ids are UUIDs"),
    ({"state": "present", "id": "99999999-9999-4999-8999-999999999999", "new_name": "x"}, "new_name needs name."),
    ({"state": "restored", "name": "x"}, "state: restored needs restore, which describes the instance to create."),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["snapshot", "backup"])
def test_a_retention_without_limits_is_refused_before_any_request(sim: Any, kind: str) -> None:
    for options, said in FENCES:
        done = copies.run(sim, kind, **{"state": "pruned", **options})
        assert said.replace("KIND", kind) in done.message
    assert sim.requests() == []
