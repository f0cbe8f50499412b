# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""vm_fleet in this process, on the simulator's clock, and what the simulator's own record tells of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tests.support.module import result

Fields = dict[str, Any]
SMALL, LARGE, IMAGE = "BV1-1-40", "BV2-2-40", "cloud-ubuntu-24.04 LTS"
DEFAULTS: Fields = {
    "machine_type": SMALL, "image": IMAGE, "ssh_key_name": "deploy", "network": {"associate_public_ip": False},
}  # fmt: skip
UUIDS = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\d+\.\d+\.\d+\.\d+")
IP = "_ipv"
# What differs from run to run.
OWN = ("id", "created_at", "updated_at", "network", "request_id", "interfaces", "password", "address_from")


class Watched:
    """The simulator; whenever time passes it notes who is in motion."""

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
        """How many were in motion at once."""
        return max(map(len, self.moving), default=0)


def run(sim: Any, check: bool = False, diff: bool = False, **options: Any) -> Fields:
    """The result of the module. `defaults` stand under those of all tests."""
    options["defaults"] = {**DEFAULTS, **options.get("defaults", {})}
    return result(sim, "vm_fleet", options, check, diff)


def done(sim: Any, check: bool = False, diff: bool = False, **options: Any) -> Fields:
    """The result of a run that has to end well."""
    given = run(sim, check, diff, **options)
    assert not given.get("failed"), given["msg"]
    return given


def refused(sim: Any, **options: Any) -> str:
    """The message of a run that has to fail, in check mode and for real, and that changes nothing."""
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
    """Instances that are as the defaults declare them, and were there for long."""
    for name in names:
        sim.seed("instance", **{"name": name, "machine_type": SMALL, "image": IMAGE, "ssh_key_name": "deploy",
                                "created_at": sim.now() - 3600, **fields})  # fmt: skip


def rows(sim: Any) -> list[Fields]:
    """The instances as they truly are."""
    found: list[Fields] = sim.state()["br-se1"]["instances"]
    return found


def names(sim: Any) -> list[str]:
    return sorted(row["name"] for row in rows(sim))


def states(sim: Any) -> dict[str, str]:
    return {row["name"]: row["state"] for row in rows(sim)}


def asked(sim: Any) -> list[str]:
    """All requests, in order, each with its path's last part."""
    return [f"{one['method']} {one['path'].removeprefix('/v1/')}" for one in sim.requests()]


def changes(sim: Any) -> list[str]:
    return [request for request in asked(sim) if not request.startswith("GET ")]


def actions(given: Fields) -> dict[str, list[str]]:
    """What was done, or would be, to each member."""
    return {member["name"]: [step["description"] for step in member["actions"]] for member in given["members"]}


def member(given: Fields, name: str) -> Fields:
    found: Fields = next(one for one in given["members"] if one["name"] == name)
    return found


def plain(value: Any) -> Any:
    """The value without what differs from run to run."""
    if isinstance(value, dict):
        return {key: bool(item) if IP in key else plain(item) for key, item in value.items() if key not in OWN}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return UUIDS.sub("-", value) if isinstance(value, str) else value
