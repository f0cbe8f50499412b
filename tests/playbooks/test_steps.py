# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Twelve steps through Ansible: create, change and delete, each twice, and each first in check mode."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from tests.support.declarations import DECLARED, LARGE
from tests.support.play import Player, vm_instance

DATA = "#cloud-config\nchpasswd: {list: ['root:Hunter-2-secret']}\n"
ENCODED = base64.b64encode(DATA.encode()).decode()
SHOWN = f"{len(ENCODED)} characters of base64, sha256 {hashlib.sha256(ENCODED.encode()).hexdigest()[:16]}"
STATES: list[dict[str, Any]] = [
    {**DECLARED, "user_data": DATA, "state": "running"},
    {**DECLARED, "user_data": DATA, "machine_type": LARGE, "state": "stopped"},
    {"name": "web", "state": "absent"},
]
ACTIONS = [["create"], ["retype", "stop"], ["delete"]]


@pytest.mark.every_core(sample=True)
def test_twelve_steps(play: Player, sim: Any) -> None:
    tasks = [vm_instance(check, **state) for state in STATES for check in (True, False, True, False)]
    done = play(*tasks, options=["--diff"])
    for number, (result, task) in enumerate(zip(done.results, tasks, strict=True)):
        kind, again = number // 4, number % 4 >= 2
        assert not result["failed"], result
        assert [action["action"] for action in result["actions"]] == ([] if again else ACTIONS[kind])
        assert result["changed"] is not again
        assert (result["instance"] is None) == (kind == 2), task
    views = [result["diff"] for result in done.results[::2]]
    assert [view["before"] == view["after"] for view in views] == [False, True] * 3
    created, changed, deleted = views[::2]
    assert created["before"] == deleted["after"] == {}
    assert created["after"]["user_data"] == changed["before"]["user_data"] == deleted["before"]["user_data"] == SHOWN
    assert (changed["before"]["machine_type"], changed["before"]["state"]) == (DECLARED["machine_type"], "running")
    assert (changed["after"]["machine_type"], changed["after"]["state"]) == (LARGE, "stopped")
    for shown in ('+    "state": "stopped"', SHOWN):
        assert shown in done.output
    for secret in ("Hunter-2-secret", ENCODED):
        assert secret not in done.output + done.log + str(done.results)
    sent = [request["method"] for request in sim.requests() if request["method"] != "GET"]
    assert sent == ["POST", "POST", "POST", "DELETE"], "check mode sends none of them"
    for planned, real in zip(done.results[::2], done.results[1::2], strict=True):
        assert planned["actions"] == real["actions"]
        assert known(planned["diff"]) == known(real["diff"])


def known(diff: dict[str, Any]) -> dict[str, Any]:
    """Return the diff without fields of a new instance that only the cloud knows."""
    unknown = {"availability_zone", "network_interfaces"}
    return {when: {key: value for key, value in view.items() if key not in unknown} for when, view in diff.items()}
