# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A report on the resources of some regions: those that cost money without being used, and those that failed."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.magalu.cloud.plugins.module_utils._api.rows import dig
from ansible_collections.magalu.cloud.plugins.module_utils._api.times import epoch

from ._sentences import counted, label_of, labels_of, listed

Row = dict[str, t.Any]
Result = t.Mapping[str, t.Any]
DAY = 86400
KINDS = {"instances": "instance", "snapshots": "snapshot", "backups": "backup"}  # key of a result -> kind
FAILED = ("creation_failed", "operation_failed")
MOVING = ("in_transition", "deleting")
STOPPED = ("stopped", "suspended")
CSV_COLUMNS = (
    "kind", "region", "name", "id", "state", "status", "notes", "machine_type", "image", "zone", "private_ipv4",
    "public_ipv4", "public_ipv6", "created_at", "days", "updated_at", "days_unchanged", "size", "instance",
)  # fmt: skip
TABLE_COLUMNS = ("kind", "region", "name", "state", "days", "unchanged", "notes")
WIDEST = 40  # characters of a name in the table


class Finding(t.NamedTuple):
    """A reason to look at a resource: its condition, its note, and its section in the report."""

    id: str
    title: str
    intro: str
    applies: t.Callable[[Row], bool]
    note: t.Callable[[Row], str]
    sentence: t.Callable[[list[Row]], str]
    order: t.Callable[[Row], t.Any]


def _oldest_first(row: Row) -> tuple[bool, float, str]:
    """Return a sort key: the oldest resource first, those of unknown age last; then by name."""
    return _since(row["created_at"], row)


def _unchanged_longest(row: Row) -> tuple[bool, float, str]:
    """Return a sort key: the resource that has been unchanged longest first."""
    return _since(row["updated_at"] or row["created_at"], row)


def _since(text: t.Any, row: Row) -> tuple[bool, float, str]:
    at = epoch(text)
    return (at is None, at or 0, label_of(row))


def _largest_first(row: Row) -> tuple[float, tuple[bool, float, str]]:
    """Return a sort key: the largest resource first, then the oldest."""
    size = row["size"]
    return (-size if isinstance(size, (int, float)) else 0, _oldest_first(row))


def _failure(row: Row) -> str:
    reason = ": ".join(str(part) for part in (dig(row, "error.slug"), dig(row, "error.message")) if part)
    return f"It has failed: {reason.rstrip('.')}." if reason else "It has failed."


FINDINGS = (
    Finding(
        id="stopped-but-billed",
        title="Stopped but billed",
        intro="A stopped instance is billed like a running one. An instance that is not needed any more can be kept as "
              "a "
        "snapshot and deleted. The instance that has been unchanged longest comes first.",
        applies=lambda row: row["kind"] == "instance" and row["state"] in STOPPED,
        note=lambda row: f"It is {row['state']}, but billed.",
        sentence=lambda rows: f"{counted(len(rows), 'instance', 'is')} stopped or suspended, but billed: "
        f"{', '.join(labels_of(rows))}.",
        order=_unchanged_longest,
    ),
    Finding(
        id="public-addresses",
        title="Public addresses",
        intro="Each public IPv4 address is billed. This API does not list addresses that were kept when their instance "
              "was "
        "deleted: look for them in the network's list. The oldest instance comes first.",
        applies=lambda row: bool(row["public_ipv4"]),
        note=lambda row: "Its public IPv4 address is billed.",
        sentence=lambda rows: f"{counted(len(rows), 'instance', 'has')} a public IPv4 address, which is billed: "
        f"{', '.join(sorted(row['public_ipv4'] for row in rows))}.",
        order=_oldest_first,
    ),
    Finding(
        id="failed",
        title="Failed",
        intro="The creation of these resources, or the last operation on them, has failed. The oldest resource comes "
              "first.",
        applies=lambda row: row["phase"] in FAILED,
        note=_failure,
        sentence=lambda rows: f"{counted(len(rows), 'resource', 'has')} failed: {', '.join(labels_of(rows))}.",
        order=_oldest_first,
    ),
    Finding(
        id="copies-without-an-instance",
        title="Copies without an instance",
        intro="The instances of these snapshots and backups are in none of these regions any more. The copies may be "
              "all that "
        "is left of them. The largest copy comes first.",
        applies=lambda row: bool(row["orphaned"]),
        note=lambda row: "Its instance does not exist any more.",
        sentence=lambda rows: f"{counted(len(rows), 'copy', 'has')} no instance any more: "
                              f"{', '.join(labels_of(rows))}.",
        order=_largest_first,
    ),
)  # fmt: skip
LISTS = (
    ("instances", "All instances", "The oldest instance comes first.", "instance", _oldest_first),
    ("snapshots", "All snapshots", "The largest snapshot comes first.", "snapshot", _largest_first),
    ("backups", "All backups", "The largest backup comes first.", "backup", _largest_first),
)


def describe_estate(results: t.Sequence[Result], now: str) -> Row:
    """Return the report on results of vm_info, each with its region as `item`.

    Ages end at the first time that the API returned, else at `now`.
    """
    time = next((result["api_time"] for result in results if result.get("api_time")), now)
    resources = _resources(results, epoch(time) or 0)
    found = {finding.id: [row for row in resources if finding.id in row["findings"]] for finding in FINDINGS}
    sections = [
        _section(finding.id, finding.title, finding.intro, found[finding.id], finding.order) for finding in FINDINGS
    ]
    for key, title, intro, kind, order in LISTS:
        sections.append(_section(key, title, intro, [row for row in resources if row["kind"] == kind], order))
    regions = list(dict.fromkeys(str(result["item"]) for result in results))
    rows = [row for section in sections[len(FINDINGS) :] for row in section["resources"]]
    return {
        "regions": regions,
        "time": time,
        "resources": rows,
        "sections": sections,
        "stats": _stats(regions, time, rows, found),
        "csv": [",".join(map(_cell, line)) for line in _csv_rows(CSV_COLUMNS, rows)],
        "table": _table([row for row in rows if row["findings"]]),
        "sentences": _sentences(regions, rows, found),
    }


def _resources(results: t.Sequence[Result], now: float) -> list[Row]:
    found = [
        (kind, result["item"], row)
        for key, kind in KINDS.items()
        for result in results
        for row in result.get(key) or ()
    ]
    instances = {str(row["id"]).lower() for kind, _region, row in found if kind == "instance"}
    return [_resource(kind, str(region), row, instances, now) for kind, region, row in found]


def _resource(kind: str, region: str, row: Result, instances: set[str], now: float) -> Row:
    """Return a resource as a row of the report. `instances` are the ids of all instances in lower case."""
    source = row if kind == "instance" else row.get("instance") or {}
    resource: Row = {
        "kind": kind,
        "region": region,
        **{
            key: row.get(key)
            for key in ("name", "id", "state", "status", "phase", "error", "size", "created_at", "updated_at")
        },
        **{key: row.get(key) for key in ("private_ipv4", "public_ipv4", "public_ipv6")},
        "zone": row.get("availability_zone"),
        "machine_type": dig(source, "machine_type.name"),
        "image": dig(source, "image.name"),
        "instance": None if kind == "instance" else source.get("id"),
        "orphaned": kind != "instance" and str(source.get("id")).lower() not in instances,
        "days": _days(row.get("created_at"), now),
        "days_unchanged": _days(row.get("updated_at") or row.get("created_at"), now),
    }
    findings = [finding for finding in FINDINGS if finding.applies(resource)]
    resource["findings"] = [finding.id for finding in findings]
    resource["notes"] = " ".join(finding.note(resource) for finding in findings)
    resource["mood"] = _mood(resource)
    return resource


def _days(text: t.Any, now: float) -> int | None:
    """Return the whole days since a time; None if the time is unknown."""
    at = epoch(text)
    return None if at is None else max(int((now - at) // DAY), 0)


def _mood(row: Row) -> str:
    """Return the class that gives the state its colour."""
    if row["phase"] in FAILED:
        return "failed"
    if row["phase"] in MOVING:
        return "moving"
    return "stopped" if row["state"] in STOPPED else "well"


def _section(key: str, title: str, intro: str, rows: list[Row], order: t.Callable[[Row], t.Any]) -> Row:
    copies = bool(rows) and all(row["kind"] != "instance" for row in rows)
    counter = title.removeprefix("All ").lower()
    return {
        "id": key,
        "title": title,
        "counter": counter,
        "intro": intro,
        "copies": copies,
        "resources": sorted(rows, key=order),
    }


def _stats(regions: list[str], time: str, rows: list[Row], found: t.Mapping[str, list[Row]]) -> Row:
    kinds = [row["kind"] for row in rows]
    return {
        "regions": regions,
        "time": time,
        "instances": kinds.count("instance"),
        "running": sum(row["kind"] == "instance" and row["state"] == "running" for row in rows),
        "stopped_but_billed": labels_of(found["stopped-but-billed"]),
        "public_addresses": sorted(row["public_ipv4"] for row in found["public-addresses"]),
        "failed": labels_of(found["failed"]),
        "snapshots": kinds.count("snapshot"),
        "backups": kinds.count("backup"),
        "copies_without_instance": labels_of(found["copies-without-an-instance"]),
    }


def _sentences(regions: list[str], rows: list[Row], found: t.Mapping[str, list[Row]]) -> list[str]:
    kinds = [row["kind"] for row in rows]
    counts = listed(counted(kinds.count(kind), kind) for kind in KINDS.values())
    sentences = [f"{listed(regions)} {'has' if len(regions) == 1 else 'have'} {counts}."]
    sentences += [finding.sentence(found[finding.id]) for finding in FINDINGS if found[finding.id]]
    return sentences


def _csv_rows(columns: t.Sequence[str], rows: t.Iterable[Row]) -> t.Iterator[list[str]]:
    """Yield the headings, then the texts of each row, each on one line."""
    yield list(columns)
    for row in rows:
        yield [re.sub(r"\s+", " ", "" if row[column] is None else str(row[column])) for column in columns]


def _cell(text: str) -> str:
    """Return a text as a cell of a CSV file.

    An apostrophe keeps a spreadsheet from reading the text as a formula, also after the characters by which other
    countries separate cells.
    """
    text = re.sub(r"(^|[;|])(?= ?[=+@-])", r"\1'", text)
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",;]|^ | $', text) else text


def _table(rows: t.Sequence[Row]) -> list[str]:
    """Return the resources as lines with aligned columns, the numbers to the right."""
    if not rows:
        return []
    lines = list(
        _csv_rows(TABLE_COLUMNS, [dict(row, unchanged=row["days_unchanged"], name=_short(row)) for row in rows])
    )
    widths = [max(map(len, column)) for column in zip(*lines)]
    numbers = {TABLE_COLUMNS.index("days"), TABLE_COLUMNS.index("unchanged")}
    return [
        "  ".join(
            cell.rjust(width) if number in numbers else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(line, widths))
        ).rstrip()
        for line in lines
    ]


def _short(row: Row) -> str:
    name = " ".join(label_of(row).split())
    return name if len(name) <= WIDEST else f"{name[: WIDEST - 3]}..."
