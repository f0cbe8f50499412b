# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fixtures for runs on the simulator, on its clock, beside somebody else's resources with similar names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.connection import Connection, resolve_connection
from ansible_collections.magalu.cloud.plugins.module_utils._api.times import Clock
from tests.acceptance import command
from tests.acceptance.command import Plan
from tests.acceptance.gate import Gate
from tests.acceptance.journal import Journal
from tests.acceptance.probes import LIMITS, Choice

RUN = "mgc-acceptance-bcdfghjk"
FOREIGN = ("mgc-acceptance", "mgc-acceptance-database", "mgc-acceptance-first", f"my-{RUN}-first", f"{RUN}x", RUN[:-1])


class Cloud:
    """A simulator for acceptance runs, with the requests, output and results of the last run."""

    def __init__(self, sim: Any, folder: Path) -> None:
        self.sim, self.folder, self.clock, self.said = sim, folder, Clock(sim.now, sim.advance), list[str]()

    def connection(self, **options: Any) -> Connection:
        given = {"api_url": self.sim.url, "api_key": "simulator", "api_retries": 0, **options}
        return resolve_connection(given.get, {})

    def begin(self, **settings: Any) -> None:
        """Empty the cloud, and create resources of somebody else in it."""
        self.sim.reset(**settings)
        for name in FOREIGN:
            self.sim.seed("instance", name=name, public_ip=name == FOREIGN[0])
            self.sim.seed("snapshot", name=name)

    def gate(self, folder: str = "gate", **options: Any) -> Gate:
        return Gate(
            self.connection(**options), Journal(self.folder / folder / "journal.jsonl"), RUN, LIMITS, self.clock
        )

    def accept(self, choice: Choice = Choice(), **options: Any) -> int:  # noqa: B008 (it cannot change)
        """Make a run of all probes, without integration targets."""
        plan = Plan(choice, {}, confirmed=True, folder=self.folder)
        return command.accept(plan, self.connection(**options), self.said.append, self.clock, RUN)

    def clean(self, answer: bool = True, **options: Any) -> int:
        return command.clean(
            self.connection(**options), self.folder, self.said.append, lambda question: answer, self.clock
        )

    def left(self, region: str = "br-se1") -> list[str]:
        """Return the names of all resources that a run left behind, and the number of superfluous public IPs."""
        here = self.sim.state().get(region, {})
        rows = [row["name"] for kind in ("instances", "snapshots", "images") for row in here.get(kind, ())]
        return [name for name in rows if name not in FOREIGN] + ["public IP"] * (len(here.get("public_ips", ())) - 1)

    def foreign(self) -> list[Any]:
        """Return all resources of somebody else."""
        return [row for kind in ("instances", "snapshots") for row in self.sim.state()["br-se1"][kind]
                if row["name"] in FOREIGN]  # fmt: skip


@pytest.fixture
def cloud(sim: Any, tmp_path: Path) -> Iterator[Cloud]:
    made = Cloud(sim, tmp_path)
    made.begin()
    yield made
