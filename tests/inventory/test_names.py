# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts keep their names when other instances change, every instance is listed, and none is merged with another."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.plugin_utils import _names
from tests.support.inventory_plugin import UUIDS, ParsedInventory, parse_inventory
from tests.support.raw_client import Api


def ids(inventory: ParsedInventory) -> dict[str, str]:
    """Return the ids of hosts by their names."""
    return {name: variables["mgc_id"] for name, variables in inventory.hosts.items()}


def test_instances_that_share_a_name_get_a_part_of_their_id(sim: Any, tmp_path: Path) -> None:
    sim.reset(unique_names=False)
    for name in ("web", "web", "db"):
        sim.seed("instance", name=name)
    found = parse_inventory(sim, tmp_path)
    shared = [f"web-{row['id'][:8]}" for row in sim.state()["br-se1"]["instances"] if row["name"] == "web"]
    assert sorted(found.hosts) == sorted(["db", *shared])
    assert found.groups == {"mgc": sorted(found.hosts), "web": sorted(shared)}


@pytest.mark.parametrize("change", ["delete the oldest", "filter it out", "exclude it", "filter it by expression"])
@pytest.mark.parametrize("region", ["br-se1", "br-ne1"])
def test_no_surviving_host_changes_its_name(sim: Any, tmp_path: Path, change: str, region: str) -> None:
    sim.reset(unique_names=False)
    for number, where in enumerate(["br-se1", region, region]):
        sim.seed("instance", name="web", id=UUIDS[number], region=where, availability_zone=f"{where}-a",
                 machine_type="BV1-1-40" if number else "BV2-2-40")  # fmt: skip
    shared: dict[str, Any] = {"regions": ["br-se1", "br-ne1"]}
    before = ids(parse_inventory(sim, tmp_path, **shared))
    oldest = UUIDS[0]
    if change == "delete the oldest":
        assert Api(sim)("DELETE", f"/instances/{oldest}").status_code == 204
        sim.advance(60)
    after = ids(parse_inventory(sim, tmp_path, **shared, **{
        "delete the oldest": {}, "filter it out": {"filters": {"machine_type": "BV1-1-40"}},
        "exclude it": {"exclude_filters": [{"machine_type": "BV2-2-40"}]},
        "filter it by expression": {"filter_expressions": ["machine_type.name == 'BV1-1-40'"]},
    }[change]))  # fmt: skip
    assert len(before) == 3
    assert after == {name: row_id for name, row_id in before.items() if row_id != oldest}


def test_shared_names_can_be_an_error(sim: Any, tmp_path: Path) -> None:
    sim.reset(unique_names=False)
    for number in range(2):
        sim.seed("instance", name="web", id=UUIDS[number])
    with pytest.raises(AnsibleParserError, match=rf"2 instances are named 'web': {UUIDS[0]}, {UUIDS[1]}\. "
                       "Rename them, or leave out duplicate_names: fail"):  # fmt: skip
        parse_inventory(sim, tmp_path, duplicate_names="fail")
    assert parse_inventory(sim, tmp_path, duplicate_names="fail", hostnames=["id"]).warnings == []


OTHERWISE = (
    "These instances are listed under another name, because theirs is not a valid host name, or another host or a "
    "group has it: "
)
ODD = [None, "", " ", "{{ x }}", "{% raw %}", "{# x #}", "a:b", "a\nb", "a\tb", "\x1b[31m", " web", "localhost", "127.0.0.1",
       "::1", "all", "ungrouped", "a/b", ".", "..", "-x", "-oProxyCommand=touch PROOF", "x" * 241, "\N{LATIN SMALL LETTER E WITH ACUTE}" * 121]  # fmt: skip
FINE = [
    "a b",
    "é",
    "日本",
    "x" * 240,
    "\N{LATIN SMALL LETTER E WITH ACUTE}" * 120,
    "web[1]",
    "a::b",
    "web{1}",
    "!x",
    "a,b",
    "$x",
    "%",
    "<b>",
]


def test_an_invalid_host_name_is_replaced_by_the_id(sim: Any, tmp_path: Path) -> None:
    for number, name in enumerate(ODD):
        sim.seed("instance", name=name, id=UUIDS[number])
    found = parse_inventory(sim, tmp_path)
    assert sorted(found.hosts) == UUIDS[: len(ODD)]
    assert [host["mgc_name"] for host in found.hosts.values()] == ODD
    assert found.warnings == [f"{OTHERWISE}{', '.join(UUIDS[2:5])}, ... ({len(ODD) - 2} in all)"]


def test_every_other_name_is_a_host(sim: Any, tmp_path: Path) -> None:
    for name in FINE:
        sim.seed("instance", name=name)
    found = parse_inventory(sim, tmp_path)
    assert sorted(found.hosts) == sorted(FINE)
    assert found.warnings == []


OPTION = "-oProxyCommand=touch PROOF"
LEFT_OUT = "Addresses that begin with '-', which ssh would take for an option, are left out for these instances: "


@pytest.mark.every_core(sample=True)
@pytest.mark.parametrize("given", [
    {"connect_with": ["name"]}, {"connect_with": ["name"], "hostnames": ["id"]}, {"hostnames": ["{{ name }}", "name"]},
    {"compose": {"ansible_host": "name"}}, {"compose": {"ansible_ssh_host": "labels[0]"}},
    {"compose": {"ansible_host": "'-' ~ machine_type.vcpus"}}, {"compose": {"ansible_host": -1}}, {"connect_with": []},
], ids=str)  # fmt: skip
def test_no_text_of_an_instance_is_an_option_of_ssh(sim: Any, tmp_path: Path, given: dict[str, Any]) -> None:
    """No text of an instance becomes an option of `ssh ... ADDRESS`, which could run a command on the controller."""
    sim.seed("instance", name=OPTION, id=UUIDS[0], labels=[OPTION])
    found = parse_inventory(sim, tmp_path, **given)
    assert list(found.hosts) == UUIDS[:1]
    host = found.hosts[UUIDS[0]]
    usual = host["mgc_private_ipv4"] if "connect_with" not in given else None
    assert (host.get("ansible_host"), "ansible_ssh_host" in host) == (usual, False)
    assert (LEFT_OUT + UUIDS[0] in found.warnings) == ("compose" in given or given.get("connect_with") == ["name"])
    assert (OTHERWISE + UUIDS[0] in found.warnings) == (given.get("hostnames") != ["id"])


def test_an_address_that_begins_with_a_hyphen_is_skipped(sim: Any, tmp_path: Path) -> None:
    for number, name in enumerate([OPTION, OPTION + "x", "web"]):
        sim.seed("instance", name=name, id=UUIDS[number], state="stopped" if number == 1 else "running")
    found = parse_inventory(sim, tmp_path, connect_with=["name", "private_ipv4"], filters={"state": "running"})
    host = found.hosts[UUIDS[0]]
    assert host["ansible_host"] == host["mgc_private_ipv4"] and found.hosts["web"]["ansible_host"] == "web"
    assert found.warnings == [f"{LEFT_OUT}{UUIDS[0]}", f"{OTHERWISE}{UUIDS[0]}"]


@pytest.mark.parametrize("name", ["mgc", "state_running", "up", "above", "BV1_1_40"])
def test_no_host_has_the_name_of_a_group(sim: Any, tmp_path: Path, name: str) -> None:
    sim.seed("instance", name=name, id=UUIDS[0])
    sim.seed("instance", name="other")
    found = parse_inventory(
        sim, tmp_path, compose={"me": "inventory_hostname"}, groups={"up": "true", "named": "inventory_hostname == 'other'"},
        keyed_groups=[{"key": "state", "prefix": "state"},
                      {"key": "machine_type.name", "separator": "", "parent_group": "above"}],
    )  # fmt: skip
    assert sorted(found.hosts) == [UUIDS[0], "other"]
    assert name in found.groups
    assert found.warnings == [f"{OTHERWISE}{UUIDS[0]}"]
    assert found.hosts[UUIDS[0]]["me"] == UUIDS[0]
    assert found.groups["named"] == ["other"]


def test_a_host_with_another_name_leaves_no_group_behind(sim: Any, tmp_path: Path) -> None:
    """The groups of the name that a host had before a name conflict are not created."""
    sim.seed("instance", name="web", id="a1")
    sim.seed("instance", name="db", id="a2")
    keyed = [{"key": "inventory_hostname", "prefix": "h", "parent_group": "above_{{ inventory_hostname }}"}]
    found = parse_inventory(sim, tmp_path, keyed_groups=keyed, groups={"web": "name == 'db'"})
    assert sorted(found.hosts) == ["a1", "db"]
    assert found.parents == {"above_a1": ["h_a1"], "above_db": ["h_db"]}
    assert sorted(found.groups) == ["above_a1", "above_db", "h_a1", "h_db", "mgc", "web"]


def test_a_shared_name_may_be_the_group_name_of_another_instance(sim: Any, tmp_path: Path) -> None:
    """The common name `web.1` makes the group `web_1`, which is also the name of another instance."""
    sim.reset(unique_names=False)
    for number, name in enumerate(["web.1", "web.1", "web_1"]):
        sim.seed("instance", name=name, id=UUIDS[number])
    found = parse_inventory(sim, tmp_path)
    assert UUIDS[2] in found.hosts
    assert len(found.groups["web_1"]) == 2


COMMON = "Instances that share a name are in no group of that name, because it has another meaning already: "


@pytest.mark.parametrize(("names", "given", "hosts"), [
    (["web-servers"], {}, 0), (["jump"], {}, None), (["web.1", "web-1"], {}, None),
    (["s.stopped"], {"keyed_groups": [{"key": "state", "prefix": "s"}]}, 1), (["up"], {"groups": {"up": "name == 'db'"}}, 1),
    (["above"], {"keyed_groups": [{"key": "state", "prefix": "s", "parent_group": "above"}]}, 0),
], ids=str)  # fmt: skip
def test_a_shared_name_joins_no_group_of_another_meaning(
    sim: Any, tmp_path: Path, names: list[str], given: dict[str, Any], hosts: int | None
) -> None:
    """A common name joins no other group, or equal names could put instances into the plays of other people."""
    sim.reset(unique_names=False)
    inventory = InventoryData()
    inventory.add_group("web_servers")
    inventory.add_host("jump")
    sim.seed("instance", name="db", state="stopped")
    for name in (*names, *names):
        sim.seed("instance", name=name)
    found = parse_inventory(sim, tmp_path, inventory=inventory, **given)
    group = re.sub("[.-]", "_", names[0])
    assert f"{COMMON}{group}" in found.warnings
    assert (len(found.groups[group]) if group in found.groups else None) == hosts
    assert len(found.hosts) == 2 + 2 * len(names)


def test_a_shared_name_may_be_the_group_of_all_hosts(sim: Any, tmp_path: Path) -> None:
    sim.reset(unique_names=False)
    for number in range(2):
        sim.seed("instance", name="mgc", id=UUIDS[number])
    found = parse_inventory(sim, tmp_path)
    assert found.groups == {"mgc": sorted(found.hosts)} and len(found.hosts) == 2 and found.warnings == []


def test_no_host_has_the_id_of_another_instance_as_its_name(sim: Any, tmp_path: Path) -> None:
    """An instance whose name is another's id does not replace the host that is named by this id."""
    sim.seed("instance", name="mgc", id=UUIDS[0])
    sim.seed("instance", name=UUIDS[0], id=UUIDS[1])
    sim.seed("instance", name=UUIDS[2], id=UUIDS[2])
    found = parse_inventory(sim, tmp_path)
    assert sorted(found.hosts) == UUIDS[:3]
    assert [host["mgc_id"] for host in found.hosts.values()] == list(found.hosts)
    assert found.warnings[0] == f"{OTHERWISE}{UUIDS[0]}, {UUIDS[1]}"


def test_ids_with_the_same_beginning_are_distinguished(sim: Any, tmp_path: Path) -> None:
    """Ids with the same beginning are distinguished, also from a name that has a whole id."""
    sim.reset(unique_names=False)
    alike = [UUIDS[0], UUIDS[0][:-1] + "1"]
    for name, row_id in (("web", alike[0]), ("web", alike[1]), (f"web-{alike[0]}", UUIDS[1])):
        sim.seed("instance", name=name, id=row_id)
    found = parse_inventory(sim, tmp_path)
    assert sorted(found.hosts) == sorted([*alike, f"web-{alike[0]}"])
    assert sorted(found.groups["web"]) == alike


def test_a_name_with_a_part_of_an_id_is_not_anothers_id() -> None:
    names, shared = _names.unique(["web", "web", "db"], ["1", "2", "web-1"])
    assert (names, shared) == (["1", "web-2", "db"], {"web": [0, 1]})


def test_excluded_instances_count_for_shared_template_names(sim: Any, tmp_path: Path) -> None:
    for number, state in enumerate(["running", "stopped"]):
        sim.seed("instance", name=f"web-{state}", id=UUIDS[number], state=state)
    for hostnames in (["{{ name[:3] }}"], ["image.name"]):
        [host] = parse_inventory(sim, tmp_path, hostnames=hostnames, filters={"state": "running"}).hosts
        assert host.endswith(f"-{UUIDS[0][:8]}")


def test_an_id_that_is_also_a_group_stays_the_host_name(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", name="web", id="a1")
    found = parse_inventory(sim, tmp_path, hostnames=["id"], keyed_groups=[{"key": "id", "separator": ""}])
    assert found.groups["a1"] == list(found.hosts) == ["a1"]
    assert found.warnings == []


def test_no_instance_replaces_a_group_of_another_source(sim: Any, tmp_path: Path) -> None:
    """An instance does not replace a group of another source, or its name could redirect `hosts: webservers`."""
    row, inventory = sim.seed("instance", name="webservers"), InventoryData()
    inventory.add_group("webservers")
    found = parse_inventory(sim, tmp_path, inventory=inventory)
    assert list(found.hosts) == [row["id"]] and found.groups["webservers"] == []
    assert OTHERWISE + row["id"] in found.warnings
    assert list(parse_inventory(sim, tmp_path).hosts) == ["webservers"]


def test_an_instance_of_another_file_is_not_merged(sim: Any, tmp_path: Path) -> None:
    """Instances of two accounts are not merged. A host of another plugin, which has no id, is still extended."""
    mine = sim.seed("instance", name="web")["id"]
    inventory = InventoryData()
    for name, own in (("web", UUIDS[0]), ("db", None)):
        inventory.add_host(name)
        if own:
            inventory.set_variable(name, "mgc_id", own)
    found = parse_inventory(sim, tmp_path, inventory=inventory)
    assert {name: host.get("mgc_id") for name, host in found.hosts.items()} == {"web": UUIDS[0], "db": None, mine: mine}
    assert OTHERWISE + mine in found.warnings


@pytest.mark.parametrize("hostnames", [["name"], ["{{ name }}"], ["{{ labels[0] }}"]], ids=str)
@pytest.mark.parametrize("spelt", [str.lower, str.upper])
def test_no_name_is_the_id_of_an_instance_of_another_file(
    sim: Any, tmp_path: Path, hostnames: list[str], spelt: Any
) -> None:
    """A file that names its hosts by id would give the other instance's host to its own instance."""
    theirs = UUIDS[1].replace("0000", "abcd")
    mine = sim.seed("instance", name=spelt(theirs), labels=[spelt(theirs)])["id"]
    sim.seed("instance", name="web", id=theirs, region="br-ne1", availability_zone="br-ne1-a")
    inventory = InventoryData()
    found = parse_inventory(sim, tmp_path, inventory=inventory, hostnames=hostnames)
    assert found.warnings == [OTHERWISE + mine]
    found = parse_inventory(sim, tmp_path, inventory=inventory, hostnames=["id"], region="br-ne1")
    assert ids(found) == {mine: mine, theirs: theirs}


PREFIXES = ["mgc_", "lab_", ""]


@pytest.mark.every_core(sample=True)
@pytest.mark.parametrize("first", PREFIXES)
@pytest.mark.parametrize("second", PREFIXES)
def test_files_with_prefixes_of_their_own_merge_no_instances(sim: Any, tmp_path: Path, first: str, second: str) -> None:
    """Files with different prefixes merge no instances; the same instance is one host with both files' variables."""
    mine = sim.seed("instance", name="web")["id"]
    others = sim.seed("instance", name="web", region="br-ne1", availability_zone="br-ne1-a")["id"]
    inventory = InventoryData()
    parse_inventory(sim, tmp_path, inventory=inventory, hostvars_prefix=first)
    found = parse_inventory(sim, tmp_path, inventory=inventory, hostvars_prefix=second, region="br-ne1")
    assert sorted(found.hosts) == sorted(["web", others])
    assert found.hosts["web"][f"{first}id"] == mine and found.hosts[others][f"{second}id"] == others
    assert OTHERWISE + others in found.warnings
    again = parse_inventory(sim, tmp_path, inventory=inventory, hostvars_prefix="third_")
    assert sorted(again.hosts) == sorted(["web", others]) and again.hosts["web"]["third_id"] == mine
    assert again.warnings == []


def test_a_deleted_instance_does_not_share_its_name(sim: Any, tmp_path: Path) -> None:
    """A deleted instance does not count for shared names, or its successor would have another name for a while."""
    sim.reset(keep_deleted=3600)
    old = sim.seed("instance", name="web")["id"]
    assert Api(sim)("DELETE", f"/instances/{old}").status_code == 204
    sim.advance(60)
    new = sim.seed("instance", name="web")["id"]
    assert ids(parse_inventory(sim, tmp_path, duplicate_names="fail")) == {"web": new}
    assert set(ids(parse_inventory(sim, tmp_path, filters={"state": ["running", "deleted"]})).values()) == {old, new}


def test_an_excluded_instance_does_not_fail_a_strict_inventory(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", name="web", labels=["a"])
    strict = {"strict": True, "hostnames": ["{{ labels[5] }}"]}
    assert parse_inventory(sim, tmp_path, **strict, filters={"name": "none"}).hosts == {}
    with pytest.raises(AnsibleParserError, match=r"hostnames\[0\]"):
        parse_inventory(sim, tmp_path, **strict)


def test_excluded_instances_give_no_warning(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", name="a:b", state="stopped")
    assert parse_inventory(sim, tmp_path, filters={"state": "running"}).warnings == []
    assert parse_inventory(sim, tmp_path, filter_expressions=["state == 'running'"]).warnings == []
    assert len(parse_inventory(sim, tmp_path).warnings) == 1


@pytest.mark.parametrize(("hostnames", "host"), [
    (["id"], UUIDS[0]), (["private_ipv4"], "198.18.0.2"), (["public_ipv4", "name"], "web"), (["image.platform"], "linux"),
    (["{{ name }}.{{ region }}"], "web.br-se1"), (["{{ mgc_name }}"], "web"), (["{{ missing }}", "name"], "web"),
    (["{{ labels }}", "name"], "web"), (["{{ error }}", "name"], "web"), (["{{ name[:0] }}"], UUIDS[0]),
    (["labels"], UUIDS[0]), (["{{ 12 }}"], "12"), (["{{ 'a:b' }}", "name"], "web"),
])  # fmt: skip
@pytest.mark.every_core
def test_hosts_are_named_by_the_first_valid_hostname(sim: Any, tmp_path: Path, hostnames: list[str], host: str) -> None:
    sim.seed("instance", name="web", id=UUIDS[0], labels=["a"])
    found = parse_inventory(sim, tmp_path, hostnames=hostnames)
    assert list(found.hosts) == [host]
    assert next(iter(found.hosts)).__class__ is str
    failed = "missing" in hostnames[0]
    assert ["hostnames[0] failed for every host" in warning for warning in found.warnings] == [True] * failed


@pytest.mark.every_core(sample=True)
@pytest.mark.parametrize(("hostnames", "said"), [
    (["{{ name }}.test"], True), (["{{ name }}.test", "id"], True), (["ssh_key_name"], True), (["{{ name[:0] }}"], False),
    (["vpc", "id"], False), (["{{ name }}.test", "machine_type.name"], False), (["id", "name"], False),
], ids=str)  # fmt: skip
def test_an_invalid_name_gives_a_warning_for_every_source(
    sim: Any, tmp_path: Path, hostnames: list[str], said: bool
) -> None:
    sim.seed("instance", name="db:1", id=UUIDS[0], ssh_key_name="a/b")
    found = parse_inventory(sim, tmp_path, hostnames=hostnames)
    assert list(found.hosts) == ["BV1-1-40" if "machine_type.name" in hostnames else UUIDS[0]]
    assert found.warnings == [OTHERWISE + UUIDS[0]] * said


def test_a_failed_template_names_the_instance_with_strict(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", name="web", id=UUIDS[0])
    with pytest.raises(
        AnsibleParserError, match=rf"hostnames\[1\] '.*missing.*' failed for instance 'web' \({UUIDS[0]}\)"
    ):
        parse_inventory(sim, tmp_path, hostnames=["public_ipv4", "{{ missing }}"], strict=True)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", f"a-{UUIDS[0][:8]}", "c", UUIDS[1]]), st.integers(0, 9)), max_size=8,
                unique_by=lambda pair: pair[1]))  # fmt: skip
def test_names_are_unique_and_unshared_names_stay(instances: list[tuple[str, int]]) -> None:
    chosen, row_ids = [name for name, _number in instances], [UUIDS[number] for _name, number in instances]
    names, shared = _names.unique(chosen, row_ids)
    assert len(set(names)) == len(names) == len(chosen)
    meant = [name if name not in row_ids else row_id for name, row_id in zip(chosen, row_ids)]
    for name, own in zip(names, meant):
        assert (name == own) == (meant.count(own) == 1)
    assert set(shared) == {name for name in meant if meant.count(name) > 1}
