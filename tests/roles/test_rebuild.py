# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role rebuild: the old and new instances, the way back, the refusals, and killed runs."""

from __future__ import annotations

import getpass
import itertools
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.roles.cases import Case, Fields, post, use
from tests.support.fleet import changes, names, rows, seed, states
from tests.support.killing import kill_at
from tests.support.launch import play
from tests.support.servers import free_port
from tests.support.ssh import serve_ssh

pytestmark = pytest.mark.programs
SLOW = pytest.mark.test_all("slow plays; the decisions have table and property tests")

DEBIAN = "cloud-debian-12 LTS"
HOSTILE = "web-{{ lookup('pipe', 'touch PROOF') }}"
GIVEN: Fields = {
    "rebuild_id": "x1", "rebuild_name_pattern": "web-*", "rebuild_delete_public_ip": True, "rebuild_check": "none",
    "rebuild_declaration": {"image": DEBIAN, "ssh_key_name": "new", "machine_type": "{{ not_given | default(omit) }}", "labels": ""},
}  # fmt: skip
ASK = """
- name: Ask it
  ansible.builtin.assert:
    that: silent == '' or silent not in rebuild_instance.name
    fail_msg: "{{ rebuild_instance.name }} says nothing at {{ rebuild_instance.private_ipv4 }}"
"""


@contextmanager
def serve_silence(address: str, port: int) -> Iterator[list[float]]:
    """Run a server that closes its first connection and is silent on others; yield the seconds that each was open."""
    seconds: list[float] = []

    def serve() -> None:
        for number in itertools.count():
            try:
                connection, _peer = server.accept()
            except OSError:  # end of the connection
                return
            began = time.monotonic()
            with connection:
                while number and connection.recv(1024):
                    pass
            seconds.append(time.monotonic() - began)

    with socket.create_server((address, port)) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield seconds
        server.shutdown(socket.SHUT_RDWR)


def row(sim: Any, name: str) -> Fields:
    found: Fields = next(one for one in rows(sim) if one["name"] == name)
    return found


def copies(sim: Any) -> dict[str, str]:
    """Return the snapshots' names, each with its instance."""
    return {one["name"]: one["instance"]["id"] for one in sim.state()["br-se1"]["snapshots"]}


def addresses(sim: Any) -> list[str]:
    return [ip["address"] for ip in sim.state()["br-se1"]["public_ips"]]


@pytest.mark.every_core
def test_an_unreachable_new_instance_is_rolled_back_and_tried_again(sim: Any, tmp_path: Path) -> None:
    """An instance that does not answer comes back, and the second run replaces only that one, with a new snapshot."""
    made = {name: sim.seed("instance", name=name, labels=["prod"])["id"] for name in ("web-1", HOSTILE)}
    (tmp_path / "ask.yml").write_text(ASK)
    given = {**GIVEN, "rebuild_batch": "100%", "rebuild_check": str(tmp_path / "ask.yml")}  # fmt: skip
    (first, again), job = use(
        sim, tmp_path, "rebuild", Case({**given, "silent": "lookup"}), Case({**given, "silent": ""}),
        warnings=2,  # about the hostile name: once for the trials, and once for the instance
    )  # fmt: skip
    assert first.result, first.failed + job.said
    new = first.result["rebuilt"][0]
    assert new == {"name": "web-1", "id": row(sim, "web-1")["id"], "old_id": made["web-1"], "snapshot": "rebuild-web-1-old-x1",
                   "snapshot_id": new["snapshot_id"]}  # fmt: skip
    failed = first.result["failed"][0]
    assert (failed["name"], failed["id"], failed["back"]) == (HOSTILE, made[HOSTILE], True)
    assert "the new instance does not answer: Ask it, " in first.failed
    assert "says nothing at 198.18.0" in first.failed
    assert f"The old instance ({made[HOSTILE]}) is back, and runs as {HOSTILE}." in first.failed
    assert "Rebuild x1: 1 instance replaced, 1 failed." in first.failed
    assert again.failed == ""
    assert again.result["earlier"] == ["web-1"]
    assert [one["old_id"] for one in again.result["rebuilt"]] == [made[HOSTILE]]
    assert sorted(states(sim).items()) == [("web-1", "running"), (HOSTILE, "running")]
    for one in rows(sim):
        assert (one["image"]["name"], one["ssh_key_name"], one["labels"]) == (DEBIAN, "new", ["prod"])
        assert one["id"] not in made.values()
    assert copies(sim) == {"rebuild-web-1-old-x1": made["web-1"], f"rebuild-{HOSTILE}-old-x1": made[HOSTILE]}
    assert sum(request.startswith("DELETE snapshots/") for request in changes(sim)) == 1
    assert not (tmp_path / "PROOF").exists()


def test_null_counts_as_not_given_in_the_check(sim: Any, tmp_path: Path) -> None:
    """An odd value is refused before anything is done, and null does not end the run between two steps."""
    old = sim.seed("instance", name="web-1")["id"]
    null = {"rebuild_ssh_address": None, "rebuild_ssh_private_key_file": None, "rebuild_ssh_user": None}
    cases = [
        Case({**GIVEN, "rebuild_check": None}),
        Case({**GIVEN, "rebuild_check": "ssh", "rebuild_check_timeout": 1, **null}),
    ]
    (refused, silent), job = use(sim, tmp_path, "rebuild", *cases)
    assert refused.failed.startswith("rebuild_check must be none, ssh, or the absolute path"), job.said
    assert "no login as" in silent.failed and "is back, and runs as web-1" in silent.failed, job.said
    assert [each["id"] for each in rows(sim)] == [old]


ABSENT = "- magalu.cloud.vm_instance: {{name: {}, state: absent, delete_public_ip: true}}\n"


@pytest.mark.parametrize(
    ("meanwhile", "kept", "words"),
    [
        (ABSENT.format("web-1-old-x1") + "- ansible.builtin.fail: {msg: no}\n", "new", "There is no instance with id"),
        (
            ABSENT.format("web-1")
            + "- magalu.cloud.vm_instance: {name: web-1-old-x1, new_name: web-1, state: running}\n",
            "old",
            "is protected from deletion",
        ),
    ],
    ids=["the old instance is deleted", "the old instance is brought back"],
)
def test_one_instance_is_left_if_another_run_does_the_opposite(
    sim: Any, tmp_path: Path, meanwhile: str, kept: str, words: str
) -> None:
    """Another run, or a person, takes one of the two instances away while this run checks the new one."""
    old = sim.seed("instance", name="web-1")["id"]
    (tmp_path / "ask.yml").write_text(meanwhile)
    (outcome,), job = use(sim, tmp_path, "rebuild", Case({**GIVEN, "rebuild_check": str(tmp_path / "ask.yml")}))
    assert words in outcome.failed, job.said
    assert list(states(sim).items()) == [("web-1", "running")] and (row(sim, "web-1")["id"] == old) is (kept == "old")


@SLOW
@pytest.mark.needs("sshd", "ssh")
def test_by_way_of_a_snapshot_with_a_login(sim: Any, tmp_path: Path) -> None:
    """A rebuild by snapshot keeps the disk, and changes key and network; a silent instance's old one comes back."""
    sim.reset(loopback=True, quota_public_ips=None)
    vpc, group = "22222222-2222-4222-8222-222222222222", "11111111-1111-4111-8111-111111111111"
    made = [sim.seed("instance", name=f"web-{number}", public_ip=True, image=DEBIAN)["id"] for number in (1, 2)]
    sim.seed("instance", name="web-1-db")
    before = addresses(sim)
    listed = [{"name": "web-1", "network": {"security_groups": [group]}}, {"name": "web-2", "machine_type": "BV2-2-40"}]
    port = free_port()
    given = {
        "rebuild_id": "key", "rebuild_instances": listed, "rebuild_from": "snapshot", "rebuild_delete_public_ip": False,
        "rebuild_declaration": {"ssh_key_name": "new", "network": {"vpc": vpc}}, "rebuild_ssh_user": getpass.getuser(),
        "rebuild_ssh_port": port, "rebuild_ssh_private_key_file": str(tmp_path / "key"), "rebuild_check_timeout": 2,
        "rebuild_ssh_address": "private_ipv4",
    }  # fmt: skip
    # The next private addresses of the simulator.
    number = sim.cloud.region("br-se1").take_number() + 2
    address, other = f"127.1.0.{number}", f"127.1.0.{number + 1}"
    with serve_ssh(tmp_path, [address], port), serve_silence(other, port) as patience:
        (outcome,), job = use(sim, tmp_path, "rebuild", Case(given), warnings=1)
    new = row(sim, "web-1") if outcome.result else pytest.fail(outcome.failed + job.said)
    assert [one["name"] for one in outcome.result["rebuilt"]] == ["web-1"], outcome.failed
    assert (new["ssh_key_name"], new["image"]["name"], new["machine_type"]["name"]) == ("new", DEBIAN, "BV1-1-40")
    assert (new["vpc"]["id"], new["id"] != made[0]) == (vpc, True)
    assert row(sim, "web-2")["id"] == made[1]
    assert f"web-2: the new instance does not answer: no login as {getpass.getuser()} at 127.1." in outcome.failed
    assert job.said.count("Log in over SSH (") == 1 and len(patience) == 2
    assert patience[1] < 9, "and not as long as for a server that is known to be there"
    assert "Public IPv4 addresses that are left, and billed: " + before[0] in outcome.failed
    assert outcome.result["kept_public_ips"] == before[:1]
    assert sorted(addresses(sim)) == sorted([*before, new["public_ip"]])  # the silent one's is released
    assert names(sim) == ["web-1", "web-1-db", "web-2"]


@SLOW
def test_after_too_many_failures_no_other_is_begun(sim: Any, tmp_path: Path) -> None:
    """After two failed creations, one with a failed way back, the third instance is not started."""
    made = {f"web-{number}": sim.seed("instance", name=f"web-{number}")["id"] for number in (1, 2, 3)}
    failing = post(sim, "faults", {"operation": "POST /v1/instances", "kind": "failing", "nth": "every"})
    no = {"operation": "POST /v1/instances/{id}/start", "kind": "status", "status": 403, "nth": 2, "times": 9,
          "body": {"message": "not now", "slug": "no"}}  # fmt: skip
    given = {**GIVEN, "rebuild_max_failures": 1, "rebuild_batch": "70%"}
    (outcome,), job = use(sim, tmp_path, "rebuild", Case(given, (failing, post(sim, "faults", no))))
    assert outcome.result, job.said
    back = {one["back"]: one["name"] for one in outcome.result["failed"]}
    assert sorted(back.values()) == ["web-1", "web-2"]
    assert outcome.result["left"] == ["web-3"]
    assert "Not started, after more failures than rebuild_max_failures: web-3" in outcome.failed
    assert "could not be created" in outcome.failed
    assert "The way back failed too: " in outcome.failed and "not now" in outcome.failed
    assert (
        f"The old instance is {made[back[False]]}, called {back[False]}-old-x1 if it was put aside." in outcome.failed
    )
    assert {one["name"]: one["id"] for one in rows(sim)} == made
    assert states(sim) == {back[True]: "running", back[False]: "stopped", "web-3": "running"}


@SLOW
def test_an_instance_that_cannot_be_renamed_is_unchanged(sim: Any, tmp_path: Path) -> None:
    """An instance that cannot be put aside is unchanged, and not mistaken for the new one. The timeout is named."""
    made = sim.seed("instance", name="web-1")["id"]
    stuck = post(sim, "faults", {"operation": "POST /v1/instances/{id}/stop", "kind": "stuck", "seconds": 240})
    (late,), job = use(sim, tmp_path, "rebuild", Case({**GIVEN, "rebuild_wait_timeout": 3}, (stuck,)))
    assert "Timed out after 3 s (wait_timeout) trying to stop instance web-1" in late.failed, job.said
    assert late.result["failed"][0]["back"] is True
    assert [(one["name"], one["id"], one["state"]) for one in rows(sim)] == [("web-1", made, "running")]
    assert copies(sim) == {}


def test_instances_that_cannot_be_replaced_are_reported_first(sim: Any, tmp_path: Path) -> None:
    """Reasons against a rebuild are reported first: one of each kind; tests/unit/plugins/plugin_utils has all."""
    seed(sim, ["web-1"], state="stopped")
    seed(sim, ["web-2"], labels=["prod"])
    seed(sim, ["web-3"])
    old = sim.seed("snapshot", name="rebuild-gone-old-x1")["id"]
    listed = [{"name": name} for name in ("web-1", "web-2", "gone")]
    bad = {
        **GIVEN,
        "rebuild_name_pattern": "",
        "rebuild_instances": listed,
        "rebuild_from": "snapshot",
        "rebuild_declaration": {},
    }
    good = {**GIVEN, "rebuild_name_pattern": "web-3"}
    large = {**good, "rebuild_declaration": {"machine_type": "BV9-9-999"}}
    cases: dict[str, Fields] = {
        "web-1: it is stopped, its status completed; only an instance that runs": bad,
        "web-2: its labels would be lost, since restores take none: prod. Accept that with rebuild_accept_loss": bad,
        f"gone: there is no such instance, but its snapshot rebuild-gone-old-x1 ({old})": bad,
        "web-3: ": large,
        "web-3: There is no machine type 'BV9-9-999'": {**large, "rebuild_from": "snapshot"},
        "rebuild_id must be letters, digits, dots, dashes and underscores, not 'a b'": {**good, "rebuild_id": "a b"},
        "rebuild_check must be none, ssh, or the absolute path": {**good, "rebuild_check": "ask.yml"},
    }
    chosen = list({json.dumps(given): given for given in cases.values()}.values())
    outcomes, _job = use(sim, tmp_path, "rebuild", *map(Case, chosen))
    for said, given in cases.items():
        assert said in outcomes[chosen.index(given)].failed, (said, outcomes[chosen.index(given)].failed)
    assert all(outcome.result is None and "\\n" not in outcome.failed for outcome in outcomes)
    assert changes(sim) == []


def test_check_mode_names_the_instances_to_replace(sim: Any, tmp_path: Path) -> None:
    """Check mode names the instances to replace, by snapshot with accepted loss of labels, and for hosts."""
    made = sim.seed("instance", name="web-1", labels=["prod"])["id"]
    given = {**GIVEN, "rebuild_from": "snapshot", "rebuild_declaration": {}, "rebuild_accept_loss": ["labels"]}
    (tmp_path / "hosts.yml").write_text(f"web: {{hosts: {{one: {{mgc_id: {made.upper()}}}, web-9: {{}}}}}}")
    own = {**GIVEN, "rebuild_name_pattern": ""}
    hosts = {"hosts": "web", "gather_facts": False, "roles": ["magalu.cloud.rebuild"], "vars": own}
    job = play(sim, tmp_path, json.dumps([*book(given), hosts]), ["-i", "hosts.yml", "--check"])
    assert "Would be replaced: web-1; what is on their disks stays, ids and addresses change" in job.said
    assert "Would be replaced: web-1; what is on their disks goes" in job.said
    assert (job.code, job.said.count("fatal: ")) == (2, 1)
    assert "web-9: there is no such instance" in job.why
    assert changes(sim) == []


@SLOW
def test_hosts_rebuild_themselves(sim: Any, tmp_path: Path) -> None:
    """Hosts rebuild themselves concurrently, without possible snapshots and with the way back; then one by one."""
    made = {name: sim.seed("instance", name=name)["id"] for name in ("web-1", "web-2")}
    (tmp_path / "hosts.yml").write_text(json.dumps({"web": {"hosts": {name: {"mgc_id": made[name]} for name in made}}}))
    own = {**GIVEN, "rebuild_name_pattern": ""}
    hosts = {"hosts": "web", "gather_facts": False, "become": True, "roles": ["magalu.cloud.rebuild"]}
    none = {**hosts, "vars": {**own, "rebuild_fail": False, "protect_concurrency": 0}}
    job = play(sim, tmp_path, json.dumps([none, {**hosts, "vars": own, "serial": 1}]), ["-i", "hosts.yml"])
    assert job.code == 0, job.said
    assert job.said.count("no instances replaced, 1 failed.") == 2
    assert job.said.count("1 instance replaced.") == 2
    assert states(sim) == {"web-1": "running", "web-2": "running"}
    assert not {one["id"] for one in rows(sim)} & set(made.values())
    assert copies(sim) == {f"rebuild-{name}-old-x1": row_id for name, row_id in made.items()}
    sent = [request.split("/")[-1] for request in changes(sim)]
    assert [sent.count(what) for what in ("rename", "stop", "start", "POST instances")] == [6, 4, 2, 2]


@SLOW
def test_the_region_of_a_host_counts(sim: Any, tmp_path: Path) -> None:
    """The region of a host counts: here its name is another instance. A second run still has the old id."""
    here = sim.seed("instance", name="web-1")["id"]
    there = sim.seed("instance", "br-ne1", name="web-1")["id"]
    own = {**GIVEN, "rebuild_name_pattern": ""}
    hosts = {"hosts": "web", "gather_facts": False, "roles": ["magalu.cloud.rebuild"], "vars": own}
    fields = {"mgc_id": there, "mgc_region": "br-ne1"}
    (tmp_path / "hosts.yml").write_text(json.dumps({"web": {"hosts": {"web-1": fields}}}))
    job = play(sim, tmp_path, json.dumps([hosts, hosts]), ["-i", "hosts.yml"])
    assert job.code == 0, job.said
    assert [one["id"] for one in rows(sim)] == [here]
    assert [one["id"] for one in sim.state()["br-ne1"]["instances"]] != [there]
    assert "no instances replaced, 1 by an earlier run." in job.said


@SLOW
@pytest.mark.every_core
def test_the_same_run_again_by_way_of_a_snapshot(sim: Any, tmp_path: Path) -> None:
    """A second run by snapshot works for an instance whose image is no longer in the catalogue."""
    sim.seed("custom_image", name="golden")
    made = sim.seed("instance", name="web-1", image="golden")["id"]
    task_of = {**GIVEN, "rebuild_from": "snapshot", "rebuild_declaration": {"ssh_key_name": "new"}}
    (first, again), job = use(sim, tmp_path, "rebuild", Case(task_of), Case(task_of))
    assert first.failed == "" and first.result["rebuilt"][0]["old_id"] == made, first.failed + job.said
    assert (again.failed, again.result["earlier"]) == ("", ["web-1"])


@SLOW
@pytest.mark.every_core
def test_the_role_works_after_role_fleet_in_one_play(sim: Any, tmp_path: Path) -> None:
    """The role works after role fleet in one play: hosts that were added meanwhile do not make it a play over hosts."""
    fleet = {"role": "magalu.cloud.fleet", "vars": {
        "fleet_instances": [{"name": "web-1", "machine_type": "BV1-1-40", "image": DEBIAN, "ssh_key_name": "deploy",
                             "network": {"associate_public_ip": False}}],
        "fleet_wait_for": "none", "fleet_host_keys": "off", "fleet_region": "br-ne1"}}  # fmt: skip
    protect = {"role": "magalu.cloud.protect", "vars": {"protect_name_pattern": "web-*"}}
    rebuild = {"role": "magalu.cloud.rebuild", "vars": GIVEN}
    one = {"hosts": "localhost", "connection": "local", "gather_facts": False, "roles": [fleet, protect, rebuild],
           "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
           "module_defaults": {"group/magalu.cloud.vm": {"region": "br-ne1"}}}  # fmt: skip
    then = {
        "hosts": "fleet",
        "gather_facts": False,
        "tasks": [{"ansible.builtin.debug": {"msg": "in {{ mgc_region }}"}}],
    }
    job = play(sim, tmp_path, json.dumps([one, then]))
    assert job.code == 0, job.said
    assert "Snapshots of 1 instance: 1 created" in job.said and "1 instance replaced" in job.said
    assert "in br-ne1" in job.said


# The model in tests/unit/plugins/plugin_utils tries kills at every change.
KILLS = ["POST /v1/instances/{id}/stop", "POST /v1/instances", "DELETE /v1/instances/{id}"]


def book(given: Fields) -> list[Any]:
    used = {"role": "magalu.cloud.rebuild", "vars": given}
    return [{"hosts": "localhost", "connection": "local", "gather_facts": False, "roles": [used],
             "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}}]  # fmt: skip


@SLOW
def test_killed_again_and_again_and_carried_on(sim: Any, tmp_path: Path) -> None:
    """Runs are killed before the response, each one change later than the previous run. Nothing is lost or doubled."""
    made = sim.seed("instance", name="web-1", public_ip=True)["id"]
    for operation in KILLS:
        kill_at(sim, tmp_path, book(GIVEN), operation)
        held = [*copies(sim).values(), *(one["id"] for one in rows(sim))]
        assert made in held, operation
    sim.advance(60)
    job = play(sim, tmp_path, json.dumps(book(GIVEN)))
    assert job.code == 0, job.said
    assert "no instances replaced, 1 by an earlier run." in job.said
    assert [(one["name"], one["state"], one["image"]["name"]) for one in rows(sim)] == [("web-1", "running", DEBIAN)]
    assert row(sim, "web-1")["id"] != made
    assert addresses(sim) == [row(sim, "web-1")["public_ip"]]
    assert copies(sim) == {"rebuild-web-1-old-x1": made}
    sent = [request.split("/")[-1] for request in changes(sim)]
    assert sorted(sent) == sorted(["rename", "stop", "POST snapshots", "POST instances", made])


@SLOW
def test_killed_on_the_way_back(sim: Any, tmp_path: Path) -> None:
    made = sim.seed("instance", name="web-1")["id"]
    (tmp_path / "ask.yml").write_text(ASK)
    given = {**GIVEN, "rebuild_check": str(tmp_path / "ask.yml"), "silent": "web"}
    kill_at(sim, tmp_path, book(given), "DELETE /v1/instances/{id}")
    sim.advance(60)
    assert {one["name"]: (one["id"], one["state"]) for one in rows(sim)} == {"web-1-old-x1": (made, "stopped")}
    job = play(sim, tmp_path, json.dumps(book({**given, "silent": ""})))
    assert job.code == 0, job.said
    assert names(sim) == ["web-1"] and row(sim, "web-1")["id"] != made
    assert copies(sim) == {"rebuild-web-1-old-x1": made}
