# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copies and images with an approved plan: changes by time, other users or another declaration are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.module import result

PRUNED = {"state": "pruned", "name_prefix": "night-", "keep_last": 1}
DAYS = {"state": "pruned", "name_prefix": "night-", "keep_days": 1}
IMPORTED = {"name": "golden", "url": "https://example.com/image.qcow2?signature=kept-secret", "platform": "linux"}


def changes(sim: Any) -> list[str]:
    return [f"{each['method']} {each['path']}" for each in sim.requests() if each["method"] != "GET"]


def plan_of(sim: Any, module: str, options: dict[str, Any]) -> dict[str, Any]:
    planned = result(sim, module, options, check=True)
    assert not planned.get("failed"), planned["msg"]
    plan: dict[str, Any] = planned["plan"]
    return plan


def refusal_message(sim: Any, module: str, options: dict[str, Any], plan: dict[str, Any]) -> str:
    """Return the refusal of the saved plan. Fail unless its digest is refused, too, and nothing is changed."""
    sim.clear_requests()
    messages = []
    for form in (plan["digest"], json.dumps(plan), plan):
        given = result(sim, module, {**options, "expected_plan": form})
        assert given.get("failed"), given
        messages.append(str(given["msg"]))
    assert changes(sim) == []
    return messages[-1]


def seed_nightly(sim: Any, count: int, age: float = 7200) -> None:
    source = sim.seed("instance", name="web")["id"]
    for number in range(count):
        sim.seed("snapshot", name=f"night-{number}", instance=source, created_at=sim.now() - age + number)


def test_an_additional_copy_is_refused(sim: Any) -> None:
    sim.reset()
    seed_nightly(sim, 3)
    plan = plan_of(sim, "vm_snapshot", PRUNED)
    assert [line.split(" (")[0] for line in plan["lines"]] == ["delete snapshot night-0", "delete snapshot night-1"]
    source = sim.state()["br-se1"]["instances"][0]["id"]
    sim.seed("snapshot", name="night-9", instance=source, created_at=sim.now() - 60)
    assert "Not approved: delete snapshot night-2" in refusal_message(sim, "vm_snapshot", PRUNED, plan)


def test_a_deletion_that_only_time_adds_is_refused(sim: Any) -> None:
    sim.reset()
    seed_nightly(sim, 1, age=90000)
    seed_nightly(sim, 2, age=80000)
    plan = plan_of(sim, "vm_snapshot", DAYS)
    assert len(plan["lines"]) == 1
    sim.advance(10000)
    assert "Not approved: delete snapshot night-" in refusal_message(sim, "vm_snapshot", DAYS, plan)


@pytest.mark.parametrize("form", ["plan", "digest"])
def test_approved_copies_go(sim: Any, form: str) -> None:
    sim.reset()
    seed_nightly(sim, 3)
    plan = plan_of(sim, "vm_snapshot", PRUNED)
    sim.clear_requests()
    given = result(sim, "vm_snapshot", {**PRUNED, "expected_plan": plan if form == "plan" else plan["digest"]})
    assert not given.get("failed"), given["msg"]
    assert len(changes(sim)) == 2
    again = result(sim, "vm_snapshot", {**PRUNED, "expected_plan": plan})
    assert not again["changed"] and again["plan"]["lines"] == []


def test_a_url_changes_the_digest_and_is_not_in_the_plan(sim: Any) -> None:
    sim.reset()
    plan = plan_of(sim, "vm_image", IMPORTED)
    assert "kept-secret" not in json.dumps(plan)
    other = {**IMPORTED, "url": "https://example.com/image.qcow2?signature=another-secret"}
    assert "Approved for another request" in refusal_message(sim, "vm_image", other, plan)
    given = result(sim, "vm_image", {**IMPORTED, "expected_plan": plan})
    assert not given.get("failed"), given["msg"]


def test_a_description_changed_by_another_operator_is_not_overwritten(sim: Any) -> None:
    sim.reset()
    sim.seed("custom_image", name="golden", description="first")
    options = {"name": "golden", "description": "mine"}
    plan = plan_of(sim, "vm_image", options)
    result(sim, "vm_image", {"name": "golden", "description": "another hand's"})
    refusal_message(sim, "vm_image", options, plan)
