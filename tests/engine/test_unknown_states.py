# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An unknown state is not a power state: steps that need a power state fail and name it, all others work."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._plan.step import Identity, Memory
from tests.support import copies, fleet, task
from tests.support.declarations import LARGE, SMALL

PORT = "11111111-1111-4111-8111-111111111111"
words = pytest.mark.parametrize("word", ["Running", "ACTIVE", "paused", "shelved", "migrating", "", None])


def seed(sim: Any, word: Any, nulls: str = "sent", **fields: Any) -> None:
    """Create an instance in this state, which no action of the simulator changes."""
    sim.reset(nulls=nulls)
    sim.seed("instance", name="web", odd={"state": word}, **fields)


def describe_state(word: Any) -> str:
    return "has no state in the API's response" if word is None else f"has the state {word!r}"


@pytest.mark.one_in(3)
@words
@pytest.mark.parametrize("status", ["completed", "retyping_error"])
@pytest.mark.parametrize(
    "wanted",
    [*({"state": state} for state in ("running", "stopped", "suspended", "rebooted")), {"machine_type": LARGE}],
    ids=lambda wanted: next(iter(wanted.values())),
)
def test_a_task_that_needs_a_power_state_names_the_unknown_state(
    sim: Any, word: Any, status: str, wanted: dict[str, Any]
) -> None:
    seed(sim, word, status=status, error={"slug": "some.slug", "message": "words"})
    with pytest.raises(Refused, match="needs one of the states running, stopped, suspended") as error:
        task.check(sim, name="web", **wanted)
    assert describe_state(word) in str(error.value) and "words (slug some.slug)" in str(error.value)
    assert (next(iter(wanted)) if "state" not in wanted else f"state: {wanted['state']}") in str(error.value)
    assert str(task.run(sim, name="web", **wanted).failure) == str(error.value)
    assert task.list_changes(sim) == []


@pytest.mark.one_in(3)
@words
@pytest.mark.parametrize(
    ("wanted", "actions"),
    [
        ({}, []),
        ({"machine_type": SMALL}, []),
        ({"new_name": "web-2"}, ["rename"]),
        ({"network_interfaces": [PORT]}, ["attach"]),
        ({"state": "absent"}, ["delete"]),
    ],
    ids=str,
)
def test_a_task_that_only_needs_the_instance_continues(
    sim: Any, word: Any, wanted: dict[str, Any], actions: list[str]
) -> None:
    seed(sim, word)
    assert [step.action for step in task.check(sim, name="web", **wanted).steps] == actions
    done = task.run(sim, name="web", **wanted)
    assert (done.failure, done.actions) == (None, actions)


@pytest.mark.one_in(4)
@words
@pytest.mark.parametrize(("kind", "edition"), copies.KINDS)
def test_a_copy_is_created_but_not_with_power_off(sim: Any, kind: str, edition: str, word: Any) -> None:
    sim.reset(edition=edition)
    sim.seed("instance", name="web", odd={"state": word})
    with pytest.raises(Refused, match="power_off needs one of"):
        copies.check(sim, kind, name="copy", instance="web", power_off=True)
    done = copies.run(sim, kind, name="copy", instance="web", power_off=True)
    assert describe_state(word) in str(done.failure)
    assert task.list_changes(sim) == []
    done = copies.run(sim, kind, name="copy", instance="web")
    assert (done.failure, done.actions) == (None, ["create"])


def test_an_unknown_state_in_transition_is_awaited(sim: Any) -> None:
    """An instance in transition is awaited, because its final state may be known."""
    sim.seed("instance", name="web", state="migrating", status="migrating")
    for wanted in ({"state": "stopped"}, {"state": "present"}):
        assert "its status is 'migrating', its state 'migrating'" in str(
            task.run(sim, name="web", timeout=60, **wanted).failure
        )
    assert task.list_changes(sim) == []


def test_the_other_members_of_a_fleet_go_on(sim: Any) -> None:
    seed(sim, "shelved")
    sim.seed("instance", name="db")
    given = fleet.run(sim, instances=[{"name": "web"}, {"name": "db"}], state="stopped")
    assert "has the state 'shelved'" in fleet.member(given, "web")["msg"]
    assert fleet.actions(given) == {"web": [], "db": ["stop instance db"]}


@pytest.mark.parametrize("word", ["Running", None])
def test_the_state_may_become_unknown_on_the_way(sim: Any, word: Any) -> None:
    """An instance that was stopped for a copy may get an unknown state: then the task cannot decide to start it."""
    row = sim.seed("instance", name="web")
    seen = {
        "instance": {**row, "state": word},
        "copy": {"id": "c", "name": "copy", "state": "available", "status": "completed"},
    }
    want = {**copies.DEFAULTS, "name": "copy", "instance": "web", "power_off": True}
    memory = Memory()
    memory.start_state, memory.sent = "running", {Identity("stop", row["id"]): 1}
    declared = copies.task_of(task.client(sim), "snapshot", **{k: v for k, v in want.items() if v is not None})
    with pytest.raises(Refused, match="the power state that it had needs one of"):
        declared.plan(seen, memory)
    assert declared.recover is not None and declared.recover(seen, memory).steps == ()
