# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A fleet with an approved plan, which covers all members and all pruned instances."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.support.declarations import LARGE
from tests.support.fleet import changes, done, names, rows, run, seed, states

LARGER: dict[str, Any] = {"defaults": {"machine_type": LARGE}, "count": 2, "name_format": "web-{index}", "batch": "1",
                          "prune_match": "web-*"}  # fmt: skip


def plan_of(sim: Any, **options: Any) -> dict[str, Any]:
    plan: dict[str, Any] = done(sim, check=True, **options)["plan"]
    assert not changes(sim)
    return plan


def plan_forms(plan: dict[str, Any]) -> list[Any]:
    return [plan, json.dumps(plan), plan["digest"]]


def assert_refused(sim: Any, plan: dict[str, Any], told: str = "", **options: Any) -> None:
    """Assert that the plan is refused in every form, in check mode and in a real run, and nothing is changed."""
    before = sim.state()
    for form in plan_forms(plan):
        for check in (True, False):
            given = run(sim, check, expected_plan=form, **options)
            assert given.get("failed"), given
            assert given["msg"].startswith("The plan is not the approved one (expected_plan), and nothing was done.")
            assert told in given["msg"]
            assert given["plan"]["digest"] != plan["digest"]
    assert sim.state() == before
    assert not changes(sim)


@pytest.mark.parametrize("form", range(3))
def test_the_whole_plan_is_done_with_as_many_requests_as_ever(sim: Any, form: int) -> None:
    seed(sim, ["web-1", "web-2", "web-3"])
    plan = plan_of(sim, **LARGER)
    assert [line.split(" (")[0] for line in plan["lines"]] == [
        f"retype instance web-1 to {LARGE}", f"retype instance web-2 to {LARGE}", "delete instance web-3",
    ]  # fmt: skip
    assert [member["name"] for member in plan["members"][:2]] == ["web-1", "web-2"]
    sim.clear_requests()
    random.seed(0)
    given = done(sim, expected_plan=plan_forms(plan)[form], **LARGER)
    assert given["plan"] == plan
    assert names(sim) == ["web-1", "web-2"]
    counts = len(sim.requests())
    sim.reset()
    seed(sim, ["web-1", "web-2", "web-3"])
    sim.clear_requests()
    random.seed(0)
    done(sim, **LARGER)
    assert counts <= len(sim.requests())


def test_members_of_a_fleet_have_no_plan_of_their_own(sim: Any) -> None:
    seed(sim, ["web-1"])
    given = done(sim, instances=[{"name": "web-1"}], defaults={})
    assert "plan" not in given["members"][0]
    assert given["plan"]["lines"] == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["web-4"], "delete instance web-4"),
        (["web-1b"], "delete instance web-1b"),
    ],
)
def test_an_additional_match_of_a_pattern_is_refused(sim: Any, more: list[str], told: str) -> None:
    seed(sim, ["web-1", "web-2", "web-3"])
    plan = plan_of(sim, **LARGER)
    seed(sim, more)
    assert_refused(sim, plan, told, **LARGER)


def test_a_missing_or_renamed_member_is_refused(sim: Any) -> None:
    seed(sim, ["web-1", "web-2"])
    plan = plan_of(sim, **LARGER)
    sim.reset()
    seed(sim, ["web-1", "db"])
    assert_refused(sim, plan, "create instance web-2", **LARGER)


def test_a_deleted_match_is_accepted_for_a_saved_plan_only(sim: Any) -> None:
    """A saved plan allows that a match is already deleted; a digest cannot show which step is missing."""
    seed(sim, ["web-1", "web-2", "web-3"], id=None)
    plan = plan_of(sim, **LARGER)
    (away,) = [row["id"] for row in rows(sim) if row["name"] == "web-3"]
    run(sim, instances=[{"id": away}], defaults={}, state="absent")
    sim.advance(60)
    sim.clear_requests()
    assert run(sim, expected_plan=plan["digest"], **LARGER)["failed"]
    assert not changes(sim)
    given = done(sim, expected_plan=plan, **LARGER)
    assert given["totals"]["changed"] == 2
    again = done(sim, expected_plan=plan, **LARGER)
    assert not again["changed"] and not again["warnings"]
    (told,) = done(sim, expected_plan=plan["digest"], **LARGER)["warnings"]
    assert "The digest alone does not show whether" in told


def test_an_instance_that_matches_later_than_the_plan_is_not_pruned(sim: Any) -> None:
    seed(sim, ["web-1", "web-2", "web-3"])
    plan = plan_of(sim, **LARGER)
    advance, state = sim.advance, {"late": False}

    class Late:
        def __getattr__(self, name: str) -> Any:
            return getattr(sim, name)

        def advance(self, seconds: float) -> None:
            if seconds > 0 and changes(sim) and not state["late"]:
                state["late"] = True
                seed(sim, ["web-9"])
            advance(seconds)

    given = run(Late(), expected_plan=plan, **LARGER)
    assert given["failed"]
    assert "not in the approved plan would be pruned: web-9" in given["msg"]
    assert names(sim) == ["web-1", "web-2", "web-3", "web-9"]


def test_an_empty_value_is_an_error(sim: Any) -> None:
    seed(sim, ["web-1"])
    for empty in ("", " ", None, {}, []):
        given = run(sim, expected_plan=empty, instances=[{"name": "web-1", "state": "stopped"}], defaults={})
        assert given["failed"] and "expected_plan is" in given["msg"]
    assert states(sim) == {"web-1": "running"}
    assert not sim.requests()
