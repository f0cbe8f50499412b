# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbook provision: its instances, its refusals, and two runs at once, which create no unnoticed duplicates."""

from __future__ import annotations

import getpass
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.declarations import IMAGE, LARGE, SMALL
from tests.support.fleet import changes, names, rows, seed
from tests.support.fleet_role import members
from tests.support.launch import Answers, Job, errors_in_answers, launch, refusals
from tests.support.play import SPEED
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]
SLOW = pytest.mark.test_all("one run of the playbook and its refusals are in make test")

WEB: Answers = {"magalu_name": "web", "magalu_machine_type": SMALL, "magalu_image": IMAGE, "magalu_public_ip": "false",
                "magalu_ssh_key_name": "deploy", "magalu_wait_for": "none"}  # fmt: skip
BLANK = ("availability_zone", "vpc", "security_groups", "labels", "user_data", "on_immutable_change", "count", "user",
         "delete_public_ip", "known_hosts", "ssh_port", "connect_with", "wait_timeout", "region")  # fmt: skip
SECRET = "#cloud-config {{ password }}\nchpasswd: geheim"


@SLOW
def test_a_blank_answer_counts_as_not_given(sim: Any, tmp_path: Path) -> None:
    answers = {**WEB, **{f"magalu_{name}": "" for name in BLANK}, "magalu_labels": []}
    planned = launch(sim, tmp_path, "provision", answers, ("--check",))
    assert planned.code == 0 and changes(sim) == [], planned.said
    assert planned.summary[0] == "1 instance: 1 would be created."
    done = launch(sim, tmp_path, "provision", answers)
    assert done.code == 0, done.said
    told = done.stats["magalu_provision"]
    (row,) = rows(sim)
    assert row["name"] == "web" and row["public_ip"] is None and row["ssh_key_name"] == "deploy"
    assert (told["created"], told["usable"], told["unusable"], told["failed"]) == (1, ["web"], [], [])
    assert told["instances"][0]["id"] == row["id"] and told["instances"][0]["default_user"] == "ubuntu"
    assert done.summary[1].startswith(f"web: running {told['instances'][0]['private_ipv4']}, 2001:db8:")
    again = launch(sim, tmp_path, "provision", answers)
    assert again.code == 0 and " changed=0 " in again.said and again.stats["magalu_provision"]["changed"] == []


def test_variables_of_the_inventory_delete_nothing(sim: Any, tmp_path: Path) -> None:
    """The role fleet also reads variables that the inventory has for another fleet."""
    seed(sim, ["app", "web"])
    another = {"fleet_state": "absent", "fleet_prune_match": "app*", "fleet_prune_all": True}
    (tmp_path / "hosts.yml").write_text(json.dumps({"all": {"vars": another}}))
    job = launch(sim, tmp_path, "provision", WEB, ("-i", "hosts.yml"))
    assert job.code == 0 and names(sim) == ["app", "web"], job.said


def test_every_answer_arrives(sim: Any, tmp_path: Path) -> None:
    groups = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"]
    answers = {
        **WEB, "magalu_count": "2", "magalu_availability_zone": "br-ne1-b", "magalu_vpc": "vpc-apps", "magalu_labels": "a, b c",
        "magalu_security_groups": "\n".join(groups), "magalu_user_data": SECRET, "magalu_region": "br-ne1",
        "magalu_public_ip": "true", "magalu_host_keys": False, "magalu_wait_timeout": 900,
    }  # fmt: skip
    job = launch(sim, tmp_path, "provision", answers, ("-vvv", "--diff"))
    assert job.code == 0, job.said
    assert "geheim" not in job.said
    made = sorted(sim.state()["br-ne1"]["instances"], key=lambda row: row["name"])
    assert [row["name"] for row in made] == ["web-01", "web-02"]
    interfaces = {one["id"]: one for one in sim.state()["br-ne1"]["interfaces"]}
    for row in made:
        assert row["availability_zone"] == "br-ne1-b" and row["vpc"]["name"] == "vpc-apps" and row["public_ip"]
        assert row["labels"] == ["a", "b c"]
        assert interfaces[row["interfaces"][0]]["security_groups"] == groups
    # The instance exists, and differs.
    other = {**answers, "magalu_image": "cloud-debian-12 LTS", "magalu_count": 2}
    failed = launch(sim, tmp_path, "provision", {**other, "magalu_on_immutable_change": "fail"})
    assert failed.code == 2 and failed.stats["magalu_provision"]["failed"] == ["web-01", "web-02"]
    recreated = {**other, "magalu_on_immutable_change": "recreate", "magalu_delete_public_ip": "yes"}
    old = {row["id"] for row in made}
    with pytest.raises(AssertionError, match="Recreating instance web-01 loses"):  # causes a warning
        launch(sim, tmp_path, "provision", recreated)
    assert len(old | {row["id"] for row in sim.state()["br-ne1"]["instances"]}) == 4
    assert len(sim.state()["br-ne1"]["public_ips"]) == 2


@SLOW
def test_host_keys_are_read_only_where_they_are_of_use(sim: Any, tmp_path: Path) -> None:
    """Host keys are not read without waiting, nor for a file that AWX deletes with its job."""
    seed(sim, ["web"])
    waits = {**WEB, "magalu_wait_for": "ssh"}
    known = {"magalu_known_hosts": str(tmp_path / "known")}
    cases: list[tuple[Answers, bool]] = [
        (WEB, False), ({**WEB, **known}, False), ({**WEB, **known, "magalu_host_keys": "init_logs"}, True),
        ({**waits, **known}, True), ({**waits, "awx_job_id": 66}, False), ({**waits, **known, "awx_job_id": 66}, True),
    ]  # fmt: skip
    for answers, read in cases:
        sim.clear_requests()
        launch(sim, tmp_path, "provision", answers, ("--check",))
        assert any("init-logs" in request["path"] for request in sim.requests()) == read, answers


@SLOW
def test_an_unknown_region_is_reported(sim: Any, tmp_path: Path) -> None:
    job = launch(sim, tmp_path, "provision", {**WEB, "magalu_region": "br-xx1"})
    assert job.code == 2 and "Check the region 'br-xx1' (region, MGC_REGION)" in job.why


@SLOW
@pytest.mark.needs("sshd", "ssh")
def test_usable_with_proof(sim: Any, tmp_path: Path) -> None:
    """Instances are usable as AWX runs the job: their own variables override the key and user of the command line."""
    with members(sim, tmp_path) as roles:
        answers = {
            **WEB, "magalu_image": "cloud-debian-12 LTS", "magalu_wait_for": "", "magalu_host_keys": "",
            "magalu_ssh_port": str(roles.port), "magalu_known_hosts": str(roles.known), "magalu_connect_with": "private_ipv4",
        }  # fmt: skip
        options = ("-u", getpass.getuser(), "--private-key", str(tmp_path / "key"),
                   "-e", f"ansible_python_interpreter={sys.executable}")  # fmt: skip
        env = {"ANSIBLE_SSH_ARGS": "-F none -o ControlMaster=no", "ANSIBLE_REMOTE_TMP": str(tmp_path / "remote"),
               "ANSIBLE_HOST_KEY_CHECKING": "False"}  # fmt: skip
        job = launch(sim, tmp_path, "provision", answers, options, **env)
        assert job.code == 0 and job.stats["magalu_provision"]["usable"] == ["web"], job.said
        assert len(roles.lines()) == 1
        answers |= {"magalu_user": "nobody-here", "magalu_wait_timeout": "3"}
        job = launch(sim, tmp_path, "provision", answers, options, **env)
    assert job.code == 2 and job.stats["magalu_provision"]["unusable"] == ["web"]
    assert "user: nobody-here" in job.said and "Permission denied" in job.said


@SLOW
@pytest.mark.parametrize("unique", [True, False])
def test_two_at_once(sim: Any, tmp_path: Path, unique: bool) -> None:
    """Two runs at once report duplicate names and fail, if the cloud allows them; nothing is deleted."""
    sim.reset(unique_names=unique, lag=2)
    folders = [tmp_path / name for name in ("one", "two")]

    def run(folder: Path) -> Job:
        folder.mkdir()
        return launch(sim, folder, "provision", WEB)

    # Both read before either creates: the first creation is held until the second one is requested.
    sim.add_fault(operation="POST /v1/instances", kind="hold", when="before", nth="every")
    with ThreadPoolExecutor() as pool:
        running = [pool.submit(run, folder) for folder in folders]
        wait_until(lambda: sim.faults()[0]["fired"] == 2 or any(each.done() for each in running))
        sim.clear_faults()
        jobs = [each.result() for each in running]
    if unique:
        assert names(sim) == ["web"] and [job.code for job in jobs] == [0, 0], jobs
    else:
        assert names(sim) == ["web", "web"] and [job.code for job in jobs] == [2, 2]
        for job in jobs:
            assert all(row["id"] in job.said for row in rows(sim)), job.said
            assert "2 instances are named" in job.said


@SLOW
def test_a_cancelled_job_is_run_again(sim: Any, tmp_path: Path) -> None:
    """A cancelled job, run again, finds the instances that it had created, and creates the missing ones."""
    seed(sim, ["web-02"])
    job = launch(sim, tmp_path, "provision", {**WEB, "magalu_count": 3})
    assert job.stats["magalu_provision"]["created"] == 2 and names(sim) == ["web-01", "web-02", "web-03"]


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ({}, ""),
        ({"magalu_count": "2", "magalu_host_keys": False, "magalu_wait_for": "", "magalu_ssh_port": 2222.0}, ""),
        ({"magalu_name": " "}, "missing required arguments: magalu_name found in answers"),
        ({"magalu_count": 0}, "magalu_count is 0; it must be greater than 0."),
        ({"magalu_count": True}, "argument 'magalu_count' is of type"),
        ({"magalu_machine_type": None, "magalu_image": ""}, "missing required arguments: magalu_image, magalu_machine_type"),
        ({"magalu_public_ip": ""}, "missing required arguments: magalu_public_ip"),
        ({"magalu_on_immutable_change": "replace"},
         "value of magalu_on_immutable_change must be one of: warn, fail, recreate, ignore, got: replace"),
        ({"magalu_on_immutable_change": "recreate"},
         "magalu_on_immutable_change is recreate but all of the following are missing: magalu_delete_public_ip"),
        ({"magalu_delete_public_ip": "perhaps"}, "argument 'magalu_delete_public_ip' is of type"),
        ({"magalu_wait_for": "winrm"}, "value of magalu_wait_for must be one of: none, ssh, cloud_init, got: winrm"),
        ({"magalu_host_keys": "trust"}, "value of magalu_host_keys must be one of: init_logs, scan, off, got: trust"),
        ({"magalu_connect_with": "name"}, "value of magalu_connect_with must be one of: public_ipv4,"),
        ({"magalu_ssh_port": "ssh"}, "argument 'magalu_ssh_port' is of type"),
        ({"magalu_wait_timeout": "1h"}, "argument 'magalu_wait_timeout' is of type"),
        ({"magalu_wait_timeout": "0"}, "magalu_wait_timeout is 0; it must be greater than 0."),
        ({"magalu_security_groups": "web"}, "magalu_security_groups contains 'web'; it must contain only ids (UUIDs)."),
    ],
    ids=str,
)  # fmt: skip
def test_bad_answers_are_refused(case: Answers, message: str) -> None:
    said = errors_in_answers("provision", {**WEB, **case})
    assert said.startswith(message) and bool(said) == bool(message), said


@pytest.mark.every_core
def test_all_mistakes_are_reported_before_any_request(sim: Any, tmp_path: Path) -> None:
    """The playbook itself refuses the cases of the table before any request."""
    wrong = [
        {**WEB, "magalu_name": " ", "magalu_wait_for": "luck"},
        {**WEB, "magalu_count": "0", "magalu_ssh_port": -1},
    ]
    first, second = refusals(sim, tmp_path, "provision", wrong)
    assert "missing required arguments: magalu_name" in first and "value of magalu_wait_for must be one of" in first
    assert second == ("magalu_count is 0; it must be greater than 0. magalu_ssh_port is -1; it must be greater than 0.")
    assert sim.requests() == []


@SLOW
def test_an_unknown_machine_type_is_reported(sim: Any, tmp_path: Path) -> None:
    job = launch(sim, tmp_path, "provision", {**WEB, "magalu_machine_type": LARGE + "0"})
    assert job.code == 2 and LARGE in job.why and changes(sim) == []
