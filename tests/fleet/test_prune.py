# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which instances are pruned and which must not be, in check mode and in real runs."""

from __future__ import annotations

import fnmatch
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import GONE
from ansible_collections.magalu.cloud.plugins.module_utils._api.statuses import is_deleting, status_class
from ansible_collections.magalu.cloud.plugins.module_utils._plan.fleet import instances_to_prune, prune_limit
from tests.support.fleet import (
    TransitionRecorder,
    actions,
    changes,
    done,
    list_requests,
    member,
    names,
    refused,
    rows,
    run,
    seed,
    states,
)

OLD = [f"web-{number}" for number in range(1, 6)]
KEPT = [{"name": "web-1"}, {"name": "web-2"}]


def pruned_names(given: Any) -> set[str]:
    """Return the names of instances that were pruned or would be."""
    return {one["name"] for one in given["members"] if one.get("pruned")}


def run_pruning(sim: Any, **options: Any) -> set[str]:
    """Return the names of pruned instances, which must be the same in check mode and in a real run."""
    sim.clear_requests()
    checked = done(sim, check=True, **options)
    assert not changes(sim)
    members = len(options.get("instances", ()))
    before = {row["id"]: row["name"] for row in rows(sim)}
    given = done(sim, **options)
    assert actions(given) == actions(checked)
    left = {row["id"] for row in rows(sim)}
    away = {name for row_id, name in before.items() if row_id not in left} - {
        one["name"] for one in given["members"][:members]
    }
    assert away == pruned_names(given) == pruned_names(checked)
    assert given["totals"]["pruned"] == len(pruned_names(given))
    return pruned_names(given)


def test_undeclared_matches_are_deleted(sim: Any) -> None:
    seed(sim, [*OLD, "web", "db-web-9", "WEB-7"])
    assert run_pruning(sim, instances=KEPT, prune_match="web-*") == {"web-3", "web-4", "web-5"}
    assert names(sim) == ["WEB-7", "db-web-9", "web", "web-1", "web-2"]
    sim.clear_requests()
    assert done(sim, instances=KEPT, prune_match="web-*")["changed"] is False
    assert set(list_requests(sim)) == {"GET instances"}


def test_nothing_is_pruned_without_being_asked_to(sim: Any) -> None:
    seed(sim, OLD)
    assert run_pruning(sim, instances=KEPT) == set()
    assert run_pruning(sim, instances=KEPT, protect_names=["x"], prune_max="9") == set()


def test_pruned_results_follow_the_members_and_name_kept_addresses(sim: Any) -> None:
    seed(sim, OLD[:2])
    seed(sim, ["web-9"], public_ip=True)
    options = {"instances": [*KEPT, {"name": "web-new"}], "prune_match": "web-*"}
    checked, given = run(sim, check=True, diff=True, **options), run(sim, diff=True, **options)
    for one in (checked, given):
        assert [each["name"] for each in one["members"]] == ["web-1", "web-2", "web-new", "web-9"]
        assert (member(one, "web-9")["changed"], member(one, "web-9")["instance"]) == (True, None)
        assert len(member(one, "web-9")["kept_public_ips"]) == 1
        assert one["totals"] == {"members": 3, "changed": 2, "failed": 0, "created": 1, "deleted": 1, "pruned": 1}
        assert [each["before_header"] for each in one["diff"]] == ["web-new", "web-9"]
    assert sim.state()["br-se1"]["public_ips"]


@pytest.mark.parametrize("with_it", [True, False])
def test_pruning_deletes_public_addresses_if_declared(sim: Any, with_it: bool) -> None:
    seed(sim, ["web-9"], public_ip=True)
    given = done(sim, count=0, prune_match="web-*", delete_public_ip=with_it)
    assert len(sim.state()["br-se1"]["public_ips"]) == (not with_it)
    assert ("kept_public_ips" in member(given, "web-9")) == (not with_it)


@pytest.mark.parametrize(
    "options", [{"count": 0}, {"instances": [], "allow_empty": True}, {"count": 0, "instances": []}]
)
def test_an_explicitly_empty_declaration_prunes_all_matches(sim: Any, options: Any) -> None:
    seed(sim, OLD)
    assert run_pruning(sim, **options, prune_match="web-*") == set(OLD)


def test_an_empty_declaration_prunes_nothing_by_mistake(sim: Any) -> None:
    seed(sim, OLD)
    assert "The declaration has no members." in refused(sim, instances=[], prune_match="web-*")
    assert "The declaration has no members." in refused(sim, instances=[], prune_all=True)


@pytest.mark.parametrize("match", ["*", "?eb-*", "we*", "w?b-1", "[w]eb-*", "[!x]*", "we[b]*"])
def test_a_pattern_begins_with_three_characters(sim: Any, match: str) -> None:
    seed(sim, OLD)
    words = f"prune_match is {match!r}; it must start with 3 literal characters"
    assert words in refused(sim, instances=KEPT, prune_match=match)
    assert "web-1" not in run_pruning(sim, instances=KEPT, prune_match=match, prune_all=True)


@pytest.mark.parametrize(("match", "left"), [("web*", "db"), ("web-[34]", "db web-1 web-2 web-5"), ("web-?", "db"),
                                             ("web-5", "db web-1 web-2 web-3 web-4"), ("WEB*", "db " + " ".join(OLD))])  # fmt: skip
def test_a_pattern_is_a_shell_pattern_over_the_whole_name(sim: Any, match: str, left: str) -> None:
    seed(sim, [*OLD, "db"])
    run_pruning(sim, count=0, prune_match=match)
    assert names(sim) == left.split()


def test_prune_all_stands_for_every_name(sim: Any) -> None:
    seed(sim, [*OLD, "db"])
    assert run_pruning(sim, instances=KEPT, prune_all=True) == {"db", "web-3", "web-4", "web-5"}


@pytest.mark.parametrize(("most", "count"), [
    (None, 5), (None, 6), ("3", 3), ("3", 4), ("0", 1), ("50%", 5), ("49%", 5), ("100%", 10), ("9%", 1), ("10%", 1),
])  # fmt: skip
def test_no_more_than_prune_max_go(sim: Any, most: str | None, count: int) -> None:
    """At most prune_max of ten matching instances are pruned; a percentage is rounded down."""
    everyone = [f"web-{number}" for number in range(10)]
    seed(sim, [*everyone, "other"])
    allowed = {"50%": 5, "49%": 4, "100%": 10, "9%": 0, "10%": 1}.get(
        str(most), int(most or 5) if "%" not in str(most) else 0
    )
    options = {"instances": [{"name": name} for name in everyone[count:]], "prune_match": "web-*", "prune_max": most}
    if count == 10:
        options["count"] = 0
    if count <= allowed:
        assert run_pruning(sim, **options) == set(everyone[:count])
    else:
        message = refused(sim, **options)
        assert (
            f"{count} instance{'s' * (count > 1)} would be pruned, and prune_max is {most or 5} ({allowed}): web-"
            in message
        )
        assert "Nothing was pruned." in message


def test_too_many_are_refused_before_anything_else_is_done(sim: Any) -> None:
    seed(sim, OLD)
    refused(
        sim, instances=[{"name": "web-new"}, {"name": "web-1", "state": "stopped"}], prune_match="web-*", prune_max="2"
    )


def test_protected_instances_stay_and_do_not_count(sim: Any) -> None:
    seed(sim, ["web-1", "web-precious"], labels=[])
    seed(sim, ["web-blue", "web-green"], labels=["blue"])
    options = {"count": 0, "prune_match": "web-*", "prune_max": "1"}
    protect = {"protect_names": ["*-precious"], "protect_labels": ["red", "blue"]}
    assert run_pruning(sim, **options, **protect) == {"web-1"}
    assert names(sim) == ["web-blue", "web-green", "web-precious"]
    assert run_pruning(sim, **options, protect_names=["web-[bp]*"]) == {"web-green"}


def test_unknown_labels_count_as_protected(sim: Any) -> None:
    sim.reset(edition="2024-08")
    seed(sim, OLD)
    assert run_pruning(sim, count=0, prune_match="web-*", protect_labels=["blue"]) == set()
    assert run_pruning(sim, count=0, prune_match="web-*") == set(OLD)


@pytest.mark.parametrize("kept", [
    [{"name": "web-3", "new_name": "web-9"}], [{"id": "9ec75090-2872-4f51-8111-53d05d96d2c6"}],
    [{"id": "9EC75090-2872-4f51-8111-53d05d96d2c6", "name": "web-new"}], [{"name": "web-3", "machine_type": "BV2-2-40"}],
    [{"name": "web-3", "image": "cloud-debian-12 LTS", "on_immutable_change": "recreate"}],
])  # fmt: skip
def test_members_are_never_pruned_whatever_becomes_of_them(sim: Any, kept: Any) -> None:
    """Members are never pruned when renamed, given by id, or recreated, which changes their name or id."""
    seed(sim, ["web-3"], id="9ec75090-2872-4f51-8111-53d05d96d2c6")
    seed(sim, ["web-old"])
    assert run_pruning(sim, instances=kept, prune_match="web-*") == {"web-old"}
    assert len(rows(sim)) == 1


def test_both_names_of_an_impossible_rename_are_not_pruned(sim: Any) -> None:
    seed(sim, ["web-3", "web-9"])
    declared = [{"name": "web-3", "new_name": "web-9"}]
    assert "cannot be renamed" in refused(sim, instances=declared, prune_match="web-*", prune_max="0")


def test_new_members_are_not_pruned_when_lists_lag(sim: Any) -> None:
    sim.reset(lag=5, stale=2)
    seed(sim, ["web-old"])
    sim.advance(10)
    assert run_pruning(sim, count=3, name_format="web-{index}", prune_match="web-*") == {"web-old"}
    assert names(sim) == ["web-1", "web-2", "web-3"]


@pytest.mark.parametrize("how", ["cannot be planned", "cannot be created", "is refused", "is not found out in time"])
def test_nothing_is_pruned_if_a_member_fails(sim: Any, how: str) -> None:
    seed(sim, OLD)
    failing: dict[str, Any] = {"name": "web-new"}
    if how == "cannot be planned":
        failing["image"] = "nothing"
    elif how == "cannot be created":
        sim.add_fault(operation="POST /v1/instances", kind="failing")
    elif how == "is refused":
        sim.add_fault(operation="POST /v1/instances", kind="status", status=400)
    else:
        sim.add_fault(operation="POST /v1/instances", kind="stuck")
    given = run(sim, instances=[*KEPT, failing], prune_match="web-*", wait_timeout=120)
    assert given["failed"]
    assert pruned_names(given) == set()
    assert set(OLD) <= set(names(sim))
    assert not any(request.startswith("DELETE") for request in changes(sim))
    if how == "cannot be planned":
        assert pruned_names(run(sim, check=True, instances=[*KEPT, failing], prune_match="web-*")) == set()


def test_an_incomplete_list_prevents_any_change(sim: Any) -> None:
    """Nothing is done with an incomplete list: its total is larger than its rows, or a page is missing."""
    seed(sim, OLD)
    listed = {"instances": [], "meta": {"page": {"total": 3}}}
    sim.add_fault(operation="GET /v1/instances", nth="every", kind="status", status=200, body=listed)
    assert "kept changing" in refused(sim, count=0, prune_match="web-*")
    sim.clear_faults()
    page = {"kind": "short_body", "when": "after"}
    sim.add_fault(operation="GET /v1/instances", nth="every", **page)
    assert "broke before the response was complete" in refused(sim, count=0, prune_match="web-*")


@pytest.mark.parametrize("fault", [
    {"kind": "status", "status": 500}, {"kind": "short_body", "when": "after"}, {"kind": "html"}, {"kind": "reset"},
    {"kind": "status", "status": 200, "body": {"instances": [], "meta": {"page": {"total": 3}}}},
], ids=str)  # fmt: skip
def test_a_failed_list_before_pruning_keeps_the_members_results(sim: Any, fault: Any) -> None:
    """If the list before pruning fails, the results of the members are kept."""
    seed(sim, ["web-1", "web-2", "web-old"])
    sim.add_fault(operation="GET /v1/instances", match=2, times=100, **fault)
    given = run(sim, instances=KEPT, prune_match="web-*", api_retries=0)
    assert given["failed"]
    assert "look at what is to be pruned" in given["msg"]
    assert [one["name"] for one in given["members"]] == ["web-1", "web-2"]
    assert names(sim) == ["web-1", "web-2", "web-old"]


def test_too_many_new_matches_are_refused_and_results_kept(sim: Any) -> None:
    seed(sim, ["web-1", "web-old"])

    class Others:
        def __getattr__(self, name: str) -> Any:
            return getattr(sim, name)

        def advance(self, seconds: float) -> None:
            if seconds and len(rows(sim)) == 2:
                seed(sim, ["web-x", "web-y"])
            sim.advance(seconds)

    given = run(Others(), instances=[{"name": "web-1", "state": "stopped"}], prune_match="web-*", prune_max="2")
    assert "3 instances would be pruned" in given["msg"]
    assert actions(given) == {"web-1": ["stop instance web-1"]}
    assert states(sim)["web-1"] == "stopped"
    assert len(rows(sim)) == 4


def test_a_refused_deletion_fails_the_task_and_reports_the_others(sim: Any) -> None:
    seed(sim, [*OLD[:2], "web-old", "web-older"])
    sim.add_fault(operation="DELETE /v1/instances/{id}", kind="status", status=403, body={"message": "No"})
    given = run(sim, instances=KEPT, prune_match="web-*", delete_public_ip=True, concurrency=1)
    assert len(rows(sim)) == 3
    assert re.match(r"1 of 4 instances failed. (web-older|web-old): Failed to delete instance \1: No \(", given["msg"])
    assert given["totals"]["pruned"] == 1


def test_instances_being_deleted_are_awaited_and_do_not_count(sim: Any) -> None:
    seed(sim, OLD)
    done(sim, count=0, prune_match="web-*", wait=False)
    sim.clear_requests()
    given = done(sim, count=0, prune_match="web-*", prune_max="0")
    assert given["changed"] is False
    assert given["totals"]["pruned"] == 0
    assert not rows(sim) and not changes(sim)


def test_batches_hold_for_pruning(sim: Any) -> None:
    seed(sim, OLD)
    watched = TransitionRecorder(sim)
    done(watched, count=0, prune_match="web-*", batch="2")
    assert watched.most == 2


NAMES = st.one_of(st.none(), st.text("wWeb-12", max_size=5), st.sampled_from(["web-1", "web-2", "web-11", "WEB-1"]))
ROWS = st.lists(st.fixed_dictionaries({
    "id": st.uuids().map(str), "name": NAMES,
    "status": st.sampled_from(["completed", "completed", "deleting", "deleted", "retyping", "creating_error", "odd"]),
    "state": st.sampled_from(["running", "stopped", "new", "error", "deleted"]),
    "labels": st.one_of(st.none(), st.lists(st.sampled_from(["blue", "red"]))),
}), max_size=12, unique_by=lambda row: row["id"])  # fmt: skip
PARAMS = st.fixed_dictionaries({
    "prune_match": st.sampled_from([None, "web*", "web-[12]", "w*", "?eb*", "*", "web-1"]), "prune_all": st.booleans(),
    "prune_max": st.sampled_from(["0", "1", "5", "100", "10%", "50%", "100%"]),
    "protect_names": st.sampled_from([None, [], ["web-1"], ["*1", "WEB*"]]),
    "protect_labels": st.sampled_from([None, [], ["blue"], ["blue", "red"]]),
})  # fmt: skip


@given(rows=ROWS, params=PARAMS, data=st.data())
def test_pruning_deletes_nothing_that_should_stay(rows: Any, params: Any, data: Any) -> None:
    ids = {row["id"] for row in rows if data.draw(st.booleans())}
    declared = data.draw(st.sets(st.sampled_from(["web-1", "web-2", "web-11"])))
    try:
        going = instances_to_prune(rows, ids, declared, params, prune_limit(rows, params))
    except Refused:
        going = []
    match = params["prune_match"] or ("*" if params["prune_all"] else None)
    assert match or not going
    for row in going:
        name = row["name"] or ""
        assert row["id"] not in ids and name not in declared
        assert fnmatch.fnmatchcase(name, str(match))
        assert params["prune_all"] or (len(name) >= 3 and str(match)[:3] == name[:3] == "web")
        assert status_class(row) != GONE and not is_deleting(row)
        assert not any(fnmatch.fnmatchcase(name, each) for each in params["protect_names"] or [])
        if params["protect_labels"]:
            assert row["labels"] is not None and not set(row["labels"]) & set(params["protect_labels"])
    most = params["prune_max"]
    number = len(rows) * int(most[:-1]) / 100 if most.endswith("%") else int(most)
    assert len(going) <= number


@pytest.mark.parametrize("protection", [{"protect_names": ["db-*"]}, {"protect_labels": ["keep"]}], ids=str)
def test_protection_holds_for_members_with_state_absent(sim: Any, protection: Any) -> None:
    """An instance that the fleet or its own member protects is not deleted as a member, in check mode and for real."""
    seed(sim, ["db-1"], labels=["keep"])
    seed(sim, ["web-1"], labels=[])
    anew = {
        "name": "db-1",
        "image": "cloud-debian-12 LTS",
        "on_immutable_change": "recreate",
        "machine_type": "BV1-1-40",
    }
    for options in ({"name": "db-1", "state": "absent"}, anew, {**anew, "protect_names": ["other"]}):
        for check in (True, False):
            given = run(sim, check=check, instances=[options, {"name": "web-1"}], **protection)
            assert given["failed"] and "db-1" in member(given, "db-1")["msg"]
            assert "is protected from deletion" in member(given, "db-1")["msg"]
    assert changes(sim) == []
    assert done(sim, instances=[{"name": "web-1", "state": "absent"}], **protection)["totals"]["deleted"] == 1


def test_a_percentage_counts_the_instances_at_the_beginning(sim: Any) -> None:
    """A percentage counts the instances at the beginning, before members are deleted or renamed."""
    for members in (
        [{"name": f"web-{number}", "state": "absent"} for number in range(1, 6)],
        [{"name": f"web-{number}", "new_name": f"db-{number}"} for number in range(1, 6)],
    ):
        sim.reset()
        seed(sim, [f"web-{number}" for number in range(1, 11)])
        options = {"instances": members, "prune_match": "web-*", "prune_max": "50%", "delete_public_ip": True}
        checked = done(sim, check=True, **options)
        given = done(sim, **options)
        assert checked["totals"] == given["totals"] and given["totals"]["pruned"] == 5


@pytest.mark.parametrize(
    ("fleet", "defaults", "own", "kept"),
    [
        (True, None, None, False),
        (True, None, False, True),
        (True, False, None, True),
        (True, False, True, False),
        (False, None, None, True),
        (False, None, True, False),
        (None, True, None, False),
        (None, None, None, True),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_members_delete_public_addresses_if_declared(
    sim: Any, fleet: bool | None, defaults: bool | None, own: bool | None, kept: bool, check: bool
) -> None:
    seed(sim, ["web-1"], public_ip=True)
    address = sim.state()["br-se1"]["public_ips"][0]["address"]
    one = {"name": "web-1", "delete_public_ip": own}
    given = done(
        sim, check, instances=[one], state="absent", delete_public_ip=fleet, defaults={"delete_public_ip": defaults}
    )
    assert member(given, "web-1").get("kept_public_ips", []) == [address] * kept
    assert any("is kept, and billed" in warning for warning in given["warnings"]) == kept
    assert len(sim.state()["br-se1"]["public_ips"]) == (kept or check)


def test_recreated_members_delete_public_addresses_if_declared(sim: Any) -> None:
    seed(sim, ["web-1"], public_ip=True, ssh_key_name="old")
    one = {"name": "web-1", "on_immutable_change": "recreate"}
    given = done(sim, instances=[one], delete_public_ip=True)
    assert [step["action"] for step in member(given, "web-1")["actions"]] == ["delete", "create"]
    assert not sim.state()["br-se1"]["public_ips"]
