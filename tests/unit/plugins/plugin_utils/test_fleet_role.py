# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The decisions of role fleet: hosts, host keys, usable members, and messages about the others."""

from __future__ import annotations

import base64
import json
from typing import Any, cast

import pytest
import yaml

from ansible_collections.magalu.cloud.plugins.plugin_utils import _fleet_role as role

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBUvXSm7Sd3uF1Q0gF0G1Y4tmzvJcBTfcQ7m3N4hQvYk"
RSA = "ssh-rsa AAAAB3NzaC1yc2E="


def member(name: str = "web", failed: bool = False, **instance: Any) -> dict[str, Any]:
    row = {"id": f"id of {name}", "name": name, "state": "running", "status": "completed", **instance}
    return {"name": name, "instance": row, "actions": [], **({"failed": True} if failed else {})}


@pytest.mark.parametrize(
    "name", ["-x", "-a:b", "a:b", ":", "all", "ungrouped", "localhost", "127.0.0.1", "::1", "True", "None", "[x", "{x}", "{a\nb"]
)  # fmt: skip
def test_names_that_cannot_be_hosts(name: str) -> None:
    assert role.odd_names([{"name": "web"}, {"name": name}]) == [name]
    assert role.odd_names([{"id": "1", "new_name": name}, {}]) == [name]


def test_names_that_can_be_hosts() -> None:
    assert role.odd_names([{"name": name} for name in ("web", "a:b:c", "alls", "x{", "")], "web-{index:02d}") == []
    assert role.odd_names([], "all{x}:{index}") == ["all1:1"]
    assert role.odd_names([], cast(str, 7)) == []  # vm_fleet says what is wrong with it


def test_names_that_several_instances_have() -> None:
    rows = [{"id": str(number), "name": name, "phase": phase} for number, (name, phase) in enumerate([
        ("b", "settled"), ("a", "in_transition"), ("a", "creation_failed"), ("b", "deleting"), ("c", "settled"), ("c", "settled"),
    ])]  # fmt: skip
    nameless = [{"id": "8", "phase": "settled"}, {"id": "9", "name": None, "phase": "settled"}]
    assert role.same_names([*rows, *nameless], ["a", "b"]) == ["2 instances are named a: 1, 2."]


ADDRESSES = ("public_ipv4", "private_ipv4")


@pytest.mark.parametrize(
    ("given", "address"),
    [
        (member(public_ipv4="192.0.2.1", private_ipv4="198.18.0.1"), "192.0.2.1"),
        (member(public_ipv4=None, private_ipv4="198.18.0.1"), "198.18.0.1"),
        (member(public_ipv4="", private_ipv4=None), None),
        (member(public_ipv4="-oProxyCommand=x", private_ipv4="198.18.0.1"), "198.18.0.1"),
        (member(private_ipv4="-f/etc/hosts"), None),  # ssh-keyscan and ssh would read it as an option
        (member(id=None, private_ipv4="198.18.0.1"), None),  # planned, not created
    ],
)
def test_the_address_of_a_host(given: dict[str, Any], address: str | None) -> None:
    found = role.hosts_to_add([given], ADDRESSES, 22, None, True)
    assert [host["address"] for host in found["hosts"]] == ([address] if address else [])
    assert found["without_address"] == ([] if address else ["web"])


@pytest.mark.parametrize(("connect_with", "words"), [
    ("private_ipv4", "private_ipv4"), ("public_ipv6, private_ipv4", "public_ipv6, private_ipv4"),
    (["private_ipv4"], "private_ipv4"),
])  # fmt: skip
def test_addresses_to_connect_with_can_be_a_text(connect_with: Any, words: str) -> None:
    given = [member(private_ipv4="198.18.0.1"), member("db")]
    found = role.hosts_to_add(given, connect_with, 22, None, True)
    assert ([host["address"] for host in found["hosts"]], found["without_address"]) == (["198.18.0.1"], ["db"])
    assert found["reason"] == f"It has none of {words} (fleet_connect_with)."


@pytest.mark.parametrize("given", [
    member(state="stopped", private_ipv4="198.18.0.1"), member(failed=True, private_ipv4="198.18.0.1"),
    {"name": "web", "instance": None}, {"name": "web"},
])  # fmt: skip
def test_a_member_that_does_not_run_is_not_a_host(given: dict[str, Any]) -> None:
    assert role.hosts_to_add([given], ADDRESSES, 22, None, True) | {"reason": ""} == {
        "hosts": [],
        "without_address": [],
        "reason": "",
    }


@pytest.mark.parametrize(
    ("user", "set_user", "own", "expected"),
    [("", True, "ubuntu", "ubuntu"), ("me", True, "ubuntu", "me"), ("me", False, "ubuntu", "me"),
     (None, False, "ubuntu", None), ("", True, None, None)],
)  # fmt: skip
def test_the_user_of_a_host(user: str | None, set_user: bool, own: str | None, expected: str | None) -> None:
    given = member(private_ipv4="198.18.0.1", default_user=own)
    (host,) = role.hosts_to_add([given], ADDRESSES, 2222, user, set_user)["hosts"]
    assert host["user"] == expected and host["known_host"] == "[198.18.0.1]:2222"
    assert role.hosts_to_add([given], ADDRESSES, 22, user, set_user)["hosts"][0]["known_host"] == "198.18.0.1"


def test_instances_that_the_fleet_deleted() -> None:
    delete = [{"action": "delete"}]
    before = [{"id": each, "name": f"name of {each}"} for each in ("One", "two", "three", "four", "five")]
    members = [
        {"name": "one", "instance": None, "actions": delete},  # declared by id
        {"name": "name of two", "instance": None, "actions": delete},
        {"name": "name of three", "instance": {"id": "three"}, "actions": delete},  # still exists
        {"name": "name of four", "instance": {"id": "new"}, "actions": [*delete, {"action": "create"}]},  # recreated
        {"name": "name of five", "instance": {"id": "five"}, "actions": []},
    ]
    assert [row["id"] for row in role.gone_instances(members, before)] == ["One", "two", "four"]
    nameless = [{"id": "One"}, {"id": "six", "name": None}]
    assert role.gone_instances(members, nameless) == [{"id": "One", "name": "One"}]


@pytest.mark.parametrize(
    ("lines", "host", "keys"),
    [
        ([], None, []),
        ([KEY], None, []),
        (["-----BEGIN SSH HOST KEY KEYS-----", f"ci-info: {KEY} root@web", RSA, KEY, "-----END SSH HOST KEY KEYS-----"], None,
         [KEY, RSA]),
        ([f"-----BEGIN SSH HOST KEY KEYS----- {RSA} -----END SSH HOST KEY KEYS-----",
          f"-----BEGIN SSH HOST KEY KEYS----- {KEY} -----END SSH HOST KEY KEYS-----"], None, [KEY]),
        ([f"web {KEY}", f"web2 {RSA}", "# web SSH-2.0"], "web", [KEY]),
        ([f"[127.0.0.1]:22 {KEY}"], "[127.0.0.1]:22", [KEY]),
    ],
)  # fmt: skip
def test_host_keys(lines: list[str], host: str | None, keys: list[str]) -> None:
    assert role.host_keys(lines, host) == [key.split() for key in keys]


class Loader(yaml.SafeLoader):
    """A YAML loader that also reads Ansible's !unsafe texts."""


Loader.add_constructor("!unsafe", lambda loader, node: ("unsafe", loader.construct_scalar(node)))


def test_the_inventory_of_members_has_no_templates() -> None:
    variables = {"ansible_host": "{{ x }}", "ansible_port": 2222, "ansible_become": False, "ansible_ssh_extra_args": "-o 'a \"b'",
                 "ansible_facts": {}, "mgc_id": "1", "ansible_become_user": "root"}  # fmt: skip
    text = role.inventory_text({"a: {{ b }}\n": variables}, {"fleet_deadline": 7, "ansible_user": "{% x %}"})
    read = yaml.load(text, Loader)["members"]
    assert read["vars"] == {"fleet_deadline": 7, "ansible_user": ("unsafe", "{% x %}")}
    assert read["hosts"] == {"member1": {
        "fleet_member": ("unsafe", "a: {{ b }}\n"), "ansible_host": ("unsafe", "{{ x }}"), "ansible_port": 2222,
        "ansible_become": False, "ansible_ssh_extra_args": ("unsafe", "-o 'a \"b'"), "ansible_become_user": ("unsafe", "root"),
    }}  # fmt: skip


def report(login: str | None = None, asked: dict[str, Any] | None = None, **waited: Any) -> dict[str, Any]:
    return {"member": "web", "login": {} if login is None else {"msg": login}, "waited": waited, "asked": asked or {}}


@pytest.mark.parametrize(
    ("given", "usable", "words"),
    [
        (report(skipped=True), True, ""),
        (report(rc=0), True, ""),
        (report("timed out waiting for ping module test: 'ping'"), False, "Login works, but no module runs. Install Python"),
        (report(" Permission denied\n", rc=0), False, "Login failed: Permission denied"),
        (report(""), False, "Login failed: "),
        (report(unreachable=True, msg="gone "), False, "The connection broke while cloud-init ran: gone"),
        (report(rc=124), False, "cloud-init was still at work when the time was over (fleet_usable_timeout)."),
        (report(rc=127, stderr="not found\n"), False, "cloud-init is not installed there. Use fleet_wait_for: ssh. (not"),
        (report(rc=1, asked={"stdout": "detail: x", "stderr": "y"}), False, "cloud-init ended in error (rc 1):\ndetail: x\ny"),
        (report(rc="2", asked={"stdout": "old key"}), True,
         "cloud-init ended with errors that it recovered from (rc 2):\nold key"),
    ],
)  # fmt: skip
def test_who_can_be_used(given: dict[str, Any], usable: bool, words: str) -> None:
    assert role.is_usable(given) is usable
    assert role.reason(given).startswith(words) and bool(role.reason(given)) == bool(words)
    said = f"USABLE:{base64.b64encode(json.dumps([given]).encode()).decode()}:"
    found = role.usability(["web", "mute"], f"x {said} y", "err")
    assert ("web" not in found["unusable"]) is usable
    assert "ended without a result. Its output: err x " in found["unusable"]["mute"]
    assert [each["lines"][0].startswith("WARNING: web: ") for each in found["warnings"]] == [True] * (
        usable and bool(words)
    )


def test_a_diagnosis() -> None:
    port = {"id": "1", "name": None, "security_groups": ["g"]}
    hidden, bare = {"id": "2", "name": "port-2", "security_groups": None}, {"id": "3", "security_groups": []}
    members = [member("web"), member("db")]
    looks = [
        {
            "instances": [
                {**members[0]["instance"], "state": "stopped", "network": {"interfaces": [port, hidden, bare]}}
            ]
        },
        {"failed": True},
    ]
    logs = [{"init_logs": [" the {{ last }} one\r"]}, {"msg": "no init logs"}]
    hosts = {"web": {"ansible_host": "198.18.0.1", "ansible_user": "me"}}
    lines = role.diagnosis(members, {"web": "a\nb", "db": "c"}, looks, logs, hosts, 2222)
    assert lines[:11] == [
        "== web (id of web)", "a", "b", "address: 198.18.0.1, port 2222", "user: me", "state: stopped (completed)",
        "security groups of interface 1: g", "security groups of interface port-2: not in the API's response",
        "security groups of interface 3: none", "the last 1 lines of its init log:", "| the {{ last }} one",
    ]  # fmt: skip
    assert lines[12:19] == [
        "== db (id of db)", "c", "address: none, port 2222", "user: the one of Ansible's configuration",
        "state: running (completed)", "no init log: no init logs", "",
    ]  # fmt: skip
    assert "- ssh -v -p 2222 USER@ADDRESS" in lines and lines[-1].startswith("The instances are left as they are.")
    assert "no init log: there was no response" in role.diagnosis(members[:1], {"web": ""}, [{}], [{}], {}, 22)
    assert "- ssh -v USER@ADDRESS" in role.diagnosis([], {}, [], [], {}, 22)
