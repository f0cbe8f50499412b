# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The planner of snapshots and backups alone: any row with any declaration."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import BACKUPS, COPY_REGIONS, SNAPSHOTS
from ansible_collections.magalu.cloud.plugins.module_utils._api.statuses import is_deleting
from ansible_collections.magalu.cloud.plugins.module_utils._plan.copies import DesiredCopy, plan_copy, power_back_plan
from ansible_collections.magalu.cloud.plugins.module_utils._plan.step import Identity, Memory, Plan, predict

STATUSES = ["completed", "creating", "provisioning", "restoring", "deleting", "creating_error", "error", "deleted_error",
            "copy_error", "pending_copy", "something_new"]  # fmt: skip
# The reference's rules for power states.
ALLOWED = {"start": ("stopped", "suspended"), "stop": ("running",), "suspend": ("running",)}
instances = st.fixed_dictionaries({
    "id": st.just("web-id"), "name": st.sampled_from(["web", None]), "status": st.just("completed"),
    "state": st.sampled_from(["running", "stopped", "suspended"]),
})  # fmt: skip
rows = st.fixed_dictionaries({
    "id": st.just("1"), "name": st.sampled_from(["copy", "old"]), "status": st.sampled_from(STATUSES),
    "state": st.sampled_from(["new", "available", "error"]),
    "instance": st.sampled_from([{"id": "web-id"}, {"id": "another"}, {"id": None}, None]),
})  # fmt: skip
kinds = st.sampled_from([SNAPSHOTS, BACKUPS])
wants = st.fixed_dictionaries({
    "name": st.just("copy"), "new_name": st.sampled_from([None, None, "new"]), "id": st.sampled_from([None, None, "1"]),
    "instance": st.just("web"), "power_off": st.booleans(), "state": st.sampled_from(["present", "absent"]),
    "protect_names": st.sampled_from([None, ["o*"]]),
}).map(lambda options: DesiredCopy(**options))  # fmt: skip


def planned(seen: Any, want: Any, kind: Any, memory: Memory | None = None) -> Plan | None:
    """Return the plan, None if the declaration is refused."""
    try:
        return plan_copy(seen, want, kind, memory or Memory())
    except Refused as error:
        assert str(error).endswith(".")
        return None


@given(st.none() | rows, st.none() | instances, wants, kinds)
def test_allowed_steps_lead_to_the_desired_state(row: Any, of: Any, want: Any, kind: Any) -> None:
    seen = {"copy": row, "instance": of}
    made = planned(seen, want, kind)
    if made is None:
        return
    copy, instance = row, of
    for step in made.steps:
        if step.part == "copy":
            copy = predict(copy if step.action == "rename" else None, [step])
        else:
            assert instance["state"] in ALLOWED[step.action]
            instance = predict(instance, [step])
        if step.action == "create":
            assert not want.power_off or instance["state"] == "stopped"
    assert (instance or {}).get("state") == (of or {}).get("state"), "the instance ends as it began"
    if want.state == "absent":
        assert copy is None or is_deleting(row)
        return
    assert copy is not None
    assert copy["name"] == (want.new_name or (copy["name"] if not want.id else want.name))
    again = planned({"copy": {"id": "1", **copy}, "instance": instance}, want._replace(power_off=False), kind)
    assert again is not None
    assert not again.steps


@given(st.none() | rows, st.none() | instances, wants, kinds)
def test_protected_copies_are_kept_and_present_deletes_nothing(row: Any, of: Any, want: Any, kind: Any) -> None:
    made = planned({"copy": row, "instance": of}, want, kind)
    deletes = bool(made) and any(step.method == "DELETE" for step in made.steps)  # type: ignore[union-attr]
    assert not (deletes and want.state == "present")
    assert not (deletes and want.protect_names and row["name"] == "old")


@given(instances, st.sampled_from(["running", "stopped", "suspended", None]), st.booleans())
def test_only_an_instance_that_this_run_stopped_is_started_again(of: Any, start: Any, taken: bool) -> None:
    memory = Memory()
    memory.start_state = start
    if taken:
        memory.sent[Identity("stop", "web-id")] = 1
    steps = power_back_plan({"instance": of}, memory).steps
    end = predict(of, steps)
    assert end is not None
    assert end["state"] == (start if taken and start else of["state"])
    assert not power_back_plan({"instance": end}, memory).steps
    assert not power_back_plan({"instance": None}, memory).steps


@pytest.mark.parametrize("kind", [SNAPSHOTS, BACKUPS], ids=lambda kind: kind.kind)
@pytest.mark.parametrize("region", ["br-se1", "br-ne1", "br-mgl1"])
def test_copied_names_the_region_as_its_route_expects(kind: Any, region: str) -> None:
    row = {"id": "1", "name": "copy", "state": "available", "status": "completed"}
    want = DesiredCopy(name="copy", state="copied", destination_region=region)
    (step,) = plan_copy({"copy": row, "destination": None}, want, kind, Memory()).steps
    key, regions = COPY_REGIONS[kind.kind]
    assert (step.path, step.body) == (f"{kind.path}/1/copy", {key: regions[region]})
    assert plan_copy({"copy": row, "destination": row}, want, kind, Memory()).steps == ()
    for status in ("error", "copy_error", "deleted_error"):
        with pytest.raises(Refused, match=f"in {region} failed: its status is {status}. Delete it there, then copy"):
            plan_copy({"copy": row, "destination": {**row, "status": status}}, want, kind, Memory())
