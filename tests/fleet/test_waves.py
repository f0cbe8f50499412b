# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pace of a fleet: the number of steps before the next look, and the pauses between listings."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import INSTANCES
from ansible_collections.magalu.cloud.plugins.module_utils._engine.fleet import (
    EVERY,
    FleetClient,
    FleetListing,
    FleetPace,
    next_wave,
)
from ansible_collections.magalu.cloud.plugins.module_utils._engine.member import Member
from ansible_collections.magalu.cloud.plugins.module_utils._plan.step import Plan, Step, Task
from tests.support.clients import client_of

THREADS = 2
STOP = Step("stop", "stop instance web", "POST", "/v1/instances/web/stop", {}, {})


def idle(*_anything: Any) -> Plan:
    """Return a plan without steps: this test only counts the steps that it sends."""
    return Plan((), None, None)


def pace_of(sim: Any, batch: int | None = None, max_failures: int | None = None) -> tuple[FleetPace, Member]:
    """Return the pace of a fleet on the simulator, and a member that always has a step."""
    api = client_of(sim)
    client = FleetClient(api.connection, "tests", api.clock)
    member = Member(Task("instance web", lambda _query: {}, idle, {"instance": INSTANCES}, {}))
    tasks = {member: member.task}
    return FleetPace(FleetListing(client), tasks, {}, THREADS, batch, max_failures, 0, lambda _now: None), member


def test_a_round_sends_more_steps_while_the_api_is_fast(sim: Any) -> None:
    pace, member = pace_of(sim)

    def wave() -> int:
        """Return the number of steps in the next round, and send them."""
        pace.unsent = False
        most = next(number for number in range(1000) if not pace.allows(member, {}, number))
        assert pace.unsent, "the others come without another look"
        answers = [answer for _member, answer in pace.send(pace.listing.client, [(member, STOP)] * most)]
        assert len(answers) == most
        return most

    assert [wave() for _turn in range(5)] == [10, 20, 40, 80, 80]
    # The responses of one round take a second or more of the client's clock, twice as long as they should.
    sim.add_fault(operation="POST /v1/instances/{id}/stop", kind="slow", seconds=0.1, times=1)
    sim.cloud.clock.speed = 10
    assert wave() == 80
    sim.cloud.clock.speed = 0
    assert wave() <= 40


@pytest.mark.parametrize(
    ("wave", "sent", "seconds", "following"),
    [
        (5, 5, 0.0, 10),
        (5, 5, 0.01, 10),
        (40, 40, 0.2, 40),
        (40, 40, 0.8, 25),
        (25, 25, 0.5, 25),
        (40, 40, 30.0, 5),
        (40, 0.5, 0.01, 25),
        (5, 5, 2.5, 5),
    ],
)
def test_a_round_takes_half_a_second(wave: int, sent: float, seconds: float, following: int) -> None:
    assert next_wave(wave, sent, seconds) == following


@pytest.mark.parametrize("limits", [{}, {"batch": 5}, {"max_failures": 1}], ids=str)
def test_slow_listings_are_rare_while_steps_are_left(sim: Any, limits: dict[str, int]) -> None:
    """A list is used four times as long as it took, but 2 seconds where a limit depends on the state of members."""
    pace, member = pace_of(sim, **limits)

    def listings() -> int:
        pace.observe([member])
        return sum(request["path"] == "/v1/instances" for request in sim.requests())

    sim.add_fault(operation="GET /v1/instances", kind="slow", seconds=0.1, times=1)
    began, sim.cloud.clock.speed = sim.now(), 50
    assert listings() == 1
    sim.cloud.clock.speed = 0
    pause = EVERY if limits else 4 * (sim.now() - began)
    assert pause == EVERY or pause > 4 * EVERY
    for advanced, expected in ((pause * 0.8, 1), (pause * 0.4, 2)):
        sim.advance(advanced)
        pace.unsent = True
        assert listings() == expected
    assert listings() == 3, "no step is left to send, so each look lists"
