# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The switches of the simulator: default, help text and rule of each in a row."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

from .catalog import TYPES_BY_NAME
from .checks import LATEST

READ_ONLY_KEY, EXPIRED_KEY = "simulator-read-only", "simulator-expired"
EDITIONS = ("2024-08", "2025-05", "2026-08")

# The name of each region as users write it -> its name in paths, and its zones.
REGIONS = {
    "br-se1": ("br-se1", ("br-se1-a", "br-se1-b", "br-se1-c")),
    "br-ne1": ("br-ne1", ("br-ne1-a", "br-ne1-b")),
    "br-mgl1": ("br-se-1", ("br-mgl1-a",)),
}
# Every other spelling of a region too, as in paths and in the requests that copy to another region.
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


class Rule(NamedTuple):
    """The values that a switch can have, as a check and in words."""

    fits: Callable[[Any], bool]
    words: str


def is_positive(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def is_duration(value: Any) -> bool:
    """Return whether a value is a number of seconds whose end can be written as a date, or endless."""
    return is_positive(value) and (value <= LATEST or value == float("inf"))


def is_credential(value: Any) -> bool:
    """Return whether a header can carry a value, which is not empty."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and value.strip() == value != ""


def is_count(value: Any) -> bool:
    return is_positive(value) and isinstance(value, int) and value <= 1 << 31


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def mapping_of(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return a check for a mapping whose values all fit."""
    return lambda value: isinstance(value, dict) and all(map(fits, value.values()))


def choice(*values: str) -> Rule:
    return Rule(lambda value: value in values, f"one of {', '.join(values)}")


BOOLEAN = Rule(lambda value: isinstance(value, bool), "true or false")
TEXT = Rule(is_text, "a string")
TEXTS = Rule(lambda value: isinstance(value, (list, tuple)) and all(map(is_text, value)), "a list of strings")
CREDENTIAL = Rule(is_credential, "printable ASCII characters without spaces around them")
SECONDS = Rule(is_positive, "a number of seconds, 0 or more")
COUNT = Rule(is_count, "a whole number, 0 or more")
LIMIT = Rule(lambda value: value is None or is_count(value), "a whole number, 0 or more, or null")


def integer_or_none(text: str) -> int | None:
    return None if text.lower() == "none" else int(text)


def switch(text: str, rule: Rule = TEXT, parse: Callable[[str], Any] | None = None) -> dict[str, Any]:
    """Return the metadata of a switch.

    `parse` reads the argument of its option where the type of the default cannot.
    """
    return {"help": text, "rule": rule, "parse": parse, "option": None}


def repeated(text: str, rule: Rule, option: str, parse: Callable[[str], Any] = str) -> dict[str, Any]:
    """Return the metadata of a switch whose option may be repeated.

    Each argument is an item; of a mapping it has the form KEY=VALUE.
    """
    return {"help": f"{text} (may be repeated)", "rule": rule, "parse": parse, "option": option}


@dataclass(frozen=True)
class Settings:
    """The switches; the command line has the same names with dashes."""

    edition: str = field(
        default="2026-08",
        metadata=repeated(
            "API version: 2024-08, 2025-05 or 2026-08; REGION=VERSION for one region only", choice(*EDITIONS), "edition"
        ),
    )
    editions: dict[str, str] = field(
        default_factory=dict,
        metadata=repeated("REGION=VERSION", Rule(mapping_of(is_text), "a mapping of region to API version"), "edition"),
    )
    speed: float = field(
        default=1.0,
        metadata=switch(
            "speed of the clock, as a multiple of real time; 0 freezes it",
            Rule(lambda value: is_positive(value) and value <= 1e6, "a number from 0 to 1000000"),
        ),
    )
    instant: bool = field(default=False, metadata=switch("let every operation end at once", BOOLEAN))
    durations: dict[str, float] = field(
        default_factory=dict,
        metadata=repeated(
            "ACTION=SECONDS, the duration of an operation",
            Rule(mapping_of(is_duration), f"a mapping of action to seconds, at most {LATEST:g}, or inf"),
            "duration", float,
        ),
    )  # fmt: skip
    instances: int = field(default=0, metadata=switch("number of instances in each region at the start", COUNT))
    data: str | os.PathLike[str] | None = field(
        default=None,
        metadata=switch(
            "SQLite file that keeps the state from one start to the next",
            Rule(lambda value: value is None or isinstance(value, (str, os.PathLike)), "a path"),
            str,
        ),
    )
    unique_names: bool = field(default=True, metadata=switch("refuse a second instance of the same name", BOOLEAN))
    lag: float = field(
        default=0.0,
        metadata=switch(
            "seconds by which lists lag behind every change (creations, names, states, types, deletions)", SECONDS
        ),
    )
    stale: float = field(default=0.0, metadata=switch("seconds by which reads by id lag behind actions", SECONDS))
    address_delay: float = field(
        default=0.0,
        metadata=switch(
            "seconds from the state running to the public IPv4 address; inf: the address never appears", SECONDS
        ),
    )
    page_limit: int | None = field(
        default=None,
        metadata=switch(
            "maximum number of rows in a response, whatever _limit asks for (below 50 only with API version 2026-08)",
            Rule(lambda value: value is None or (is_count(value) and value > 0), "a whole number, 1 or more, or null"),
            int,
        ),
    )
    nulls: str = field(
        default="omitted",
        metadata=switch("optional fields without a value: sent or omitted", choice("sent", "omitted")),
    )
    sort_by_id: bool = field(default=True, metadata=switch("accept id in _sort", BOOLEAN))
    shuffle_ties: bool = field(
        default=False, metadata=switch("return rows that _sort does not tell apart in random order", BOOLEAN)
    )
    strict_expand: bool = field(default=False, metadata=switch("answer 400 to an unknown value of expand", BOOLEAN))
    ignore_expand: bool = field(default=False, metadata=switch("answer as if expand had not been sent", BOOLEAN))
    hide_network: bool = field(default=False, metadata=switch("return null as the network of every instance", BOOLEAN))
    keep_deleted: float = field(
        default=0.0,
        metadata=switch("seconds for which deleted resources are still returned, with the status deleted", SECONDS),
    )
    capacity: dict[str, int] = field(
        default_factory=dict,
        metadata=repeated(
            "TYPE=N or TYPE@ZONE=N, the number of instances that fit",
            Rule(mapping_of(is_count), "a mapping of machine type to a whole number"), "capacity", int,
        ),
    )  # fmt: skip
    quota_public_ips: int | None = field(
        default=3,
        metadata=switch(
            "maximum number of public IPv4 addresses in each region; none: no limit", LIMIT, integer_or_none
        ),
    )
    quota_instances: int | None = field(
        default=None,
        metadata=switch("maximum number of instances in each region; none: no limit", LIMIT, integer_or_none),
    )
    quota_vcpus: int | None = field(
        default=None, metadata=switch("maximum number of vCPUs in each region; none: no limit", LIMIT, integer_or_none)
    )
    api_key: str = field(
        default="simulator",
        metadata=switch(
            "the valid API key; simulator-read-only and simulator-expired behave as their names say, any other is "
            "refused",
            CREDENTIAL,
        ),
    )
    tenant: str = field(default="tenant-1", metadata=switch("tenant of the valid API key", CREDENTIAL))
    keys: dict[str, str] = field(
        default_factory=dict,
        metadata=repeated(
            "KEY=TENANT, another valid API key",
            Rule(
                lambda value: isinstance(value, dict) and all(map(is_credential, (*value, *value.values()))),
                f"a mapping of key to tenant, both of {CREDENTIAL.words}",
            ),
            "key",
        ),
    )
    face: str = field(
        default="gateway",
        metadata=switch(
            "gateway: the tenant comes from the key; service: it comes from x-tenant-id, and the key is not checked",
            choice("gateway", "service"),
        ),
    )
    rate_limit: int = field(
        default=0, metadata=switch("maximum number of requests in each rate window; 0: no limit", COUNT)
    )
    rate_window: float = field(
        default=1.0,
        metadata=switch(
            "seconds of a rate window",
            Rule(lambda value: is_positive(value) and value <= LATEST, f"a number of seconds from 0 to {LATEST:g}"),
        ),
    )
    unknown_ssh_keys: tuple[str, ...] = field(
        default=(),
        metadata=repeated("name of an SSH key that does not exist; every other exists", TEXTS, "unknown-ssh-key"),
    )
    linux_without_key: bool = field(
        default=True, metadata=switch("accept a Linux instance without ssh_key_name", BOOLEAN)
    )
    vpcs: tuple[str, ...] = field(
        default=("vpc_default", "default", "vpc-apps"),
        metadata=repeated("name of a VPC that exists; replaces the list. Every id of a VPC exists", TEXTS, "vpc"),
    )
    loopback: bool = field(default=False, metadata=switch("give instances addresses in 127.0.0.0/8, and ::1", BOOLEAN))
    init_log: str = field(
        default=INIT_LOG, metadata=switch("text of the init logs; {name} stands for the name of the instance")
    )
    validate: bool = field(
        default=False, metadata=switch("check every response against the models of its route (slow)", BOOLEAN)
    )
    record: int = field(default=100_000, metadata=switch("number of requests that are recorded", COUNT))

    def __post_init__(self) -> None:
        for each in fields(self):
            value, rule = getattr(self, each.name), each.metadata["rule"]
            if not rule.fits(value):
                raise ValueError(f"{each.name} must be {rule.words}, not {value!r}")
        self.refuse_unknown_names()
        editions = {REGION_NAMES[region]: edition for region, edition in self.editions.items()}
        object.__setattr__(self, "editions", editions)
        self.refuse_contradictions()

    def refuse_contradictions(self) -> None:
        """Raise a ValueError for settings that cannot have their effect together."""
        for key in (self.api_key, *self.keys):
            if key in (READ_ONLY_KEY, EXPIRED_KEY):
                raise ValueError(f"{key} cannot be a valid key: it is always {key.removeprefix('simulator-')}")
        if self.rate_limit and not self.rate_window:
            raise ValueError("rate_window must be more than 0 with rate_limit")
        if self.instances and not self.vpcs:
            raise ValueError("vpcs needs a name with instances, which are made in the first VPC")
        if any(self.edition_of(region) != "2026-08" for region in REGIONS) and (self.page_limit or 50) < 50:
            raise ValueError("page_limit below 50 needs API version 2026-08: other lists have no total to page by")

    def refuse_unknown_names(self) -> None:
        """Raise a ValueError for the first key of a mapping that names nothing."""
        types = [name.partition("@")[0] for name in self.capacity]
        places = [name.partition("@")[2] for name in self.capacity if "@" in name]
        zones = [zone for _path, zones in REGIONS.values() for zone in zones]
        for setting, what, names, known, hint in (
            ("editions", "API version", self.editions.values(), EDITIONS, f"there are {', '.join(EDITIONS)}"),
            ("editions", "region", self.editions, REGION_NAMES, f"there are {', '.join(REGIONS)}"),
            ("capacity", "machine type", types, TYPES_BY_NAME, "GET /v1/machine-types lists them"),
            ("capacity", "zone", places, zones, f"there are {', '.join(zones)}"),
            ("durations", "action", self.durations, DURATIONS, f"there are {', '.join(DURATIONS)}"),
        ):
            for name in names:
                if name not in known:
                    raise ValueError(f"{setting}: there is no {what} {name}; {hint}")

    def edition_of(self, region: str) -> str:
        return self.editions.get(region, self.edition)

    def duration(self, name: str) -> float:
        return 0.0 if self.instant else self.durations.get(name, DURATIONS[name])

    def but(self, **overrides: Any) -> Settings:
        return replace(self, **overrides)
