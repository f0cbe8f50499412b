# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of the modules, and how they wait."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in check mode and predicts the changes, without making them.
    support: full
  diff_mode:
    description: Shows the state before and after the changes.
    support: full
  action_group:
    description: C(group/magalu.cloud.vm) in C(module_defaults) sets the options of the connection, C(wait),
      C(wait_timeout), C(protect_names), C(protect_labels) and C(delete_public_ip) for all modules of this collection.
    support: full
    membership:
      - magalu.cloud.vm
"""

    INFO = r"""
attributes:
  check_mode:
    description: Can run in check mode. The module only reads, so check mode does the same.
    support: full
  diff_mode:
    description: The module changes nothing, so there is no difference to show.
    support: N/A
  action_group:
    description: C(group/magalu.cloud.vm) in C(module_defaults) sets the options of the connection, C(wait),
      C(wait_timeout), C(protect_names), C(protect_labels) and C(delete_public_ip) for all modules of this collection.
    support: full
    membership:
      - magalu.cloud.vm
"""

    SECRET = r"""
attributes:
  check_mode:
    description: Does nothing in check mode, because the password can be read only once.
    support: none
  diff_mode:
    description: There is no difference to show.
    support: N/A
  action_group:
    description: C(group/magalu.cloud.vm) in C(module_defaults) sets the options of the connection, C(wait),
      C(wait_timeout), C(protect_names), C(protect_labels) and C(delete_public_ip) for all modules of this collection.
    support: full
    membership:
      - magalu.cloud.vm
"""

    WAIT = r"""
options:
  wait:
    description:
      - Whether to wait until the last step has taken effect. The module always waits for the steps before it.
    type: bool
    default: true
  wait_timeout:
    description:
      - How many seconds the whole task may take. When they have passed, no new step is started and the task fails. The
        next run continues.
      - The default is 600, or 3600 for an instance that is restored from a snapshot or a backup.
    type: int
"""
