# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The least that an inventory plugin can do with the same rows: what `make bench` compares vm_instances to."""

from __future__ import annotations

import os

import requests
from ansible.plugins.inventory import BaseInventoryPlugin

DOCUMENTATION = r"""
name: floor
short_description: The floor of a measurement
description: No options, no errors, no safety.
options: {}
"""


class InventoryModule(BaseInventoryPlugin):
    NAME = "floor"

    def verify_file(self, path):
        return path.endswith("floor.yml")

    def parse(self, inventory, loader, path, cache=True):
        super().parse(inventory, loader, path, cache)
        session, offset, rows = requests.Session(), 0, []
        session.headers["x-api-key"] = os.environ["MGC_API_KEY"]
        url = os.environ["MGC_API_URL"].format(region="br-se1") + "/v1/instances"
        expand = [("expand", name) for name in ("image", "machine-type", "network", "labels")]
        while True:
            query = [("_limit", 1000), ("_offset", offset), *expand]
            page = session.get(url, params=query, headers={"x-api-version": "1.1"}).json()["instances"]
            rows += page
            offset += len(page)
            if len(page) < 1000:
                break
        inventory.add_group("mgc")
        inventory.add_group("up")
        for row in rows:
            name = row["name"]
            inventory.add_host(name, "mgc")
            for key, value in row.items():
                inventory.set_variable(name, f"mgc_{key}", value)
            primary = row["network"]["interfaces"][0]
            inventory.set_variable(name, "ansible_host", primary["associated_public_ipv4"])
            inventory.set_variable(name, "zone", row["availability_zone"])
            for prefix, value in (("state", row["state"]), ("zone", row["availability_zone"]),
                                  ("type", row["machine_type"]["name"])):  # fmt: skip
                group = inventory.add_group(self._sanitize_group_name(f"{prefix}_{value}"))
                inventory.add_child(group, name)
            if row["state"] == "running":
                inventory.add_child("up", name)
