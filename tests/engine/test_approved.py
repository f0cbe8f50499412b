# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run with an approved plan makes exactly its steps, or changes nothing."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.module_utils._engine.outcome import NO_STEPS, Outcome
from ansible_collections.magalu.cloud.plugins.module_utils._engine.run import run as run_task
from ansible_collections.magalu.cloud.plugins.module_utils._resources.instance import instance_task
from tests.support.choice import one_in
from tests.support.declarations import DECLARED, IMAGE, LARGE, SMALL
from tests.support.task import client, list_changes, want

WEB = {"name": "web", "image": IMAGE, "machine_type": SMALL, "id": "0c0d1d7e-4a55-4a51-8111-53d05d96d2c6"}
OTHER = "1c0d1d7e-4a55-4a51-8111-53d05d96d2c6"
REFUSED = "The plan is not the approved one (expected_plan), and nothing was done."
World = dict[str, Any]


def seed(sim: Any, world: World | None, **reset: Any) -> None:
    """Reset the simulator, with that instance if there is one. Its times are always the same."""
    sim.reset(**reset)
    if world is not None:
        sim.seed("instance", **{"created_at": sim.now() - 7200, **world})
    sim.advance(60)
    sim.clear_requests()


def run_planned(sim: Any, plan: Any = None, check: bool = False, region: str = "br-se1", **options: Any) -> Outcome:
    """Run a task, with an approved plan if there is one, and return its outcome."""
    random.seed(0)  # the same random pauses in each run
    api = client(sim, region=region)
    return run_task(instance_task(api, want(**{**DECLARED, **options})), api, 600, check=check, expected=plan)


def predict_plan(sim: Any, **options: Any) -> dict[str, Any]:
    outcome = run_planned(sim, check=True, **options)
    assert outcome.failure is None
    assert not list_changes(sim)
    return json.loads(json.dumps(dict(outcome.plan)))  # type: ignore[no-any-return]


def list_requests(sim: Any) -> list[tuple[str, str]]:
    """Return all requests, sorted, since the catalogues are read concurrently."""
    return sorted((request["method"], request["path"]) for request in sim.requests())


def plan_forms(plan: dict[str, Any]) -> list[Any]:
    """Return a plan in every form that the option accepts."""
    return [plan, json.dumps(plan), plan["digest"]]


STOPPED = {"state": "stopped", "machine_type": LARGE}


@pytest.mark.parametrize("form", range(3))
def test_an_approved_plan_is_done_and_costs_no_request(sim: Any, form: int) -> None:
    seed(sim, WEB)
    plan = predict_plan(sim, **STOPPED)
    sim.clear_requests()
    without = run_planned(sim, **STOPPED)
    requests = list_requests(sim)
    assert dict(without.plan) == {**plan, "at": without.plan["at"]}, "the same for real"
    seed(sim, WEB)
    outcome = run_planned(sim, plan_forms(plan)[form], **STOPPED)
    assert outcome.failure is None
    assert [step.action for step in outcome.steps] == ["retype", "stop"]
    assert list_requests(sim) == requests


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({**WEB, "state": "stopped"}, "Not approved: start instance web"),
        ({**WEB, "id": OTHER}, f"Not approved: retype instance web to {LARGE} ({OTHER}), now {SMALL}"),
        ({**WEB, "machine_type": LARGE, "state": "stopped"}, "Approved, but not planned now: retype instance web"),
        (None, "Not approved: create instance web"),
    ],
    ids=["stopped since", "another instance of that name", "retyped and stopped since", "gone"],
)
def test_an_unapproved_plan_is_refused_before_the_first_change(sim: Any, now: World | None, told: str) -> None:
    seed(sim, WEB)
    options = {"state": "suspended", "machine_type": LARGE}
    plan = predict_plan(sim, **options)
    for form in plan_forms(plan):
        for check in (True, False):
            seed(sim, now)
            outcome = run_planned(sim, form, check, **options)
            assert str(outcome.failure).startswith(REFUSED), outcome.failure
            assert not list_changes(sim)
            assert outcome.steps == ()
            assert outcome.plan["lines"] and outcome.plan["digest"] != plan["digest"], "to be approved anew"
            if form is plan:
                assert told in str(outcome.failure)


def test_a_plan_without_steps_permits_no_step(sim: Any) -> None:
    seed(sim, WEB)
    plan = predict_plan(sim)
    assert plan == {**NO_STEPS}
    for form in plan_forms(plan):
        assert run_planned(sim, form).failure is None
        assert str(run_planned(sim, form, state="stopped").failure).startswith(REFUSED)
    assert not list_changes(sim)


def test_a_plan_that_was_applied_changes_nothing(sim: Any) -> None:
    seed(sim, WEB)
    plan = predict_plan(sim, **STOPPED)
    assert run_planned(sim, plan, **STOPPED).failure is None
    sim.clear_requests()
    for form in plan_forms(plan):
        outcome = run_planned(sim, form, **STOPPED)
        assert (outcome.failure, outcome.steps) == (None, ())
        told = any("The digest alone does not show whether" in str(warning) for warning in outcome.warnings)
        assert told == (form == plan["digest"])
    assert not list_changes(sim)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"digest": "no"}, "neither a plan"),
        ({"lines": ["stop nothing"]}, "does not have the digest"),
        ({"members": []}, "does not have the digest"),
        ({"members": [{"name": "instance web", "steps": [1, 2, 3]}]}, "does not have the digest"),
        ({"members": 1}, "does not have the digest"),
        ({"at": float("inf")}, "does not have the digest"),
    ],
)
def test_an_edited_plan_is_refused_without_a_request(sim: Any, change: dict[str, Any], told: str) -> None:
    seed(sim, WEB)
    plan = {**predict_plan(sim, **STOPPED), **change}
    sim.clear_requests()
    for form in (plan, json.dumps(plan)):
        assert told in str(run_planned(sim, form, **STOPPED).failure)
    failure = str(run_planned(sim, '{"digest": ', **STOPPED).failure)
    assert failure.startswith("expected_plan is not valid JSON: Expecting value")
    failure = str(run_planned(sim, '{"digest": ' + "[" * 100_000, **STOPPED).failure)
    assert failure.startswith("expected_plan is not valid JSON: maximum recursion depth exceeded")
    assert sim.requests() == []


def test_a_plan_is_for_a_region(sim: Any) -> None:
    seed(sim, None)
    plan = predict_plan(sim)
    sim.clear_requests()
    for form in plan_forms(plan):
        assert run_planned(sim, form, region="br-ne1").failure is not None
    assert not list_changes(sim)


def test_a_reboot_is_approved_once(sim: Any) -> None:
    """A reboot is approved once, although its only trace is the time of the last change."""
    seed(sim, WEB)
    plan = predict_plan(sim, state="rebooted")
    assert run_planned(sim, plan, state="rebooted").failure is None
    sim.clear_requests()
    for form in plan_forms(plan):
        assert str(run_planned(sim, form, state="rebooted").failure).startswith(REFUSED)
    assert not list_changes(sim)


def test_an_address_newer_than_the_plan_is_not_deleted(sim: Any) -> None:
    options = {"state": "absent", "delete_public_ip": True}
    seed(sim, WEB)
    plan = predict_plan(sim, **options)
    for form in plan_forms(plan):
        seed(sim, {**WEB, "public_ip": True})
        assert str(run_planned(sim, form, **options).failure).startswith(REFUSED)
        assert not list_changes(sim)


def test_an_instance_older_than_the_plan_was_not_created_by_it(sim: Any) -> None:
    """A plan that creates and stops an instance does not stop another instance that got the name meanwhile."""
    seed(sim, None)
    plan = predict_plan(sim, state="stopped")
    for form in plan_forms(plan):
        seed(sim, {**WEB, "created_at": plan["at"] - 5})
        assert str(run_planned(sim, form, state="stopped").failure).startswith(REFUSED)
        assert not list_changes(sim)


def test_clean_up_after_a_failure_is_part_of_the_plan(sim: Any) -> None:
    """An instance that was started for a retype is suspended again, as the plan says, if the retype fails."""
    seed(sim, {**WEB, "state": "suspended"})
    plan = predict_plan(sim, machine_type=LARGE)
    assert plan["lines"][1].endswith("; also if that fails: suspend instance web")
    sim.add_fault(operation="POST /v1/instances/{id}/retype", kind="status", nth="every", status=403,
                  body={"slug": "forbidden", "message": "No"})  # fmt: skip
    outcome = run_planned(sim, plan, machine_type=LARGE)
    assert "No" in str(getattr(outcome.failure, "error", outcome.failure))
    assert [step.action for step in outcome.steps] == ["start", "suspend"]


def test_the_next_run_restores_the_approved_power_state_after_an_interruption(sim: Any) -> None:
    """The approved state is restored after an interrupted run, although a run without the plan cannot know it."""
    seed(sim, {**WEB, "state": "suspended"})
    plan = predict_plan(sim, machine_type=LARGE)
    seed(sim, {**WEB, "state": "running", "machine_type": LARGE})
    assert run_planned(sim, plan["digest"], machine_type=LARGE).steps == ()
    assert [step.action for step in run_planned(sim, plan, machine_type=LARGE).steps] == ["suspend"]


WORLDS = st.one_of(
    st.none(),
    st.fixed_dictionaries({
        "name": st.sampled_from(["web", "web", "web", "old"]),
        "image": st.just(IMAGE),
        "id": st.sampled_from([WEB["id"], WEB["id"], OTHER]),
        "state": st.sampled_from(["running", "stopped", "suspended"]),
        "machine_type": st.sampled_from([SMALL, LARGE]),
        "status": st.sampled_from(["completed", "completed", "retyping_error"]),
        "public_ip": st.booleans(),
    }),
    st.just({"name": "web", "image": IMAGE, "id": OTHER, "state": "error", "status": "creating_error_capacity"}),
)  # fmt: skip
WANTS = st.fixed_dictionaries({
    "state": st.sampled_from(["present", "running", "stopped", "suspended", "rebooted", "absent"]),
    "machine_type": st.sampled_from([SMALL, LARGE]),
    "on_failed": st.sampled_from(["fail", "replace"]),
    "delete_public_ip": st.booleans(),
})  # fmt: skip
CONDITIONS = st.sampled_from([{}, {"edition": "2024-08"}, {"unique_names": False, "nulls": "omitted"}])


@settings(
    max_examples=600 // one_in(20), deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(before=WORLDS, now=WORLDS, options=WANTS, reset=CONDITIONS, saved=st.booleans())
@example(before=WEB, now={**WEB, "state": "stopped"}, options={"state": "suspended"}, reset={}, saved=True)
def test_a_run_does_exactly_the_approved_steps_or_nothing(
    sim: Any, before: World | None, now: World | None, options: World, reset: World, saved: bool
) -> None:
    """A run makes the last of the approved steps, or all of them if only the digest is given."""
    seed(sim, before, **reset)
    first = run_planned(sim, check=True, **options)
    if first.failure:
        return
    seed(sim, now, **reset)
    outcome = run_planned(sim, dict(first.plan) if saved else first.plan["digest"], **options)
    approved, done = [step.description for step in first.steps], [step.description for step in outcome.steps]
    if done:
        assert outcome.failure is None, outcome.failure
        assert done == approved[len(approved) - len(done) :]
        assert saved or done == approved
        targets = {step.target for step in first.steps}
        assert "{id}" in targets or {step.target for step in outcome.steps} <= targets
    assert len(list_changes(sim)) == len(done)
    if before == now:
        assert outcome.failure is None and done == approved
