# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long a task waits when nothing is said about it: one deadline for all of it, by the kind of work."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.task import BASE
from tests.playbooks.module import result

NEW = {key: value for key, value in BASE.items() if key != "image"}


@pytest.mark.parametrize(
    ("module", "options", "operation", "seconds"),
    [
        ("vm_instance", BASE, "POST /v1/instances", 600),
        ("vm_instance", {**NEW, "snapshot": "copy"}, "POST /v1/snapshots/{id}", 3600),
        ("vm_instance", {**BASE, "wait_timeout": 45}, "POST /v1/instances", 45),
        ("vm_snapshot", {"name": "new", "instance": "source"}, "POST /v1/snapshots", 3600),
        ("vm_image", {"name": "golden", "url": "https://x.invalid/a", "platform": "linux"}, "POST /v1/images/custom", 14400),
    ],
)  # fmt: skip
def test_a_task_waits_as_long_as_its_kind_of_work_takes(
    frozen: Any, module: str, options: dict[str, Any], operation: str, seconds: int
) -> None:
    sim = frozen
    sim.reset()
    source = sim.seed("instance", name="source")
    sim.seed("snapshot", name="copy", instance=source["id"])
    sim.add_fault(operation=operation, kind="stuck")
    start = sim.now()
    told = result(sim, module, options)
    assert f"Timed out after {seconds} s (wait_timeout)" in told["msg"]
    assert seconds - 1 <= sim.now() - start <= seconds + 30
