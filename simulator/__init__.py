# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Magalu Cloud Virtual Machine API on 127.0.0.1, for trials and tests."""

from __future__ import annotations

from .server import Simulator, running

__all__ = ["Simulator", "running"]
