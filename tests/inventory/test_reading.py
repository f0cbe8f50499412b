# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inventory is complete or fails, sends no superfluous requests, and caches only complete data."""

from __future__ import annotations

import gc
import itertools
import math
import re
import threading
import time
from calendar import timegm
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData

from ansible_collections.magalu.cloud.plugins.filter.inventory_age import inventory_age
from ansible_collections.magalu.cloud.plugins.module_utils._api import listing
from ansible_collections.magalu.cloud.plugins.module_utils._api.listing import Api
from ansible_collections.magalu.cloud.plugins.plugin_utils import _fetch
from ansible_collections.magalu.cloud.plugins.plugin_utils._hostvars import Reader
from tests.support.inventory_plugin import parse_inventory

LARGE = pytest.mark.test_all("thousands of hosts; the sizes beside it have the same borders")
CACHE = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_timeout": 1000}


@pytest.mark.parametrize("number", [
    0, 1, 49, 50, 1001, *(pytest.param(number, marks=LARGE) for number in (999, 1000, 2500, 3997)),
])  # fmt: skip
def test_a_region_costs_its_pages_and_no_request_for_a_host(sim: Any, tmp_path: Path, number: int) -> None:
    sim.reset(instances=number)
    assert len(parse_inventory(sim, tmp_path, keyed_groups=[{"key": "state"}]).hosts) == number
    assert len(sim.requests()) == max(math.ceil(number / 1000), 1)


@LARGE
@pytest.mark.parametrize(("number", "requests"), [(3998, 5), (4000, 5), (4001, 5)])
def test_each_page_begins_with_the_last_row_of_the_previous_page(
    sim: Any, tmp_path: Path, number: int, requests: int
) -> None:
    """Pages overlap by one row, to prove that no row was lost between them. A nearly full last page needs another."""
    sim.reset(instances=number)
    assert len(parse_inventory(sim, tmp_path).hosts) == number
    assert len(sim.requests()) == requests == math.ceil((number - 1) / 999)


@pytest.mark.parametrize(("number", "requests"), [
    (0, 1), (49, 1), (50, 2), *(pytest.param(*sizes, marks=LARGE) for sizes in ((1000, 2), (1048, 2), (1049, 3))),
])  # fmt: skip
def test_a_possibly_full_last_page_without_total_takes_one_more_request(
    sim: Any, tmp_path: Path, number: int, requests: int
) -> None:
    sim.reset(edition="2024-08", instances=number)
    assert len(parse_inventory(sim, tmp_path).hosts) == number
    assert len(sim.requests()) == requests


@pytest.mark.parametrize("slow", [True, False])
@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
def test_smaller_pages_than_requested_lose_no_row(
    sim: Any, tmp_path: Path, edition: str, slow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "SLOW", -1 if slow else 1000)
    sim.reset(edition=edition, instances=333, page_limit=50)
    assert len(parse_inventory(sim, tmp_path).hosts) == 333
    assert len(sim.requests()) == math.ceil(332 / 49)


@pytest.mark.parametrize("slow", [True, False])
@pytest.mark.parametrize("fault", ["create_between_pages", "delete_between_pages"])
@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
def test_living_instances_are_listed_despite_changes_between_pages(
    sim: Any, tmp_path: Path, edition: str, fault: str, slow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "SLOW", -1 if slow else 1000)
    sim.reset(edition=edition, instances=200, page_limit=50)
    sim.add_fault(kind=fault, operation="GET /v1/instances", match=1, times=3, value=3)
    found = parse_inventory(sim, tmp_path)
    living = {row["name"] for row in sim.state()["br-se1"]["instances"] if row["status"] == "completed"}
    assert living <= set(found.hosts) | {host["mgc_name"] for host in found.hosts.values()}


def test_slow_pages_are_read_at_once(sim: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow pages are read concurrently: pages three and four wait for each other, which would hang otherwise."""
    monkeypatch.setattr(listing, "SLOW", -1)
    sim.reset(instances=400, page_limit=100)
    meeting, page = threading.Barrier(2), Api.page

    def met(self: Any, resource: Any, name: Any, offset: int, limit: int) -> Any:
        if offset in (198, 297):
            meeting.wait(10)
        return page(self, resource, name, offset, limit)

    monkeypatch.setattr(Api, "page", met)
    assert len(parse_inventory(sim, tmp_path).hosts) == 400


def test_a_page_is_converted_while_the_next_page_is_requested(
    sim: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are converted while the next page loads: page four is requested after the rows of the first three."""
    monkeypatch.setattr(listing, "SLOW", -1)
    sim.reset(instances=400, page_limit=100)
    done, page, read = threading.Event(), Api.page, Reader.__call__
    numbers = itertools.count(1)

    def asked(self: Any, resource: Any, name: Any, offset: int, limit: int) -> Any:
        assert offset != 297 or done.wait(10)
        return page(self, resource, name, offset, limit)

    def counted(self: Any, *args: Any) -> Any:
        if next(numbers) == 300:
            done.set()
        return read(self, *args)

    monkeypatch.setattr(Api, "page", asked)
    monkeypatch.setattr(Reader, "__call__", counted)
    assert len(parse_inventory(sim, tmp_path).hosts) == 400


def test_regions_are_read_side_by_side(sim: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Regions are read concurrently: in this test they wait for each other."""
    meeting, page = threading.Barrier(3), Api.page

    def met(self: Any, *args: Any) -> Any:
        meeting.wait(10)
        return page(self, *args)

    monkeypatch.setattr(Api, "page", met)
    for region in ("br-se1", "br-ne1", "br-mgl1"):
        sim.seed("instance", region, name=f"in-{region}")
    found = parse_inventory(sim, tmp_path, regions=["br-ne1", "br-mgl1", "br-se1"])
    assert list(found.hosts) == ["in-br-ne1", "in-br-mgl1", "in-br-se1"]


def test_reading_ends_when_its_time_is_over(sim: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fetch, "SECONDS", 1)
    sim.add_fault(operation="GET /v1/instances", nth="every", kind="status", status=503, headers={"Retry-After": "9"})
    with pytest.raises(AnsibleParserError, match="no time is left"):
        parse_inventory(sim, tmp_path)
    assert len(sim.requests()) == 1


@pytest.mark.parametrize("match", [1, 2, 3])
def test_a_page_that_fails_permanently_adds_no_host(sim: Any, tmp_path: Path, match: int) -> None:
    sim.reset(instances=130, page_limit=50)
    sim.add_fault(operation="GET /v1/instances", match=match, times=99, kind="status", status=400)
    with pytest.raises(AnsibleParserError, match="Failed to list the instances of region br-se1"):
        parse_inventory(sim, tmp_path, api_retries=0)


def cached(tmp_path: Path) -> list[str]:
    folder = tmp_path / "cache"
    return sorted(str(file) for file in folder.iterdir()) if folder.exists() else []


def test_a_second_run_uses_the_cache_until_it_expires(sim: Any, tmp_path: Path) -> None:
    given: dict[str, Any] = {**CACHE, "cache_connection": str(tmp_path / "cache"), "compose": {"a": "name"}}
    sim.seed("instance", name="{{ web }}", user_data="c2VjcmV0")
    first = parse_inventory(sim, tmp_path, **given)
    assert parse_inventory(sim, tmp_path, **given) == first
    assert len(sim.requests()) == 1
    texts = [Path(file).read_text() for file in cached(tmp_path)]
    assert len(texts) == 1 and "c2VjcmV0" not in texts[0] and "simulator" not in "".join([*texts, *cached(tmp_path)])
    sim.seed("instance", name="new")
    assert "new" not in parse_inventory(sim, tmp_path, **given).hosts
    assert (
        "new" in parse_inventory(sim, tmp_path, read_cache=False, **given).hosts
    )  # --flush-cache, meta: refresh_inventory
    assert "new" in parse_inventory(sim, tmp_path, **given).hosts
    assert len(sim.requests()) == 2


def test_group_says_when_the_instances_were_listed(sim: Any, tmp_path: Path) -> None:
    """The optional group's name has the time of the listing, also if the instances come from the cache."""
    sim.seed("instance", name="web")
    given: dict[str, Any] = {**CACHE, "cache_connection": str(tmp_path / "cache"), "hostvars_prefix": "cloud_"}
    inventory = InventoryData()
    parse_inventory(sim, tmp_path, inventory=inventory, **given)
    assert "cloud_listed_at" not in inventory.groups["mgc"].vars
    (file,) = map(Path, cached(tmp_path))
    # The nesting of cached data depends on the version of ansible-core.
    parts = re.split(r"(?<=listed_at)([^0-9]+)([0-9T:-]{19}Z)", file.read_text(), maxsplit=1)
    assert abs(timegm(time.strptime(parts[2], "%Y-%m-%dT%H:%M:%SZ")) - time.time()) < 60
    file.write_text("".join([*parts[:2], "2026-11-25T12:00:00Z", *parts[3:]]))
    parse_inventory(sim, tmp_path, inventory=inventory, listed_at=True, **given)
    assert inventory.groups["mgc"].vars == {"cloud_listed_at": "2026-11-25T12:00:00Z"}
    assert len(sim.requests()) == 1


@pytest.mark.parametrize(("times", "said"), [
    ([], "The inventory does not say when it was listed (option listed_at of its file)."),
    ([None, "yesterday"], "The inventory does not say when it was listed (option listed_at of its file)."),
    (["2026-11-25T12:00:00Z"], "The inventory was listed at 2026-11-25T12:00:00Z, 34 minutes ago."),
    (["2026-11-25T12:40:00Z", "", "2026-11-25T12:33:59Z"], "The inventory was listed at 2026-11-25T12:33:59Z, 1 minute ago."),
    (["2026-11-25T13:00:00Z"], "The inventory was listed at 2026-11-25T13:00:00Z, 0 minutes ago."),
])  # fmt: skip
def test_age_of_an_inventory(times: list[Any], said: str) -> None:
    assert inventory_age(times, timegm((2026, 11, 25, 12, 34, 59))) == said


@pytest.mark.parametrize("other", [
    {"regions": ["br-ne1"]}, {"api_key": "other"}, {"tenant_id": "tenant-1"}, {"api_url": "{url}/"},
    {"account_name": "prod"}, {"connect_interface": "storage-*"},
])  # fmt: skip
def test_options_that_change_the_data_change_the_cache(sim: Any, tmp_path: Path, other: dict[str, Any]) -> None:
    sim.reset(keys={"other": "tenant-1"})
    given = {**CACHE, "cache_connection": str(tmp_path / "cache")}
    if "api_url" in other:
        other = {"api_url": f"{sim.url}/"}
    parse_inventory(sim, tmp_path, **given)
    parse_inventory(sim, tmp_path, **given, **other)
    assert len(sim.requests()) == 2 and len(cached(tmp_path)) == 2
    parse_inventory(sim, tmp_path, **given, filters={"state": "running"}, hostnames=["id"])
    assert len(sim.requests()) == 2


def test_an_incomplete_list_is_not_cached(sim: Any, tmp_path: Path) -> None:
    given: dict[str, Any] = {**CACHE, "cache_connection": str(tmp_path / "cache"), "api_retries": 0}
    parse_inventory(sim, tmp_path, **given, regions=["br-se1", "br-xx1"], on_region_error="warn")
    assert cached(tmp_path) == []
    sim.seed("instance", name="web")
    parse_inventory(sim, tmp_path, **given)
    before = [Path(file).read_text() for file in cached(tmp_path)]
    sim.add_fault(operation="GET /v1/instances", match=1, times=1, kind="status", status=403)
    with pytest.raises(AnsibleParserError):
        parse_inventory(sim, tmp_path, read_cache=False, **given)
    assert [Path(file).read_text() for file in cached(tmp_path)] == before != []
    assert list(parse_inventory(sim, tmp_path, **given).hosts) == ["web"]


def test_a_cache_with_foreign_content_is_read_again(sim: Any, tmp_path: Path) -> None:
    given = {**CACHE, "cache_connection": str(tmp_path / "cache")}
    sim.seed("instance", name="web")
    parse_inventory(sim, tmp_path, **given)
    # The nesting of cached data depends on the version of ansible-core.
    whole, rows = Path(cached(tmp_path)[0]).read_text(), r"(instances[^\[]*)\[.*\]"
    assert len(re.findall(rows, whole)) == 1
    others = [re.sub(rows, rf"\g<1>{other}", whole) for other in ("[1]", "{}", "5", "[" * 100_000)]
    for text in ('"no rows"', "[1]", '"[[1, 2], 3]"', "no JSON", *others):
        Path(cached(tmp_path)[0]).write_text(text)
        assert list(parse_inventory(sim, tmp_path, **given).hosts) == ["web"]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_restored(sim: Any, tmp_path: Path, enabled: bool) -> None:
    try:
        gc.enable() if enabled else gc.disable()
        parse_inventory(sim, tmp_path)
        assert gc.isenabled() is enabled
        with pytest.raises(AnsibleParserError):
            parse_inventory(sim, tmp_path, api_key="wrong")
        assert gc.isenabled() is enabled
    finally:
        gc.enable()
