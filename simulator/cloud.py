# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state: one cloud, its regions for each tenant, and how resources are found in them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from . import catalog
from .clock import Clock, timestamp
from .resource import NEVER, Fields, Refused, Resource
from .settings import REGION_NAMES, REGIONS, Settings
from .store import Store

SETTLED = ("completed", "active", "deprecated", "deleted", "invalid_image")
KINDS = ("instance", "snapshot", "backup", "custom_image")


class Cloud:
    """Everything that a reset empties. The lock is held by whoever reads or changes it."""

    def __init__(self, settings: Settings) -> None:
        self.lock = threading.RLock()
        self.store: Store | None = None
        self.reset(settings)
        self.new = True  # whether nothing was kept from an earlier start
        if settings.data:
            self.store = Store(settings.data)
            self.new = not self.store.load(self)

    def reset(self, settings: Settings) -> None:
        with self.lock:
            self.settings = settings
            self.clock = Clock(settings.speed)
            self.regions: dict[tuple[str, str], Region] = {}
            self.twist: Fields | None = None  # a fault that changes how the operation being accepted will end
            self.twisted = False  # whether it did
            if self.store:
                self.store.empty()

    def save(self) -> None:
        if self.store:
            self.store.save(self)

    def region(self, name: str, tenant: str | None = None) -> Region:
        key = (tenant or self.settings.tenant, REGION_NAMES[name])
        if key not in self.regions:
            self.regions[key] = Region(self, *key)
        return self.regions[key]


class Region:
    """What one tenant has in one region."""

    def __init__(self, cloud: Cloud, tenant: str, name: str) -> None:
        self.cloud, self.tenant, self.name = cloud, tenant, name
        self.zones = REGIONS[name][1]
        self.resources: dict[str, dict[str, Resource]] = {kind: {} for kind in KINDS}
        self.interfaces: dict[str, Fields] = {}
        self.public_ips: list[Fields] = []
        self.numbers = 0

    @property
    def settings(self) -> Settings:
        return self.cloud.settings

    @property
    def edition(self) -> str:
        return self.settings.edition_of(self.name)

    def now(self) -> float:
        return self.cloud.clock.now()

    def number(self) -> int:
        """The next of the numbers that addresses are made of, which no other region has."""
        self.numbers = 1 + max(region.numbers for region in self.cloud.regions.values())
        return self.numbers

    def add(self, resource: Resource) -> Resource:
        if earlier := self.resources[resource.kind].get(resource.id):
            resource.version = max(resource.version, earlier.version + 1)
        self.resources[resource.kind][resource.id] = resource
        return resource

    def present(self, kind: str) -> Iterator[tuple[Resource, Fields]]:
        """All that are there now, as they truly are."""
        now = self.now()
        for resource in list(self.resources[kind].values()):
            resource.forget(now)
            fields = resource.at(now)
            if fields["status"] != "deleted":
                yield resource, fields
            elif now - resource.gone > self.settings.keep_deleted + self.settings.stale:
                del self.resources[kind][resource.id]

    def find(self, kind: str, identifier: str) -> tuple[Resource, Fields]:
        """One by its id, as it truly is."""
        resource = self.resources[kind].get(identifier)
        fields = resource.at(self.now()) if resource else None
        if resource is None or fields is None or fields["status"] == "deleted":
            raise not_found(kind, identifier)
        return resource, fields

    def refer(self, kind: str, reference: Fields) -> tuple[Resource, Fields]:
        """One by {id} or {name}; the id counts if both are given."""
        if reference.get("id"):
            return self.find(kind, reference["id"])
        found = [pair for pair in self.present(kind) if pair[1]["name"] == reference["name"]]
        if not found:
            raise not_found(kind, reference["name"])
        if len(found) > 1:
            raise Refused(409, f"{kind}.name.ambiguous", f"{len(found)} resources are named {reference['name']}")
        return found[0]

    def read(self, kind: str, identifier: str) -> tuple[Resource, Fields]:
        """One by its id, as a reader is shown it."""
        resource = self.resources[kind].get(identifier)
        fields = self.shown(resource) if resource else None
        if resource is None or fields is None:
            raise not_found(kind, identifier)
        return resource, fields

    def shown(self, resource: Resource) -> Fields | None:
        now, settings = self.now(), self.settings
        resource.forget(now)
        fields = resource.seen(now, settings.stale)
        if fields and fields["status"] == "deleted" and now - resource.gone >= settings.keep_deleted:
            return None
        return fields

    def listed(self, kind: str) -> list[tuple[Resource, Fields]]:
        """All that a list shows."""
        until = self.now() - self.settings.lag
        rows = ((resource, self.shown(resource)) for resource in self.resources[kind].values())
        return [(resource, fields) for resource, fields in rows if fields and resource.created <= until]

    def refuse_taken_name(self, kind: str, name: str, but: Resource | None = None) -> None:
        if any(fields["name"] == name and resource is not but for resource, fields in self.present(kind)):
            raise Refused(409, f"{kind}.name.conflict", f"A {kind} named {name} already exists", {"name": name})

    def machine_type(self, reference: Fields) -> catalog.MachineType:
        found = (catalog.TYPES_BY_ID.get(reference["id"]) if reference.get("id")
                 else catalog.TYPES_BY_NAME.get(reference["name"]))  # fmt: skip
        if found is None:
            raise not_found("machine_type", reference.get("id") or reference["name"])
        return found

    def image(self, reference: Fields) -> catalog.Image:
        by_id, key = bool(reference.get("id")), reference.get("id") or reference["name"]
        found = (catalog.IMAGES_BY_ID if by_id else catalog.IMAGES_BY_NAME).get(key)
        if found:
            return found
        for resource, fields in self.present("custom_image"):
            if (resource.id if by_id else fields["name"]) == key:
                needs = fields["requirements"] or {"vcpu": 0, "ram": 0, "disk": 0}
                return catalog.Image(resource.id, fields["name"], fields["platform"], fields["version"],
                                     fields["status"], needs["vcpu"], needs["ram"], needs["disk"],
                                     None, None)  # fmt: skip
        raise not_found("image", key)

    def offers(self, kind: catalog.MachineType) -> list[str]:
        return [zone for zone in self.zones if zone[-1] in kind.zones]

    def kept_public_ips(self) -> list[Fields]:
        now = self.now()
        self.public_ips = [ip for ip in self.public_ips if ip["until"] > now]
        return self.public_ips


def not_found(kind: str, key: Any) -> Refused:
    return Refused(404, f"{kind}.not_found", f"{kind.replace('_', ' ').capitalize()} {key} not found")


def steps(
    region: Region, action: str, moving: list[str], done: Fields, failed: Fields | None = None
) -> list[tuple[float, Fields]]:
    """The changes that follow an accepted action: its moving statuses, spread over its duration, then the result."""
    seconds, twist, now = region.settings.duration(action), region.cloud.twist or {}, region.now()
    region.cloud.twisted = True
    match twist.get("kind"):
        case "stuck":
            moving, seconds = [twist.get("value") or moving[-1]], twist.get("seconds") or NEVER
        case "unknown_status":
            moving, seconds = [twist.get("value") or "migrating"], twist.get("seconds") or max(seconds, 1.0)
        case "failing":
            done = failure(
                moving[-1].removesuffix("_confirmed") + "_error",
                f"{action}.failed",
                f"The simulator was told to let this {action} fail",
            ) | (failed or {})
            done["status"] = twist.get("value") or done["status"]
    planned: list[tuple[float, Fields]] = []
    if seconds:
        share = 0.0 if seconds == NEVER else seconds / (2 * len(moving) - 1 if len(moving) > 1 else 1)
        planned = [(index * share, {"status": status, "updated_at": timestamp(now + index * share)})
                   for index, status in enumerate(moving)]  # fmt: skip
    if seconds < NEVER:
        planned.append((seconds, {"updated_at": timestamp(now + seconds), **done}))
    return planned


def failure(status: str, slug: str, message: str) -> Fields:
    return {"status": status, "error": {"slug": slug, "message": message}}


def refuse_moving(kind: str, resource: Resource, fields: Fields) -> None:
    if moving(fields["status"]):
        raise Refused(409, f"{kind}.conflict", f"{kind.capitalize()} {resource.id} is {fields['status']}",
                      {"status": fields["status"]})  # fmt: skip


def moving(status: str) -> bool:
    return status not in SETTLED and "error" not in status
