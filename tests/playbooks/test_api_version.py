# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""vm_info returns the version of the API where a response showed it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.module import result

LISTS = ("instances", "snapshots", "images", "machine_types")


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("version", ["2024-08", "2026-08"])
def test_every_list_shows_it(frozen: Any, version: str, kind: str) -> None:
    """Without a request of its own."""
    frozen.reset(edition=version)
    frozen.clear_requests()
    assert result(frozen, "vm_info", {"kind": kind})["api_version"] == version
    assert len(frozen.requests()) <= 2  # an older version refuses the newer form of the first request


@pytest.mark.parametrize("version", ["2024-08", "2026-08"])
def test_a_list_of_none_shows_it(frozen: Any, version: str) -> None:
    frozen.reset(edition=version)
    assert result(frozen, "vm_info", {"name": "web"})["api_version"] == version


def test_the_form_between_the_two_is_shown_by_labels(frozen: Any) -> None:
    frozen.reset(edition="2025-05")
    frozen.seed("instance", name="web", labels=["blue"])
    assert result(frozen, "vm_info", {})["api_version"] == "2025-05"
    assert result(frozen, "vm_info", {"kind": "machine_types"})["api_version"] == "2024-08"


def test_it_is_null_where_no_list_was_read(frozen: Any) -> None:
    """A read by id is not followed by another request for it."""
    frozen.reset()
    frozen.seed("instance", name="web", labels=["blue"])
    (row,) = frozen.state()["br-se1"]["instances"]
    frozen.clear_requests()
    found = result(frozen, "vm_info", {"id": row["id"]})
    assert (found["count"], found["api_version"], len(frozen.requests())) == (1, None, 1)
