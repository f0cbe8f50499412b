# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two runs of the same declaration at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.faults import killed
from tests.faults.killed import list_resources, seed_scenario
from tests.faults.operations import IMPORT, INSTANCE, NEW, PUBLIC, Fields
from tests.faults.pairs import CREATING, PAIRS, at_once
from tests.support import task
from tests.support.declarations import DECLARED

MAKING = ("create", "restore")


def web_ids(sim: Any) -> list[str]:
    """Return the ids of the instances named web."""
    return [row["id"] for row in sim.state()["br-se1"]["instances"] if row["name"] == "web"]


BEHIND: dict[str, float] = {"lag": 5, "stale": 2}  # lists lag behind every change, reads by id behind actions
behind = pytest.mark.parametrize("lags", [{}, BEHIND], ids=["calm", "behind"])


def resources_of_single_run(sim: Any, name: str, unique: bool, lags: dict[str, float]) -> list[tuple[Any, ...]]:
    """Return the resources after a single run."""
    kind, options, seeds = PAIRS[name]
    seed_scenario(sim, seeds, unique_names=unique, **lags)
    assert [end.failure for end in at_once(sim, kind, options, members=1)] == [None]
    return list_resources(sim)


# Without unique names, two runs can create one resource each: see the next test.
@pytest.mark.one_in(3)
@pytest.mark.parametrize(("name", "unique"), [(name, True) for name in PAIRS]
                         + [(name, False) for name in PAIRS if name not in CREATING])  # fmt: skip
@behind
def test_two_simultaneous_runs_end_like_a_single_run(sim: Any, name: str, unique: bool, lags: dict[str, float]) -> None:
    whole = resources_of_single_run(sim, name, unique, lags)
    kind, options, seeds = PAIRS[name]
    seed_scenario(sim, seeds, unique_names=unique, **lags)
    ends = at_once(sim, kind, options)
    assert [end.failure for end in ends] == [None, None]
    assert list_resources(sim) == whole
    made = [action for end in ends for action in end.actions if action in MAKING]
    assert len(made) <= 1, "only one says that it made it"


@behind
@pytest.mark.parametrize("name", CREATING)
def test_two_runs_that_both_created_report_it_and_delete_nothing(sim: Any, name: str, lags: dict[str, float]) -> None:
    kind, options, seeds = PAIRS[name]
    seed_scenario(sim, seeds, unique_names=False, **lags)
    before = web_ids(sim)
    ends = at_once(sim, kind, options)
    ids = web_ids(sim)
    assert len(ids) == 2
    assert not set(before) & set(ids)
    for end in ends:
        assert all(identifier in str(end.failure) for identifier in ids), end.failure
    assert sorted(end.outcome.created[0] for end in ends) == sorted(ids)
    deleted = [request for request in sim.requests() if request["method"] == "DELETE"]
    assert all(request["path"].endswith(tuple(before)) for request in deleted) if before else not deleted
    again = task.run(sim, **DECLARED)
    assert all(identifier in str(again.failure) for identifier in ids), "nor does the next run"


PROCESSES: dict[str, tuple[str, Fields, tuple[Fields, ...]]] = {
    "create": ("vm_instance", PUBLIC, ()),
    "snapshot with power_off": ("vm_snapshot", {"name": "n", "instance": "web", "power_off": True}, (INSTANCE,)),
    "import": ("vm_image", IMPORT, ()),
}


@pytest.mark.one_in(5)
@pytest.mark.programs
@pytest.mark.parametrize("unique", [True, False])
@pytest.mark.parametrize("name", PROCESSES)
def test_two_processes_at_once(sim: Any, name: str, unique: bool) -> None:
    """Two processes at once, in any order, end as one."""
    module, options, seeds = PROCESSES[name]
    seed_scenario(sim, seeds, unique_names=unique, edition=NEW)
    assert killed.run_tasks(sim, [(module, options)]) is None
    whole = list_resources(sim)
    seed_scenario(sim, seeds, unique_names=unique, edition=NEW)
    running = [killed.start_process(sim, [(module, options)]) for number in range(2)]
    said = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    failed = [message for message in (json.loads(out) for out, errors in said) if message]
    ids = web_ids(sim)
    if not unique and len(ids) == 2:  # the run that read last has seen both
        assert any(all(identifier in message for identifier in ids) for message in failed), failed
    else:
        assert not failed
        assert list_resources(sim) == whole
