# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One valid row of each kind, as the API returns it."""

from __future__ import annotations

from typing import Any

ID = "9ec75090-2872-4f51-8111-53d05d96d2c6"
OTHER = "4830bfbe-0362-4ebb-a8ba-f36be4b4bc6a"
PORT, MORE = "11111111-0362-4ebb-a8ba-f36be4b4bc6a", "22222222-0362-4ebb-a8ba-f36be4b4bc6a"
TYPE = {"id": "3a1f7d1c-6a1e-4d1e-9d5e-0f6d1b0c8a11", "name": "BV1-1-40", "vcpus": 1, "ram": 1024, "disk": 40}
IMAGE = {"id": "7d4c3c63-9d3c-4c33-8a4e-1f1c5c0a2b22", "name": "cloud-ubuntu-24.04 LTS", "platform": "linux"}


def port(identifier: str, primary: bool) -> dict[str, Any]:
    addresses = {"private_ipv4": "198.18.0.2", "public_ipv6": "2001:db8::1"}
    return {"id": identifier, "name": "eth", "primary": primary, "security_groups": ["default"],
            "associated_public_ipv4": "192.0.2.1" if primary else None, "ip_addresses": addresses}  # fmt: skip


INSTANCE: dict[str, Any] = {
    "id": ID, "name": "web", "state": "stopped", "status": "completed", "created_at": "2026-11-01T00:00:00Z",
    "updated_at": None, "availability_zone": "br-se1-a", "ssh_key_name": "deploy", "user_data": "IyEvYmluL3NoCg==",
    "machine_type": TYPE, "image": IMAGE, "labels": ["a"], "error": {"slug": "x", "message": "y"},
    "network": {"vpc": {"id": OTHER, "name": "vpc_default"}, "interfaces": [port(PORT, True), port(MORE, False)]},
}  # fmt: skip
SNAPSHOT: dict[str, Any] = {
    "id": OTHER, "name": "copy", "state": "available", "status": "completed", "created_at": "2026-11-01T00:00:00Z",
    "size": 40, "instance": {"id": ID, "image": IMAGE, "machine_type": TYPE}, "min_disk": 40,
}  # fmt: skip
ROWS: dict[str, Any] = {
    "instances": INSTANCE,
    "snapshots": SNAPSHOT,
    "backups": {**SNAPSHOT, "backup_type": "manual"},
    "images": {**IMAGE, "status": "active", "availability_zones": ["br-se1-a"],
               "minimum_requirements": {"vcpu": 1, "ram": 1, "disk": 10}},
    "custom": {**IMAGE, "id": OTHER, "name": "golden", "status": "active", "description": "d", "version": "1",
               "license": "unlicensed", "requirements": {"vcpu": 1, "ram": 1, "disk": 10}},
    "machine-types": {**TYPE, "status": "active", "availability_zones": ["br-se1-a", "br-se1-b"]},
}  # fmt: skip
LISTS = {
    "custom": "images",
    "machine-types": "machine_types",
    **{kind: kind for kind in ("instances", "snapshots", "backups", "images")},
}
