# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbook power: its choice of instances, actions and batches, its refusals and its output."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.fleet import changes, seed, states
from tests.support.launch import Answers, errors_in_answers, launch, play, refusals
from tests.support.play import SPEED
from tests.support.raw_client import Api

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]
SLOW = pytest.mark.test_all("one run of the playbook and its refusals are in make test")

WEB = ["web-01", "web-02", "web-03", "web-04"]
STOP = "POST /v1/instances/{id}/stop"
NO: Answers = {"kind": "status", "status": 403, "body": {"slug": "forbidden", "message": "Not this one"}}
ID = "00000000-0000-4000-8000-00000000000{}"
HOSTILE = "web-{{ lookup('pipe', 'touch PROOF') }}"


def test_stop_in_check_mode_and_for_real_and_again(sim: Any, tmp_path: Path) -> None:
    """Stop works in check mode, for real and again; names that look like templates are texts."""
    seed(sim, [*WEB[:2], HOSTILE])
    seed(sim, ["web-09"], state="stopped")
    seed(sim, ["db-01"])
    answers = {
        "magalu_action": "stop",
        "magalu_name_pattern": "web-*",
        "magalu_ids": "",
        "magalu_batch": "",
        "magalu_region": "",
    }
    told = {
        "check_mode": True, "selected": 4, "changed": [*WEB[:2], HOSTILE], "unchanged": ["web-09"], "left_alone": [],
        "failed": [], "not_in_inventory": 0,
    }  # fmt: skip
    planned = launch(sim, tmp_path, "power", answers, ("--check",))
    assert (planned.code, planned.stats["magalu_power"]) == (0, told)
    assert set(planned.stats) == {"magalu_power", "magalu_power_plan"}
    assert planned.summary[1] == f"3 would change: web-01, web-02, {HOSTILE}"
    assert "stop instance web-01" in planned.said
    assert changes(sim) == []
    done = launch(sim, tmp_path, "power", answers)
    assert (done.code, done.stats) == (0, {"magalu_power": told | {"check_mode": False}})
    assert set(states(sim).values()) == {"stopped", "running"} and states(sim)["db-01"] == "running"
    again = launch(sim, tmp_path, "power", answers)
    assert again.stats["magalu_power"]["changed"] == [] and " changed=0 " in again.said
    assert len(changes(sim)) == 3
    assert not (tmp_path / "PROOF").exists()


@SLOW
def test_each_action_chooses_the_instances_that_it_suits(sim: Any, tmp_path: Path) -> None:
    """Each action takes the instances that it suits: none is started in order to be suspended or rebooted."""
    kinds = ("running", "stopped", "suspended")
    ids = {state: sim.seed("instance", name=state, state=state, id=str(uuid4()).upper())["id"] for state in kinds}
    plays = [
        {"magalu_action": "reboot", "magalu_ids": list(ids.values())},
        {
            "magalu_action": "suspend",
            "magalu_ids": f"{ids['running']},\n{ids['stopped'].lower()}",
            "magalu_confirm_count": "2",
        },
        {"magalu_action": "start", "magalu_name_pattern": "s*", "magalu_confirm_count": 2},
    ]
    book = [{"import_playbook": "magalu.cloud.power", "vars": each} for each in plays]
    job = play(sim, tmp_path, json.dumps(book))
    assert job.code == 0, job.said
    sent = [path.split("/")[1:] for path in changes(sim)]
    assert sent[:2] == [[ids["running"], "reboot"], [ids["running"], "suspend"]]
    assert sorted(sent[2:]) == sorted([[ids["stopped"], "start"], [ids["suspended"], "start"]])
    assert job.said.count('"2 were left alone: stopped, suspended"') == 1
    assert job.said.count('"1 was left alone: stopped"') == 1


@SLOW
@pytest.mark.parametrize("action", ["reboot", "suspend"])
def test_an_instance_that_another_operator_stops_is_left_alone(sim: Any, tmp_path: Path, action: str) -> None:
    """An instance that somebody else is stopping is left alone; its state, still running, would lead to a start."""
    sim.reset(durations={"stop": 3600, "suspend": 3600})
    for name, verb in (("stops", "stop"), ("sleeps", "suspend"), ("runs", "")):
        row = sim.seed("instance", name=name)
        if verb:
            assert Api(sim)("POST", f"/instances/{row['id']}/{verb}").status_code == 204
    sim.clear_requests()
    job = launch(sim, tmp_path, "power", {"magalu_action": action, "magalu_name_pattern": "*s"}, ("--check",))
    assert job.code == 0 and job.stats["magalu_power"]["changed"] == ["runs"], job.said
    assert '"2 were left alone: sleeps, stops"' in job.said or '"2 were left alone: stops, sleeps"' in job.said


@SLOW
def test_a_reboot_whose_answer_is_lost_is_sent_once(sim: Any, tmp_path: Path) -> None:
    sim.reset(durations={"reboot": 120})  # long enough to be noticed on a busy machine
    seed(sim, WEB)
    sim.add_fault(operation="POST /v1/instances/{id}/reboot", nth="every", kind="reset", when="after")
    job = launch(sim, tmp_path, "power", {"magalu_action": "reboot", "magalu_name_pattern": "web-*"})
    assert job.code == 0 and job.stats["magalu_power"]["changed"] == WEB
    assert len(changes(sim)) == 4 == len(set(changes(sim)))


@SLOW
def test_a_failed_instance_is_named_and_does_not_stop_the_others(sim: Any, tmp_path: Path) -> None:
    seed(sim, WEB)
    sim.add_fault(operation=STOP, nth=2, times=1, **NO)
    job = launch(sim, tmp_path, "power", {"magalu_action": "stop", "magalu_name_pattern": "web-*"})
    failed = job.stats["magalu_power"]["failed"]
    assert job.code == 2 and len(failed) == 1
    assert states(sim) == {name: "running" if name in failed else "stopped" for name in WEB}
    assert job.summary[-1].startswith(f"1 failed: {failed[0]}: ") and "Not this one" in job.summary[-1]


@SLOW
def test_batches_are_small_and_no_batch_follows_a_failure(sim: Any, tmp_path: Path) -> None:
    """No batch starts after a failure, but started steps are finished; the batch has one member here."""
    seed(sim, WEB)
    sim.add_fault(operation=STOP, nth=2, **NO)
    pace = {"magalu_batch": 1, "magalu_max_failures": 0, "magalu_concurrency": "3", "magalu_wait_timeout": 900}
    asked = {"magalu_action": "stop", "magalu_name_pattern": "web-*", **pace}
    job = launch(sim, tmp_path, "power", asked, ("-vvv",), ANSIBLE_INJECT_INVOCATION="true")
    assert job.code == 2 and len(job.stats["magalu_power"]["failed"]) == 3
    assert sorted(states(sim).values()) == ["running"] * 3 + ["stopped"]
    assert "max_failures is 0" in job.summary[-1]
    first, second = [each["at"] for each in sim.requests() if each["method"] == "POST"]
    assert second - first >= 5, "both were in transition at once"
    assert re.search(r'"concurrency": 3,', job.said) and re.search(r'"wait_timeout": 900\b', job.said)


@SLOW
def test_the_given_region_is_used(sim: Any, tmp_path: Path) -> None:
    for region in ("br-se1", "br-ne1"):
        sim.seed("instance", region, name="web-01")
    answers = {"magalu_action": "stop", "magalu_name_pattern": "**", "magalu_region": "br-ne1"}
    job = launch(sim, tmp_path, "power", answers)
    assert job.code == 0, job.said
    found = {region: each["instances"][0]["state"] for region, each in sim.state().items() if each["instances"]}
    assert found == {"br-se1": "running", "br-ne1": "stopped"}


@SLOW
def test_a_group_may_differ_from_the_region(sim: Any, tmp_path: Path) -> None:
    """A group as in AWX: the inventory lacks stopped instances, and may still have deleted ones."""
    seed(sim, WEB[:3])
    seed(sim, ["web-04"], state="stopped")
    ids = {name: row["id"] for name, row in zip(WEB, sim.state()["br-se1"]["instances"], strict=True)}
    hosts = {name: {"mgc_id": ids[name]} for name in WEB[:2]} | {"gone": {"mgc_id": ID.format(1)}, "other": {}}
    inventory: dict[str, Any] = {"web": {"hosts": hosts}, "database": {"hosts": {"db-01": {"mgc_id": ids["web-03"]}}}}
    listed_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1234))
    inventory["mgc"] = {"children": {"web": {}}, "vars": {"mgc_listed_at": listed_at}}
    (tmp_path / "inventory.json").write_text(json.dumps(inventory))
    answers = {"magalu_action": "stop", "magalu_group": "web"}
    job = launch(sim, tmp_path, "power", answers, ("-i", "inventory.json"))
    assert job.code == 0, job.said
    assert states(sim) == {"web-01": "stopped", "web-02": "stopped", "web-03": "running", "web-04": "stopped"}
    assert job.stats["magalu_power"]["not_in_inventory"] == 1
    assert '"2 of the 4 hosts of web are instances of this region.' in job.said
    assert '"1 instance is not in the inventory, so it is not known whether they belong to web: web-04.' in job.said
    assert re.search(f"The inventory was listed at {listed_at}, 2[0-9] minutes ago.", job.said)
    answers["magalu_group"] = "webs"
    assert launch(sim, tmp_path, "power", answers, ("-i", "inventory.json")).why == (
        "There is no group webs (magalu_group) in the inventory, which has database, mgc, web."
    )


@SLOW
def test_a_pattern_without_a_match_fails_unless_allowed(sim: Any, tmp_path: Path) -> None:
    """A pattern without a match fails unless that is allowed; instances that are being deleted match no pattern."""
    seed(sim, ["web-01"], status="deleting")
    asked = {"magalu_action": "stop", "magalu_name_pattern": "web-*", "magalu_allow_none": ""}
    job = launch(sim, tmp_path, "power", asked)
    assert job.code == 2 and job.why == (
        "No instance of this region has a name that matches magalu_name_pattern web-*. Nothing was done. Check the "
        "answers, and magalu_region. If nothing may match, give magalu_allow_none: true."
    )
    job = launch(sim, tmp_path, "power", {**asked, "magalu_allow_none": "true"})
    assert (job.code, job.summary[0]) == (0, "No instances match (stop).")
    assert len(sim.requests()) == 2


STOP_ALL: Answers = {"magalu_action": "stop", "magalu_name_pattern": "*"}
EXCLUSIVE = "parameters are mutually exclusive: magalu_name_pattern|magalu_ids|magalu_group found in answers"
NUMBER = "it must be a number"


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ({}, ""),
        ({"magalu_name_pattern": "", "magalu_ids": ID.format(1).upper(), "magalu_batch": 2, "magalu_max_failures": "0%"}, ""),
        ({"magalu_action": ""}, "missing required arguments: magalu_action found in answers"),
        ({"magalu_action": "halt"}, "value of magalu_action must be one of: start, stop, suspend, reboot, got: halt"),
        ({"magalu_name_pattern": " ", "magalu_ids": [], "magalu_group": None},
         "one of the following is required: magalu_name_pattern, magalu_ids, magalu_group found in answers"),
        ({"magalu_ids": ID.format(1)}, EXCLUSIVE),
        ({"magalu_group": "all"}, EXCLUSIVE),
        ({"magalu_name_pattern": "", "magalu_ids": f"web-01, {ID.format(1)}\n7"},
         "magalu_ids contains 'web-01', '7'; it must contain only ids (UUIDs)."),
        ({"magalu_confirm_count": "all"}, "argument 'magalu_confirm_count' is of type"),
        ({"magalu_confirm_count": -1}, "magalu_confirm_count is -1; it must not be less than 0."),
        ({"magalu_allow_none": "none"}, "argument 'magalu_allow_none' is of type"),
        ({"magalu_batch": 0}, f"magalu_batch is '0'; {NUMBER} from 1 on, or a percentage such as 25%."),
        ({"magalu_batch": "few"}, f"magalu_batch is 'few'; {NUMBER} from 1 on, or a percentage such as 25%."),
        ({"magalu_max_failures": "-1"}, f"magalu_max_failures is '-1'; {NUMBER}, or a percentage such as 25%."),
        ({"magalu_concurrency": "0"}, "magalu_concurrency is 0; it must be greater than 0."),
        ({"magalu_wait_timeout": "1h"}, "argument 'magalu_wait_timeout' is of type"),
    ],
    ids=str,
)  # fmt: skip
def test_bad_answers_are_refused(case: Answers, message: str) -> None:
    said = errors_in_answers("power", STOP_ALL | case)
    assert said.startswith(message) and bool(said) == bool(message), said


def test_all_mistakes_are_reported_before_any_request(sim: Any, tmp_path: Path) -> None:
    """The playbook itself refuses the cases of the table before any request."""
    (said,) = refusals(sim, tmp_path, "power", [STOP_ALL | {"magalu_action": "halt", "magalu_group": "all"}])
    assert EXCLUSIVE in said and "value of magalu_action must be one of" in said
    assert sim.requests() == []


def test_mistakes_are_refused_before_any_change(sim: Any, tmp_path: Path) -> None:
    seed(sim, WEB[:2])
    stop = {"magalu_action": "stop", "magalu_name_pattern": "web-*"}
    ids = {"magalu_action": "stop", "magalu_ids": [sim.state()["br-se1"]["instances"][0]["id"], ID.format(2)]}
    meant = "2 instances match, but magalu_confirm_count is {}. Nothing was done. They are: web-01, web-02."
    then = "Nothing was done. Leave them out of magalu_ids, or give their region as magalu_region."
    cases = [stop | {"magalu_confirm_count": 0}, stop | {"magalu_confirm_count": "3"}, ids]
    assert refusals(sim, tmp_path, "power", cases) == [
        meant.format(0), meant.format(3),
        f"This region has no instances with these ids: {ID.format(2)}. {then}",
    ]  # fmt: skip
    assert changes(sim) == []
