# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: vm_instances
short_description: Magalu Cloud instances as hosts
description:
  - Lists the instances of one or more regions as hosts, however many there are.
  - Reads a YAML file whose name ends in C(vm_instances.yml), C(vm_instances.yaml), C(magalu.yml) or C(magalu.yaml).
  - All regions and pages are read before the first host is added. A list that cannot be proved complete is an error,
    never a shorter inventory.
  - Text from the API is data. It is never executed as a template, in any variable, however an instance is named.
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
    description: Marks the file as a source for this plugin.
    type: str
    required: true
    choices: [magalu.cloud.vm_instances]
  regions:
    description:
      - The regions, which are read in parallel. If it is not given, only O(region) is read.
      - If there are several regions, O(api_url) must contain C({region}).
    type: list
    elements: str
    env:
      - name: MGC_REGIONS
  on_region_error:
    description:
      - What to do when a region does not answer. With V(warn) the others are listed, and nothing is cached. A program
        that deletes unlisted hosts, such as AWX with Overwrite, then deletes the hosts of that region.
    type: str
    choices: [fail, warn]
    default: fail
    env:
      - name: MGC_ON_REGION_ERROR
  account_name:
    description: A name for the account. All its hosts have it in the variable C(mgc_account).
    type: str
    env:
      - name: MGC_ACCOUNT_NAME
  filters:
    description:
      - Which instances become hosts. An instance must match all filters that are given. Each filter is a text or a list
        of texts. An instance matches a list if it matches one of its texts; for C(labels), it must match all of them.
        An empty list counts as not given.
      - A region with API version 2024-08, which has no labels, fails if a filter asks for labels. So does a region with
        API version 2025-05 in which no instance has labels, because it cannot be distinguished from 2024-08.
      - Deleted instances are listed only if C(state), C(status) or C(phase) asks for them. An instance that failed,
        even in its creation, is a host like the others, with its C(mgc_state), C(mgc_status) and C(mgc_error). Use
        O(exclude_filters) to leave it out.
    type: dict
    default: {}
    suboptions:
      state:
        description: The state, such as V(running).
        type: list
        elements: str
      status:
        description: The status, such as V(completed).
        type: list
        elements: str
      phase:
        description:
          - What state and status mean, one of V(settled), V(in_transition), V(deleting), V(creation_failed),
            V(operation_failed) and V(gone).
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
        description: Labels. An instance must have all of them.
        type: list
        elements: str
  exclude_filters:
    description:
      - A list of filters as in O(filters). An instance that matches all filters of an entry is left out. An entry with
        an empty list leaves out nothing.
    type: list
    elements: dict
    default: []
  filter_expressions:
    description: Jinja conditions without braces. An instance must meet all of them. If a condition cannot be evaluated
      for an instance, the instance does not meet it.
    type: list
    elements: str
    default: []
  hostnames:
    description:
      - The names of hosts, in order of preference. Each entry is a field as in the table of variables (without prefix,
        dotted where nested), or a template with braces. The first entry that gives an instance a name is used.
      - If Ansible or AWX does not accept a name, the next entry is used, and finally the id. Such names are empty,
        contain the start of a Jinja expression (two braces, for example), a slash or unprintable characters, begin or
        end with white space, begin with a hyphen (C(ssh) would read it as an option), have exactly one colon or more
        than 240 bytes, are V(localhost), V(127.0.0.1), V(::1), V(all), V(ungrouped), a dot, two dots, a UUID other than
        the instance's id or the name of a group, or belong to another instance. Names of groups and hosts from other
        inventory sources count if Ansible has read those sources before this file (in a folder, files are read in the
        order of their names).
    type: list
    elements: str
    default: [name, id]
    env:
      - name: MGC_HOSTNAMES
  duplicate_names:
    description:
      - What to do if several instances of all regions, including those that filters leave out, would have the same
        name. With V(suffix_all) each is named C(NAME-) and the first eight characters of its id, and a group with the
        common name contains all of them. If another group or a host of another source has that name already, the
        instances are in no group of that name.
    type: str
    choices: [suffix_all, fail]
    default: suffix_all
    env:
      - name: MGC_DUPLICATE_NAMES
  connect_with:
    description:
      - The kinds of addresses for C(ansible_host), in order of preference. These can be V(public_ipv4),
        V(private_ipv4), V(public_ipv6) and V(name). The first that an instance has is used. With an empty list,
        C(ansible_host) is not set. A value that begins with a hyphen, which C(ssh) would read as an option, is left
        out, even if O(compose) sets it.
      - Hosts without C(ansible_host) cause a warning, or an error with O(strict).
    type: list
    elements: str
    default: [public_ipv4, private_ipv4, public_ipv6]
    env:
      - name: MGC_CONNECT_WITH
  connect_interface:
    description:
      - A shell pattern for the name or id of the interface whose addresses are used, instead of the primary interface.
    type: str
    env:
      - name: MGC_CONNECT_INTERFACE
  hostvars_prefix:
    description:
      - The prefix of the variables' names. If it is an empty text, variables whose names Ansible reserves get an
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
  listed_at:
    description:
      - Whether the group of all hosts (O(group)) has the variable C(mgc_listed_at), the UTC time at which the API was
        asked for the instances. For example V(2026-11-25T12:00:00Z). It shows how old a stored inventory is (O(cache),
        AWX).
    type: bool
    default: false
    env:
      - name: MGC_LISTED_AT
  user_data:
    description:
      - Whether hosts have their user data as the variable C(mgc_user_data). User data is large and often contains
        secrets, so this option cannot be combined with O(cache).
    type: bool
    default: false
    env:
      - name: MGC_USER_DATA
  image_users:
    description:
      - A list of mappings with C(match), a shell pattern for the image's name, and C(user) and C(connection) for such
        images. The first mapping that matches is used. The built-in mappings come last - the user V(ubuntu) for
        C(*ubuntu*), and the connection V(psrp) for C(windows*).
    type: list
    elements: dict
    default: []
  set_user:
    description: Whether hosts have C(ansible_user) and C(ansible_connection) as O(image_users) says.
    type: bool
    default: false
    env:
      - name: MGC_SET_USER
seealso:
  - module: magalu.cloud.vm_info
    description: Lists the same instances in a task, without adding them as hosts.
  - ref: ansible_collections.magalu.cloud.docsite.inventory
    description: The inventory by examples.
  - ref: ansible_collections.magalu.cloud.docsite.reachable
    description: What to check if a host does not answer.
notes:
  - Options can be templates, for example with the lookup plugin P(ansible.builtin.env#lookup), and can be encrypted
    with Ansible Vault. Expressions and O(hostnames) cannot. With O(use_extra_vars) options can use extra variables,
    even from an encrypted file.
  - Expressions can use each variable with and without the prefix, and C(inventory_hostname). With O(use_extra_vars)
    they can also use extra variables, which take precedence. O(compose) comes before O(groups) and O(keyed_groups),
    which can use its results. O(compose) takes numbers, booleans and null as they are.
  - If O(compose) sets C(ansible_host) to null, the address that O(connect_with) found is kept, with a warning. Write
    C(public_ipv4 | default(private_ipv4, true)), since C(default) without V(true) does not replace null.
  - By default Ansible only warns if an inventory cannot be read, and ends with code 0. Set C(any_unparsed_is_failed =
    true) in the section C([inventory]) of C(ansible.cfg), or C(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) in the
    environment.
  - An expression that fails for every host causes a warning with its place in the file, or an error with O(strict).
  - All hosts have these variables. Those that the API does not return are null.
  - C(mgc_id) (str) - The instance's id. For example V(9ec75090-2872-4f51-8111-53d05d96d2c6).
  - C(mgc_name) (str) - Its name, which need not be the host's. For example V(web-01).
  - C(mgc_state) (str) - The state, such as running or stopped. For example V(running).
  - C(mgc_status) (str) - The status of the current or last operation. For example V(completed).
  - 'C(mgc_phase) (str) - What state and status mean: settled, in_transition, deleting, creation_failed,
    operation_failed or gone. For example V(settled).'
  - C(mgc_region) (str) - The region of the instance. For example V(br-se1).
  - C(mgc_account) (str) - The value of O(account_name). For example V(production).
  - C(mgc_availability_zone) (str) - Its zone. For example V(br-se1-a).
  - 'C(mgc_machine_type) (dict) - Its machine type. For example V({"id": "f8a2e1c0-5f0e-4d3b-9a59-0c1b8a1d2e3f",
    "name": "BV1-1-40", "vcpus": 1, "ram": 1024, "disk": 40}).'
  - 'C(mgc_image) (dict) - Its image. For example V({"id": "4b1d7c1a-3f6d-4c52-8a04-6f7d1c2b3a49", "name":
    "cloud-ubuntu-24.04 LTS", "platform": "linux"}).'
  - C(mgc_ssh_key_name) (str) - The name of its SSH key. For example V(deploy).
  - C(mgc_labels) (list) - Its labels. API version 2024-08 has none. For example V(["web", "blue"]).
  - 'C(mgc_vpc) (dict) - Its VPC. For example V({"id": "0c3f1f9e-6a6f-4e6b-8d2f-9b7f3a1c5e20", "name":
    "vpc_default"}).'
  - 'C(mgc_interfaces) (list) - Its interfaces, the primary interface first if the API marks it. For example
    V([{"id": "7d5f0e66-57c3-4b6e-9f0a-0b1c2d3e4f50", "name": "web-01-0", "primary": true, "security_groups":
    [], "private_ipv4": "198.18.0.10", "public_ipv4": "192.0.2.10", "public_ipv6": null}]).'
  - C(mgc_security_groups) (list) - The ids of the security groups of the interface whose addresses are
    used.
  - C(mgc_private_ipv4) (str) - The private IPv4 address of that interface. For example V(198.18.0.10).
  - C(mgc_public_ipv4) (str) - The public IPv4 address of that interface. For example V(192.0.2.10).
  - C(mgc_public_ipv6) (str) - The public IPv6 address of that interface. For example V(2001:db8::10).
  - C(mgc_created_at) (str) - When it was created. For example V(2026-11-25T12:00:00Z).
  - C(mgc_updated_at) (str) - When it was changed. For example V(2026-11-25T12:00:30Z).
  - 'C(mgc_error) (dict) - Why its last operation failed. For example V({"slug": "create_instance.capacity.error",
    "message": "no capacity"}).'
  - C(mgc_default_user) (str) - The user that its image accepts, see O(image_users). For example V(ubuntu).
"""

EXAMPLES = r"""
# fmt: code
---
# The smallest magalu.yml. The key is in the environment variable MGC_API_KEY.
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
import re
import sys
import time
import typing as t
from hashlib import sha256

from ansible.errors import AnsibleError, AnsibleParserError, AnsibleUndefinedVariable
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.release import __version__ as core_version
from ansible.vars.reserved import get_reserved_names

from ansible_collections.magalu.cloud.plugins.module_utils._api.client import HAS_REQUESTS, VERSION
from ansible_collections.magalu.cloud.plugins.module_utils._api.connection import (
    SECRET,
    Connection,
    connection_warnings,
    is_blank,
    resolve_connection,
)
from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import Row
from ansible_collections.magalu.cloud.plugins.plugin_utils import _entries, _fetch, _filters, _hosts, _hostvars, _names
from ansible_collections.magalu.cloud.plugins.plugin_utils._expressions import Constructed, Expressions
from ansible_collections.magalu.cloud.plugins.plugin_utils._trust import Marker, plain

# Options whose templates are evaluated for each host; those of all other options are evaluated once.
PER_HOST = ("compose", "groups", "keyed_groups", "filter_expressions", "hostnames")
NAMES = tuple(f"{name}.{end}" for name in ("vm_instances", "magalu") for end in ("yml", "yaml"))  # name endings
OURS = re.compile(rb"""^plugin:\s*["']?magalu\.cloud\.vm_instances["']?\s*(#|$)""", re.MULTILINE)


def _decrypted(value: t.Any) -> t.Any:
    """Return a value with the encrypted values in it decrypted, which before 2.19 Ansible's templating does not do."""
    if isinstance(value, dict):
        return {key: _decrypted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decrypted(item) for item in value]
    return str(value) if getattr(value, "__ENCRYPTED__", False) else value


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    """The inventory plugin that lists the instances of Magalu Cloud as hosts."""

    NAME = "magalu.cloud.vm_instances"

    def verify_file(self, path: str) -> bool:
        """Return whether the file is for this plugin, by its name or by its content.

        `parse` refuses a file that has the content but not the name, with an error that says how to name it.
        """
        return bool(super().verify_file(path)) and (path.endswith(NAMES) or self._is_misnamed(path))

    @staticmethod
    def _is_misnamed(path: str) -> bool:
        """Return whether a YAML file names this plugin in its content."""
        try:
            with open(path, "rb") as file:
                return path.endswith((".yml", ".yaml")) and bool(OURS.search(file.read(65536)))
        except OSError:
            return False

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        """Add the hosts to the inventory, after everything that can fail has been done."""
        super().parse(inventory, loader, path, cache)
        if not HAS_REQUESTS:
            raise AnsibleParserError(
                f"The Python library requests is missing on the controller. Install it for {sys.executable}."
            )
        if not path.endswith(NAMES):
            example = f"{os.path.splitext(os.path.basename(path))[0]}.magalu.yml"
            raise AnsibleParserError(
                f"The file name must end in {', '.join(NAMES[:-1])} or {NAMES[-1]}. Rename it, for example to "
                f"{example}."
            )
        self.load_options(path)
        collecting = gc.isenabled()
        gc.disable()  # rows have no cycles, so that repeated collections would cost time and find nothing
        try:
            settings, expressions = self.settings(), self.expressions()
            connection = resolve_connection(self.given.get)
            labels = any("labels" in each for each in (settings.include, *settings.exclude))
            read = _hostvars.Reader(settings.account, settings.connect_interface, settings.user_data)
            built = self.hosts(self.instances(connection, path, cache, read, labels), settings, expressions)
            for warning in (*connection_warnings(connection), *built.warnings):
                self.display.warning(warning)
            self.populate(built)
        except Refused as error:
            raise AnsibleParserError(str(error)) from None
        finally:
            if collecting:
                gc.enable()

    def load_options(self, path: str) -> None:
        """Read the options of the file.

        `given` gets the options that the file sets, with their templates evaluated.
        """
        self.given: dict[str, t.Any] = {}
        self._read_config_data(path)

    def set_options(self, task_keys: t.Any = None, var_options: t.Any = None, direct: t.Any = None) -> None:
        """Set the options; evaluate templates and treat empty values as not given."""
        known = self.option_definitions
        given = {str(key): value for key, value in (direct or {}).items() if not is_blank(value)}
        self._refuse_unknown(given)
        unset = {name: option.get("default") for name, option in known.items() if self._blank_environment(option)}
        if (direct or {}).get("hostvars_prefix") == "":
            given["hostvars_prefix"] = ""
        # Decided first: the templates of all other options may depend on it.
        extra = given.get("use_extra_vars")
        if extra is not None:
            extra = self._evaluated("use_extra_vars", extra)
            self._check_type("use_extra_vars", extra)
        if is_blank(extra):
            extra = self.get_option("use_extra_vars")
        given["use_extra_vars"] = extra = _entries.BOOLEANS[str(extra).strip().lower()]
        self.set_option("use_extra_vars", extra)
        self.templar.available_variables = self._vars if extra else {}
        for name, value in given.items():
            if name not in PER_HOST:
                given[name] = value = self._evaluated(name, value)
            self._check_type(name, value)
        self.given = {name: value for name, value in given.items() if not is_blank(value)}
        self._check_environment()
        given = {**self.given, **({"hostvars_prefix": ""} if given.get("hostvars_prefix") == "" else {})}
        try:
            super().set_options(task_keys=task_keys, var_options=var_options, direct={**unset, **given})
        except AnsibleError as error:
            raise AnsibleParserError(str(error)) from None
        # For a direct value of None, Ansible would read the environment variable again.
        self._options.update((name, None) for name in unset if unset[name] is None and name not in given)
        self._load_cache()

    def _refuse_unknown(self, given: dict[str, t.Any]) -> None:
        """Raise `AnsibleParserError` for an unknown option, with the nearest names."""
        known = self.option_definitions
        for name in given:
            if name not in known:
                near = _names.suggest_name(name, known) or f". The options are {', '.join(sorted(known))}."
                raise AnsibleParserError(f"There is no option {_entries.as_text(name)}{near}")

    def _check_type(self, name: str, value: t.Any, variable: str = "") -> None:
        """Raise `AnsibleParserError` for a value of the wrong type, of the file or of an environment variable.

        Ansible would show the value of a secret in its own error, convert another text to a boolean, or name its own
        types.
        """
        if is_blank(value):
            return
        option = self.option_definitions[name]
        kind, choices = option.get("type"), option.get("choices")
        if kind in (None, "str", "string") and isinstance(value, (list, dict)):
            raise AnsibleParserError(f"{name} must be a text.")
        if kind == "list" and isinstance(value, dict):
            raise AnsibleParserError(f"{name} must be a list: put '- ' before its entries.")
        if kind == "dict" and isinstance(value, list):
            raise AnsibleParserError(f"{name} must be a mapping: leave out the '- ' before its entries.")
        fits, wanted = _entries.TYPES.get(kind, (None, ""))
        if fits and not fits(value):
            raise AnsibleParserError(f"{name}{variable} is {_entries.as_text(value)}; it must be {wanted}.")
        if choices and value not in choices:
            raise AnsibleParserError(
                f"{name}{variable} is {_entries.as_text(value)}; it must be one of {', '.join(choices)}."
            )

    def _check_environment(self) -> None:
        """Check the types of this plugin's environment variables for the options that the file does not set."""
        for name, option in self.option_definitions.items():
            for variable in option.get("env") or []:
                if name not in self.given and variable["name"].startswith("MGC_"):
                    self._check_type(name, os.environ.get(variable["name"]), f" ({variable['name']})")

    def _load_cache(self) -> None:
        """Load the cache plugin; if that fails, warn and go on without a cache."""
        if self.get_option("cache"):
            try:
                self.load_cache_plugin()
            except AnsibleError as error:
                self.display.warning(f"cache: it cannot be used, so everything is read from the API: {error}")
                self._options["cache"] = False

    @staticmethod
    def _blank_environment(option: dict[str, t.Any]) -> bool:
        """Return whether the option's environment variables are set, but all blank."""
        variables = [os.environ.get(variable["name"]) for variable in option.get("env") or []]
        return any(value is not None for value in variables) and all(map(is_blank, variables))

    def _evaluated(self, name: str, value: t.Any) -> t.Any:
        """Return the value with its templates evaluated and its secrets decrypted.

        Raise `AnsibleParserError`; for a secret, the error names only the option.
        """
        try:
            value = _decrypted(value)
            if not isinstance(value, (str, int, float, bool, list, dict)):
                value = str(value)  # such as a date
            return self.templar.template(value)
        except (AnsibleError, ValueError) as error:
            text = str(error) if name not in SECRET else "it cannot be evaluated or decrypted"
            if isinstance(error, AnsibleUndefinedVariable) and not self.get_option("use_extra_vars"):
                text = f"{text.rstrip('.')}. If it uses extra variables (-e), add use_extra_vars: true."
            raise AnsibleParserError(f"{name}: {text}") from None

    def settings(self) -> _hosts.Settings:
        """Return the options that concern hosts.

        Raise `Refused` with the option and its value if a value is not valid.
        """
        names = list(_hostvars.NAMES)
        if self.get_option("user_data"):
            names.append("user_data")
            if self.get_option("cache"):
                raise Refused("user_data: true cannot be combined with cache: true: user data often holds secrets.")
        prefix = plain(self.get_option("hostvars_prefix"))
        if prefix and not prefix.isidentifier():
            raise Refused(f"hostvars_prefix is {prefix!r}; it must be the beginning of a variable's name.")
        reserved = {name for name in names if prefix + name in get_reserved_names()}
        if reserved:
            changed = ", ".join(sorted(f"{prefix}{name}_" for name in reserved))
            self.display.warning(f"Ansible reserves the names of some variables, which are named otherwise: {changed}")
        ways = (*_hostvars.ADDRESSES, "name")
        for way in self._texts("connect_with"):
            if way not in ways:
                raise Refused(f"connect_with: {way!r} is not one of {', '.join(ways)}.")
        fields = (*names, *_hostvars.NESTED)
        for source in self._texts("hostnames"):
            if "{" not in source and source not in fields:
                raise Refused(
                    f"hostnames: {source!r} is neither a field nor a template{_names.suggest_name(source, fields)}"
                )
        interface, account = self.get_option("connect_interface"), self.get_option("account_name")
        return _hosts.Settings(
            names={name: prefix + name + ("_" if name in reserved else "") for name in names},
            hostnames=tuple(self._texts("hostnames")),
            connect_with=tuple(map(plain, self._texts("connect_with"))),
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

    def _texts(self, option: str) -> list[str]:
        return _entries.texts(option, self.get_option(option))

    def expressions(self) -> dict[str, t.Any]:
        """Return the options that are evaluated for each host.

        Raise `Refused` with the position of an entry that is not valid.
        """
        return {
            "compose": _entries.compose(self.get_option("compose")),
            "groups": _entries.groups(self.get_option("groups")),
            "keyed_groups": _entries.keyed_groups(self.get_option("keyed_groups")),
            "filter_expressions": _entries.conditions("filter_expressions", self.get_option("filter_expressions")),
            "use_extra_vars": self.get_option("use_extra_vars"),
            "leading_separator": self.get_option("leading_separator"),
        }

    def regions(self, connection: Connection) -> list[str]:
        """Return the regions without duplicates; `regions` wins over `region`.

        Raise `Refused` if `api_url` has no place for several regions.
        """
        regions = list(dict.fromkeys(plain(name).strip() for name in self._texts("regions"))) or [connection.region]
        if len(regions) > 1 and "{region}" not in connection.api_url:
            raise Refused(
                "regions: api_url does not contain {region}, so all regions would be the same. Write {region} in it."
            )
        return regions

    def instances(
        self, connection: Connection, path: str, cache: bool, read: _hostvars.Reader, labels: bool
    ) -> list[Row]:
        """Return the instances of all regions, as `read` reads them.

        They come from the cache if it is enabled and has them, and the argument `cache` allows it. `labels` says
        whether the listing must include labels. Raise `Refused` if a region cannot be listed completely, or all regions
        cannot if `on_region_error` is `warn`.
        """
        regions, caching = self.regions(connection), self.get_option("cache")
        # All settings that change what the same file lists, and the version that knows how it is read.
        settings = [connection.api_url, regions, sorted(connection.headers.items()), labels]
        what = json.dumps([VERSION, *settings, read.account, read.interface])
        key = f"{self.get_cache_key(path)}_{sha256(what.encode()).hexdigest()[:16]}"
        if caching and cache:
            try:
                cached = json.loads(self._cache[key])
                self.listed_at = str(cached["listed_at"])
                rows: list[Row] = cached["instances"]
                if not isinstance(rows, list):
                    raise TypeError
                for number, row in enumerate(rows):
                    rows[number] = read.mark({**row})
                    if not _hostvars.READ <= row.keys():
                        raise KeyError
                return rows
            except (KeyError, ValueError, TypeError, RecursionError, AnsibleError):
                pass  # missing, expired, written by another program or another state of this plugin, or corrupt
        self.listed_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        fetched = _fetch.fetch(connection, regions, f"ansible-core/{core_version} inventory", read, labels)
        if fetched.failures and (self.get_option("on_region_error") == "fail" or len(fetched.failures) == len(regions)):
            raise Refused(" ".join(fetched.failures.values()))
        for warning in fetched.warnings:
            self.display.warning(warning)
        for failure in fetched.failures.values():
            self.display.warning(f"{failure} Its instances are missing in the inventory (on_region_error: warn).")
        if caching and not fetched.failures:
            self._cache[key] = json.dumps({"listed_at": self.listed_at, "instances": fetched.instances})
        return fetched.instances

    def update_cache_if_changed(self) -> None:
        """Write the cache; if that fails, warn and keep the inventory."""
        try:
            super().update_cache_if_changed()
        except (AnsibleError, OSError) as error:
            self.display.warning(f"cache: it cannot be written: {error}")

    def hosts(self, instances: list[Row], settings: _hosts.Settings, options: dict[str, t.Any]) -> _hosts.Hosts:
        """Return the hosts, with their variables and groups, as data."""
        constructed = Constructed(self.loader, self._vars, options)
        names = {*settings.names, *settings.names.values(), "inventory_hostname", "ansible_host"}
        there = self.inventory.hosts.items()
        others = {name: _hostvars.instance_ids(host.vars, settings.names["id"]) for name, host in there}
        expressions = Expressions(constructed, options, names, settings.strict)
        return _hosts.Hosts(instances, settings, expressions, self.inventory.groups, others)

    def _add_child(self, parent: str, child: str, strict: bool) -> None:
        """Make a group the child of another group.

        If that is not possible, warn, or fail if `strict`.
        """
        try:
            if parent == child:
                raise AnsibleError("no group is in itself")
            if child == "all":  # which Ansible would only refuse later, for all inventory sources
                raise AnsibleError("it contains all groups")
            self.inventory.add_child(parent, child)
        except AnsibleError as error:
            text = f"keyed_groups: {child!r} cannot be a group of {parent!r}: {error}"
            if strict:
                raise AnsibleParserError(text) from None
            self.display.warning(text)

    def populate(self, built: _hosts.Hosts) -> None:
        """Add the hosts to the inventory: each host once, with all its variables."""
        inventory = self.inventory
        groups: dict[str, t.Any] = {}

        def group(name: str) -> t.Any:
            if name not in groups:
                groups[name] = inventory.groups[inventory.add_group(name)]
            return groups[name]

        group(built.settings.group)
        if self.get_option("listed_at"):
            name = f"{plain(self.get_option('hostvars_prefix'))}listed_at"
            groups[built.settings.group].set_variable(name, Marker()(self.listed_at))
        for parent, child in built.parents:
            group(parent)
            group(child)
            self._add_child(parent, child, built.settings.strict)
        built.hosts.reverse()
        while built.hosts:  # frees each entry once its variables are in the inventory
            name, variables, composed, names = built.hosts.pop()
            known = name in inventory.hosts
            inventory.add_host(name)
            host = inventory.hosts[name]
            if known:  # another inventory source has added this host
                composed = {**variables, **composed}
            else:
                host.vars.update(variables)
            for variable, value in composed.items():
                host.set_variable(plain(variable), value)
            for each in names:
                group(each).add_host(host)
        inventory._groups_dict_cache = {}
