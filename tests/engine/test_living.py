# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An instance that has ever run is never replaced, whatever its state and status, and no message advises that."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import task
from tests.support.declarations import DECLARED, IMAGE, LARGE, SMALL

DAYS = 86400
FAILURES = ["completed", "retyping_error", "starting_error", "stopping_error", "suspending_error", "rebooting_error",
            "attaching_nic_error", "deleting_error", "migrating_error", "retyping_error_capacity", "error"]  # fmt: skip
REPLACING: list[dict[str, Any]] = [
    {"on_failed": "replace"},
    {"alternatives": [{"availability_zone": "br-se1-b"}]},
    {"alternatives": [{"machine_type": LARGE}], "alternatives_on": ["capacity", "quota"], "on_failed": "replace"},
    {},
]
SLUGS = ["start_instance.capacity.error", "retype_instance.quota.vcpu", "generic", None]
replacing = pytest.mark.parametrize("options", REPLACING, ids=lambda options: "+".join(options) or "plain")


def seed_old_instance(sim: Any, **fields: Any) -> dict[str, Any]:
    """Create an instance that is 300 days old, with a public IP."""
    row: dict[str, Any] = sim.seed(
        "instance",
        name="web",
        machine_type=SMALL,
        image=IMAGE,
        public_ip=True,
        created_at=sim.now() - 300 * DAYS,
        **fields,
    )
    return row


def lives(sim: Any, row: dict[str, Any]) -> bool:
    there = sim.state()["br-se1"]
    return [one["id"] for one in there["instances"]] == [row["id"]] and len(there["public_ips"]) == 1


@pytest.mark.one_in(3)
@replacing
@pytest.mark.parametrize(("action", "options2"), [
    ("retype", {"machine_type": LARGE}), ("start", {"state": "running"}), ("stop", {"state": "stopped"}),
    ("reboot", {"state": "rebooted"}),
    ("attach", {"network_interfaces": ["11111111-1111-4111-8111-111111111111"]}),
])  # fmt: skip
@pytest.mark.parametrize("slug", SLUGS[::2])
def test_an_instance_whose_step_fails_in_this_run_lives(
    sim: Any, options: dict[str, Any], action: str, options2: dict[str, Any], slug: str | None
) -> None:
    row = seed_old_instance(sim, state="stopped" if action == "start" else "running")
    error = {"slug": slug, "message": "no capacity"}
    path = "network-interface/attach" if action == "attach" else f"{{id}}/{action}"
    value = {"status": f"{action}ing_error", "state": "error", "error": error}
    sim.add_fault(operation=f"POST /v1/instances/{path}", kind="failing", nth="every", value=value)
    declared = {**DECLARED, "network": {"associate_public_ip": True}, **options, **options2}
    plan = task.check(sim, **declared)
    done = task.run(sim, **declared)
    assert [step.action for step in plan.steps] == done.actions == [action]
    assert lives(sim, row)
    assert "could not be created" not in str(done.failure)
    assert "state: absent" not in str(done.failure)


@replacing
@pytest.mark.parametrize("status", FAILURES)
def test_an_instance_found_with_a_failed_operation_lives(sim: Any, options: dict[str, Any], status: str) -> None:
    number = FAILURES.index(status) + REPLACING.index(options)
    slug, state = SLUGS[number % 4], ("present", "running", "stopped")[number % 3]
    row = seed_old_instance(sim, state="error", status=status, error=slug and {"slug": slug, "message": "no capacity"})
    declared = {**DECLARED, "network": {"associate_public_ip": True}, **options, "state": state}
    done = task.run(sim, **declared)
    assert task.list_changes(sim) == []
    assert lives(sim, row)
    told = " ".join([str(done.failure or ""), *done.outcome.warnings])
    assert "could not be created" not in told
    assert "state: absent" not in told
    assert status in told


@pytest.mark.parametrize("fields", [
    {"state": "new", "status": "creating_error"}, {"state": "error", "status": "creating_error_capacity"},
    {"state": "error", "status": "completed", "error": {"slug": "create_instance.keypair.not_found", "message": "x"}},
], ids=str)  # fmt: skip
def test_an_instance_that_certainly_never_ran_is_replaced_with_its_address(sim: Any, fields: dict[str, Any]) -> None:
    row = seed_old_instance(sim, **fields)
    done = task.run(sim, **DECLARED, on_failed="replace")
    assert (done.failure, done.actions) == (None, ["delete", "create"])
    there = sim.state()["br-se1"]
    assert there["instances"][0]["id"] != row["id"]
    assert there["public_ips"] == []
