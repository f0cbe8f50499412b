# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan as data: steps with their goals and effects, and what a run remembers between two plans."""

from __future__ import annotations

import typing as t

from ._api import INSTANCES, MOVING, POWER, POWER_STATE, Resource, Row, status_class
from ._read import Seen

POWER_STATES = ("running", "stopped", "suspended")


class CatalogsNeeded(Exception):
    """The plan depends on machine types and images, which were not read yet."""


class Step(t.NamedTuple):
    """One request that changes something, when it is done, and what it leads to."""

    action: str
    does: str  # for people: "stop instance web-01"
    method: str
    path: str
    goal: dict[str, t.Any]  # see `reached`
    effect: Row | None  # what it changes in the row; None: the row is gone
    body: t.Any = None
    query: tuple[tuple[str, str], ...] = ()
    sends: int = 3  # how often it may be sent in a run: a reboot 1, a creation 2, others 3
    key: str = ""  # what `Memory.sent` counts it by; method and path if empty
    anytime: bool = False  # may be sent while the row is in motion
    part: str = "instance"  # what its goal and its effect are about, of what is seen
    needs: tuple[str, ...] = ()  # the parts that must have settled before it; its own if empty
    makes: bool = False  # whether it makes what was not there, so that it is never sent again without looking
    attempt: t.Any = None  # of several ways to make it, which one this is (see `_plan_alternatives.Attempt`)

    @property
    def name(self) -> str:
        """What a run counts the step by."""
        return self.key or f"{self.method} {self.path}"


class Look(t.NamedTuple):
    """What is to be read: everything by listing, or one part by its id."""

    ids: dict[str, str]  # of the parts that were seen
    listing: bool
    part: str


class Plan(t.NamedTuple):
    """All steps to the wanted state. `after` is the row they lead to, with what only the cloud knows left out."""

    steps: tuple[Step, ...]
    before: Row | None
    after: Row | None
    warnings: tuple[str, ...] = ()
    kept_public_ips: tuple[str, ...] = ()


class Task(t.NamedTuple):
    """What a module leads to its goal."""

    label: str  # how it is called in messages
    observe: t.Callable[[Look], Seen]
    plan: t.Callable[[Seen, Memory], Plan]
    kinds: dict[str, Resource]  # what the parts of what is seen are; the first is the one that this is about
    shows: dict[str, str]  # which parts are in the result, and where
    more: Row  # what else is in the result
    # Plans what is to be put right after a failure; None where this run did nothing that could have to be.
    recover: t.Callable[[Seen, Memory], Plan | None] | None = None


class Memory:
    """What a run knows beyond what can be read."""

    def __init__(self) -> None:
        self.sent: dict[str, int] = {}  # step name -> how often it was sent
        self.start_state: str | None = None  # the first settled power state: "power untouched" means this one
        self.created: list[str] = []  # ids that this run created, and did not remove again
        self.kept_public_ips: list[str] = []  # what deletions of this run left behind
        self.attempts: list[Row] = []  # creations that failed, for what another attempt may have

    def look(self, row: Row | None) -> None:
        """Notes the power state of the first settled row."""
        if self.start_state is None and row and status_class(row) != MOVING and row.get("state") in POWER_STATES:
            self.start_state = row["state"]


def predict(row: Row | None, steps: t.Iterable[Step]) -> Row | None:
    """The row after these steps."""
    for step in steps:
        row = None if step.effect is None else dict(row or {}, **step.effect)
    return row


def label(row: Row) -> str:
    """How an instance is called in messages."""
    return f"instance {row.get('name') or row.get('id')}"


def action(action: str, row: Row, effect: Row | None, goal: Row, **more: t.Any) -> Step:
    """A step by the action's route: POST /v1/instances/{id}/ACTION if nothing else is said."""
    more.setdefault("does", f"{action} {label(row)}")
    more.setdefault("path", f"{INSTANCES.path}/{row['id']}/{action}")
    more.setdefault("method", "POST")
    return Step(action=action, goal=goal, effect=effect, **more)


def power(state: str, end: str, row: Row) -> list[Step]:
    """The shortest legal way from one power state to another."""
    verbs = POWER.get((state, end), ())
    return [action(verb, row, {"state": POWER_STATE[verb]}, {"state": POWER_STATE[verb]}) for verb in verbs]
