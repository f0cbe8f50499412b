# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""vm_info returns the time of the response by the API's clock, which may differ from that of this machine."""

from __future__ import annotations

import calendar
import time
from typing import Any

from tests.support.module import result


def test_api_time_is_the_time_of_the_api(sim: Any) -> None:
    sim.reset()
    sim.advance(100 * 86400)
    before = int(sim.now())
    told = result(sim, "vm_info", {"kind": "machine_types"})["api_time"]
    assert before <= calendar.timegm(time.strptime(told, "%Y-%m-%dT%H:%M:%SZ")) <= sim.now()


def test_api_time_is_null_without_a_date_header(sim: Any) -> None:
    sim.reset()
    empty = {"instances": [], "meta": {"page": {"total": 0}}}
    sim.add_fault(
        operation="GET /v1/instances", nth="every", kind="status", status=200, headers={"Date": "soon"}, body=empty
    )
    assert result(sim, "vm_info", {})["api_time"] is None
