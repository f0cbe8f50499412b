# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""User data of members is compared where a member declares it, and is never in the result."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._engine.fleet import FleetListing
from tests.support.fleet import done, member, run, seed
from tests.support.leaking import leaking_faults
from tests.support.task import client

TEXT = "#cloud-config\npassword: kept-data-9b1e\n"
ENCODED = base64.b64encode(TEXT.encode()).decode()
OTHER = base64.b64encode(b"#!/bin/sh\ntrue\n").decode()


def has_no_user_data(given: Any) -> bool:
    given.pop("invocation", None)
    said = json.dumps(given)
    return not any(secret in said for secret in (ENCODED, OTHER, "kept-data-9b1e"))


def test_user_data_is_compared_if_a_member_declares_it(sim: Any) -> None:
    seed(sim, ["same", "differs"], user_data=OTHER)
    declared = [{"name": "same", "user_data_base64": OTHER}, {"name": "differs", "user_data": TEXT}]
    given = done(sim, instances=declared)
    assert member(given, "same")["warnings"] == []
    assert "differs in what the API cannot change later: user data." in member(given, "differs")["warnings"][0]
    given = run(sim, instances=declared, defaults={"on_immutable_change": "fail"})
    assert member(given, "differs")["failed"]
    assert not member(given, "same").get("failed")
    assert has_no_user_data(given)


@pytest.mark.parametrize("results", ["full", "brief"])
@pytest.mark.parametrize("declared", [True, False])
def test_user_data_is_in_no_result(sim: Any, results: str, declared: bool) -> None:
    seed(sim, ["old", "replaced", "stopped"], user_data=ENCODED)
    defaults = {"user_data": TEXT} if declared else {}
    declaration = {"instances": [
        {"name": "old"}, {"name": "new", "user_data_base64": OTHER}, {"name": "stopped", "state": "stopped"},
        {"name": "replaced", "image": "cloud-debian-12 LTS", "on_immutable_change": "recreate"},
    ], "defaults": defaults, "results": results}  # fmt: skip
    for check in (True, False, False):
        given = done(sim, check, True, **declaration)
        assert has_no_user_data(given)
        assert all("user_data" not in one["instance"] for one in given["members"])


@pytest.mark.one_in(3)
@pytest.mark.parametrize("operation", ["GET /v1/instances", "POST /v1/instances", "POST /v1/instances/{id}/stop"])
def test_user_data_is_in_no_result_of_a_failed_request(sim: Any, operation: str) -> None:
    """User data is in no result when a request fails, even if the API's error repeats it."""
    for fault in leaking_faults("kept-data-9b1e"):
        body = json.loads(json.dumps(fault).replace("kept-data-9b1e", "key"))
        told = f"{TEXT} {ENCODED}"
        if isinstance(body.get("body"), dict) and "message" in body["body"]:
            body["body"].update(message=told, details={"given": [told]})
        sim.reset()
        seed(sim, ["old"], user_data=ENCODED)
        sim.add_fault(operation=operation, nth="every", **body)
        declared = [
            {"name": "old", "user_data": TEXT, "state": "stopped"},
            {"name": "new", "user_data_base64": ENCODED},
        ]
        given = run(sim, diff=True, instances=declared, api_timeout=0.2, api_retries=0, wait_timeout=60)
        assert has_no_user_data(given), (fault, given)


@pytest.mark.parametrize("kept", [True, False])
def test_user_data_is_kept_in_memory_only_for_comparison(sim: Any, kept: bool) -> None:
    seed(sim, ["web"], user_data=ENCODED)
    listing = FleetListing(client(sim), user_data=kept)
    listing.refresh()
    assert ("user_data" in listing.rows[0]) == kept
