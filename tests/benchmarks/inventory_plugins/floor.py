# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The least work that lists the same hosts: `make bench` compares vm_instances with this plugin.

It reads pages of the same size, fills the variables of each host in one update, and makes each group once. It has no
options, does not check anything, and leaves all texts as they are.
"""

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
LIMIT = 1000


class InventoryModule(BaseInventoryPlugin):
    NAME = "floor"

    def verify_file(self, path):
        return path.endswith("floor.yml")

    def parse(self, inventory, loader, path, cache=True):
        super().parse(inventory, loader, path, cache)
        groups = {}

        def group(name):
            if name not in groups:
                groups[name] = inventory.groups[inventory.add_group(self._sanitize_group_name(name))]
            return groups[name]

        for row in self.rows():
            name, zone = row["name"], row["availability_zone"]
            inventory.add_host(name)
            host = inventory.hosts[name]
            variables = {f"mgc_{key}": value for key, value in row.items()}
            port = row["network"]["interfaces"][0]
            variables["ansible_host"] = port.get("associated_public_ipv4") or port["ip_addresses"]["private_ipv4"]
            variables["zone"] = zone
            host.vars.update(variables)
            for each in ("mgc", f"state_{row['state']}", f"zone_{zone}", f"type_{row['machine_type']['name']}"):
                group(each).add_host(host)
            if row["state"] == "running":
                group("up").add_host(host)

    def rows(self):
        session, rows = requests.Session(), []
        session.headers.update({"x-api-key": os.environ["MGC_API_KEY"], "x-api-version": "1.1"})
        url = os.environ["MGC_API_URL"].format(region="br-se1") + "/v1/instances"
        expand = [("expand", name) for name in ("image", "machine-type", "network", "labels")]
        while True:
            query = [("_limit", LIMIT), ("_offset", len(rows)), *expand]
            page = session.get(url, params=query).json()["instances"]
            rows += page
            if len(page) < LIMIT:
                return rows
