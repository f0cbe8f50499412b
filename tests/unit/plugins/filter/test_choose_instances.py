# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter choose_instances: the chosen instances, and the refusals."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.filter.choose_instances import choose_instances

ID = "00000000-0000-4000-8000-00000000000{}"
NAMES = ("web-01", "web-02", "db-01", None)
ROWS = [{"id": ID.format(f"{number}a"), "name": name, "phase": "settled"} for number, name in enumerate(NAMES)]
IDS = [str(row["id"]) for row in ROWS]
GROUPS = {"all": ["w1", "gone", "other", "d1"], "ungrouped": ["other"], "web": ["w1", "gone", "other"], "none": []}
HOSTVARS: dict[str, dict[str, Any]] = {
    "w1": {"mgc_id": IDS[0].upper()}, "gone": {"mgc_id": ID.format("9f")}, "other": {}, "d1": {"mgc_id": IDS[2]},
}  # fmt: skip
NOTHING = "Nothing was done. Check the answers, and magalu_region. If nothing may match, give magalu_allow_none: true."


def chosen(answers: dict[str, Any], deletion: bool = False) -> dict[str, Any]:
    given = {f"magalu_{name}": value for name, value in answers.items()}
    return choose_instances(ROWS, given, GROUPS, HOSTVARS, deletion)


@pytest.mark.parametrize(
    ("answers", "names"),
    [
        ({"name_pattern": "web-*"}, ["web-01", "web-02"]),
        ({"name_pattern": "web-01"}, ["web-01"]),
        ({"name_pattern": "WEB-*"}, []),
        ({"name_pattern": "eb-0"}, []),
        ({"name_pattern": "**"}, list(NAMES)),
        ({"ids": [IDS[2], IDS[0].upper()]}, ["web-01", "db-01"]),
        ({"ids": []}, []),
        ({"group": "web"}, ["web-01"]),
        ({"group": "none"}, []),
    ],
)
def test_who_is_chosen(answers: Any, names: list[Any]) -> None:
    assert [row["name"] for row in chosen(answers)["selected"]] == names


@pytest.mark.parametrize("phase", ["settled", "in_transition", "creation_failed", "operation_failed", "deleting"])
def test_instances_being_deleted_are_not_chosen(phase: str) -> None:
    row = {"id": ID.format(1), "name": "web", "phase": phase}
    answers: list[dict[str, Any]] = [{"name_pattern": "*"}, {"ids": [row["id"]]}]
    assert [len(choose_instances([row], each)["selected"]) for each in answers] == [phase != "deleting"] * 2


def test_members_have_the_form_that_vm_fleet_takes() -> None:
    assert chosen({"name_pattern": "web-*"})["members"] == [{"id": IDS[0]}, {"id": IDS[1]}]


@pytest.mark.parametrize(
    ("answers", "refusal"),
    [
        ({"name_pattern": "web-*"}, ""),
        ({"name_pattern": "web-*", "confirm_count": 2, "deletion": True}, ""),
        ({"name_pattern": "x", "confirm_count": 0}, ""),
        ({"name_pattern": "x", "confirm_count": 0, "deletion": True}, ""),
        ({"name_pattern": "x", "allow_none": True}, ""),
        (
            {"name_pattern": "web-*", "confirm_count": 0},
            "2 instances match, but magalu_confirm_count is 0. Nothing was done. They are: web-01, web-02.",
        ),
        (
            {"name_pattern": "web-01", "confirm_count": 2, "deletion": True},
            "1 instance matches, but magalu_confirm_count is 2. Nothing was done. They are: web-01.",
        ),
        (
            {"name_pattern": "x", "confirm_count": 3, "allow_none": True},
            "No instances match, but magalu_confirm_count is 3. Nothing was done.",
        ),
        (
            {"name_pattern": "*", "confirm_count": 1},
            f"4 instances match, but magalu_confirm_count is 1. Nothing was done. They are: {IDS[3]}, db-01, web-01, web-02.",
        ),
        (
            {"name_pattern": "x", "deletion": True},
            f"No instance of this region has a name that matches magalu_name_pattern x. {NOTHING}",
        ),
        (
            {"group": "none"},
            f"No instance of this region is a host of magalu_group none. {NOTHING}",
        ),
        (
            {"ids": [IDS[0], ID.format("9F"), ID.format("8f")], "confirm_count": 9},
            (
                f"This region has no instances with these ids: {ID.format('9f')}, {ID.format('8f')}. Nothing was done. Leave "
                "them out of magalu_ids, or give their region as magalu_region."
            ),
        ),
        (
            {"name_pattern": "web-*", "deletion": True},
            "2 instances would be deleted. Nothing was done. To confirm it, give magalu_confirm_count: 2. They are: web-01, web-02.",
        ),
        (
            {"name_pattern": "x", "allow_none": True, "deletion": True},
            "",
        ),
    ],
)  # fmt: skip
def test_why_nothing_is_done(answers: Any, refusal: str) -> None:
    deletion = answers.pop("deletion", False)
    assert chosen(answers, deletion)["refusal"] == refusal


def test_hosts_of_a_group_that_are_not_in_the_region_are_reported() -> None:
    """A group may differ from the inventory: AWX leaves out stopped hosts, and keeps deleted ones for a while."""
    choice = chosen({"group": "web"})
    assert [row["id"] for row in choice["outside"]] == [IDS[1], IDS[3]]
    assert choice["notes"] == [
        (
            "1 of the 3 hosts of web is an instance of this region. The others do not exist any more, are in another region, or "
            "are not hosts of the plugin magalu.cloud.vm_instances."
        ),
        (
            f"2 instances are not in the inventory, so it is not known whether they belong to web: web-02, {IDS[3]}. AWX leaves "
            "out disabled hosts, such as stopped instances. magalu_name_pattern finds them."
        ),
    ]
    all_known = choose_instances(ROWS[:1], {"group": "all"}, {"all": ["w1"]}, HOSTVARS)
    assert (all_known["outside"], all_known["notes"]) == ([], [])
    by_name = chosen({"name_pattern": "*"})
    assert (by_name["outside"], by_name["notes"]) == ([], [])
