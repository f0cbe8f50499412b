# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the page at / shows of the cloud, small however much there is: rows for people, and the last requests."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urlencode

from .clock import timestamp
from .cloud import SETTLED, Region
from .resource import Fields, Resource
from .seeds import LIST_KEYS

ROWS, REQUESTS = 100, 30


def glance(simulator: Any) -> Fields:
    cloud = simulator.cloud
    with cloud.lock:
        regions = [found for region in list(cloud.regions.values()) if (found := shown(region))["kinds"]]
        clock = {"now": timestamp(cloud.clock.now()), "speed": cloud.clock.speed}
    record = list(simulator.gateway.record)[-REQUESTS:]
    requests = [{
        "at": timestamp(one.at)[11:19], "region": one.region, "method": one.method,
        "path": one.path + ("?" + urlencode(one.query) if one.query else ""), "status": one.status,
    } for one in reversed(record)]  # fmt: skip
    return {"clock": clock, "regions": regions, "requests": requests, "faults": simulator.faults()}


def shown(region: Region) -> Fields:
    kinds = {LIST_KEYS[kind]: table(region, kind, list(region.present(kind))) for kind in LIST_KEYS}
    own = region.tenant == region.settings.tenant
    return {
        "name": region.name, "edition": region.edition, "tenant": None if own else region.tenant,
        "kinds": {key: found for key, found in kinds.items() if found["total"]},
    }  # fmt: skip


def table(region: Region, kind: str, present: list[tuple[Resource, Fields]]) -> Fields:
    """The newest, and how many stand where."""
    rows = [row(region, kind, resource, fields) for resource, fields in present[-ROWS:]]
    counts = Counter(standing(kind, fields)[0] for resource, fields in present)
    return {"total": len(present), "counts": dict(counts.most_common()), "rows": rows}


def row(region: Region, kind: str, resource: Resource, fields: Fields) -> Fields:
    state, mood = standing(kind, fields)
    error = fields["error"] and fields["error"].get("message")
    return {"id": resource.id, "name": fields["name"], "state": state, "mood": mood, "error": error,
            "facts": [str(fact) for fact in DETAILS[kind](region, fields) if fact]}  # fmt: skip


def standing(kind: str, fields: Fields) -> tuple[str, str]:
    """A word for people, and how to colour it: the status while it is on the way or failed, then the state."""
    status = str(fields["status"])
    if status in SETTLED:
        word = status if kind == "custom_image" else str(fields["state"])
        return word, "failed" if word == "error" else word
    return status, "failed" if "error" in status else "moving"


def instance(region: Region, fields: Fields) -> list[Any]:
    private = [region.interfaces[one]["private_ipv4"] for one in fields["interfaces"][:1]]
    public = fields["public_ip"] if region.now() >= fields["address_from"] else None
    kind, image = fields["machine_type"], fields["image"]
    return [kind and kind["name"], image and image["name"], fields["availability_zone"], *private, public]


def copy(region: Region, fields: Fields) -> list[Any]:
    return [fields["instance"] and f"of {fields['instance']['name']}", f"{fields['size']} GB", fields["created_at"]]


def custom_image(region: Region, fields: Fields) -> list[Any]:
    return [fields["platform"], fields["architecture"], fields["created_at"]]


DETAILS = {"instance": instance, "snapshot": copy, "backup": copy, "custom_image": custom_image}
