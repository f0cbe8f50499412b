# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of verdicts: the outcome of a sent step, by the API's response and the rows since then."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import INSTANCES
from ansible_collections.magalu.cloud.plugins.module_utils._engine.verdicts import (
    ACCEPTED,
    CONFLICT,
    DOUBTED,
    FAILED,
    LATER,
    LOST,
    REACHED,
    REFUSED,
    RELIST,
    REPLAN,
    WAIT,
    SentStep,
    classify_answer,
    conflict_patience,
    judge,
)
from ansible_collections.magalu.cloud.plugins.module_utils._plan.step import Step

ID = "9ec75090-2872-4f51-8111-53d05d96d2c6"
RUNNING = {"id": ID, "state": "running", "status": "completed"}
STOPPED = {**RUNNING, "state": "stopped"}
STOPPING = {**RUNNING, "status": "stopping"}
FAILED_STOP = {**RUNNING, "status": "stopping_error", "error": {"slug": "x", "message": "No power"}}
NEVER_RAN = {"id": ID, "state": "new", "status": "creating_error"}
GONE = {**RUNNING, "status": "deleted"}
STOP = Step("stop", "stop instance web", "POST", f"/v1/instances/{ID}/stop", {"state": "stopped"}, {"state": "stopped"})
REBOOT = STOP._replace(action="reboot", goal={"state": "running", "moved": True}, sends=1)
DELETE = STOP._replace(action="delete", goal={"gone": True}, effect=None, allowed_in_transition=True)
CREATE = STOP._replace(action="create", goal={"state": "running", "public_ipv4": True}, creates=True, sends=2)
ERROR = ApiError("POST", STOP.path, "No", 409)


def sent(step: Step, answer: str, row: dict[str, Any] | None, **more: Any) -> SentStep:
    """Return the record of a step, sent a second ago unless the arguments say otherwise."""
    given = {"waited": 1.0, "age": more.get("waited", 1.0), "moved": False, "settled": more.get("waited", 1.0),
             "changed": False, "patience": 0.0, "conflicts": 0, "row_id": ID, "new": False, **more}  # fmt: skip
    return SentStep(step, "instance web", answer, ERROR, row, INSTANCES, **given)


@pytest.mark.parametrize(
    ("step", "answer", "row", "more", "expected"),
    [
        (STOP, ACCEPTED, STOPPED, {}, REACHED),
        (STOP, ACCEPTED, STOPPING, {"waited": 500.0}, WAIT),
        (STOP, ACCEPTED, RUNNING, {}, WAIT),
        (STOP, ACCEPTED, RUNNING, {"waited": 60.0}, REPLAN),
        (STOP, ACCEPTED, RUNNING, {"moved": True, "changed": True, "waited": 20.0, "settled": 10.0}, REPLAN),
        (STOP, ACCEPTED, FAILED_STOP, {"changed": True}, FAILED),
        (STOP, ACCEPTED, FAILED_STOP, {}, WAIT),  # the same as before the step
        (STOP, ACCEPTED, None, {}, RELIST),
        (STOP, LOST, RUNNING, {"waited": 29.0}, WAIT),
        (STOP, LOST, RUNNING, {"waited": 30.0}, REPLAN),
        (STOP, LOST, STOPPED, {}, REACHED),
        (STOP, DOUBTED, RUNNING, {"waited": 29.0}, WAIT),
        (STOP, DOUBTED, RUNNING, {"waited": 30.0}, FAILED),
        (STOP, DOUBTED, RUNNING, {"waited": 30.0, "changed": True}, REPLAN),
        (STOP, DOUBTED, STOPPED, {}, REACHED),
        (STOP, CONFLICT, RUNNING, {}, REPLAN),
        (STOP, CONFLICT, STOPPING, {"patience": 2.0}, WAIT),
        (STOP, CONFLICT, RUNNING, {"patience": 2.0}, WAIT),
        (STOP, CONFLICT, RUNNING, {"patience": 2.0, "waited": 2.0}, REPLAN),
        (STOP, CONFLICT, RUNNING, {"patience": 2.0, "waited": 2.0, "conflicts": 5}, FAILED),
        (STOP, CONFLICT, RUNNING, {"patience": 2.0, "conflicts": 5, "changed": True}, REPLAN),
        (STOP, LATER, RUNNING, {}, REPLAN),
        (STOP, LATER, STOPPING, {}, WAIT),
        (DELETE, LATER, STOPPING, {}, REPLAN),
        (DELETE, ACCEPTED, GONE, {}, REACHED),
        (DELETE, ACCEPTED, None, {}, REACHED),
        (DELETE, ACCEPTED, NEVER_RAN, {}, WAIT),  # reads can lag behind the deletion of a failed instance
        (DELETE, ACCEPTED, FAILED_STOP, {"changed": True}, REPLAN),
        (REBOOT, ACCEPTED, RUNNING, {"waited": 29.0}, WAIT),
        (REBOOT, ACCEPTED, RUNNING, {"waited": 30.0}, REACHED),
        (REBOOT, ACCEPTED, RUNNING, {"moved": True}, REACHED),
        (REBOOT, CONFLICT, RUNNING, {"patience": 30.0, "waited": 30.0}, FAILED),
        (CREATE, ACCEPTED, None, {"row_id": None, "waited": 3599.0}, WAIT),
        (CREATE, ACCEPTED, None, {"waited": 59.0}, WAIT),
        (CREATE, ACCEPTED, None, {"waited": 60.0}, FAILED),
        (CREATE, ACCEPTED, RUNNING, {"waited": 20.0, "new": True}, WAIT),  # waits for its address
        (CREATE, ACCEPTED, {**RUNNING, "public_ipv4": "203.0.113.7"}, {"new": True}, REACHED),
        (CREATE, ACCEPTED, RUNNING, {"waited": 90.0, "settled": 30.0, "new": True}, REACHED),  # addresses are not shown
        (CREATE, ACCEPTED, NEVER_RAN, {"changed": True, "new": True}, REPLAN),
        (CREATE, LOST, None, {"row_id": None, "waited": 29.0}, WAIT),
        (CREATE, LOST, None, {"row_id": None, "waited": 30.0}, REPLAN),
        (CREATE, LOST, RUNNING, {"row_id": None}, WAIT),  # it existed before the step
        (CREATE, CONFLICT, RUNNING, {"row_id": None, "new": True}, REPLAN),
        (CREATE, CONFLICT, None, {"row_id": None}, WAIT),
    ],
)  # fmt: skip
def test_a_step_comes_to(
    step: Step, answer: str, row: dict[str, Any] | None, more: dict[str, Any], expected: str
) -> None:
    found = judge(sent(step, answer, row, **more))
    assert found.what == expected
    assert (found.failure is not None) == (expected == FAILED)
    assert found.pause >= 0
    assert found.pause > 0 or expected != WAIT


@pytest.mark.parametrize(
    ("step", "status", "more", "expected"),
    [
        (STOP, 429, {}, LATER), (STOP, 503, {"retry_after": 5.0}, LATER), (STOP, 503, {}, LOST), (STOP, 500, {}, LOST),
        (STOP, None, {}, LOST), (STOP, 409, {}, CONFLICT), (STOP, 404, {}, CONFLICT), (CREATE, 404, {}, REFUSED),
        (CREATE, 409, {}, CONFLICT), (STOP, 400, {}, DOUBTED), (DELETE, 400, {}, REFUSED), (CREATE, 400, {}, REFUSED),
        (STOP, 403, {}, REFUSED), (CREATE, None, {"sent": False}, REFUSED),
    ],
)  # fmt: skip
def test_an_answer_is(step: Step, status: int | None, more: dict[str, Any], expected: str) -> None:
    assert classify_answer(step, ApiError("POST", step.path, "No", status, **more)) == expected


def test_a_404_after_a_lost_response_may_belong_to_the_first_try() -> None:
    error = ApiError("DELETE", STOP.path, "No", 404)
    error.repeated = True
    assert classify_answer(DELETE, error) == LOST


@pytest.mark.parametrize(
    ("step", "status", "times", "seconds"),
    [(STOP, 409, 1, 2.0), (STOP, 409, 3, 8.0), (STOP, 409, 9, 30.0), (STOP, 404, 1, 0.0), (DELETE, 404, 2, 4.0),
     (STOP._replace(action="rename"), 409, 1, 0.0), (REBOOT, 409, 1, 30.0)],
)  # fmt: skip
def test_a_conflict_is_given_so_long(step: Step, status: int, times: int, seconds: float) -> None:
    assert conflict_patience(step, status, times) == seconds
