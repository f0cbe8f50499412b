# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking plain expressions up, and remembering templates, always gives the results of Ansible's Constructable."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from ansible import constants
from ansible.errors import AnsibleError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseInventoryPlugin, Constructable
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.plugin_utils import _direct, _hosts, _hostvars
from ansible_collections.magalu.cloud.plugins.plugin_utils._expressions import Constructed, Expressions, Seen
from ansible_collections.magalu.cloud.plugins.plugin_utils._trust import SINCE_2_19, may_be_template
from tests.support.choice import one_in
from tests.support.inventory_plugin import UUIDS, parse_inventory

try:
    from ansible.template import trust_as_template
except ImportError:

    def trust_as_template(value: str) -> str:
        return value


PATHS = [
    "name",
    "mgc_name",
    "state",
    "mgc_state",
    "id",
    "image",
    "image.name",
    "image['name']",
    'image["platform"]',
    "mgc_image.name",
    "machine_type.vcpus",
    "machine_type.ram",
    "machine_type['disk']",
    "machine_type",
    "labels",
    "labels[0]",
    "labels.0",
    "labels[-1]",
    "interfaces",
    "interfaces[0].primary",
    "interfaces[0].security_groups",
    "vpc",
    "vpc.id",
    "vpc.missing",
    "error",
    "error.slug",
    "error.message.x",
    "account",
    "account.x",
    "region",
    "availability_zone",
    "public_ipv4",
    "private_ipv4",
    "ansible_host",
    "inventory_hostname",
    "missing",
    "missing.x",
    "missing['x']",
    "image.missing",
    "image.items",
    "image.keys",
    "image['items']",
    "image.get",
    "image.pop",
    "name.upper",
    "name.format",
    "state.lower",
    "name.x",
    "name[0]",
    "_",
    "__class__",
    "name.__class__",
    "image.__class__",
    "image._x",
    "dict",
    "now",
    "lookup",
    "omit",
    "vars",
    "hostvars",
    "groups",
    "range",
    "self",
    "loop",
    "none",
    "true",
    "True",
    "None",
    "false",
    "default_user",
    "ssh_key_name",
]
LITERALS = ["'running'", '"x"', "''", "'{{ name }}'", r"'a\nb'", "'True'", "'[1]'", "1", "0", "1.5", "true", "none", "[]",
            "['running', 'stopped']", "(1, 2)", "[name]", "{'a': 1}", "{}", "'\u00e9'", "'#x'"]  # fmt: skip
OPERATORS = ["==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or", "~", "+", "is"]
FILTERS = ["default('x')", "default('')", "default(none)", "default('x', true)", "d('y')", "default(state)", "default(1)",
           "default([])", "default", "lower", "upper", "length", "int", "string", "join(',')", "no_such_filter", "bool",
           "to_json", "lower()", "default('x', boolean=true)", "first", "list", "mandatory", "default('x', 1)", "default('x', 0)",
           "d('y', 'true')", "d('y', none)"]  # fmt: skip
TESTS = ["is defined", "is undefined", "is none", "is string", "is match('w')", "is not defined", "is search('e')",
         "is no_such_test", "is mapping", "is truthy"]  # fmt: skip
ODD = ["", " ", "- name", "-machine_type.vcpus", "+1", "name ==", "a b", "name }}", "{{ name }}", "{% if x %}", "name #x",
       "{# x #}name", "lookup('env', 'HOME')", "lookup('pipe', 'true')", "query('list', name)", "undef('why')",
       "undef()", "now(fmt='same')", "name if state == 'running' else 'no'", "(name)", "not name", "not missing", "name\n",
       "\tname ", "name.upper()", "name.format(1)", "image.items()", "dict(a=name)", "range(3) | list", "name[:3]",
       "name | default(missing.x)", "1 < 2 < 3", "'a' 'b'", "name, state", "name == 'web' == true",
       "missing | default('a') | lower", "missing | lower | default('a')", "(missing == 'x') | default('y')",
       "(not missing) | default('y')", "(missing or 'x') | d('y', true)", "{80: name, true: 'yes'}",
       "error.slug | default('none')", "(name)", "name | lower | upper",
       "name in 'web-1 web-2'", "'a' in labels", "state in ['running']", "name not in labels", "none == error",
       "vpc.id == vpc['id']", "not (state == 'running' and name)", "name or missing", "missing or name",
       "machine_type.vcpus > 1 and machine_type.vcpus < 9", "labels and labels[0]", "labels | length > 1"]  # fmt: skip

texts = st.sampled_from([
    "web", "WEB-1", "running", "stopped", "True", "False", "None", "null", "[1]", "[x", "{'a': 1}", "{x", "123", "1.5", "",
    " spaced ", "a\n", "a\\b", "\u00e9\u00f1", "$x", "50%", "<b>", "#jinja2: x", "{{ 1 }}", "{{ name }}", "{% raw %}", "{#",
    "[[ x ]]", "{{ lookup('pipe', 'touch PROOF') }}", "a:b", "localhost", "all", "mgc", "x" * 255, "'", '"', "a b", "1e5",
]) | st.text(max_size=5)  # fmt: skip
values = st.none() | texts | st.integers(-3, 3) | st.booleans() | st.lists(texts, max_size=2)
named = st.fixed_dictionaries({"id": texts}, optional={"name": texts | st.none(), "platform": values, "vcpus": values})
rows = st.fixed_dictionaries({
    "name": texts, "state": st.sampled_from(["running", "stopped", "True", "{{ 1 }}"]), "status": st.just("completed"),
    "image": named | st.none(), "machine_type": st.none() | st.fixed_dictionaries({
        "id": texts, "name": texts, "vcpus": st.integers(0, 8) | texts, "ram": st.integers(0, 9), "disk": values}),
    "labels": st.lists(texts, max_size=3), "availability_zone": st.none() | texts, "ssh_key_name": values,
    "error": st.none() | st.fixed_dictionaries({"slug": texts, "message": values}),
    "network": st.none() | st.fixed_dictionaries({"vpc": named}),
})  # fmt: skip

operands = st.sampled_from(PATHS) | st.sampled_from(LITERALS)
filtered = st.builds("{} | {}".format, operands, st.sampled_from(FILTERS))
compared = st.builds("{} {} {}".format, operands, st.sampled_from(OPERATORS), operands)
tested = st.builds("{} {}".format, operands, st.sampled_from(TESTS))
simple = operands | filtered | compared | tested
expressions = simple | st.sampled_from(ODD) | st.builds(
    "{}{} {} {}".format, st.sampled_from(["", "not "]), simple, st.sampled_from(["and", "or", "|"]),
    simple | st.sampled_from(FILTERS),
)  # fmt: skip


def instances(given_rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    read = _hostvars.Reader(None, None, False)
    return [read("br-se1", {"id": UUIDS[number], **row}) for number, row in enumerate(given_rows)]


def options_of(sources: list[str], **entry: Any) -> dict[str, Any]:
    """Return options with each expression as a variable, a condition and a key."""
    trusted = [trust_as_template(source) for source in sources]
    return {
        "compose": {f"v{number}": source for number, source in enumerate(trusted)},
        "groups": {f"g{number}": source for number, source in enumerate(trusted)},
        "keyed_groups": [{"key": source, "prefix": f"k{number}", **entry} for number, source in enumerate(trusted)],
        "leading_separator": True,
    }


def made(given_rows: list[dict[str, Any]], options: dict[str, Any], strict: bool, direct: bool) -> Any:
    """Return the plugin's variables and groups of each host, or its error message."""
    names = {name: f"mgc_{name}" for name in _hostvars.NAMES}
    wanted = _hosts.Settings(
        names=names, hostnames=("id",), connect_with=(), connect_interface=None, duplicate_names="suffix_all",
        include={"state": ["running", "stopped", "True", "{{ 1 }}"]}, exclude=(), logins=(), set_user=False, group="mgc",
        account=None, user_data=False, strict=strict,
    )  # fmt: skip
    constructed = Constructed(DataLoader(), {}, options)
    known = {*names, *names.values(), "inventory_hostname", "ansible_host"}
    with mock.patch.object(_direct, "compiled", _direct.compiled if direct else lambda *arguments: None):
        expressions = Expressions(constructed, options, known, strict)
    try:
        return _hosts.Hosts(instances(given_rows), wanted, expressions)
    except AnsibleError as error:
        return without_addresses(str(error))


class Own(BaseInventoryPlugin, Constructable):  # type: ignore[misc]
    """The reference: Ansible's own methods, host by host."""

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__()
        self.loader, self.given = DataLoader(), options
        self.inventory = InventoryData()

    def get_option(self, option: str, hostvars: Any = None) -> Any:
        return self.given.get(option)

    def construct(self, name: str, variables: dict[str, Any], strict: bool) -> dict[str, Any]:
        """Return the variables and groups of a host. An entry that raises affects only itself."""
        from ansible.template import Templar

        self.templar = Templar(loader=self.loader)
        self.inventory.add_host(name)
        host = self.inventory.hosts[name]
        host.vars.clear()
        self._set_composite_vars(self.given["compose"], variables, name, strict)
        variables = {**variables, **host.vars}
        self._add_host_to_composed_groups(self.given["groups"], variables, name, strict, fetch_hostvars=False)
        for keyed in self.given["keyed_groups"]:
            try:
                self._add_host_to_keyed_groups([keyed], variables, name, strict, fetch_hostvars=False)
            except AnsibleError:
                if strict:
                    raise
        return dict(host.vars)


def view(composed: dict[str, Any], groups: Any) -> str:
    keys = sorted(repr(key) for value in composed.values() if isinstance(value, dict) for key in value)
    return without_addresses(json.dumps([composed, keys, sorted(groups)], sort_keys=True, default=repr))


def without_addresses(text: str) -> str:
    """Return a text without memory addresses, with which methods are shown as values of expressions."""
    return re.sub(r"0x[0-9a-f]{8,}", "0x", text, flags=re.IGNORECASE)


def check(given_rows: list[dict[str, Any]], options: dict[str, Any]) -> None:
    """Compare both of our methods, lenient and strict, with Ansible's own. Names of hosts are never executed."""
    for strict in (False, True):
        direct, remembered = (made(given_rows, options, strict, way) for way in (True, False))
        if isinstance(direct, str) or isinstance(remembered, str):
            assert strict
            assert direct == remembered
        else:
            assert [view(*host[2:]) for host in direct.hosts] == [view(*host[2:]) for host in remembered.hosts]
            assert (sorted(direct.parents), direct.warnings) == (sorted(remembered.parents), remembered.warnings)
            for host in direct.hosts:
                assert_data(host.variables)
                assert_data(host.composed)
        own, said = Own(options), None
        lenient = direct if not strict else made(given_rows, {**options, "compose": {}, "groups": {}, "keyed_groups": []},
                                                 False, True)  # fmt: skip
        for host in lenient.hosts:
            fields = {field: host.variables[f"mgc_{field}"] for field in _hostvars.NAMES}
            visible = {**fields, **host.variables, "inventory_hostname": host.name}
            try:
                composed = own.construct(host.name, visible, strict)
            except AnsibleError as error:
                said = without_addresses(str(error))
                break
            if not strict:
                joined = {group.name for group in own.inventory.hosts[host.name].groups} - {"all"}
                parents = {parent for parent, _child in direct.parents}
                assert view(composed, joined - parents) == view(host.composed, set(host.groups) - {"mgc"} - parents)
        if strict:
            assert (direct if isinstance(direct, str) else None) == said
    assert not Path("PROOF").exists()


def assert_data(value: Any) -> None:
    """Assert that no text can become a template, and that only texts that need it are marked."""
    if isinstance(value, dict):
        for key, item in value.items():
            assert key.__class__ is str or not isinstance(key, str)
            assert_data(item)
    elif isinstance(value, list):
        for item in value:
            assert_data(item)
    elif isinstance(value, str):
        if SINCE_2_19:
            from ansible.template import is_trusted_as_template

            assert is_trusted_as_template(value) != bool(may_be_template(value)), value
        else:
            assert hasattr(value, "__UNSAFE__") == bool(may_be_template(value)), value


HOSTILE = [
    {"name": name, "state": "running", "status": "completed", "labels": [name, "b"], "availability_zone": name,
     "image": {"id": "i", "name": name, "platform": "linux"}, "error": {"slug": name, "message": None},
     "machine_type": {"id": "m", "name": "BV", "vcpus": 2, "ram": name, "disk": None}, "network": {"vpc": {"id": name}}}
    for name in ("web-1", "True", "[1]", "{'a': 1}", "{{ lookup('pipe', 'touch PROOF') }}", "{% raw %}", "a\n", "None", "")
]  # fmt: skip
FORMS = [*PATHS, *LITERALS, *ODD, *(f"{path} | {name}" for path in ("name", "image.missing") for name in FILTERS),
         *(f"name {test}" for test in TESTS), *(f"state {sign} 'running'" for sign in OPERATORS)]  # fmt: skip


@pytest.mark.every_core
@pytest.mark.one_in(7)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_in_every_way(form: str) -> None:
    check([dict(row) for row in HOSTILE], options_of([form]))


@pytest.mark.every_core
@settings(max_examples=60 // one_in(3))
@given(st.lists(rows, min_size=1, max_size=4), st.lists(expressions, min_size=1, max_size=3))
def test_any_expressions_give_the_same_for_any_hosts(given_rows: list[dict[str, Any]], sources: list[str]) -> None:
    check(given_rows, options_of(sources))


@pytest.mark.every_core
@pytest.mark.one_in(4)
@pytest.mark.parametrize("entry", [
    {"default_value": "none"}, {"trailing_separator": False}, {"separator": "-"}, {"prefix": ""}, {"prefix": "", "separator": ""},
    {"parent_group": "above"}, {"parent_group": "{{ state }}"}, {"parent_group": "{{ missing }}"},
    {"default_value": "none", "trailing_separator": False},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("key", ["name", "labels", "image", "error.slug | default('')", "vpc"])
def test_every_way_to_name_groups_gives_the_same(entry: dict[str, Any], key: str) -> None:
    entry = {name: trust_as_template(value) if isinstance(value, str) else value for name, value in entry.items()}
    options = {**options_of([]), "keyed_groups": [{"key": trust_as_template(key), "prefix": "k", **entry}]}
    for leading in (True, False):
        check([dict(row) for row in HOSTILE], {**options, "leading_separator": leading})


@pytest.mark.every_core
def test_plain_expressions_are_really_looked_up() -> None:
    """Plain expressions are really looked up, or the tests above would compare Ansible's code with itself."""
    names = frozenset(_hostvars.NAMES)
    plain = ["name", "image.name", "image['name']", "state == 'running'", "state in ['running', 'stopped']", "not name",
             "name and state", "name or state", "labels", "error.slug | default('none')", "name | lower",
             "machine_type.vcpus > 1", "'x'", "image.name | default('x') | lower == 'x'", "state != 'a' and name"]  # fmt: skip
    found = Expressions(Constructed(DataLoader(), {}, {}), options_of(plain), names, False)
    entries = [*found.compose.values(), *found.groups.values(), *(entry for _keyed, entry in found.keyed)]
    assert [entry.where for entry in entries if entry.direct is None] == []
    other = [
        "missing",
        "image.items",
        "name.upper",
        "name()",
        "name | upper",
        "name ~ 'x'",
        "dict",
        "name[0]",
        "'{{ x }}'",
    ]
    get = [_direct.compiled(source, names) for source in other]
    for function in get:
        if function is not None:
            with pytest.raises(_direct.NotDirect):
                function({"name": "web", "image": {}})


@pytest.mark.every_core(sample=True)
def test_a_listing_looks_its_plain_expressions_up(sim: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real listing looks plain expressions up: the test counts look-ups and calls of Ansible's own code."""
    for number in range(5):
        sim.seed("instance", name=f"web-{number}", labels=["blue"])
    counted: Counter[str] = Counter()
    compiled, compose = _direct.compiled, Constructable._compose

    def counting(source: Any, names: Any) -> Any:
        get = compiled(source, names)

        def look_up(variables: Any) -> Any:
            counted[str(source)] += 1
            return get(variables)  # type: ignore[misc]

        return get and look_up

    def counting_compose(self: Any, template: Any, *arguments: Any, **more: Any) -> Any:
        counted["Ansible"] += 1
        return compose(self, template, *arguments, **more)

    monkeypatch.setattr(_direct, "compiled", counting)
    monkeypatch.setattr(Constructable, "_compose", counting_compose)
    found = parse_inventory(
        sim, tmp_path, filter_expressions=["status == 'completed'"], compose={"zone": "availability_zone"},
        groups={"up": "mgc_state == 'running'"},
        keyed_groups=[{"key": "machine_type.name", "prefix": "type"}, {"key": "labels", "prefix": "label"}],
    )  # fmt: skip
    assert len(found.groups["up"]) == 5 and found.hosts["web-0"]["zone"] == "br-se1-a"
    assert counted == {
        "status == 'completed'": 5, "availability_zone": 5, "mgc_state == 'running'": 5, "machine_type.name": 5, "labels": 5,
    }  # fmt: skip
    counted.clear()
    parse_inventory(sim, tmp_path, compose={"zone": "availability_zone | upper"})
    assert counted == {"Ansible": 5}


@pytest.mark.every_core(sample=True)
def test_the_option_for_native_types_counts_only_before_2_19(monkeypatch: pytest.MonkeyPatch) -> None:
    """The option for native types counts only before 2.19, where it changes the types; later it is always true."""
    for native in (True, False):
        monkeypatch.setattr(constants, "DEFAULT_JINJA2_NATIVE", native, raising=False)
        options = options_of(["name"])
        direct = Expressions(Constructed(DataLoader(), {}, {}), options, ["name"], False).compose["v0"].direct
        assert (direct is not None) == (SINCE_2_19 or not native)


@pytest.mark.every_core(sample=True)
def test_an_untrusted_expression_is_left_to_ansible() -> None:
    """An untrusted expression is left to Ansible, which refuses it since 2.19; earlier ones have no such mark."""
    options = {"compose": {"a": "name"}}
    direct = Expressions(Constructed(DataLoader(), {}, {}), options, ["name"], False).compose["a"].direct
    assert (direct is None) == SINCE_2_19


def test_expressions_see_composed_values_before_variables_and_fields() -> None:
    seen = Seen({"mgc_name": "web", "mgc_id": "1"}, {"name": "mgc_name", "id": "mgc_id"}, {"inventory_hostname": "h"})
    assert seen.all() == {"name": "web", "id": "1", "mgc_name": "web", "mgc_id": "1", "inventory_hostname": "h"}
    seen.add({"mgc_name": "a", "id": "b"})
    assert seen.all() == {"name": "web", "id": "b", "mgc_name": "a", "mgc_id": "1", "inventory_hostname": "h"}
    assert {name: seen.get(name) for name in seen.all()} == seen.all()
    assert seen.get("missing", 0) == 0
