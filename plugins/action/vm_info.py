# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action of vm_info: the module does all the work."""

from __future__ import annotations

from ansible_collections.magalu.cloud.plugins.plugin_utils._role_action import ActionModule

__all__ = ["ActionModule"]
