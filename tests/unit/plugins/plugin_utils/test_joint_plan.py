# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The joint plan of several tasks, and its refusals after a trial."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._plan.approval import Mark, Marks, seal_plan
from ansible_collections.magalu.cloud.plugins.plugin_utils._joint_plan import (
    NO_STEPS,
    check_joint_plan,
    join_plans,
    read_approval,
    split_plan,
)

Fields = dict[str, Any]


def plan(*steps: str, region: str = "br-se1", start: str = "", at: float = 5.0) -> Fields:
    """Return the plan of a module for one resource."""
    marks = Marks(tuple(Mark(step, f"digest of {step}") for step in steps), start)
    return seal_plan((region, ""), {"snapshot day-{instance}": marks}, at)


ONE, TWO = plan("stop web-1", "copy web-1", "start web-1", start="running"), plan("copy web-2", at=9.0)
APPROVED: dict[str, Fields] = {"present 1": ONE, "present 2": TWO, "pruned 1": NO_STEPS}
NONE: Fields = {"changed": False, "plan": NO_STEPS}


def test_plans_are_joined_in_order_and_taken_apart_as_they_were() -> None:
    joint = join_plans(APPROVED)
    assert (joint["lines"], joint["at"]) == (["stop web-1", "copy web-1", "start web-1", "copy web-2"], 9)
    assert [row["name"] for row in joint["members"]] == ["present 1", "present 2"]
    assert split_plan(joint) == {"present 1": {**ONE, "at": 9}, "present 2": TWO}
    assert read_approval(joint).saved == joint
    assert join_plans({"present 1": NO_STEPS}) == join_plans({}) == NO_STEPS


def test_the_joint_digest_is_the_same_everywhere_and_always() -> None:
    """The joint digest is the same with every Python and ansible-core: check mode may run elsewhere."""
    assert join_plans(APPROVED)["digest"] == "610820a0f8728548683831d0de2977e8bf865435081a59de63bfad70ebacfff0"
    assert join_plans({**APPROVED, "present 1": {**ONE, "at": 77}})["digest"] == join_plans(APPROVED)["digest"]


@pytest.mark.parametrize(
    "other",
    [
        {**APPROVED, "present 2": plan("copy web-2", region="br-ne1")},
        {**APPROVED, "present 1": plan("stop web-1", "copy web-1", "start web-1", start="stopped")},
        {**APPROVED, "pruned 1": plan("delete old")},
        {"present 1": ONE},
        {"present 1": ONE, "present 3": TWO},
        {"present 2": TWO, "present 1": ONE},
    ],
    ids=["region", "state", "more", "less", "another", "order"],
)
def test_differences_change_the_joint_digest(other: dict[str, Fields]) -> None:
    assert join_plans(other)["digest"] != join_plans(APPROVED)["digest"]


def checked(expected: Any, **changed: Fields | None) -> dict[str, Fields]:
    """Return the plans for the run after a trial, whose results are as approved except for these."""
    results: dict[str, Fields | None] = {name: {"changed": True, "plan": each} for name, each in APPROVED.items()}
    results |= {name.replace("_", " "): result for name, result in changed.items()}
    return check_joint_plan(read_approval(expected), {name: result for name, result in results.items() if result})


REST = {"changed": True, "plan": plan("start web-1")}
OTHER = {"failed": True, "msg": "refused by the module", "plan": plan("copy web-2 elsewhere")}
BROKEN = {"failed": True, "msg": "503 from the API"}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, ""),
        ({"present_1": REST}, ""),  # the module has accepted it as the rest of its plan
        ({"present_1": NONE, "present_2": NONE}, ""),
        ({"present_3": NONE}, ""),
        ({"present_3": BROKEN}, ""),  # without approved and without planned steps
        ({"present_2": OTHER}, "Not approved: copy web-2 elsewhere. Approved, but not planned now: copy web-2."),
        ({"present_3": OTHER}, "Not approved: copy web-2 elsewhere."),
        ({"present_2": None}, "Approved, but not planned now: copy web-2."),
        ({"present_2": BROKEN}, "Approved, but not planned now: copy web-2. 503 from the API"),
        ({"present_2": {**BROKEN, "plan": NO_STEPS}}, "not planned now: copy web-2. 503 from the API"),
    ],
    ids=["same", "rest", "nothing left", "nothing for one more", "one more that fails", "other steps", "one more", "less",
         "failed", "failed without steps"],
)  # fmt: skip
def test_a_saved_plan_permits_its_own_steps_only(changed: dict[str, Fields | None], told: str) -> None:
    joint = join_plans(APPROVED)
    if told:
        with pytest.raises(Refused) as refused:
            checked(joint, **changed)
        assert str(refused.value).endswith(told)
        return
    found = checked(joint, **changed)
    assert {name: each for name, each in found.items() if each["lines"]} == split_plan(joint)
    assert found.get("present 3", NO_STEPS) == NO_STEPS


@pytest.mark.parametrize(
    ("changed", "permitted"),
    [
        ({}, True),
        ({"present_1": NONE, "present_2": NONE}, True),  # nothing to do
        ({"present_1": REST}, False),
        ({"present_2": None}, False),
        ({"present_2": BROKEN}, False),
        ({"present_3": {"changed": True, "plan": plan("copy web-3")}}, False),
    ],
    ids=["same", "nothing left", "rest", "less", "failed", "more"],
)
def test_a_digest_permits_all_steps_or_nothing(changed: dict[str, Fields | None], permitted: bool) -> None:
    digest = join_plans(APPROVED)["digest"]
    if not permitted:
        with pytest.raises(Refused, match="the digest alone cannot say so"):
            checked(digest, **changed)
        return
    assert checked(digest, **changed) == {**APPROVED, **{name.replace("_", " "): NO_STEPS for name in changed}}
