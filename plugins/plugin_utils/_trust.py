# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Marks for texts from the API, which are data on every ansible-core.

They are never executed, and exported as plain text wherever they are harmless. Up to 2.18 every text of a variable is a
template unless it is marked unsafe. From 2.19 on a text is a template only if it is trusted, and an untrusted text is
exported as `__ansible_unsafe`, which AWX reads as a mapping.
"""

from __future__ import annotations

import re
import typing as t

from ansible.utils.unsafe_proxy import wrap_var

try:
    from ansible.template import trust_as_template
except ImportError:  # before 2.19
    trust_as_template = None

SINCE_2_19 = trust_as_template is not None
# The characters that a template can begin with, also if a header changes the delimiters.
may_be_template = re.compile(r"[{#<\[%$]").search
# With a key that begins so, such as `__ansible_vault`, an exported mapping is read as another type.
RESERVED = "__ansible_"


def plain(text: str) -> str:
    """Return the text as an exact str, without any marks by Ansible."""
    return str.__str__(text)


class Marker(dict[t.Any, t.Any]):
    """A cache of marked values from the API.

    A repeated text, such as a zone or a state, gives the same object again. `mark[scalar]` is the fast way;
    `mark(value)` also accepts mappings and lists. Only texts are cached, and not those of `mark.once(value)`.
    """

    def __init__(self) -> None:
        self[None] = None

    def __missing__(self, value: t.Any) -> t.Any:
        if not isinstance(value, str):
            return value
        text = plain(value)
        self[text] = marked = _marked(text)
        return marked

    def __call__(self, value: t.Any) -> t.Any:
        """Return the value, and all values in it, marked for use in a variable, without reserved keys of mappings."""
        if isinstance(value, dict):
            return {
                plain(key) if isinstance(key, str) else key: self(item)
                for key, item in value.items()
                if not str(key).startswith(RESERVED)
            }
        if isinstance(value, (list, tuple)):
            return [self(item) for item in value]
        return self[value]

    def once(self, value: t.Any) -> t.Any:
        """Return a marked value that is not expected again, such as an id."""
        return _marked(plain(value)) if isinstance(value, str) else self(value)


def _marked(text: str) -> t.Any:
    if SINCE_2_19:
        return text if may_be_template(text) else trust_as_template(text)
    return wrap_var(text) if may_be_template(text) else text
