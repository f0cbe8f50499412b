# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: inventory_age
short_description: Say how old an inventory is
description:
  - Returns a sentence that says when the inventory was listed, and how many minutes ago that was.
author:
  - Magalu Cloud collection contributors (@magalucloud)
version_added: 1.0.0
positional: now
options:
  _input:
    description: The values of C(mgc_listed_at) that the hosts have. The oldest counts.
    type: list
    elements: str
    required: true
  now:
    description: The time to compare with, in seconds since 1970. If not given, the controller's clock.
    type: float
notes:
  - The inventory plugin P(magalu.cloud.vm_instances#inventory) sets C(mgc_listed_at) with its option
    O(magalu.cloud.vm_instances#inventory:listed_at).
"""

EXAMPLES = r"""
- name: Show how old the inventory is
  ansible.builtin.debug:
    msg: "{{ groups['all'] | map('extract', hostvars) | map(attribute='mgc_listed_at', default='')
      | magalu.cloud.inventory_age }}"
"""

RETURN = r"""
_value:
  description: The sentence. For example V(The inventory was listed at 2026-11-25T12:00:00Z, 34 minutes ago.)
  type: str
"""

import time
import typing as t
from calendar import timegm

FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def inventory_age(times: t.Iterable[t.Any], now: float | None = None) -> str:
    """Return a sentence that says how old the oldest of these times is.

    A text that is not a time is ignored.
    """
    seconds = [timegm(read) for read in map(_read, times) if read]
    if not seconds:
        return "The inventory does not say when it was listed (option listed_at of its file)."
    oldest = min(seconds)
    minutes = max(int((time.time() if now is None else now) - oldest) // 60, 0)
    age = f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"The inventory was listed at {time.strftime(FORMAT, time.gmtime(oldest))}, {age} ago."


def _read(text: t.Any) -> time.struct_time | None:
    try:
        return time.strptime(str(text), FORMAT)
    except ValueError:
        return None


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"inventory_age": inventory_age}
