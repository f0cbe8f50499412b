# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A failure message has the step and its resource, the API's words, the next action, and the completed steps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import shapes
from tests.support.module import result


@pytest.mark.parametrize(
    ("outcome", "doing", "more"),
    [
        ("failed before a change", "look at instance web", []),
        ("failed in a change", "stop instance web", []),
        ("failed after a change", "stop instance web", ["Done before: retype instance web to BV2-2-40."]),
        ("failed after a creation", "stop instance web", ["Done before: create instance web.", "Created by this run"]),
    ],
)
def test_a_failure_says_all(sim: Any, outcome: str, doing: str, more: list[str]) -> None:
    given = shapes.of(sim, shapes.OUTCOMES[outcome])
    for words in (f"Failed to {doing}: No (status 403, slug forbidden, request id ", "The api_key (from MGC_", *more):
        assert words in given["msg"]
    assert ("Done before" in given["msg"]) == bool(more)
    assert given["error"]["doing"] == doing
    for made in given.get("created", []):
        assert f"still there: {made}." in given["msg"]


def test_the_time_of_a_task_is_its_wait_timeout(sim: Any) -> None:
    for more, seconds in (({}, 600), ({"wait_timeout": 90}, 90)):
        outcome = shapes.OUTCOMES["timed out"]
        given = shapes.of(sim, outcome._replace(options={**outcome.options, **more}))
        assert f"Timed out after {seconds} s" in given["msg"]
        first, *_between, last = (request["at"] for request in sim.requests())
        assert abs(last - first - seconds) < 10
        assert given["actions"] == [{"action": "stop", "description": "stop instance web"}]


def test_a_refusal_is_reported_once(sim: Any) -> None:
    given = shapes.of(sim, shapes.OUTCOMES["failed by what cannot be changed"])
    assert given["msg"].count("ssh_key_name is 'deploy', declared is 'mine'") == 1
    assert "Failed to" not in given["msg"]


def test_wait_false_returns_the_current_status(sim: Any) -> None:
    given = shapes.of(sim, shapes.OUTCOMES["created, without waiting"])
    assert given["instance"]["status"] == "provisioning"
    sim.reset()
    sim.add_fault(operation="GET /v1/instances/{id}", nth="every", kind="status", status=403)
    given = result(sim, "vm_instance", {**shapes.DECLARED, "wait": False})
    known = [key for key, value in given["instance"].items() if value is not None]
    assert (given["changed"], known) == (True, ["id"]), "what cannot be read yet is no failure"
