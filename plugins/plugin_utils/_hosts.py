# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The conversion of instances to hosts: names, variables and groups as data.

Nothing is added to the inventory here.
"""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleParserError

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import UUID, Row
from ansible_collections.magalu.cloud.plugins.module_utils._api.rows import dig, same_id

from . import _hostvars, _names
from ._expressions import Entry, Expressions, Seen
from ._filters import Filter, is_gone, wanted
from ._hostvars import Login
from ._trust import Marker

# The variables with the address that Ansible connects to; the second is the old name of the first.
ADDRESS_VARIABLES = ("ansible_host", "ansible_ssh_host")


class Settings(t.NamedTuple):
    """The options that concern hosts."""

    names: dict[str, str]  # field -> variable of hosts
    hostnames: tuple[str, ...]
    connect_with: tuple[str, ...]
    connect_interface: str | None
    duplicate_names: str
    include: Filter
    exclude: tuple[Filter, ...]
    logins: tuple[Login, ...]
    set_user: bool
    group: str
    account: str | None
    user_data: bool
    strict: bool


class Host(t.NamedTuple):
    """A host to add to the inventory."""

    name: str
    variables: dict[str, t.Any]
    composed: dict[str, t.Any]
    groups: tuple[str, ...]  # each once


class Hosts:
    """All hosts of an inventory.

    The results are `hosts`, `parents` (pairs of a group and its child) and `warnings`. The list of instances is
    emptied: each is replaced by its host.
    """

    def __init__(
        self, instances: list[Row], settings: Settings, expressions: Expressions,
        groups: t.Iterable[str] = (), others: t.Mapping[str, t.Sequence[t.Any]] | None = None,
    ) -> None:  # fmt: skip
        self.settings, self.expressions = settings, expressions
        # Already in the inventory: groups, to which the hosts' groups are added, and host -> ids of its instance.
        self._groups, self._others = set(groups), others or {}
        self.parents: dict[tuple[str, str], None] = {}
        self.warnings: list[str] = []
        self._mark = Marker()
        self._logins: dict[t.Any, Login] = {}
        self._templates = {
            source: Entry(f"hostnames[{number}]", source, ())
            for number, source in enumerate(settings.hostnames)
            if "{" in source
        }
        self._parents: dict[int, tuple[tuple[str, str], ...]] = {}  # the pairs of `parents` by instance number
        self._combinations: dict[tuple[str, ...], tuple[str, ...]] = {}  # of groups: many hosts share each
        self._ids: list[str] = []
        self._odd: set[int] = set()  # instances whose name is not valid for a host
        self._addressed: set[int] = set()  # instances that keep their address, though `compose` would remove it
        self._options: set[str] = set()  # ids of instances with an address that `ssh` takes for an option
        chosen: list[str] = []
        kept: dict[int, dict[str, t.Any]] = {}
        instances.reverse()
        while instances:
            row = instances.pop()
            keep = wanted(row, settings.include, settings.exclude)
            if not keep and is_gone(row):
                continue  # its name does not count as shared
            login = self._login(row["image"])
            row["default_user"] = login.user
            variables = self._variables(row, login) if keep or self._templates else {}
            if keep:
                kept[len(chosen)] = variables
            self._ids.append(str(row["id"]))
            chosen.append(self._choice(row, variables, keep))
        self._names, self._shared = self._unique(chosen)
        self.hosts = self._settled(kept)
        self._explain()

    def _unique(self, chosen: list[str]) -> tuple[list[str], dict[int, str]]:
        """Return a name for each instance, and the shared names by instance number.

        Instances that a filter excludes count, too.
        """
        names, shared = _names.unique(chosen, self._ids)
        for name, numbers in shared.items():
            if self.settings.duplicate_names == "fail":
                raise Refused(
                    f"{len(numbers)} instances are named {name!r}: "
                    f"{', '.join(self._ids[number] for number in numbers)}. "
                    "Rename them, or leave out duplicate_names: fail."
                )
        self._odd.update(
            number for number, instance_id in enumerate(self._ids) if names[number] == instance_id != chosen[number]
        )
        return names, {number: name for name, numbers in shared.items() for number in numbers}

    def _choice(self, row: Row, variables: dict[str, t.Any], keep: bool) -> str:
        """Return the first of `hostnames` that is a valid host name, else the id."""
        chosen, refused = str(row["id"]), set()
        for source in self.settings.hostnames:
            if source in self._templates:
                name = self._rendered(self._templates[source], row, variables, keep)
            else:
                name = _names.text(dig(row, source))
            # Another source may list the instance whose id this is, and name it so.
            if _names.usable(name) and (name == chosen or not UUID.fullmatch(name)):
                chosen = name
                break
            if name:
                refused.add(source)
        if "name" in refused or (refused and chosen == str(row["id"])):
            self._odd.add(len(self._ids) - 1)
        return chosen

    def _rendered(self, entry: Entry, row: Row, variables: dict[str, t.Any], keep: bool) -> str:
        entry.tried += keep
        try:
            return _names.text(self.expressions.constructed.template(entry.source, self._seen(variables).all()))
        except Exception as error:
            if not keep:  # an excluded instance only affects the names of others
                return ""
            entry.fails(error)
            if self.settings.strict:
                where = f"{entry.where} {entry.source!r} failed for instance {row.get('name')!r} ({row['id']})"
                raise AnsibleParserError(f"{where}: {error}") from None
            return ""

    def _variables(self, fields: Row, login: Login) -> dict[str, t.Any]:
        """Return the variables of a host by their full names."""
        settings = self.settings
        variables = {variable: fields[field] for field, variable in settings.names.items()}
        addresses = [fields[kind] for kind in settings.connect_with if fields[kind]]
        address = next((each for each in addresses if not self._refuse_option(fields["id"], each)), None)
        if address:
            variables["ansible_host"] = address
        if settings.set_user and login.user:
            variables["ansible_user"] = login.user
        if settings.set_user and login.connection:
            variables["ansible_connection"] = login.connection
        return variables

    def _refuse_option(self, instance_id: t.Any, address: t.Any) -> bool:
        """Return whether `ssh` takes an address for an option, and keep the instance's id for the warning."""
        refused = _names.is_option(address)
        if refused:
            self._options.add(str(instance_id))
        return refused

    def _login(self, image: t.Any) -> Login:
        name = dig(image, "name")
        if name not in self._logins:
            login = _hostvars.login(image, self.settings.logins)
            self._logins[name] = Login(*map(self._mark, login))
        return self._logins[name]

    def _seen(self, variables: dict[str, t.Any], **more: str) -> Seen:
        return Seen(variables, self.settings.names, more)

    def _settled(self, kept: dict[int, dict[str, t.Any]]) -> list[Host]:
        """Return the hosts, after all name conflicts are resolved.

        A host with the name of a group, or of another file's host, is named by its id. The groups are only known when
        all hosts are created, so this is repeated until no name conflicts.
        """
        hosts: dict[int, Host | None] = {}
        again: t.Iterable[int] = kept
        made: dict[int, Host] = {}
        common: dict[str, set[str]] = {}
        while again:
            hosts.update((number, self._host(number, kept[number])) for number in again)
            made = {number: host for number, host in hosts.items() if host}
            self.parents = dict.fromkeys(pair for pairs in self._parents.values() for pair in pairs)
            self._groups.update(*(host.groups for host in made.values()), *self.parents)
            common = self._common_groups(made)
            again = [
                number
                for number, host in made.items()
                if host.name != self._ids[number] and (host.name in common or self._taken(host.name, self._ids[number]))
            ]
            for number in again:
                self._names[number] = self._ids[number]
            self._odd.update(again)
        self._odd.intersection_update(made)
        self._options.intersection_update(self._ids[number] for number in made)
        return self._with_common_groups(made, common)

    def _taken(self, name: str, instance_id: str) -> bool:
        others = self._others.get(name, ())
        return name in self._groups or not all(same_id(other, instance_id) for other in others)

    def _common_groups(self, numbers: t.Iterable[int]) -> dict[str, set[str]]:
        """Return the groups of the names that these instances share with others, and the names of each."""
        groups: dict[str, set[str]] = {}
        for number in numbers:
            if number in self._shared:
                groups.setdefault(self._common_group(number), set()).add(self._shared[number])
        groups.pop(self.settings.group, None)  # all hosts are in it anyway
        return groups

    def _common_group(self, number: int) -> str:
        """Return the group of an instance's shared name, an empty text if its name is not shared."""
        return str(self.expressions.constructed._sanitize_group_name(self._shared.get(number, "")))

    def _with_common_groups(self, made: dict[int, Host], common: dict[str, set[str]]) -> list[Host]:
        """Return the hosts, each also in the group of its common name.

        No host joins a group that has another meaning, so that the names of instances cannot redirect plays: a group of
        another source, of an expression or of another common name, or a group with the name of another source's host.
        """
        refused = {
            group for group, names in common.items() if group in self._groups or group in self._others or len(names) > 1
        }
        if refused:
            self.warnings.append(
                "Instances that share a name are in no group of that name, because it has another meaning already: "
                + some(sorted(refused))
            )
        joined = common.keys() - refused
        for number in self._shared.keys() & made if joined else ():
            group, host = self._common_group(number), made[number]
            if group in joined:
                made[number] = host._replace(groups=self._combination((*host.groups, group)))
        return list(made.values())

    def _host(self, number: int, variables: dict[str, t.Any]) -> Host | None:
        """Return a host, None if filter_expressions exclude it."""
        name, expressions = self._names[number], self.expressions
        self._parents.pop(number, None)  # of the same host with another name
        groups = {self.settings.group: None}
        if not expressions.any:
            return Host(name, variables, {}, self._combination(groups))
        seen = self._seen(variables, inventory_hostname=name)
        if not expressions.passes(seen, name):
            return None
        composed = {
            key: self._mark(value)
            for key, value in expressions.composed(seen, name)
            if key not in ADDRESS_VARIABLES or not self._refuse_option(self._ids[number], value)
        }
        if composed.get("ansible_host", "-") in (None, "") and variables.get("ansible_host"):
            del composed["ansible_host"]  # before 2.19, null is an empty text
            self._addressed.add(number)
        seen.add(composed)
        for placement in expressions.groups_of(seen, name):
            groups.update(dict.fromkeys(placement.names))
            if placement.parents:
                self._parents[number] = self._parents.get(number, ()) + placement.parents
        return Host(name, variables, composed, self._combination(groups))

    def _combination(self, groups: t.Iterable[str]) -> tuple[str, ...]:
        """Return the groups as a tuple that all hosts with the same groups share."""
        names = tuple(groups)
        return self._combinations.setdefault(names, names)

    def _explain(self) -> None:
        """Warn of results that may surprise a user, each once."""
        settings = self.settings
        if settings.connect_with:
            mute = [
                host.name
                for host in self.hosts
                if not host.composed.get("ansible_host", host.variables.get("ansible_host"))
            ]
            if mute:
                ways = ", ".join(settings.connect_with)
                if settings.connect_interface is not None:
                    ways += f" on an interface that connect_interface {settings.connect_interface!r} matches"
                self._say(f"Hosts without ansible_host, because they have none of {ways}: {some(mute)}")
        if self._addressed:
            names = some([self._names[number] for number in sorted(self._addressed)])
            self.warnings.append(
                f"compose.ansible_host is null for {names}, so the address found by connect_with is "
                "kept. default(x) replaces only what is undefined: write default(x, true), which replaces null, too."
            )
        if self._options:
            text = (
                "Addresses that begin with '-', which ssh would take for an option, are left out for these instances: "
            )
            self.warnings.append(text + some(sorted(self._options)))
        if self._odd:
            text = (
                "These instances are listed under another name, because theirs is not a valid host name, or another "
                "host or a group has it: "
            )
            self.warnings.append(text + some([self._ids[number] for number in sorted(self._odd)]))
        for failing in self.expressions.failing(self._templates.values()):
            near = f" Names that come near: {', '.join(failing.near)}." if failing.near else ""
            self._say(f"{failing.where} failed for every host: {failing.error.rstrip('.')}.{near}")

    def _say(self, text: str) -> None:
        if self.settings.strict:
            raise AnsibleParserError(text)
        self.warnings.append(text)


def some(names: t.Sequence[str]) -> str:
    """Return the first three names, and the number of names if there are more."""
    return ", ".join(names[:3]) + (f", ... ({len(names)} in all)" if len(names) > 3 else "")
