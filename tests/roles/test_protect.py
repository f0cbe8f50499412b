# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role protect: the instances that it copies, the copies that it deletes, its output and its refusals."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.roles.cases import Case, post, use
from tests.support.fleet import changes, rows, seed, states
from tests.support.killing import strays
from tests.support.launch import play
from tests.support.waiting import wait_until

pytestmark = pytest.mark.programs
SLOW = pytest.mark.test_all("slow plays; the decisions have table tests")

HOSTILE = "web-{{ lookup('pipe', 'touch PROOF') }}"
OLD = "2024-08"
DAY = r"\d{4}-\d\d-\d\d$"
ID = "00000000-0000-4000-8000-00000000000{}"


def copies(sim: Any) -> list[str]:
    """Return the names of all snapshots."""
    return sorted(row["name"] for row in sim.state()["br-se1"]["snapshots"])


def old(sim: Any, name: str, instance: str, days: float, kind: str = "snapshot") -> None:
    sim.seed(kind, name=name, instance=instance, created_at=sim.now() - days * 86400)


@SLOW
@pytest.mark.every_core
def test_a_boolean_may_be_any_word_for_it(sim: Any, tmp_path: Path) -> None:
    """A boolean may be any word for it, such as y and t, which are texts in YAML."""
    none = {"protect_name_pattern": "none", "protect_period": "x"}
    web = {"protect_name_pattern": "web-*", "protect_period": "x", "protect_power_off": "y"}
    seed(sim, ["web-1"])
    (failed, allowed, quiet, stopped), job = use(
        sim, tmp_path, "protect", Case({**none, "protect_fail": "t"}), Case({**none, "protect_allow_empty": "y"}),
        Case({**none, "protect_fail": "f"}), Case(web),
    )  # fmt: skip
    assert [bool(case.failed) for case in (failed, allowed, quiet, stopped)] == [True, False, False, False], job.said
    assert [request for request in changes(sim) if request.endswith("/stop")]


@SLOW
@pytest.mark.every_core
def test_many_instances_with_a_failure_and_a_second_run(sim: Any, tmp_path: Path) -> None:
    """A failure does not stop others; copies of a failed instance are kept; names like templates are texts."""
    made = {name: sim.seed("instance", name=name)["id"] for name in ("web-1", "web-2", HOSTILE, "db-1")}
    seed(sim, ["web-3"], state="stopped")
    seed(sim, ["web-bad"], status="creating_error", state="error")
    for name in ("web-1", "web-2", "db-1"):
        old(sim, f"nightly-{name}-1", made[name], 9)
        old(sim, f"nightly-{name}-2", made[name], 8)
    old(sim, "by-hand", made["web-1"], 9)
    old(sim, "nightly-web-2-0", made["web-2"], 10)  # more copies than are kept
    old(sim, "nightly-web-2-x", made["db-1"], 1)  # the name is taken
    given = {"protect_name_pattern": "web-*", "protect_keep_last": 2, "protect_concurrency": 2, "protect_power_off": True,
             "protect_period": "x"}  # fmt: skip
    (first, again), job = use(sim, tmp_path, "protect", Case(given), Case({**given, "protect_fail": False}))
    result = first.result
    named = {key: sorted(row["instance"] for row in result[key]) for key in ("created", "skipped", "failed", "pruned")}
    assert named == {
        "created": ["web-1", "web-3", HOSTILE], "skipped": ["web-bad"], "failed": ["web-2"], "pruned": ["web-1"],
    }  # fmt: skip
    assert {row["copy"] for row in result["created"]} == {f"nightly-{name}-x" for name in ("web-1", "web-3", HOSTILE)}
    assert [row["copy"] for row in result["pruned"]] == ["nightly-web-1-1"]
    assert result["skipped"][0]["reason"] == "its status is creating_error"
    assert (result["kind"], result["check_mode"], result["found_stopped"]) == ("snapshot", False, ["web-3"])
    assert "Snapshots of 5 instances: 3 created, 1 skipped, 1 failed, 1 old snapshot deleted." in first.failed
    assert f"Failed: web-2 ({made['web-2']}): snapshot nightly-web-2-x" in first.failed
    assert "is of another instance" in first.failed
    assert "Found stopped, perhaps left so by a run that was killed: web-3" in first.failed
    assert again.failed == ""
    assert sorted(row["instance"] for row in again.result["skipped"]) == ["web-1", "web-3", "web-bad", HOSTILE]
    assert (again.result["created"], again.result["pruned"]) == ([], [])
    assert copies(sim) == sorted([
        "by-hand", "nightly-db-1-1", "nightly-db-1-2", "nightly-web-2-0", "nightly-web-2-1", "nightly-web-2-2", "nightly-web-1-2",
        *(f"nightly-{name}-x" for name in ("web-1", "web-2", "web-3", HOSTILE)),
    ])  # fmt: skip
    assert states(sim)["web-1"] == "running" and states(sim)["web-3"] == "stopped"  # the copy stopped it
    assert sum(request.endswith("/stop") for request in changes(sim)) == 2
    assert "(item=batch of 2)" in job.said and "(item=batch of 3)" not in job.said
    assert not (tmp_path / "PROOF").exists()


@pytest.mark.every_core(sample=True)
def test_check_mode_reports_copies_and_deletions(sim: Any, tmp_path: Path) -> None:
    made = sim.seed("instance", name="web-1")["id"]
    old(sim, "night-web-1-1", made, 9)
    old(sim, "night-web-1-2", made, 1)
    given = {
        "protect_ids": [made.upper()],
        "protect_name_prefix": "night-",
        "protect_keep_days": "2.5",
        "protect_period": "x",
    }
    (outcome,), job = use(sim, tmp_path, "protect", Case(given), options=["--check"])
    assert (outcome.failed, outcome.result["check_mode"]) == ("", True)
    assert [row["copy"] for row in outcome.result["created"]] == ["night-web-1-x"]
    assert [row["copy"] for row in outcome.result["pruned"]] == ["night-web-1-1"]
    assert "1 would be created, 1 old snapshot would be deleted." in job.said
    assert changes(sim) == []


@SLOW
def test_who_is_chosen(sim: Any, tmp_path: Path) -> None:
    """Instances with equal names each get a copy; instances that other conditions exclude are not missing."""
    sim.reset(unique_names=False)
    twins = [sim.seed("instance", name="twin", labels=["prod", "db"])["id"] for number in range(2)]
    other = sim.seed("instance", name="other", labels=["prod"])["id"]
    twin = {"protect_labels": ["db", "prod"], "protect_period": "{id}"}
    none = {"protect_name_pattern": "nothing-*"}
    outcomes, job = use(sim, tmp_path, "protect", *map(Case, (
        twin, none, {**none, "protect_allow_empty": True}, {**none, "protect_ids": [other, ID.format(1)]},
    )))  # fmt: skip
    assert {row["copy"] for row in outcomes[0].result["created"]} == {f"nightly-twin-{twin}" for twin in twins}, (
        job.said
    )
    assert outcomes[1].failed == "There is no such instance."
    assert (outcomes[2].failed, outcomes[2].result["created"]) == ("", [])
    assert [row["id"] for row in outcomes[3].result["failed"]] == [ID.format(1)]
    assert f"{ID.format(1)}: there is no such instance in this region" in outcomes[3].failed


def test_mistakes_are_refused_before_the_first_request(sim: Any, tmp_path: Path) -> None:
    all_ = {"protect_name_pattern": "*"}
    cases = {
        "Which instances? Give protect_name_pattern": {},
        "protect_concurrency must be a number above 0, not '0'. There is no group 'web' in this inventory.": {
            "protect_group": "web", "protect_concurrency": 0,
        },
        "value of protect_kind must be one of: snapshot, backup": {**all_, "protect_kind": "image"},
    }  # fmt: skip
    outcomes, job = use(sim, tmp_path, "protect", *map(Case, cases.values()))
    for said, outcome in zip(cases, outcomes, strict=True):
        assert said in outcome.failed or said in job.said, (said, outcome.failed)
        assert outcome.result is None
    assert sim.requests() == []


@SLOW
def test_backups(sim: Any, tmp_path: Path) -> None:
    sim.reset(edition=OLD)
    made = sim.seed("instance", name="web-1")["id"]
    old(sim, "nightly-web-1-1", made, 9, "backup")
    given = {"protect_name_pattern": "web-*", "protect_kind": "backup", "protect_keep_last": 1}
    kept = {"ansible.builtin.uri": {"url": f"http://127.0.0.1:{sim.port}/_simulator/state", "return_content": True,
                                    "dest": str(tmp_path / "state.json")}}  # fmt: skip
    newer = post(sim, "reset", {"edition": "2026-08"})
    (outcome, refused), job = use(sim, tmp_path, "protect", Case(given), Case(given, (kept, newer)))
    assert outcome.failed == "", job.said
    backups = json.loads((tmp_path / "state.json").read_text())["br-se1"]["backups"]
    assert [re.sub(DAY, "DAY", row["name"]) for row in backups] == ["nightly-web-1-DAY"]
    assert "Backups of 1 instance: 1 created, 1 old backup deleted." in job.said
    assert refused.failed == "API version 2026-08 has no backups. Use snapshots (vm_snapshot) instead."
    assert changes(sim) == []


HOSTS = """
all:
  vars: {ansible_connection: ssh, ansible_host: 192.0.2.1}
  children:
    web:
      hosts:
        one: {mgc_id: %s}
        two: {mgc_id: %s}
        web-3: {}
        four: {mgc_id: %s}
    other:
      hosts:
        told: {mgc_id: %s, protect_instance: web-4}
"""


@SLOW
def test_hosts_protect_themselves_each_its_own_and_localhost_a_group(sim: Any, tmp_path: Path) -> None:
    """Each host protects its own instance, as in a slice, without a connection, and localhost protects a group."""
    made = [sim.seed("instance", name=f"web-{number}")["id"] for number in (1, 2, 3, 4)]
    (tmp_path / "hosts.yml").write_text(HOSTS % (*made[:2], ID.format(1), made[0]))
    hosts = {"hosts": "web:other", "gather_facts": False, "become": True, "vars": {"protect_period": "x"},
             "roles": ["magalu.cloud.protect"]}  # fmt: skip
    group = {"protect_group": "web", "protect_fail": False, "protect_period": "x"}
    book = {"hosts": "localhost", "gather_facts": False, "roles": [{"role": "magalu.cloud.protect", "vars": group}]}
    limit = ["-i", "hosts.yml", "--limit", "one,web-3,four,told,localhost"]
    job = play(sim, tmp_path, json.dumps([hosts, book]), limit)
    assert copies(sim) == [f"nightly-web-{number}-x" for number in (1, 2, 3, 4)], job.said
    assert (job.code, job.said.count("fatal: ")) == (2, 1)
    assert f"{ID.format(1)}: there is no such instance in this region" in job.why
    assert "Snapshots of 4 instances: 1 created, 1 skipped, 2 failed" in job.said  # the inventory has no id of web-3
    assert len(rows(sim)) == 4


def kill_jobs(sim: Any, folder: Path, killed: list[int]) -> None:
    """Kill all background processes as soon as a copy is requested."""

    def reached() -> list[int]:
        if any(request.startswith("POST ") for request in changes(sim)):
            for process in strays(folder):
                with contextlib.suppress(OSError):
                    arguments = Path(f"/proc/{process}/cmdline").read_bytes()
                    if b"async_wrapper" in arguments or b"AnsiballZ_vm_snapshot" in arguments:
                        os.kill(process, signal.SIGKILL)
                        killed.append(process)
        return killed

    wait_until(reached)


@SLOW
def test_a_killed_job_is_noticed_and_reported(sim: Any, tmp_path: Path) -> None:
    seed(sim, ["web-1", "web-2"])
    sim.add_fault(operation="POST /v1/snapshots", kind="stuck", seconds=10**6)
    killed: list[int] = []
    killer = threading.Thread(target=kill_jobs, args=(sim, tmp_path, killed))
    killer.start()
    (outcome,), _job = use(sim, tmp_path, "protect", Case({"protect_name_pattern": "web-*", "protect_period": "x"}))
    killer.join()
    assert killed
    reasons = {row["instance"]: row["reason"] for row in outcome.result["failed"]}
    why = "was killed before it returned a result; the next run finds what it has created"
    # Depends on which process is killed first: the job, or the module that starts it.
    assert {reason.removesuffix(why) for reason in reasons.values()} <= {"its job in the background ", "its module "}
    assert reasons.keys() == {"web-1", "web-2"} and all(reason in outcome.failed for reason in reasons.values())
    assert ": 2 failed" in outcome.failed


@pytest.mark.every_core
@pytest.mark.parametrize(("strategy", "hosts", "refused"), [
    ("host_pinned", 2, True), pytest.param("free", 2, True, marks=SLOW), pytest.param("free", 1, False, marks=SLOW),
])  # fmt: skip
def test_hosts_out_of_step_are_refused(sim: Any, tmp_path: Path, strategy: str, hosts: int, refused: bool) -> None:
    seed(sim, names := [f"web-{number}" for number in range(hosts)])
    (tmp_path / "hosts").write_text("\n".join(names))
    book = {"hosts": "all", "gather_facts": False, "vars": {"protect_period": "x"}, "roles": ["magalu.cloud.protect"],
            "strategy": f"ansible.builtin.{strategy}"}  # fmt: skip
    job = play(sim, tmp_path, json.dumps([book]), ["-i", "hosts"])
    assert (job.code != 0, "add_host" in job.said, sim.requests() == []) == (refused,) * 3, job.said


@SLOW
@pytest.mark.every_core
def test_hosts_protect_themselves_several_at_a_time(sim: Any, tmp_path: Path) -> None:
    """Hosts work concurrently, at most protect_concurrency at a time. A missing instance does not stop the others."""
    names = [f"web-{number}" for number in range(1, 5)]
    for name in names:
        if name != "web-2":
            old(sim, f"nightly-{name}-1", sim.seed("instance", name=name)["id"], 9)
    (tmp_path / "hosts").write_text("\n".join(names))
    given = {"protect_period": "x", "protect_concurrency": 2, "protect_keep_last": 1}
    book = {"hosts": "all", "gather_facts": False, "vars": given, "roles": ["magalu.cloud.protect"]}
    job = play(sim, tmp_path, json.dumps([book]), ["-i", "hosts"])
    assert job.code == 2 and "web-2: there is no such instance in this region" in job.why, job.said
    assert copies(sim) == [f"nightly-{name}-x" for name in names if name != "web-2"]
    for what in ("present", "pruned"):
        rounds = re.findall(rf"TASK \[magalu.cloud.protect : Snapshots: {what}\].*\n((?:.+\n)*)", job.said)
        # The rounds are in the order in which the hosts answered Ansible.
        assert sorted(sorted(re.findall(r"item=(web-\d)", said)) for said in rounds) == [
            ["web-1"], ["web-3", "web-4"],
        ]  # fmt: skip
