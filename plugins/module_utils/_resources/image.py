# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The task for a custom image: its options, reads of the current state, and planning."""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from .._api.errors import secret_forms
from .._api.listing import Reader, find_in_kind, list_kind, read_by_id
from .._api.resources import CUSTOM_IMAGES
from .._api.rows import Seen
from .._plan.image import DesiredImage, plan_image
from .._plan.step import Memory, Plan, Query, Task

IMAGE_SPEC: dict[str, t.Any] = {
    **{name: {"type": "str"} for name in ("id", "name", "description", "version")},
    "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
    "url": {"type": "str", "no_log": True},
    "platform": {"type": "str", "choices": ["linux", "windows"]},
    "license": {"type": "str", "choices": ["unlicensed", "licensed"]},
    "architecture": {"type": "str", "default": "x86/64", "choices": ["x86/64"]},
    "uefi": {"type": "bool"},
    "requirements": {
        "type": "dict",
        "options": {name: {"type": "int", "required": True} for name in ("vcpu", "ram", "disk")},
    },
    "protect_names": {"type": "list", "elements": "str"},
    "wait_timeout": {"type": "int", "default": 14400},
}


def presigned_secrets(url: str | None) -> list[str]:
    """Return the presigned URL and its signature in all forms of a response."""
    return secret_forms(url, urlsplit(url).query) if url else []


def image_task(client: Reader, want: DesiredImage) -> Task:
    """Return the task that brings the image to its desired state."""

    def observe(query: Query) -> Seen:
        if not query.listing:
            return {"image": read_by_id(client, CUSTOM_IMAGES, query.ids["image"])}
        names = [want.name] if want.name else []
        rows = find_in_kind(client, CUSTOM_IMAGES, names, query.ids.get("image") or want.id, query.excluded)
        row = next((row for row in rows.values() if row), None)
        if row is None and want.id and not query.ids:
            list_kind(client, CUSTOM_IMAGES)  # raises if the API version has no custom images: a 404 by id cannot tell
        return {"image": row}

    def plan(seen: Seen, memory: Memory) -> Plan:
        return plan_image(seen, want, memory)

    found_by = frozenset({"image"})
    by_name, by_id = (frozenset(), found_by) if want.id else (found_by, frozenset())
    label = f"custom image {want.name or want.id}"
    return Task(label, observe, plan, {"image": CUSTOM_IMAGES}, {"image": "image"}, by_name=by_name, fresh=by_id)
