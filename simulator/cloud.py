# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state: the cloud, the regions of each tenant, and their resources."""

from __future__ import annotations

import copy
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from . import catalog
from .clock import Clock, format_timestamp
from .kinds import CUSTOM_IMAGE, FIELDS, LIST_KEYS, CommonFields, F, Fields, Interface, Kind, PublicIp
from .resource import NEVER, ById, Refused, Resource, Steps
from .settings import REGION_NAMES, REGIONS, Settings
from .store import TICK, Store, StoredRegion

SETTLED = ("completed", "active", "deprecated", "deleted", "invalid_image")
STORED = ("interfaces", "public_ips", "numbers", "public_numbers")  # of a region, beside its resources
Key = tuple[str, ...]


@dataclass
class Twist:
    """The end that a fault gives to the operation that is being accepted."""

    kind: str
    value: Any
    seconds: float | None
    used: bool = False  # the request was an operation that takes time


class Cloud:
    """Everything that a reset empties. Hold the lock while reading or changing it."""

    def __init__(self, settings: Settings) -> None:
        self.lock = threading.RLock()
        self.store: Store | None = None
        self.reset(settings)
        self.new = True  # not restored from the file of an earlier start
        if settings.data:
            self.load(Store(settings.data))

    def reset(self, settings: Settings) -> None:
        with self.lock:
            self.settings = settings
            self.clock = Clock(settings.speed)
            self.regions: dict[tuple[str, str], Region] = {}
            self.twist: Twist | None = None
            if self.store:
                self.store.empty()

    def load(self, store: Store) -> None:
        """Load the state of the last run, if there was any."""
        try:
            self.read(store)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            store.close()
            raise sqlite3.DataError(
                "it is damaged, or not of this version of the simulator: give another file"
            ) from error
        except sqlite3.Error:
            store.close()
            raise
        self.store = store

    def read(self, store: Store) -> None:
        """Read a file into an empty cloud.

        The clock goes on, and never runs back: a simulator that was killed may have served for TICK seconds after its
        last write of the clock.
        """
        last = store.last_moment()
        if last is not None:
            self.new = False
            self.clock = Clock(self.clock.speed, max(last + TICK * self.clock.speed, time.time()))
        for stored in store.load():
            self.region(stored.name, stored.tenant).load(stored)

    def save(self) -> None:
        if self.store:
            self.store.save(self.clock.now(), (region.stored() for region in self.regions.values()))

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Undo what the block has added or replaced if it raises an exception."""
        before = {key: region.copy() for key, region in self.regions.items()}
        try:
            yield
        except BaseException:
            self.regions = before
            raise

    def region(self, name: str, tenant: str | None = None) -> Region:
        key = (tenant or self.settings.tenant, REGION_NAMES[name])
        if key not in self.regions:
            self.regions[key] = Region(self, *key)
        return self.regions[key]


class Region:
    """The resources of one tenant in one region."""

    def __init__(self, cloud: Cloud, tenant: str, name: str) -> None:
        self.cloud, self.tenant, self.name = cloud, tenant, name
        self.zones = REGIONS[name][1]
        self.resources: dict[str, dict[str, Resource[Any]]] = {kind: ById() for kind in LIST_KEYS}
        self.interfaces: dict[str, Interface] = ById()
        self.public_ips: dict[str, PublicIp] = {}  # by the id of the instance that each was made for
        self.next_release = NEVER  # the earliest moment at which one of them is released
        self.index: dict[Key, dict[str, Resource[Any]]] = {}  # candidates: a resource may not have a key any more
        self.numbers = self.public_numbers = 0  # the highest numbers of addresses in use

    def copy(self) -> Region:
        """Return a region with the same resources, to which others can be added."""
        made = copy.copy(self)
        made.resources = {kind: ById(found) for kind, found in self.resources.items()}
        made.interfaces, made.public_ips = ById(self.interfaces), dict(self.public_ips)
        made.index = {key: dict(found) for key, found in self.index.items()}
        return made

    def stored(self) -> StoredRegion:
        """Return the region as the file has it."""
        resources = (resource for kind in self.resources.values() for resource in kind.values())
        return StoredRegion(self.tenant, self.name, {part: getattr(self, part) for part in STORED}, resources)

    def load(self, stored: StoredRegion) -> None:
        """Take the state of the file. Raise KeyError for a resource that lacks a field or an interface."""
        if stored.parts.keys() != set(STORED):
            raise sqlite3.DataError("an earlier version wrote this file, with addresses of real machines: remove it")
        vars(self).update(stored.parts)
        self.interfaces = ById(self.interfaces)
        self.next_release = 0.0  # computed when they are read
        for resource in stored.resources:
            unknown = [each for each in resource.base.get("interfaces", ()) if each not in self.interfaces]
            if unknown or not FIELDS[resource.kind] <= resource.base.keys():
                raise KeyError(resource.id)
            self.add(resource)

    @property
    def settings(self) -> Settings:
        return self.cloud.settings

    @property
    def edition(self) -> str:
        return self.settings.edition_of(self.name)

    def now(self) -> float:
        return self.cloud.clock.now()

    def take_number(self) -> int:
        """Return the number of a new interface's addresses, unique in all regions."""
        self.numbers = 1 + max(region.numbers for region in self.cloud.regions.values())
        return self.numbers

    def take_public_number(self) -> int:
        """Return the number of a new public IPv4 address, unique in all regions."""
        self.public_numbers = 1 + max(region.public_numbers for region in self.cloud.regions.values())
        return self.public_numbers

    def add(self, resource: Resource[F]) -> Resource[F]:
        if earlier := self.resources[resource.kind].get(resource.id):
            resource.version = max(resource.version, earlier.version + 1)
            self.forget(earlier)
        self.resources[resource.kind][resource.id] = resource
        self.enter(resource)
        return resource

    def change(self, resource: Resource[F], *steps: tuple[float, Fields]) -> None:
        """Plan the changes that follow an action."""
        resource.change(self.now(), *steps)
        self.enter(resource)

    def enter(self, resource: Resource[F]) -> None:
        """Enter a resource into the index, under each key that it has or will have."""
        states: list[Mapping[str, Any]] = [resource.base, *(changes for _at, changes in resource.later)]
        for fields in states:
            for key in index_keys(resource.kind, fields):
                self.index.setdefault(key, {})[resource.id] = resource
                resource.keys.add(key)

    def forget(self, resource: Resource[F]) -> None:
        """Remove a deleted resource that no response shows any more."""
        if self.resources[resource.kind].get(resource.id) is resource:
            del self.resources[resource.kind][resource.id]
        for key in resource.keys:
            found = self.index.get(key, {})
            found.pop(resource.id, None)
            if not found:
                self.index.pop(key, None)

    def list_present(self, kind: Kind[F]) -> Iterator[tuple[Resource[F], F]]:
        """Yield the resources that exist, with their true fields."""
        return self.keep_present(list(self.resources[kind].values()))

    def keep_present(self, resources: list[Resource[F]]) -> Iterator[tuple[Resource[F], F]]:
        """Yield those resources that exist, and forget those that are gone for good."""
        now = self.now()
        for resource in resources:
            resource.forget(now)
            fields = resource.at(now)
            if fields["status"] != "deleted":
                yield resource, fields
            elif now - resource.gone > self.settings.keep_deleted + self.settings.stale + self.settings.lag:
                self.forget(resource)

    def find_candidates(self, *key: str) -> list[tuple[Resource[Any], Any]]:
        """Return the existing resources that had, have or will have a key."""
        return list(self.keep_present(list(self.index.get(key, {}).values())))

    def find_named(self, kind: Kind[F], name: str) -> list[tuple[Resource[F], F]]:
        return [pair for pair in self.find_candidates("name", kind, name) if pair[1]["name"] == name]

    def find(self, kind: Kind[F], identifier: str) -> tuple[Resource[F], F]:
        """Return the resource with this id, with its true fields."""
        resource: Resource[F] | None = self.resources[kind].get(identifier)
        fields = resource.at(self.now()) if resource else None
        if resource is None or fields is None or fields["status"] == "deleted":
            raise not_found(kind, identifier)
        return resource, fields

    def resolve(self, kind: Kind[F], reference: Fields) -> tuple[Resource[F], F]:
        """Return the resource that {id} or {name} refers to; the id takes priority."""
        if reference.get("id"):
            return self.find(kind, reference["id"])
        found = self.find_named(kind, reference["name"])
        if not found:
            raise not_found(kind, reference["name"])
        if len(found) > 1:
            raise Refused(409, f"{kind}.name.ambiguous", f"{len(found)} resources are named {reference['name']}")
        return found[0]

    def read(self, kind: Kind[F], identifier: str) -> tuple[Resource[F], F]:
        """Return the resource with this id, with the fields that a response shows."""
        resource: Resource[F] | None = self.resources[kind].get(identifier)
        fields = self.show(resource) if resource else None
        if resource is None or fields is None:
            raise not_found(kind, identifier)
        return resource, fields

    def show(self, resource: Resource[F], lag: float = 0.0) -> F | None:
        """Return the fields that a response shows, `lag` seconds late, or None."""
        now, settings = self.now(), self.settings
        resource.forget(now)
        fields = resource.show(now - lag, settings.stale)
        if fields and fields["status"] == "deleted" and now - lag - resource.gone >= settings.keep_deleted:
            return None
        return fields

    def list_shown(self, kind: Kind[F]) -> list[tuple[Resource[F], F]]:
        """Return the resources that a list shows, with the fields that it shows."""
        shown, gone = [], []
        for resource in self.resources[kind].values():
            if fields := self.show(resource, self.settings.lag):
                shown.append((resource, fields))
            else:
                gone.append(resource)
        for _pair in self.keep_present(gone):
            pass  # only to forget resources
        return shown

    def refuse_taken_name(self, kind: Kind[F], name: str | None, but: Resource[F] | None = None) -> None:
        if name is not None and any(resource is not but for resource, _fields in self.find_named(kind, name)):
            raise Refused(409, f"{kind}.name.conflict", f"A {kind} named {name} already exists", {"name": name})

    def find_machine_type(self, reference: Fields) -> catalog.MachineType:
        found = (catalog.TYPES_BY_ID.get(reference["id"].lower()) if reference.get("id")
                 else catalog.TYPES_BY_NAME.get(reference["name"]))  # fmt: skip
        if found is None:
            raise not_found("machine_type", reference.get("id") or reference["name"])
        return found

    def find_image(self, reference: Fields) -> catalog.Image:
        by_id = bool(reference.get("id"))
        key = reference["id"].lower() if by_id else reference["name"]
        found = (catalog.IMAGES_BY_ID if by_id else catalog.IMAGES_BY_NAME).get(key)
        if found:
            return found
        try:
            resource, fields = self.resolve(CUSTOM_IMAGE, reference)
        except Refused:
            raise not_found("image", key) from None
        needs = fields["requirements"] or {"vcpu": 0, "ram": 0, "disk": 0}
        return catalog.Image(resource.id, fields["name"] or "", fields["platform"], fields["version"],
                             fields["status"], needs["vcpu"], needs["ram"], needs["disk"], None, None)  # fmt: skip

    def list_zones(self, kind: catalog.MachineType | catalog.Image) -> list[str]:
        """Return the zones of this region that offer a machine type or an image."""
        return [zone for zone in self.zones if zone[-1] in kind.zones]

    def list_public_ips(self) -> list[PublicIp]:
        now = self.now()
        if now >= self.next_release:
            self.public_ips = {holder: ip for holder, ip in self.public_ips.items() if ip["until"] > now}
            self.next_release = min((ip["until"] for ip in self.public_ips.values()), default=NEVER)
        return list(self.public_ips.values())

    def release_public_ip(self, instance: str, at: float) -> None:
        """Release the public IP that was made for an instance at a moment."""
        if ip := self.public_ips.get(instance):
            ip["until"] = at
            self.next_release = min(self.next_release, at)

    def count_public_ips(self) -> int:
        if self.now() >= self.next_release:
            self.list_public_ips()
        return len(self.public_ips)


def index_keys(kind: str, fields: Mapping[str, Any]) -> Iterator[Key]:
    """Yield the keys of the index for a resource with these fields."""
    if isinstance(fields.get("name"), str):
        yield ("name", kind, fields["name"])
    for interface in fields.get("interfaces") or ():
        yield ("interface", interface.lower())
    if fields.get("source"):
        yield ("source", kind, fields["source"]["id"].lower())


def not_found(kind: str, key: Any) -> Refused:
    return Refused(404, f"{kind}.not_found", f"{kind.replace('_', ' ').capitalize()} {key} not found")


def plan_steps(region: Region, action: str, statuses: list[str], done: Fields, failed: Fields | None = None) -> Steps:
    """Return the changes that follow an accepted action.

    The statuses in transition are spread over the duration of the action, then `done` follows: or, where a fault lets
    the action fail, an error and `failed`.
    """
    seconds, twist, now = region.settings.duration(action), region.cloud.twist, region.now()
    if twist:
        twist.used = True
        if twist.kind == "stuck":
            statuses, seconds = [twist.value or statuses[-1]], twist.seconds or NEVER
        elif twist.kind == "unknown_status":
            statuses, seconds = [twist.value or "migrating"], twist.seconds or max(seconds, 1.0)
        else:
            value, status = twist.value or {}, statuses[-1].removesuffix("_confirmed") + "_error"
            message = f"The simulator was told to let this {action} fail"
            done = failure(status, f"{action}.failed", message) | (failed or {})
            done |= value if isinstance(value, dict) else {"status": value}
    planned: Steps = []
    if seconds:
        share = 0.0 if seconds == NEVER else seconds / (2 * len(statuses) - 1 if len(statuses) > 1 else 1)
        planned = [(index * share, {"status": status, "updated_at": format_timestamp(now + index * share)})
                   for index, status in enumerate(statuses)]  # fmt: skip
    if seconds < NEVER:
        planned.append((seconds, {"updated_at": format_timestamp(now + seconds), **done}))
    return planned


def failure(status: str, slug: str, message: str) -> Fields:
    """Return the fields of a resource whose operation failed."""
    return {"status": status, "error": {"slug": slug, "message": message}}


def refuse_in_transition(kind: Kind[F], resource: Resource[F], fields: CommonFields) -> None:
    if is_in_transition(fields["status"]):
        raise Refused(409, f"{kind}.conflict", f"{kind.capitalize()} {resource.id} is {fields['status']}",
                      {"status": fields["status"]})  # fmt: skip


def is_in_transition(status: str) -> bool:
    return status not in SETTLED and "error" not in status
