# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Custom images (API version 2026-08)."""

from __future__ import annotations

import re

from .clock import format_timestamp
from .cloud import Region, plan_steps, refuse_in_transition
from .kinds import CUSTOM_IMAGE, CustomImageFields, Fields
from .resource import Refused, Resource


def create(region: Region, wanted: Fields) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", wanted["name"]):
        raise Refused(400, "image.name.invalid", "The name of an image may only have letters, digits, - and _")
    if not re.match(r"https?://[^/]+/", wanted["url"]):
        raise Refused(400, "image.url.invalid", "url must be an HTTP address of a QCOW2 file")
    region.refuse_taken_name(CUSTOM_IMAGE, wanted["name"])
    now = region.now()
    fields: CustomImageFields = {
        "name": wanted["name"], "status": "pending", "created_at": format_timestamp(now), "updated_at": None,
        "error": None, "description": wanted.get("description"), "version": wanted.get("version"),
        "requirements": wanted.get("requirements"), "metadata": {"uefi": "true"} if wanted.get("uefi") else None,
        "platform": wanted["platform"], "license": wanted["license"], "architecture": wanted["architecture"],
        "uefi": wanted.get("uefi", False), "url": wanted["url"],
    }  # fmt: skip
    resource = Resource(CUSTOM_IMAGE, now, fields)
    resource.plan(
        now, *plan_steps(region, "image", ["pending", "importing"], {"status": "active"}, {"status": "error"})
    )
    return region.add(resource).id


def patch(region: Region, identifier: str, changes: Fields) -> None:
    resource, fields = region.find(CUSTOM_IMAGE, identifier)
    refuse_in_transition(CUSTOM_IMAGE, resource, fields)
    region.change(resource, (0, {**changes, "updated_at": format_timestamp(region.now())}))


def delete(region: Region, identifier: str) -> None:
    resource, fields = region.find(CUSTOM_IMAGE, identifier)
    refuse_in_transition(CUSTOM_IMAGE, resource, fields)
    region.change(resource, *plan_steps(region, "delete", ["deleting"], {"status": "deleted"}))
