# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The variables of role rebuild, as its filters receive them, and instances as vm_info returns them."""

from __future__ import annotations

from typing import Any

from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import INSTANCES
from ansible_collections.magalu.cloud.plugins.module_utils._api.statuses import with_phase

Fields = dict[str, Any]
ID = "0000000{}-0000-4000-8000-00000000000a"
ONE, TWO, THREE = (ID.format(number) for number in (1, 2, 3))
VARIABLES: Fields = {
    "id": "x1", "old_suffix": "-old", "name_pattern": "", "instances": [], "from": "image", "declaration": {},
    "accept_loss": [], "delete_public_ip": True, "batch": "1", "max_failures": 0, "check_timeout": 300, "ssh_port": 22, "wait_timeout": "",
    "host": "localhost", "host_id": "", "play_hosts": ["localhost"], "play_batch": ["localhost"],
}  # fmt: skip
ALL: Fields = {"name_pattern": "web-*"}
RESTORED: Fields = {**ALL, "from": "snapshot"}


def at(minute: int) -> str:
    """Return a time as the API writes it."""
    return f"2026-11-25T12:{minute:02d}:00Z"


def row(number: int, name: str | None = "web-1", state: str = "running", **fields: Any) -> Fields:
    """Return an instance as vm_info returns it."""
    made = {"id": ID.format(number), "name": name, "state": state, "status": "completed", "created_at": at(number),
            "image": {"id": "image"}, "network": {"interfaces": [{"id": "nic"}]}, "labels": []}  # fmt: skip
    return with_phase({**made, **fields}, INSTANCES)
