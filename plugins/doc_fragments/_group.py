# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """The options that a module takes for module_defaults of the action group, though it has no use for them."""

    DOCUMENTATION = r"""
options:
  delete_public_ip:
    description: Has no effect in this module. Accepted so that C(module_defaults) of the group C(magalu.cloud.vm) can
      set it.
    type: bool
  protect_labels:
    description: Has no effect in this module. Accepted so that C(module_defaults) of the group C(magalu.cloud.vm) can
      set it.
    type: list
    elements: str
"""

    NAMES = r"""
options:
  protect_names:
    description: Has no effect in this module. Accepted so that C(module_defaults) of the group C(magalu.cloud.vm) can
      set it.
    type: list
    elements: str
"""

    WAIT = r"""
options:
  wait:
    description: Has no effect in this module. Accepted so that C(module_defaults) of the group C(magalu.cloud.vm) can
      set it.
    type: bool
    default: true
"""
