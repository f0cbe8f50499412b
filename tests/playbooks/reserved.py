# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The keys of a task's result that ansible-core writes or reads itself, from the source of the installed version."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import ansible

from tests.support.documents import load_yaml

SOURCE = Path(ansible.__file__).parent
# The files that make, change, show or clean a result. Some of them are not in every version.
FILES = (
    "executor/task_executor.py", "executor/task_result.py", "_internal/_task.py", "plugins/action/__init__.py",
    "plugins/strategy/__init__.py", "plugins/callback/__init__.py", "module_utils/basic.py",
)  # fmt: skip
RESULTS = ("result", "res", "_result", "item_result", "kwargs", "data", "_return_data", "async_result")
METHODS = ("get", "pop", "setdefault", "update")
SETS = ("PRESERVE", "_PRESERVE", "_IGNORE")


@cache
def keys() -> frozenset[str]:
    """Return all reserved keys; a key that begins with _ is never a module's."""
    found = {key for file in FILES if (SOURCE / file).exists() for key in _of(SOURCE / file)}
    return frozenset(key for key in found | _common() if not key.startswith("_"))


def _common() -> set[str]:
    """Return the keys that `command` documents, which other modules share: rc, stdout, start, delta, ..."""
    tree = ast.parse((SOURCE / "modules/command.py").read_text())
    texts = {_name(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)}
    returned: set[str] = set(load_yaml(ast.literal_eval(texts["RETURN"])))
    return returned


def _of(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text())
    for part in tree.body:
        # Functions outside the classes have other variables named result.
        for node in ast.walk(part) if isinstance(part, (ast.ClassDef, ast.Assign)) else ():
            yield from _keys(node)


def _keys(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Subscript) and _name(node.value) in RESULTS:
        yield from _texts(node.slice)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in METHODS and _name(node.func.value) in RESULTS:
            yield from _texts(*node.args[:1])
            yield from (word.arg for word in node.keywords if word.arg)
    elif isinstance(node, ast.Compare) and _name(node.comparators[0]) in RESULTS:
        yield from _texts(node.left)
    elif isinstance(node, (ast.Assign, ast.Return)):
        names = [_name(target) for target in node.targets] if isinstance(node, ast.Assign) else ["result"]
        if node.value and {*names} & {*RESULTS, *SETS}:
            yield from _texts(node.value)
    elif isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Call):
        # A field of the result, by its name or by the name in its metadata.
        for word in (word for word in node.value.keywords if word.arg == "metadata"):
            named = list(_texts(*word.value.args[:1])) if isinstance(word.value, ast.Call) else []
            yield from named or [_name(node.target)]


def _texts(*values: ast.expr) -> Iterator[str]:
    """Return the literal keys in an expression: a text, a mapping, a set, or a call of dict or frozenset."""
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value
        elif isinstance(value, ast.Dict):
            yield from _texts(*(key for key in value.keys if key))
        elif isinstance(value, (ast.Set, ast.Tuple, ast.List)):
            yield from _texts(*value.elts)
        elif isinstance(value, ast.Call) and _name(value.func) in ("dict", "frozenset"):
            yield from (word.arg for word in value.keywords if word.arg)
            yield from _texts(*value.args)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
