# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The only code that changes the cloud, and the only code that waits: for one member, or at another pace for many."""

from __future__ import annotations

import random
import typing as t

from ._api import Refused
from ._client import Answer, ApiError, Client
from ._engine import ACCEPTED, Failed, Member
from ._goals import api_now
from ._read import Seen
from ._step import Step

# What is seen of each, or why that could not be seen of it alone.
Observed = t.Union[Seen, Refused, ApiError]
Observe = t.Callable[[list[Member]], t.Sequence[Observed]]
Steps = list[tuple[Member, Step]]


class Pace:
    """When members are looked at, and how their steps are sent: each when it says so, one step after the other."""

    def wakes(self, going: list[Member], now: float) -> float:
        """The time of the next look at any of them."""
        return min(member.next_look for member in going)

    def due(self, going: list[Member], now: float) -> list[Member]:
        """Those that are looked at now."""
        return [member for member in going if member.next_look <= now] or going

    def allows(self, member: Member, seen: Seen, sending: int) -> bool:
        """Whether a member may do its next step now, where so many are to be sent already."""
        return True

    def send(self, client: Client, steps: Steps) -> t.Iterable[tuple[Member, Answer | ApiError]]:
        """Sends the steps, but nothing new when the time is up; what the API answered to each."""
        for member, step in steps:
            if time_is_up(client) and not member.failed:
                member.not_sent()
            else:
                yield member, attempt(client, step)

    def told(self, now: float) -> None:
        """Is told after each round."""


def time_is_up(client: Client) -> bool:
    """Whether the time is up."""
    return client.deadline is not None and client.clock.now() >= client.deadline


def attempt(client: Client, step: Step) -> Answer | ApiError:
    """Sends a step."""
    try:
        return client.request(step.method, step.path, step.query, step.body)
    except ApiError as error:
        return error


def drive(
    members: list[Member], observe: Observe, client: Client, seconds: float, first: t.Sequence[Observed] | None = None,
    pace: Pace | None = None,
) -> None:  # fmt: skip
    """Leads all members to their goals within so many seconds; each then is `over` or has a `failure`.

    `observe` gives what is seen of each of the members (one read for one, one listing for many); `first` is what was
    seen already.
    """
    clock, pace = client.clock, pace or Pace()
    deadline = client.deadline if client.deadline is not None else clock.now() + seconds
    while True:
        going = [member for member in members if not member.over and not member.failure]
        if not going:
            return
        clock.sleep(max(min(pace.wakes(going, clock.now()), deadline) - clock.now(), 0))
        due = pace.due(going, clock.now())
        try:
            seen, first = first if first is not None else observe(due), None
        except (ApiError, Refused) as error:
            passing = isinstance(error, ApiError) and error.passing and clock.now() < deadline
            for member in due:
                if not passing:
                    refused = member.pending and member.pending.error and clock.now() >= deadline
                    member.fail(member.time_out(seconds) if refused else error, clock.now())
                if isinstance(error, ApiError):
                    member.next_look = clock.now() + max(error.retry_after or 0, 2)
            pace.told(clock.now())
            continue
        late = clock.now() >= deadline
        _round([(one, each) for one, each in zip(due, seen) if late or not _passes(each)], client, pace)
        for member in due:
            if not member.over and not member.failure and clock.now() >= deadline:
                member.fail(member.time_out(seconds), clock.now())
        pace.told(clock.now())


def _passes(seen: Observed) -> bool:
    return isinstance(seen, ApiError) and seen.passing


def _round(looks: list[tuple[Member, Observed]], client: Client, pace: Pace) -> None:
    """One look's worth for each of the members."""
    now, steps = client.clock.now, t.cast(Steps, [])
    for member, seen in looks:
        try:
            if isinstance(seen, Exception):
                raise seen
            step = member.advance(seen, now(), api_now(client)) if pace.allows(member, seen, len(steps)) else None
            if step:
                steps.append((member, step))
        except (Failed, Refused, ApiError) as error:
            member.fail(error, now())
    for member, answer in pace.send(client, steps):
        try:
            if isinstance(answer, ApiError):
                member.last_error = answer
                member.refused(answer, now())
            else:
                member.accepted(answer.body, now())
        except Failed as error:
            member.fail(error, now())
    for member, _seen in looks:
        if member.pending is None or member.pending.answer == ACCEPTED:  # never before a Retry-After is over
            member.next_look += (member.next_look - now()) * random.uniform(-0.1, 0.1)
