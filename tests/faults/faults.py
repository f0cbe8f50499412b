# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All faults, each with a rule that selects its operations, instead of a list of cases."""

from __future__ import annotations

import random
from collections.abc import Callable
from email.utils import formatdate
from typing import Any, NamedTuple

from simulator.exchange import operations
from tests.faults.operations import NEW, Operation

ONCE, ALWAYS, READS = "once", "always", "reads"
PATIENCE = 300  # wait_timeout of the run with the fault, in the simulator's seconds
BEYOND = 700  # a status is stuck this long: the first run gives up, the next run waits
SHARE = 0.4  # the number of reads that a fault strikes
TWISTED = ("stuck", "failing", "unknown_status")


def always(operation: Operation) -> bool:
    return True


def lasting(operation: Operation) -> bool:
    return operation.takes_time


def making(operation: Operation) -> bool:
    return operation.creates


def has_response_body(operation: Operation) -> bool:
    """Return whether the response has a body, as for creations and restores."""
    return operation.description.startswith(("create", "restore"))


def addressed(operation: Operation) -> bool:
    return operation.addressed and has_response_body(operation)


class Fault(NamedTuple):
    """A fault in the requests of an operation, or a condition of the whole cloud."""

    wire: dict[str, Any] | None = None  # a fault of the simulator
    settings: dict[str, Any] | None = None  # settings of the simulator
    can_be: Callable[[Operation], bool] = always
    refused: bool = False  # connections are refused
    everywhere: bool = False  # strikes all requests, not only those of the operation
    options: dict[str, Any] | None = None  # options of the task while the fault is active
    reads: bool = True  # whether it can also strike reads

    @property
    def spreads(self) -> tuple[str, ...]:
        """Return how often it can strike: one request, every request of the first run, or some of its reads."""
        if self.settings or self.everywhere:
            return (ALWAYS,)
        return (ONCE, ALWAYS, READS) if self.reads else (ONCE, ALWAYS)


def _status(status: int, when: str = "before", **headers: str) -> dict[str, Any]:
    return {"kind": "status", "status": status, "when": when, "headers": headers}


def _later(date: str = "") -> dict[str, Any]:
    body = {"slug": "rate_limited", "message": "Too many requests"}
    return {**_status(429, **{"Retry-After": date or "20"}), "body": body}


CONFLICT = {"slug": "conflict", "message": "It is in transition"}
FAULTS: dict[str, Fault] = {
    "connection refused": Fault(refused=True),
    "connection reset before the request arrives": Fault({"kind": "reset", "when": "before"}),
    "change made, response lost by a reset": Fault({"kind": "reset", "when": "after"}),
    "change made, response lost by a timeout": Fault({"kind": "hold", "when": "after"}, options={"api_timeout": 0.25}),
    "change made, response 500": Fault(_status(500, "after")),
    "change made, response 502 in HTML": Fault({"kind": "html", "status": 502, "when": "after"}),
    "change made, response 504": Fault(_status(504, "after")),
    "keep-alive connections closed meanwhile": Fault({"kind": "close_keep_alive"}, everywhere=True),
    "409, it is in transition": Fault({**_status(409), "body": CONFLICT}, reads=False),
    "429 with Retry-After in seconds": Fault(_later()),
    "429 with Retry-After as a date": Fault(_later("{date}")),
    "503": Fault(_status(503)),
    "404 of a gateway, in HTML": Fault({"kind": "html", "status": 404, "when": "before"}),
    "408": Fault(_status(408)),
    "body cut short": Fault({"kind": "short_body", "when": "after"}, can_be=has_response_body),
    "HTML instead of JSON": Fault({"kind": "html", "status": 200, "when": "after"}),
    "slow responses": Fault({"kind": "slow", "seconds": 0.02}),
    "status stuck in transition": Fault({"kind": "stuck", "seconds": BEYOND}, can_be=lasting, reads=False),
    "the operation fails": Fault({"kind": "failing"}, can_be=lasting, reads=False),
    "unknown status": Fault({"kind": "unknown_status", "seconds": 20}, can_be=lasting, reads=False),
    "lists 5 s behind creations": Fault(settings={"lag": 5}, can_be=making),
    "reads 2 s behind actions": Fault(settings={"stale": 2}),
    "public address comes 40 s late": Fault(settings={"address_delay": 40}, can_be=addressed),
    "public address never comes": Fault(settings={"address_delay": float("inf")}, can_be=addressed),
}


class Case(NamedTuple):
    """An operation under a fault."""

    operation: str
    fault: str
    spread: str
    edition: str
    unique: bool
    lag: bool  # whether lists lag 5 s behind every change, and reads by id 2 s behind actions

    @property
    def variant(self) -> str:
        """Return the parts of the case that are not in the table's row and column."""
        names = "unique" if self.unique else "any"
        return f"{self.spread}, {self.edition}, {names} names{', behind' if self.lag else ''}"


def all_cases(all_operations: dict[str, Operation]) -> list[Case]:
    """Yield all possible cases, grouped by operation and fault."""
    return [
        Case(name, called, spread, edition, unique, lag)
        for name, operation in all_operations.items()
        for called, fault in FAULTS.items()
        if fault.can_be(operation)
        for spread in fault.spreads
        for edition in operation.editions
        for unique in ((True, False) if operation.named else (True,))
        for lag in (False, True)
    ]


def choose_cases(every: list[Case]) -> list[Case]:
    """Return a fixed choice with every value, and every fault with each of its spreads.

    Greedy, in a mixed order: a case is taken if it has a value or a spread that no earlier case has.
    """
    met: set[tuple[Any, ...]] = set()
    chosen = []
    for case in random.Random(0).sample(every, len(every)):
        news = {(case.fault, case.spread), *enumerate(case)}
        if not news <= met:
            met |= news
            chosen.append(case)
    return chosen


def arm(sim: Any, case: Case, operation: Operation) -> None:
    """Set the simulator's fault of a case, if it has one."""
    wire = dict(FAULTS[case.fault].wire or {})
    if not wire:
        return
    if "{date}" in wire.get("headers", {}).values():
        wire["headers"] = {"Retry-After": formatdate(sim.now() + 20, usegmt=True)}
    if FAULTS[case.fault].everywhere:
        sim.add_fault(operation="*", nth="every", **wire)
    elif case.spread == READS:
        for route in reads(case.edition):
            sim.add_fault(operation=route, share=SHARE, **wire)
    else:
        sim.add_fault(operation=operation.route, nth=1 if case.spread == ONCE else "every", **wire)


def reads(edition: str = NEW) -> list[str]:
    """Return the routes that read."""
    return [f"GET {path}" for method, _pattern, path, _name in operations(edition) if method == "GET"]
