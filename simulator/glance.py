# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The data of the page at /, of limited size: rows, and the last requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from .clock import format_timestamp
from .cloud import SETTLED, Region
from .handle import Handle
from .kinds import (
    BACKUP,
    CUSTOM_IMAGE,
    INSTANCE,
    LIST_KEYS,
    SNAPSHOT,
    CopyFields,
    CustomImageFields,
    F,
    Fields,
    InstanceFields,
    Kind,
)
from .resource import Resource

ROWS, REQUESTS = 100, 30


def build_glance(simulator: Handle) -> Fields:
    cloud = simulator.cloud
    with cloud.lock:
        regions = [found for region in list(cloud.regions.values()) if (found := summarize_region(region))["kinds"]]
        clock = {"now": format_timestamp(cloud.clock.now()), "speed": cloud.clock.speed}
    record = list(simulator.gateway.record)[-REQUESTS:]
    requests = [{
        "at": format_timestamp(each.at)[11:19], "region": each.region, "method": each.method,
        "path": each.path + ("?" + urlencode(each.query) if each.query else ""), "status": each.status,
    } for each in reversed(record)]  # fmt: skip
    return {"clock": clock, "regions": regions, "requests": requests, "faults": simulator.faults()}


def summarize_region(region: Region) -> Fields:
    kinds = {key: summarize_kind(region, kind) for kind, key in LIST_KEYS.items()}
    own = region.tenant == region.settings.tenant
    return {
        "name": region.name, "edition": region.edition, "tenant": None if own else region.tenant,
        "kinds": {key: found for key, found in kinds.items() if found["total"]},
    }  # fmt: skip


def summarize_kind(region: Region, kind: Kind[F]) -> Fields:
    """Return the rows of the newest resources, and the counts of the states."""
    present = list(region.list_present(kind))
    rows = [summarize(region, kind, resource, fields) for resource, fields in present[-ROWS:]]
    counts = Counter(describe_state(kind, fields)[0] for _resource, fields in present)
    return {"total": len(present), "counts": dict(counts.most_common()), "rows": rows}


def summarize(region: Region, kind: Kind[F], resource: Resource[F], fields: F) -> Fields:
    state, mood = describe_state(kind, fields)
    error = fields["error"] and fields["error"].get("message")
    return {"id": resource.id, "name": fields["name"], "state": state, "mood": mood, "error": error,
            "facts": [str(fact) for fact in FACTS[kind](region, fields) if fact]}  # fmt: skip


def describe_state(kind: Kind[F], fields: F) -> tuple[str, str]:
    """Return the word for a state (the status unless settled), and its colour."""
    status = fields["status"]
    if status in SETTLED:
        word = status if kind == CUSTOM_IMAGE else str(fields.get("state"))
        return word, "failed" if word == "error" else word
    return status, "failed" if "error" in status else "moving"


def instance_facts(region: Region, fields: InstanceFields) -> list[Any]:
    private = [region.interfaces[identifier]["private_ipv4"] for identifier in fields["interfaces"][:1]]
    public = fields["public_ip"] if region.now() >= fields["address_from"] else None
    kind, image = fields["machine_type"], fields["image"]
    return [kind and kind["name"], image and image["name"], fields["availability_zone"], *private, public]


def copy_facts(region: Region, fields: CopyFields) -> list[Any]:
    return [fields["instance"] and f"of {fields['instance']['name']}", f"{fields['size']} GB", fields["created_at"]]


def custom_image_facts(region: Region, fields: CustomImageFields) -> list[Any]:
    return [fields["platform"], fields["architecture"], fields["created_at"]]


FACTS: dict[Kind[Any], Callable[[Region, Any], list[Any]]] = {
    INSTANCE: instance_facts, SNAPSHOT: copy_facts, BACKUP: copy_facts, CUSTOM_IMAGE: custom_image_facts
}  # fmt: skip
