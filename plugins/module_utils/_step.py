# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan as data: steps with their goals and effects, and what a run remembers between two plans."""

from __future__ import annotations

import typing as t

from ansible_collections.magalu.cloud.plugins.module_utils._api import GONE, MOVING, Row, dig, status_class
from ansible_collections.magalu.cloud.plugins.module_utils._read import interfaces

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

    @property
    def name(self) -> str:
        """What a run counts the step by."""
        return self.key or f"{self.method} {self.path}"


class Plan(t.NamedTuple):
    """All steps to the wanted state. `after` is the row they lead to, with what only the cloud knows left out."""

    steps: tuple[Step, ...]
    before: Row | None
    after: Row | None
    warnings: tuple[str, ...] = ()
    kept_public_ips: tuple[str, ...] = ()
    leaving: bool = False  # the row is being deleted: nothing to send, but it has to go first


class Memory:
    """What a run knows beyond what can be read."""

    def __init__(self) -> None:
        self.sent: dict[str, int] = {}  # step name -> how often it was sent
        self.start_state: str | None = None  # the first settled power state: "power untouched" means this one
        self.created: list[str] = []  # ids that this run created

    def look(self, row: Row | None) -> None:
        """Notes the power state of the first settled row."""
        if self.start_state is None and row and status_class(row) != MOVING and row.get("state") in POWER_STATES:
            self.start_state = row["state"]


def predict(row: Row | None, steps: t.Iterable[Step]) -> Row | None:
    """The row after these steps."""
    for step in steps:
        row = None if step.effect is None else dict(row or {}, **step.effect)
    return row


def reached(goal: dict[str, t.Any], row: Row | None, moved: bool = False) -> bool:
    """Whether the row is what a step was sent for. What the answer does not tell counts as reached once it is settled.

    Keys of a goal: `gone`; `state`, `name`: the value; `machine_type`: its id; `attached`, `detached`: an interface's
    id; `public_ipv4`: there must be one; `moved`: it must have been seen in motion (a reboot leaves no other trace).
    """
    status = status_class(row)
    if "gone" in goal:
        return status == GONE
    if row is None or status in (GONE, MOVING):
        return False
    if goal.get("moved") and not moved:
        return False
    ports = interfaces(row)
    attached = None if ports is None else [port["id"] for port in ports]
    return not (
        any(goal[key] != row.get(key) for key in ("state", "name") if key in goal)
        or goal.get("machine_type") not in (None, dig(row, "machine_type.id") or goal.get("machine_type"))
        or ("attached" in goal and attached is not None and goal["attached"] not in attached)
        or ("detached" in goal and attached is not None and goal["detached"] in attached)
        or (goal.get("public_ipv4") and not row.get("public_ipv4"))
    )
