# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One case of the matrix: a task under a fault, the same task again, and the resources at the end."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from unittest import mock

from simulator.cloud import Region
from tests.faults.faults import ALWAYS, FAULTS, PATIENCE, READS, SHARE, Case, arm
from tests.faults.operations import OPERATIONS, OTHERS, Fields, Operation
from tests.faults.record import Record
from tests.faults.wire import nobody_listens
from tests.support.module import result

DONE, WARNED, NEXT, BY_HAND, STOPPED = "done", "warned", "next run", "by hand", "left stopped"


def run(sim: Any, case: Case) -> str:
    """Return the outcome of a case in one of the words above, which `faults.rst` explains.

    Raise `AssertionError` if a promise is broken.
    """
    operation, fault = OPERATIONS[case.operation], FAULTS[case.fault]
    random.seed(0)  # the same random pauses in each run
    behind = {"lag": 5, "stale": 2} if case.lag else {}
    sim.reset(**{"edition": case.edition, "unique_names": case.unique, **behind, **(fault.settings or {})})
    for seed in (*OTHERS, *operation.seeds):
        sim.seed(**seed)
    record = Record(sim, operation)
    with count_creations() as created:
        arm(sim, case, operation)
        with nobody_listens(applies(case, operation)) if fault.refused else nullcontext():
            options = {**operation.options, "wait_timeout": PATIENCE, **(fault.options or {})}
            first = result(sim, operation.module, options)
        sim.clear_faults()
        outcome = first_outcome(record, first, case, created)
        record.check_sendings()
        again = result(sim, operation.module, operation.options)
        if again.get("failed"):
            assert outcome == NEXT, again["msg"]
            outcome = follow_advice(sim, operation, again)
        else:
            assert len(created) == operation.creates, f"created {len(created)} times: {created}"
    if outcome == DONE and not operation.repeats:
        assert not again["changed"], f"the next run found something to do: {again['actions']}"
    if record.down():
        assert outcome == NEXT and "start instance web" in first["msg"], first
        outcome = STOPPED
    record.check(left_down=outcome == STOPPED)
    return outcome


def first_outcome(record: Record, first: Fields, case: Case, created: list[str]) -> str:
    """Return the outcome of the run with the fault."""
    if first.get("failed"):
        check_message(first, case, record.operation, created)
        return NEXT
    if record.untouched():
        assert any("showed nothing of" in warning for warning in first["warnings"]), (
            "nothing was done, and nothing said"
        )
        return WARNED
    record.check()
    return DONE


def applies(case: Case, operation: Operation) -> Callable[[str, str], bool]:
    """Return a predicate for the requests that are refused."""
    chance, left = random.Random(0), [1]

    def refused(method: str, path: str) -> bool:
        if case.spread == READS:
            return method == "GET" and chance.random() < SHARE
        if not operation.pattern.fullmatch(f"{method} {path}"):
            return False
        left[0] -= 1
        return case.spread == ALWAYS or left[0] >= 0

    return refused


@contextmanager
def count_creations() -> Iterator[list[str]]:
    """Collect the ids of all resources that the simulator creates in the block, also if they are deleted later."""
    ids: list[str] = []
    add = Region.add

    def counted(self: Region, resource: Any) -> Any:
        ids.append(resource.id)
        return add(self, resource)

    with mock.patch.object(Region, "add", counted):
        yield ids


def check_message(first: Fields, case: Case, operation: Operation, created: list[str]) -> None:
    """Assert that a failure names the failed step and its resource, and the steps before it."""
    message = first["msg"]
    about = [operation.description] if case.spread != READS else [operation.description, "look at "]
    assert any(words in message for words in about), message
    for action in first.get("actions", ()):
        assert action["description"] in message, message
    for identifier in created:
        told = identifier in message or "next run will find it" in message
        assert told, f"{identifier} was made, but is not told: {message}"


def follow_advice(sim: Any, operation: Operation, again: Fields) -> str:
    """Follow the message: delete the failed resource, and run again."""
    assert "state: absent" in again["msg"] or "Delete it there" in again["msg"], again["msg"]
    gone = result(sim, operation.own_module, operation.remedy)
    assert not gone.get("failed"), gone["msg"]
    last = result(sim, operation.module, operation.options)
    assert not last.get("failed"), last["msg"]
    return BY_HAND
