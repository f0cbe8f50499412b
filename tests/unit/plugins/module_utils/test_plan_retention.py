# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Retention never deletes a copy that a rule keeps, at any time of the clock."""

from __future__ import annotations

import fnmatch
import time
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import BACKUPS, SNAPSHOTS
from ansible_collections.magalu.cloud.plugins.module_utils._plan.retention import (
    Retention,
    plan_retention,
    retention_verdicts,
)
from ansible_collections.magalu.cloud.plugins.module_utils._plan.step import Identity, Memory

NOW = 1_795_564_800  # a midnight
DAY = 86400
SOURCES = ["one", "two", None]


def timestamp(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def copy(number: int, days: float = 0, **fields: Any) -> dict[str, Any]:
    return {"id": f"{number:04}", "name": f"nightly-{number}", "state": "available", "status": "completed",
            "created_at": timestamp(NOW - days * DAY), "instance": {"id": "one"}, "backup_type": "manual", **fields}  # fmt: skip


@st.composite
def rows(draw: Any) -> list[dict[str, Any]]:
    """Draw copies of every kind, in any order, with equal times."""

    def one(number: int) -> dict[str, Any]:
        usual = draw(st.integers(0, 3)) > 0
        row = copy(
            number, draw(st.sampled_from([-1, 0, 0.5, 1, 2, 2, 3, 30, 400])),
            name=draw(st.sampled_from([f"nightly-{number}", "nightly-keep", "weekly", None])),
            instance=draw(st.sampled_from([{"id": "one"}, {"id": "two"}, {"id": None}, None])),
        )  # fmt: skip
        if usual:
            return row
        odd: dict[str, list[Any]] = {
            "status": ["creating", "creating_error", "deleted_error", "restoring", "something_new", "deleting"],
            "state": ["new", "error", "deleted", None],
            "backup_type": ["automatic", "manual", None, "scheduled"],
            "created_at": [None, "", "yesterday"],
        }
        key = draw(st.sampled_from(sorted(odd)))
        return {**row, key: draw(st.sampled_from(odd[key]))}

    return draw(st.permutations([one(number) for number in range(draw(st.integers(0, 12)))]))


wants = st.builds(
    Retention,
    keep_last=st.sampled_from([None, 0, 1, 2, 5]),
    keep_days=st.sampled_from([None, 0, 0.5, 1.0, 2.0, 30.0]),
    name_prefix=st.sampled_from([None, "nightly-", "weekly"]),
    instance=st.sampled_from([None, "one", "two", "gone"]),
    protect_names=st.sampled_from([None, ["*keep"], ["week*", "x"]]),
    prune_max=st.none(),
)
clocks = st.floats(NOW - 1000 * DAY, NOW + 1000 * DAY)


def is_prunable(row: Any, wanted: Any) -> bool:
    """Return whether retention may delete a row: completed, available, manual, of a known age, and chosen."""
    return (
        row["status"] == "completed" and row["state"] == "available"
        and row.get("backup_type") == "manual" and str(row["created_at"]).endswith("Z")
        and (row["name"] or "").startswith(wanted.name_prefix or "")
        and wanted.instance in (None, (row["instance"] or {}).get("id"))
        and not (wanted.keep_last and (row["instance"] or {}).get("id") is None)
    )  # fmt: skip


@given(rows(), wants, clocks)
def test_nothing_that_any_rule_keeps_ever_goes(listed: Any, wanted: Any, now: float) -> None:
    verdicts = retention_verdicts(listed, wanted, BACKUPS, now, wanted.instance)
    assert sorted(row["id"] for row, why in verdicts) == sorted(row["id"] for row in listed)
    going = [row for row, why in verdicts if not why]
    assert [row["created_at"] for row in going] == sorted(row["created_at"] for row in going), "oldest first"
    for row in going:
        assert is_prunable(row, wanted)
        age = now - (time.mktime(time.strptime(row["created_at"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone)
        assert not wanted.keep_days or age >= wanted.keep_days * DAY
        assert not any(fnmatch.fnmatchcase(str(row["name"]), pattern) for pattern in wanted.protect_names or [])
    for source in SOURCES:
        of_this = [row for row in listed if is_prunable(row, wanted) and (row["instance"] or {}).get("id") == source]
        left = [row for row in of_this if row not in going]
        assert len(left) >= min(wanted.keep_last or 0, len(of_this))
        newest = sorted(of_this, key=lambda row: row["created_at"], reverse=True)[: wanted.keep_last or 0]
        gone_at = max((row["created_at"] for row in of_this if row in going), default="")
        assert all(row["created_at"] >= gone_at for row in newest)


@given(rows(), wants, clocks)
def test_each_kept_copy_has_a_reason_and_the_others_are_deleted(listed: Any, wanted: Any, now: float) -> None:
    for row, why in retention_verdicts(listed, wanted, BACKUPS, now, wanted.instance):
        if is_prunable(row, wanted) and not why:
            continue
        assert why
        kept = any(word in why for word in ("last", "days old", "protect_names"))
        assert kept == is_prunable(row, wanted), why


@given(rows(), wants, clocks, st.integers(0, 12))
def test_the_rest_of_the_plan_is_the_same_after_each_step(listed: Any, wanted: Any, now: float, most: int) -> None:
    memory, first = Memory(now), {row["id"]: row for row in listed}
    if wanted.instance:
        first["instance"] = {"id": wanted.instance}
    seen = first
    whole = plan_retention(seen, wanted, SNAPSHOTS, memory).steps
    parts = [step.part for step in whole]
    for number, step in enumerate(whole):
        again = plan_retention(seen, wanted, SNAPSHOTS, memory).steps
        assert [one.part for one in again] == parts[number:]
        memory.sent[step.identity] = 1
        limited = wanted._replace(prune_max=len(whole))
        assert plan_retention(seen, limited, SNAPSHOTS, memory).steps, "what is sent again counts once"
        seen = {**seen, step.part: None}
    assert plan_retention(seen, wanted, SNAPSHOTS, memory).steps == ()
    limited = wanted._replace(prune_max=most)
    if len(whole) > most:
        with pytest.raises(Refused, match=f"{len(whole)} snapshots would be deleted, more than prune_max"):
            plan_retention(first, limited, SNAPSHOTS, Memory(now))
    else:
        assert plan_retention(first, limited, SNAPSHOTS, Memory(now)).steps == whole


def test_copies_deleted_by_this_run_count_for_prune_max() -> None:
    memory = Memory(NOW)
    memory.sent[Identity("delete", "0000")] = 1
    seen = {"0000": None, "0001": copy(1, 9), "0002": copy(2, 8)}
    assert len(plan_retention(seen, Retention(keep_days=1.0, prune_max=3), SNAPSHOTS, memory).steps) == 2
    said = r"2 snapshots would be deleted, more than prune_max \(2\): nightly-1, nightly-2\."
    with pytest.raises(Refused, match=said):
        plan_retention(seen, Retention(keep_days=1.0, prune_max=2), SNAPSHOTS, memory)


REASONS = [
    ({}, "it is one of the last 1 of its instance"),
    ({"days": 1}, "it is 1.0 days old, less than keep_days"),
    ({"days": 9, "name": "nightly-keep"}, "its name matches '*keep' of protect_names"),
    ({"days": 9, "name": "weekly"}, "its name does not begin with name_prefix"),
    ({"days": 9, "instance": {"id": "two"}}, "it is of another instance"),
    ({"days": 9, "instance": None}, "it is of another instance"),
    ({"days": 9, "status": "copying"}, "it is not available and completed (state available, status copying)"),
    ({"days": 9, "state": "error"}, "it is not available and completed (state error, status completed)"),
    ({"days": 9, "backup_type": "automatic"}, "it was not created manually (backup_type automatic)"),
    ({"days": 9, "backup_type": None}, "it was not created manually (backup_type None)"),
    ({"days": 9, "created_at": None}, "its age is not known"),
    ({"days": 9}, ""),
]


def test_each_verdict_has_its_reason() -> None:
    listed = [copy(number, **fields) for number, (fields, why) in enumerate(REASONS)]
    wanted = Retention(keep_last=1, keep_days=2.0, name_prefix="nightly-", instance="one", protect_names=["*keep"])
    reasons = {row["id"]: why for row, why in retention_verdicts(listed, wanted, BACKUPS, NOW, wanted.instance)}
    assert [reasons[row["id"]] for row in listed] == [why for fields, why in REASONS]
    orphan = [copy(0, 9, instance=None)]
    everywhere = retention_verdicts(orphan, Retention(keep_last=1), SNAPSHOTS, NOW)
    assert [why for _row, why in everywhere] == ["its source instance is not known"]


def test_copies_out_of_scope_do_not_count_for_keep_last() -> None:
    """Copies that cannot be restored, or have another name, do not count among the last ones."""
    listed = [copy(0, 3), copy(1, 2), copy(2, 1, status="creating_error"), copy(3, name="weekly"),
              copy(4, created_at=None)]  # fmt: skip
    verdicts = retention_verdicts(listed, Retention(keep_last=1, name_prefix="nightly-"), SNAPSHOTS, NOW)
    assert [row["id"] for row, why in verdicts if not why] == ["0000"]


def test_a_deletion_that_failed_ends_the_pruning() -> None:
    memory = Memory(NOW)
    memory.sent[Identity("delete", "0000")] = 1
    seen = {"0000": copy(0, 9, status="deleted_error"), "0001": copy(1, 8), "0002": copy(2)}
    with pytest.raises(
        Refused, match=r"snapshot nightly-0 \(0000\) could not be deleted: its status is deleted_error."
    ):
        plan_retention(seen, Retention(keep_last=1), SNAPSHOTS, memory)
    assert [step.part for step in plan_retention(seen, Retention(keep_last=1), SNAPSHOTS, Memory(NOW)).steps] == [
        "0001"
    ]


@given(rows(), wants)
def test_a_copy_being_created_gives_the_same_plan_as_a_completed_copy(listed: Any, wanted: Any) -> None:
    """The plan is the same with a missing new copy and one being created, so check mode predicts the deletions."""
    assume(wanted.keep_last or wanted.keep_days)
    wanted = wanted._replace(instance="one", name_prefix="nightly-", new_copy="nightly-new")
    source = {"instance": {"id": "one"}}
    before = {row["id"]: row for row in listed}
    coming = copy(99, -0.01, name="nightly-new", status="creating", state="new")
    after = {**before, "0099": {**coming, "status": "completed", "state": "available"}}
    began = NOW + 2 * DAY  # later than all copies
    coming["created_at"] = after["0099"]["created_at"] = timestamp(began)
    steps = plan_retention({**after, **source}, wanted, SNAPSHOTS, Memory(began)).steps
    for world in (before, {**before, "0099": coming}, after):
        planned = plan_retention({**world, **source}, wanted, SNAPSHOTS, Memory(began), assume_created=True)
        assert planned.steps == steps
        real = plan_retention({**world, **source}, wanted, SNAPSHOTS, Memory(began)).steps
        assert (
            real == plan_retention({**world, **source}, wanted._replace(new_copy=None), SNAPSHOTS, Memory(began)).steps
        )


@pytest.mark.parametrize(("name", "going"), [("nightly-9", 2), ("weekly-9", 1), ("nightly-1", 1), (None, 1)])
def test_which_new_copy_counts(name: str | None, going: int) -> None:
    """A new copy counts only if it has the prefix and does not exist yet."""
    seen = {
        "instance": {"id": "one"},
        "0001": copy(1, 2),
        "0002": copy(2, 3),
        "0003": copy(3, 4, instance={"id": "two"}),
    }
    want = Retention(instance="one", keep_last=1, name_prefix="nightly-", new_copy=name)
    assert len(plan_retention(seen, want, SNAPSHOTS, Memory(NOW), assume_created=True).steps) == going
