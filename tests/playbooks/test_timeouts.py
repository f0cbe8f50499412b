# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The default timeouts of tasks: one deadline for the whole task, which depends on the kind of work."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.declarations import DECLARED
from tests.support.module import result

NEW = {key: value for key, value in DECLARED.items() if key != "image"}


HOURS = pytest.mark.test_all("an hour of waiting is a thousand reads; vm_snapshot waits as long")


@pytest.mark.parametrize(
    ("module", "options", "operation", "seconds"),
    [
        ("vm_instance", DECLARED, "POST /v1/instances", 600),
        pytest.param(
            "vm_instance", {**NEW, "snapshot": "copy"}, "POST /v1/snapshots/{id}", 3600, marks=HOURS
        ),
        ("vm_instance", {**DECLARED, "wait_timeout": 45}, "POST /v1/instances", 45),
        ("vm_snapshot", {"name": "new", "instance": "source"}, "POST /v1/snapshots", 3600),
        pytest.param(
            "vm_image", {"name": "golden", "url": "https://x.invalid/a", "platform": "linux"}, "POST /v1/images/custom",
            14400, marks=HOURS,
        ),
    ],
)  # fmt: skip
def test_a_task_waits_as_long_as_its_kind_of_work_takes(
    sim: Any, module: str, options: dict[str, Any], operation: str, seconds: int
) -> None:
    sim.reset()
    source = sim.seed("instance", name="source")
    sim.seed("snapshot", name="copy", instance=source["id"])
    sim.add_fault(operation=operation, kind="stuck")
    start = sim.now()
    told = result(sim, module, options)
    assert f"Timed out after {seconds} s (wait_timeout)" in told["msg"]
    assert seconds - 1 <= sim.now() - start <= seconds + 30


# The options, and the awaited resource: web, or the copy of web.
WAITING: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "restored": (
        "vm_snapshot", {"name": "copy", "state": "restored", "restore": {**NEW, "name": "new"}}, "copy",
        "which instance new needs",
    ),
    "made from a copy": ("vm_instance", {**NEW, "name": "new", "snapshot": "copy"}, "copy", "which instance new needs"),
    "copied": ("vm_snapshot", {"name": "new", "instance": "web"}, "web", "which snapshot new needs"),
    "copied with power off": (
        "vm_snapshot", {"name": "new", "instance": "web", "power_off": True}, "web", "which snapshot new needs"
    ),
    "stopped": ("vm_instance", {"name": "web", "state": "stopped"}, "web", ""),
    "renamed copy": ("vm_snapshot", {"name": "copy", "new_name": "other"}, "copy", ""),
}  # fmt: skip


def waits(sim: Any, stuck: str, status: str) -> tuple[str, str]:
    """Create an instance and its copy, one with a stuck status, and return the name and id of that one."""
    sim.reset()
    moving = {"status": status}
    web = sim.seed("instance", name="web", created_at=sim.now() - 3600, **(moving if stuck == "web" else {}))
    copy = sim.seed("snapshot", name="copy", instance=web["id"], **(moving if stuck == "copy" else {}))
    return ("instance web", web["id"]) if stuck == "web" else ("snapshot copy", copy["id"])


@pytest.mark.parametrize("status", ["creating", "reticulating"])
@pytest.mark.parametrize("case", WAITING)
def test_a_timeout_names_the_step_status_and_state(sim: Any, case: str, status: str) -> None:
    module, options, stuck, needs = WAITING[case]
    called, its_id = waits(sim, stuck, status)
    told = result(sim, module, {**options, "wait_timeout": 60})
    who = f"{called} ({its_id}), {needs}" if needs else called
    state = "running" if stuck == "web" else "available"
    assert told["msg"].startswith(
        f"Timed out after 60 s (wait_timeout) waiting for {who}: its status is '{status}', its state '{state}'."
    )
    assert not told["actions"]


@pytest.mark.one_in(5)
@pytest.mark.parametrize("more", [{}, {"batch": "1"}, {"max_failures": "1"}])
@pytest.mark.parametrize("status", ["creating", "reticulating"])
@pytest.mark.parametrize("case", ["made from a copy", "stopped"])
def test_so_does_a_fleet(sim: Any, case: str, status: str, more: dict[str, str]) -> None:
    _module, options, stuck, needs = WAITING[case]
    called, its_id = waits(sim, stuck, status)
    told = result(sim, "vm_fleet", {"instances": [options], "wait_timeout": 60, **more})
    who = f"{called} ({its_id}), {needs}" if needs else called
    assert f"Timed out after 60 s (wait_timeout) waiting for {who}: its status is '{status}'" in told["msg"]
    assert "not started" not in told["msg"].lower()
