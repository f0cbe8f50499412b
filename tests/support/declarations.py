# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The instance that most tests declare, of machine types and an image in the simulator's catalogues."""

from __future__ import annotations

from typing import Any

SMALL, LARGE, IMAGE = "BV1-1-40", "BV2-2-40", "cloud-ubuntu-24.04 LTS"
DEFAULTS: dict[str, Any] = {
    "machine_type": SMALL, "image": IMAGE, "ssh_key_name": "deploy", "network": {"associate_public_ip": False},
}  # fmt: skip
DECLARED: dict[str, Any] = {"name": "web", **DEFAULTS}
