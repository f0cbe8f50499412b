# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The number of steps before the next look grows while the API is fast, and falls when it is slow."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import INSTANCES
from ansible_collections.magalu.cloud.plugins.module_utils._engine.fleet import FleetClient, FleetListing, FleetPace
from ansible_collections.magalu.cloud.plugins.module_utils._engine.member import Member
from ansible_collections.magalu.cloud.plugins.module_utils._plan.step import Plan, Step, Task
from tests.support.clients import client_of

THREADS = 2
STOP = Step("stop", "stop instance web", "POST", "/v1/instances/web/stop", {}, {})


def idle(*_anything: Any) -> Plan:
    """Return a plan without steps: this test only counts the steps that it sends."""
    return Plan((), None, None)


def test_waves_grow_and_fall_back(sim: Any) -> None:
    api = client_of(sim)
    client = FleetClient(api.connection, "tests", api.clock)
    member = Member(Task("instance web", lambda _schedule_look: {}, idle, {"instance": INSTANCES}, {}))
    pace = FleetPace(FleetListing(client), {}, {}, THREADS, None, None, 0, lambda _now: None)

    def wave() -> int:
        """Return the number of steps in the next round, and send them."""
        pace.unsent = False
        most = next(number for number in range(1000) if not pace.allows(member, {}, number))
        assert pace.unsent, "the others come without another look"
        answers = [answer for _member, answer in pace.send(client, [(member, STOP)] * most)]
        assert len(answers) == most
        return most

    assert [wave() for _turn in range(5)] == [10, 20, 40, 80, 80]
    # The responses of one round take a second of the client's clock.
    sim.add_fault(operation="POST /v1/instances/{id}/stop", kind="slow", seconds=0.1, times=1)
    sim.cloud.clock.speed = 10
    assert wave() == 80
    sim.cloud.clock.speed = 0
    assert [wave() for _turn in range(2)] == [10, 20]
