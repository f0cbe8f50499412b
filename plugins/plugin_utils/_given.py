# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Variables of roles and playbooks: which values count as given, and their texts and lists of texts."""

from __future__ import annotations

import typing as t

from ansible_collections.magalu.cloud.plugins.module_utils._api.connection import is_blank

from ._omit import is_omitted, without


def is_given(value: t.Any) -> bool:
    """Return whether the value is neither null, nor blank, nor `omit`."""
    return not (is_blank(value) or is_omitted(value))


def given_values(values: t.Any) -> t.Any:
    """Return the values without those that are not given, at every depth. Blank items of lists stay."""
    return without(values, lambda value: not is_given(value))


def text_of(value: t.Any) -> str:
    """Return the value as a text without white space around it; an empty text if it is not given."""
    return str(value).strip() if is_given(value) else ""


def texts_of(value: t.Any) -> list[str]:
    """Return the texts of a list, which may also be a text with commas, as Ansible reads an option of type list."""
    values = value.split(",") if isinstance(value, str) else value if isinstance(value, (list, tuple)) else [value]
    return [text for text in map(text_of, values) if text]
