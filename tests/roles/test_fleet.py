# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role fleet without reachable hosts: its options for vm_fleet, its messages, and its refusals to guess."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.roles.cases import post
from tests.support.declarations import DEFAULTS, LARGE
from tests.support.documents import load_yaml
from tests.support.fleet import changes, names, rows
from tests.support.fleet_role import ADDRESSES, Roles, show

pytestmark = pytest.mark.programs
SLOW = pytest.mark.test_all("slow plays; one in check mode and the refusals are in make test")

README = (ROOT / "roles/fleet/README.md").read_text()
ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBUvXSm7Sd3uF1Q0gF0G1Y4tmzvJcBTfcQ7m3N4hQvYk"
QUIET = {"wait_for": "none", "host_keys": "off"}


@SLOW
def test_hosts_that_never_answer_are_reported_with_hints(sim: Any, tmp_path: Path) -> None:
    """Hosts that never answer are reported with hints, together with failed members; ten take as long as one."""
    sim.reset(loopback=True)
    no = {"kind": "status", "status": 403, "body": {"slug": "no", "message": "Not this"}}
    sim.add_fault(operation="POST /v1/instances", nth=11, times=9, **no)
    show(sim, lines=[*(f"line {number}" for number in range(49)), "the {{ last }} one"])
    roles = Roles(sim, tmp_path)
    never, keyless, old = roles(
        {"count": 11, "host_keys": False, "usable_timeout": 4, "user": "somebody", "port": 1},
        {"count": 2, "usable_timeout": 2, "port": 1},
        {"count": 1, "usable_timeout": 600, "before": [post(sim, "reset", {"edition": "2024-08", "loopback": True})]},
    )
    assert "1 of 11 instances failed. web-11" in never.failed and "Not this" in never.failed
    assert "10 of 10 members that run cannot be used: web-1, web-2," in never.failed
    text = never.diagnosis
    assert text.count("== web-") == 10 and text.count("user: somebody\n") == 10
    assert f"address: {ADDRESSES[0]}, port 1\n" in text and text.count("state: running (completed)\n") == 10
    assert len(re.findall(r"security groups of interface port-\S+: [0-9a-f-]{36}\n", text)) == 10
    assert text.count("Login failed: ") == 10 and "Connection refused" in text
    assert text.count("the last 50 lines of its init log:") == 10 and "the {{ last }} one" in text
    assert "What to check:" in text and "ssh -v -p 1 USER@ADDRESS" in text
    assert keyless.diagnosis.count("Its init log had no block of SSH host keys when 2 s were over") == 2
    assert keyless.kept["fleet_usable"] == [] and roles.lines() == []
    assert "could not be read from its init log: API version 2024-08 has no init logs." in old.diagnosis
    assert "no init log: API version 2024-08 has no init logs." in old.diagnosis
    waited = re.findall(r"Wait for the members in parallel", never.said + keyless.said + old.said)
    assert len(waited) == 1, "who has no key is not waited for"


@SLOW
def test_variables_are_those_of_vm_fleet(sim: Any, tmp_path: Path) -> None:
    """The role's variables work like vm_fleet's options, where that is visible; a test below covers the others."""
    sim.reset(loopback=True, quota_public_ips=9)
    roles = Roles(sim, tmp_path)
    there = {**QUIET, "set_user": False, "user": ""}
    report, progress = tmp_path / "report.html", tmp_path / "progress"
    public = {**DEFAULTS, "network": {"associate_public_ip": True}, "alternatives": [{"machine_type": LARGE}]}
    declared = {
        **there,
        "instances": [{"name": "db", "state": "stopped"}, {"name": "xyz"}],
        "count": 0,
        "defaults": public,
    }
    cases: list[dict[str, Any]] = [
        {
            **declared,
            "report": str(report),
            "progress_file": str(progress),
            "group": "others",
            "connect_with": ["private_ipv4"],
        },
        {**there, "count": 1, "region": "br-ne1", "connect_with": ["public_ipv4"]},
        {**there, "count": 0, "instances": [{"name": "db"}], "state": "absent", "delete_public_ip": True},
        {
            **there,
            "count": 0,
            "allow_empty": True,
            "prune_all": True,
            "protect_names": ["x*"],
            "delete_public_ip": True,
        },
        {**there, "count": 0, "prune_match": "xyz*", "prune_max": "0"},
        {**there, "count": 0, "prune_match": "xyz*", "protect_labels": ["keep"]},
        {**there, "count": 0, "instances": []},
        {
            **there,
            "instances": [{"name": "late"}],
            "count": 0,
            "wait_timeout": 1,
            "before": [post(sim, "clock", {"speed": 0})],
        },
        {**there, "wait_for": "luck", "before": [post(sim, "clock", {"speed": 60})]},
    ]
    roles.after = [{"hosts": "others", "gather_facts": False, "tasks": [
        {"ansible.builtin.debug": {"msg": "{{ inventory_hostname }}: {{ ansible_host }} {{ ansible_user | default('-') }}"}},
    ]}]  # fmt: skip
    made, mute, gone, pruned, many, kept, empty, late, unknown = roles(*cases)
    assert made.failed == "" and report.exists() and progress.exists(), made.said
    assert made.kept["fleet_usable"] == ["xyz"]
    assert "It has none of public_ipv4 (fleet_connect_with)." in mute.diagnosis and "address: none\n" in mute.diagnosis
    assert [row["name"] for row in sim.state()["br-ne1"]["instances"]] == ["web-1"]
    assert gone.failed == "" and "billed" not in gone.said
    assert pruned.failed == "" and names(sim) == ["late", "xyz"] and len(sim.state()["br-se1"]["public_ips"]) == 1
    assert "1 instance would be pruned, and prune_max is 0" in many.failed
    assert kept.failed == "" and kept.changed == []  # labels are not shown, so it counts as having the label
    assert empty.failed == "" and empty.kept["fleet_result"]["members"] == []
    assert "1 of 1 instances failed. late: " in late.failed and "1 s" in late.failed, late.failed
    assert "value of fleet_wait_for must be one of: none, ssh, cloud_init" in unknown.said


@SLOW
def test_a_duplicate_name_after_the_creation_is_refused(sim: Any, tmp_path: Path) -> None:
    """A duplicate that another run makes after the module's end is found; deleted instances are not duplicates."""
    sim.reset(instant=True, unique_names=False, keep_deleted=10**6)
    late = post(
        sim, "faults", {"operation": "GET /v1/instances", "name": "web", "kind": "create_between_pages", "nth": 2}
    )
    one = {**QUIET, "count": 1}
    made, _gone, twice = Roles(sim, tmp_path)(
        one, {**one, "state": "absent", "delete_public_ip": True}, {**one, "before": [late]}
    )
    assert made.failed == ""
    ids = ", ".join(sorted(row["id"] for row in rows(sim)))
    assert twice.failed.startswith(f"2 instances are named web-1: {ids}. "), twice.said
    assert "Nothing was deleted" in twice.failed and len(rows(sim)) == 2


def test_check_mode_reports_the_plan_and_does_not_wait(sim: Any, tmp_path: Path) -> None:
    sim.reset(loopback=True)
    sim.seed("instance", name="web-1", ssh_key_name="deploy")
    show(sim, ED25519)
    roles = Roles(sim, tmp_path)
    planned, gone = roles(
        {"connect_with": ["private_ipv4", "name"]}, {"state": "absent", "delete_public_ip": True}, options=("--check",)
    )
    assert planned.failed == "" and planned.changed == [
        "Create, change, delete and prune instances",
        "Add the member's keys to known_hosts",
    ], planned.said
    assert planned.kept["fleet_usable"] == ["web-1"] and roles.lines() == []
    assert gone.changed == ["Create, change, delete and prune instances"] and changes(sim) == []


@SLOW
def test_the_examples_of_the_readme(sim: Any, tmp_path: Path) -> None:
    """The README's examples work, with this machine as all hosts."""
    blocks = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    roles = Roles(sim, tmp_path)
    said = roles.run([play for block in blocks for play in load_yaml(block)], "-i", "localhost,", *(
        f"-e{name}" for name in ("ansible_connection=local", "fleet_wait_for=ssh", "{fleet_host_keys: 'off'}")
    ), "-e", f"ansible_python_interpreter={sys.executable}")  # fmt: skip
    assert names(sim) == ["web-01", "web-02", "web-03"] and len(rows(sim)) == 3
    assert re.findall(r"^(web-\S+) +: ok=\d+ +changed=0 ", said, re.MULTILINE) == ["web-01", "web-02", "web-03"], said


def test_every_option_of_vm_fleet_is_a_variable_and_the_readme_has_all_others() -> None:
    specs = load_yaml((ROOT / "roles/fleet/meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    defaults = load_yaml((ROOT / "roles/fleet/defaults/main.yml").read_text())
    assert {name: option["default"] for name, option in specs.items() if "default" in option} == defaults
    module = load_yaml((ROOT / "plugins/modules/vm_fleet.py").read_text().split('r"""')[1].split('"""')[0])["options"]
    module["expected_plan"] = {}  # options of a documentation fragment that modules share
    passed = load_yaml((ROOT / "roles/fleet/vars/main.yml").read_text())["__fleet_options"]
    shared = {"wait", "results"}  # the role's own variables
    plain = {f"'{name}': fleet_{name} | default(none)" for name in {*module, "region"} - shared - {"state"}}
    assert set(re.findall(r"'.*(?=,)", passed)) == plain
    assert {f"fleet_{name}" for name in set(module) - shared} < set(specs)
    own = [name for name in specs if name.removeprefix("fleet_") not in module and name != "fleet_region"]
    assert [name for name in own if f"`{name}" not in README] == []


@SLOW
def test_known_hosts_loses_only_lines_of_deleted_members(sim: Any, tmp_path: Path) -> None:
    """Only lines of deleted members leave known_hosts: the same addresses may belong to others or be added by hand."""
    sim.reset(loopback=True)
    ids = [sim.seed("instance", name=f"web-{number}")["id"] for number in (1, 2)]
    roles = Roles(sim, tmp_path)
    private = [one["private_ipv4"] for one in sim.state()["br-se1"]["interfaces"]]
    kept = [
        f"{private[0]} {ED25519} magalu.cloud:11111111-2222-4333-8444-555555555555",
        f"{private[1]} {ED25519} by hand",
    ]
    roles.known.write_text("\n".join([*kept, f"{private[0]} {ED25519} magalu.cloud:{ids[0]}"]) + "\n")
    (gone,) = roles({"state": "absent", "delete_public_ip": True})
    assert gone.failed == "" and names(sim) == []
    assert roles.known.read_text().splitlines() == kept


def test_invalid_host_names_are_refused_before_any_creation(sim: Any, tmp_path: Path) -> None:
    odd = ["web:1", "-x", "True", "[1]", "localhost"]
    cases = [{"count": 0, "instances": [{"name": name}], **QUIET} for name in odd]
    cases += [{"count": 0, "instances": [{"name": "web", "new_name": "a:b"}], **QUIET},
              {"count": 1, "name_format": "web:{index:02d}", **QUIET}]  # fmt: skip
    for name, case in zip([*odd, "a:b", "web:1"], Roles(sim, tmp_path)(*cases), strict=True):
        assert "Ansible cannot have hosts of these names, with one colon" in case.failed and name in case.failed
    assert changes(sim) == []
