# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter provision_fleet."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from ansible_collections.magalu.cloud.plugins.filter.drop_blank import drop_blank

DOCUMENTATION = r"""
name: provision_fleet
short_description: Turn the answers of the playbook provision into variables of the role fleet
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns the variables that the role R(magalu.cloud.fleet,ansible_collections.magalu.cloud.fleet_role) needs to
    create the instances.
  - Used by the playbook magalu.cloud.provision.
positional: in_awx
options:
  _input:
    description: The answers, as P(magalu.cloud.survey_answers#filter) returns them.
    type: dict
    required: true
  in_awx:
    description: Whether the playbook runs as a job of AWX, which deletes C(~/.ssh/known_hosts) at its end.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show the variables of the role
  ansible.builtin.debug:
    msg: "{{ (answers | magalu.cloud.provision_fleet).defaults }}"
    # {"machine_type": "BV1-1-40", "image": "debian-12", "on_immutable_change": "warn", "network": {"associate_public_ip": false}}
  vars:
    answers:
      magalu_name: web
      magalu_count: 2
      magalu_machine_type: BV1-1-40
      magalu_image: debian-12
      magalu_public_ip: false
      magalu_on_immutable_change: warn
      magalu_wait_for: none
      magalu_ssh_port: 22
"""  # noqa: E501 (an output stands in one line)

RETURN = r"""
_value:
  description: The variables of the role without the prefix C(fleet_).
  type: dict
"""

ADDRESSES = ["public_ipv4", "private_ipv4", "public_ipv6"]


def provision_fleet(answers: Mapping[str, Any], in_awx: bool = False) -> dict[str, Any]:
    """Return the variables of the role fleet, without their prefix."""
    given = {name[len("magalu_") :]: value for name, value in answers.items()}
    name, count = given["name"], given["count"]
    return {
        # A single instance has the name without a number.
        "instances": [{"name": name}] if count == 1 else [],
        "count": 0 if count == 1 else count,
        "name_format": re.sub("([{}])", r"\1\1", name) + "-{index:02d}",
        "defaults": _declaration(given),
        "wait_timeout": given.get("wait_timeout", 3600),
        "usable_timeout": given.get("wait_timeout", 600),
        "wait_for": given["wait_for"],
        "host_keys": given.get("host_keys") or _usual_host_keys(given, in_awx),
        "known_hosts": given.get("known_hosts", "~/.ssh/known_hosts"),
        "port": given["ssh_port"],
        "user": given.get("user", ""),
        "connect_with": [given["connect_with"]] if "connect_with" in given else ADDRESSES,
    }


def _declaration(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that all instances share.

    User data is encoded: before ansible-core 2.19, a text that begins with a brace becomes another value.
    """
    network = {
        "vpc": given.get("vpc"),
        "associate_public_ip": given["public_ip"],
        "security_groups": given.get("security_groups"),
    }
    data = given.get("user_data")
    return drop_blank({
        **{name: given.get(name) for name in ("machine_type", "image", "ssh_key_name", "availability_zone", "labels",
                                              "on_immutable_change", "delete_public_ip")},
        "network": drop_blank(network),
        "user_data_base64": b64encode(data.encode()).decode() if data else None,
    })  # fmt: skip


def _usual_host_keys(given: Mapping[str, Any], in_awx: bool) -> str:
    """Return the default source of host keys: off if the keys would not be used."""
    useless = given["wait_for"] == "none" or (in_awx and "known_hosts" not in given)
    return "off" if useless else "init_logs"


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"provision_fleet": provision_fleet}
