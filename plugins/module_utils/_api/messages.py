# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages about failures, which say what failed and what to do next."""

from __future__ import annotations

import re
import typing as t

from .errors import Sender, mask
from .exceptions import ApiError
from .resources import IMAGES, INSTANCES, MACHINE_TYPES, SNAPSHOTS, Row

# Where SSH keys, public IPs and networks come from, which are not part of this API.
GUIDE = "https://magalu-cloud.github.io/magalu.cloud/docsite/before_first_instance.html"
# Every region has these lists: a 404 means that the region or the URL is wrong.
_ALWAYS_THERE = (INSTANCES.path, SNAPSHOTS.path, IMAGES.path, MACHINE_TYPES.path)


def advise(client: Sender, error: ApiError) -> str:
    """Return a sentence that says what to do next, or an empty text."""
    scope = "virtual-machine.read" if error.method == "GET" else "virtual-machine.write"
    if error.status in (401, 403):
        return (
            f"The {client.connection.credential} is invalid, expired, of another tenant, or without the scope {scope}."
        )
    if error.status == 404 and error.method == "GET" and error.path in _ALWAYS_THERE:
        return f"Check the region {client.connection.region!r} ({client.region_option}) and api_url."
    if error.status == 422 and "tenant" in f"{error.message} {error.details}".lower():
        return "Give the tenant's id with tenant_id (MGC_TENANT_ID)."
    known = remedy_for(f"{error.slug} {error.message}")
    if known:
        return known
    if error.later:
        return "The API limits requests: run fewer tasks at once, or try again later."
    if error.status is not None and error.status >= 500:
        return "The API has a fault; try again, and give the request id to the support if it stays."
    return ""


def failure_sentence(client: Sender, doing: str, error: ApiError) -> str:
    """Return the operation that failed, the API's own words, and what to do next."""
    facts = [f"status {error.status}"] if error.status else []
    facts += [f"slug {error.slug}"] if error.slug else []
    facts += [f"request id {error.request_id}"] if error.request_id else []
    facts += [f"{error.method} {error.path}"]
    words = error.message or "no message"
    return mask(client, f"Failed to {doing}: {words.rstrip('.')} ({', '.join(facts)}). {advise(client, error)}".strip())


def error_result(client: Sender, doing: str, error: ApiError) -> dict[str, t.Any]:
    """Return the API's refusal as the `error` of a result."""
    facts = {key: getattr(error, key) for key in ("status", "slug", "details", "request_id")}
    return {**plain_error(doing, mask(client, error.message)), **facts}


def plain_error(doing: str, message: str, slug: str | None = None) -> dict[str, t.Any]:
    """Return the `error` of a result for a failure that is not a refused request.

    That is a failed check, or a resource that failed with the `slug` that the API gives as the reason.
    """
    return {"doing": doing, "status": None, "slug": slug, "message": message, "details": None, "request_id": None}


def reason_words(error: Row | None) -> str:
    """Return why a resource failed: the message and the slug of its field `error`."""
    error = error or {}
    slug = f" (slug {error['slug']})" if error.get("slug") else ""
    return f"{str(error.get('message') or 'the API gives no reason').rstrip('.')}{slug}"


def remedy_for(words: str) -> str:
    """Return the remedy for an exceeded quota or a missing SSH key, or an empty text.

    `words` are the API's slug, status or message.
    """
    words = words.lower()
    if "quota" in words:
        address = re.search(r"(floating|public)[ ._-]?ip", words)
        return (
            "Declare network.associate_public_ip: false where no public IPv4 address is needed, release public IPs "
            "that are no "
            f"longer used ({GUIDE}), or have the quota raised."
            if address
            else "Delete what is no longer needed, public IPs too, or have the quota raised."
        )
    if re.search(r"key[ ._-]?pair|ssh[ ._-]?key", words) and re.search(r"not[ ._-]?found|not exist|unknown", words):
        return (
            "Create the SSH key first, in the console or with: mgc profile ssh-keys create --name NAME "
            f'--key "$(cat ~/.ssh/id_ed25519.pub)", or as in {GUIDE}. Its name is what ssh_key_name must say.'
        )
    return ""
