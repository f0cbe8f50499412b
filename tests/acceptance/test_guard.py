# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The guard lets a run change only its own resources, within its limits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.guard import RULES, Limits, Request, find_rule, limits_from_now, refusal
from tests.acceptance.journal import CREATED, CREATING, GONE, REFUSED, RENAMED, Event, replay

RUN = "mgc-acceptance-abcdefgh"
OWN, COPY, FOREIGN = (f"{number}ec75090-2872-4f51-8111-53d05d96d2c6" for number in (1, 2, 9))
EVENTS: tuple[Event, ...] = (
    {"event": CREATING, "kind": "instance", "name": f"{RUN}-first"},
    {"event": CREATED, "kind": "instance", "name": f"{RUN}-first", "id": OWN},
    {"event": CREATING, "kind": "snapshot", "name": f"{RUN}-copy"},
    {"event": CREATED, "kind": "snapshot", "name": f"{RUN}-copy", "id": COPY},
)
LIMITS = Limits(2, 5, 10, copies=2)
NEW = {"name": f"{RUN}-new"}


def refusal_of(method: str, path: str, body: Any = None, region: str = "br-se1", limits: Limits = LIMITS,
               minutes: float = 0, events: tuple[Event, ...] = EVENTS) -> str:  # fmt: skip
    return refusal(Request(method, path, region, body), replay(events), RUN, "br-se1", limits, minutes) or ""


@pytest.mark.parametrize(
    ("method", "path", "body", "why"),
    [
        ("GET", "/v1/instances", None, ""),
        ("GET", f"/v1/instances/{FOREIGN}", None, ""),
        ("GET", f"/v1/instances/config/{OWN}/first-windows-password", None, ""),
        ("GET", f"/v1/instances/config/{FOREIGN}/first-windows-password", None, "was not made by this run"),
        ("POST", "/v1/instances", NEW, ""),
        ("POST", "/v1/instances", {"name": RUN}, ""),
        ("POST", "/v1/instances", {"name": "web"}, "does not begin with"),
        ("POST", "/v1/instances", {"name": f"{RUN}x"}, "does not begin with"),
        ("POST", "/v1/instances", {}, "does not begin with"),
        ("POST", "/v1/instances", None, "does not begin with"),
        ("POST", "/v1/instances", {**NEW, "network": {"interface": {"id": FOREIGN}}}, "would be attached"),
        ("POST", "/v1/instances", {**NEW, "network": {"interface": {"security_groups": [{"id": FOREIGN}]}}}, ""),
        ("POST", "/v1/instances", {**NEW, "volumes": [{"name": "data"}]}, "would be attached"),
        ("POST", "/v1/images/custom", NEW, ""),
        ("POST", "/v1/snapshots", {**NEW, "instance": {"id": OWN.upper()}}, ""),
        ("POST", "/v1/snapshots", {**NEW, "instance": {"name": f"{RUN}-first"}}, ""),
        ("POST", "/v1/snapshots", {**NEW, "instance": {"id": FOREIGN}}, "the source of the snapshot"),
        ("POST", "/v1/snapshots", NEW, "the source of the snapshot"),
        ("POST", "/v1/backups", {**NEW, "instance": {"name": "web"}}, "the source of the backup"),
        ("POST", f"/v1/snapshots/{COPY}", NEW, ""),
        ("POST", f"/v1/snapshots/{FOREIGN}", NEW, f"snapshot {FOREIGN} was not made by this run"),
        ("POST", f"/v1/snapshots/{COPY}/copy", {"destination_region": "br-ne1"}, "is not part of this run"),
        ("POST", f"/v1/instances/{OWN}/stop", None, ""),
        ("POST", f"/v1/instances/{OWN.upper()}/stop", None, ""),
        ("POST", f"/v1/instances/{FOREIGN}/stop", None, "was not made by this run"),
        ("POST", f"/v1/instances/{OWN}/explode", None, "is not part of this run"),
        ("POST", "/v1/instances/network-interface/attach", {"instance": {"id": OWN}}, "is not part of this run"),
        ("PATCH", f"/v1/instances/{OWN}/rename", NEW, ""),
        ("PATCH", f"/v1/instances/{OWN}/rename", {"name": "web"}, "does not begin with"),
        ("PATCH", f"/v1/instances/{FOREIGN}/rename", NEW, "was not made by this run"),
        ("DELETE", f"/v1/instances/{OWN}", None, ""),
        ("DELETE", f"/v1/instances/{FOREIGN}", None, "was not made by this run"),
        ("DELETE", f"/v1/images/custom/{FOREIGN}", None, "was not made by this run"),
        ("DELETE", "/v1/instances", None, "is not part of this run"),
        ("PUT", f"/v1/instances/{OWN}", None, "is not part of this run"),
    ],
)
def test_only_own_resources_are_changed(method: str, path: str, body: Any, why: str) -> None:
    found = refusal_of(method, path, body)
    assert (why in found) if why else not found


def test_only_the_chosen_region_is_changed() -> None:
    assert "only in region br-se1" in refusal_of("POST", "/v1/instances", NEW, region="br-ne1")
    assert "only in region br-se1" in refusal_of("DELETE", f"/v1/instances/{OWN}", region="br-ne1")
    assert not refusal_of("GET", "/v1/instances", region="br-ne1")


def test_limits_hold_for_creations_and_for_nothing_else() -> None:
    assert "no more instances at once than 1" in refusal_of("POST", "/v1/instances", NEW, limits=Limits(1, 5, 10))
    assert "no more instances at once than 1" in refusal_of(
        "POST", f"/v1/snapshots/{COPY}", NEW, limits=Limits(1, 5, 10)
    )
    assert "no more instances than 1" in refusal_of("POST", "/v1/instances", NEW, limits=Limits(9, 1, 10))
    assert "the 10 minutes of this run are over" in refusal_of("POST", "/v1/instances", NEW, minutes=10)
    copy = {**NEW, "instance": {"id": OWN}}
    assert "no more copies than 1" in refusal_of("POST", "/v1/snapshots", copy, limits=Limits(9, 9, 10, copies=1))
    assert "no more copies than 0" in refusal_of("POST", "/v1/images/custom", NEW, limits=Limits(9, 9, 10))
    assert not refusal_of("POST", f"/v1/instances/{OWN}/stop", limits=Limits(0, 0, 0), minutes=10)
    assert not refusal_of("DELETE", f"/v1/instances/{OWN}", limits=Limits(0, 0, 0), minutes=10)


def test_the_limits_of_a_part_count_from_its_beginning() -> None:
    limits = limits_from_now(Limits(1, 3, 20, copies=4), replay(EVENTS), 7.5)
    assert limits == Limits(1, 4, 27.5, copies=5)


def test_a_refused_creation_and_a_deletion_make_room() -> None:
    pending: tuple[Event, ...] = ({"event": CREATING, "kind": "instance", "name": "a"},)
    refused = (*pending, {"event": REFUSED, "kind": "instance", "name": "a"})
    deleting = (*EVENTS, {"event": "deleting", "kind": "instance", "id": OWN})
    for events, count in ((pending, 1), (refused, 0), (EVENTS, 1), (deleting, 0)):
        assert replay(events).count_instances() == count


def test_a_deleted_resource_is_not_touched_again() -> None:
    events = (*EVENTS, {"event": GONE, "kind": "instance", "id": OWN})
    assert "was not made by this run" in refusal_of("DELETE", f"/v1/instances/{OWN}", events=events)


def test_a_renamed_instance_is_known_by_its_new_name() -> None:
    events = (*EVENTS, {"event": RENAMED, "kind": "instance", "id": OWN, "name": f"{RUN}-other"})
    for name, why in ((f"{RUN}-other", False), (f"{RUN}-first", True)):
        assert bool(refusal_of("POST", "/v1/snapshots", {**NEW, "instance": {"name": name}}, events=events)) is why


def test_every_rule_is_found_by_a_path_of_its_own() -> None:
    for rule in RULES:
        path = rule.path.pattern.replace("(?P<id>[^/]+)", OWN).replace("(start|stop|suspend|reboot|retype)", "stop")
        assert find_rule(Request(rule.method, path, "br-se1"))[0] is rule
