# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All switches of the simulator as one typed object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from .catalog import TYPES_BY_NAME

EDITIONS = ("2024-08", "2026-08")

# What users call a region -> its name in the path and its zones.
REGIONS = {
    "br-se1": ("br-se1", ("br-se1-a", "br-se1-b", "br-se1-c")),
    "br-ne1": ("br-ne1", ("br-ne1-a", "br-ne1-b")),
    "br-mgl1": ("br-se-1", ("br-mgl1-a",)),
}
# Every name under which a region is known, in paths and in the copies' enumerations.
REGION_NAMES = {**{name: name for name in REGIONS}, "br-se-1": "br-mgl1", "br-ne-1": "br-ne1"}

# Seconds from an accepted request to its result.
DURATIONS = {
    "create": 15.0, "delete": 3.0, "start": 4.0, "stop": 4.0, "suspend": 4.0, "reboot": 4.0, "retype": 6.0,
    "attach": 2.0, "detach": 2.0, "snapshot": 10.0, "backup": 20.0, "restore": 15.0, "copy": 30.0,
    "image": 60.0, "windows_password": 30.0,
}  # fmt: skip

INIT_LOG = """[    0.000000] Linux version 6.8.0-45-generic
[    1.204511] systemd[1]: Hostname set to <{name}>.
cloud-init[812]: Cloud-init v. 24.2 running 'modules:config'
cloud-init[901]: Cloud-init v. 24.2 running 'modules:final'
cloud-init[901]: Cloud-init v. 24.2 finished. Datasource DataSourceOpenStack. Up 9.81 seconds"""


def number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def count(value: Any) -> bool:
    return number(value) and isinstance(value, int)


def mapping(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(map(fits, value.values()))


# What a switch can be, where anything else would only fail later, when a request comes.
FITS: dict[str, Callable[[Any], bool]] = {
    "speed": lambda value: number(value) and value <= 1e6,
    **dict.fromkeys(("lag", "stale", "address_delay", "keep_deleted", "rate_window"), number),
    **dict.fromkeys(("instances", "rate_limit", "record"), count),
    **dict.fromkeys(
        ("quota_public_ips", "quota_instances", "quota_vcpus"), lambda value: value is None or count(value)
    ),
    "page_limit": lambda value: value is None or (count(value) and value > 0),
    "durations": mapping(number),
    "capacity": mapping(count),
    **dict.fromkeys(("editions", "keys"), mapping(lambda value: isinstance(value, str))),
}


@dataclass(frozen=True)
class Settings:
    """One field, one switch; the command line has the same names with dashes."""

    edition: str = "2026-08"
    editions: dict[str, str] = field(default_factory=dict)  # by region, where it differs from the one above
    speed: float = 1.0  # times real time; 0 freezes the clock
    instant: bool = False  # everything takes no time
    durations: dict[str, float] = field(default_factory=dict)  # seconds, over DURATIONS
    instances: int = 0  # how many there are in each region at the start
    data: str | None = None  # SQLite file that keeps the state
    unique_names: bool = True  # whether instance names are
    lag: float = 0.0  # seconds until a list shows what was created
    stale: float = 0.0  # seconds that reads lag behind actions
    address_delay: float = 0.0  # seconds from running to the public IPv4; inf: never
    page_limit: int | None = None  # the most rows in one answer, whatever was asked for
    nulls: str = "sent"  # or omitted: absent optional fields
    sort_by_id: bool = True  # whether _sort takes id
    shuffle_ties: bool = False  # rows that _sort does not tell apart come in another order each time
    strict_expand: bool = False  # an unknown value of expand is answered 400
    keep_deleted: float = 0.0  # seconds that deleted ones are still shown, with status deleted
    capacity: dict[str, int] = field(default_factory=dict)  # {type or type@zone: instances it has room for}
    quota_public_ips: int | None = 3  # for each region; None is no limit
    quota_instances: int | None = None
    quota_vcpus: int | None = None
    api_key: str = "simulator"  # the good one; simulator-read-only and simulator-expired are what they say
    tenant: str = "tenant-1"  # the good key's tenant
    keys: dict[str, str] = field(default_factory=dict)  # more good keys and their tenants
    face: str = "gateway"  # tenant from the key; or service: from the header x-tenant-id, no key looked at
    rate_limit: int = 0  # requests in each rate_window seconds; 0 is no limit
    rate_window: float = 1.0
    unknown_ssh_keys: tuple[str, ...] = ()  # every other name is known
    vpcs: tuple[str, ...] = ("vpc_default", "default", "vpc-apps")  # known by name; every id is known
    loopback: bool = False  # instances get addresses in 127.0.0.0/8, and ::1
    init_log: str = INIT_LOG
    validate: bool = False  # check every answer against the models of its route (slow)
    record: int = 100_000  # requests that are remembered

    def __post_init__(self) -> None:
        for name, fits in FITS.items():
            if not fits(getattr(self, name)):
                raise ValueError(f"{name} is {getattr(self, name)!r}, which it cannot be")
        for edition in (self.edition, *self.editions.values()):
            if edition not in EDITIONS:
                raise ValueError(f"edition must be one of {', '.join(EDITIONS)}, not {edition!r}")
        if self.nulls not in ("sent", "omitted"):
            raise ValueError(f"nulls must be sent or omitted, not {self.nulls!r}")
        if self.face not in ("gateway", "service"):
            raise ValueError(f"face must be gateway or service, not {self.face!r}")
        for region in self.editions:
            if region not in REGION_NAMES:
                raise ValueError(f"unknown region {region!r}, there are {', '.join(REGIONS)}")
        for name in self.capacity:
            if name.partition("@")[0] not in TYPES_BY_NAME:
                raise ValueError(f"capacity: there is no machine type {name.partition('@')[0]}")
        for name in self.durations:
            if name not in DURATIONS:
                raise ValueError(f"durations has no {name!r}, only {', '.join(DURATIONS)}")
        editions = {REGION_NAMES[region]: edition for region, edition in self.editions.items()}
        object.__setattr__(self, "editions", editions)
        oldest = min(self.edition_of(region) for region in REGIONS)
        if self.page_limit is not None and self.page_limit < 50 and oldest == "2024-08":
            raise ValueError("page_limit below 50 needs edition 2026-08: without a total nobody could page")

    def edition_of(self, region: str) -> str:
        return self.editions.get(region, self.edition)

    def duration(self, name: str) -> float:
        return 0.0 if self.instant else self.durations.get(name, DURATIONS[name])

    def but(self, **overrides: Any) -> Settings:
        return replace(self, **overrides)
