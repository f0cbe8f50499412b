# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The delay until a wait notices that an instance is ready, on the simulator's clock, and the requests of the wait."""

from __future__ import annotations

import statistics
from typing import Any

from tests.support import task
from tests.support.declarations import DECLARED


def measure(sim: Any) -> dict[str, Any]:
    """Return means over creations of 20 to 120 s, and over actions of 1 to 15 s."""
    creations = [_measure_wait(sim, "create", took) for took in range(20, 121, 5)]
    actions = [_measure_wait(sim, "stop", took) for took in range(1, 16)]
    return {"creation of 20 to 120 s": _means(creations), "action of up to 15 s": _means(actions)}


def _measure_wait(sim: Any, action: str, took: float) -> tuple[float, int]:
    """Return the seconds from the change's end in the cloud to the task's end, and the requests since the change."""
    sim.reset(durations={action: took + 0.37})
    if action == "stop":
        sim.seed("instance", name="web")
    done = task.run(sim, **DECLARED, state="running" if action == "create" else "stopped")
    if done.failure:
        raise done.failure
    requests = sim.requests()
    sent = next(number for number, request in enumerate(requests) if request["method"] == "POST")
    return sim.now() - requests[sent]["at"] - took - 0.37, len(requests) - sent


def _means(measured: list[tuple[float, int]]) -> dict[str, float]:
    late, requests = zip(*measured)
    return {"seconds late": round(statistics.mean(late), 2), "requests": round(statistics.mean(requests), 1)}
