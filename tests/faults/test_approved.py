# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run of an approved plan that is killed at any request, and the next run of the same plan."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.faults.killed import SCENARIOS, Scenario, begin, cut_off, follow, left
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
    begin(sim, scenario.seeds, **settings)
    assert follow(sim, scenario.tasks[:-1]) is None
    sim.advance(60)
    random.seed(0)
    module, options = scenario.tasks[-1]
    planned = result(sim, module, options, check=True)
    assert not planned.get("failed"), planned["msg"]
    plan: dict[str, Any] = planned["plan"]
    assert plan["lines"]
    return plan


def sent(sim: Any) -> list[str]:
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
def test_the_next_run_of_an_approved_plan_does_what_is_left_of_it(
    sim: Any, name: str, edition: str, when: str, condition: str
) -> None:
    """The next run completes an approved plan after a kill, including the power state before a copy."""
    scenario, (settings, pause) = SCENARIOS[name], CONDITIONS[condition]
    settings = {**settings, **dict(scenario.settings), "edition": edition}
    module, options = scenario.tasks[-1]
    plan = prepare(sim, scenario, settings)
    sim.clear_requests()
    assert follow(sim, [(module, {**options, "expected_plan": plan})]) is None
    changes = len(sent(sim))
    sim.advance(60)
    whole = left(sim)
    first = 1 + (CASES.index((name, edition)) + WHENS.index(when)) % EVERY_SO_MANY
    for number in range(first, MOST + EVERY_SO_MANY, EVERY_SO_MANY):
        plan = prepare(sim, scenario, settings)
        sim.clear_requests()
        approved = [(module, {**options, "expected_plan": plan})]
        if not cut_off(sim, approved, number, when):
            break
        where = f"killed {when} request {number}"
        sim.advance(pause)
        by_digest = [(module, {**options, "expected_plan": plan["digest"]})]
        before = sent(sim)
        refused = follow(sim, by_digest)
        if refused:
            assert "The plan is not the approved one" in refused, where
            assert sent(sim) == before, where
        assert follow(sim, approved) is None, where
        sim.advance(60)
        if not refused and "power_off" in name and left(sim) != whole:
            continue  # the digest does not say that the instance has to be started: the task has warned about that
        assert left(sim) == whole, where
        if name != "an alternative":  # the next run does not know which attempt failed: it is made again, and deleted
            assert len(sent(sim)) == changes, where
    else:
        pytest.fail("it never came to an end")
