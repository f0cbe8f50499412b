# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter fleet_outcome: the statistics for a workflow, and the sentences for people."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.filter.fleet_outcome import fleet_outcome
from ansible_collections.magalu.cloud.plugins.plugin_utils._joint_plan import NO_STEPS

NAMES = ("web-03", "web-01", "web-02", None)
SELECTED: list[dict[str, Any]] = [{"id": f"id-{number}", "name": name} for number, name in enumerate(NAMES)]
STEP = {"action": "stop", "description": "stop instance web-03"}


def member(number: int, changed: bool = True, **fields: Any) -> dict[str, Any]:
    return {"name": f"id-{number}", "changed": changed, "actions": [STEP] if changed else [], **fields}


FLEET = {"members": [member(0), member(1), member(2, False), member(3, failed=True, msg="Not this one.")]}


def about(selected: list[dict[str, Any]]) -> dict[str, Any]:
    return {"selected": selected}


def test_change() -> None:
    idle = {"id": "id-4", "name": "idle"}
    choice = {"selected": [*SELECTED, idle], "outside": SELECTED[:2]}
    given = fleet_outcome(FLEET, choice, "stop", [idle])
    assert given["stats"] == {
        "check_mode": False, "selected": 5, "changed": ["web-01", "web-03"], "unchanged": ["web-02"], "left_alone": ["idle"],
        "failed": ["id-3"], "not_in_inventory": 2,
    }  # fmt: skip
    assert given["sentences"] == [
        "5 instances match (stop).", "2 changed: web-01, web-03", "1 unchanged: web-02", "1 was left alone: idle",
        "1 failed: id-3: Not this one.",
    ]  # fmt: skip
    assert (given["steps"], given["reasons"]) == ([STEP["description"]] * 3, ["id-3: Not this one."])


def test_change_in_check_mode() -> None:
    given = fleet_outcome({"members": [member(0)]}, about(SELECTED[:1]), "reboot", SELECTED[1:3], check_mode=True)
    assert given["sentences"] == [
        "1 instance matches (reboot).", "1 would change: web-03", "2 were left alone: web-01, web-02"
    ]  # fmt: skip


PLAN = {"digest": "x", "lines": ["stop instance web-03"]}


@pytest.mark.parametrize(
    ("fleet", "selected", "left_alone", "plan"),
    [
        ({**FLEET, "plan": PLAN}, SELECTED, [], PLAN),
        ({"skipped": True}, [], [], NO_STEPS),  # nothing matches
        ({"skipped": True}, SELECTED, SELECTED, NO_STEPS),  # the matching instances are neither running nor suspended
        ({}, SELECTED, SELECTED[:1], {}),
        ({"failed": True, "msg": "503"}, SELECTED, [], {}),
    ],
)
def test_the_plan_that_is_approved(fleet: Any, selected: Any, left_alone: Any, plan: Any) -> None:
    assert fleet_outcome(fleet, about(selected), "suspend", left_alone, check_mode=True)["plan"] == plan


def test_deletion() -> None:
    members = [member(0, kept_public_ips=["192.0.2.1"]), member(1, kept_public_ips=["192.0.2.2"]), member(2, False)]
    failed = [member(3, failed=True, msg="Not this one.", kept_public_ips=["192.0.2.3"])]
    given = fleet_outcome({"members": [*members, *failed]}, about(SELECTED), doing="delete")
    assert given["stats"] == {
        "check_mode": False, "selected": 4, "deleted": ["web-01", "web-03"], "failed": ["id-3"],
        "kept_public_ips": ["192.0.2.1", "192.0.2.2"],
    }  # fmt: skip
    assert given["sentences"] == [
        "2 instances were deleted: web-01, web-03", "2 public addresses are kept, and billed: 192.0.2.1, 192.0.2.2",
        "1 failed: id-3: Not this one.",
    ]  # fmt: skip
    planned = fleet_outcome({"members": members[:1]}, about(SELECTED[:1]), doing="delete", check_mode=True)
    assert planned["sentences"] == [
        "1 instance would be deleted: web-03", "1 public address is kept, and billed: 192.0.2.1"
    ]  # fmt: skip


def test_task_that_did_not_run() -> None:
    assert fleet_outcome({}, about([]), doing="stop")["sentences"] == ["No instances match (stop)."]
    assert fleet_outcome({"skipped": True}, about([]), doing="delete")["sentences"] == ["No instances were deleted."]
    assert fleet_outcome({"failed": True, "msg": "No such type"}, about(SELECTED))["stats"]["failed"] == []


def test_members_that_were_given_by_their_names() -> None:
    fleet = {"members": [{"name": "web-01", "changed": True}]}
    assert fleet_outcome(fleet, about(SELECTED))["stats"]["changed"] == ["web-01"]
