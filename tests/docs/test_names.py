# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names in examples, guides, roles and playbooks are valid for every tool of the cloud."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

NAME = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
NAMES = ("name", "new_name", "ssh_key_name", "snapshot", "backup", "instance")
FILES = sorted(
    path
    for folder in ("README.md", "docs", "examples", "roles", "playbooks", "extensions", "plugins/modules")
    for path in ([ROOT / folder] if (ROOT / folder).is_file() else (ROOT / folder).rglob("*"))
    if path.suffix in (".md", ".rst", ".yml", ".py") and ".build" not in path.parts
)
BLOCK = {
    ".md": r"```yaml\n(.*?)```",
    ".rst": r"\.\. code-block:: yaml(?:\n +:.*)*\n\n((?: +.*\n|\n)+)",
    ".yml": r"(.*)",
    ".py": r'EXAMPLES = r"""(.*?)"""',
}


def documents(path: Path) -> Iterator[Any]:
    """Yield the YAML documents in the file."""
    for text in re.findall(BLOCK[path.suffix], path.read_text(), re.DOTALL):
        try:
            yield from yaml.safe_load_all(text)
        except yaml.YAMLError:  # an excerpt of a file, or a document with Ansible's own tags
            continue


def names(node: Any, inside: bool = False) -> Iterator[str]:
    """Yield the names in options of the collection's modules."""
    if isinstance(node, list):
        for each in node:
            yield from names(each, inside)
    elif isinstance(node, dict):
        for key, value in node.items():
            if inside and key in NAMES and isinstance(value, str):
                yield value
            elif key not in ("error", "tags"):
                yield from names(value, inside or str(key).startswith("magalu.cloud.vm_"))


def test_names_are_found() -> None:
    found = {name for path in FILES for document in documents(path) for name in names(document)}
    assert {"web-01", "deploy"} <= found and len(found) > 20


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_names_are_such_as_every_tool_takes(path: Path) -> None:
    found = [name for document in documents(path) for name in names(document) if "{" not in name]
    assert [name for name in found if not NAME.fullmatch(name)] == []
