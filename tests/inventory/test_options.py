# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every option of the inventory works as documented, and errors name the option and the value."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader

from ansible_collections.magalu.cloud.plugins.plugin_utils._hostvars import ADDRESSES, NAMES, Reader
from tests.support.declarations import IMAGE, LARGE, SMALL
from tests.support.inventory_plugin import UUIDS, parse_inventory
from tests.support.raw_client import Api

BLANK = {
    f"MGC_{name}": "" for name in (
        "ACCESS_TOKEN", "TENANT_ID", "REGION", "VALIDATE_CERTS", "CA_PATH", "API_TIMEOUT", "API_RETRIES", "REGIONS",
        "ON_REGION_ERROR", "ACCOUNT_NAME", "HOSTNAMES", "DUPLICATE_NAMES", "CONNECT_WITH", "CONNECT_INTERFACE",
        "HOSTVARS_PREFIX", "GROUP", "USER_DATA", "SET_USER",
    )
}  # fmt: skip


def port(primary: bool, name: str, number: int) -> dict[str, Any]:
    """Return an interface as the API returns it."""
    return {"id": UUIDS[number], "name": name, "primary": primary, "security_groups": [f"group-{number}"],
            "associated_public_ipv4": f"192.0.2.{number}",
            "ip_addresses": {"private_ipv4": f"198.18.0.{number}", "public_ipv6": f"2001:db8::{number}"}}  # fmt: skip


@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
def test_a_host_has_every_variable_and_no_other(sim: Any, tmp_path: Path, edition: str) -> None:
    sim.reset(edition=edition)
    sim.seed("instance", name="web", labels=["a"], public_ip=True)
    host = parse_inventory(sim, tmp_path).hosts["web"]
    assert sorted(host) == sorted(["ansible_host", *(f"mgc_{name}" for name in NAMES)])
    told = {name: host[f"mgc_{name}"] for name in NAMES}
    assert told["machine_type"]["name"] == SMALL and told["image"]["name"] == IMAGE
    assert (told["state"], told["status"], told["region"], told["account"]) == ("running", "completed", "br-se1", None)
    assert told["labels"] == (["a"] if edition == "2026-08" else [])
    assert host["ansible_host"] == told["public_ipv4"] == told["interfaces"][0]["public_ipv4"]
    assert told["private_ipv4"].startswith("198.18.") and told["public_ipv6"].startswith("2001:db8:")


def test_an_account_without_instances_is_an_empty_inventory(sim: Any, tmp_path: Path) -> None:
    assert parse_inventory(sim, tmp_path, keyed_groups=[{"key": "state"}]) == ({}, {"mgc": []}, {}, [])


@pytest.mark.parametrize(("given", "env", "regions"), [
    ({}, {}, ["br-se1"]), ({"region": "br-ne1"}, {}, ["br-ne1"]), ({}, {"MGC_REGION": "br-ne1"}, ["br-ne1"]),
    ({"regions": ["br-ne1", "br-se1", "br-ne1"], "region": "br-mgl1"}, {}, ["br-ne1", "br-se1"]),
    ({}, {"MGC_REGIONS": "br-se1, br-mgl1", "MGC_REGION": "br-ne1"}, ["br-se1", "br-mgl1"]),
    ({"region": "br-ne1"}, {"MGC_REGIONS": " "}, ["br-ne1"]), ({"regions": []}, {}, ["br-se1"]),
    ({"regions": ["", "br-ne1"]}, {}, ["br-ne1"]), ({"regions": "br-ne1,br-se1"}, {}, ["br-ne1", "br-se1"]),
])  # fmt: skip
def test_regions(sim: Any, tmp_path: Path, given: Any, env: dict[str, str], regions: list[str]) -> None:
    for region in ("br-se1", "br-ne1", "br-mgl1"):
        sim.seed("instance", name=region, region=region, availability_zone=f"{region}-a")
    found = parse_inventory(sim, tmp_path, env=env, **given)
    assert list(found.hosts) == regions
    assert [host["mgc_region"] for host in found.hosts.values()] == regions
    assert len(sim.requests()) == len(regions)


@pytest.mark.parametrize("way", ["option", "environment"])
def test_a_region_that_does_not_respond_fails_the_inventory(sim: Any, tmp_path: Path, way: str) -> None:
    sim.seed("instance", name="br-se1")
    given: dict[str, Any] = {"regions": ["br-se1", "br-xx1"]}
    with pytest.raises(AnsibleParserError, match="Failed to list the instances of region br-xx1: .*status 404"):
        parse_inventory(sim, tmp_path, **given)
    warn = {"on_region_error": "warn"} if way == "option" else {}
    found = parse_inventory(sim, tmp_path, env={} if warn else {"MGC_ON_REGION_ERROR": "warn"}, **given, **warn)
    assert list(found.hosts) == ["br-se1"]
    assert len(found.warnings) == 1
    assert "region br-xx1" in found.warnings[0] and "missing in the inventory" in found.warnings[0]
    with pytest.raises(AnsibleParserError, match="region br-xx1"):
        parse_inventory(sim, tmp_path, **{**given, "regions": ["br-xx1"], "on_region_error": "warn"})


@pytest.mark.parametrize(("given", "hosts"), [
    ({"state": "running"}, ["big", "web-1"]), ({"state": ["stopped"]}, ["web-2"]), ({"status": "completed"}, ["big", "web-1", "web-2"]),
    ({"name": "web-*"}, ["web-1", "web-2"]), ({"name": ["WEB-1", "big"]}, ["big"]), ({"name": "web"}, []),
    ({"machine_type": LARGE}, ["big"]), ({"image": "windows-server-2022"}, ["big"]),
    ({"availability_zone": "br-se1-b"}, ["web-2"]), ({"vpc": "vpc-apps"}, []), ({"vpc": "vpc_default"}, ["big", "web-1", "web-2"]),
    ({"labels": "a"}, ["big", "web-1"]), ({"labels": ["a", "b"]}, ["web-1"]),
    ({"labels": "a", "state": "stopped"}, []), ({"state": ["running", "stopped"]}, ["big", "web-1", "web-2"]),
])  # fmt: skip
def test_filters_and_their_opposite(sim: Any, tmp_path: Path, given: dict[str, Any], hosts: list[str]) -> None:
    sim.seed("instance", name="web-1", labels=["a", "b"])
    sim.seed("instance", name="web-2", state="stopped", availability_zone="br-se1-b")
    sim.seed("instance", name="big", labels=["a"], machine_type=LARGE, image="windows-server-2022")
    every = ["big", "web-1", "web-2"]
    assert sorted(parse_inventory(sim, tmp_path, filters=given).hosts) == hosts
    left = [name for name in every if name not in hosts]
    assert sorted(parse_inventory(sim, tmp_path, exclude_filters=[given, {"name": "none"}]).hosts) == left


@pytest.mark.parametrize("spelt", [str.lower, str.upper])
def test_ids_have_no_case_and_zones_no_hyphen(sim: Any, tmp_path: Path, spelt: Any) -> None:
    kind, mine, own = (UUIDS[number].replace("0", "a") for number in (10, 11, 12))
    odd = {"machine_type.id": kind.upper(), "availability_zone": "br-se-1-a"}
    sim.seed("instance", name="web-1", odd=odd, interfaces=[own.upper()], id=mine.upper())
    sim.seed("instance", name="web-2", availability_zone="br-se1-b")
    for given in ({"machine_type": spelt(kind)}, {"availability_zone": "br-se1-a"}):
        assert list(parse_inventory(sim, tmp_path, filters=given).hosts) == ["web-1"]
    host = parse_inventory(sim, tmp_path, connect_interface=spelt(own)[:-2] + "*").hosts["web-1"]
    assert (host["mgc_id"], host["ansible_host"]) == (mine.upper(), host["mgc_interfaces"][1]["private_ipv4"])


@pytest.mark.parametrize(("zone", "hosts"), [
    ("br-se1-a", ["se"]), ("br-mgl1-a", ["mgl", "mgl-by-url"]), ("br-ne-1-a", ["ne"]), ("br-ne1-a", ["ne"]),
    ("br-se-1-a", ["mgl", "mgl-by-url", "se"]),  # a spelling of both zones
])  # fmt: skip
def test_zones_of_two_regions_are_not_confused(sim: Any, tmp_path: Path, zone: str, hosts: list[str]) -> None:
    """Zones of two regions are not confused: br-mgl1 is br-se-1 in URLs, one hyphen away from br-se1."""
    every = {"se": "br-se1", "mgl": "br-mgl1", "mgl-by-url": "br-mgl1", "ne": "br-ne1"}
    for name, region in every.items():
        odd = {"availability_zone": "br-se-1-a"} if name == "mgl-by-url" else {}
        sim.seed("instance", name=name, region=region, availability_zone=f"{region}-a", odd=odd)
    given: dict[str, Any] = {"regions": ["br-se1", "br-mgl1", "br-ne1"]}
    assert sorted(parse_inventory(sim, tmp_path, **given, filters={"availability_zone": zone}).hosts) == hosts
    left = sorted(every.keys() - set(hosts))
    assert sorted(parse_inventory(sim, tmp_path, **given, exclude_filters=[{"availability_zone": zone}]).hosts) == left


@pytest.mark.parametrize("empty", ["state", "name", "labels"])
def test_an_empty_list_is_no_filter(sim: Any, tmp_path: Path, empty: str) -> None:
    """An empty list, for example from an empty template, is not a filter and removes no host."""
    sim.seed("instance", name="web")
    assert list(parse_inventory(sim, tmp_path, filters={empty: []}).hosts) == ["web"]
    assert list(
        parse_inventory(sim, tmp_path, exclude_filters=[{empty: [], "availability_zone": "br-se1-a"}]).hosts
    ) == ["web"]


@pytest.mark.parametrize("given", [{"filters": {"labels": ["a"]}}, {"exclude_filters": [{"labels": ["a"]}]}], ids=str)
def test_a_filter_by_unknown_labels_is_an_error(sim: Any, tmp_path: Path, given: dict[str, Any]) -> None:
    """A filter by unknown labels is an error, or excluded hosts would be listed, also from the cache."""
    sim.reset(edition="2024-08")
    sim.seed("instance", name="web")
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    assert list(parse_inventory(sim, tmp_path, **cache).hosts) == ["web"]
    for more in ({}, cache):
        with pytest.raises(AnsibleParserError, match="Region br-se1 has API version 2024-08, which has no labels"):
            parse_inventory(sim, tmp_path, **given, **more)


def test_labels_of_api_version_2025_are_a_filter_once_an_instance_has_some(sim: Any, tmp_path: Path) -> None:
    sim.reset(edition="2025-05", nulls="omitted")
    sim.seed("instance", name="web")
    with pytest.raises(AnsibleParserError, match="or 2025-05 and no instance with labels"):
        parse_inventory(sim, tmp_path, filters={"labels": ["a"]})
    sim.seed("instance", name="db", labels=["a"])
    assert list(parse_inventory(sim, tmp_path, filters={"labels": ["a"]}).hosts) == ["db"]


def test_filters_see_an_empty_name_for_an_instance_without_name(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", name=None)
    assert len(parse_inventory(sim, tmp_path, filters={"name": "*"}).hosts) == 1
    assert parse_inventory(sim, tmp_path, filters={"name": "?*"}).hosts == {}


def test_a_machine_type_is_found_by_its_id_too(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", name="web")
    kind = str(parse_inventory(sim, tmp_path).hosts["web"]["mgc_machine_type"]["id"])
    assert list(parse_inventory(sim, tmp_path, filters={"machine_type": kind}).hosts) == ["web"]


def failed_and_gone(sim: Any) -> dict[str, tuple[str, str]]:
    """Create instances with all failures and a deleted one, and return the states and statuses of the existing ones."""
    sim.reset(keep_deleted=1000)
    sim.seed("instance", name="gone", id=UUIDS[0])
    assert Api(sim)("DELETE", f"/instances/{UUIDS[0]}").status_code == 204
    sim.advance(60)
    there = {
        "web": ("running", "completed"), "sick": ("running", "retyping_error"), "moving": ("running", "retyping"),
        "failed": ("error", "creating_error"), "unmade": ("new", "creating_error_capacity"), "lost": ("error", "completed"),
        "dead": ("error", "retyping_error"), "dying": ("error", "deleting_error"), "odd": ("error", "mystery_error"),
    }  # fmt: skip
    for name, (state, status) in there.items():
        sim.seed("instance", name=name, state=state, status=status)
    return there


@pytest.mark.parametrize(("filters", "left_out"), [
    ({}, []), ({"name": "*"}, []), ({"state": "error"}, ["web", "sick", "moving", "unmade"]),
    ({"phase": ["creation_failed", "gone"]}, ["web", "sick", "moving", "lost", "dead", "dying", "odd"]),
    ({"phase": "in_transition"}, ["web", "sick", "failed", "unmade", "lost", "dead", "dying", "odd"]),
    ({"status": ["deleted", "completed"]}, ["sick", "moving", "failed", "unmade", "dead", "dying", "odd"]),
])  # fmt: skip
def test_only_deleted_instances_are_left_out_unless_a_filter_asks(
    sim: Any, tmp_path: Path, filters: dict[str, Any], left_out: list[str]
) -> None:
    there = failed_and_gone(sim)
    hosts = parse_inventory(sim, tmp_path, filters=filters).hosts
    assert ("gone" in hosts) == ("status" in filters or "gone" in filters.get("phase", ()))
    assert {name: (host["mgc_state"], host["mgc_status"]) for name, host in hosts.items() if name != "gone"} == {
        name: told for name, told in there.items() if name not in left_out
    }


def test_failed_instances_can_be_excluded(sim: Any, tmp_path: Path) -> None:
    failed_and_gone(sim)
    hosts = parse_inventory(sim, tmp_path, exclude_filters=[{"state": ["new", "error"]}]).hosts
    assert sorted(hosts) == ["moving", "sick", "web"]


@pytest.mark.every_core
def test_filter_expressions_must_all_hold(sim: Any, tmp_path: Path) -> None:
    for name in ("web-1", "web-2", "db-1"):
        sim.seed("instance", name=name, state="stopped" if name == "web-2" else "running")
    both = ["name is match('web')", "mgc_state == 'running'"]
    assert list(parse_inventory(sim, tmp_path, filter_expressions=both).hosts) == ["web-1"]
    found = parse_inventory(sim, tmp_path, filter_expressions=["misssing.x == 1"])
    assert found.hosts == {}
    assert len(found.warnings) == 1 and found.warnings[0].startswith("filter_expressions[0] failed for every host: ")
    with pytest.raises(AnsibleParserError, match=r"filter_expressions\[0\] failed for host (web|db).*missing"):
        parse_inventory(sim, tmp_path, filter_expressions=["missing == 1"], strict=True)


@pytest.mark.parametrize(("given", "address"), [
    ({}, "mgc_public_ipv4"), ({"connect_with": ["private_ipv4"]}, "mgc_private_ipv4"), ({"connect_with": ["name"]}, "mgc_name"),
    ({"connect_with": ["public_ipv6", "private_ipv4"]}, "mgc_public_ipv6"), ({"connect_with": []}, None),
])  # fmt: skip
def test_connect_with_chooses_the_address(sim: Any, tmp_path: Path, given: dict[str, Any], address: str | None) -> None:
    sim.seed("instance", name="web", public_ip=True)
    found = parse_inventory(sim, tmp_path, **given)
    host = found.hosts["web"]
    assert (host.get("ansible_host"), found.warnings) == (address and host[address], [])
    assert address is None or host["ansible_host"]


def test_hosts_without_address_are_counted_in_one_warning(sim: Any, tmp_path: Path) -> None:
    for number, name in enumerate(("web", "db")):
        sim.seed("instance", name=name, id=UUIDS[number])
    said = "Hosts without ansible_host, because they have none of public_ipv4: web, db"
    found = parse_inventory(sim, tmp_path, connect_with=["public_ipv4"])
    assert sorted(found.hosts) == ["db", "web"] and found.warnings == [said]
    with pytest.raises(AnsibleParserError, match=said):
        parse_inventory(sim, tmp_path, connect_with=["public_ipv4"], strict=True)
    found = parse_inventory(sim, tmp_path, connect_with=["public_ipv4"], connect_interface="eth9*")
    of = "public_ipv4 on an interface that connect_interface 'eth9*' matches: web, db"
    assert found.warnings == [said.replace("public_ipv4: web, db", of)]
    composed = parse_inventory(
        sim, tmp_path, connect_with=["public_ipv4"], compose={"ansible_host": "private_ipv4"}, strict=True
    )
    assert composed.hosts["web"]["ansible_host"] == "198.18.0.2"


@pytest.mark.parametrize(("interface", "address"), [
    (None, "198.18.0.2"), ("storage-*", "198.18.0.1"), ("main", "198.18.0.2"), (UUIDS[1], "198.18.0.1"), ("none", None),
])  # fmt: skip
def test_which_interface_counts(interface: str | None, address: str | None) -> None:
    ports = [port(False, "storage-1", 1), port(True, "main", 2)]
    fields = Reader(None, interface, False)("br-se1", {"id": "i", "network": {"interfaces": ports}})
    assert [each["name"] for each in fields["interfaces"]] == ["main", "storage-1"]
    assert fields["private_ipv4"] == address
    assert fields["security_groups"] == ([f"group-{address[-1]}"] if address else [])


@pytest.mark.parametrize("interfaces", [None, [], [{"id": "x"}], [{"id": "x", "ip_addresses": None}]])
def test_an_instance_without_addresses_has_null_addresses(interfaces: Any) -> None:
    fields = Reader(None, None, False)("br-se1", {"id": "i", "network": {"interfaces": interfaces}})
    assert [fields[kind] for kind in ADDRESSES] == [None, None, None]


def test_the_first_address_counts_if_the_api_version_has_no_primary_interface() -> None:
    ports = [{"id": "a", "ipAddresses": {"privateIpAddress": "198.18.0.1"}},
             {"id": "b", "ipAddresses": {"privateIpAddress": "198.18.0.2", "publicIpAddress": "192.0.2.2"}}]  # fmt: skip
    fields = Reader(None, None, False)("br-se1", {"id": "i", "network": {"ports": ports}})
    assert [fields[kind] for kind in ADDRESSES] == ["198.18.0.1", "192.0.2.2", None]


def test_hostvars_prefix_can_be_changed_or_empty(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", name="web")
    assert parse_inventory(sim, tmp_path, hostvars_prefix="cloud_").hosts["web"]["cloud_state"] == "running"
    found = parse_inventory(sim, tmp_path, hostvars_prefix="", keyed_groups=[{"key": "name"}])
    host = found.hosts["web"]
    assert host["state"] == "running" and host["name_"] == "web" and "name" not in host
    assert found.warnings == ["Ansible reserves the names of some variables, which are named otherwise: name_"]
    assert found.groups["_web"] == ["web"]


def test_the_group_of_all_and_the_name_of_the_account(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", name="web")
    found = parse_inventory(sim, tmp_path, group="magalu prod", account_name="prod")
    assert found.groups == {"magalu_prod": ["web"]}
    assert found.hosts["web"]["mgc_account"] == "prod"


def test_user_data_is_left_out_unless_requested(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", name="web", user_data="c2VjcmV0")
    assert "c2VjcmV0" not in str(parse_inventory(sim, tmp_path))
    assert parse_inventory(sim, tmp_path, user_data=True).hosts["web"]["mgc_user_data"] == "c2VjcmV0"
    with pytest.raises(AnsibleParserError, match="user_data: true cannot be combined with cache: true"):
        parse_inventory(sim, tmp_path, user_data=True, cache=True, cache_plugin="memory")


@pytest.mark.parametrize(("image", "given", "login"), [
    (IMAGE, {}, ("ubuntu", None, None)), (IMAGE, {"set_user": True}, ("ubuntu", "ubuntu", None)),
    ("cloud-debian-12 LTS", {"set_user": True}, (None, None, None)),
    ("windows-server-2022", {"set_user": True}, (None, None, "psrp")), ("windows-server-2022", {}, (None, None, None)),
    (IMAGE, {"set_user": True, "image_users": [{"match": "*24.04*", "user": "admin", "connection": "ssh"}]}, ("admin", "admin", "ssh")),
    ("cloud-debian-12 LTS", {"image_users": [{"match": "*ubuntu*", "user": "no"}, {"match": "*debian*", "user": "debian"}]},
     ("debian", None, None)),
])  # fmt: skip
def test_who_logs_in(sim: Any, tmp_path: Path, image: str, given: Any, login: tuple[str | None, ...]) -> None:
    sim.seed("instance", name="web", image=image)
    host = parse_inventory(sim, tmp_path, **given).hosts["web"]
    assert (host["mgc_default_user"], host.get("ansible_user"), host.get("ansible_connection")) == login


@pytest.mark.every_core(sample=True)
def test_every_option_from_the_environment(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", name="web", public_ip=True, user_data="eA==", id=UUIDS[0])
    env = {"MGC_ACCOUNT_NAME": "prod", "MGC_HOSTNAMES": "id", "MGC_DUPLICATE_NAMES": "fail", "MGC_CONNECT_WITH": "private_ipv4",
           "MGC_CONNECT_INTERFACE": "*", "MGC_HOSTVARS_PREFIX": "x_", "MGC_GROUP": "cloud", "MGC_USER_DATA": "yes",
           "MGC_SET_USER": "true", "MGC_API_TIMEOUT": "5", "MGC_API_RETRIES": "1"}  # fmt: skip
    inventory = InventoryData()
    found = parse_inventory(sim, tmp_path, env={**env, "MGC_LISTED_AT": "on"}, inventory=inventory)
    host = found.hosts[UUIDS[0]]
    assert found.groups == {"cloud": [UUIDS[0]]}
    assert (host["x_account"], host["x_user_data"], host["ansible_user"]) == ("prod", "eA==", "ubuntu")
    assert host["ansible_host"] == host["x_private_ipv4"]
    assert list(inventory.groups["cloud"].vars) == ["x_listed_at"]
    (mute,) = parse_inventory(sim, tmp_path, env={"MGC_CONNECT_INTERFACE": "nobody-*"}).hosts.values()
    assert "ansible_host" not in mute
    sim.reset(unique_names=False)
    for number in range(2):
        sim.seed("instance", name="web", id=UUIDS[number])
    with pytest.raises(AnsibleParserError, match="2 instances are named 'web'"):
        parse_inventory(sim, tmp_path, env={"MGC_DUPLICATE_NAMES": "fail"})


@pytest.mark.every_core
@pytest.mark.parametrize("name", ["set_user", "listed_at", "user_data", "validate_certs"])
def test_a_misspelt_boolean_of_the_environment_is_refused(sim: Any, tmp_path: Path, name: str) -> None:
    """A misspelt boolean in the environment is refused, because Ansible would read it as false."""
    variable = f"MGC_{name.upper()}"
    with pytest.raises(AnsibleParserError, match=rf"^{name} \({variable}\) is 'ture'; it must be true or false.$"):
        parse_inventory(sim, tmp_path, env={variable: "ture"})
    assert sim.requests() == []
    assert parse_inventory(sim, tmp_path, env={variable: "ture"}, **{name: False}).hosts == {}
    assert parse_inventory(sim, tmp_path, env={variable: " ON "}).hosts == {}


@pytest.mark.every_core
def test_empty_environment_variables_count_as_not_given(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", name="web")
    plain = parse_inventory(sim, tmp_path)
    assert parse_inventory(sim, tmp_path, env=BLANK) == plain
    assert parse_inventory(sim, tmp_path, env={name: "  " for name in BLANK}) == plain
    assert parse_inventory(sim, tmp_path, region="", api_timeout="", group=None, filters={}) == plain


@pytest.mark.every_core(sample=True)
def test_options_are_templates(sim: Any, tmp_path: Path) -> None:
    sim.reset(keys={"from-extra": "tenant-1"})
    sim.seed("instance", name="web", region="br-ne1", availability_zone="br-ne1-a")
    found = parse_inventory(
        sim, tmp_path, env={"MGC_API_KEY": "", "WHERE": "br-ne1", "MGC_ACCESS_TOKEN": ""}, extra={"key": "from-extra", "yes": "no"},
        api_key="{{ key }}", regions=["{{ lookup('env', 'WHERE') }}"], validate_certs="{{ yes }}",
        filters={"name": "{{ 'w' ~ 'eb' }}"}, use_extra_vars=True, account_name="{{ key[:4] }}",
    )  # fmt: skip
    assert found.hosts["web"]["mgc_account"] == "from"
    for name in ("api_key", "account_name"):
        with pytest.raises(
            AnsibleParserError, match=f"^{name}: .*If it uses extra variables .-e., add use_extra_vars: true"
        ):
            parse_inventory(sim, tmp_path, extra={"key": "from-extra"}, **{name: "{{ key }}"})
    with pytest.raises(AnsibleParserError, match="^api_key: it cannot be evaluated or decrypted$"):
        parse_inventory(sim, tmp_path, api_key="{{ key }}", use_extra_vars=True)


@pytest.mark.every_core
@pytest.mark.parametrize("name", ["connect_interface", "connect_with", "account_name", "group", "validate_certs", "strict",
                                  "api_timeout", "duplicate_names", "filters", "exclude_filters", "image_users", "regions"])  # fmt: skip
def test_an_option_that_renders_to_nothing_counts_as_not_given(sim: Any, tmp_path: Path, name: str) -> None:
    sim.seed("instance", name="web")
    blank = {name: "{{ lookup('ansible.builtin.env', 'UNSET_IN_TESTS') }}"}
    found, usual = parse_inventory(sim, tmp_path, **blank), parse_inventory(sim, tmp_path)
    assert (found.hosts, found.groups, found.warnings) == (usual.hosts, usual.groups, usual.warnings)


@pytest.mark.every_core
@pytest.mark.parametrize("name", ["api_key", "access_token"])
@pytest.mark.parametrize("value", [["kept-secret"], {"key": "kept-secret"}, "{{ ['kept-secret'] }}"], ids=str)
def test_a_secret_that_is_not_text_is_not_shown(sim: Any, tmp_path: Path, name: str, value: Any) -> None:
    with pytest.raises(AnsibleParserError) as error:
        parse_inventory(sim, tmp_path, **{name: value}, env={"MGC_API_KEY": ""})
    assert str(error.value) == f"{name} must be a text."


def test_a_given_key_beats_a_token_of_the_environment(sim: Any, tmp_path: Path) -> None:
    assert (
        parse_inventory(sim, tmp_path, env={"MGC_API_KEY": "", "MGC_ACCESS_TOKEN": "bad"}, api_key="simulator").hosts
        == {}
    )
    with pytest.raises(AnsibleParserError, match="api_key and access_token exclude each other"):
        parse_inventory(sim, tmp_path, api_key="simulator", access_token="x")


@pytest.mark.every_core
def test_extra_variables_come_first_in_expressions(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", name="web")
    given: dict[str, Any] = {"compose": {"a": "state"}, "keyed_groups": [{"key": "state", "prefix": "s"}]}
    found = parse_inventory(sim, tmp_path, extra={"state": "extra"}, use_extra_vars=True, **given)
    assert found.hosts["web"]["a"] == "extra" and "s_extra" in found.groups
    assert parse_inventory(sim, tmp_path, extra={"state": "extra"}, **given).hosts["web"]["a"] == "running"
    conditions = {
        "filter_expressions": ["name == chosen", "state == 'extra'"],
        "groups": {"g": "state == 'extra'", "h": "name == chosen"},
    }
    sim.seed("instance", name="db")
    extra = {"state": "extra", "chosen": "web"}
    found = parse_inventory(sim, tmp_path, extra=extra, use_extra_vars=True, **conditions)
    assert list(found.hosts) == found.groups["g"] == found.groups["h"] == ["web"]
    without = parse_inventory(sim, tmp_path, extra=extra, **conditions)
    assert without.hosts == {} and "'chosen' is undefined" in without.warnings[0]
    named = {"hostnames": ["{{ name }}.{{ domain }}"], "use_extra_vars": True}
    assert sorted(parse_inventory(sim, tmp_path, extra={"domain": "test"}, **named).hosts) == ["db.test", "web.test"]


@pytest.mark.every_core(sample=True)
def test_extra_variables_are_merged_in_all_options_alike(
    sim: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Extra variables are merged in all options alike, with Ansible's hash_behaviour: merge, as in compose."""
    monkeypatch.setattr("ansible.constants.DEFAULT_HASH_BEHAVIOUR", "merge")
    sim.seed("instance", name="web")
    both = "image.name is match('cloud-') and image.team == 'blue'"
    found = parse_inventory(
        sim, tmp_path, extra={"image": {"team": "blue"}}, use_extra_vars=True, filter_expressions=[both],
        compose={"both": both}, groups={"both": both}, keyed_groups=[{"key": "image.team ~ image.name[:5]"}],
        hostnames=["{{ image.team }}-{{ image.platform }}"],
    )  # fmt: skip
    assert found.hosts["blue-linux"]["both"] is True and found.warnings == []
    assert found.groups["both"] == found.groups["_bluecloud"] == ["blue-linux"]


@pytest.mark.every_core
def test_groups_see_composed_variables(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", name="web")
    found = parse_inventory(
        sim, tmp_path, compose={"kind": "name ~ '-kind'", "mgc_state": "'other'"}, groups={"g": "kind == 'web-kind'"},
        keyed_groups=[{"key": "kind", "prefix": "k"}, {"key": "mgc_state", "prefix": "m"}, {"key": "state", "prefix": "s"}],
    )  # fmt: skip
    assert sorted(found.groups) == ["g", "k_web_kind", "m_other", "mgc", "s_running"]
    assert found.hosts["web"]["mgc_state"] == "other"


def test_a_label_cannot_make_a_group_its_own_parent(sim: Any, tmp_path: Path) -> None:
    """A label that would make a group its own parent affects only its own entry."""
    sim.seed("instance", name="web", labels=["all", "fine"])
    keyed = [{"key": "labels", "prefix": "label", "parent_group": "label_all"},
             {"key": "'mgc'", "separator": "", "parent_group": "label_fine"},
             {"key": "'label_fine'", "separator": "", "parent_group": "mgc"}]  # fmt: skip
    found = parse_inventory(sim, tmp_path, keyed_groups=keyed)
    assert list(found.hosts) == ["web"] and found.parents["label_all"] == ["label_fine"]
    assert "keyed_groups: 'label_all' cannot be a group of 'label_all': no group is in itself" in found.warnings
    assert any("keyed_groups: 'label_fine' cannot be a group of 'mgc'" in text for text in found.warnings)
    with pytest.raises(AnsibleParserError, match="cannot be a group of"):
        parse_inventory(sim, tmp_path, keyed_groups=keyed, strict=True)


def test_a_label_cannot_put_all_groups_into_a_group(sim: Any, tmp_path: Path) -> None:
    """Ansible would accept the label `all` first, and fail later for all inventory sources."""
    sim.seed("instance", name="web", labels=["all", "fine"])
    keyed = [{"key": "labels", "separator": "", "parent_group": "above"}]
    found = parse_inventory(sim, tmp_path, keyed_groups=keyed)
    assert found.parents == {"above": ["fine"]} and found.groups["fine"] == ["web"]
    assert found.warnings == ["keyed_groups: 'all' cannot be a group of 'above': it contains all groups"]
    with pytest.raises(AnsibleParserError, match="'all' cannot be a group of 'above'"):
        parse_inventory(sim, tmp_path, keyed_groups=keyed, strict=True)


def test_groups_can_be_children_of_others(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", name="web")
    keyed = [{"key": "availability_zone", "prefix": "", "separator": "", "parent_group": "{{ region }}"}]
    found = parse_inventory(sim, tmp_path, keyed_groups=keyed, leading_separator=False)
    assert found.parents == {"br_se1": ["br_se1_a"]}


@pytest.mark.every_core
@pytest.mark.parametrize(("given", "where", "near"), [
    ({"keyed_groups": [{"key": "state"}, {"key": "mgc_sate"}]}, "keyed_groups[1].key", "mgc_state"),
    ({"groups": {"big": "machine_typ.vcpus > 2"}}, "groups.big", "machine_type"),
    ({"compose": {"a": "imag.name"}}, "compose.a", "image"),
    ({"hostnames": ["{{ nam }}", "name"]}, "hostnames[0]", "name"),
    ({"filter_expressions": ["reg == 'x'"]}, "filter_expressions[0]", ""),
    ({"keyed_groups": [{"key": "state", "parent_group": "{{ sate }}"}]}, "keyed_groups[0].parent_group", "state"),
    ({"keyed_groups": [{"key": "labels", "default_value": "x"}, {"key": "''", "default_value": "x", "parent_group": "{{ imag }}"}]},
     "keyed_groups[1].parent_group", "image"),
])  # fmt: skip
def test_an_expression_undefined_for_all_hosts_gives_one_warning(
    sim: Any, tmp_path: Path, given: Any, where: str, near: str
) -> None:
    for name in ("web-1", "web-2"):
        sim.seed("instance", name=name)
    found = parse_inventory(sim, tmp_path, **given)
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith(f"{where} failed for every host: ")
    assert "undefined" in found.warnings[0] and near in found.warnings[0].partition("come near")[2]
    with pytest.raises(AnsibleParserError, match="undefined"):
        parse_inventory(sim, tmp_path, strict=True, **given)


@pytest.mark.every_core(sample=True)
def test_a_parent_group_that_is_not_text_is_reported_with_its_position(sim: Any, tmp_path: Path) -> None:
    """A parent group that is not a text is an error with its place, instead of Ansible's TypeError; others work."""
    sim.seed("instance", name="web", labels=["a"])
    sim.seed("instance", name="db")
    keyed = [{"key": "state", "prefix": "s"}, {"key": "labels", "prefix": "l", "parent_group": "{{ image }}"}]
    found = parse_inventory(sim, tmp_path, keyed_groups=keyed)
    said = r"keyed_groups\[1\].parent_group failed for %s: it is \{.*'platform': 'linux'.*\}; it must be a text"
    assert sorted(found.groups) == ["mgc", "s_running"] and len(found.warnings) == 1
    assert re.match(said % "every host", found.warnings[0])
    with pytest.raises(AnsibleParserError, match=said % "host web"):
        parse_inventory(sim, tmp_path, keyed_groups=keyed, strict=True)


@pytest.mark.every_core
def test_an_expression_undefined_for_some_hosts_gives_no_warning(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", name="web-1")
    sim.seed("instance", name="web-2", image="windows-server-2022")
    sim.seed("instance", name="old", error={"slug": "a.b", "message": "c"})
    found = parse_inventory(sim, tmp_path, keyed_groups=[{"key": "error.slug", "prefix": "error"}])
    assert found.warnings == [] and found.groups["error_a_b"] == ["old"]


@pytest.mark.every_core
def test_a_key_that_reads_as_a_boolean_affects_nothing_else(sim: Any, tmp_path: Path) -> None:
    """A key that reads as a boolean affects nothing else, although ansible-core 2.16 fails for the whole inventory."""
    sim.seed("instance", name="True", labels=["x"])
    found = parse_inventory(
        sim, tmp_path, keyed_groups=[{"key": "name", "prefix": "n"}, {"key": "labels", "prefix": "l"}]
    )
    assert list(found.hosts) == ["True"] and found.groups["l_x"] == ["True"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"regoins": ["br-se1"]}, r"There is no option 'regoins'. Did you mean regions\?"),
    ({"filters": {"sate": "running"}}, r"filters: 'sate' is not a filter. Did you mean state\? The filters are state"),
    (
        {"filters": {"phase": ["settled", "moving"]}},
        "filters.phase is 'moving'; it must be one of settled, in_transition",
    ),
    ({"filters": {"x": "y"}}, r"filters: 'x' is not a filter\. The filters are state"),
    ({"filters": {"state": 5}}, r"filters\.state is 5; it must be a text"),
    ({"filters": {"name": ["web", ""]}}, r"filters\.name is \['web', ''\]; it must be a text"),
    ({"filters": ["running"]}, "^filters must be a mapping: leave out the '- ' before its entries.$"),
    *(
        ({name: given}, f"^{name} must be a mapping: leave out the '- ' before its entries.$")
        for name, given in (("compose", [{"a": "b"}]), ("groups", ["web"]))
    ),
    *(
        ({name: given}, f"^{name} must be a list: put '- ' before its entries.$")
        for name, given in (
            ("exclude_filters", {"name": "web-*"}),
            ("keyed_groups", {"key": "state"}),
            ("image_users", {"match": "*", "user": "x"}),
            ("hostnames", {"name": None}),
            ("connect_with", {"public_ipv4": True}),
            ("filter_expressions", {"a": "b"}),
            ("regions", {"br-se1": {}}),
        )
    ),
    ({"exclude_filters": [{"nam": "x"}]}, r"exclude_filters\[0\]: 'nam' is not a filter. Did you mean name\?"),
    ({"exclude_filters": ["x"]}, r"exclude_filters\[0\] is 'x'"),
    ({"exclude_filters": [None]}, r"exclude_filters\[0\] is None; it must be a mapping"),
    ({"exclude_filters": [{"name": "x"}, {}]}, r"exclude_filters\[1\] is \{\}, and would leave out every instance"),
    ({"regions": ["br-se1", "../x"]}, r"'\.\./x' is not a valid region"),
    ({"region": "br-se1?x"}, r"'br-se1\?x' is not a valid region"),
    (
        {"regions": ["br-se1", "br-ne1"], "api_url": "http://127.0.0.1:9"},
        r"regions: api_url does not contain \{region\}",
    ),
    ({"hostnames": ["nmae"]}, r"hostnames: 'nmae' is neither a field nor a template. Did you mean name\?"),
    (
        {"hostnames": ["image.nmae", "machine_type.name"]},
        r"hostnames: 'image.nmae' is neither a field nor a template. Did you mean image.name\?",
    ),
    ({"hostnames": ["name.first"]}, "hostnames: 'name.first' is neither a field nor a template"),
    ({"hostnames": ["interfaces.0.name"]}, "hostnames: 'interfaces.0.name' is neither a field nor a template"),
    ({"connect_with": ["public"]}, "connect_with: 'public' is not one of private_ipv4, public_ipv4"),
    ({"keyed_groups": ["state"]}, r"keyed_groups\[0\] is 'state'"),
    ({"keyed_groups": [{"prefix": "x"}]}, r"keyed_groups\[0\] is .*must be a mapping with a key"),
    ({"image_users": [{"user": "x"}]}, r"image_users\[0\] is \{'user': 'x'\}"),
    ({"image_users": [{"match": "x", "users": "x"}]}, r"image_users\[0\]"),
    ({"hostvars_prefix": "my-"}, "hostvars_prefix is 'my-'"),
    ({"duplicate_names": "suffix"}, "duplicate_names"),
    ({"on_region_error": "ignore"}, "on_region_error"),
    ({"api_retries": [5]}, r"^api_retries is \[5\]; it must be a whole number\.$"),
    ({"api_retries": "many"}, "^api_retries is 'many'; it must be a whole number.$"),
    ({"cache_timeout": {"hours": 1}}, r"^cache_timeout is \{'hours': 1\}; it must be a whole number\.$"),
    ({"cache_timeout": 0.5}, "^cache_timeout is 0.5; it must be a whole number.$"),
    ({"api_timeout": "long"}, "^api_timeout is 'long'; it must be a number.$"),
    ({"ca_path": ["a"]}, r"^ca_path is \['a'\]; it must be a text\.$"),
    ({"regions": 5}, "^regions is 5; it must be a list.$"),
    ({"hostnames": True}, "^hostnames is True; it must be a list.$"),
    ({"compose": "name"}, "^compose is 'name'; it must be a mapping.$"),
    ({"filters": 5}, "^filters is 5; it must be a mapping.$"),
    ({"duplicate_names": "guess"}, "^duplicate_names is 'guess'; it must be one of suffix_all, fail.$"),
    ({"use_extra_vars": []}, r"^use_extra_vars is \[\]; it must be true or false\.$"),
    ({"regions": [date(2026, 1, 1)]}, r"^regions\[0\] is 2026-01-01; it must be a text\.$"),
    ({"compose": {"a": date(2026, 1, 1)}}, "^compose.a is 2026-01-01; it must be an expression"),
    ({"filters": {"name": {date(2026, 1, 1): b"x"}}}, r"^filters\.name is \{2026-01-01: b'x'\}; it must be a text"),
    ({"set_user": "perhaps"}, "set_user is 'perhaps'; it must be true or false"),
    ({"api_url": "ftp://x"}, r"api_url \(MGC_API_URL\): 'ftp://x' is not a URL"),
    ({"api_timeout": -1}, r"api_timeout \(MGC_API_TIMEOUT\): -1 is not between"),
    ({"api_key": "a\nb"}, "api_key .*control character"),
    ({"ca_path": "/nonexistent", "api_url": "https://127.0.0.1:9"}, "ca_path is '/nonexistent'"),
    ({"label_selector": "x"}, r"There is no option 'label_selector'\. The options are access_token, account_name, "),
    ({"status": "running"}, r"There is no option 'status'\. The options are .*, filters, .*, validate_certs"),
    (
        {"hostnames": [{"name": "x", "prefix": "y"}]},
        r"hostnames\[0\] is \{'name': 'x', 'prefix': 'y'\}; it must be a text",
    ),
    ({"hostnames": ["name", 1]}, r"hostnames\[1\] is 1; it must be a text"),
    ({"hostnames": [["name"]]}, r"hostnames\[0\] is \['name'\]; it must be a text"),
    ({"connect_with": [{"public_ipv4": True}]}, r"connect_with\[0\] is \{'public_ipv4': True\}; it must be a text"),
    ({"regions": ["br-se1", {"name": "x"}]}, r"regions\[1\] is \{'name': 'x'\}; it must be a text"),
    ({"region": ["br-se1"]}, r"^region must be a text\.$"),
    ({"account_name": {"a": "b"}}, r"^account_name must be a text\.$"),
    ({"regions": [1]}, r"regions\[0\] is 1; it must be a text"),
    (
        {"keyed_groups": [{"key": "state"}, {"key": "state", "parent_group": ["a"]}]},
        r"keyed_groups\[1\]\.parent_group is \['a'\]; it must be a text",
    ),
    (
        {"keyed_groups": [{"key": "state", "prefix": ["a"]}]},
        r"keyed_groups\[0\]\.prefix is \['a'\]; it must be a text",
    ),
    (
        {"keyed_groups": [{"key": "state", "separator": {}}]},
        r"keyed_groups\[0\]\.separator is \{\}; it must be a text",
    ),
    (
        {"keyed_groups": [{"key": "state", "default_value": []}]},
        r"keyed_groups\[0\]\.default_value is \[\]; it must be a text",
    ),
    ({"keyed_groups": [{"key": ["state"]}]}, r"keyed_groups\[0\]\.key is \['state'\]; it must be a text"),
    ({"keyed_groups": [{"key": 5}]}, r"keyed_groups\[0\]\.key is 5; it must be a text"),
    (
        {"keyed_groups": [{"key": "state", "seperator": "x"}]},
        r"keyed_groups\[0\]: unknown key 'seperator'. Did you mean separator\? The keys are key, prefix, separator",
    ),
    (
        {"keyed_groups": [{"key": "state", "xyz": "x"}]},
        r"keyed_groups\[0\]: unknown key 'xyz'\. The keys are key, prefix",
    ),
    ({"keyed_groups": [{"key": "state", 1: "x"}]}, r"keyed_groups\[0\]: unknown key 1\. The keys are"),
    (
        {"keyed_groups": [{"key": "state", "trailing_separator": "perhaps"}]},
        r"keyed_groups\[0\]\.trailing_separator is 'perhaps'; it must be true or false",
    ),
    (
        {"keyed_groups": [{"key": "state", "trailing_separator": False, "default_value": "x"}]},
        r"keyed_groups\[0\]: default_value and trailing_separator exclude each other",
    ),
    ({"groups": {1: "true"}}, "groups: the name 1 must be a text"),
    ({"groups": {"": "true"}}, "groups: the name '' must be a text that is not empty"),
    ({"groups": {"a": ["true"]}}, r"groups\.a is \['true'\]; it must be a condition \(as text\) or a boolean"),
    ({"groups": {"a": None}}, r"groups\.a is None; it must be a condition"),
    ({"compose": {1: "name"}}, "compose: the name 1 must be a text"),
    (
        {"compose": {"a": ["name"]}},
        r"compose\.a is \['name'\]; it must be an expression \(as text\), a number, a boolean or null",
    ),
    ({"compose": {"a": {"b": "name"}}}, r"compose\.a is \{'b': 'name'\}; it must be an expression"),
    ({"filter_expressions": ["true", 1]}, r"filter_expressions\[1\] is 1; it must be a condition"),
    ({"filter_expressions": [{"a": "b"}]}, r"filter_expressions\[0\] is \{'a': 'b'\}; it must be a condition"),
    ({"image_users": [{"match": ["a"]}]}, r"image_users\[0\]\.match is \['a'\]; it must be a text"),
    ({"image_users": [{"match": "a", "user": {}}]}, r"image_users\[0\]\.user is \{\}; it must be a text"),
    (
        {"image_users": [{"match": "a", "users": "x"}]},
        r"image_users\[0\]: unknown key 'users'. Did you mean user\? The keys are match, user",
    ),
    ({"image_users": ["a"]}, r"image_users\[0\] is 'a'; it must be a mapping with a match"),
]


@pytest.mark.every_core
@pytest.mark.parametrize(("given", "message"), WRONG)
def test_invalid_options_are_refused_before_any_request(
    sim: Any, tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(AnsibleParserError, match=message):
        parse_inventory(sim, tmp_path, **given)
    assert sim.requests() == []


@pytest.mark.every_core(sample=True)
@pytest.mark.parametrize(("variable", "said"), [
    ("MGC_API_RETRIES", r"^api_retries \(MGC_API_RETRIES\) is 'x'; it must be a whole number\.$"),
    ("MGC_ON_REGION_ERROR", r"^on_region_error \(MGC_ON_REGION_ERROR\) is 'x'; it must be one of fail, warn\.$"),
    ("MGC_LISTED_AT", r"^listed_at \(MGC_LISTED_AT\) is 'x'; it must be true or false\.$"),
])  # fmt: skip
def test_an_invalid_variable_of_the_environment_is_named(sim: Any, tmp_path: Path, variable: str, said: str) -> None:
    with pytest.raises(AnsibleParserError, match=said):
        parse_inventory(sim, tmp_path, env={variable: "x"})
    given = {"api_retries": 0, "on_region_error": "warn", "listed_at": False}
    assert parse_inventory(sim, tmp_path, env={variable: "x"}, **given).warnings == []


@pytest.mark.every_core(sample=True)
def test_an_encrypted_entry_is_not_shown(sim: Any, tmp_path: Path) -> None:
    text = "plugin: magalu.cloud.vm_instances\ncompose:\n  a: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    3132\n"
    with pytest.raises(AnsibleParserError, match="^compose.a is <encrypted>; it must be an expression"):
        parse_inventory(sim, tmp_path, text=text)


@pytest.mark.every_core(sample=True)
@pytest.mark.parametrize("extra", [True, False])
def test_a_template_decides_whether_options_use_extra_variables(sim: Any, tmp_path: Path, extra: bool) -> None:
    given = {"account_name": "{{ ours }}", "use_extra_vars": f"{{{{ {extra} }}}}", "extra": {"ours": "lab"}}
    sim.seed("instance", name="web")
    if extra:
        assert parse_inventory(sim, tmp_path, **given).hosts["web"]["mgc_account"] == "lab"
    else:
        with pytest.raises(AnsibleParserError, match="account_name: .*'ours' is undefined"):
            parse_inventory(sim, tmp_path, **given)


def test_wrong_credentials_and_unknown_regions_are_explained(sim: Any, tmp_path: Path) -> None:
    with pytest.raises(
        AnsibleParserError, match=r"region br-se1: .*status 403.*The api_key \(given as an option\) is invalid"
    ):
        parse_inventory(sim, tmp_path, api_key="wrong")
    with pytest.raises(AnsibleParserError, match="region br-xx1: .*status 404"):
        parse_inventory(sim, tmp_path, region="br-xx1")
    with pytest.raises(AnsibleParserError, match="No credentials: give api_key") as caught:
        parse_inventory(sim, tmp_path, env={"MGC_API_KEY": ""})
    assert not any(word in str(caught.value) for word in ("delegate_to", "module"))


@pytest.mark.every_core
@pytest.mark.parametrize("separator", [False, "no", True, "yes"])
def test_entries_are_converted_like_options(sim: Any, tmp_path: Path, separator: Any) -> None:
    """Entries are converted like options: a number to text, a word to a boolean, and null counts as not given."""
    sim.seed("instance", name="web", labels=["a"])
    keyed = [{"key": "state", "prefix": 1, "parent_group": None, "default_value": None}, {"key": "state", "separator": None},
             {"key": "{'role': ''}", "prefix": "k", "trailing_separator": separator}]  # fmt: skip
    found = parse_inventory(sim, tmp_path, keyed_groups=keyed, hostnames=["name", None])
    last = "k_role" if separator in (False, "no") else "k_role_"
    assert sorted(found.groups) == ["__running", "_running", last, "mgc"]


@pytest.mark.every_core
@pytest.mark.parametrize("strict", [False, True])
def test_compose_takes_numbers_booleans_and_null_as_they_are(sim: Any, tmp_path: Path, strict: bool) -> None:
    sim.seed("instance", name="web")
    given = {"ansible_port": 22, "ansible_become": True, "off": False, "share": 0.5, "nothing": None, "zone": "region"}
    found = parse_inventory(
        sim, tmp_path, compose=given, strict=strict, groups={"every": True, "none": False, "port": "ansible_port == 22"}
    )
    host = found.hosts["web"]
    assert {name: host[name] for name in given} == {**given, "zone": "br-se1"} and found.warnings == []
    assert [type(host[name]) for name in ("ansible_become", "off", "nothing")] == [bool, bool, type(None)]
    assert found.groups["every"] == found.groups["port"] == ["web"] and "none" not in found.groups


@pytest.mark.every_core
@pytest.mark.parametrize("expression", ["public_ipv4 | default(private_ipv4)", "public_ipv4", "''", None])
def test_compose_does_not_replace_an_address_by_null(sim: Any, tmp_path: Path, expression: str | None) -> None:
    sim.seed("instance", name="web")
    sim.seed("instance", name="shop", public_ip=True)
    found = parse_inventory(
        sim, tmp_path, compose={"ansible_host": expression}, keyed_groups=[{"key": "ansible_host", "prefix": "at"}],
        strict=True,
    )  # fmt: skip
    web, shop = found.hosts["web"], found.hosts["shop"]
    assert web["ansible_host"] == web["mgc_private_ipv4"] and shop["ansible_host"] == shop["mgc_public_ipv4"]
    assert len(found.warnings) == 1 and found.warnings[0].startswith("compose.ansible_host is null for ")
    assert "web" in found.warnings[0] and "default(x, true)" in found.warnings[0]
    assert ("shop" in found.warnings[0]) == (expression in ("''", None))
    assert f"at_{web['mgc_private_ipv4'].replace('.', '_')}" in found.groups


@pytest.mark.every_core(sample=True)
def test_an_address_from_compose_counts(sim: Any, tmp_path: Path) -> None:
    sim.seed("instance", name="web")
    found = parse_inventory(sim, tmp_path, compose={"ansible_host": "public_ipv4 | default(private_ipv4, true)"})
    assert found.hosts["web"]["ansible_host"] == found.hosts["web"]["mgc_private_ipv4"] and found.warnings == []
    found = parse_inventory(sim, tmp_path, compose={"ansible_host": "public_ipv4"}, connect_with=["public_ipv4"])
    assert found.warnings == ["Hosts without ansible_host, because they have none of public_ipv4: web"]


@pytest.mark.every_core
@pytest.mark.parametrize("line", ["plugin: magalu.cloud.vm_instances", "plugin:   'magalu.cloud.vm_instances'  # ours"])
def test_a_file_with_a_wrong_ending_is_refused_with_the_right_endings(tmp_path: Path, line: str) -> None:
    file = tmp_path / "inventory.yml"
    file.write_text(f"---\n{line}\nregion: br-se1\n")
    plugin = inventory_loader.get("magalu.cloud.vm_instances")
    assert plugin.verify_file(str(file))
    needed = "must end in vm_instances.yml, vm_instances.yaml, magalu.yml or magalu.yaml.*for example to inventory.magalu.yml"
    with pytest.raises(AnsibleParserError, match=needed):
        plugin.parse(InventoryData(), DataLoader(), str(file))


@pytest.mark.parametrize(
    "text", ["plugin: ansible.builtin.constructed\n", "all:\n  hosts: {}\n", "# plugin: magalu.cloud.vm_instances\n"]
)
def test_files_of_other_plugins_are_left_to_them(tmp_path: Path, text: str) -> None:
    (tmp_path / "inventory.yml").write_text(text)
    (tmp_path / "inventory").write_text("plugin: magalu.cloud.vm_instances\n")
    for name in ("inventory.yml", "inventory"):
        assert inventory_loader.get("magalu.cloud.vm_instances").verify_file(str(tmp_path / name)) is False


@pytest.mark.parametrize(("name", "ours"), [
    ("magalu.yml", True), ("magalu.yaml", True), ("x.vm_instances.yml", True), ("vm_instances.yaml", True),
    ("magalu.json", False), ("hosts.yml", False), ("magalu", False),
])  # fmt: skip
def test_which_files_are_for_this_plugin(tmp_path: Path, name: str, ours: bool) -> None:
    (tmp_path / name).touch()
    assert inventory_loader.get("magalu.cloud.vm_instances").verify_file(str(tmp_path / name)) is ours
    assert inventory_loader.get("magalu.cloud.vm_instances").verify_file(str(tmp_path / f"no-{name}")) is False
