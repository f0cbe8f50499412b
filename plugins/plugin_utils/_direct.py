# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evaluation of plain Jinja expressions without Jinja, with the same result.

Plain expressions are a path, a literal, a comparison of the two, and these joined by `and`, `or`, `not`, `in`, with the
filters `default` of a literal and `lower`. Ansible's own code evaluates all other expressions, and also a plain
expression for a host where a value is missing or has another type.
"""

from __future__ import annotations

import operator
import re
import typing as t

from jinja2 import Environment, TemplateError, nodes
from jinja2.parser import Parser

from ._trust import SINCE_2_19


class Variables(t.Protocol):
    """An object that returns variables by their names."""

    def get(self, name: str, default: t.Any = None, /) -> t.Any:
        """Return the variable, or the default if it does not exist."""


Get = t.Callable[[Variables], t.Any]


class NotDirect(Exception):
    """The signal that Ansible's own code must evaluate the expression for this host."""


class _Missing(NotDirect):
    """The signal that a name or key does not exist."""


_ENVIRONMENT = Environment()
# Jinja looks for attributes before keys, and every dict has these attributes.
_ATTRIBUTES = frozenset(dir(dict))
_SPECIAL = re.compile(r"[{}\\\n\r]").search
_COMPARE: dict[str, t.Callable[[t.Any, t.Any], t.Any]] = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "lteq": operator.le, "gt": operator.gt,
    "gteq": operator.ge, "in": lambda item, box: item in box, "notin": lambda item, box: item not in box,
}  # fmt: skip
_MISSING = object()


def compiled(expression: t.Any, names: t.Container[str]) -> Get | None:
    """Return a function from a host's variables to the value of the expression.

    None if the expression is not plain. `names` are the variables that every host has. The function raises `NotDirect`
    if the expression is not plain for that host.
    """
    if not isinstance(expression, str) or _SPECIAL(expression):
        return None
    try:
        parser = Parser(_ENVIRONMENT, expression, state="variable")
        tree = parser.parse_expression()
        return _compile(tree, names) if parser.stream.eos else None
    except (TemplateError, NotDirect, RecursionError):
        return None


def _compile(node: nodes.Node, names: t.Container[str]) -> Get:
    if isinstance(node, nodes.Const):
        return _constant(node.value)
    if isinstance(node, nodes.Name) and node.name in names:
        return _item(None, node.name)
    if isinstance(node, nodes.Getattr):
        return _item(_compile(node.node, names), node.attr)
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return _item(_compile(node.node, names), node.arg.value)
    if isinstance(node, nodes.Compare) and len(node.ops) == 1:
        return _comparison(node, names)
    if isinstance(node, (nodes.And, nodes.Or)):
        left, right = _compile(node.left, names), _compile(node.right, names)
        if isinstance(node, nodes.And):
            return lambda variables: left(variables) and right(variables)
        return lambda variables: left(variables) or right(variables)
    if isinstance(node, nodes.Not):
        inner = _compile(node.node, names)
        return lambda variables: not inner(variables)
    if isinstance(node, nodes.Filter) and node.node is not None and not node.kwargs:
        return _filter(node, names)
    raise NotDirect


def _constant(value: t.Any) -> Get:
    return lambda variables: value


def _item(of: Get | None, key: t.Any) -> Get:
    if not isinstance(key, str) or key in _ATTRIBUTES or key.startswith("_"):
        raise NotDirect

    def get(variables: Variables) -> t.Any:
        if of is None:
            value = variables.get(key, _MISSING)
        else:
            box = of(variables)
            if not isinstance(box, dict):
                raise _Missing if box is None else NotDirect
            value = box.get(key, _MISSING)
        if value is _MISSING:
            raise _Missing
        return value

    return get


def _comparison(node: nodes.Compare, names: t.Container[str]) -> Get:
    compare, left = _COMPARE[node.ops[0].op], _compile(node.expr, names)
    other = node.ops[0].expr
    if isinstance(other, (nodes.List, nodes.Tuple)):
        if not all(isinstance(item, nodes.Const) for item in other.items):
            raise NotDirect
        right = _constant([item.value for item in other.items])  # type: ignore[attr-defined]
    else:
        right = _compile(other, names)
    ordered = node.ops[0].op in ("lt", "lteq", "gt", "gteq")

    def get(variables: Variables) -> t.Any:
        first, second = left(variables), right(variables)
        if not _comparable(first) or not (_comparable(second) or isinstance(second, list)):
            raise NotDirect
        if isinstance(second, list) and not all(map(_comparable, second)):
            raise NotDirect
        if ordered and (isinstance(first, str) is not isinstance(second, str) or first is None or second is None):
            raise NotDirect
        try:
            return compare(first, second)
        except TypeError:
            raise NotDirect from None

    return get


def _comparable(value: t.Any) -> bool:
    """Return whether a value can be compared without Jinja.

    Before 2.19 a text that is marked unsafe cannot: ansible-core 2.16 passes the mark on to the result.
    """
    return value is None or type(value) in (str, int, float, bool) or (SINCE_2_19 and isinstance(value, str))


def _filter(node: nodes.Filter, names: t.Container[str]) -> Get:
    inner = _compile(t.cast(nodes.Node, node.node), names)
    arguments = [argument.value if isinstance(argument, nodes.Const) else _MISSING for argument in node.args]
    # Before 2.19 an operation on an undefined value raises an error before default is applied.
    plain = SINCE_2_19 or isinstance(node.node, (nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Const))
    # The second argument must be a boolean, which ansible-core checks since 2.19.
    plain = plain and (len(arguments) == 1 or (len(arguments) == 2 and isinstance(arguments[1], bool)))
    if node.name in ("default", "d") and _MISSING not in arguments and plain:
        instead, also_empty = arguments[0], arguments[1:] == [True]

        def default(variables: Variables) -> t.Any:
            try:
                value = inner(variables)
            except _Missing:
                return instead
            return value or instead if also_empty else value

        return default
    if node.name == "lower" and not arguments:

        def lower(variables: Variables) -> t.Any:
            value = inner(variables)
            if not (value.__class__ is str or (SINCE_2_19 and isinstance(value, str))):
                raise NotDirect
            return value.lower()

        return lower
    raise NotDirect


def as_value(value: t.Any) -> t.Any:
    """Return a direct result as the value of an expression.

    Before 2.19 Ansible converts a value to text and reads that again: raise `NotDirect` for a value that may change so.
    """
    if SINCE_2_19 or value is True or value is False:
        return value
    if value.__class__ is str and value[:1] not in ("{", "[") and value not in ("True", "False"):
        return value
    if value.__class__ is list and all(item.__class__ is str and item.isprintable() for item in value):
        return value
    raise NotDirect


def as_condition(value: t.Any) -> bool:
    """Return a direct result as the result of a condition.

    Raise `NotDirect` for all but a real boolean, which alone means the same on every ansible-core.
    """
    if value is True or value is False:
        return value
    raise NotDirect
