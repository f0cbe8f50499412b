# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible's `omit` inside of values, where Ansible itself leaves it.

This file imports no other file of the collection: the action plugins of modules load it for each task.
"""

from __future__ import annotations

import typing as t

Test = t.Callable[[t.Any], bool]


def is_omitted(value: t.Any) -> bool:
    """Return whether the value is Ansible's `omit`: a text up to ansible-core 2.18, an object since."""
    if isinstance(value, str):
        return value.startswith("__omit_place_holder__")
    return type(value).__name__ == "_OmitType"


def without_omitted(values: t.Any) -> t.Any:
    """Return the values without `omit`, at every depth."""
    return without(values, is_omitted)


def without(values: t.Any, is_dropped: Test) -> t.Any:
    """Return the values without those to be dropped, at every depth; a list loses only `omit`."""
    if isinstance(values, t.Mapping):
        return {name: without(value, is_dropped) for name, value in values.items() if not is_dropped(value)}
    if isinstance(values, (list, tuple)):
        return [without(value, is_dropped) for value in values if not is_omitted(value)]
    return values
