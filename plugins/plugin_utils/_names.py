# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The names of hosts: of the instance's own choosing where they can be, and never the same twice."""

from __future__ import annotations

import typing as t

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

    Decided over all that were fetched, so that a filter or another's deletion renames nobody who still shares.
    """
    if len(set(chosen)) == len(chosen):
        return list(chosen), {}
    by_name: dict[str, list[int]] = {}
    for number, name in enumerate(chosen):
        by_name.setdefault(name, []).append(number)
    shared = {name: numbers for name, numbers in by_name.items() if len(numbers) > 1}
    names = list(chosen)
    for name, numbers in shared.items():
        for number in numbers:
            longer = f"{name}-{ids[number][:8]}"
            names[number] = ids[number] if longer in by_name else longer
    if len(set(names)) < len(names):  # ids that begin alike
        for name, numbers in shared.items():
            for number in numbers:
                names[number] = f"{name}-{ids[number]}"
    return names, shared


def text(value: t.Any) -> str:
    """What a field or a template came to, as a name; nothing for nothing."""
    return "" if value is None or isinstance(value, (dict, list)) else plain(str(value))
