# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The declaration of a fleet: members, their defaults and states, and errors before the first request."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.declarations import LARGE, SMALL
from tests.support.fleet import actions, changes, done, list_requests, member, names, refused, rows, run, seed, states

IDS = ["9ec75090-2872-4f51-8111-53d05d96d2c6", "8ec75090-2872-4f51-8111-53d05d96d2c6"]
WEB = {"name": "web"}


def bodies(sim: Any) -> dict[str, Any]:
    """Return the body of each creation."""
    made = [one["body"] for one in sim.requests() if (one["method"], one["path"]) == ("POST", "/v1/instances")]
    return {body["name"]: body for body in made}


def test_defaults_hold_where_a_member_says_nothing_and_networks_are_merged_key_by_key(sim: Any) -> None:
    defaults = {"machine_type": LARGE, "network": {"vpc": "vpc-apps"}, "labels": ["blue"], "state": "stopped"}
    done(
        sim, defaults=defaults, state="suspended",
        instances=[
            {"name": "own", "machine_type": SMALL, "network": {"associate_public_ip": True}, "labels": [],
             "state": "running"},
            {"name": "plain", "image": None, "ssh_key_name": "", "network": {}},
        ],
    )  # fmt: skip
    sent = bodies(sim)
    assert sent["own"]["network"] == {"vpc": {"name": "vpc-apps"}, "associate_public_ip": True}
    assert sent["plain"]["network"] == {"vpc": {"name": "vpc-apps"}}
    assert (sent["own"]["labels"], sent["plain"]["labels"]) == ([], ["blue"])
    assert sent["plain"]["ssh_key_name"] == "deploy", "null and empty are as not given"
    kinds = {row["name"]: row["machine_type"]["name"] for row in rows(sim)}
    assert kinds == {"own": SMALL, "plain": LARGE}
    assert states(sim) == {"own": "running", "plain": "stopped"}, "the state of the defaults is nearer than that of all"


def test_a_members_option_replaces_conflicting_defaults(sim: Any) -> None:
    sim.seed("snapshot", name="day")
    port = IDS[0]
    defaults = {
        "user_data": "#!/bin/sh\n",
        "network": {"vpc": "vpc-apps", "security_groups": [IDS[1]], "associate_public_ip": False},
    }
    done(sim, defaults=defaults, instances=[
        {"name": "copy", "snapshot": "day"}, {"name": "own", "network": {"interface": port}},
        {"name": "data", "user_data_base64": "IyEvYmluL3NoCg=="},
    ])  # fmt: skip
    assert bodies(sim)["own"]["network"] == {"interface": {"id": port}, "associate_public_ip": False}
    assert "POST snapshots/" in "".join(changes(sim))
    assert names(sim) == ["copy", "data", "own"]


def test_state_of_all_and_own_states(sim: Any) -> None:
    seed(sim, ["a", "b", "c", "d"])
    done(
        sim,
        state="stopped",
        instances=[{"name": "a"}, {"name": "b", "state": "suspended"}, {"name": "c", "state": "absent"}],
    )
    assert states(sim) == {"a": "stopped", "b": "suspended", "d": "running"}
    assert done(sim, instances=[{"name": "a"}])["changed"] is False, "present leaves the power as it is"


def test_count_adds_numbered_members_to_the_listed_members(sim: Any) -> None:
    given = done(sim, count=2, name_format="web-{index:03d}", instances=[{"name": "db"}])
    assert [one["name"] for one in given["members"]] == ["db", "web-001", "web-002"]
    assert names(sim) == ["db", "web-001", "web-002"]
    assert given["totals"] == {"members": 3, "changed": 3, "failed": 0, "created": 3, "deleted": 0, "pruned": 0}
    more = done(sim, count=3, name_format="web-{index:03d}", instances=[{"name": "db", "state": "absent"}])
    assert more["totals"] == {"members": 4, "changed": 2, "failed": 0, "created": 1, "deleted": 1, "pruned": 0}
    assert {name for name, steps in actions(more).items() if steps} == {"db", "web-003"}


def test_results_come_in_the_order_of_the_declaration(sim: Any) -> None:
    order = [f"web-{number}" for number in (3, 1, 9, 2, 7)]
    seed(sim, ["web-1", "web-9"])
    for check in (True, False):
        given = done(sim, check, instances=[{"name": name} for name in order])
        assert [one["name"] for one in given["members"]] == order


def test_brief_results_have_a_few_keys_of_each_instance(sim: Any) -> None:
    brief = {"id", "name", "state", "status", "phase", "private_ipv4", "public_ipv4", "public_ipv6"}
    for check in (True, False, False):
        given = done(sim, check, instances=[WEB, {"name": "gone", "state": "absent"}], results="brief")
        assert set(member(given, "web")["instance"]) == brief
        assert member(given, "gone")["instance"] is None
    full = done(sim, instances=[WEB])
    assert set(member(full, "web")["instance"]) > brief | {"machine_type", "image", "network"}


def test_members_by_id_and_renames(sim: Any) -> None:
    first, second = (sim.seed("instance", name=name)["id"] for name in ("one", "two"))
    declared = [
        {"id": first, "name": "uno"},
        {"name": "two", "new_name": "dos"},
        {"id": second.upper(), "state": "stopped"},
    ]
    assert "are the same instance" in refused(sim, instances=declared)
    given = done(sim, instances=declared[:2])
    assert actions(given) == {"uno": ["rename instance one to uno"], "two": ["rename instance two to dos"]}
    assert names(sim) == ["dos", "uno"]
    assert done(sim, instances=declared[:2])["changed"] is False
    done(sim, instances=[{"id": second.upper(), "state": "stopped"}])
    assert states(sim) == {"uno": "running", "dos": "stopped"}
    message = refused(sim, instances=[{"id": IDS[0]}])
    assert "There is no instance with id" in message


@pytest.mark.parametrize(("kind", "edition"), [("snapshot", "2026-08"), ("snapshot", "2024-08"), ("backup", "2024-08")])
def test_members_are_restored_from_copies(sim: Any, kind: str, edition: str) -> None:
    sim.reset(edition=edition)
    copy = sim.seed(kind, name="day", created_at=sim.now() - 60)
    sources = [{"name": "a", kind: "day"}, {"name": "b", kind: copy["id"], "state": "stopped"}, {"name": "c"}]
    checked = done(sim, check=True, instances=sources)
    given = done(sim, instances=sources)
    assert actions(given) == actions(checked)
    assert actions(given)["b"] == [f"restore instance b from {kind} {copy['id']}", "stop instance b"]
    assert states(sim) == {"a": "running", "b": "stopped", "c": "running"}
    assert given["totals"]["created"] == 3
    assert done(sim, instances=sources)["changed"] is False
    missing = run(sim, instances=[{"name": "x", kind: "night"}, {"name": "d"}])
    assert f"There is no {kind} night" in missing["msg"]
    assert "d" in names(sim)


def test_an_api_version_without_a_feature_fails_its_member_alone(sim: Any) -> None:
    given = run(sim, instances=[{"name": "a", "backup": "day"}, {"name": "b"}])
    assert "has no backups" in member(given, "a")["msg"]
    assert member(given, "a")["error"]["slug"] == given["error"]["slug"] == "not_in_api_version"
    assert names(sim) == ["b"]
    sim.reset(edition="2024-08")
    given = run(sim, instances=[{"name": "a", "labels": ["x"]}, {"name": "b", "ssh_key_name": None}])
    assert "does not know labels" in member(given, "a")["msg"]
    assert bodies(sim)["b"]["ssh_key_name"] == "deploy"


@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
def test_a_missing_ssh_key_is_sent_as_each_api_version_expects(sim: Any, edition: str) -> None:
    sim.reset(edition=edition)
    done(sim, defaults={"ssh_key_name": None}, instances=[WEB])
    assert bodies(sim)["web"].get("ssh_key_name") == ("" if edition == "2024-08" else None)


@pytest.mark.parametrize(("options", "words"), [
    ({"instances": [WEB, {"name": "db"}, WEB]}, "Each member needs its own name, but several have 'web'."),
    ({"instances": [WEB], "count": 1, "name_format": "we{index:.0s}b"}, "must contain {index}"),
    ({"instances": [{"name": "web-1"}], "count": 1, "name_format": "web-{index}"}, "several have 'web-1'."),
    ({"instances": [{"id": IDS[0]}, {"id": IDS[0]}]}, "Each member needs its own id"),
    ({"instances": [WEB, {"name": "db", "new_name": "web"}]}, "several have 'web'."),
    ({"instances": [{"state": "running"}]}, "instances[0] has neither name nor id."),
    ({"instances": []}, "The declaration has no members."),
    ({}, "one of the following is required: instances, count"),
    ({"count": 2}, "count needs name_format"),
    ({"count": -1, "name_format": "web-{index}"}, "count is -1; it must be between 0 and 100,000."),
    *(({"count": 2, "name_format": name}, "must contain {index}")
      for name in ("web", "web-{index:099999999d}", "web-{number}", "web-{}", "web-{index.x}", "web-{index[0]}", "web-{index:q}", "{")),
    ({"instances": [WEB], "concurrency": 0}, "concurrency is 0; it must be 1 or more."),
    ({"instances": [WEB], "batch": "0"}, "batch is '0'; it must be a number from 1 on or a percentage such as 20%."),
    ({"instances": [WEB], "batch": "half"}, "batch is 'half'"),
    ({"instances": [WEB], "batch": "1", "wait": False}, "batch cannot be combined with wait: false"),
    ({"instances": [WEB], "max_failures": "-1"}, "max_failures is '-1'; it must be a number or a percentage such as 20%."),
    ({"instances": [WEB], "prune_match": "web*", "wait": False}, "Pruning cannot be combined with wait: false"),
    ({"instances": [{"name": "web", "state": "gone"}]}, "value of state must be one of"),
    ({"instances": [{"name": "web", "image": "a", "snapshot": "b"}]}, "mutually exclusive: image|snapshot|backup"),
    ({"instances": [WEB], "defaults": {"id": IDS[0], "new_name": "x"}}, "mutually exclusive: id|new_name"),
    ({"instances": [{"name": "web", "network": {"interface": "eth0"}}]}, "network.interface is 'eth0', but ids are UUIDs"),
    ({"instances": [{"name": "x" * 256}]}, "name is 256 characters long"),
    ({"instances": [{"name": "web", "nme": 1}]}, "Unsupported parameters"),
])  # fmt: skip
def test_a_contradictory_declaration_is_refused_before_any_request(sim: Any, options: Any, words: str) -> None:
    assert words in refused(sim, **options)
    assert not list_requests(sim)


def test_an_empty_declaration_needs_count_0_or_allow_empty(sim: Any) -> None:
    for options in ({"count": 0}, {"instances": [], "allow_empty": True}):
        given = done(sim, **options)
        assert (given["members"], given["changed"]) == ([], False)


def test_a_shared_name_fails_its_member_alone(sim: Any) -> None:
    sim.reset(unique_names=False)
    seed(sim, ["web", "web", "db"])
    given = run(sim, state="stopped", instances=[WEB, {"name": "db"}])
    assert "2 instances are named 'web'" in member(given, "web")["msg"]
    assert sorted(row["state"] for row in rows(sim)) == ["running", "running", "stopped"]


def test_a_name_shared_during_the_run_fails_its_member_alone(sim: Any) -> None:
    sim.reset(unique_names=False)
    seed(sim, ["web", "db"])

    class Another:
        def __getattr__(self, name: str) -> Any:
            return getattr(sim, name)

        def advance(self, seconds: float) -> None:
            if seconds and len(rows(sim)) == 2:
                seed(sim, ["web"])
            sim.advance(seconds)

    given = run(Another(), state="suspended", instances=[WEB, {"name": "db"}])
    assert member(given, "web")["failed"]
    assert not member(given, "db").get("failed")
    assert states(sim)["db"] == "suspended"


def test_the_members_protections_hold(sim: Any) -> None:
    seed(sim, ["a", "b", "c"], labels=["keep"])
    given = run(sim, state="absent", instances=[
        {"name": "a", "protect_names": ["a*"]}, {"name": "b", "protect_labels": ["keep"]}, {"name": "c"},
    ])  # fmt: skip
    assert names(sim) == ["a", "b"]
    assert "matches 'a*' of protect_names" in member(given, "a")["msg"]
    assert "has the label 'keep'" in member(given, "b")["msg"]


def test_diff_shows_each_changed_member(sim: Any) -> None:
    seed(sim, ["same", "other"])
    declared = [{"name": "same"}, {"name": "other", "state": "stopped"}, {"name": "new"}]
    checked, real = (done(sim, check, True, instances=declared)["diff"] for check in (True, False))
    assert [(each["before_header"], each["after_header"]) for each in real] == [("other", "other"), ("new", "new")]
    assert (real[0]["before"]["state"], real[0]["after"]["state"]) == ("running", "stopped")
    assert real[1]["before"] == {} and real[1]["after"]["state"] == "running"
    assert [each["before"] for each in checked] == [each["before"] for each in real]
    assert checked[0]["after"] == real[0]["after"]
