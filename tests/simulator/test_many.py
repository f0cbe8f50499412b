# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ten times as many resources take ten times as long, and deleted resources leave nothing behind."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from simulator import copies, instances
from simulator.cloud import Cloud, Region
from simulator.kinds import BACKUP, INSTANCE
from simulator.resource import Refused
from simulator.settings import Settings
from tests.support.raw_client import Api, creation_body


def region(**settings: Any) -> Region:
    return Cloud(Settings(speed=0, quota_public_ips=None, **settings)).region("br-se1")


def counted(many: int) -> tuple[Region, dict[str, int]]:
    """Return how many lines run while so many instances are created, renamed, copied and deleted."""
    here, lines = region(edition="2024-08"), dict[str, int]()

    def measure(what: str, calls: Any) -> list[Any]:
        def count(_frame: FrameType, event: str, _argument: Any) -> Any:
            lines[what] += event == "line"
            return count

        lines[what] = 0
        before = sys.gettrace()
        sys.settrace(count)
        try:
            made = list(calls)
        finally:
            sys.settrace(before)
        here.cloud.clock.advance(60)
        return made

    body = {**creation_body(), "network": {}}
    made = measure("create", (instances.create(here, {**body, "name": f"web-{number}"}) for number in range(many)))
    measure("rename", (instances.rename(here, each, f"db-{number}") for number, each in enumerate(made)))
    measure("copy", (copies.create(here, BACKUP, f"c-{each}", {"name": f"db-{n}"}) for n, each in enumerate(made)))
    measure("delete", (instances.delete(here, each, True) for each in made))
    return here, lines


def test_ten_times_as_many_take_ten_times_as_long() -> None:
    """The cost is linear, measured in executed lines, independent of the machine; `make bench` measures time."""
    few, many = counted(50)[1], counted(500)[1]
    more = {what: many[what] / few[what] for what in few}
    assert max(more.values()) < 11, more


def test_nothing_is_left_of_deleted_resources() -> None:
    here, _lines = counted(20)
    assert here.list_shown(INSTANCE) == [] and not here.resources["instance"]
    assert {key[:2] for key in here.index} == {("name", "backup"), ("source", "backup")}
    assert here.list_public_ips() == []


@pytest.mark.parametrize("unique", [True, False])
def test_names_are_free_again(api: Api, unique: bool) -> None:
    """A name is free after a rename or a deletion, and not before."""
    api.sim.reset(unique_names=unique)
    first = api.running("a")
    assert api("PATCH", f"/instances/{first}/rename", {"name": "b"}).status_code == 204
    second = api.running("a")
    taken = 409 if unique else 201
    assert api("POST", "/instances", creation_body("b")).status_code == taken
    assert api("DELETE", f"/instances/{first}").status_code == 204
    assert api("POST", "/instances", creation_body("b")).status_code == taken
    api.sim.advance(3)
    assert api("POST", "/instances", creation_body("b")).status_code == 201
    assert api("POST", "/snapshots", {"name": "s", "instance": {"name": "a"}}).status_code == 202
    assert api.instance(second)["name"] == "a"


def test_a_seed_with_a_known_id_replaces_the_resource(api: Api) -> None:
    identifier = api.sim.seed("instance", name="old")["id"]
    api.sim.seed("instance", name="new", id=identifier)
    assert api.names() == ["new"]
    here = api.sim.cloud.region("br-se1")
    assert here.find_named(INSTANCE, "old") == []
    with pytest.raises(Refused):
        here.resolve(INSTANCE, {"name": "old"})
