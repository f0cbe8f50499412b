# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A public IP or a security group that differs is reported, and `on_immutable_change` decides about it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import UNREADABLE
from ansible_collections.magalu.cloud.plugins.module_utils._api.statuses import field_value
from tests.support import task
from tests.support.declarations import DECLARED

GROUP, OTHER = "aaaaaaaa-1111-4111-8111-111111111111", "BBBBBBBB-1111-4111-8111-111111111111"
TRUE, FALSE = ({"network": {"associate_public_ip": public}} for public in (True, False))
NONE, HAS = "it has no public IPv4 address", "it has the public IPv4 address"
EDITIONS = [{}, {"edition": "2024-08"}, {"nulls": "omitted"}]
CASES: dict[str, tuple[bool, dict[str, Any], str]] = {
    "an address is missing": (False, TRUE, f"{NONE}, declared is network.associate_public_ip: true"),
    "an address is billed": (True, FALSE, HAS),
    "an address as declared": (True, TRUE, ""),
    "no address as declared": (False, FALSE, ""),
    "an address not declared": (True, {"network": {}}, ""),
}


def seed_instance(sim: Any, settings: dict[str, Any], age: float = 3600, **more: Any) -> dict[str, Any]:
    sim.reset(**settings)
    row: dict[str, Any] = sim.seed("instance", name="web", created_at=sim.now() - age, **more)
    return row


@pytest.mark.parametrize("settings", EDITIONS, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_a_difference_of_the_public_address_is_reported(sim: Any, name: str, settings: dict[str, Any]) -> None:
    public, declared, text = CASES[name]
    seed_instance(sim, settings, public_ip=public)
    done, plan = task.run(sim, name="web", **declared), task.check(sim, name="web", **declared)
    assert (done.failure, done.actions, plan.steps) == (None, [], ())
    assert bool(done.outcome.warnings) == bool(text) and tuple(done.outcome.warnings) == plan.warnings
    assert all(text in note and "cannot change later" in note for note in plan.warnings)
    assert not task.run(sim, name="web", **declared, on_immutable_change="ignore").outcome.warnings
    failed = task.run(sim, name="web", **declared, on_immutable_change="fail").failure
    assert text in str(failed) if text else failed is None


@pytest.mark.parametrize("settings", [{}, {"nulls": "omitted"}], ids=str)
@pytest.mark.parametrize(("groups", "differs"), [
    ([GROUP], False), ([GROUP.upper()], False), ([OTHER], True), ([GROUP, OTHER], True), ([], False),
])  # fmt: skip
def test_different_security_groups_are_reported(
    sim: Any, settings: dict[str, Any], groups: list[str], differs: bool
) -> None:
    sim.reset(**settings)
    network = {"associate_public_ip": False, "security_groups": [GROUP]}
    assert task.run(sim, **{**DECLARED, "network": network}).actions == ["create"]
    done = task.run(sim, name="web", network={"security_groups": groups})
    assert bool(done.outcome.warnings) == differs and done.actions == []
    assert all("network.security_groups is" in note for note in done.outcome.warnings)


def test_api_version_2024_08_does_not_show_security_groups(sim: Any) -> None:
    seed_instance(sim, {"edition": "2024-08"})
    assert not task.run(sim, name="web", network={"security_groups": [GROUP]}).outcome.warnings


@pytest.mark.parametrize("public", [True, False])
def test_an_instance_is_recreated_with_the_declared_address(sim: Any, public: bool) -> None:
    seed_instance(sim, {}, public_ip=not public)
    wanted = {**DECLARED, "network": {"associate_public_ip": public}, "on_immutable_change": "recreate"}
    assert [step.action for step in task.check(sim, **wanted).steps] == ["delete", "create"]
    done = task.run(sim, **wanted)
    assert (done.failure, done.actions) == (None, ["delete", "create"])
    assert done.row is not None and bool(done.row["public_ipv4"]) == public
    assert task.run(sim, **wanted).actions == []


@pytest.mark.parametrize("how", ["in check mode", "for real"])
@pytest.mark.parametrize("choice", ["recreate", "fail"])
def test_a_late_public_address_is_awaited(sim: Any, choice: str, how: str) -> None:
    """A new instance is not replaced because its address is not shown yet."""
    sim.reset(address_delay=40)
    wanted = {**DECLARED, **TRUE, "on_immutable_change": choice}
    created = task.run(sim, **wanted, wait=False)
    sim.advance(30)  # running and completed, but still without its address
    row_id = created.row["id"]
    if how == "in check mode":
        assert task.check(sim, **wanted).steps == ()
    done = task.run(sim, **wanted)
    assert (done.failure, done.actions) == (None, [])
    assert done.row is not None and done.row["id"] == row_id and done.row["public_ipv4"]


@pytest.mark.parametrize("choice", ["recreate", "fail"])
def test_check_mode_is_right_about_a_young_instance_without_address(sim: Any, choice: str) -> None:
    seed_instance(sim, {}, age=1)
    wanted = {**DECLARED, **TRUE, "on_immutable_change": choice}
    if choice == "fail":
        before = sim.now()
        with pytest.raises(Refused, match=NONE):
            task.check(sim, **wanted)
        assert 50 <= sim.now() - before <= 70, "it may come in the first minute"
        assert NONE in str(task.run(sim, **wanted).failure)
    else:
        done = task.run(sim, **wanted)
        assert (done.failure, done.actions) == (None, [])
        assert tuple(done.outcome.warnings) == task.check(sim, **wanted).warnings
        assert "is not recreated in its first hour" in done.outcome.warnings[0]


@pytest.mark.parametrize(("age", "actions"), [(3500, []), (3700, ["delete", "create"])])
def test_in_its_first_hour_nothing_is_recreated_for_an_address_alone(sim: Any, age: float, actions: list[str]) -> None:
    """An instance is not recreated in its first hour because of a missing address, else every run would recreate it."""
    seed_instance(sim, {}, age=age)
    wanted = {**DECLARED, **TRUE, "on_immutable_change": "recreate"}
    assert [step.action for step in task.check(sim, **wanted).steps] == actions
    assert task.run(sim, **wanted).actions == actions
    seed_instance(sim, {}, age=age, ssh_key_name="other")
    assert task.run(sim, **wanted).actions == ["delete", "create"], "another difference counts at any age"


def port(address: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": "p", "ip_addresses": {"private_ipv4": "198.18.0.1"}, "associated_public_ipv4": address, **more}


SETTLED = {"id": "1", "state": "running", "status": "completed"}


@pytest.mark.parametrize(("row", "public"), [
    ({}, None),
    ({"network": {"interfaces": [{"id": "p"}]}}, None),
    ({"network": {"interfaces": []}}, None),
    ({"network": {"interfaces": [port()]}}, False),
    ({"network": {"interfaces": [port("192.0.2.1")]}}, True),
    ({"network": {"interfaces": [port(primary=True), port("192.0.2.1", primary=False)]}}, False),
    ({"network": {"interfaces": [port("192.0.2.1", primary=True), port(primary=False)]}}, True),
    ({"network": {"interfaces": [port("192.0.2.1"), port()]}}, None),
    ({"network": {"interfaces": [port(), port()]}}, False),
    ({"network": {"interfaces": [port()]}, "state": "new", "status": "creating"}, None),
    ({"network": {"interfaces": [port()]}, UNREADABLE: ["network.interfaces.0.associated_public_ipv4"]}, None),
    ({"network": {"ports": [{"id": "p", "ipAddresses": {"privateIpAddress": "198.18.0.1"}}]}}, False),
    ({"network": {"ports": [{"id": "p", "ipAddresses": {"publicIpAddress": "192.0.2.1"}}]}}, True),
])  # fmt: skip
def test_an_address_is_missing_only_if_the_response_shows_it(row: dict[str, Any], public: bool | None) -> None:
    assert field_value({**SETTLED, **row}, "primary.public_ip") is public


@pytest.mark.parametrize(("groups", "told"), [
    (None, None), ([], []), (["A"], ["a"]), ([{"id": "A"}], ["a"]), ([{}], None), ([1], None),
])  # fmt: skip
def test_security_groups_are_read_in_either_form(groups: Any, told: Any) -> None:
    row = {**SETTLED, "network": {"interfaces": [port(primary=True, security_groups=groups)]}}
    assert field_value(row, "primary.security_groups") == told
