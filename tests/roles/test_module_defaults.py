# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The play's module_defaults reach the modules that a role uses, unless a variable of the role overrides them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.roles.cases import Case, post, use
from tests.support.declarations import DEFAULTS

pytestmark = pytest.mark.programs
SLOW = pytest.mark.test_all("the same for the other roles; one role is in make test")

GROUP = "group/magalu.cloud.vm"
OTHER = {"region": "br-ne1"}
NETWORK = {**DEFAULTS["network"], "vpc": "{{ not_given | default(omit) }}"}
FLEET = {"fleet_wait_for": "none", "fleet_defaults": {**DEFAULTS, "network": NETWORK}}


def names(sim: Any, kind: str = "instances", region: str = "br-ne1") -> list[str]:
    return sorted(row["name"] for row in sim.state()[region][kind])


@pytest.mark.every_core
def test_the_role_fleet(sim: Any, tmp_path: Path) -> None:
    """In the role fleet, a variable of the role overrides the group's default."""
    for name in ("kept", "old"):
        sim.seed("instance", region="br-ne1", name=name, labels=["ours"])
    defaults = {GROUP: {**OTHER, "protect_names": ["kept*"], "protect_labels": ["mine"], "delete_public_ip": True}}
    web = {**FLEET, "fleet_count": 1, "fleet_name_format": "web-{index}"}
    prune = {"fleet_instances": [], "fleet_allow_empty": True, "fleet_prune_all": True}
    (made, here, pruned, labels), job = use(
        sim, tmp_path, "fleet", Case(web), Case({**web, "fleet_region": "br-se1"}), Case({**web, **prune, "fleet_count": 0}),
        Case({**web, **prune, "fleet_count": 0, "fleet_protect_names": ["none"], "fleet_protect_labels": ["ours"]}),
        module_defaults=defaults,
    )  # fmt: skip
    assert [case.failed for case in (made, here, pruned, labels)] == [""] * 4, job.said
    assert (made.result["totals"]["created"], here.result["totals"]["created"]) == (1, 1)
    assert names(sim, region="br-se1") == ["web-1"]
    assert names(sim) == ["kept", "web-1"]  # the API does not return its labels
    assert sim.state()["br-ne1"]["public_ips"] == [] or "billed" not in job.said
    assert "RETRYING" not in job.said


@SLOW
def test_how_long_a_role_waits(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", region="br-ne1", name="web")
    stuck = post(sim, "faults", {"operation": "POST /v1/snapshots", "kind": "stuck"})
    still = post(sim, "faults", {"operation": "POST /v1/instances", "kind": "stuck"})
    defaults = {GROUP: {**OTHER, "wait_timeout": 2}}
    protect = {"protect_name_pattern": "web", "protect_period": "x"}
    (copy,), _job = use(sim, tmp_path, "protect", Case(protect, (stuck,)), module_defaults=defaults)
    assert "Timed out after 2 s (wait_timeout)" in copy.failed
    one = {**FLEET, "fleet_count": 1, "fleet_name_format": "db-{index}"}
    (made, longer), _job = use(
        sim, tmp_path, "fleet", Case(one, (still,)), Case({**one, "fleet_wait_timeout": 3}), module_defaults=defaults
    )
    assert "2 s" in made.failed and "3 s" in longer.failed, (made.failed, longer.failed)


@SLOW
@pytest.mark.every_core
def test_the_role_protect(sim: Any, tmp_path: Path) -> None:
    """The role protect does not prune names that the group's defaults protect."""
    web = sim.seed("instance", region="br-ne1", name="web")["id"]
    for number in range(3):
        sim.seed("snapshot", region="br-ne1", name=f"nightly-{number}", instance=web, created_at=sim.now() - 9 * 86400)
    given = {"protect_name_pattern": "web", "protect_period": "x", "protect_keep_last": 1}
    defaults = {GROUP: {**OTHER, "protect_names": ["*-1"], "protect_labels": ["x"], "delete_public_ip": True}}
    (outcome, mine), job = use(
        sim, tmp_path, "protect", Case(given), Case({**given, "protect_period": "y", "protect_protect_names": ["*-x"]}),
        module_defaults=defaults,
    )  # fmt: skip
    assert [outcome.failed, mine.failed] == ["", ""], job.said
    assert sorted(row["copy"] for row in outcome.result["pruned"]) == ["nightly-0", "nightly-2"]
    assert [row["copy"] for row in mine.result["pruned"]] == ["nightly-1"]
    assert names(sim, "snapshots") == ["nightly-web-x", "nightly-web-y"]


@SLOW
def test_the_role_rebuild(sim: Any, tmp_path: Path) -> None:
    """The role rebuild does not delete an instance that the group's defaults protect; the old one is kept aside."""
    sim.seed("instance", region="br-ne1", name="web-1")
    given = {"rebuild_id": "r1", "rebuild_name_pattern": "web-*", "rebuild_delete_public_ip": True, "rebuild_check": "none",
             "rebuild_declaration": {"machine_type": "BV2-4-40"}}  # fmt: skip
    defaults = {GROUP: {**OTHER, "protect_names": ["*-old-r1"], "wait_timeout": 900}}
    (outcome,), job = use(sim, tmp_path, "rebuild", Case(given), module_defaults=defaults)
    assert "its name matches '*-old-r1' of protect_names. The new instance" in outcome.failed, job.said
    assert names(sim) == ["web-1", "web-1-old-r1"]


@SLOW
def test_defaults_of_a_single_module_reach_the_roles(sim: Any, tmp_path: Path) -> None:
    defaults = {f"magalu.cloud.{name}": OTHER for name in ("vm_fleet", "vm_info")}
    one = {**FLEET, "fleet_count": 1, "fleet_name_format": "db-{index}"}
    (made,), job = use(sim, tmp_path, "fleet", Case(one), module_defaults=defaults)
    assert made.failed == "", job.said
    assert names(sim) == ["db-1"]


@pytest.mark.every_core
def test_a_variable_is_nearer_than_a_default_of_the_module(sim: Any, tmp_path: Path) -> None:
    """Variables override a module's defaults; missing options come from the module's default, then from the group's."""
    for name in ("db-1", "old-1", "old-2", "old-3", "safe-1"):
        sim.seed("instance", region="br-ne1", name=name)
    fleet = {"protect_names": ["never-*"], "prune_max": "2", "max_failures": "1"}
    defaults = {GROUP: {**OTHER, "protect_names": ["group-*"]}, "magalu.cloud.vm_fleet": fleet}
    given = {"fleet_instances": [], "fleet_allow_empty": True, "fleet_wait_for": "none"}
    mine = {**given, "fleet_protect_names": ["db-*", "safe-*"]}
    (many, few, most), job = use(
        sim, tmp_path, "fleet", Case({**mine, "fleet_prune_all": True}),
        Case({**mine, "fleet_prune_match": "old-*", "fleet_prune_max": "1"}),
        Case({**mine, "fleet_prune_match": "old*", "fleet_prune_max": "3"}), module_defaults=defaults,
    )  # fmt: skip
    assert "prune_max is 2" in many.failed and "prune_max is 1" in few.failed, (many.failed, few.failed)
    assert most.failed == "" and most.result["totals"]["pruned"] == 3, job.said
    assert names(sim) == ["db-1", "safe-1"]


@SLOW
def test_a_variable_of_protect_is_nearer_than_a_default_of_the_module(sim: Any, tmp_path: Path) -> None:
    web = sim.seed("instance", region="br-ne1", name="web")["id"]
    for number in range(3):
        sim.seed("snapshot", region="br-ne1", name=f"nightly-{number}", instance=web, created_at=sim.now() - 9 * 86400)
    given = {
        "protect_name_pattern": "web",
        "protect_period": "x",
        "protect_keep_last": 1,
        "protect_protect_names": ["*-1"],
    }
    defaults = {
        GROUP: OTHER, "magalu.cloud.vm_info": {"name_pattern": "other"},
        "magalu.cloud.vm_snapshot": {"protect_names": ["never-*"]},
    }  # fmt: skip
    (outcome,), job = use(sim, tmp_path, "protect", Case(given), module_defaults=defaults)
    assert outcome.failed == "", job.said
    assert names(sim, "snapshots") == ["nightly-1", "nightly-web-x"]


def test_an_unsuitable_strategy_is_refused_first(sim: Any, tmp_path: Path) -> None:
    one = {**FLEET, "fleet_count": 1, "fleet_name_format": "db-{index}"}
    with pytest.raises(AssertionError, match="add_host"):
        use(sim, tmp_path, "fleet", Case(one), strategy="ansible.builtin.free")
    assert sim.requests() == []


@SLOW
def test_a_blank_group_and_file_count_as_not_given(sim: Any, tmp_path: Path) -> None:
    """Ansible would end the whole run, without a result, after the instances were created."""
    blank = {"fleet_group": " ", "fleet_known_hosts": None, "fleet_host_keys": "init_logs"}
    one = {**FLEET, "fleet_count": 1, "fleet_name_format": "db-{index}", **blank}
    asked = Case(
        {"fleet_count": 0, "fleet_wait_for": "none"},
        ({"ansible.builtin.assert": {"that": "groups.fleet == ['db-1']"}},),
    )
    (made, _nothing), job = use(sim, tmp_path, "fleet", Case(one), asked)
    assert made.failed == "" and (tmp_path / ".ssh").is_dir(), job.said


@SLOW
def test_without_a_wait_host_keys_are_read_once_if_asked_for(sim: Any, tmp_path: Path) -> None:
    one = {**FLEET, "fleet_count": 1, "fleet_name_format": "db-{index}", "fleet_known_hosts": str(tmp_path / "known")}
    (quiet, asked), job = use(sim, tmp_path, "fleet", Case(one), Case({**one, "fleet_host_keys": "init_logs"}))
    assert [quiet.failed, asked.failed] == ["", ""], job.said
    read = [request for request in sim.requests() if "init-logs" in request["path"]]
    assert len(read) == 1 and "RETRYING" not in job.said
