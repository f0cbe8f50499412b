# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: vm_instances
short_description: Magalu Cloud instances as hosts
description:
  - Lists the instances of one or more regions as hosts, at any number of them.
  - Reads a YAML file whose name ends in C(vm_instances.yml), C(vm_instances.yaml), C(magalu.yml) or C(magalu.yaml).
  - All regions and pages are read before the first host is added. What cannot be proved complete is an error, never a
    shorter list.
  - Text from the API is data. It is never executed as a template, in any variable, whatever an instance is named.
author:
  - Magalu Cloud collection contributors (@magalucloud)
version_added: 1.0.0
extends_documentation_fragment:
  - magalu.cloud._api
  - magalu.cloud._api.plugin
  - constructed
  - inventory_cache
options:
  plugin:
    description: That the file is for this plugin.
    type: str
    required: true
    choices: [magalu.cloud.vm_instances]
  regions:
    description:
      - The regions, which are read side by side. It wins over O(region), which is the only one if this is not given.
      - If there are several, O(api_url) must contain C({region}).
    type: list
    elements: str
    env:
      - name: MGC_REGIONS
  on_region_error:
    description:
      - What to do when a region does not answer. With V(warn) the others are listed, and nothing is cached. Mind that
        whatever deletes hosts which are not listed, as AWX can, deletes those of that region then.
    type: str
    choices: [fail, warn]
    default: fail
    env:
      - name: MGC_ON_REGION_ERROR
  account_name:
    description: A name for the account, which all its hosts have in the variable C(mgc_account).
    type: str
    env:
      - name: MGC_ACCOUNT_NAME
  filters:
    description:
      - Which instances become hosts. All that are given must hold. Each is a text or a list of texts, of which one must
        hold (of labels all). An empty list counts as not given. Filters by labels need the API's edition of 2026.
      - Instances that are deleted, or whose creation failed, are only listed if C(state) or C(status) asks for them.
    type: dict
    default: {}
    suboptions:
      state:
        description: The state, as V(running).
        type: list
        elements: str
      status:
        description: The status, as V(completed).
        type: list
        elements: str
      name:
        description: Shell patterns for the whole name. Case counts.
        type: list
        elements: str
      machine_type:
        description: Names or ids of machine types.
        type: list
        elements: str
      image:
        description: Names or ids of images.
        type: list
        elements: str
      availability_zone:
        description: Zones.
        type: list
        elements: str
      vpc:
        description: Names or ids of VPCs.
        type: list
        elements: str
      labels:
        description: Labels that an instance must all have.
        type: list
        elements: str
  exclude_filters:
    description:
      - A list of filters as in O(filters). An instance for which all of one of them hold is left out. A filter that has
        an empty list leaves out nothing.
    type: list
    elements: dict
    default: []
  filter_expressions:
    description: Jinja conditions without braces, which all must hold. One that fails does not hold.
    type: list
    elements: str
    default: []
  hostnames:
    description:
      - What to name hosts, the first that an instance has counts. Each is a field as in the table of variables (without
        prefix, dotted where nested), or a template with braces.
      - A name that Ansible or AWX cannot have is passed over, at last for the id. These are empty ones, those with Jinja's
        braces, with exactly one colon, with a slash or unprintable characters, of more than 240 bytes, V(localhost),
        V(all), V(ungrouped), the names of groups, and those of other instances. That holds for the groups and the
        instances of inventory sources too that Ansible read before this one (in a folder by their file names).
    type: list
    elements: str
    default: [name, id]
    env:
      - name: MGC_HOSTNAMES
  duplicate_names:
    description:
      - What to do when several instances of all regions, also of those that filters leave out, come to the same name.
        With V(suffix_all) each is named C(NAME-) and the first eight characters of its id, and a group of the common
        name has them all.
    type: str
    choices: [suffix_all, fail]
    default: suffix_all
    env:
      - name: MGC_DUPLICATE_NAMES
  connect_with:
    description:
      - What C(ansible_host) is. The first that an instance has of V(public_ipv4), V(private_ipv4), V(public_ipv6) and
        V(name). If it is an empty list, none is set.
    type: list
    elements: str
    default: [public_ipv4, private_ipv4, public_ipv6]
    env:
      - name: MGC_CONNECT_WITH
  connect_interface:
    description:
      - A shell pattern for the name or id of the interface whose addresses count, in place of the primary one.
    type: str
    env:
      - name: MGC_CONNECT_INTERFACE
  hostvars_prefix:
    description:
      - What the names of the variables begin with. If it is an empty text, variables whose names Ansible reserves get an
        underscore at their end.
    type: str
    default: mgc_
    env:
      - name: MGC_HOSTVARS_PREFIX
  group:
    description: The group of all hosts.
    type: str
    default: mgc
    env:
      - name: MGC_GROUP
  user_data:
    description:
      - Whether hosts have their user data as a variable. It is large, and often holds secrets, so that it excludes
        O(cache).
    type: bool
    default: false
    env:
      - name: MGC_USER_DATA
  image_users:
    description:
      - A list of mappings of C(match), a shell pattern for the image's name, to C(user) and C(connection). The first that
        matches counts, and all of them before what is built in, C(*ubuntu*) for the user V(ubuntu) and C(windows*) for
        the connection V(psrp).
    type: list
    elements: dict
    default: []
  set_user:
    description: Whether hosts have C(ansible_user) and C(ansible_connection) as O(image_users) says.
    type: bool
    default: false
    env:
      - name: MGC_SET_USER
notes:
  - Options can be templates, as with the lookup plugin P(ansible.builtin.env#lookup), and be encrypted with Ansible Vault.
    With O(use_extra_vars) they can use extra variables, also from a file that is encrypted.
  - Expressions see each variable with and without the prefix, and C(inventory_hostname). O(compose) comes before O(groups)
    and O(keyed_groups), which see what it made.
  - An expression that fails for every host is a warning with its place in the file, or an error with O(strict).
  - All hosts have these variables, of which those that the API does not tell are null.
  - C(mgc_id) (str) - The instance's id. For example V(9ec75090-2872-4f51-8111-53d05d96d2c6).
  - C(mgc_name) (str) - Its name, which need not be the host's. For example V(web-01).
  - C(mgc_state) (str) - What it is. For example V(running).
  - C(mgc_status) (str) - What is happening to it. For example V(completed).
  - C(mgc_region) (str) - The region it was listed in. For example V(br-se1).
  - C(mgc_account) (str) - What O(account_name) says. For example V(production).
  - C(mgc_availability_zone) (str) - Its zone. For example V(br-se1-a).
  - 'C(mgc_machine_type) (dict) - Its machine type. For example V({"id": "f8a2e1c0-5f0e-4d3b-9a59-0c1b8a1d2e3f",
    "name": "BV1-1-40", "vcpus": 1, "ram": 1024, "disk": 40}).'
  - 'C(mgc_image) (dict) - Its image. For example V({"id": "4b1d7c1a-3f6d-4c52-8a04-6f7d1c2b3a49", "name":
    "cloud-ubuntu-24.04 LTS", "platform": "linux"}).'
  - C(mgc_ssh_key_name) (str) - The name of its SSH key. For example V(deploy).
  - C(mgc_labels) (list) - Its labels. The API's edition of 2024 has none. For example V(["web", "blue"]).
  - 'C(mgc_vpc) (dict) - Its VPC. For example V({"id": "0c3f1f9e-6a6f-4e6b-8d2f-9b7f3a1c5e20", "name": "vpc_default"}).'
  - 'C(mgc_interfaces) (list) - Its interfaces, the primary one first where the API tells which that is.
    For example V([{"id": "7d5f0e66-57c3-4b6e-9f0a-0b1c2d3e4f50", "name": "web-01-0", "primary": true, "security_groups":
    [], "private_ipv4": "172.18.0.10", "public_ipv4": "201.54.0.10", "public_ipv6": null}]).'
  - C(mgc_security_groups) (list) - The ids of the security groups of the interface that it is reached by.
  - C(mgc_private_ipv4) (str) - The private IPv4 address of that interface. For example V(172.18.0.10).
  - C(mgc_public_ipv4) (str) - The public IPv4 address of that interface. For example V(201.54.0.10).
  - C(mgc_public_ipv6) (str) - The public IPv6 address of that interface. For example V(2801:80:3ea0::10).
  - C(mgc_created_at) (str) - When it was created, in UTC. For example V(2026-11-25T12:00:00Z).
  - C(mgc_updated_at) (str) - When it was changed. For example V(2026-11-25T12:00:30Z).
  - 'C(mgc_error) (dict) - Why its last operation failed. For example V({"slug": "create_instance.capacity.error",
    "message": "no capacity"}).'
  - C(mgc_default_user) (str) - The user that its image lets in, see O(image_users). For example V(ubuntu).
"""

EXAMPLES = r"""
# fmt: code
---
# As magalu.yml, the least. The key is in the environment variable MGC_API_KEY.
plugin: magalu.cloud.vm_instances
---
# Running instances of two regions, in groups by zone, machine type and label.
plugin: magalu.cloud.vm_instances
regions: [br-se1, br-ne1]
filters:
  state: running
exclude_filters:
  - name: ["test-*", "tmp-*"]
keyed_groups:
  - key: availability_zone
    prefix: zone
  - key: machine_type.name
    prefix: type
  - key: labels
    prefix: label
groups:
  web: name is match('web-')
---
# By private addresses, through a jump host.
plugin: magalu.cloud.vm_instances
connect_with: [private_ipv4]
set_user: true
compose:
  ansible_ssh_common_args: "'-o ProxyJump=ubuntu@jump.example.com'"
---
# Names that stay when an instance is renamed, a key from Ansible Vault given with -e @vault.yml, and a cache.
plugin: magalu.cloud.vm_instances
hostnames: [id]
use_extra_vars: true
api_key: "{{ vault_mgc_api_key }}"
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/magalu
cache_timeout: 300
"""

import gc
import json
import os
import typing as t
from hashlib import sha256

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.release import __version__ as core_version
from ansible.vars.reserved import get_reserved_names

from ansible_collections.magalu.cloud.plugins.module_utils import _client, _errors, _options
from ansible_collections.magalu.cloud.plugins.module_utils._api import Refused, Row
from ansible_collections.magalu.cloud.plugins.plugin_utils import _fetch, _filters, _hosts, _hostvars, _names
from ansible_collections.magalu.cloud.plugins.plugin_utils._expressions import Constructed, Expressions
from ansible_collections.magalu.cloud.plugins.plugin_utils._trust import plain

# These are evaluated for each host; all other options are templates that are evaluated once.
PER_HOST = ("compose", "groups", "keyed_groups", "filter_expressions", "hostnames")
BOOLEANS = ("true", "yes", "on", "1", "false", "no", "off", "0")
Instances = list[tuple[str, Row]]


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    """The instances of Magalu Cloud."""

    NAME = "magalu.cloud.vm_instances"

    def verify_file(self, path: str) -> bool:
        """Whether the file is for this plugin, by its name."""
        ends = tuple(f"{name}.{end}" for name in ("vm_instances", "magalu") for end in ("yml", "yaml"))
        return bool(super().verify_file(path)) and path.endswith(ends)

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        """Adds the hosts to the inventory, after all that can fail has been done."""
        super().parse(inventory, loader, path, cache)
        if not _client.HAS_REQUESTS:
            raise AnsibleParserError("The Python library requests is missing on the controller.")
        self.load_options(path)
        collecting = gc.isenabled()
        gc.disable()  # it would walk all rows again and again, and finds nothing: they have no cycles
        try:
            settings = self.settings()
            connection = _options.connection(self.given.get)
            labels = any("labels" in each for each in (settings.include, *settings.exclude))
            built = self.hosts(self.instances(connection, path, cache, labels), settings)
            for warning in (*_errors.unprotected(connection), *built.warnings):
                self.display.warning(warning)
            self.populate(built)
        except Refused as error:
            raise AnsibleParserError(str(error)) from None
        finally:
            if collecting:
                gc.enable()

    def load_options(self, path: str) -> None:
        """The options of the file, typed; `given` are those that were given there, with their templates evaluated."""
        self.given: dict[str, t.Any] = {}
        self._read_config_data(path)

    def set_options(self, task_keys: t.Any = None, var_options: t.Any = None, direct: t.Any = None) -> None:
        """As Ansible's, but first evaluates templates, and takes what is empty for what is not given."""
        known = self.option_definitions
        given = {str(key): value for key, value in (direct or {}).items() if not _options.blank(value)}
        for name in given:
            if name not in known:
                raise AnsibleParserError(f"There is no option {name!r}{_names.meant(name, known) or '.'}")
        unset = {name: option.get("default") for name, option in known.items() if self._blank_environment(option)}
        if (direct or {}).get("hostvars_prefix") == "":
            given["hostvars_prefix"] = ""
        super().set_options(
            direct={**unset, **{key: given[key] for key in ("plugin", "use_extra_vars") if key in given}}
        )
        self.templar.available_variables = self._vars if self.get_option("use_extra_vars") else {}
        for name, value in given.items():
            if name not in PER_HOST:
                given[name] = value = self._evaluated(name, value)
            if name in _options.SECRET and isinstance(value, (list, dict)):
                raise AnsibleParserError(f"{name} must be a text, and is none.")  # which Ansible would show
            if _options.blank(value):
                continue
            if known[name].get("type") in ("bool", "boolean") and str(value).strip().lower() not in BOOLEANS:
                raise AnsibleParserError(f"{name} is {value!r}, and must be true or false.")
        self.given = {name: value for name, value in given.items() if not _options.blank(value)}
        given = {**self.given, **({"hostvars_prefix": ""} if given.get("hostvars_prefix") == "" else {})}
        try:
            super().set_options(task_keys=task_keys, var_options=var_options, direct={**unset, **given})
        except AnsibleError as error:
            raise AnsibleParserError(str(error)) from None
        # None as a direct value would have the environment looked at again.
        self._options.update((name, None) for name in unset if unset[name] is None and name not in given)
        if self.get_option("cache"):
            try:
                self.load_cache_plugin()
            except AnsibleError as error:
                self.display.warning(f"cache: it cannot be used, so that all is fetched: {error}")
                self._options["cache"] = False

    @staticmethod
    def _blank_environment(option: dict[str, t.Any]) -> bool:
        variables = [os.environ.get(variable["name"]) for variable in option.get("env") or []]
        return any(value is not None for value in variables) and all(map(_options.blank, variables))

    def _evaluated(self, name: str, value: t.Any) -> t.Any:
        """The value with its templates evaluated and its secrets decrypted; an error names the option alone."""
        try:
            if not isinstance(value, (str, int, float, bool, list, dict)):
                value = str(value)  # encrypted, before 2.19
            return self.templar.template(value)
        except (AnsibleError, ValueError) as error:
            text = str(error) if name not in _options.SECRET else "it cannot be evaluated or decrypted"
            raise AnsibleParserError(f"{name}: {text}") from None

    def settings(self) -> _hosts.Settings:
        """What the options say about hosts. Raises `Refused` with the option and its value."""
        names = list(_hostvars.NAMES)
        if self.get_option("user_data"):
            names.append("user_data")
            if self.get_option("cache"):
                raise Refused("user_data: true excludes cache: true, since user data often holds secrets.")
        prefix = plain(self.get_option("hostvars_prefix"))
        if prefix and not prefix.isidentifier():
            raise Refused(f"hostvars_prefix is {prefix!r}, and must be the beginning of a variable's name.")
        reserved = {name for name in names if prefix + name in get_reserved_names()}
        if reserved:
            changed = ", ".join(sorted(f"{prefix}{name}_" for name in reserved))
            self.display.warning(f"Ansible reserves the names of some variables, which are named otherwise: {changed}")
        ways = (*_hostvars.ADDRESSES, "name")
        for way in self._list("connect_with"):
            if way not in ways:
                raise Refused(f"connect_with: {way!r} is none of {', '.join(ways)}.")
        for source in self._list("hostnames"):
            if "{" not in source and source.split(".")[0] not in names:
                raise Refused(f"hostnames: {source!r} is neither a field nor a template{_names.meant(source, names)}")
        for number, keyed in enumerate(self.get_option("keyed_groups")):
            if not isinstance(keyed, dict) or not keyed.get("key"):
                raise Refused(f"keyed_groups[{number}] is {keyed!r}, and must be a mapping with a key.")
        interface, account = self.get_option("connect_interface"), self.get_option("account_name")
        return _hosts.Settings(
            names={name: prefix + name + ("_" if name in reserved else "") for name in names},
            hostnames=tuple(self._list("hostnames")),
            connect_with=tuple(map(plain, self._list("connect_with"))),
            connect_interface=interface and plain(interface),
            duplicate_names=self.get_option("duplicate_names"),
            include=_filters.filters("filters", self.get_option("filters")),
            exclude=_filters.excludes(self.get_option("exclude_filters")),
            logins=_hostvars.logins(self.get_option("image_users")),
            set_user=self.get_option("set_user"),
            group=self._sanitize_group_name(plain(self.get_option("group"))),
            account=account and plain(account),
            user_data=self.get_option("user_data"),
            strict=self.get_option("strict"),
        )

    def _list(self, option: str) -> list[str]:
        return [text for text in self.get_option(option) or [] if not _options.blank(text)]

    def regions(self, connection: _client.Connection) -> list[str]:
        """The regions, each once; `regions` wins over `region`."""
        regions = list(dict.fromkeys(plain(str(name)).strip() for name in self._list("regions"))) or [connection.region]
        if len(regions) > 1 and "{region}" not in connection.api_url:
            raise Refused("regions: api_url has no {region}, so that all would be the same one: write {region} in it.")
        return regions

    def instances(self, connection: _client.Connection, path: str, cache: bool, labels: bool) -> Instances:
        """The instances of all regions, from the cache where that has them and may be read; with `labels` or not at all."""
        regions, caching = self.regions(connection), self.get_option("cache")
        # What makes the same file mean other instances.
        what = json.dumps([connection.api_url, regions, sorted(connection.headers.items()), labels])
        key = f"{self.get_cache_key(path)}_{sha256(what.encode()).hexdigest()[:16]}"
        if caching and cache:
            try:
                return [(str(region), row) for region, row in json.loads(self._cache[key])]
            except (KeyError, ValueError, TypeError, AnsibleError):
                pass  # not there, expired, not ours, or broken
        fetched = _fetch.fetch(
            connection, regions, f"ansible-core/{core_version} inventory", self.get_option("user_data"), labels
        )
        if fetched.failures and (self.get_option("on_region_error") == "fail" or len(fetched.failures) == len(regions)):
            raise Refused(" ".join(fetched.failures.values()))
        for failure in fetched.failures.values():
            self.display.warning(f"{failure} Its instances are missing in the inventory (on_region_error: warn).")
        if caching and not fetched.failures:
            self._cache[key] = json.dumps(fetched.instances)
        return fetched.instances

    def update_cache_if_changed(self) -> None:
        """As Ansible's, but what cannot be kept is listed all the same."""
        try:
            super().update_cache_if_changed()
        except (AnsibleError, OSError) as error:
            self.display.warning(f"cache: it cannot be written: {error}")

    def hosts(self, instances: Instances, settings: _hosts.Settings) -> _hosts.Hosts:
        """The hosts as data."""
        options = {name: self.get_option(name) for name in (*PER_HOST, "use_extra_vars", "leading_separator")}
        constructed = Constructed(self.loader, self._vars, options)
        names = {*settings.names, *settings.names.values(), "inventory_hostname", "ansible_host"}
        own_id, there = settings.names["id"], self.inventory.hosts.items()
        others = {name: host.vars[own_id] for name, host in there if own_id in host.vars}
        expressions = Expressions(constructed, options, names, settings.strict)
        return _hosts.Hosts(instances, settings, expressions, self.inventory.groups, others)

    def populate(self, built: _hosts.Hosts) -> None:
        """The hosts in the inventory: each once, with all its variables."""
        inventory = self.inventory
        groups: dict[str, t.Any] = {}

        def group(name: str) -> t.Any:
            if name not in groups:
                groups[name] = inventory.groups[inventory.add_group(name)]
            return groups[name]

        group(built.settings.group)
        for parent, child in built.parents:
            group(parent)
            group(child)
            try:
                if parent == child:
                    raise AnsibleError("no group is in itself")
                inventory.add_child(parent, child)
            except AnsibleError as error:
                text = f"keyed_groups: {child!r} cannot be a group of {parent!r}: {error}"
                if built.settings.strict:
                    raise AnsibleParserError(text) from None
                self.display.warning(text)
        for name, variables, composed, names in built.hosts:
            known = name in inventory.hosts
            inventory.add_host(name)
            host = inventory.hosts[name]
            if known:  # from another source, too
                composed = {**variables, **composed}
            else:
                host.vars.update(variables)
            for variable, value in composed.items():
                host.set_variable(plain(variable), value)
            for each in names:
                group(each).add_host(host)
        inventory._groups_dict_cache = {}
