# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Custom images (edition 2026-08)."""

from __future__ import annotations

import re

from .clock import timestamp
from .cloud import Region, refuse_moving, steps
from .resource import Fields, Refused, Resource


def create(region: Region, wanted: Fields) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", wanted["name"]):
        raise Refused(400, "image.name.invalid", "The name of an image has letters, digits, - and _ only")
    if not re.match(r"https?://[^/]+/", wanted["url"]):
        raise Refused(400, "image.url.invalid", "url must be an HTTP address of a QCOW2 file")
    region.refuse_taken_name("custom_image", wanted["name"])
    now = region.now()
    resource = Resource("custom_image", now, {
        "status": "pending", "created_at": timestamp(now), "updated_at": None, "error": None, "description": None,
        "version": None, "requirements": None, "metadata": None, **wanted,
    })  # fmt: skip
    resource.plan(now, *steps(region, "image", ["pending", "importing"], {"status": "active"}, {"status": "error"}))
    return region.add(resource).id


def patch(region: Region, identifier: str, changes: Fields) -> None:
    resource, fields = region.find("custom_image", identifier)
    refuse_moving("custom_image", resource, fields)
    now = region.now()
    resource.change(now, (0, {**changes, "updated_at": timestamp(now)}))


def delete(region: Region, identifier: str) -> None:
    resource, fields = region.find("custom_image", identifier)
    refuse_moving("custom_image", resource, fields)
    resource.change(region.now(), *steps(region, "delete", ["deleting"], {"status": "deleted"}))
