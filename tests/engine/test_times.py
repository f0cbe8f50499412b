# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Times with UTC offsets are converted wherever an age decides."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.times import epoch, seconds_old
from tests.support import copies, task
from tests.support.module import result

HOUR = 3600.0
offsets = pytest.mark.parametrize("hours", [-12, -3, 0, 5.5, 14])


def format_time(at: float, hours: float, form: str = "seconds") -> str:
    """Return the moment in the form of a clock with this offset."""
    zone = datetime.timezone(datetime.timedelta(hours=hours))
    return datetime.datetime.fromtimestamp(at, zone).isoformat(timespec=form)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-25T12:00:00Z", 1795608000), ("2026-11-25T12:00:00", 1795608000), ("2026-11-25t12:00:00z", 1795608000),
        ("2026-11-25 12:00:00+00:00", 1795608000), ("2026-11-25T12:00Z", 1795608000), (" 2026-11-25T12:00:00Z ", 1795608000),
        ("2026-11-25T09:00:00-03:00", 1795608000), ("2026-11-25T17:30:00+0530", 1795608000), ("2026-11-26T02:00:00+14", 1795608000),
        ("2026-11-25T12:00:00.25Z", 1795608000.25), ("2026-11-25T09:00:00.123456789-03:00", 1795608000.123456789),
        ("2026-12-31T23:59:60Z", 1798761600), ("2026-11-25T24:00:00Z", None), ("2026-11-25T12:60:00Z", None),
        ("2026-11-25", None), ("2026-02-30T00:00:00Z", None), ("2026-11-25T25:00:00Z", None), ("2026-11-25T12:00:00+99:00", None),
        ("2026-11-25T12:00:00X", None), ("", None), ("yesterday", None), (None, None), (5, None), ({}, None),
    ],
)  # fmt: skip
def test_a_text_is_a_time_or_null(text: Any, at: float | None) -> None:
    assert epoch(text) == at


@offsets
@pytest.mark.parametrize("form", ["seconds", "microseconds"])
def test_a_retention_counts_the_hours(sim: Any, hours: float, form: str) -> None:
    for name, old in (("young", 22), ("middle", 23.5), ("old", 25)):
        sim.seed("snapshot", name=name, created_at=format_time(sim.now() - old * HOUR, hours, form))
    done = copies.run(sim, "snapshot", state="pruned", all=True, keep_days=1)
    assert [step.description for step in done.outcome.steps] == ["delete snapshot old"]


def test_keep_last_compares_times_with_different_offsets(sim: Any) -> None:
    row = sim.seed("instance", name="web")
    for number, hours in enumerate((14, -12, 5.5, -3, 0)):
        at = format_time(sim.now() - (9 - number) * HOUR, hours)
        sim.seed("snapshot", name=f"n-{number}", instance=row["id"], created_at=at)
    done = copies.run(sim, "snapshot", state="pruned", all=True, keep_last=2)
    assert [step.description for step in done.outcome.steps] == [f"delete snapshot n-{number}" for number in range(3)]
    assert [row["name"] for row in done.more["kept"]] == ["n-3", "n-4"]


@offsets
@pytest.mark.parametrize(("later", "failure"), [(60, None), (-60, "it is older than the copy")])
def test_a_restored_instance_is_younger_than_its_copy(
    sim: Any, hours: float, later: float, failure: str | None
) -> None:
    at = sim.now() - 7200
    sim.seed("snapshot", name="copy", created_at=format_time(at, -3))
    sim.seed("instance", name="web-2", created_at=format_time(at + later, hours))
    done = copies.run(sim, "snapshot", name="copy", state="restored", restore=copies.RESTORE)
    assert failure in str(done.failure) if failure else (done.failure, done.actions) == (None, [])


@pytest.mark.parametrize("untold", ["snapshot", "instance"])
def test_an_instance_of_unknown_age_does_not_count_as_restored(sim: Any, untold: str) -> None:
    odd = {"created_at": "yesterday"}
    sim.seed("snapshot", name="copy", odd=odd if untold == "snapshot" else None)
    sim.seed("instance", name="web-2", odd=odd if untold == "instance" else None)
    done = copies.run(sim, "snapshot", name="copy", state="restored", restore=copies.RESTORE)
    assert "it may be older than the copy" in str(done.failure)
    assert task.list_changes(sim) == []


@offsets
def test_filters_and_order_go_by_the_moment(sim: Any, hours: float) -> None:
    for number, own in enumerate((hours, -hours / 2, 0)):
        sim.seed("snapshot", name=f"n-{number}", created_at=format_time(sim.now() - (9 - number) * HOUR, own))

    def names(**options: Any) -> list[str]:
        rows = result(sim, "vm_info", {"kind": "snapshots", "sort": ["created_at:desc"], **options})["snapshots"]
        return [row["name"] for row in rows]

    assert names() == ["n-2", "n-1", "n-0"]
    assert names(older_than="7.5h") == names(older_than=format_time(sim.now() - 7.5 * HOUR, hours)) == ["n-1", "n-0"]
    assert names(newer_than="7.5h") == names(newer_than=format_time(sim.now() - 7.5 * HOUR, -3)) == ["n-2"]


@offsets
def test_the_age_of_a_row(hours: float) -> None:
    assert seconds_old({"created_at": format_time(1795608000, hours)}, 5, 1795608060) == 60
    assert seconds_old({"created_at": "?"}, 5, 1795608060) == 5
