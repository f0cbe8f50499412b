# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of a run over several instances, as role protect makes it: the run does exactly the plan, or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.filter.plan_document import plan_document
from ansible_collections.magalu.cloud.plugins.filter.protect_choice import protect_choice
from ansible_collections.magalu.cloud.plugins.filter.protect_plan import protect_plan
from ansible_collections.magalu.cloud.plugins.filter.protect_retention import protect_retention
from ansible_collections.magalu.cloud.plugins.filter.protect_settings import protect_settings
from tests.support.fleet import changes
from tests.support.module import result
from tests.support.protect import VARIABLES

Fields = dict[str, Any]
ASKED: Fields = {"name_pattern": "web-*", "name_prefix": "day-", "period": "x", "keep_last": 1}
WEB_1, WEB_2, DAY_0, DAY_1 = (f"{number}c0d1d7e-4a55-4a51-8111-53d05d96d2c6" for number in range(4))
DIGEST = "5510259f8d3cdd199a0760a82ba1df4ff53d0fd39d013b8b8120153b2d1f3158"  # region of the joint plan
REFUSED = "The plan is not the approved one (expected_plan), and nothing was done."


def run(sim: Any, state: str, targets: list[Fields], check: bool = False, **more: Any) -> list[list[Any]]:
    """Run the module for each target, and return the pairs of target and result that the role has."""
    return [
        [target, result(sim, "vm_snapshot", {"state": state, "instance": target["id"], **target[state], **more}, check)]
        for target in targets
    ]


def run_trial(sim: Any, expected: Any = "", region: str = "", **more: Any) -> Fields:
    variables = {**VARIABLES, **ASKED, **more, "expected_plan": expected}
    query = {"kind": "instances", "name_pattern": variables["name_pattern"], "region": region}
    choice = protect_choice(variables, result(sim, "vm_info", query)["instances"])
    copies = run(sim, "present", choice["targets"], check=True, region=region)
    pruned = protect_retention(copies, "snapshot", True) if variables["keep_last"] else []
    return protect_plan(choice, copies, run(sim, "pruned", pruned, check=True, region=region), expected)


def apply(sim: Any, tried: Fields) -> list[str]:
    """Run the tasks for real, and return the messages of failures."""
    copies = run(sim, "present", tried["choice"]["targets"])
    both = [*copies, *run(sim, "pruned", protect_retention(copies, "snapshot"))]
    return [each["msg"] for _target, each in both if each.get("failed")]


def copies(sim: Any) -> list[str]:
    return sorted(row["name"] for row in sim.state()["br-se1"]["snapshots"])


def build(sim: Any, region: str = "br-se1") -> None:
    """Create two instances; the first has two old copies, which the retention deletes only if there is a new one."""
    for name, row_id in (("web-1", WEB_1), ("web-2", WEB_2)):
        sim.seed("instance", name=name, id=row_id, region=region, created_at=sim.now() - 7200)
    for number, row_id in enumerate((DAY_0, DAY_1)):
        at = sim.now() - 3600 + number
        sim.seed("snapshot", name=f"day-{number}", id=row_id, instance=WEB_1, region=region, created_at=at)


@pytest.fixture
def world(sim: Any) -> Any:
    build(sim)
    sim.advance(60)
    return sim


def plan_of(sim: Any, **more: Any) -> Fields:
    plan: Fields = json.loads(
        json.dumps(run_trial(sim, **more)["plan"])
    )  # in the form in which a workflow passes it on
    assert changes(sim) == []
    return plan


@pytest.mark.every_core(sample=True)
def test_all_copies_and_deletions_are_one_plan(world: Any) -> None:
    plan = plan_of(world)
    assert [line.split(" (")[0] for line in plan["lines"]] == [
        "create snapshot day-web-1-x of instance web-1", "create snapshot day-web-2-x of instance web-2",
        "delete snapshot day-0", "delete snapshot day-1",
    ]  # fmt: skip
    assert [row["name"] for row in plan["members"]] == [f"present {WEB_1}", f"present {WEB_2}", f"pruned {WEB_1}"]
    assert plan["digest"] == DIGEST, "on every Python and every ansible-core"
    assert plan_document(plan).count(plan["digest"]) == 1
    world.advance(60)
    again = plan_of(world)
    assert (again["digest"], again["at"]) == (plan["digest"], plan["at"] + 60), "it is the same while nothing changes"


@pytest.mark.parametrize("form", ["plan", "json", "digest"])
def test_an_approved_plan_is_done(world: Any, form: str) -> None:
    plan = plan_of(world, power_off=True)
    expected = {"plan": plan, "json": json.dumps(plan), "digest": plan["digest"]}[form]
    tried = run_trial(world, expected, power_off=True)
    assert (tried["refusal"], tried["warnings"], tried["plan"]["digest"]) == ("", [], plan["digest"])
    assert apply(world, tried) == []
    assert len(changes(world)) == len(plan["lines"]) == 8
    assert copies(world) == ["day-web-1-x", "day-web-2-x"]
    world.clear_requests()
    again = run_trial(world, expected, power_off=True)
    assert (again["refusal"], apply(world, again), changes(world)) == ("", [], [])
    assert bool(again["warnings"]) == (form == "digest"), "a digest does not say whether its plan was done"


def another(kind: str, **fields: Any) -> Callable[[Any], None]:
    return lambda sim: sim.seed(kind, **fields)


def gone(module: str, **named: Any) -> Callable[[Any], None]:
    def delete(sim: Any) -> None:
        result(sim, module, {"state": "absent", **named})
        sim.advance(60)

    return delete


def stopped(sim: Any) -> None:
    result(sim, "vm_instance", {"id": WEB_2, "state": "stopped"})


NEW = "create snapshot day-web-{0}-x of instance web-{0}"


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("change", "asked", "told"),
    [
        (another("instance", name="web-3"), {}, f"Not approved: {NEW.format(3)}."),
        (gone("vm_instance", id=WEB_2), {}, f"Approved, but not planned now: {NEW.format(2)}."),
        (stopped, {}, f"Approved for another request, or another state of the resource: {NEW.format(2)}."),
        (another("snapshot", name="day-2", instance=WEB_1), {}, "Not approved: delete snapshot day-2"),
        (another("snapshot", name="day-2", instance=WEB_2), {}, "Not approved: delete snapshot day-2"),
        (gone("vm_snapshot", name="day-1"), {}, "Approved, but not planned now: delete snapshot day-1"),
        (another("snapshot", name="day-web-2-x", instance=WEB_1), {}, "is of another instance"),
        (another("snapshot", name="day-web-2-x", instance=WEB_2, status="creating_error", state="error"), {},
         "Delete it with state: absent."),
        (None, {"power_off": True}, "Not approved: stop instance web-1"),
        (None, {"keep_last": 2}, "Approved, but not planned now: delete snapshot day-1"),
        (None, {"keep_last": ""}, "Approved, but not planned now: delete snapshot day-0"),
        (None, {"period": "y"}, "Not approved: create snapshot day-web-1-y"),
        (None, {"name_pattern": "web-1"}, f"Approved, but not planned now: {NEW.format(2)}."),
        (None, {"name_pattern": "none-*"}, f"Approved, but not planned now: {NEW.format(1)}; {NEW.format(2)}; delete"),
    ],
    ids=["one more instance", "one less", "another state", "one more copy", "one more of the other", "a copy less",
         "a name that is taken", "a copy that failed", "power_off", "keep_last", "no retention", "period", "choice", "none"],
)  # fmt: skip
def test_an_unapproved_plan_is_refused_before_the_first_change(
    world: Any, change: Callable[[Any], None] | None, asked: Fields, told: str
) -> None:
    plan = plan_of(world)
    if change:
        change(world)
    world.clear_requests()
    for expected in (plan, json.dumps(plan), plan["digest"]):
        tried = run_trial(world, expected, **asked)
        if expected == plan["digest"] and not tried["plan"]["lines"]:
            assert (tried["refusal"], tried["plan"]["members"]) == ("", []), "there is nothing that it could do"
            continue
        assert tried["refusal"].startswith(REFUSED), tried["refusal"]
        assert tried["plan"]["digest"] != plan["digest"], "the one to be approved now"
        assert expected == plan["digest"] or told in tried["refusal"], tried["refusal"]
    assert changes(world) == []


@pytest.mark.parametrize("done", range(4))
def test_an_interrupted_run_continues_with_the_remaining_steps(world: Any, done: int) -> None:
    """An interrupted run continues; a copy that is still being created counts as existing for the retention."""
    plan = plan_of(world)
    targets = run_trial(world, plan)["choice"]["targets"]
    for target in targets[:done]:
        run(world, "present", [target], wait=done != 1)
    if done == 3:
        run(world, "pruned", targets[:1], prune_max=None)
    before = len(changes(world))
    tried = run_trial(world, plan)
    assert tried["refusal"] == ""
    assert len(tried["plan"]["lines"]) == len(plan["lines"]) - before
    if 0 < done < 3:
        assert "the digest alone cannot say so" in run_trial(world, plan["digest"])["refusal"]
    assert apply(world, tried) == []
    assert len(changes(world)) == len(plan["lines"])
    assert copies(world) == ["day-web-1-x", "day-web-2-x"]


def test_an_instance_stopped_by_an_interrupted_run_is_started_again(world: Any) -> None:
    plan = plan_of(world, power_off=True)
    stopped(world)
    tried = run_trial(world, plan, power_off=True)
    assert (tried["refusal"], len(plan["lines"]) - len(tried["plan"]["lines"])) == ("", 1)
    assert apply(world, tried) == []
    assert {row["state"] for row in world.state()["br-se1"]["instances"]} == {"running"}


def test_nothing_slips_in_between_the_trial_and_the_run(world: Any) -> None:
    """A change between trial and run is noticed: each module gets its part of the plan, also with only a digest."""
    plan = plan_of(world)
    for expected in (plan, plan["digest"]):
        world.clear_requests()
        tried = run_trial(world, expected)
        assert tried["refusal"] == ""
    world.seed("snapshot", name="day-9", instance=WEB_1, created_at=world.now() - 5)
    stopped(world)
    world.clear_requests()
    failed = apply(world, tried)
    assert [message.split(" Not ")[0] for message in failed if "day-9" in message] == [REFUSED]
    assert len(failed) == 2 and f"another state of the resource: {NEW.format(2)}" in failed[0]
    assert changes(world) == ["POST snapshots"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"lines": []}, "does not have the digest that it names"),
        ({"members": []}, "does not have the digest that it names"),
        ({"digest": "no"}, "neither a plan"),
    ],
)
def test_an_edited_plan_is_refused_without_a_request(world: Any, change: Fields, told: str) -> None:
    plan = {**plan_of(world), **change}
    (problem,) = protect_settings({**VARIABLES, **ASKED, "expected_plan": plan}, {})["problems"]
    assert told in problem


def test_a_plan_is_for_a_region(world: Any) -> None:
    """A plan is for one region, even if another one has resources with the same names and ids."""
    plan = plan_of(world)
    build(world, "br-ne1")
    there = run_trial(world, region="br-ne1")["plan"]
    assert (there["lines"], there["digest"] == plan["digest"]) == (plan["lines"], False)
    for expected in (plan, plan["digest"]):
        assert run_trial(world, expected, region="br-ne1")["refusal"].startswith(REFUSED)
    assert changes(world) == []
