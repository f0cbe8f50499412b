# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The suboptions of vm_fleet's members and of the restores, documented in the words of vm_instance.

`python -m tests.docs.suboptions` writes them into the files; a test compares them.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tests.conftest import ROOT

OPTIONS: Any = importlib.import_module("ansible_collections.magalu.cloud.plugins.module_utils._plan.options")
SOURCE = ROOT / "plugins/modules/vm_instance.py"
WIDTH = 120
# Options with other texts in a restore, where the API accepts neither of the two.
RESTORE_WORDS = {
    "name": "    description: The name of the instance.\n    type: str\n    required: true\n",
    "labels": "    description: Refused, since restores take no labels.\n    type: list\n    elements: str\n",
    "volumes": "    description: Refused, since restores take no volumes.\n    type: list\n    elements: str\n",
}


class Place(NamedTuple):
    """A file, and the lines in it before and after the suboptions."""

    file: Path
    begin: str
    end: str
    names: tuple[str, ...]
    words: dict[str, str]  # texts of options that differ from vm_instance
    defaults: bool  # whether the suboptions have defaults


PLACES = (
    Place(ROOT / "plugins/modules/vm_fleet.py", "    suboptions: &member\n", "  defaults:\n", tuple(OPTIONS.INSTANCE_SPEC), {}, False),
    Place(ROOT / "plugins/doc_fragments/_copy.py", "    suboptions:\n", "  destination_region:\n", tuple(OPTIONS.RESTORE_SPEC),
          RESTORE_WORDS, True),
)  # fmt: skip


def option_texts() -> dict[str, str]:
    """Return the documentation of each option of vm_instance: the lines below its name."""
    text = SOURCE.read_text().split("\noptions:\n")[1].split("\nseealso:")[0] + "\n"
    parts = re.split(r"(?m)^  (\w+):\n", text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def suboptions(place: Place) -> str:
    """Return the lines of the suboptions in a file."""
    texts = {**option_texts(), **place.words}
    blocks = [f"  {name}:\n{texts[name]}" for name in place.names]
    return "".join(line for block in blocks for line in rewrite(block.splitlines(), texts, place.defaults))


def rewrite(lines: Iterable[str], texts: dict[str, str], defaults: bool) -> Iterable[str]:
    """Yield the lines four columns further right, wrapped again, with references to vm_instance."""
    paragraph: list[str] = []
    for line in [*lines, ""]:
        opens = not paragraph or paragraph[0].endswith(":") or re.match(r" *(- |\w+:( |$))", line)
        if paragraph and (opens or not line.startswith(" " * hanging(paragraph[0]))):
            yield from wrap(paragraph, texts)
            paragraph = []
        if defaults or not line.startswith("    default:"):
            paragraph.append(line)


def hanging(line: str) -> int:
    """Return the column in which the continuation of a line begins."""
    indent = len(line) - len(line.lstrip())
    return indent + 2


def wrap(lines: list[str], texts: dict[str, str]) -> Iterable[str]:
    indent, hang = len(lines[0]) - len(lines[0].lstrip()) + 4, hanging(lines[0]) + 4
    text = re.sub(r"\bO\((\w+)([^)]*)\)", lambda found: refer(found, texts), " ".join(line.strip() for line in lines))
    row = " " * indent
    for word in text.split(" "):
        if len(row) + len(word) > WIDTH and row.strip():
            yield row.rstrip() + "\n"
            row = " " * hang
        row += word + " "
    if row.strip():
        yield row.rstrip() + "\n"


def refer(found: re.Match[str], texts: dict[str, str]) -> str:
    """Return a reference to an option of vm_instance from the page of another module."""
    name, rest = found.groups()
    return f"O(magalu.cloud.vm_instance#module:{name}{rest})" if name in texts else found.group(0)


def written(place: Place) -> str:
    """Return the whole file with the current suboptions."""
    text = place.file.read_text()
    before, rest = text.split(place.begin, 1)
    return before + place.begin + suboptions(place) + place.end + rest.split(place.end, 1)[1]


def main() -> None:
    for place in PLACES:
        place.file.write_text(written(place))


if __name__ == "__main__":
    main()
