# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter prune_plan: the guards of a retention."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.filter.prune_plan import prune_plan

AT = "2026-11-30T12:00:00Z"
LOOK = (
    "Nothing was deleted. See the list above: fewer copies than expected can mean that an earlier run was interrupted"
)


def rows(*names: str | None) -> list[dict[str, Any]]:
    return [{"id": f"id-of-{name}", "name": name, "created_at": AT} for name in names]


def plan(pruned: int, kept: Any = ("night-9", "other"), check_mode: bool = False, **answers: Any) -> dict[str, Any]:
    going = rows(*(f"night-{number}" for number in range(pruned)))
    given = {f"magalu_{name}": value for name, value in {"name_prefix": "night-", **answers}.items()}
    return prune_plan({"pruned": going, "kept": rows(*kept)}, given, check_mode)


@pytest.mark.parametrize(
    ("pruned", "options", "refusal"),
    [
        (3, {}, ""),
        (3, {"confirm_count": 3}, ""),
        (3, {"prune_max": 3}, ""),
        (3, {"confirm_count": 3, "prune_max": 4}, ""),
        (0, {"confirm_count": 0}, ""),
        (0, {"prune_max": 9}, ""),
        (3, {"confirm_count": 2}, "3 snapshots would be deleted, but magalu_confirm_count is 2."),
        (1, {"confirm_count": 0}, "1 snapshot would be deleted, but magalu_confirm_count is 0."),
        (0, {"confirm_count": 1}, "No snapshots would be deleted, but magalu_confirm_count is 1."),
        (3, {"confirm_count": 3, "prune_max": 2}, "3 snapshots would be deleted, more than magalu_prune_max (2)."),
        (1, {"prune_max": 0, "kind": "backup"}, "1 backup would be deleted, more than magalu_prune_max (0)."),
    ],
)
def test_number(pruned: int, options: Any, refusal: str) -> None:
    said = plan(pruned, **options)["refusal"]
    assert said.startswith(f"{refusal} {LOOK}") if refusal else said == ""


@pytest.mark.parametrize(
    ("kept", "options", "refused"),
    [
        (["other", "a-night-1", None], {}, True),
        (["other"], {"confirm_count": 1}, True),
        (["other"], {"confirm_count": 0}, False),
        (["other"], {"allow_none": True}, False),
        (["night-1"], {}, False),
    ],
)
def test_prefix_that_no_name_has(kept: Any, options: Any, refused: bool) -> None:
    """A prefix without matching names is refused as a spelling mistake, unless that is allowed."""
    said = plan(0, kept, **options)["refusal"]
    assert said.startswith(
        "No snapshot of this region has a name that begins with magalu_name_prefix night-. Nothing was done."
    ) == refused and bool(said) == refused  # fmt: skip


def test_data_and_words() -> None:
    given = plan(2, check_mode=True)
    assert given["copies"] == [f"night-{number}, id-of-night-{number}, {AT}" for number in range(2)]
    stats = {"check_mode": True, "kind": "snapshot", "pruned": ["night-0", "night-1"], "kept": 2}
    assert (given["stats"], given["count"]) == (stats, 2)
    assert given["sentence"] == "2 snapshots would be deleted, 2 stay, those with other prefixes among them."
    assert plan(1, ["x"], kind="backup")["sentence"].startswith("1 backup was deleted, 1 stays,")
    assert plan(0)["sentence"].startswith("No snapshots were deleted, 2 stay,")
