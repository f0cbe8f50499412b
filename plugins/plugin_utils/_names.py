# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Valid and unique names of hosts, and suggestions for unknown names.

A host has the name of its instance if that is possible.
"""

from __future__ import annotations

import difflib
import typing as t
from collections import Counter

from ansible.constants import LOCALHOST

from ._trust import plain

# These names have a meaning of their own in Ansible.
_TAKEN = frozenset((*LOCALHOST, "all", "ungrouped", ".", ".."))
LONGEST = 240  # bytes


def usable(name: str) -> bool:
    """Return whether Ansible and AWX accept a host of this name.

    AWX refuses a whole inventory if a name contains Jinja, and takes the text after a single colon for a port. Files
    are named after hosts: files with a host's variables and, in a job of AWX, files with its facts. The job fails if a
    name is too long for a file. Ansible connects to the name of a host that has no `ansible_host`.
    """
    return bool(
        name
        and name not in _TAKEN
        and not is_option(name)
        and name.count(":") != 1
        and not ("{{" in name or "{%" in name or "{#" in name)
        and name == name.strip()
        and name.isprintable()
        and "/" not in name
        and len(name.encode()) <= LONGEST
    )


def is_option(host: t.Any) -> bool:
    """Return whether `ssh` takes a host for an option, such as `-oProxyCommand=...`, which runs a command."""
    return str(host).startswith("-")


def unique(chosen: t.Sequence[str], ids: t.Sequence[str]) -> tuple[list[str], dict[str, list[int]]]:
    """Append a part of the id to each name that several instances share.

    Return the names, and for each shared name the numbers of its instances. If an instance cannot be distinguished so,
    it is named by its id, which is not the name of another instance. All fetched instances count, so that a filter does
    not rename an instance, nor does the deletion of another instance while its name is still shared.
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


def suggest_name(name: t.Any, known: t.Iterable[str]) -> str:
    """Return a suggestion to append to a message about an unknown name, or an empty text."""
    near = difflib.get_close_matches(str(name), known, 1)
    return f". Did you mean {near[0]}?" if near else ""


def text(value: t.Any) -> str:
    """Return the value of a field or template as a name; "" for null, mapping or list."""
    return "" if value is None or isinstance(value, (dict, list)) else plain(str(value))
