# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The identity of a plan, and its lines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import CUSTOM_IMAGES, INSTANCES, SNAPSHOTS
from ansible_collections.magalu.cloud.plugins.module_utils._engine.outcome import NO_STEPS
from ansible_collections.magalu.cloud.plugins.module_utils._plan.alternatives import Attempt
from ansible_collections.magalu.cloud.plugins.module_utils._plan.approval import (
    Approval,
    Marks,
    Planned,
    another_plan,
    digest,
    mark_plan,
    seal_plan,
)
from ansible_collections.magalu.cloud.plugins.module_utils._plan.step import (
    Memory,
    Plan,
    Step,
    instance_step,
    power_steps,
)

ID = "0c0d1d7e-4a55-4a51-8111-53d05d96d2c6"
ADDRESS = {"id": "11111111-1111-4111-8111-111111111111", "associated_public_ipv4": "203.0.113.7", "ip_addresses": {}}
ROW: dict[str, Any] = {
    "id": ID, "name": "web-07", "state": "running", "status": "completed", "updated_at": "2026-11-25T12:00:00Z",
    "machine_type": {"id": "8f8e9a54-1d2c-4f7e-9b11-000000000001", "name": "BV1-1-40"}, "network": {"interfaces": []},
}  # fmt: skip
KINDS = {"instance": INSTANCES, "source": SNAPSHOTS}
SCOPE = ("br-se1", "")
DELETE = instance_step("delete", ROW, None, {"gone": True}, method="DELETE", path=f"{INSTANCES.path}/{ID}")
RETYPE = instance_step("retype", ROW, {"machine_type": {"id": "two", "name": "BV2-2-40"}}, {"machine_type": "two"},
                       description="retype instance web-07 to BV2-2-40", body={"machine_type": {"id": "two"}})  # fmt: skip
CREATE = Step("create", "create instance web-07", "POST", INSTANCES.path, {"state": "running"},
              {"id": None, "name": "web-07", "state": "running", "machine_type": {"name": "BV1-1-40"}},
              {"name": "web-07", "user_data": "c2VjcmV0"}, target="web-07", creates=True)  # fmt: skip

SECOND = Attempt("BV2-2-40", "br-se1-b", ("capacity", "quota"))


def planned(*steps: Step, **given: Any) -> Planned:
    """Return the plan of these steps, from ROW unless a `row` is given."""
    row = given.get("row", ROW)
    return Planned(Plan(steps, row, None), {"instance": row}, KINDS)


def sealed(*steps: Step, scope: tuple[str, str] = SCOPE, **given: Any) -> dict[str, Any]:
    return seal_plan(scope, {"instance web-07": mark_plan(planned(*steps, **given))}, 1796083200.9)


def lines(*steps: Step, **given: Any) -> list[str]:
    found: list[str] = sealed(*steps, **given)["lines"]
    return found


@pytest.mark.every_core(sample=True)
def test_a_digest_is_the_same_everywhere_and_always() -> None:
    """A digest is the same with every Python and ansible-core: check mode may run elsewhere than the real run."""
    stop = power_steps("running", "stopped", ROW)
    assert sealed(RETYPE, *stop)["digest"] == "8e1be86eb8bc40d802286b287cf83fb0b2ae19348476cacb4a91795b0c262e41"
    assert digest({"b": 1, "a": ["\u00e9", None, True]}) == digest(json.loads('{"a": ["\\u00e9", null, true], "b": 1}'))


def test_a_plan_without_steps_is_the_same_in_every_place() -> None:
    """A plan without steps has the same constant digest everywhere, which is not computed."""
    assert seal_plan(SCOPE, {"instance web": Marks()}, 5.0) == dict(NO_STEPS)
    assert seal_plan(("br-ne1", "x"), {}, None) == dict(NO_STEPS)


@pytest.mark.parametrize(
    "other",
    [
        sealed(RETYPE, scope=("br-ne1", "")),
        sealed(RETYPE, scope=("br-se1", "another")),
        sealed(RETYPE._replace(body={"machine_type": {"id": "three"}})),
        sealed(RETYPE._replace(method="PATCH")),
        sealed(RETYPE._replace(path="/v1/instances/other/retype")),
        sealed(RETYPE._replace(query=(("force", "true"),))),
        sealed(RETYPE, DELETE),
        sealed(RETYPE, row={**ROW, "state": "stopped"}),
        sealed(RETYPE, row={**ROW, "name": "other"}),
        sealed(RETYPE, row={**ROW, "machine_type": {"id": "another", "name": "BV1-1-40"}}),
    ],
)
def test_relevant_differences_change_the_digest(other: dict[str, Any]) -> None:
    assert other["digest"] != sealed(RETYPE)["digest"]


def test_irrelevant_differences_keep_the_digest() -> None:
    for row in ({**ROW, "updated_at": "2030-01-01T00:00:00Z"}, {**ROW, "labels": ["new"]}):
        assert sealed(RETYPE, row=row) == sealed(RETYPE)
    moving = {**ROW, "state": "stopped", "status": "starting"}
    assert sealed(RETYPE, row=moving)["digest"] == sealed(RETYPE)["digest"], "as it will be when it has settled"


def test_a_secret_changes_the_digest_and_is_not_in_the_plan() -> None:
    other = CREATE._replace(body={**CREATE.body, "user_data": "b3RoZXI="})
    first, second = sealed(CREATE, row=None), sealed(other, row=None)
    assert first["digest"] != second["digest"]
    assert "c2VjcmV0" not in json.dumps(first)


def test_order_counts() -> None:
    one, two = power_steps("suspended", "stopped", {**ROW, "state": "suspended"})
    assert sealed(one, two)["digest"] != sealed(two, one)["digest"]


@pytest.mark.parametrize(
    ("steps", "row", "told"),
    [
        ([DELETE], ROW, [f"delete instance web-07 ({ID})"]),
        (
            [DELETE],
            {**ROW, "network": {"interfaces": [ADDRESS]}},
            [f"delete instance web-07 ({ID}), its public IPv4 203.0.113.7 stays and is billed"],
        ),
        (
            [DELETE._replace(query=(("delete_public_ip", "true"),))],
            {**ROW, "network": {"interfaces": [ADDRESS]}},
            [f"delete instance web-07 ({ID}), with its public IPv4 203.0.113.7"],
        ),
        ([RETYPE], ROW, [f"retype instance web-07 to BV2-2-40 ({ID}), now BV1-1-40"]),
        ([CREATE], None, ["create instance web-07 (BV1-1-40)"]),
        (
            [CREATE._replace(goal={"public_ipv4": True})],
            None,
            ["create instance web-07 (BV1-1-40), with a public IPv4 address that is billed"],
        ),
        (
            [CREATE._replace(attempt=SECOND, ways=(("BV1-1-40", {}), (str(SECOND), {}), ("BV4-8-100", {})))],
            None,
            [
                (
                    "create instance web-07; if there is no capacity or quota for it, the failed attempt is deleted and the "
                    "next one is made: BV1-1-40, BV4-8-100"
                )
            ],
        ),
        (
            [CREATE._replace(attempt=SECOND, ways=((str(SECOND), {}),))],
            None,
            ["create instance web-07; if there is no capacity or quota for it, the failed attempt is deleted"],
        ),
        ([DELETE._replace(description="delete\n# all")], ROW, [f"delete?# all ({ID})"]),
    ],
)
def test_lines_name_each_change_and_its_resource(
    steps: list[Step], row: dict[str, Any] | None, told: list[str]
) -> None:
    assert lines(*steps, row=row) == told


def test_the_line_names_the_steps_after_a_failure() -> None:
    down, back = power_steps("suspended", "running", ROW)[0], power_steps("running", "suspended", ROW)[0]
    assert lines(down, RETYPE, back)[1].endswith("; also if that fails: suspend instance web-07")
    assert not any("fails" in line for line in lines(down, RETYPE))


def test_only_the_fields_that_an_update_changes_are_in_its_digest() -> None:
    row = {"id": ID, "name": "golden", "status": "active", "description": "old", "version": "1"}
    step = Step("update", "update image golden", "PATCH", f"{CUSTOM_IMAGES.path}/{ID}", {"fields": {"description": "new"}},
                {"description": "new"}, {"description": "new"}, target=ID, part="image")  # fmt: skip

    def marks(**changes: Any) -> Marks:
        return mark_plan(Planned(Plan((step,), row, None), {"image": {**row, **changes}}, {"image": CUSTOM_IMAGES}))

    assert marks() == marks(version="2") != marks(description="another hand's")


def test_only_the_rest_of_the_plan_may_be_done_and_no_step_twice() -> None:
    stop = power_steps("running", "stopped", ROW)
    guard = Approval(sealed(RETYPE, *stop), SCOPE).guard("instance web-07")
    larger = {**ROW, "machine_type": {"id": "two", "name": "BV2-2-40"}}
    guard.admit(planned(RETYPE, *stop), Memory())
    guard.admit(planned(RETYPE, *stop), Memory())  # its response was lost
    guard.admit(planned(*stop, row=larger), Memory())
    with pytest.raises(Refused, match="in another order, or once more"):
        guard.admit(planned(RETYPE, *stop), Memory())
    with pytest.raises(Refused, match="Approved for another request, or another state of the resource: stop instance"):
        guard.admit(planned(*stop), Memory())


def test_a_member_that_was_not_approved_may_do_nothing() -> None:
    guard = Approval(sealed(RETYPE), SCOPE).guard("instance web-08")
    with pytest.raises(Refused, match="Not approved: retype instance web-07"):
        guard.admit(planned(RETYPE), Memory())


def test_the_message_is_bounded() -> None:
    marks = mark_plan(planned(*[DELETE._replace(description=f"delete {number}") for number in range(30)])).steps
    distinct = [mark._replace(digest=str(number)) for number, mark in enumerate(marks)]
    message = str(another_plan([], distinct, begun=True))
    assert message.startswith(
        "The plan is not the approved one (expected_plan), and nothing further was done. Not approved:"
    )
    assert message.endswith("; and 20 more.")
