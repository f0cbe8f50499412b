# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""vm_fleet in this process, on the simulator's clock, and the instances and requests that the simulator recorded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tests.support.declarations import DEFAULTS, IMAGE, SMALL
from tests.support.module import result

Fields = dict[str, Any]
UUIDS = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\d+\.\d+\.\d+\.\d+")
IP = "_ipv"
# Fields that differ from run to run.
OWN = ("id", "created_at", "updated_at", "network", "request_id", "interfaces", "password", "address_from")


class TransitionRecorder:
    """A simulator that records which instances are in transition whenever time passes."""

    def __init__(self, sim: Any) -> None:
        self.sim = sim
        self.moving: list[set[str]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sim, name)

    def advance(self, seconds: float) -> None:
        if seconds > 0:
            self.moving.append({row["name"] for row in rows(self.sim) if row["status"] != "completed"})
        self.sim.advance(seconds)

    @property
    def most(self) -> int:
        """Return the largest number of instances in transition at once."""
        return max(map(len, self.moving), default=0)


def run(sim: Any, check: bool = False, diff: bool = False, **options: Any) -> Fields:
    """Run the module and return its result. The option `defaults` is merged into DEFAULTS."""
    options["defaults"] = {**DEFAULTS, **options.get("defaults", {})}
    return result(sim, "vm_fleet", options, check, diff)


def done(sim: Any, check: bool = False, diff: bool = False, **options: Any) -> Fields:
    """Run the module and return its result. Fail the test if the module fails."""
    given = run(sim, check, diff, **options)
    assert not given.get("failed"), given["msg"]
    return given


def refused(sim: Any, **options: Any) -> str:
    """Return the error message of the module. Fail unless it is the same in check mode and nothing is changed."""
    before, sent, messages = sim.state(), changes(sim), []
    for check in (True, False):
        given = run(sim, check, **options)
        assert given.get("failed"), given
        messages.append(str(given["msg"]))
    assert sim.state() == before
    assert changes(sim) == sent
    assert messages[0] == messages[1]
    return messages[0]


def seed(sim: Any, names: Iterable[str], **fields: Any) -> None:
    """Create instances with the options of DEFAULTS, an hour old."""
    for name in names:
        sim.seed("instance", **{"name": name, "machine_type": SMALL, "image": IMAGE, "ssh_key_name": "deploy",
                                "created_at": sim.now() - 3600, **fields})  # fmt: skip


def rows(sim: Any) -> list[Fields]:
    """Return the instances from the simulator's state."""
    found: list[Fields] = sim.state()["br-se1"]["instances"]
    return found


def names(sim: Any) -> list[str]:
    return sorted(row["name"] for row in rows(sim))


def states(sim: Any) -> dict[str, str]:
    return {row["name"]: row["state"] for row in rows(sim)}


def list_requests(sim: Any) -> list[str]:
    """Return all requests in order, as method and path without /v1/."""
    return [f"{request['method']} {request['path'].removeprefix('/v1/')}" for request in sim.requests()]


def changes(sim: Any) -> list[str]:
    return [request for request in list_requests(sim) if not request.startswith("GET ")]


def actions(given: Fields) -> dict[str, list[str]]:
    """Return the descriptions of each member's steps, done or planned."""
    return {member["name"]: [step["description"] for step in member["actions"]] for member in given["members"]}


def member(given: Fields, name: str) -> Fields:
    found: Fields = next(row for row in given["members"] if row["name"] == name)
    return found


def plain(value: Any) -> Any:
    """Return the value without the parts that differ from run to run."""
    if isinstance(value, dict):
        return {key: bool(item) if IP in key else plain(item) for key, item in value.items() if key not in OWN}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return UUIDS.sub("-", value) if isinstance(value, str) else value
