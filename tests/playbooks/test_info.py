# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters of vm_info if the responses have fewer fields than the filters need."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.module import result


@pytest.mark.parametrize("wanted", [{"machine_type": "BV1-1-40"}, {"image": "cloud-debian-12 LTS"}, {"labels": ["a"]}])
def test_a_filter_expands_the_fields_that_it_needs(sim: Any, wanted: dict[str, Any]) -> None:
    sim.seed("instance", name="web", image="cloud-debian-12 LTS", labels=["a"])
    assert result(sim, "vm_info", {**wanted, "expand": ["network"]})["count"] == 1
    assert result(sim, "vm_info", {**wanted, "expand": []})["count"] == 1


def test_a_resource_without_a_valid_time_has_no_age(sim: Any) -> None:
    sim.seed("instance", name="web", created_at=sim.now() - 180)
    rows = [{"id": "00000000-0000-4000-8000-000000000001", "name": "odd", "status": "completed", "state": "running"}]
    body = {"instances": rows, "meta": {"page": {"offset": 0, "limit": 1000, "count": 1, "total": 1}}}
    for age in ({"newer_than": "1h"}, {"older_than": "1m"}):
        assert result(sim, "vm_info", age)["count"] == 1
        sim.add_fault(operation="GET /v1/instances", kind="status", status=200, body=body)
        assert result(sim, "vm_info", age)["count"] == 0
