# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From instances to hosts: names, variables and groups as data. Nothing is added to the inventory here."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleParserError

from ansible_collections.magalu.cloud.plugins.module_utils._api import GONE, Refused, Row, dig, status_class

from . import _hostvars, _names
from ._expressions import Entry, Expressions
from ._filters import Filter, wanted
from ._hostvars import Login


class Settings(t.NamedTuple):
    """What the options say about hosts."""

    names: dict[str, str]  # field: variable that hosts have of it
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
    """A host as the inventory gets it."""

    name: str
    variables: dict[str, t.Any]
    composed: dict[str, t.Any]
    groups: dict[str, None]  # in their order


class Hosts:
    """All hosts of an inventory: `hosts`, `parents` (pairs of a group and its child) and `warnings`.

    The instances are used up: a list of thousands is large, and each row's variables take its place.
    """

    def __init__(
        self, instances: list[tuple[str, Row]], settings: Settings, expressions: Expressions,
        groups: t.Iterable[str] = (), others: t.Mapping[str, t.Any] | None = None,
    ) -> None:  # fmt: skip
        self.settings, self.expressions = settings, expressions
        # What the inventory has already: groups, to which those of the hosts are added, and instances' ids by host.
        self._groups, self._others = set(groups), others or {}
        self.parents: dict[tuple[str, str], None] = {}
        self.warnings: list[str] = []
        self._read = _hostvars.Reader(settings.account, settings.connect_interface, settings.user_data)
        self._logins: dict[t.Any, Login] = {}
        self._templates = {
            source: Entry(f"hostnames[{number}]", source, ())
            for number, source in enumerate(settings.hostnames)
            if "{" in source
        }
        self._simple = not self._templates and set(settings.hostnames) <= {"name", "id"}
        self._ids: list[str] = []
        self._odd: set[int] = set()  # those whose name no host can have
        chosen: list[str] = []
        kept: dict[int, dict[str, t.Any]] = {}
        instances.reverse()
        while instances:
            region, row = instances.pop()
            keep = wanted(row, settings.include, settings.exclude)
            if not keep and status_class(row) == GONE:
                continue  # it shares its name with nobody
            variables = self._variables(region, row) if keep or not self._simple else {}
            if keep:
                kept[len(chosen)] = variables
            self._ids.append(str(row["id"]))
            chosen.append(self._choice(row, variables, keep))
        self._names, self._shared = self._unique(chosen)
        self.hosts = self._settled(kept)
        self._explain()

    def _unique(self, chosen: list[str]) -> tuple[list[str], dict[int, str]]:
        """A name for each instance, also those that a filter leaves out, and the common names of those that share one."""
        names, shared = _names.unique(chosen, self._ids)
        for name, numbers in shared.items():
            if self.settings.duplicate_names == "fail":
                raise Refused(
                    f"{len(numbers)} instances are named {name!r}: {', '.join(self._ids[number] for number in numbers)}. "
                    "Rename them, or leave out duplicate_names: fail."
                )
        self._odd.update(number for number, own in enumerate(self._ids) if names[number] == own != chosen[number])
        return names, {number: name for name, numbers in shared.items() for number in numbers}

    def _choice(self, row: Row, variables: dict[str, t.Any], keep: bool) -> str:
        """The first of `hostnames` that can be a host's name, at last the id."""
        for source in self.settings.hostnames:
            if source in self._templates:
                name = self._rendered(self._templates[source], row, variables, keep)
            elif self._simple:
                name = _names.text(row.get(source))
            else:
                name = _names.text(dig(self._fields(variables), source))
            if _names.usable(name):
                return name
            if source == "name" and name:
                self._odd.add(len(self._ids) - 1)
        return str(row["id"])

    def _rendered(self, entry: Entry, row: Row, variables: dict[str, t.Any], keep: bool) -> str:
        entry.tried += keep
        try:
            return _names.text(self.expressions.constructed.template(entry.source, self._visible(variables)))
        except Exception as error:
            if not keep:  # only the names of others depend on it
                return ""
            entry.fails(error)
            if self.settings.strict:
                where = f"{entry.where} {entry.source!r} failed for instance {row.get('name')!r} ({row['id']})"
                raise AnsibleParserError(f"{where}: {error}") from None
            return ""

    def _variables(self, region: str, row: Row) -> dict[str, t.Any]:
        """The variables of a host, by their full names."""
        settings, fields = self.settings, self._read(region, row)
        login = self._login(fields["image"])
        fields["default_user"] = login.user
        variables = {variable: fields[field] for field, variable in settings.names.items()}
        address = next((fields[kind] for kind in settings.connect_with if fields[kind]), None)
        if address:
            variables["ansible_host"] = address
        if settings.set_user and login.user:
            variables["ansible_user"] = login.user
        if settings.set_user and login.connection:
            variables["ansible_connection"] = login.connection
        return variables

    def _login(self, image: t.Any) -> Login:
        name = dig(image, "name")
        if name not in self._logins:
            found = _hostvars.login(image, self.settings.logins)
            self._logins[name] = Login(*map(self._read.mark, found))
        return self._logins[name]

    def _fields(self, variables: dict[str, t.Any]) -> dict[str, t.Any]:
        return {field: variables[name] for field, name in self.settings.names.items()}

    def _visible(self, variables: dict[str, t.Any], **more: str) -> dict[str, t.Any]:
        """What expressions see of a host: each field with and without the prefix."""
        return {**self._fields(variables), **variables, **more}

    def _settled(self, kept: dict[int, dict[str, t.Any]]) -> list[Host]:
        """The hosts, none of which has the name of a group, or of another file's instance.

        Which groups there are is only known when all are made.
        """
        groups = self._groups
        hosts: dict[int, Host | None] = {}
        again: t.Iterable[int] = kept
        made: list[Host] = []
        while again:
            hosts.update((number, self._host(number, kept[number])) for number in again)
            made = [host for host in hosts.values() if host]
            groups.update(*(host.groups for host in made), *self.parents)
            again = [
                number
                for number, host in hosts.items()
                if host and host.name != self._ids[number] and self._taken(host.name, self._ids[number])
            ]
            for number in again:
                self._names[number] = self._ids[number]
            self._odd.update(again)
        self._odd.intersection_update(number for number, host in hosts.items() if host)
        return made

    def _taken(self, name: str, own: str) -> bool:
        return name in self._groups or self._others.get(name, own) != own

    def _host(self, number: int, variables: dict[str, t.Any]) -> Host | None:
        """A host, None if filter_expressions leave it out."""
        name, expressions = self._names[number], self.expressions
        groups = {self.settings.group: None}
        if number in self._shared:
            groups[expressions.constructed._sanitize_group_name(self._shared[number])] = None
        if not expressions.any:
            return Host(name, variables, {}, groups)
        visible = self._visible(variables, inventory_hostname=name)
        if not expressions.passes(visible, name):
            return None
        composed = {key: self._read.mark(value) for key, value in expressions.composed(visible, name)}
        visible.update(composed)
        for found in expressions.groups_of(visible, name):
            groups.update(dict.fromkeys(found.names))
            self.parents.update(dict.fromkeys(found.parents))
        return Host(name, variables, composed, groups)

    def _explain(self) -> None:
        """What a user would wonder about, each said once."""
        settings = self.settings
        if settings.connect_with:
            mute = [host.name for host in self.hosts if "ansible_host" not in {**host.variables, **host.composed}]
            if mute:
                ways = ", ".join(settings.connect_with)
                self._say(f"Hosts without ansible_host, since they have none of {ways}: {some(mute)}")
        if self._odd:
            text = "Instances that are named otherwise, since no host can have the name that they have: "
            self.warnings.append(text + some([self._ids[number] for number in sorted(self._odd)]))
        for failing in self.expressions.failing(self._templates.values()):
            near = f" Names that come near: {', '.join(failing.near)}." if failing.near else ""
            self._say(f"{failing.where} failed for every host: {failing.error.rstrip('.')}.{near}")

    def _say(self, text: str) -> None:
        if self.settings.strict:
            raise AnsibleParserError(text)
        self.warnings.append(text)


def some(names: t.Sequence[str]) -> str:
    """The first of the names, and how many there are."""
    return ", ".join(names[:3]) + (f", ... ({len(names)} in all)" if len(names) > 3 else "")
