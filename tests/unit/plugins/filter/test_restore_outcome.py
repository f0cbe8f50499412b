# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter restore_outcome: statistics for a workflow, sentences for people, and a second instance of the name."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.filter.restore_outcome import restore_outcome

INSTANCE = {"id": "id-1", "private_ipv4": "198.18.0.1", "public_ipv4": None, "public_ipv6": "2001:db8::1"}


def outcome(listed: Any = (), changed: bool = True, check_mode: bool = False, **answers: Any) -> dict[str, Any]:
    """Return the outcome with INSTANCE, unless another `instance` is given."""
    instance = answers.pop("instance", INSTANCE)
    given = {"magalu_copy": "day", "magalu_name": "web", **answers}
    return restore_outcome({"changed": changed, "instance": instance}, listed, given, check_mode)


def test_data() -> None:
    """A null in the statistics is an empty text, which the survey of the next job accepts."""
    told = {
        "changed": True,
        "copy": "day",
        "name": "web",
        "id": "id-1",
        "private_ipv4": "198.18.0.1",
        "public_ipv4": "",
    }
    assert outcome()["stats"] == {"check_mode": False, **told}
    nothing = {"check_mode": True, "changed": True, "copy": "day", "name": "web"}
    empty = dict.fromkeys(("id", "private_ipv4", "public_ipv4"), "")
    for planned in (None, {}, {"id": None, "private_ipv4": None}):
        assert outcome(instance=planned, check_mode=True)["stats"] == {**nothing, **empty}


@pytest.mark.parametrize(
    ("options", "sentences"),
    [
        (
            {},
            [
                "Instance web was restored from snapshot day.",
                "Its id is id-1, its addresses are 198.18.0.1, 2001:db8::1.",
            ],
        ),
        ({"kind": "backup", "changed": False}, ["Instance web was already restored from backup day."]),
        (
            {"check_mode": True, "instance": None},
            ["Instance web would be restored from snapshot day.", "It has no id yet."],
        ),
        ({"instance": {"id": "id-1"}}, ["Instance web was", "Its id is id-1, its addresses are not known."]),
    ],
)
def test_words(options: Any, sentences: list[str]) -> None:
    said = outcome(**options)["sentences"]
    assert len(said) == 2 and all(text.startswith(begin) for text, begin in zip(said, sentences))


def test_second_instance_of_the_name() -> None:
    there = [
        {"id": f"id-{number}", "phase": phase} for number, phase in enumerate(("settled", "in_transition", "deleting"))
    ]
    assert outcome(listed=there[1:])["refusal"] == outcome(listed=[])["refusal"] == ""
    assert outcome(listed=there)["refusal"] == (
        "There are 2 instances named web: id-0, id-1. Another run made one at the same time. Nothing was deleted: delete the "
        "instance that you do not need."
    )


@pytest.mark.parametrize("kind", ["snapshot", "backup"])
def test_a_copy_that_does_not_exist_is_refused(kind: str) -> None:
    """A missing copy is refused: the module's check mode expects an earlier task to create it, but there is none."""

    def refusal(changed: bool, copy: Any) -> str:
        restored = {"changed": changed, "instance": {"id": None}, kind: copy}
        about = {"magalu_copy": "day", "magalu_name": "web", "magalu_kind": kind}
        return str(restore_outcome(restored, [], about, True)["refusal"])

    assert refusal(True, None) == (
        f"There is no {kind} day in this region. Nothing would be done. Check magalu_copy, and magalu_region."
    )
    assert refusal(True, {"id": "id-2"}) == ""
    assert refusal(False, None) == ""  # restored earlier, and deleted since
