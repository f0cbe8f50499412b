# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What the modules can do, and how they wait."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in check mode and says what it would do, without changing anything.
    support: full
  diff_mode:
    description: Shows what the state is before and after.
    support: full
  action_group:
    description: Use C(group/magalu.cloud.vm) in C(module_defaults) to set the options of the connection and O(wait_timeout)
      for all modules of this collection.
    support: full
    membership:
      - magalu.cloud.vm
"""

    INFO = r"""
attributes:
  check_mode:
    description: Can run in check mode. It only reads, so that it does the same.
    support: full
  diff_mode:
    description: It changes nothing, so that there is no difference to show.
    support: N/A
  action_group:
    description: Use C(group/magalu.cloud.vm) in C(module_defaults) to set the options of the connection and O(wait_timeout)
      for all modules of this collection.
    support: full
    membership:
      - magalu.cloud.vm
"""

    SECRET = r"""
attributes:
  check_mode:
    description: It does nothing in check mode, since what it reads can be read only once.
    support: none
  diff_mode:
    description: There is no difference to show.
    support: N/A
  action_group:
    description: Use C(group/magalu.cloud.vm) in C(module_defaults) to set the options of the connection and O(wait_timeout)
      for all modules of this collection.
    support: full
    membership:
      - magalu.cloud.vm
"""

    WAIT = r"""
options:
  wait:
    description:
      - Whether to wait until the last step has taken effect. Steps before it are always waited for.
    type: bool
    default: true
  wait_timeout:
    description:
      - How many seconds the whole task may take. When they are over nothing new is begun, and it fails; the next run
        carries on from there.
      - If it is not given it is 600, or 3600 for an instance that is restored from a snapshot or a backup.
    type: int
"""
