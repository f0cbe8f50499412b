# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run that is killed at any request, before it is sent or after its response, and the next run."""

from __future__ import annotations

import itertools
import signal
from typing import Any

import pytest

from tests.faults import killed
from tests.faults.killed import SCENARIOS, list_resources, run_tasks, run_until_killed, seed_scenario
from tests.faults.operations import OLD, PUBLIC
from tests.support.choice import ALL, one_in

WHENS = ("before", "after")
MOST = 60  # requests in a run
CONDITIONS: dict[str, tuple[dict[str, Any], int]] = {
    "unique names, at once": ({}, 0),
    "any names, at once": ({"unique_names": False}, 0),
    "unique names, lists behind, at once": ({"lag": 5}, 0),
    "any names, lists and reads behind, later": ({"unique_names": False, "lag": 5, "stale": 2}, 60),
}
FIRST = next(iter(CONDITIONS))  # the condition under which both API versions are tried


def resources_without_kill(sim: Any, name: str, settings: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the resources after a run that is not killed."""
    seed_scenario(sim, SCENARIOS[name].seeds, **settings)
    assert run_tasks(sim, SCENARIOS[name].tasks) is None
    sim.advance(60)
    return list_resources(sim)


def is_stopped_for_copy(sim: Any) -> bool:
    """Return whether an instance was stopped and not yet started again."""
    verbs = [request["path"].rsplit("/", 1)[-1] for request in sim.requests() if request["method"] == "POST"]
    return "stop" in verbs and "start" not in verbs


def with_web_stopped(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the resources with the instance web stopped."""
    web = ("br-se1", "instances", "web")
    return sorted(((*row[:4], "stopped", *row[5:]) if row[:3] == web else row for row in rows), key=str)


EVERY = list(itertools.product(enumerate(SCENARIOS), enumerate(CONDITIONS), enumerate(WHENS)))
# make test takes a third of a choice in which any two values meet; make test-all runs every combination.
CHOSEN = [
    tuple(value for _number, value in case) for case in EVERY if ALL or not sum(number for number, _value in case) % 2
]


# make test kills at every 11th request, from another offset in each case, so that each request of a run is covered.
EVERY_SO_MANY = one_in(11)


@pytest.mark.one_in(5)
@pytest.mark.parametrize(("first", "name", "condition", "when"), [(at, *case) for at, case in enumerate(CHOSEN)])
def test_the_run_after_a_killed_run_reaches_the_same_end(
    sim: Any, first: int, name: str, condition: str, when: str
) -> None:
    scenario, (settings, pause) = SCENARIOS[name], CONDITIONS[condition]
    for edition in scenario.editions if condition == FIRST else scenario.editions[-1:]:
        settings = {**settings, **dict(scenario.settings), "edition": edition}
        whole = resources_without_kill(sim, name, settings)
        for number in range(1 + first % EVERY_SO_MANY, MOST + EVERY_SO_MANY, EVERY_SO_MANY):
            seed_scenario(sim, scenario.seeds, **settings)
            if not run_until_killed(sim, scenario.tasks, number, when):
                assert number > 4, "as many requests as that"
                break
            limit = "power_off" in name and is_stopped_for_copy(sim)
            where = f"killed {when} request {number}, {edition}"
            sim.advance(pause)
            assert run_tasks(sim, scenario.tasks) is None, where
            sim.advance(60)
            # The next run cannot know that the killed run, and not the user, stopped the instance for a copy.
            assert list_resources(sim) == (with_web_stopped(whole) if limit else whole), where
        else:
            pytest.fail("it never came to an end")


def changes(sim: Any) -> list[tuple[str, int]]:
    """Return the requests that are not reads. Concurrent reads may differ by one from run to run."""
    return [(request["method"], request["status"]) for request in sim.requests() if request["method"] != "GET"]


PROCESSES = list(itertools.product([
    ("create, wait, retype, stop", 4), ("create, wait, retype, stop", 10), ("restore a snapshot", 5),
    ("snapshot with power_off", 3), ("recreate", 6), ("a fleet created, changed and pruned", 4),
], WHENS))  # fmt: skip


@pytest.mark.programs
@pytest.mark.parametrize(
    ("name", "number", "when"), [(*cut, when) for cut, when in (PROCESSES if ALL else PROCESSES[::3])]
)
def test_a_killed_process_leaves_the_same_behind(sim: Any, name: str, number: int, when: str) -> None:
    """A killed process leaves the same as an exception in this process, so the tests without processes are valid."""
    scenario = SCENARIOS[name]
    seed_scenario(sim, scenario.seeds)
    assert run_until_killed(sim, scenario.tasks, number, when)
    here, asked = list_resources(sim), changes(sim)
    seed_scenario(sim, scenario.seeds)
    process = killed.start_process(sim, scenario.tasks, number, when)
    said = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, said
    assert list_resources(sim) == here
    assert changes(sim) == asked
    assert run_tasks(sim, scenario.tasks) is None


def test_an_unlisted_creation_of_a_killed_run_is_reported_by_the_next(sim: Any) -> None:
    """The next run reports a duplicate that it could not avoid: names are not unique, and no list showed the first."""
    sim.reset(unique_names=False, lag=5, edition=OLD)
    tasks = [("vm_instance", PUBLIC)]
    number = 1 + next(at for at in range(1, MOST) if _creates(sim, tasks, at))
    sim.reset(unique_names=False, lag=5, edition=OLD)
    assert run_until_killed(sim, tasks, number - 1, "after")
    message = run_tasks(sim, tasks)
    ids = [row["id"] for row in sim.state()["br-se1"]["instances"]]
    assert len(ids) == 2
    assert message
    assert all(identifier in message for identifier in ids)


def _creates(sim: Any, tasks: killed.Tasks, number: int) -> bool:
    """Return whether that request is the creation."""
    sim.reset(unique_names=False, lag=5, edition=OLD)
    run_until_killed(sim, tasks, number, "after")
    return any(request["method"] == "POST" for request in sim.requests())
