# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter estate: findings, ages, order, and cells that a spreadsheet does not read as formulas."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.filter.estate import estate
from ansible_collections.magalu.cloud.plugins.plugin_utils._estate import TABLE_COLUMNS, describe_estate

Row = dict[str, Any]
NOW = "2026-11-30T12:00:00Z"
ID, OTHER = "0c0d1d7e-4a55-4a51-8111-53d05d96d2c6", "1c0d1d7e-4a55-4a51-8111-53d05d96d2c6"
WELL: Row = {"state": "running", "status": "completed", "phase": "settled", "created_at": "2026-11-25T12:00:00Z"}


def row(name: str | None = "web", **fields: Any) -> Row:
    return {"id": f"id-of-{name}", "name": name, **WELL, **fields}


def copy(name: str = "copy", of: str | None = None, **fields: Any) -> Row:
    instance = {"id": of, "machine_type": {"name": "BV1"}, "image": {"name": "ubuntu"}}
    return row(name, state="available", instance=instance if of else None, **fields)


def described(instances: Any = (), snapshots: Any = (), backups: Any = (), time: str | None = NOW) -> Row:
    lists = {"instances": instances, "snapshots": snapshots, "backups": backups}
    return describe_estate([{"item": "br-se1", "api_time": time, key: list(rows)} for key, rows in lists.items()], NOW)


def only(report: Row) -> Row:
    (found,) = report["resources"]
    assert isinstance(found, dict)
    return found


def names(report: Row, section: str) -> list[str]:
    return next([one["name"] for one in each["resources"]] for each in report["sections"] if each["id"] == section)


@pytest.mark.parametrize(
    ("fields", "findings", "notes", "mood"),
    [
        ({}, [], "", "well"),
        ({"state": "stopped"}, ["stopped-but-billed"], "It is stopped, but billed.", "stopped"),
        ({"state": "suspended"}, ["stopped-but-billed"], "It is suspended, but billed.", "stopped"),
        ({"public_ipv4": "192.0.2.9"}, ["public-addresses"], "Its public IPv4 address is billed.", "well"),
        ({"phase": "operation_failed"}, ["failed"], "It has failed.", "failed"),
        (
            {"phase": "creation_failed", "error": {"slug": "capacity", "message": "No <b>capacity</b>."}},
            ["failed"], "It has failed: capacity: No <b>capacity</b>.", "failed",
        ),
        ({"phase": "operation_failed", "error": {"slug": None, "message": "Why"}}, ["failed"], "It has failed: Why.", "failed"),
        ({"status": "an_error_that_is_none"}, [], "", "well"),
        ({"phase": "in_transition"}, [], "", "moving"),
        ({"phase": "deleting"}, [], "", "moving"),
        (
            {"state": "stopped", "public_ipv4": "192.0.2.9", "phase": "operation_failed"},
            ["stopped-but-billed", "public-addresses", "failed"],
            "It is stopped, but billed. Its public IPv4 address is billed. It has failed.", "failed",
        ),
    ],
)  # fmt: skip
def test_findings_of_an_instance(fields: Row, findings: list[str], notes: str, mood: str) -> None:
    found = only(described([row(**fields)]))
    assert (found["findings"], found["notes"], found["mood"]) == (findings, notes, mood)


@pytest.mark.parametrize(("of", "alone"), [(ID, False), (ID.upper(), False), (OTHER, True), (None, True)])
@pytest.mark.parametrize("kind", ["snapshots", "backups"])
def test_a_copy_whose_instance_does_not_exist(kind: str, of: str | None, alone: bool) -> None:
    """A copy of a missing instance is found; an instance in another region, or an id in capitals, is not missing."""
    results = [{"item": "br-se1", "instances": [row(id=ID)]}, {"item": "br-ne1", kind: [copy(of=of)]}]
    report = describe_estate(results, NOW)
    assert report["resources"][1]["findings"] == ["copies-without-an-instance"] * alone
    assert report["stats"]["copies_without_instance"] == ["copy"] * alone
    assert report["resources"][1]["instance"] == of


@pytest.mark.parametrize(
    ("created", "updated", "days"),
    [
        ("2026-11-25T12:00:00Z", None, (5, 5)),
        ("2026-11-25T12:00:01Z", None, (4, 4)),
        ("2026-11-25T09:00:00-03:00", "2026-11-29T12:00:00Z", (5, 1)),
        ("2026-12-01T12:00:00Z", None, (0, 0)),
        (None, "2026-11-29T12:00:00Z", (None, 1)),
        ("soon", None, (None, None)),
    ],
)
def test_whole_days_by_the_clock_of_the_api(created: Any, updated: Any, days: Any) -> None:
    report = describe_estate(
        [{"item": "x", "api_time": NOW, "instances": [row(created_at=created, updated_at=updated)]}], ""
    )
    assert (only(report)["days"], only(report)["days_unchanged"]) == days
    assert report["time"] == NOW


def test_time_without_a_clock_of_the_api() -> None:
    assert only(described([row()], time=None))["days"] == 5
    assert estate([{"item": "br-se1", "instances": [row()]}])["time"] > "2026"


def test_order_by_age_or_size() -> None:
    """Rows are sorted by age or size, unknown values last."""
    born = {"new": "2026-11-29T00:00:00Z", "never": None, "old": "2026-11-01T00:00:00-03:00"}
    ages = [row(name, created_at=at, public_ipv4="192.0.2.1", phase="operation_failed") for name, at in born.items()]
    report = described(ages)
    for section in ("instances", "public-addresses", "failed"):
        assert names(report, section) == ["old", "new", "never"]
    rests = [row("moved", state="stopped", created_at=born["old"], updated_at=NOW), row("kept", state="stopped")]
    assert names(described(rests), "stopped-but-billed") == ["kept", "moved"]
    sizes = [copy("none", size=None), copy("small", size=1), copy("odd", size="big"), copy("large", size=40.5)]
    report = described(snapshots=sizes, backups=sizes)
    assert names(report, "snapshots") == names(report, "backups") == ["large", "small", "none", "odd"]
    assert names(report, "copies-without-an-instance")[:2] == ["large", "large"]


def test_each_section_states_its_contents_and_order() -> None:
    web = row("web", state="stopped", public_ipv4="192.0.2.9", phase="operation_failed")
    report = described([web], [copy("day", of=OTHER)], [copy("night", of=OTHER)])
    intros = {section["id"]: section["intro"] for section in report["sections"]}
    assert {name: text.split(". ")[-1] for name, text in intros.items()} == {
        "stopped-but-billed": "The instance that has been unchanged longest comes first.",
        "public-addresses": "The oldest instance comes first.", "failed": "The oldest resource comes first.",
        "copies-without-an-instance": "The largest copy comes first.", "instances": "The oldest instance comes first.",
        "snapshots": "The largest snapshot comes first.", "backups": "The largest backup comes first.",
    }  # fmt: skip
    assert intros["stopped-but-billed"].startswith(
        "A stopped instance is billed like a running one. An instance that is "
    )
    assert intros["public-addresses"].startswith(
        "Each public IPv4 address is billed. This API does not list addresses that"
    )
    assert intros["failed"].startswith("The creation of these resources, or the last operation on them, has failed. ")
    assert intros["copies-without-an-instance"].startswith(
        "The instances of these snapshots and backups are in none of "
    )


def test_order_of_equal_ages_is_by_name() -> None:
    assert names(described([row("b"), row("c"), row("a")]), "instances") == ["a", "b", "c"]


def test_stats_and_sentences() -> None:
    report = described(
        [
            row("b", state="stopped"),
            row(None, id=ID, state="suspended"),
            row("c", public_ipv4="192.0.2.9", phase="operation_failed"),
        ],
        [copy("of-b", of=ID), copy("of-none")],
        [copy("lost", of=OTHER)],
    )
    assert report["stats"] == {
        "regions": ["br-se1"], "time": NOW, "instances": 3, "running": 1, "stopped_but_billed": [ID, "b"],
        "public_addresses": ["192.0.2.9"], "failed": ["c"], "snapshots": 2, "backups": 1,
        "copies_without_instance": ["lost", "of-none"],
    }  # fmt: skip
    assert report["sentences"] == [
        "br-se1 has 3 instances, 2 snapshots and 1 backup.",
        f"2 instances are stopped or suspended, but billed: {ID}, b.",
        "1 instance has a public IPv4 address, which is billed: 192.0.2.9.",
        "1 resource has failed: c.",
        "2 copies have no instance any more: lost, of-none.",
    ]


def test_rows_may_lack_fields_of_another_api_version() -> None:
    found = {key: only(described(**{key: [{"id": ID}]})) for key in ("instances", "snapshots", "backups")}
    assert [row["notes"] for row in found.values()] == ["", *["Its instance does not exist any more."] * 2]
    assert {row[key] for row in found.values() for key in ("days", "machine_type", "zone", "public_ipv4", "size")} == {
        None
    }


def test_nothing_there() -> None:
    """An empty report works; a result without a list, as of backups that the API lacks, is ignored."""
    report = describe_estate(
        [{"item": region, "failed": True, "msg": "No backups"} for region in ("br-se1", "br-ne1")], NOW
    )
    assert report["sentences"] == ["br-se1 and br-ne1 have no instances, no snapshots and no backups."]
    assert (report["regions"], report["resources"], report["table"]) == (["br-se1", "br-ne1"], [], [])
    assert [len(section["resources"]) for section in report["sections"]] == [0] * 7
    assert len(report["csv"]) == 1


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("plain", "plain"),
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        (" +1", "' +1"),
        ('x;=1+1, "q"\n-2|@3', '''"x;'=1+1, ""q"" -2|'@3"'''),
        ("@a", "'@a"),
        ("a,b", '"a,b"'),
        ("a  \t b", "a b"),
        (None, ""),
    ],
)
def test_cells(name: Any, cell: str) -> None:
    lines = described([row(name, id="i")])["csv"]
    assert lines[1].startswith(f"instance,br-se1,{cell},i,running,completed,,")
    (read,) = csv.DictReader(lines)
    assert read["days"] == "5" and read["instance"] == "" and len(read) == 19


def test_columns_of_a_copy() -> None:
    (read,) = csv.DictReader(described(snapshots=[copy(of=ID, size=20, updated_at=NOW)])["csv"])
    assert {key: value for key, value in read.items() if value} == {
        "kind": "snapshot", "region": "br-se1", "name": "copy", "id": "id-of-copy", "state": "available", "status": "completed",
        "notes": "Its instance does not exist any more.", "machine_type": "BV1", "image": "ubuntu", "days": "5", "size": "20",
        "created_at": WELL["created_at"], "updated_at": NOW, "days_unchanged": "0", "instance": ID,
    }  # fmt: skip


def test_table_is_aligned() -> None:
    report = described(
        [row("a" * 99, state="stopped", created_at="2024-01-01T00:00:00Z"), row("b\n b", state="stopped"), row()]
    )
    head, first, second = report["table"]
    assert head.split() == list(TABLE_COLUMNS)
    assert f"{'a' * 37}...  stopped  1064       1064  It is stopped, but billed." in first
    assert second.index("It is") == first.index("It is") == head.index("notes")
    assert f"b b{' ' * 37}  stopped     5          5  It" in second
