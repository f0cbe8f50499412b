# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules for every request of an acceptance run: pure decisions.

A run creates resources only under its own names and within its limits, and changes or deletes only resources that its
journal has. Everything else that is not a read is refused before it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.acceptance.journal import BACKUP, CUSTOM_IMAGE, INSTANCE, SNAPSHOT, Made


class Request(NamedTuple):
    """A request to the API of a region: its path begins with /v1."""

    method: str
    path: str
    region: str  # as in the URL
    body: Any = None


class Limits(NamedTuple):
    """The most that a run may cost."""

    at_once: int  # instances that exist at the same time
    creations: int  # of instances, one after the other
    minutes: float
    copies: int = 0  # snapshots, backups and custom images, one after the other


def limits_from_now(part: Limits, made: Made, minutes: float) -> Limits:
    """Return the limits of a part that begins when a run is `minutes` old and has created `made`."""
    return Limits(part.at_once, made.creations + part.creations, minutes + part.minutes, made.copies + part.copies)


class Rule(NamedTuple):
    """The meaning of a route that changes something."""

    method: str
    path: re.Pattern[str]  # its group `id` is the resource that is changed, or the copy that is restored
    creates: str | None = None  # the kind of the resource that it creates
    kind: str = INSTANCE  # of the resource with the id
    renames: bool = False
    deletes: bool = False


def _rule(method: str, path: str, **meaning: Any) -> Rule:
    return Rule(method, re.compile(path.replace("{id}", r"(?P<id>[^/]+)")), **meaning)


RULES = (
    _rule("POST", "/v1/instances", creates=INSTANCE),
    _rule("POST", "/v1/snapshots", creates=SNAPSHOT),
    _rule("POST", "/v1/backups", creates=BACKUP),
    _rule("POST", "/v1/images/custom", creates=CUSTOM_IMAGE),
    _rule("POST", "/v1/snapshots/{id}", creates=INSTANCE, kind=SNAPSHOT),
    _rule("POST", "/v1/backups/{id}/restore", creates=INSTANCE, kind=BACKUP),
    _rule("POST", "/v1/instances/{id}/(start|stop|suspend|reboot|retype)"),
    _rule("PATCH", "/v1/instances/{id}/rename", renames=True),
    _rule("PATCH", "/v1/snapshots/{id}/rename", kind=SNAPSHOT, renames=True),
    _rule("PATCH", "/v1/backups/{id}/rename", kind=BACKUP, renames=True),
    _rule("PATCH", "/v1/images/custom/{id}", kind=CUSTOM_IMAGE),
    _rule("DELETE", "/v1/instances/{id}", deletes=True),
    _rule("DELETE", "/v1/snapshots/{id}", kind=SNAPSHOT, deletes=True),
    _rule("DELETE", "/v1/backups/{id}", kind=BACKUP, deletes=True),
    _rule("DELETE", "/v1/images/custom/{id}", kind=CUSTOM_IMAGE, deletes=True),
    # A read that can be made only once.
    _rule("GET", "/v1/instances/config/{id}/first-windows-password"),
)


def find_rule(request: Request) -> tuple[Rule | None, str]:
    """Return the rule for a request, and the id in its path; None for a request without a rule."""
    for rule in RULES:
        found = rule.path.fullmatch(request.path)
        if found and rule.method == request.method:
            return rule, found.groupdict().get("id") or ""
    return None, ""


def refusal(request: Request, made: Made, run: str, region: str, limits: Limits, minutes: float) -> str | None:
    """Return why a request must not be sent, or None if it may be.

    `run` is the prefix of the run's names, `region` the only one where it may change something, `minutes` its age.
    """
    rule, row_id = find_rule(request)
    if rule is None:
        return None if request.method in ("GET", "HEAD") else f"{request.method} {request.path} is not part of this run"
    if request.region != region:
        return f"{request.method} {request.path}: this run changes resources only in region {region}"
    if row_id and not made.is_own(row_id):
        return f"{rule.kind} {row_id} was not made by this run"
    body = request.body if isinstance(request.body, Mapping) else {}
    if (rule.creates or rule.renames) and not is_name_of(run, body.get("name")):
        return f"the name {body.get('name')!r} does not begin with {run}"
    return _refuse_creation(rule, body, made, limits, minutes) if rule.creates else None


def _refuse_creation(rule: Rule, body: Mapping[str, Any], made: Made, limits: Limits, minutes: float) -> str | None:
    if minutes >= limits.minutes:
        return f"the {limits.minutes:g} minutes of this run are over"
    if rule.creates in (SNAPSHOT, BACKUP):
        source = body.get("instance")
        source = source if isinstance(source, Mapping) else {}
        if not (made.is_own(str(source.get("id", ""))) or made.has_name(str(source.get("name", "")))):
            return f"the source of the {rule.creates} was not made by this run"
    if rule.creates != INSTANCE:
        return f"this run may create no more copies than {limits.copies}" if made.copies >= limits.copies else None
    if (lost := list_lost_with(body)) is not None:
        return f"{lost} is not of this run, and would be attached to its instance"
    if made.creations >= limits.creations:
        return f"this run may create no more instances than {limits.creations}"
    if made.count_instances() >= limits.at_once:
        return f"this run may have no more instances at once than {limits.at_once}"
    return None


def list_lost_with(body: Mapping[str, Any]) -> str | None:
    """Return the user's resource that would be deleted with a new instance, None if there is none.

    An instance takes its interface with it.
    """
    network = body.get("network")
    interface = network.get("interface") if isinstance(network, Mapping) else None
    if isinstance(interface, Mapping) and interface.get("id"):
        return f"interface {interface['id']}"
    return f"volume {body['volumes'][0]}" if body.get("volumes") else None


def is_name_of(run: str, name: Any) -> bool:
    return isinstance(name, str) and (name == run or name.startswith(f"{run}-"))
