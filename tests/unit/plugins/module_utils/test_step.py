# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans for single rows: protections, refusals, warnings, and their messages."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import UNREADABLE
from ansible_collections.magalu.cloud.plugins.module_utils._plan.instance import plan_instance
from ansible_collections.magalu.cloud.plugins.module_utils._plan.options import desired_instance
from ansible_collections.magalu.cloud.plugins.module_utils._plan.step import (
    Catalogs,
    Identity,
    Memory,
    Plan,
    Step,
    predict,
)

ID, PORT, OWN = (f"{number}0000000-0000-4000-8000-000000000000" for number in (1, 2, 3))
CATALOGS = Catalogs(
    images=[{"id": ID, "name": "ubuntu", "status": "active"}, {"id": OWN, "name": "debian", "status": "active"}],
    machine_types=[{"id": ID, "name": "small", "status": "active", "vcpus": 1, "disk": 10}],
    api_version="2026",
)
PRIMARY = {"id": PORT, "primary": True, "associated_public_ipv4": "203.0.113.7"}
ROW: dict[str, Any] = {
    "id": ID, "name": "web", "state": "running", "status": "completed", "labels": ["old"], "ssh_key_name": "deploy",
    "machine_type": {"id": ID, "name": "small"}, "image": {"id": ID, "name": "ubuntu"}, "error": None,
    "user_data": base64.b64encode(b"#!/bin/sh").decode(), "network": {"interfaces": [PRIMARY]},
}  # fmt: skip
DECLARED = {"name": "web", "machine_type": "small", "image": "ubuntu"}
FAILED = {**ROW, "status": "creating_error", "state": "error", "error": {"slug": "no.room", "message": "no room"}}


def planned(row: dict[str, Any] | None, **want: Any) -> Plan:
    declared = desired_instance(want)
    return plan_instance({"instance": row, "renamed": None}, declared, CATALOGS, Memory())


def refusal(row: dict[str, Any] | None, **want: Any) -> str:
    with pytest.raises(Refused) as caught:
        planned(row, **want)
    return str(caught.value)


def actions(made: Plan) -> list[str]:
    return [step.action for step in made.steps]


@pytest.mark.parametrize("protection", [{"protect_names": ["db-*", "we"]}, {"protect_labels": ["new"]}])
def test_an_unprotected_instance_is_deleted(protection: dict[str, Any]) -> None:
    (step,) = planned(ROW, name="web", state="absent", **protection).steps
    assert (step.action, step.allowed_in_transition, step.path, step.effect) == (
        "delete",
        True,
        f"/v1/instances/{ID}",
        None,
    )


@pytest.mark.parametrize(
    ("row", "protection", "why"),
    [
        (ROW, {"protect_names": ["db-*", "w?b"]}, "its name matches 'w?b' of protect_names"),
        (ROW, {"protect_labels": ["new", "old"]}, "it has the label 'old' of protect_labels"),
        (
            {**ROW, "labels": None},
            {"protect_labels": ["new"]},
            "the API did not return its labels, and one of them may be in protect_labels",
        ),
    ],
)
def test_deletion_of_a_protected_instance_is_refused_with_id_and_reason(row: Any, protection: Any, why: str) -> None:
    for want in ({"state": "absent"}, {**DECLARED, "image": "debian", "on_immutable_change": "recreate"}):
        text = refusal(row, **{"name": "web", **want}, **protection)
        assert f"instance web ({ID})" in text
        assert why in text


def test_a_name_that_cannot_be_read_counts_as_protected() -> None:
    text = refusal({**ROW, "name": None, UNREADABLE: ["name"]}, id=ID, state="absent", protect_names=["db-*"])
    assert "its name cannot be read, so it may match protect_names" in text


def test_addresses_that_stay_are_those_that_there_are() -> None:
    row = {**ROW, "network": {"interfaces": [PRIMARY, {"id": OWN, "associated_public_ipv4": None}]}}
    assert planned(row, name="web", state="absent").kept_public_ips == ("203.0.113.7",)
    assert planned(row, name="web", state="absent", delete_public_ip=True).kept_public_ips == ()


@pytest.mark.parametrize(
    ("want", "words"),
    [
        ({"ssh_key_name": "mine"}, "ssh_key_name is 'deploy', declared is 'mine'"),
        ({"image": "debian"}, "image is 'ubuntu', declared is 'debian'"),
        ({"image": OWN}, f"image is 'ubuntu', declared is '{OWN}'"),
        ({"user_data": "#!/bin/bash"}, "later: user data."),
        ({"ssh_key_name": "mine", "image": "debian"}, "image is 'ubuntu', declared is 'debian'; ssh_key_name is"),
    ],
)
def test_on_immutable_change_decides_about_immutable_differences(want: dict[str, Any], words: str) -> None:
    (warning,) = planned(ROW, name="web", **want).warnings
    assert words in warning
    assert words in refusal(ROW, name="web", on_immutable_change="fail", **want)
    assert planned(ROW, name="web", on_immutable_change="ignore", **want).warnings == ()


@pytest.mark.parametrize("what", ["warn", "fail", "recreate", "ignore"])
def test_an_old_failure_is_warned_of_and_does_not_differ(what: str) -> None:
    row = {**ROW, "status": "retyping_error", "error": {"slug": "no.room", "message": "no room"}}
    made = planned(row, **DECLARED, on_immutable_change=what)
    assert actions(made) == []
    assert made.warnings == ("The last operation on instance web failed (retyping_error): no room (slug no.room)",)
    assert "the API gives no reason" in planned({**row, "error": None}, **DECLARED).warnings[0]


def test_recreating_keeps_the_power_state_also_in_check_mode() -> None:
    want = {**DECLARED, "image": "debian", "on_immutable_change": "recreate"}
    for state, more in (("running", []), ("stopped", ["stop"]), ("suspended", ["suspend"])):
        made = planned({**ROW, "state": state}, **want)
        assert actions(made) == ["delete", "create", *more]
        assert made.after and made.after["state"] == state
        assert "loses its disk" in made.warnings[0]
        assert made.kept_public_ips == ("203.0.113.7",)


@pytest.mark.parametrize(
    ("row", "want", "why"),
    [
        ({**ROW, "status": "stopping"}, {}, "it is in transition"),
        (ROW, {"id": ID}, "it is declared by id"),
        ({**ROW, "network": None}, {}, "the API does not return its interfaces"),
        ({**ROW, "network": {"interfaces": [PRIMARY, {"id": OWN}]}}, {}, "interfaces beyond the primary"),
        (ROW, {"network": {"interface": PORT}}, "its interface is the user's own"),
    ],
)
def test_recreating_is_refused_where_more_than_meant_would_be_lost(row: Any, want: Any, why: str) -> None:
    text = refusal(row, **DECLARED, **want, ssh_key_name="mine", on_immutable_change="recreate")
    assert why in text
    assert "ssh_key_name is 'deploy'" in text


def test_a_failed_creation_is_replaced_only_if_asked_for_and_declared_by_name() -> None:
    made = planned(FAILED, **DECLARED, on_failed="replace")
    assert actions(made) == ["delete", "create"]
    assert made.steps[0].query == (("delete_public_ip", "true"),)
    assert made.kept_public_ips == ()
    for want in ({}, {"on_failed": "replace", "id": ID}):
        text = refusal(FAILED, **DECLARED, **want)
        assert "no room (slug no.room)" in text
        assert "on_failed: replace, which does that" in text


def test_a_missing_instance_is_created_then_attached_and_stopped() -> None:
    made = planned(None, **DECLARED, network={"interface": PORT}, network_interfaces=[PORT, OWN], state="stopped")
    assert actions(made) == ["create", "attach", "stop"]
    assert made.steps[1].goal == {"attached": OWN}
    assert made.steps[1].description == f"attach interface {OWN} to instance web"
    assert made.steps[1].body == {"instance": {"id": "{id}"}, "network": {"interface": {"id": OWN}}}


@pytest.mark.parametrize(
    ("want", "words"),
    [
        ({"id": ID}, f"There is no instance with id {ID}; an instance cannot be created with a given id."),
        ({"name": "web", "new_name": "www"}, "There is no instance 'web' to rename, and no instance 'www'."),
        ({"name": "web"}, "There is no instance 'web'; creating it needs machine_type."),
        ({"name": "web", "machine_type": "small"}, "creating it needs image"),
    ],
)
def test_a_creation_without_its_required_options_is_refused(want: dict[str, Any], words: str) -> None:
    assert words in refusal(None, **want)


def test_detaching_needs_to_know_the_primary_interface() -> None:
    ports = [PRIMARY, {"id": OWN, "primary": False}]
    want = {"name": "web", "network_interfaces": [], "purge_network_interfaces": True}
    made = planned({**ROW, "network": {"interfaces": ports}}, **want)
    assert [(step.action, step.goal) for step in made.steps] == [("detach", {"detached": OWN})]
    assert actions(planned({**ROW, "network": {"interfaces": ports}}, name="web", network_interfaces=[])) == []
    for primaries in ((False, False), (True, True), (None, None)):
        unknown = [{"id": port["id"], "primary": primary} for port, primary in zip(ports, primaries, strict=True)]
        text = refusal({**ROW, "network": {"interfaces": unknown}}, **want)
        assert f"exactly one interface of instance web as primary ({primaries.count(True)} of 2 are)" in text
    assert "does not return the interfaces" in refusal({**ROW, "network": None}, **want)


def test_a_rename_to_a_name_that_is_taken_names_both() -> None:
    declared = desired_instance({"name": "web", "new_name": "www"})
    with pytest.raises(Refused, match=rf"'web' \({ID}\) cannot be renamed: 'www' exists too \({OWN}\)"):
        plan_instance({"instance": ROW, "renamed": {**ROW, "id": OWN, "name": "www"}}, declared, CATALOGS, Memory())


def test_the_power_state_to_restore_is_the_last_settled_state_before_the_run() -> None:
    """The first row can be older than a step of an earlier run, or than what another operator did."""
    memory = Memory()
    for row in (None, {**ROW, "state": "stopped"}, {**ROW, "status": "starting"}, {**ROW, "state": "new"}, ROW):
        memory.note_power_state(row)
    assert memory.start_state == "running"
    memory.sent[Identity("create", "night")] = 1
    memory.note_power_state({**ROW, "state": "suspended"})
    assert memory.start_state == "suspended"
    for action in ("start", "stop", "suspend", "reboot", "retype", "delete"):
        changed = Memory()
        changed.note_power_state(ROW)
        changed.sent[Identity(action, ID)] = 1
        changed.note_power_state({**ROW, "state": "stopped"})
        assert changed.start_state == "running", action


def test_effects_add_up_and_a_deletion_leaves_nothing() -> None:
    stop = Step("stop", "stop it", "POST", "/stop", {}, {"state": "stopped"})
    name = Step("rename", "name it", "PATCH", "/name", {}, {"name": "www"})
    delete = Step("delete", "delete it", "DELETE", "/", {"gone": True}, None)
    assert predict(ROW, [stop, name]) == {**ROW, "state": "stopped", "name": "www"}
    assert predict(ROW, [stop, delete]) is None
    assert predict(None, [stop]) == {"state": "stopped"}
    assert (stop.identity.action, stop._replace(counts_as="power").identity.action) == ("stop", "power")
