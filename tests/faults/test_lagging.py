# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two tasks in succession, with lists that lag behind every change and reads that lag behind actions.

The second task has the same effect and the same result as on a cloud without lag, whatever the first task did.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.support.choice import ALL
from tests.support.declarations import DECLARED, DEFAULTS, IMAGE, LARGE, SMALL
from tests.support.module import result

OTHER = "cloud-debian-12 LTS"
WEB = DECLARED
PORT = "11111111-1111-4111-8111-111111111111"
Task = tuple[str, dict[str, Any]]

ONE: dict[str, Task] = {
    "start": ("vm_instance", {"name": "web", "state": "running"}),
    "stop": ("vm_instance", {"name": "web", "state": "stopped"}),
    "suspend": ("vm_instance", {"name": "web", "state": "suspended"}),
    "retype": ("vm_instance", {"name": "web", "machine_type": LARGE}),
    "attach": ("vm_instance", {"name": "web", "network_interfaces": [PORT]}),
    "rename": ("vm_instance", {"name": "web", "new_name": "web-keep"}),
    "remove": ("vm_instance", {"name": "web", "state": "absent"}),
    "make": ("vm_instance", {**WEB, "state": "running"}),
    "recreate": ("vm_instance", {**WEB, "image": OTHER, "on_immutable_change": "recreate"}),
    "warn": ("vm_instance", {**WEB, "image": OTHER}),
    "fleet start": ("vm_fleet", {"instances": [{"name": "web"}], "state": "running"}),
    "fleet stop": ("vm_fleet", {"instances": [{"name": "web"}], "state": "stopped"}),
    "fleet retype": ("vm_fleet", {"instances": [{"name": "web", "machine_type": LARGE}]}),
    "fleet make": ("vm_fleet", {"instances": [WEB]}),
    "fleet remove": ("vm_fleet", {"instances": [{"name": "web"}], "state": "absent"}),
    "fleet prune": ("vm_fleet", {"instances": [{"name": "db", **DEFAULTS}], "prune_match": "web*"}),
    "snapshot": ("vm_snapshot", {"name": "copy", "instance": "web", "power_off": True}),
    "remove snapshot": ("vm_snapshot", {"name": "copy", "state": "absent"}),
    "prune snapshots": ("vm_snapshot", {"name_prefix": "co", "state": "pruned", "keep_days": 0.0001}),
    "rename snapshot": ("vm_snapshot", {"name": "copy", "new_name": "keep"}),
}  # fmt: skip
LAGS = [{"lag": 5, "stale": 2}, {"lag": 25, "unique_names": False}]


def true_resources(sim: Any) -> Any:
    """Return the true resources, without ids and times."""
    region = sim.state()["br-se1"]
    instances = [
        (
            row["name"],
            row["state"],
            row["status"],
            row["machine_type"]["name"],
            row["image"]["name"],
            len(row["interfaces"]),
        )
        for row in region["instances"]
    ]
    return sorted(instances), sorted((row["name"], row["state"]) for row in region["snapshots"])


def run_tasks(sim: Any, settings: dict[str, Any], state: str, tasks: list[Task]) -> Any:
    """Run the tasks, and return the resources after them and their results."""
    sim.reset(durations={"delete": 1, "create": 3, "snapshot": 3}, **settings)
    sim.seed("instance", name="web", machine_type=SMALL, image=IMAGE, state=state, created_at=sim.now() - 9999)
    sim.seed("instance", name="db", machine_type=SMALL, image=IMAGE, created_at=sim.now() - 9999)
    sim.seed("snapshot", name="copy", created_at=sim.now() - 9999, instance=None)
    sim.advance(60)
    said = [result(sim, module, options) for module, options in tasks]
    return true_resources(sim), [(bool(each.get("failed")), each.get("changed", False)) for each in said]


EVERY = [(first, second, settings) for (first, second) in itertools.product(ONE, ONE) for settings in LAGS]
NAMES = list(ONE)
# For make test, each task is first once and second once, under one of the settings in turn.
DIAGONALS = [
    (first, NAMES[(at + shift) % len(NAMES)], settings)
    for turn, (settings, shift) in enumerate(zip(LAGS, (1, 7)))
    for at, first in enumerate(NAMES)
    if at % len(LAGS) == turn
]
CHOSEN = EVERY if ALL else DIAGONALS


@pytest.mark.parametrize("part", range(4))
def test_two_tasks_lead_to_the_same_whether_lists_lag_or_not(sim: Any, part: int) -> None:
    for number, (first, second, settings) in list(enumerate(CHOSEN))[part::4]:
        state = ("running", "stopped", "suspended")[number % 3]
        tasks = [ONE[first], ONE[second]]
        calm = {key: value for key, value in settings.items() if key == "unique_names"}
        expected = run_tasks(sim, calm, state, tasks)
        assert run_tasks(sim, settings, state, tasks) == expected, f"{first}, then {second}, from {state}, {settings}"


def test_the_choice_has_each_task_in_both_places_and_each_lag() -> None:
    for place in (0, 1):
        assert {case[place] for case in CHOSEN} == ONE.keys()
    assert all(settings in [case[2] for case in CHOSEN] for settings in LAGS)
