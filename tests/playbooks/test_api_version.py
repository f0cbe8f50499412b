# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""vm_info returns the API version if a response showed it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.module import result

LISTS = ("instances", "snapshots", "images", "machine_types")


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("version", ["2024-08", "2026-08"])
def test_every_list_shows_the_api_version(sim: Any, version: str, kind: str) -> None:
    """Every list shows the API version, without an extra request."""
    sim.reset(edition=version)
    sim.clear_requests()
    assert result(sim, "vm_info", {"kind": kind})["api_version"] == version
    assert len(sim.requests()) <= 2  # an older API version refuses the newer form of the first request


@pytest.mark.parametrize("version", ["2024-08", "2026-08"])
def test_an_empty_list_shows_the_api_version(sim: Any, version: str) -> None:
    sim.reset(edition=version)
    assert result(sim, "vm_info", {"name": "web"})["api_version"] == version


def test_the_form_between_the_two_is_shown_by_labels(sim: Any) -> None:
    sim.reset(edition="2025-05")
    sim.seed("instance", name="web", labels=["blue"])
    assert result(sim, "vm_info", {})["api_version"] == "2025-05"
    assert result(sim, "vm_info", {"kind": "machine_types"})["api_version"] == "2024-08"


def test_the_api_version_is_null_without_a_list(sim: Any) -> None:
    """The API version is null without a list: a read by id is not followed by a request to find it out."""
    sim.reset()
    sim.seed("instance", name="web", labels=["blue"])
    (row,) = sim.state()["br-se1"]["instances"]
    sim.clear_requests()
    found = result(sim, "vm_info", {"id": row["id"]})
    assert (found["count"], found["api_version"], len(sim.requests())) == (1, None, 1)
