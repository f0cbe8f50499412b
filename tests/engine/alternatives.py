# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options and helpers of the tests of alternatives."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.declarations import DECLARED, LARGE

POST_CREATE = "POST /v1/instances"
OTHER = "BV4-8-40"
PUBLIC = {**DECLARED, "network": {"associate_public_ip": True}}
WAYS = [{"machine_type": LARGE}, {"machine_type": OTHER, "availability_zone": "br-se1-b"}]
WITH_WAYS = {**PUBLIC, "alternatives": WAYS}
CAPACITY = "create_instance.capacity.error"
REFUSED = {"slug": CAPACITY, "message": "Full", "details": {}}
CONDITIONS: list[dict[str, Any]] = [
    {}, {"edition": "2024-08"}, {"unique_names": False}, {"unique_names": False, "edition": "2024-08", "lag": 5},
    {"stale": 2}, {"stale": 5, "lag": 3, "nulls": "omitted"}, {"instances": 60},
]  # fmt: skip
everywhere = pytest.mark.parametrize("conditions", CONDITIONS, ids=str)


def own_instances(sim: Any) -> list[dict[str, Any]]:
    return [row for row in sim.state()["br-se1"]["instances"] if not row["name"].startswith("instance-")]


def count_public_ips(sim: Any) -> int:
    return len(sim.state()["br-se1"]["public_ips"])


def attempted_types(done: Any) -> list[str]:
    return [one["machine_type"] for one in done.outcome.attempts]
