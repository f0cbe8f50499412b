# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The live page: its data, and its display in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import requests

from simulator import running
from tests.support.browser import Browser, browsing
from tests.support.raw_client import Api

SLOW = pytest.mark.test_all("the other pages of the browser are in make test")

HOSTILE = "<script>alert(1)</script>"


def page_data(sim: Any) -> Any:
    return requests.get(f"http://127.0.0.1:{sim.port}/_simulator/glance", timeout=10).json()


def test_the_page_shows_an_instance_in_transition_and_settled(api: Api) -> None:
    api.sim.reset(address_delay=100)
    identifier = api("POST", "/instances", {
        "name": "web", "machine_type": {"name": "BV1-1-40"}, "image": {"name": "cloud-ubuntu-24.04 LTS"},
        "network": {"associate_public_ip": True},
    }).json()["id"]  # fmt: skip
    [region] = page_data(api.sim)["regions"]
    assert (region["name"], region["edition"], region["tenant"]) == ("br-se1", "2026-08", None)
    [row] = region["kinds"]["instances"]["rows"]
    facts = ["BV1-1-40", "cloud-ubuntu-24.04 LTS", "br-se1-a", "198.18.0.2"]
    assert row == {
        "id": identifier,
        "name": "web",
        "state": "provisioning",
        "mood": "moving",
        "error": None,
        "facts": row["facts"],
    }
    api.sim.advance(60)
    [row] = page_data(api.sim)["regions"][0]["kinds"]["instances"]["rows"]
    assert (row["state"], row["mood"]) == ("running", "running")
    assert row["facts"] == facts
    api.sim.advance(100)
    [row] = page_data(api.sim)["regions"][0]["kinds"]["instances"]["rows"]
    assert row["facts"] == [*facts, api.sim.state()["br-se1"]["public_ips"][0]["address"]]


def test_the_page_shows_copies_failures_and_other_tenants(sim: Any) -> None:
    sim.reset(keys={"other": "tenant-2"})
    made = sim.seed("instance", name="web", status="retyping_error", error={"slug": "x", "message": "No room"})
    sim.seed("instance", name="broken", state="error")
    sim.seed("snapshot", name="s", instance=made["id"], size=7)
    sim.seed("backup", region="br-ne1", name="b", instance=None)
    sim.seed("custom_image", region="br-ne1", name="i", status="importing")
    sim.seed("instance", tenant="tenant-2")
    first, second, other = page_data(sim)["regions"]
    web, broken = first["kinds"]["instances"]["rows"]
    assert (web["state"], web["mood"], web["error"]) == ("retyping_error", "failed", "No room")
    assert (broken["state"], broken["mood"]) == ("error", "failed")
    assert first["kinds"]["instances"]["counts"] == {"retyping_error": 1, "error": 1}
    assert first["kinds"]["snapshots"]["rows"][0]["facts"][:2] == ["of web", "7 GB"]
    assert list(second["kinds"]) == ["backups", "images"]
    assert (second["kinds"]["images"]["rows"][0]["state"], second["kinds"]["images"]["rows"][0]["mood"]) == (
        "importing",
        "moving",
    )
    assert other["tenant"] == "tenant-2"


def test_the_page_data_stay_small(sim: Any) -> None:
    sim.reset(instances=300)
    api = Api(sim)
    for _number in range(40):
        api.get("/instances", name="<b>")
    given = page_data(sim)
    found = given["regions"][0]["kinds"]["instances"]
    assert (found["total"], found["counts"]) == (300, {"running": 300})
    assert [row["name"] for row in found["rows"]] == [f"instance-{number:05}" for number in range(201, 301)]
    assert len(given["requests"]) == 30
    assert given["requests"][0] | {"at": ""} == {
        "at": "", "region": "br-se1", "method": "GET", "path": "/v1/instances?name=%3Cb%3E", "status": 200
    }  # fmt: skip
    api.session.close()


def test_the_page_is_one_file_without_external_resources() -> None:
    with running(api_key=f"{HOSTILE}'") as sim:
        answer = requests.get(f"http://127.0.0.1:{sim.port}/", timeout=10)
    assert answer.headers["content-security-policy"].startswith("default-src 'none';")
    links: list[str] = []

    class Page(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            links.extend(value or "" for name, value in attrs if name in ("src", "href"))

    Page().feed(answer.text)
    assert all(link.startswith(("/", "data:,")) for link in links)
    assert HOSTILE not in answer.text and "&lt;script&gt;" in answer.text
    assert "<h2>Limitations</h2>" in answer.text and len(answer.text) < 20_000


@pytest.fixture
def browser(sim: Any, tmp_path: Path) -> Iterator[Browser]:
    with browsing(tmp_path) as browser:
        browser.open(f"http://127.0.0.1:{sim.port}/")
        yield browser


@pytest.mark.programs
@pytest.mark.needs("chromium")
def test_a_browser_shows_changes(sim: Any, browser: Browser) -> None:
    browser.wait("by('clock').textContent.endsWith('stands still') && !by('nothing').hidden")
    sim.seed("instance", name=HOSTILE)
    sim.seed("backup", region="br-ne1", name="night")
    browser.wait("document.querySelectorAll('#regions section').length === 2 && by('nothing').hidden")
    assert browser.value("document.querySelector('#regions b').textContent") == HOSTILE
    api = Api(sim)
    identifier = api.sim.state()["br-se1"]["instances"][0]["id"]
    for state in ("stopping_pending", "stopped"):
        if state == "stopping_pending":
            api("POST", f"/instances/{identifier}/stop")
        else:
            browser.value("by('minute').click()")
        browser.wait(f"document.querySelector('#regions .state').textContent === '{state}'")
    browser.wait("document.querySelector('#requests').textContent.includes('/stop')")
    api("DELETE", f"/instances/{identifier}")
    sim.advance(60)
    browser.wait("document.querySelectorAll('#regions section').length === 1")
    sim.seed("instance", name="x" * 200)
    browser.size(320, 640)
    browser.wait("document.querySelectorAll('#regions section').length === 2")
    assert browser.value("document.scrollingElement.scrollWidth") == 320
    # Unchanged elements are not redrawn, so that they keep a selection or the focus.
    browser.value("document.querySelector('#regions section').id = 'same'; const looks = []; const ask = fetch;"
                  "fetch = (...given) => { looks.push(given); return ask(...given); }")  # fmt: skip
    browser.wait("looks.length > 2")
    assert browser.value("by('same') !== null")
    assert not browser.complaints
    own = f"http://127.0.0.1:{sim.port}/"
    assert set(browser.asked) == {own, f"{own}_simulator/glance", f"{own}_simulator/clock"}
    api.session.close()


@SLOW
@pytest.mark.programs
@pytest.mark.needs("chromium")
def test_its_buttons_inject_faults_and_clear_them(sim: Any, browser: Browser) -> None:
    chosen = browser.value("[...document.forms[0].kind.options].map(option => option.value)")
    for number in range(len(chosen)):
        browser.value(f"document.forms[0].kind.selectedIndex = {number}; document.querySelector('form button').click()")
        browser.wait(f"document.querySelectorAll('#faults tr').length === {number + 1}")
    assert {fault["operation"] for fault in sim.faults()} == {"POST /v1/instances"}
    assert [fault["kind"] for fault in sim.faults()] == [
        "status", "status", "html", "reset", "reset", "slow", "hold", "failing", "stuck"
    ]  # fmt: skip
    browser.value("by('clear').click()")
    browser.wait("document.querySelectorAll('#faults tr').length === 0")
    assert sim.faults() == []
    browser.value("Object.assign(document.forms[0].times, {selectedIndex: 1});"
                  "document.forms[0].operation.value = 'GET /v1/instances'; document.forms[0].kind.selectedIndex = 0;"
                  "document.querySelector('form button').click()")  # fmt: skip
    browser.wait("document.querySelectorAll('#faults tr').length === 1")
    api = Api(sim)
    assert [api("GET", "/instances").status_code for _number in range(4)] == [503, 503, 503, 200]
    browser.wait("by('faults').textContent.includes('applied 3 of 4')")
    assert not browser.complaints
    api.session.close()


@pytest.mark.programs
@pytest.mark.needs("chromium")
def test_every_request_offered_by_the_page_exists_in_the_api(sim: Any, browser: Browser) -> None:
    paths = requests.get(f"http://127.0.0.1:{sim.port}/br-se1/compute/openapi.json", timeout=10).json()["paths"]
    known = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods} | {"*"}
    assert set(browser.value("[...document.forms[0].operation.options].map(option => option.value)")) <= known


@pytest.mark.programs
@pytest.mark.needs("chromium")
def test_the_page_says_why_a_fault_is_refused(sim: Any, browser: Browser) -> None:
    """The page shows why a fault is refused: a list cannot be "accepted and fail", so that fault would never apply."""
    choose = "document.forms[0].operation.value = '{}'; document.forms[0].kind.value = '{{\"kind\": \"failing\"}}';"
    browser.value(choose.format("GET /v1/instances") + "document.querySelector('form button').click()")
    browser.wait("by('refused').textContent.includes('failing needs an operation that changes something')")
    assert not browser.value("by('refused').hidden")
    assert sim.faults() == []
    browser.value(choose.format("POST /v1/instances") + "document.querySelector('form button').click()")
    browser.wait("by('refused').hidden && document.querySelectorAll('#faults tr').length === 1")


@SLOW
@pytest.mark.programs
@pytest.mark.needs("chromium")
def test_the_page_says_when_the_simulator_has_ended(tmp_path: Path) -> None:
    with browsing(tmp_path) as browser:
        with running(instances=1) as sim:
            browser.open(f"http://127.0.0.1:{sim.port}/")
            browser.wait("document.querySelectorAll('#regions section').length === 3 && by('lost').hidden")
        browser.wait("!by('lost').hidden && document.querySelectorAll('#regions section').length === 3")


@pytest.mark.programs
@pytest.mark.needs("chromium")
def test_only_changed_rows_flash_and_words_do_not_break(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", name="first", status="deleting_network_error")
    sim.add_fault(kind="status", operation="DELETE /v1/instances/{id}")
    with browsing(tmp_path) as browser:
        browser.open(f"http://127.0.0.1:{sim.port}/")
        browser.wait("document.querySelectorAll('#regions .state').length === 1")
        assert browser.value("document.querySelectorAll('.new').length") == 0
        assert "not hit yet" in browser.value("by('faults').textContent")
        sim.seed("instance", name="second")
        browser.wait("document.querySelectorAll('#regions .state').length === 2")
        assert browser.value("document.querySelectorAll('#regions .new').length") == 1
        Api(sim)("DELETE", f"/instances/{sim.state()['br-se1']['instances'][0]['id']}")
        browser.wait("by('faults').textContent.includes('applied 1 of 1')")
        for width in (1200, 700, 320):
            browser.size(width, 640)
            browser.wait(f"innerWidth === {width}")
            lines = "(r => { r.selectNodeContents(document.querySelector('#regions .state')); return r.getClientRects().length })"
            assert browser.value(f"{lines}(document.createRange())") == 1, "the word is in one line"
            assert browser.value("document.scrollingElement.scrollWidth") <= width
