# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Expressions of `compose`, `groups`, `keyed_groups` and the like, as Ansible's Constructable evaluates them, but fast.

Nearly all of its time goes into compiling the same expressions anew for each host. Here plain ones are looked up
(`_direct.py`), and all others go to Ansible's own code with its compiled template remembered.
"""

from __future__ import annotations

import difflib
import typing as t

from ansible import constants as C
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.group import to_safe_group_name
from ansible.plugins.inventory import BaseInventoryPlugin, Constructable
from jinja2 import Environment, TemplateError, meta

from . import _direct
from ._direct import NotDirect, Variables


class Failing(t.NamedTuple):
    """An expression that failed for every host."""

    where: str
    error: str
    near: list[str]


class Groups(t.NamedTuple):
    """The groups that an entry of keyed_groups gives a host, and which of them are children of which."""

    names: tuple[str, ...]
    parents: tuple[tuple[str, str], ...]


class Entry:
    """One expression of the configuration, and how it fared."""

    def __init__(self, where: str, source: t.Any, names: t.Container[str]) -> None:
        self.where, self.source = where, source
        native = getattr(C, "DEFAULT_JINJA2_NATIVE", False)
        self.direct = None if native else _direct.compiled(source, names)
        self.tried = self.failed = 0
        self.error = ""

    def fails(self, error: Exception) -> None:
        self.failed += 1
        self.error = self.error or str(error)


class _Scratch:
    """What Ansible's own code takes for the inventory: it notes which groups a host would join."""

    def __init__(self) -> None:
        self.joined: list[str] = []
        self.parents: list[tuple[str, str]] = []

    def add_group(self, group: str) -> str:
        if not group:
            raise AnsibleError(f"Invalid empty/false group name provided: {group}")
        return t.cast(str, to_safe_group_name(group))

    def add_host(self, host: str, group: str) -> None:
        self.joined.append(group)

    def add_child(self, group: str, child: str) -> None:
        if isinstance(child, _Host):
            self.joined.append(group)
        else:
            self.parents.append((group, child))


class _Host(str):
    """A host's name, which is told from a group's."""


class Constructed(BaseInventoryPlugin, Constructable):  # type: ignore[misc]
    """Ansible's own evaluation, of one host at a time."""

    def __init__(self, loader: t.Any, extra_vars: dict[str, t.Any], options: dict[str, t.Any]) -> None:
        super().__init__()
        self.loader, self._vars, self._given = loader, extra_vars, options
        from ansible.template import Templar

        # Not one for both: before 2.19 a lookup is allowed in one and refused in the other, and both would remember it.
        self.templars = [remembering(Templar(loader=loader)) for _each in range(2)]
        self.error: Exception | None = None
        self._known: tuple[t.Any, ...] = ()  # a value that needs no evaluation

    def get_option(self, option: str, hostvars: t.Any = None) -> t.Any:
        return self._given.get(option)

    def _compose(self, template: t.Any, variables: Variables, *args: t.Any, **kwargs: t.Any) -> t.Any:
        if self._known:
            return self._known[0]
        try:
            return super()._compose(template, variables, *args, **kwargs)
        except Exception as error:
            self.error = error
            raise

    def value(self, source: t.Any, variables: Variables) -> t.Any:
        """What an expression comes to. Raises whatever Ansible raises."""
        self.templar = self.templars[0]
        return self._compose(source, variables)

    def template(self, source: str, variables: Variables) -> t.Any:
        """What a template comes to."""
        self.templars[1].available_variables = {**variables, **(self._vars if self._given["use_extra_vars"] else {})}
        return self.templars[1].template(source)

    def holds(self, name: str, condition: t.Any, variables: Variables, host: str) -> bool:
        """Whether a condition holds. Raises AnsibleParserError with Ansible's own words."""
        self.templar, self.inventory = self.templars[1], _Scratch()
        self._add_host_to_composed_groups({name: condition}, variables, _Host(host), strict=True, fetch_hostvars=False)
        return bool(self.inventory.joined)

    def groups_by(self, entry: t.Any, variables: Variables, host: str, strict: bool) -> Groups:
        """The groups of an entry of keyed_groups."""
        self.templar, self.inventory, self.error = self.templars[0], _Scratch(), None
        self._add_host_to_keyed_groups([entry], variables, _Host(host), strict=strict, fetch_hostvars=False)
        return Groups(tuple(self.inventory.joined), tuple(self.inventory.parents))

    def groups_of(self, entry: t.Any, value: t.Any, host: str, strict: bool) -> Groups:
        """The same for a value that is known already."""
        self._known = (value,)
        try:
            return self.groups_by(entry, {}, host, strict)
        finally:
            self._known = ()


def remembering(templar: t.Any) -> t.Any:
    """The same Templar, which compiles each expression once."""
    environment = getattr(templar, "_engine", templar).environment
    kind = type(environment)
    made: dict[t.Any, t.Any] = {}
    refused: dict[t.Any, Exception] = {}

    def remembered(make: t.Callable[..., t.Any], *key: t.Any) -> t.Any:
        if key in refused:
            raise refused[key].with_traceback(None)
        if key not in made:
            try:
                made[key] = make(*key[1:])
            except (AnsibleError, TemplateError, SyntaxError, ValueError, RecursionError) as error:
                refused[key] = error
                raise
        return made[key]

    class Remembering(kind):  # type: ignore[misc, valid-type]
        # An environment that was made of this one, for a template with a header, has other delimiters.
        def from_string(self, source: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
            make = super().from_string
            if self is not environment or args or kwargs or not isinstance(source, str):
                return make(source, *args, **kwargs)
            return remembered(make, "template", source)

        def compile_expression(self, source: str, *args: t.Any) -> t.Any:
            make = super().compile_expression
            return remembered(make, "expression", source, *args) if self is environment else make(source, *args)

    environment.__class__ = Remembering
    return templar


class Expressions:
    """All expressions of one inventory's configuration. `names` are the variables that every host has."""

    def __init__(
        self, constructed: Constructed, options: dict[str, t.Any], names: t.Iterable[str], strict: bool,
    ) -> None:  # fmt: skip
        self.constructed, self.strict = constructed, strict
        # Extra variables come before a host's own.
        extra = set(constructed._vars) if options.get("use_extra_vars") else set()
        fields = frozenset(names)
        self.names = fields | set(options.get("compose") or {})
        self.filters = [
            Entry(f"filter_expressions[{number}]", source, fields)
            for number, source in enumerate(options.get("filter_expressions") or [])
        ]
        self.compose = {
            name: Entry(f"compose.{name}", source, fields - extra)
            for name, source in (options.get("compose") or {}).items()
        }
        self.groups = {
            name: Entry(f"groups.{name}", source, self.names) for name, source in (options.get("groups") or {}).items()
        }
        self.keyed = [
            (entry, Entry(f"keyed_groups[{number}].key", entry["key"], self.names - extra))
            for number, entry in enumerate(options.get("keyed_groups") or [])
        ]
        self.any = bool(self.filters or self.compose or self.groups or self.keyed)
        self._known: dict[t.Any, Groups] = {}

    def passes(self, variables: Variables, host: str) -> bool:
        """Whether all of filter_expressions hold; one that fails does not hold."""
        return all(self._holds(entry, "passing", variables, host) for entry in self.filters)

    def composed(self, variables: Variables, host: str) -> t.Iterator[tuple[str, t.Any]]:
        """The variables of `compose`, without those that fail."""
        for name, entry in self.compose.items():
            entry.tried += 1
            try:
                yield name, self._value(entry, variables)
            except Exception as error:
                entry.fails(error)
                if self.strict:
                    raise AnsibleParserError(f"Could not set {name} for host {host}: {error}") from None

    def groups_of(self, variables: Variables, host: str) -> t.Iterator[Groups]:
        """The groups of `groups` and `keyed_groups`."""
        for name, entry in self.groups.items():
            if self._holds(entry, name, variables, host):
                yield Groups((self.constructed._sanitize_group_name(name),), ())
        for number, (keyed, entry) in enumerate(self.keyed):
            entry.tried += 1
            try:
                yield self._keyed(number, keyed, entry, variables, host)
            except Exception as error:
                entry.fails(error)
                if self.strict:
                    raise

    def _value(self, entry: Entry, variables: Variables) -> t.Any:
        if entry.direct:
            try:
                return _direct.as_value(entry.direct(variables))
            except NotDirect:
                pass
        return self.constructed.value(entry.source, variables)

    def _holds(self, entry: Entry, name: str, variables: Variables, host: str) -> bool:
        entry.tried += 1
        if entry.direct:
            try:
                return _direct.as_condition(entry.direct(variables))
            except NotDirect:
                pass
        try:
            return self.constructed.holds(name, entry.source, variables, host)
        except Exception as error:
            entry.fails(error.__context__ if isinstance(error.__context__, Exception) else error)
            if not self.strict:
                return False
            if entry in self.filters:
                raise AnsibleParserError(f"{entry.where} failed for host {host}: {entry.error}") from None
            raise

    def _keyed(self, number: int, keyed: t.Any, entry: Entry, variables: Variables, host: str) -> Groups:
        """One entry's groups. Those of a text that came before are known, unless their parent depends on the host."""
        if entry.direct:
            try:
                value = _direct.as_value(entry.direct(variables))
                parent = keyed.get("parent_group")
                if isinstance(value, str) and not (parent and "{" in str(parent)):
                    if (number, value) not in self._known:
                        self._known[number, value] = self.constructed.groups_of(keyed, value, host, self.strict)
                    return self._known[number, value]
            except NotDirect:
                pass
        found = self.constructed.groups_by(keyed, variables, host, self.strict)
        if self.constructed.error is not None:
            entry.fails(self.constructed.error)
        return found

    def failing(self, more: t.Iterable[Entry]) -> list[Failing]:
        """The expressions, and more of them, that failed for every host that there was."""
        return [
            Failing(entry.where, entry.error, nearest(entry.source, self.names))
            for entry in (*more, *self.filters, *self.compose.values(), *self.groups.values(), *self._keys())
            if entry.failed and entry.failed == entry.tried
        ]

    def _keys(self) -> list[Entry]:
        return [entry for _keyed, entry in self.keyed]


def nearest(source: t.Any, names: t.Iterable[str]) -> list[str]:
    """For the names in an expression that nobody has: those that come nearest."""
    environment = Environment()
    known = sorted(names)
    template = str(source) if "{" in str(source) else "{{ " + str(source) + " }}"
    try:
        used = meta.find_undeclared_variables(environment.parse(template))
    except TemplateError:
        return []
    return [near for name in sorted(used) if name not in known for near in difflib.get_close_matches(name, known, 2)]
