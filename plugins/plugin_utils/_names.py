# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names: those of hosts, the instance's own where that can be and never the same twice, and those that are unknown."""

from __future__ import annotations

import difflib
import typing as t
from collections import Counter

from ansible.constants import LOCALHOST

from ._trust import plain

# Ansible means something else by these.
_TAKEN = frozenset((*LOCALHOST, "all", "ungrouped", ".", ".."))
LONGEST = 240  # bytes


def usable(name: str) -> bool:
    """Whether Ansible and AWX can have a host of this name.

    AWX refuses a whole inventory for Jinja in a name, and takes what follows a single colon for a port. Files are named
    after hosts: those with a host's variables, and in a job of AWX those with its facts, which fails for one too long.
    """
    return bool(
        name
        and name not in _TAKEN
        and name.count(":") != 1
        and not ("{{" in name or "{%" in name or "{#" in name)
        and name == name.strip()
        and name.isprintable()
        and "/" not in name
        and len(name.encode()) <= LONGEST
    )


def unique(chosen: t.Sequence[str], ids: t.Sequence[str]) -> tuple[list[str], dict[str, list[int]]]:
    """The names with a part of the id appended wherever several share one, and for each shared name who has it.

    What cannot be told apart so goes by its id, which is nobody else's name. Decided over all that were fetched, so that
    a filter or another's deletion renames nobody who still shares.
    """
    owner = {row_id: number for number, row_id in enumerate(ids)}
    names = [name if owner.get(name, number) == number else ids[number] for number, name in enumerate(chosen)]
    if len(set(names)) == len(names):
        return names, {}
    by_name: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        by_name.setdefault(name, []).append(number)
    shared = {name: numbers for name, numbers in by_name.items() if len(numbers) > 1}
    longer = {number: f"{name}-{ids[number][:8]}" for name, numbers in shared.items() for number in numbers}
    having = Counter((*by_name, *owner, *longer.values()))
    for number, name in longer.items():
        names[number] = name if having[name] == 1 else ids[number]
    return names, shared


def meant(name: t.Any, known: t.Iterable[str]) -> str:
    """A question to append to what is said of a name that is unknown, where another comes near."""
    near = difflib.get_close_matches(str(name), known, 1)
    return f"; is {near[0]} meant?" if near else ""


def text(value: t.Any) -> str:
    """What a field or a template came to, as a name; nothing for nothing."""
    return "" if value is None or isinstance(value, (dict, list)) else plain(str(value))
