# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The handle on a simulator: what tests and the control pages read and change."""

from __future__ import annotations

import dataclasses
from typing import Any

from .checks import LATEST
from .cloud import Cloud
from .faults import Fault
from .gateway import Gateway
from .kinds import Fields
from .resource import Mistake
from .seeds import describe, fill, seed
from .settings import REGION_NAMES, REGIONS, Settings


class Handle:
    """A cloud behind its gateway."""

    port: int

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.cloud = Cloud(settings)
        self.gateway = Gateway(self.cloud)
        if self.cloud.new:
            fill(self.cloud)
        self.cloud.save()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{{region}}/compute"

    @property
    def environment(self) -> dict[str, str]:
        return {"MGC_API_URL": self.url, "MGC_API_KEY": self.cloud.settings.api_key}

    def now(self) -> float:
        return self.cloud.clock.now()

    def advance(self, seconds: float) -> None:
        with self.cloud.lock:
            if not 0 <= self.now() + seconds <= LATEST:
                raise Mistake("The clock cannot leave the years 1970 to 9891")
            self.cloud.clock.advance(seconds)
            self.cloud.save()

    def requests(self) -> list[Fields]:
        return [exchange.as_dict() for exchange in list(self.gateway.record)]

    def clear_requests(self) -> None:
        self.gateway.record.clear()

    def add_fault(self, **fields: Any) -> Fields:
        """Add a fault with the fields of faults.Fault, and return its description."""
        return self.gateway.add_fault(Fault.model_validate(fields))

    def faults(self) -> list[Fields]:
        return [fault.describe() for fault in self.gateway.faults]

    def clear_faults(self) -> None:
        self.gateway.clear_faults()

    def seed(self, /, kind: str = "", region: str = "br-se1", tenant: str | None = None, **fields: Any) -> Fields:
        with self.cloud.lock:
            made = self.add(kind, region, tenant, **fields)
            self.cloud.save()
            return made

    def seed_all(self, seeds: list[Fields]) -> list[Fields]:
        """Add resources, or none of them if one is refused."""
        with self.cloud.lock:
            with self.cloud.all_or_nothing():
                made = [self.add(**fields) for fields in seeds]
            self.cloud.save()
            return made

    def add(self, /, kind: str = "", region: str = "br-se1", tenant: str | None = None, **fields: Any) -> Fields:
        if not isinstance(region, str) or region not in REGION_NAMES:
            raise Mistake(f"There is no region {region!r}, only {', '.join(REGIONS)}")
        if not isinstance(tenant, (str, type(None))):
            raise Mistake(f"tenant must be a string, not {tenant!r}")
        return seed(self.cloud.region(region, tenant), kind, fields)

    def state(self, tenant: str | None = None) -> Fields:
        with self.cloud.lock:
            return describe(self.cloud, tenant)

    def reset(self, /, **settings: Any) -> None:
        """Remove all resources, requests and faults; change only these settings."""
        if unknown := settings.keys() - {field.name for field in dataclasses.fields(Settings)}:
            raise Mistake(f"There is no switch {', '.join(sorted(unknown))}")
        if settings.get("data", self.settings.data) != self.settings.data:
            raise Mistake("data cannot be changed while the simulator runs")
        try:
            chosen = self.settings.but(**settings)
        except ValueError as error:
            raise Mistake(str(error)) from error
        with self.cloud.lock:
            self.cloud.reset(chosen)
            self.gateway.reset()
            fill(self.cloud)
            self.cloud.save()
