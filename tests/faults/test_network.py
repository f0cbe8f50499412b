# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules over a failing network, and then over a working one: the declared resource exists exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.proxy import Fault, Proxy, proxying
from tests.support.declarations import DECLARED
from tests.support.module import result

ONCE = ["reset", "lose", "silence", "drop"]
ALWAYS = ["delay", "throttle"]  # slow, but complete
# The main request of each task, and how often the API may receive it.
TASKS: dict[str, tuple[str, dict[str, Any], bytes]] = {
    "create": ("vm_instance", DECLARED, rb"^POST .*/v1/instances$"),
    "stop": ("vm_instance", {"name": "other", "state": "stopped"}, rb"^POST .*/stop$"),
    "rename": ("vm_instance", {"name": "other", "new_name": "renamed"}, rb"^PATCH .*/rename$"),
    "delete": ("vm_instance", {"name": "other", "state": "absent"}, rb"^DELETE "),
    "snapshot": ("vm_snapshot", {"name": "copy", "instance": "other"}, rb"^POST .*/v1/snapshots$"),
    "list": ("vm_info", {"kind": "instances", "sort": ["name"]}, rb"^GET .*/v1/instances\?.*_offset=[1-9]"),
}
LISTED = 23


class Reached:
    """A simulator behind a proxy."""

    def __init__(self, sim: Any, proxy: Proxy) -> None:
        self.now, self.advance = sim.now, sim.advance
        port = proxy.server_address[1]
        self.environment = {**sim.environment, "MGC_API_URL": f"http://127.0.0.1:{port}/{{region}}/compute"}


@pytest.fixture
def proxy(sim: Any) -> Iterator[Proxy]:
    sim.reset(page_limit=5, instances=LISTED - 1, unique_names=False)
    sim.seed("instance", name="other")
    with proxying(sim.port) as proxy:
        yield proxy


def outcome(sim: Any, task: str) -> None:
    """Assert that the result of a task exists exactly once, whatever happened on the way."""
    state = sim.state()["br-se1"]
    by_name: dict[str, list[Any]] = {}
    for row in [*state["instances"], *state["snapshots"]]:
        by_name.setdefault(row["name"], []).append(row)
    changed = [request for request in sim.requests() if request["method"] != "GET" and request["status"] < 300]
    assert all(len(rows) == 1 for rows in by_name.values()), "something is there twice"
    if task == "create":
        assert by_name["web"][0]["state"] == "running"
        assert len(changed) == 1
    elif task == "stop":
        assert by_name["other"][0]["state"] == "stopped"
    elif task == "rename":
        assert "renamed" in by_name
    elif task == "delete":
        assert "other" not in by_name
    elif task == "snapshot":
        assert by_name["copy"][0]["state"] == "available"
        assert len(changed) == 1
    else:
        assert not changed
    assert len(state["instances"]) == LISTED - 1 + {"create": 2, "delete": 0}.get(task, 1)


@pytest.mark.one_in(11)
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", [*ONCE, *ALWAYS])
@pytest.mark.parametrize("retries", [0, 4])
def test_a_task_and_then_again(sim: Any, proxy: Proxy, task: str, kind: str, retries: int) -> None:
    module, options, request = TASKS[task]
    proxy.faults = [Fault(kind, request) if kind in ONCE else Fault(kind, times=1000)]
    reached = Reached(sim, proxy)
    hurry = {"api_timeout": 0.3 if kind == "silence" else 5, "api_retries": retries}
    first = result(reached, module, {**options, **hurry})
    assert proxy.met, "the fault never happened"
    assert "Traceback" not in str(first)
    if task != "list" or retries or kind in ALWAYS:
        assert not first.get("failed"), first
    else:
        assert "GET /v1/instances" in first["msg"]
    proxy.faults = []
    again = result(reached, module, options)
    assert not again.get("failed"), again
    assert not again["changed"] or first.get("failed")
    assert task != "list" or again["count"] == LISTED
    outcome(sim, task)


def test_an_unreachable_proxy_fails_and_the_next_run_succeeds(sim: Any, proxy: Proxy) -> None:
    reached = Reached(sim, proxy)
    proxy.shutdown()
    proxy.server_close()
    first = result(reached, "vm_instance", {**DECLARED, "api_retries": 1})
    assert first["failed"]
    assert "no connection to 127.0.0.1" in first["msg"]
    assert not sim.requests()
