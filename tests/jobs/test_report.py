# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbook report: its page, its table, its output and its statistics, in which names are only texts."""

from __future__ import annotations

import csv
import datetime
import html.parser
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import browsing
from tests.support.fleet import seed
from tests.support.launch import errors_in_answers, launch, play, refusals
from tests.support.play import SPEED

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]
SLOW = pytest.mark.test_all("one run of the playbook and its refusals are in make test")

DAY = 86400
SCRIPT, FORMULA, TEMPLATE = "<script>alert(1)</script>", "=HYPERLINK(1)", "{{ lookup('pipe', 'touch PROOF') }}"
OTHER = 'x;=1+1, "q"\n-2|@3'
ERROR = {"slug": "create_instance.capacity.error", "message": "No capacity <b>in</b> this zone"}


class Page(html.parser.HTMLParser):
    """A parser of the page: its elements, and the texts of its tables' rows by the heading above."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.tables: dict[str, list[list[str]]] = {}
        self.inside: list[str] = []
        self.moods: dict[str, str] = {}  # the colour of each state
        self.mood = ""
        self.feed(file.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.inside.append(tag)
        self.mood = str(dict(attrs).get("class")).removeprefix("state ") if tag == "span" else ""
        if tag == "tr" and "tbody" in self.inside:
            self.tables[list(self.tables)[-1]].append([])

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.inside[-1:] == ["h2"]:
            self.tables[data] = []
        elif "tbody" in self.inside and data.strip():
            self.tables[list(self.tables)[-1]][-1].append(data)
            if self.mood:
                self.moods[data] = self.mood

    def names(self, heading: str) -> list[str]:
        return sorted(row[0] for row in self.tables[heading])


def table(text: str) -> dict[str, dict[str, str]]:
    """Return the rows of a CSV by their names."""
    return {row["name"]: row for row in csv.DictReader(text.splitlines())}


def test_the_report_contains_all_resources(sim: Any, tmp_path: Path) -> None:
    """The report has everything in the account, with ages by the API's clock, which is 100 days ahead here."""
    sim.reset(edition="2024-08", nulls="omitted")
    sim.advance(100 * DAY)
    seed(sim, ["web-01", SCRIPT, FORMULA, OTHER, TEMPLATE], created_at=sim.now() - 5 * DAY)
    # The local time of the job is three hours behind.
    at = datetime.datetime.fromtimestamp(sim.now() - 50 * DAY - 3600, datetime.timezone(datetime.timedelta(hours=-3)))
    seed(sim, ["old"], state="stopped", public_ip="192.0.2.9", created_at=at.isoformat(timespec="seconds"))
    seed(sim, ["held"], state="suspended", updated_at="2001-02-03T04:05:06Z")
    broken = {"state": "error", "status": "creating_error", "error": ERROR, "created_at": sim.now()}
    sim.seed("instance", "br-ne1", name="broken", **broken)
    sim.seed("instance", "br-ne1", name="dead", state="error", created_at=sim.now())
    old = next(row["id"] for row in sim.state()["br-se1"]["instances"] if row["name"] == "old")
    sim.seed("snapshot", "br-ne1", name="of-old", instance=old.upper())
    sim.seed("snapshot", name="of-none", instance=None)
    sim.seed("backup", name="of-lost", created_at=sim.now() - 2 * DAY)
    answers = {"magalu_regions": ["br-se1", "br-ne1"], "magalu_region": "", "magalu_report_folder": "out/of/it"}
    job = launch(sim, tmp_path, "report", answers)
    assert job.code == 0, job.said
    time = job.stats["magalu_report"].pop("time")
    assert job.stats == {"magalu_report": {
        "regions": ["br-se1", "br-ne1"], "instances": 9, "running": 5, "stopped_but_billed": ["held", "old"],
        "public_addresses": ["192.0.2.9"], "failed": ["broken", "dead"], "snapshots": 2, "backups": 1,
        "copies_without_instance": ["of-lost", "of-none"],
    }}  # fmt: skip
    page, text = Page(tmp_path / "out/of/it/report.html"), (tmp_path / "out/of/it/report.csv").read_text()
    assert page.names("Stopped but billed") == ["held", "old"]
    assert page.names("Public addresses") == ["old"]
    assert page.names("Failed") == ["broken", "dead"]
    assert page.names("Copies without an instance") == ["of-lost", "of-none"]
    assert page.names("All instances") == sorted(
        ["web-01", SCRIPT, FORMULA, OTHER, TEMPLATE, "old", "held", "broken", "dead"]
    )
    assert (page.names("All snapshots"), page.names("All backups")) == (["of-none", "of-old"], ["of-lost"])
    assert (
        "script" not in page.elements
        and f"This is what existed at {time}" in (tmp_path / "out/of/it/report.html").read_text()
    )
    assert "No capacity <b>in</b> this zone" in " ".join(page.tables["Failed"][0] + page.tables["Failed"][1])
    assert page.moods == {
        "running": "well",
        "stopped": "stopped",
        "suspended": "stopped",
        "error": "failed",
        "available": "well",
    }
    assert (
        "stopped  " in job.said
        and "It is stopped, but billed. Its public" in job.said.partition("instance,br-se1,old")[2]
    )
    rows = table(text)
    assert [name for name in rows if re.match(r"[=+@-]", name)] == []
    assert {"'" + FORMULA, """x;'=1+1, "q" -2|'@3""", SCRIPT, TEMPLATE} < set(rows)
    assert (rows["old"]["days"], rows["old"]["days_unchanged"], rows["web-01"]["days"]) == ("50", "50", "5")
    assert int(rows["held"]["days_unchanged"]) > 9000
    assert (rows["old"]["notes"], rows["held"]["notes"]) == (
        "It is stopped, but billed. Its public IPv4 address is billed.",
        "It is suspended, but billed.",
    )
    assert rows["broken"]["notes"] == f"It has failed: {ERROR['slug']}: {ERROR['message']}."
    assert (rows["broken"]["region"], rows["dead"]["notes"]) == ("br-ne1", "It has failed.")
    assert (rows["of-none"]["notes"], rows["of-old"]["notes"], rows["of-old"]["instance"]) == (
        "Its instance does not exist any more.",
        "",
        old.upper(),
    )
    assert (
        rows["old"] | {"kind": "instance", "machine_type": "BV1-1-40", "zone": "br-se1-a", "public_ipv4": "192.0.2.9"}
        == rows["old"]
    )
    shown = re.search(r"\"msg\": (\[\n +\"kind,region.*?\n    \])", job.said, re.DOTALL)
    assert shown and json.loads(shown.group(1)) == text.splitlines()
    assert not (tmp_path / "PROOF").exists()


@SLOW
@pytest.mark.needs("chromium")
def test_the_page_in_a_browser(sim: Any, tmp_path: Path) -> None:
    """In a browser, no name runs as code or exceeds the window, wide or narrow, and the page loads nothing."""
    seed(sim, ["w" * 255, SCRIPT, "<img src=x onerror=alert(1)>"], state="stopped", public_ip=False)
    assert launch(sim, tmp_path, "report", {}).code == 0
    file = tmp_path / "magalu-report/report.html"
    with browsing(tmp_path) as browser:
        for width in (1280, 400):
            browser.size(width, 900)
            browser.open(f"file://{file}")
            assert browser.value("document.documentElement.scrollWidth") <= width
            assert browser.value("[...document.querySelectorAll('script, img')].length") == 0
            assert SCRIPT in browser.value("document.body.innerText")
        assert (browser.complaints, set(browser.asked)) == ([], {f"file://{file}"})


@SLOW
def test_a_region_without_backups_can_be_reported(sim: Any, tmp_path: Path) -> None:
    """A report of the environment's region works without backups; check mode prints the same, and writes nothing."""
    sim.seed("instance", "br-ne1", name="web-01")
    job = launch(
        sim, tmp_path, "report", {"magalu_regions": "", "magalu_region": " "}, ("--check",), MGC_REGION="br-ne1"
    )
    assert job.code == 0 and job.stats["magalu_report"]["regions"] == ["br-ne1"]
    assert job.summary[0] == "br-ne1 has 1 instance, no snapshots and no backups."
    assert job.summary[-1].startswith("The report would be ") and not (tmp_path / "magalu-report").exists()
    plays = [
        {"import_playbook": "magalu.cloud.report", "vars": {"magalu_region": region}} for region in ("br-mgl1", "")
    ]
    job = play(sim, tmp_path, json.dumps(plays))
    assert job.code == 0 and " changed=4 " in job.said
    assert ["br-mgl1 has" in job.said, job.summary[0]] == [
        True,
        "br-se1 has no instances, no snapshots and no backups.",
    ]
    assert job.summary[-1].startswith("The report is ") and (tmp_path / "magalu-report/report.html").exists()


@SLOW
def test_the_report_is_complete_or_fails(sim: Any, tmp_path: Path) -> None:
    sim.reset(edition="2024-08")
    sim.add_fault(operation="GET /v1/backups", nth="every", kind="status", status=403, body={"message": "Not you"})
    job = launch(sim, tmp_path, "report", {"magalu_regions": "br-se1,\nbr-ne1", "magalu_region": "br-mgl1"})
    assert job.code == 2 and "Not you" in job.said and "(item=br-ne1)" in job.said
    job = launch(sim, tmp_path, "report", {"magalu_regions": "br-se1, br-xx1"})
    assert job.code == 2 and "Check the region 'br-xx1' (region, MGC_REGION)" in job.said
    assert not (tmp_path / "magalu-report").exists()


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (
            {"magalu_regions": "br-se1, ../x"},
            "magalu_regions contains '../x'; it must be the name of a region, such as br-se1.",
        ),
        ({"magalu_region": "br/x"}, "magalu_region is 'br/x'; it must be the name of a region, such as br-se1."),
        ({"magalu_regions": "BR-SE1 br-ne1\nbr-se1,", "magalu_region": " "}, ""),
        ({}, ""),
    ],
)
def test_bad_answers_are_refused(answers: Any, message: str) -> None:
    assert errors_in_answers("report", answers) == message


def test_refusal_before_any_request(sim: Any, tmp_path: Path) -> None:
    assert refusals(sim, tmp_path, "report", [{"magalu_regions": "br-se1, ../x"}])[0].startswith(
        "magalu_regions contains"
    )
    assert sim.requests() == []
