# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run of an approved plan that is killed at any request, and the next run of the same plan."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.faults.killed import SCENARIOS, Scenario, list_resources, run_tasks, run_until_killed, seed_scenario
from tests.support.choice import one_in
from tests.support.module import result

WHENS = ("before", "after")
MOST = 60  # requests in a run
CONDITIONS: dict[str, tuple[dict[str, Any], int]] = {
    "at once": ({}, 0),
    "lists and reads behind, any names, later": ({"unique_names": False, "lag": 5, "stale": 2}, 60),
}
# The last task of each scenario has an approved plan.
CASES = [(name, edition) for name, scenario in SCENARIOS.items() for edition in scenario.editions]
EVERY_SO_MANY = one_in(11)


def prepare(sim: Any, scenario: Scenario, settings: dict[str, Any]) -> dict[str, Any]:
    """Create the resources before the last task, and return the plan of that task."""
    seed_scenario(sim, scenario.seeds, **settings)
    assert run_tasks(sim, scenario.tasks[:-1]) is None
    sim.advance(60)
    random.seed(0)
    module, options = scenario.tasks[-1]
    planned = result(sim, module, options, check=True)
    assert not planned.get("failed"), planned["msg"]
    plan: dict[str, Any] = planned["plan"]
    assert plan["lines"]
    return plan


def effective_changes(sim: Any) -> list[str]:
    """Return the requests that changed something."""
    return [
        f"{request['method']} {request['path']}"
        for request in sim.requests()
        if request["method"] != "GET" and request["status"] < 400
    ]


@pytest.mark.one_in(13)
@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize(("name", "edition"), CASES)
def test_the_next_run_of_an_approved_plan_does_the_remaining_steps(
    sim: Any, name: str, edition: str, when: str, condition: str
) -> None:
    """The next run completes an approved plan after a kill, including the power state before a copy."""
    scenario, (settings, pause) = SCENARIOS[name], CONDITIONS[condition]
    settings = {**settings, **dict(scenario.settings), "edition": edition}
    module, options = scenario.tasks[-1]
    plan = prepare(sim, scenario, settings)
    sim.clear_requests()
    assert run_tasks(sim, [(module, {**options, "expected_plan": plan})]) is None
    changes = len(effective_changes(sim))
    sim.advance(60)
    whole = list_resources(sim)
    first = 1 + (CASES.index((name, edition)) + WHENS.index(when)) % EVERY_SO_MANY
    for number in range(first, MOST + EVERY_SO_MANY, EVERY_SO_MANY):
        plan = prepare(sim, scenario, settings)
        sim.clear_requests()
        approved = [(module, {**options, "expected_plan": plan})]
        if not run_until_killed(sim, approved, number, when):
            break
        where = f"killed {when} request {number}"
        sim.advance(pause)
        by_digest = [(module, {**options, "expected_plan": plan["digest"]})]
        before = effective_changes(sim)
        refused = run_tasks(sim, by_digest)
        if refused:
            assert "The plan is not the approved one" in refused, where
            assert effective_changes(sim) == before, where
        assert run_tasks(sim, approved) is None, where
        sim.advance(60)
        if not refused and "power_off" in name and list_resources(sim) != whole:
            continue  # the digest does not say that the instance has to be started: the task has warned about that
        assert list_resources(sim) == whole, where
        if name != "an alternative":  # the next run does not know which attempt failed: it is made again, and deleted
            assert len(effective_changes(sim)) == changes, where
    else:
        pytest.fail("it never came to an end")
