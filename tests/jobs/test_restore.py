# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbook restore: one instance from a copy, never two, and its refusals."""

from __future__ import annotations

import base64
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.declarations import IMAGE, SMALL
from tests.support.fleet import changes, rows
from tests.support.killing import kill_at
from tests.support.launch import Answers, errors_in_answers, launch, refusals
from tests.support.play import SPEED
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]
SLOW = pytest.mark.test_all("one run of the playbook and its refusals are in make test")

ASKED: Answers = {
    "magalu_copy": "day", "magalu_name": "web-2", "magalu_machine_type": SMALL, "magalu_public_ip": "false", "magalu_kind": "",
    "magalu_ssh_key_name": "", "magalu_availability_zone": "", "magalu_vpc": "", "magalu_security_groups": "", "magalu_user_data": "",
    "magalu_wait_timeout": "", "magalu_region": "",
}  # fmt: skip
RESTORE = "POST /v1/snapshots/{id}"


def seed_copy(sim: Any, kind: str = "snapshot", name: str = "day") -> str:
    """Create an instance and a copy of it, and return the copy's id."""
    made = sim.seed("instance", name=f"of-{name}", created_at=sim.now() - 7200)
    return str(sim.seed(kind, name=name, instance=made["id"], created_at=sim.now() - 3600)["id"])


def test_planned_killed_restored_and_again(sim: Any, tmp_path: Path) -> None:
    seed_copy(sim)
    group, key = "11111111-1111-4111-8111-111111111111", "{{ lookup('pipe', 'touch PROOF') }}"
    asked = {**ASKED, "magalu_ssh_key_name": key, "magalu_availability_zone": "br-se1-b", "magalu_vpc": "vpc-apps",
             "magalu_security_groups": f"{group}\n", "magalu_user_data": "#cloud-config of a secret"}  # fmt: skip
    planned = launch(sim, tmp_path, "restore", asked, ("--check",), warnings=1)  # about the missing name of the key
    assert planned.summary == ["Instance web-2 would be restored from snapshot day.", "It has no id yet."]
    assert changes(sim) == []
    book = [{"ansible.builtin.import_playbook": "magalu.cloud.restore", "vars": ASKED | {"magalu_name": "web-3"}}]
    kill_at(sim, tmp_path, book, RESTORE)
    assert launch(sim, tmp_path, "restore", ASKED | {"magalu_name": "web-3"}).code == 0
    done = launch(sim, tmp_path, "restore", asked, warnings=1)
    assert done.code == 0, done.said
    made = {row["name"]: row for row in rows(sim)}
    assert sorted(made) == ["of-day", "web-2", "web-3"] and len(rows(sim)) == 3
    new = made["web-2"]
    assert (new["ssh_key_name"], new["availability_zone"], new["vpc"]["name"]) == (key, "br-se1-b", "vpc-apps")
    told = done.stats["magalu_restore"]
    assert (told["id"], told["changed"], told["name"], told["public_ipv4"]) == (new["id"], True, "web-2", "")
    assert told["private_ipv4"] in done.summary[1]
    again = launch(sim, tmp_path, "restore", asked)
    assert again.summary[0] == "Instance web-2 was already restored from snapshot day."
    assert again.stats["magalu_restore"]["changed"] is False
    assert "secret" not in planned.said + done.said + again.said
    assert not (tmp_path / "PROOF").exists()


@SLOW
@pytest.mark.every_core
def test_user_data_that_looks_like_a_value_arrives_unchanged(sim: Any, tmp_path: Path) -> None:
    """User data arrives unchanged, although ansible-core 2.16 converts texts that begin with a brace or a bracket."""
    seed_copy(sim)
    data = '{"ignition": {"version": "3.3.0"}}'
    given = {"magalu_machine_type": SMALL, "magalu_public_ip": "false", "magalu_user_data": data}
    new = {"magalu_image": IMAGE, "magalu_wait_for": "none"}
    asked = {**given, **new, "magalu_name": "web-3"}
    assert launch(sim, tmp_path, "provision", asked, warnings=1).code == 0  # cloud-init does not know this format
    assert launch(sim, tmp_path, "restore", {**ASKED, **given}).code == 0
    bodies = [request["body"] for request in sim.requests() if request["method"] == "POST"]
    assert [base64.b64decode(body["user_data"]).decode() for body in bodies] == [data, data]


@SLOW
def test_a_backup_by_its_id_with_a_public_address(sim: Any, tmp_path: Path) -> None:
    sim.reset(edition="2024-08")
    asked = {**ASKED, "magalu_kind": "backup", "magalu_copy": seed_copy(sim, "backup"), "magalu_public_ip": "yes"}
    done = launch(sim, tmp_path, "restore", asked)
    assert done.code == 0, done.said
    assert done.stats["magalu_restore"]["public_ipv4"] == sim.state()["br-se1"]["public_ips"][0]["address"]


@SLOW
def test_two_simultaneous_restores_are_reported_and_kept(sim: Any, tmp_path: Path) -> None:
    sim.reset(unique_names=False)
    seed_copy(sim)

    def other() -> None:
        wait_until(lambda: any((row["name"], row["status"]) == ("web-2", "completed") for row in rows(sim)))
        sim.seed("instance", name="web-2")

    thread = threading.Thread(target=other, daemon=True)
    thread.start()
    job = launch(sim, tmp_path, "restore", ASKED)
    thread.join(10)
    ids = [row["id"] for row in rows(sim) if row["name"] == "web-2"]
    assert (job.code, len(ids)) == (2, 2)
    # The module's error, or that of the check after it, whichever comes first.
    assert re.search("There are 2 instances named web-2: |2 instances are named 'web-2': ", job.why)
    assert all(one in job.why for one in ids)
    assert not [request for request in changes(sim) if request.startswith("DELETE")]


@SLOW
def test_a_missing_copy_has_no_plan(sim: Any, tmp_path: Path) -> None:
    """A missing copy has no plan, in check mode neither: an approved plan of it could not be applied."""
    job = launch(sim, tmp_path, "restore", {**ASKED, "magalu_copy": "none"}, ("--check",), warnings=1)
    assert job.code == 2 and job.why.startswith("There is no snapshot none in this region. Nothing would be done.")
    assert job.stats == {}


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({}, ""),
        ({"magalu_copy": " "}, "missing required arguments: magalu_copy found in answers"),
        ({"magalu_name": ""}, "missing required arguments: magalu_name found in answers"),
        ({"magalu_machine_type": ""}, "missing required arguments: magalu_machine_type found in answers"),
        ({"magalu_public_ip": ""}, "missing required arguments: magalu_public_ip found in answers"),
        (
            {"magalu_kind": "image"},
            "value of magalu_kind must be one of: snapshot, backup, got: image found in answers",
        ),
        ({"magalu_wait_timeout": 0}, "magalu_wait_timeout is 0; it must be greater than 0."),
        ({"magalu_security_groups": "web"}, "magalu_security_groups contains 'web'; it must contain only ids (UUIDs)."),
    ],
)
def test_bad_answers_are_refused(answers: Any, message: str) -> None:
    assert errors_in_answers("restore", {**ASKED, **answers}) == message


def test_mistakes_are_refused_before_any_change(sim: Any, tmp_path: Path) -> None:
    seed_copy(sim)
    seed_copy(sim, name="other")
    sim.clear_requests()
    cases: dict[str, Answers] = {
        "magalu_wait_timeout is 0": {**ASKED, "magalu_wait_timeout": 0},
        "exists, but was not restored from snapshot day: it": {**ASKED, "magalu_name": "of-other"},
        "no snapshot": {**ASKED, "magalu_copy": "none"},
        "Use snapshots": {**ASKED, "magalu_kind": "backup"},
    }
    for said, told in zip(cases, refusals(sim, tmp_path, "restore", cases.values()), strict=True):
        assert said in told
    assert changes(sim) == []
