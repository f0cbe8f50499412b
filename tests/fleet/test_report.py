# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report page of a fleet: the recorded phases, the contents of the page, and its display in a browser."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._resources import fleet_report
from ansible_collections.magalu.cloud.plugins.module_utils._resources.fleet_progress import Standing
from ansible_collections.magalu.cloud.plugins.module_utils._resources.fleet_report import (
    FEW,
    WIDTH,
    Line,
    Report,
    Span,
    format_duration,
    report_page,
)
from tests.support.browser import browsing
from tests.support.declarations import LARGE
from tests.support.fleet import done, run, seed

HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(1)> & \"'{{ 1 }}"


class Page(HTMLParser):
    """A parser of a page: its members' rows, their phases, and everything that a browser would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.rows: list[dict[str, Any]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        assert not [name for name in given if name.startswith("on")]
        if tag == "tr":
            self.rows.append({"id": given.get("id"), "bars": [], "texts": []})
        if tag == "rect" and self.rows:
            drawn = (given["class"], float(given["x"] or 0), float(given["width"] or 0))
            self.rows[-1]["bars"].append(drawn)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())
            if self.rows:
                self.rows[-1]["texts"].append(data.strip())

    def members(self) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["id"]]

    def phases(self) -> list[list[str]]:
        """Return the phases of each member, in order; a phase may cover several statuses of the API."""
        return [[phase for phase, _bars in groupby(one[0] for one in row["bars"])] for row in self.members()]


def fleet_page(sim: Any, path: Path, **options: Any) -> tuple[Page, dict[str, Any]]:
    """Run a fleet with a report, and return its page."""
    given = run(sim, report=str(path), **options)
    return Page(path.read_text()), given


def span(at: float, phase: str, word: str = "", status: str = "") -> Span:
    return Span(at, Standing(phase, word or phase, status))


def a_page(count: int, error: str = "") -> str:
    """Return a page with `count` members; the first member failed if there is an error."""
    lines = [
        Line(
            f"web-{number:04d}",
            [span(0, "waiting"), span(0.1 + number / 100, "requested", "creating"), span(2 + number / 100, "moving", "creating"),
             span(20 + number / 50, "failed" if error and not number else "settled", "running")],
            "create", error if not number else "",
        ) for number in range(count)
    ]  # fmt: skip
    totals = {
        "members": count,
        "changed": count,
        "failed": int(bool(error)),
        "created": count,
        "deleted": 0,
        "pruned": 0,
    }
    return report_page(lines, totals, 45, "2026-11-25 04:50:06 +0000", "br-se1")


def test_every_member_is_requested_moves_and_settles(sim: Any, tmp_path: Path) -> None:
    page, given = fleet_page(sim, tmp_path / "fleet.html", count=14, name_format="web-{index:02d}")
    assert not given.get("failed")
    assert page.phases() == [["requested", "moving", "settled"]] * 14
    assert [row["texts"][:2] for row in page.members()] == [[f"web-{n:02d}", "create"] for n in range(1, 15)]
    for row in page.members():
        ends = [begin + width for _phase, begin, width in row["bars"]]
        assert ends == sorted(ends) and ends[-1] <= WIDTH
    assert "Fleet web in br-se1" in page.texts and "14" in page.texts
    assert any(re.fullmatch(r"The run started at \S+ \S+ \S+ and took .+ s\.", text) for text in page.texts)


def test_a_bar_shows_the_begin_and_duration_of_a_phase() -> None:
    text = a_page(1)
    (row,) = Page(text).members()
    assert row["bars"] == [
        ("waiting", 0, 3),
        ("requested", 3, 41.4),  # every bar is wide enough to be visible
        ("moving", 44.4, 400),
        ("settled", 444.4, 555.6),
    ]
    assert "2 s: creating, 18 s" in row["texts"]


def test_the_report_shows_unchanged_changed_pruned_and_failed_members(sim: Any, tmp_path: Path) -> None:
    seed(sim, ["web-1", "web-2", "web-old"])
    path = tmp_path / "fleet.html"
    instances = [{"name": "web-1"}, {"name": "web-2", "machine_type": LARGE, "state": "stopped"}]
    page, _given = fleet_page(sim, path, instances=instances, prune_match="web-*")
    assert [row["texts"][1] for row in page.members()] == ["unchanged", "retype, stop", "delete"]
    moves = ["requested", "moving"]
    assert page.phases() == [["settled"], [*moves, *moves, "settled"], [*moves, "settled"]]
    begin = page.members()[2]["bars"][0][1]
    assert begin > page.members()[1]["bars"][1][1], "what is pruned begins after all others"


def test_the_report_is_written_if_members_fail_with_their_reasons(sim: Any, tmp_path: Path) -> None:
    sim.add_fault(operation="instance_create", match=2, kind="status", status=400,
                  body={"message": HOSTILE, "slug": "<b>slug</b>"})  # fmt: skip
    page, given = fleet_page(sim, tmp_path / "fleet.html", count=3, name_format="web-{index}", concurrency=1)
    assert given["failed"]
    assert [phases[-1] for phases in page.phases()] == ["settled", "failed", "settled"]
    assert "1 member failed." in page.texts
    assert any(HOSTILE in text for text in page.texts), "as it is, and escaped"
    assert not {"script", "img"} & set(page.tags)
    assert page.links == ["data:,", "#m1"]


def test_the_report_is_written_if_the_task_fails(sim: Any, tmp_path: Path) -> None:
    sim.add_fault(operation="GET /v1/instances", kind="status", status=403, body={"message": HOSTILE})
    page, given = fleet_page(sim, tmp_path / "fleet.html", count=3, name_format="web-{index}")
    assert given["failed"] and page.phases() == [["waiting"]] * 3 and "The task failed." in page.texts
    assert any(HOSTILE in text for text in page.texts)


def test_the_report_says_which_members_were_not_started(sim: Any, tmp_path: Path) -> None:
    sim.add_fault(operation="instance_create", kind="status", status=400)
    options = {"batch": "1", "max_failures": "0"}
    page, given = fleet_page(sim, tmp_path / "fleet.html", count=3, name_format="web-{index}", **options)
    assert given["failed"] and page.phases()[1:] == [["failed"]] * 2
    assert ["not started" in " ".join(row["texts"]) for row in page.members()] == [False, True, True]


def test_a_phase_begins_at_the_request_or_at_the_first_listing(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [Standing("requested", "creating", "", 101.5)]
    monkeypatch.setattr(fleet_report, "list_standings", lambda _ones: told)
    report = Report("", [], lambda _text: None, lambda: 100.0, "br-se1")
    report.past.append([span(0, "waiting")])
    report.watch(103.0)
    told[0] = Standing("settled", "running")
    told.append(Standing("waiting", "waiting"))
    report.watch(110.0)
    report.watch(112.0)
    assert [[one.at for one in spans] for spans in report.past] == [[0, 1.5, 10], [10]]


def test_an_overview_of_many_shows_how_many_stood_where() -> None:
    assert "<polygon" not in a_page(FEW)
    (areas,) = re.findall(r"<tr class=all>.*", a_page(40))
    points = dict(re.findall(r'<polygon class="(\w+)" points="([^"]+)"', areas))
    assert list(points) == ["settled", "moving", "requested", "waiting"]
    assert points["waiting"].startswith("0,0 4.16667,0"), "all wait at first"
    assert "1000,0 1000,40 " in points["settled"], "and all have settled in the end"


def test_names_are_escaped(sim: Any, tmp_path: Path) -> None:
    names = [f"{HOSTILE}-{number}" for number in range(2)]
    seed(sim, names)
    page, _given = fleet_page(sim, tmp_path / "fleet.html", instances=[{"name": name} for name in names])
    assert [row["texts"][0] for row in page.members()] == names
    failing = [{"name": name, "image": "none"} for name in (f"{HOSTILE}-8", f"{HOSTILE}-9")]
    failed, _given = fleet_page(sim, tmp_path / "fleet.html", instances=failing)
    assert "2 members failed." in failed.texts and not {"script", "img"} & set(failed.tags)
    assert f"Fleet {HOSTILE} in br-se1" in page.texts and "script" not in page.tags


def test_the_report_needs_a_real_run_and_a_writable_path(sim: Any, tmp_path: Path) -> None:
    path = tmp_path / "fleet.html"
    done(sim, True, count=1, name_format="web-{index}", report=str(path))
    assert not path.exists()
    given = done(sim, count=1, name_format="web-{index}", report=str(tmp_path / "not there/fleet.html"))
    assert given["totals"]["created"] == 1


def test_a_page_needs_nothing_else_and_is_small() -> None:
    text = a_page(1000)
    page = Page(text)
    assert len(page.members()) == 1000 and len(text) < 800_000
    assert page.links == ["data:,"] and "script" not in page.tags
    assert not re.search(r"https?:|@import|url\(", text)


@pytest.mark.parametrize(("names", "called"), [
    (["web-01", "web-02"], "web"), (["db-01", "web-01", "web-02"], "db, web"), (["a1", "b1", "c1", "d1"], "of 4"),
    (["1", "2"], "of 2"), ([], "of 0"),
])  # fmt: skip
def test_a_fleet_is_called_by_the_names_of_its_members(names: list[str], called: str) -> None:
    assert fleet_report.fleet_name(names) == called


@pytest.mark.parametrize(("seconds", "words"), [
    (0, "0 s"), (0.04, "0 s"), (9.96, "10 s"), (59.6, "1 min"), (83, "1 min 23 s"), (3600, "1 h"), (7325, "2 h 2 min 5 s"),
])  # fmt: skip
def test_durations(seconds: float, words: str) -> None:
    assert format_duration(seconds) == words


@pytest.mark.parametrize("seconds", [0, 0.05, 1, 7, 61, 3599, 90000, 10**7])
def test_an_axis_has_a_handful_of_marks(seconds: float) -> None:
    text = report_page([], {"members": 0}, seconds, "", "br-se1")
    assert 1 <= len(re.findall(r"<span style", text)) <= 120 and (seconds > 86400 * 8) == (text.count("<span") > 10)


@pytest.mark.programs
@pytest.mark.needs("chromium")
@pytest.mark.parametrize("count", [1, 1000])
def test_a_browser_shows_the_report(tmp_path: Path, count: int) -> None:
    path, picture = tmp_path / "fleet.html", tmp_path / "fleet.png"
    path.write_text(a_page(count, error=f"Failed: {HOSTILE}"))
    with browsing(tmp_path) as browser:
        browser.size(1280, 900)
        browser.open(path.as_uri())
        page = Page(browser.value("document.documentElement.outerHTML"))
        browser.picture(picture)
    assert browser.complaints == []
    assert len(page.members()) == count and f"{count:,}" in page.texts
    assert page.phases()[0] == ["waiting", "requested", "moving", "failed"]
    assert any(HOSTILE in text for text in page.texts) and "script" not in page.tags
    assert picture.read_bytes().startswith(b"\x89PNG") and len(picture.read_bytes()) > 10_000
