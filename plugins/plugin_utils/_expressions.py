# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fast evaluation of expressions in `compose`, `groups`, `keyed_groups` and others.

The results are those of Ansible's Constructable, which spends nearly all of its time on compiling the same expressions
again for each host. Here plain expressions are looked up (`_direct.py`), and all others go to Ansible's own code, whose
compiled templates are cached.
"""

from __future__ import annotations

import difflib
import typing as t

from ansible import constants as C
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.group import to_safe_group_name
from ansible.plugins.inventory import BaseInventoryPlugin, Constructable
from ansible.template import Templar
from ansible.utils.vars import combine_vars
from jinja2 import Environment, TemplateError, meta

from . import _direct
from ._direct import NotDirect
from ._entries import as_text
from ._trust import SINCE_2_19

if SINCE_2_19:
    from ansible.template import is_trusted_as_template


class Seen:
    """The variables of a host that expressions can use.

    These are the fields, with and without the prefix, and the composed variables. Most hosts need only a few of them,
    which are looked up. The dict of all variables is only created for Ansible's own code.
    """

    __slots__ = ("_all", "_more", "_names", "_variables")

    def __init__(self, variables: dict[str, t.Any], names: dict[str, str], more: dict[str, t.Any]) -> None:
        # `names`: field -> variable. Precedence: `more`, then `variables`, then the fields.
        self._variables, self._names, self._more = variables, names, more
        self._all: dict[str, t.Any] | None = None

    def get(self, name: str, default: t.Any = None) -> t.Any:
        """Return a variable by its name, with or without the prefix."""
        for variables in (self._more, self._variables):
            if name in variables:
                return variables[name]
        return self._variables.get(self._names.get(name, name), default)

    def add(self, composed: dict[str, t.Any]) -> None:
        """Add composed variables."""
        self._more.update(composed)
        self._all = None

    def all(self) -> dict[str, t.Any]:
        """Return all variables as a dict."""
        if self._all is None:
            fields = {field: self._variables[name] for field, name in self._names.items()}
            self._all = {**fields, **self._variables, **self._more}
        return self._all


class Failing(t.NamedTuple):
    """An expression that failed for every host: its error, and known names near its own."""

    where: str
    error: str
    near: list[str]


class Groups(t.NamedTuple):
    """The groups of a host from an entry of keyed_groups, and pairs of parent and child."""

    names: tuple[str, ...]
    parents: tuple[tuple[str, str], ...]


class Entry:
    """An expression of the configuration, and how often it was tried and failed."""

    def __init__(self, where: str, source: t.Any, names: t.Container[str]) -> None:
        self.where, self.source = where, source
        self.direct = _direct.compiled(source, names) if may_be_direct(source) else None
        self.tried = self.failed = 0
        self.error = ""

    def fails(self, error: Exception) -> None:
        """Count a failure, and keep the first error."""
        self.failed += 1
        self.error = self.error or str(error)


def may_be_direct(source: t.Any) -> bool:
    """Return whether Ansible would evaluate this expression, with `_direct.py`'s results."""
    if SINCE_2_19:  # the option for Jinja's native types has no effect there, and untrusted expressions are refused
        return bool(is_trusted_as_template(source))
    return not C.DEFAULT_JINJA2_NATIVE


class _Scratch:
    """A stand-in for the inventory that notes to which groups a host would be added."""

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
    """The name of a host, to distinguish it from the name of a group."""


class Constructed(BaseInventoryPlugin, Constructable):  # type: ignore[misc]
    """The evaluation by Ansible's own code, for one host at a time."""

    def __init__(self, loader: t.Any, extra_vars: dict[str, t.Any], options: dict[str, t.Any]) -> None:
        super().__init__()
        self.loader, self._vars, self._given = loader, extra_vars, options
        # Two Templars: before 2.19 one allows lookups and the other refuses them, and a common cache would mix that up.
        self.templars = [remembering(Templar(loader=loader)) for _each in range(2)]
        self.found: t.Any = None  # the last value of a key
        self.error: Exception | None = None
        self._known: tuple[t.Any, ...] = ()  # a value that needs no evaluation

    def get_option(self, option: str, hostvars: t.Any = None) -> t.Any:
        """Return the value of an option, for Ansible's own code."""
        return self._given.get(option)

    def _compose(self, template: t.Any, variables: dict[str, t.Any], *args: t.Any, **kwargs: t.Any) -> t.Any:
        if self._known:
            return self._known[0]
        try:
            self.found = super()._compose(template, variables, *args, **kwargs)
            return self.found
        except Exception as error:
            self.error = error
            raise

    def value(self, source: t.Any, variables: dict[str, t.Any]) -> t.Any:
        """Return the value of an expression. Raise any exception that Ansible raises."""
        self.templar = self.templars[0]
        return self._compose(source, variables)

    def template(self, source: str, variables: dict[str, t.Any]) -> t.Any:
        """Return the result of a template."""
        self.templars[1].available_variables = self._with_extra(variables)
        return self.templars[1].template(source)

    def _with_extra(self, variables: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return the variables with the extra variables, which Ansible itself adds only in `_compose`."""
        return combine_vars(variables, self._vars) if self._given.get("use_extra_vars") else variables

    def holds(self, name: str, condition: t.Any, variables: dict[str, t.Any], host: str) -> bool:
        """Return whether a condition holds. Raise AnsibleParserError with Ansible's own words."""
        self.templar, self.inventory, seen = self.templars[1], _Scratch(), self._with_extra(variables)
        self._add_host_to_composed_groups({name: condition}, seen, _Host(host), strict=True, fetch_hostvars=False)
        return bool(self.inventory.joined)

    def groups_by(self, entry: t.Any, variables: dict[str, t.Any], host: str, strict: bool) -> Groups:
        """Return the groups of a host from an entry of keyed_groups."""
        self.templar, self.inventory, self.error, self.found = self.templars[0], _Scratch(), None, None
        self._add_host_to_keyed_groups([entry], variables, _Host(host), strict=strict, fetch_hostvars=False)
        return Groups(tuple(self.inventory.joined), tuple(self.inventory.parents))

    def parent_error(self, entry: t.Any) -> str:
        """Return why the last call of `groups_by` found no parent group for an entry, or an empty text."""
        there = self.found or entry.get("default_value") is not None
        try:
            parent = self.templar.template(entry.get("parent_group")) if there else None
        except Exception as error:
            return str(error)
        return "" if parent is None or isinstance(parent, str) else f"it is {as_text(parent)}; it must be a text"

    def groups_of(self, entry: t.Any, value: t.Any, host: str, strict: bool) -> Groups:
        """Return the groups from an entry of keyed_groups whose value is known already."""
        self._known = (value,)
        try:
            return self.groups_by(entry, {}, host, strict)
        finally:
            self._known = ()


def remembering(templar: t.Any) -> t.Any:
    """Change a Templar so that it compiles each expression only once; return it."""
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
        # For a template with a header, Ansible derives an environment with other delimiters: that is not cached.
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
    """All expressions of an inventory's configuration.

    `names` are the variables that every host has.
    """

    def __init__(
        self, constructed: Constructed, options: dict[str, t.Any], names: t.Iterable[str], strict: bool,
    ) -> None:  # fmt: skip
        self.constructed, self.strict = constructed, strict
        # Extra variables override a host's own variables, which therefore cannot be looked up.
        extra = set(constructed._vars) if options.get("use_extra_vars") else set()
        fields = frozenset(names)
        self.names = fields | set(options.get("compose") or {})
        self.filters = [
            Entry(f"filter_expressions[{number}]", source, fields - extra)
            for number, source in enumerate(options.get("filter_expressions") or [])
        ]
        self.compose = {
            name: Entry(f"compose.{name}", source, fields - extra)
            for name, source in (options.get("compose") or {}).items()
        }
        self.groups = {
            name: Entry(f"groups.{name}", source, self.names - extra)
            for name, source in (options.get("groups") or {}).items()
        }
        self.keyed = [
            (entry, Entry(f"keyed_groups[{number}].key", entry["key"], self.names - extra))
            for number, entry in enumerate(options.get("keyed_groups") or [])
        ]
        self.parents = [
            Entry(f"keyed_groups[{number}].parent_group", keyed.get("parent_group") or "", ())
            for number, (keyed, _entry) in enumerate(self.keyed)
        ]
        self.any = bool(self.filters or self.compose or self.groups or self.keyed)
        self._known: dict[t.Any, Groups] = {}

    def passes(self, seen: Seen, host: str) -> bool:
        """Return whether all filter_expressions hold; an expression that fails does not hold."""
        return all(self._holds(entry, "passing", seen, host) for entry in self.filters)

    def composed(self, seen: Seen, host: str) -> t.Iterator[tuple[str, t.Any]]:
        """Yield the variables of `compose`, without those that fail."""
        for name, entry in self.compose.items():
            entry.tried += 1
            if not isinstance(entry.source, str):
                yield name, entry.source  # a number, a boolean or null
                continue
            try:
                yield name, self._value(entry, seen)
            except Exception as error:
                entry.fails(error)
                if self.strict:
                    raise AnsibleParserError(f"Could not set {name} for host {host}: {error}") from None

    def groups_of(self, seen: Seen, host: str) -> t.Iterator[Groups]:
        """Yield the groups of `groups` and `keyed_groups`, without those that fail."""
        for name, entry in self.groups.items():
            if self._holds(entry, name, seen, host):
                yield Groups((self.constructed._sanitize_group_name(name),), ())
        for number, (keyed, entry) in enumerate(self.keyed):
            entry.tried += 1
            try:
                yield self._keyed(number, keyed, entry, seen, host)
            except Exception as error:
                entry.fails(error)
                if self.strict:
                    raise

    def _value(self, entry: Entry, seen: Seen) -> t.Any:
        if entry.direct:
            try:
                return _direct.as_value(entry.direct(seen))
            except NotDirect:
                pass
        return self.constructed.value(entry.source, seen.all())

    def _holds(self, entry: Entry, name: str, seen: Seen, host: str) -> bool:
        entry.tried += 1
        if entry.direct:
            try:
                return _direct.as_condition(entry.direct(seen))
            except NotDirect:
                pass
        try:
            return self.constructed.holds(name, entry.source, seen.all(), host)
        except Exception as error:
            entry.fails(error.__context__ if isinstance(error.__context__, Exception) else error)
            if not self.strict:
                return False
            if entry in self.filters:
                raise AnsibleParserError(f"{entry.where} failed for host {host}: {entry.error}") from None
            raise

    def _keyed(self, number: int, keyed: t.Any, entry: Entry, seen: Seen, host: str) -> Groups:
        """Return the groups of an entry.

        For a text or a list of texts they are found only once, unless the parent group depends on the host.
        """
        if entry.direct:
            try:
                value = _direct.as_value(entry.direct(seen))
                parent = keyed.get("parent_group")
                texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
                if (texts or isinstance(value, str)) and not (parent and "{" in str(parent)):
                    key = (number, tuple(value) if texts else value)
                    if key not in self._known:
                        self._known[key] = self.constructed.groups_of(keyed, value, host, self.strict)
                    return self._known[key]
            except NotDirect:
                pass
        try:
            groups = self.constructed.groups_by(keyed, seen.all(), host, self.strict)
        except TypeError:
            if not self.constructed.parent_error(keyed):  # Ansible raises this for a parent group that is not a text
                raise
            groups = Groups((), ())
        if self.constructed.error is not None:
            entry.fails(self.constructed.error)
        elif keyed.get("parent_group"):
            self._check_parent(self.parents[number], keyed, groups, host)
        return groups

    def _check_parent(self, parent: Entry, keyed: t.Any, groups: Groups, host: str) -> None:
        """Count a parent group. It failed if a key with a value resulted in no group."""
        why = "" if groups.names else self.constructed.parent_error(keyed)
        parent.tried += bool(why or groups.names)
        if why:
            parent.fails(AnsibleError(why))
            if self.strict:
                raise AnsibleParserError(f"{parent.where} failed for host {host}: {why}")

    def failing(self, more: t.Iterable[Entry]) -> list[Failing]:
        """Return the expressions, also of `more`, that failed for every host for which they were tried."""
        return [
            Failing(entry.where, entry.error, nearest(entry.source, self.names))
            for entry in (
                *more,
                *self.filters,
                *self.compose.values(),
                *self.groups.values(),
                *self._keys(),
                *self.parents,
            )
            if entry.failed and entry.failed == entry.tried
        ]

    def _keys(self) -> list[Entry]:
        return [entry for _keyed, entry in self.keyed]


def nearest(source: t.Any, names: t.Iterable[str]) -> list[str]:
    """Return the known names that are nearest to the unknown names in an expression."""
    environment = Environment()
    known = sorted(names)
    template = str(source) if "{" in str(source) else "{{ " + str(source) + " }}"
    try:
        used = meta.find_undeclared_variables(environment.parse(template))
    except TemplateError:
        return []
    return [near for name in sorted(used) if name not in known for near in difflib.get_close_matches(name, known, 2)]
