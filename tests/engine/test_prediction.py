# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The central test: a real run takes the steps that check mode names, and ends in the predicted state.

For every pair of a current and a desired state, over real HTTP, with both API versions, with reads and lists that lag,
with and without unique names.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from tests.support import task
from tests.support.choice import ALL, one_in
from tests.support.declarations import DECLARED, IMAGE, LARGE, SMALL

PORTS = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"]

SETTLED = [
    {"state": state, "machine_type": kind, "interfaces": PORTS[:ports], "status": status}
    for state in ("running", "stopped", "suspended")
    for kind in (SMALL, LARGE)
    for ports in (0, 1)
    for status in ("completed", "retyping_error")
]
CURRENT: list[dict[str, Any] | None] = [
    None,
    {"state": "error", "status": "creating_error_capacity"},
    {"state": "new", "status": "creating_error", "public_ip": True},
    *SETTLED,
]
WANTED = [
    {**DECLARED, "state": state, "machine_type": kind, "network_interfaces": ports, **more}
    for state in ("present", "running", "stopped", "suspended", "rebooted", "absent")
    for kind in (SMALL, LARGE)
    for ports in (None, PORTS[:1], PORTS)
    for more in ({}, {"new_name": "web-2"}, {"on_failed": "replace", "delete_public_ip": True})
    if not (state == "absent" and "new_name" in more)
]
PAIRS = list(itertools.product(CURRENT, WANTED))
# All pairs under calm conditions; under each other condition every Nth pair, from another offset. make test takes every
# 251st case: a few under each condition, with other states under each.
SPARSE = one_in(251)
CONDITIONS = [
    ({}, 1, 0),
    ({"edition": "2024-08"}, 7, 1),
    ({"stale": 2}, 7, 2),
    ({"lag": 2}, 7, 3),
    ({"unique_names": False, "nulls": "omitted"}, 7, 4),
    ({"stale": 2, "lag": 5, "unique_names": False, "edition": "2024-08"}, 7, 5),
    ({"page_limit": 3, "instances": 10}, 23, 6),
    ({"keep_deleted": 10**6}, 23, 7),
]
IDS = [" ".join(f"{key}={value}" for key, value in settings.items()) or "calm" for settings, every, first in CONDITIONS]
COMPARED = ("name", "state", "ssh_key_name")


@pytest.mark.parametrize(("settings", "every", "first"), CONDITIONS, ids=IDS)
@pytest.mark.parametrize("part", range(4 if ALL else 1))
def test_a_real_run_does_what_check_mode_names(sim: Any, settings: Any, every: int, first: int, part: int) -> None:
    for current, wanted in PAIRS[first :: every * SPARSE][part :: 4 if ALL else 1]:
        sim.reset(**settings)
        if current is not None:
            sim.seed("instance", name="web", image=IMAGE, **current)
        sim.advance(60)  # lists and reads do not lag behind seeds
        compare(sim, current, wanted)


def compare(sim: Any, current: Any, wanted: Any) -> None:
    where = f"from {current} to {wanted}"
    try:
        plan = task.check(sim, **wanted)
    except Refused as error:
        refused: Exception | None = error
    else:
        refused = None
    assert not task.list_changes(sim), f"check mode changes nothing, {where}"
    done = task.run(sim, **wanted)
    if refused:
        assert str(done.failure) == str(refused), where
        assert not task.list_changes(sim), where
        return
    assert done.failure is None, f"{where}: {done.failure}"
    assert done.actions == [step.action for step in plan.steps], where
    if plan.after is None:
        assert done.row is None, where
    else:
        assert done.row is not None, where
        left = {key: done.row[key] for key in COMPARED if plan.after.get(key) is not None}
        assert left == {key: plan.after[key] for key in left}, where
        assert done.row["machine_type"]["name"] == plan.after["machine_type"]["name"], where
    if wanted["state"] == "rebooted":
        return
    again = dict(wanted, name=wanted.get("new_name") or "web", new_name=None)
    sim.advance(10)
    sim.clear_requests()
    assert task.run(sim, **again).actions == [], f"planning again is empty, {where}"
    assert not task.list_changes(sim), where
