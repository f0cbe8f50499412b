# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The examples of the guide to the inventory do what its text says: the whole files are taken from the guide."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.awx import script
from tests.support.inventory_programs import FAILS, Programs, Ran
from tests.support.pages import blocks, files

pytestmark = [pytest.mark.every_core, pytest.mark.programs]
SLOW = pytest.mark.test_all("the other examples of the page are in make test")
EXAMPLES = files("inventory")


def run(programs: Programs, *names: str, source: str = "", **env: str) -> Ran:
    """Run ansible-inventory --list on these files, or on their folder."""
    for name in names:
        programs.write(EXAMPLES[name], name=name)
    ran = programs("inventory", "--list", "-i", source or names[0], **{**FAILS, **env})
    assert (ran.code, ran.stderr) == (0, ""), ran.stderr
    return ran


def groups(ran: Ran) -> dict[str, set[str]]:
    return {name: set(group["hosts"]) for name, group in ran.inventory.items() if "hosts" in group}


def test_first(programs: Programs, sim: Any) -> None:
    sim.seed("instance", name="web-01", public_ip="192.0.2.10")
    sim.seed("instance", name="db-01")
    ran = run(programs, "first.magalu.yml")
    assert groups(ran) == {"mgc": {"web-01", "db-01"}}
    assert ran.hosts["web-01"]["ansible_host"] == "192.0.2.10"
    assert ran.hosts["db-01"]["ansible_host"] == ran.hosts["db-01"]["mgc_private_ipv4"]


def test_the_readme_pings_only_reachable_instances(programs: Programs, sim: Any) -> None:
    """The README's example pings only running instances with a public address."""
    for readme in ("README.md", "README.pt-BR.md"):
        (shown,) = re.findall(r"```yaml\n(plugin: .*?)```", (ROOT / readme).read_text(), re.DOTALL)
        programs.write(shown, name="readme.magalu.yml")
        assert "ansible -i magalu.yml public -m ansible.builtin.ping\n" in (ROOT / readme).read_text()
    for nulls in ("sent", "omitted"):
        sim.reset(nulls=nulls)
        sim.seed("instance", name="web-01", public_ip="192.0.2.10")
        sim.seed("instance", name="web-02", public_ip="192.0.2.11", state="stopped")
        sim.seed("instance", name="db-01")
        found = groups(run(programs, source="readme.magalu.yml"))
        assert found["public"] == {"web-01"} and found["state_running"] == {"web-01", "db-01"}


def test_groups(programs: Programs, sim: Any) -> None:
    sim.seed("instance", name="web-01", labels=["blue"])
    sim.seed("instance", name="db-01", state="stopped")
    found = groups(run(programs, "groups.magalu.yml"))
    for group in ("zone_br_se1_a", "type_BV1_1_40", "state_running", "label_blue"):
        assert f"# {group}\n" in EXAMPLES["groups.magalu.yml"]
        assert "web-01" in found[group]
    assert found["web"] == found["label_blue"] == {"web-01"} and found["state_stopped"] == {"db-01"}


def test_roles_of_labels(programs: Programs, sim: Any) -> None:
    sim.seed("instance", name="web-01", labels=["role=web", "blue", "note=a=b"])
    sim.seed("instance", name="db-01")
    ran = run(programs, "roles.magalu.yml")
    assert (
        ran.hosts["web-01"]["label_values"] == {"role": "web", "note": "a=b"}
        and ran.hosts["db-01"]["label_values"] == {}
    )
    assert groups(ran)["role_web"] == {"web-01"}


def test_an_unreadable_inventory_fails_the_play(programs: Programs, sim: Any) -> None:
    """An unreadable inventory fails the play with the guide's ansible.cfg, and not without it."""
    (settings,) = blocks("inventory", "ini")
    programs.write(EXAMPLES["first.magalu.yml"], name="first.magalu.yml")
    for text in ("", settings):
        (programs.folder / "ansible.cfg").write_text(text)
        play = programs.write('[{"hosts": "all", "gather_facts": false, "tasks": []}]', name="play.yml")
        ran = programs("playbook", "-i", "first.magalu.yml", play, MGC_API_KEY="wrong")
        assert (ran.code == 0) == (not text) and ran.says("The api_key"), ran.stderr


@SLOW
def test_alive(programs: Programs, sim: Any) -> None:
    sim.seed("instance", name="web-01")
    sim.seed("instance", name="web-02", state="error", status="retyping_error")
    sim.seed("instance", name="web-03", state="new", status="creating_error")
    assert set(run(programs, "alive.magalu.yml").hosts) == {"web-01"}


def test_some(programs: Programs, sim: Any) -> None:
    for name in ("web-01", "web-01-test", "db-01", "other"):
        sim.seed("instance", name=name, machine_type="BV2-2-40")
    sim.seed("instance", name="web-02", state="stopped", machine_type="BV2-2-40")
    sim.seed("instance", name="web-03", machine_type="BV1-1-40")
    assert set(run(programs, "some.magalu.yml").hosts) == {"web-01", "db-01"}


@SLOW
def test_private(programs: Programs, sim: Any) -> None:
    for name in ("web-01", "jump"):
        sim.seed("instance", name=name, public_ip=True)
    image = sim.seed("custom_image", name="golden-7")["id"]
    sim.seed("instance", name="db-01", image=image)
    hosts = run(programs, "private.magalu.yml").hosts
    assert {name: host["ansible_user"] for name, host in hosts.items()} == {"web-01": "ubuntu", "db-01": "admin"}
    for host in hosts.values():
        assert host["ansible_host"] == host["mgc_private_ipv4"]
        assert host["ansible_ssh_common_args"] == "-o ProxyJump=ubuntu@jump.example.com"


@SLOW
def test_regions(programs: Programs, sim: Any) -> None:
    for region in ("br-se1", "br-ne1"):
        sim.seed("instance", region, name="web-01")
    found = groups(run(programs, "regions.magalu.yml"))
    assert len(found["web_01"]) == 2 and found["web_01"] == found["region_br_se1"] | found["region_br_ne1"]
    assert all(re.fullmatch(r"web-01-\w{8}", name) for name in found["web_01"])


@SLOW
def test_accounts_and_groups_across_them(programs: Programs, sim: Any) -> None:
    sim.reset(keys={"key-1": "tenant-1", "key-2": "tenant-2"})
    sim.seed("instance", name="web-01", tenant="tenant-1")
    sim.seed("instance", name="web-01", tenant="tenant-2", machine_type="BV2-2-40")
    files = ("inventory/production.magalu.yml", "inventory/lab.magalu.yml", "inventory/zz.constructed.yml")
    keys = {"PRODUCTION_KEY": "key-1", "LAB_KEY": "key-2"}
    found = groups(run(programs, *files, source="inventory", **keys))
    assert found["account_production"] == {"web-01.production"} == found["production_web"] == found["type_BV1_1_40"]
    assert found["account_lab"] == {"web-01.lab"} == found["type_BV2_2_40"]


@SLOW
def test_stay(programs: Programs, sim: Any) -> None:
    made = sim.seed("instance", name="web-01")["id"]
    assert set(run(programs, "stay.magalu.yml").hosts) == {made}


@SLOW
def test_cached(programs: Programs, sim: Any) -> None:
    sim.seed("instance", name="web-01")
    first = run(programs, "cached.magalu.yml").inventory
    asked = len(sim.requests())
    assert run(programs, "cached.magalu.yml").inventory == first and len(sim.requests()) == asked
    assert list((programs.folder / ".cache/magalu").iterdir())


@SLOW
def test_awx(programs: Programs, sim: Any) -> None:
    sim.seed("instance", name="web-01")
    sim.seed("instance", "br-ne1", name="web-02", state="stopped")
    ran = run(programs, "inventories/awx.vm_instances.yml", MGC_REGION="", MGC_TENANT_ID="")
    assert set(ran.hosts) == {"web-01", "web-02"}
    enabled = script(ran.inventory, "mgc_state")
    assert '"web-01"' in enabled and '"web-02"' not in enabled
    assert set(run(programs, "inventories/awx.vm_instances.yml", MGC_REGIONS="br-se1").hosts) == {"web-01", "web-02"}


def test_every_example_is_tried() -> None:
    """Every example file is named in a test above."""
    assert len(EXAMPLES) == len(blocks("inventory", "yaml")) > 9
    tests = (ROOT / "tests/inventory/test_guide.py").read_text()
    assert [name for name in EXAMPLES if f'"{name}"' not in tests] == []
