#!/usr/bin/python
# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_fleet
short_description: Manage many virtual machine instances on Magalu Cloud at once
version_added: 1.0.0
description:
  - Leads a list of instances to what is declared of each, by one process and one listing of what there is.
  - Each member is what M(magalu.cloud.vm_instance) takes, and gets the same steps. The failure of some does not stop
    the others, and a second run only touches what is not there yet.
  - Two fleets that prune by patterns which match each other's instances delete them. Give each its own beginning of
    names.
author:
  - Magalu Cloud collection contributors (@magalucloud)
extends_documentation_fragment:
  - magalu.cloud._api
  - magalu.cloud._attributes
options:
  instances:
    description: The members. Names must be unique among them.
    type: list
    elements: dict
    suboptions: &member
      id:
        description: As O(magalu.cloud.vm_instance#module:id).
        type: str
      name:
        description: As O(magalu.cloud.vm_instance#module:name).
        type: str
      new_name:
        description: As O(magalu.cloud.vm_instance#module:new_name).
        type: str
      machine_type:
        description: As O(magalu.cloud.vm_instance#module:machine_type).
        type: str
      image:
        description: As O(magalu.cloud.vm_instance#module:image).
        type: str
      snapshot:
        description: As O(magalu.cloud.vm_instance#module:snapshot).
        type: str
      backup:
        description: As O(magalu.cloud.vm_instance#module:backup).
        type: str
      ssh_key_name:
        description: As O(magalu.cloud.vm_instance#module:ssh_key_name).
        type: str
      availability_zone:
        description: As O(magalu.cloud.vm_instance#module:availability_zone).
        type: str
      network:
        description: As O(magalu.cloud.vm_instance#module:network).
        type: dict
        suboptions:
          vpc:
            description: As O(magalu.cloud.vm_instance#module:network.vpc).
            type: str
          interface:
            description: As O(magalu.cloud.vm_instance#module:network.interface).
            type: str
          security_groups:
            description: As O(magalu.cloud.vm_instance#module:network.security_groups).
            type: list
            elements: str
          subnets:
            description: As O(magalu.cloud.vm_instance#module:network.subnets).
            type: list
            elements: str
          associate_public_ip:
            description: As O(magalu.cloud.vm_instance#module:network.associate_public_ip).
            type: bool
      network_interfaces:
        description: As O(magalu.cloud.vm_instance#module:network_interfaces).
        type: list
        elements: str
      labels:
        description: As O(magalu.cloud.vm_instance#module:labels).
        type: list
        elements: str
      volumes:
        description: As O(magalu.cloud.vm_instance#module:volumes).
        type: list
        elements: str
      protect_names:
        description: As O(magalu.cloud.vm_instance#module:protect_names).
        type: list
        elements: str
      protect_labels:
        description: As O(magalu.cloud.vm_instance#module:protect_labels).
        type: list
        elements: str
      purge_network_interfaces:
        description: As O(magalu.cloud.vm_instance#module:purge_network_interfaces).
        type: bool
      user_data:
        description: As O(magalu.cloud.vm_instance#module:user_data).
        type: str
      user_data_base64:
        description: As O(magalu.cloud.vm_instance#module:user_data_base64).
        type: str
      delete_public_ip:
        description: As O(magalu.cloud.vm_instance#module:delete_public_ip).
        type: bool
      on_immutable_change:
        description: As O(magalu.cloud.vm_instance#module:on_immutable_change).
        type: str
        choices: [warn, fail, recreate, ignore]
      on_failed:
        description: As O(magalu.cloud.vm_instance#module:on_failed).
        type: str
        choices: [fail, replace]
      alternatives:
        description: As O(magalu.cloud.vm_instance#module:alternatives).
        type: list
        elements: dict
        suboptions:
          machine_type:
            description: As O(magalu.cloud.vm_instance#module:alternatives[].machine_type).
            type: str
          availability_zone:
            description: As O(magalu.cloud.vm_instance#module:alternatives[].availability_zone).
            type: str
      alternatives_on:
        description: As O(magalu.cloud.vm_instance#module:alternatives_on).
        type: list
        elements: str
        choices: [capacity, quota]
      state:
        description: As O(magalu.cloud.vm_instance#module:state).
        type: str
        choices: [present, running, stopped, suspended, rebooted, absent]
  defaults:
    description:
      - What each member has where it says nothing itself. Mappings, as C(network), are merged key by key.
      - Of options that exclude each other, as C(image) and C(snapshot), a member's own takes the place of the default.
    type: dict
    suboptions: *member
  count:
    description:
      - How many numbered members there are, from 1 on, named by O(name_format), beside those of O(instances).
    type: int
  name_format:
    description: The names of numbered members, with C({index}) in it, as V(web-{index:03d}).
    type: str
  state:
    description: The state of all members that have none of their own, as O(magalu.cloud.vm_instance#module:state).
    type: str
    choices: [present, running, stopped, suspended, rebooted, absent]
    default: present
  concurrency:
    description: How many requests are sent at once.
    type: int
    default: 10
  batch:
    description:
      - How many members may be in motion at a time, a number or a percentage as V(20%) (of which there is at least
        one), so that a resize or a reboot never takes the whole fleet down. There is no limit if this is not given.
      - Members that were found in motion count too. It needs O(wait=true).
    type: str
  max_failures:
    description:
      - How many members may fail, a number or a percentage (rounded down), before no further one is begun. What was
        begun is led to its end. There is no limit if this is not given.
    type: str
  prune_match:
    description:
      - Deletes the instances whose names match this shell pattern, and that are not declared. Case counts. It must
        begin with three characters that are no pattern, unless O(prune_all=true).
      - Nothing is pruned if a member has failed (so that it needs O(wait=true) where there are members), if the list of
        instances cannot be proved complete, or by a declaration without members, unless O(count=0) or
        O(allow_empty=true).
    type: str
  prune_all:
    description: Allows any O(prune_match), and stands for V(*) without one.
    type: bool
    default: false
  prune_max:
    description:
      - How many instances may be pruned, a number or a percentage (rounded down) of those that match. With more of them
        the task fails before it has done anything.
    type: str
    default: "5"
  allow_empty:
    description: Allows O(instances) to be an empty list. One of O(instances) and O(count) is always needed.
    type: bool
    default: false
  protect_names:
    description:
      - Shell patterns. An instance whose whole name matches one of them is not deleted, neither by pruning, which leaves
        it out, nor as a member, which fails. What a member protects itself counts as well.
    type: list
    elements: str
  protect_labels:
    description:
      - An instance that has one of these labels is not deleted, likewise. One whose labels the API does not tell counts
        as having them.
    type: list
    elements: str
  delete_public_ip:
    description:
      - Whether instances that are pruned are deleted with their public IPv4 addresses, which are kept, and billed,
        otherwise.
    type: bool
  results:
    description:
      - What is returned of each member's instance, all of it, or only its id, name, state, status and addresses.
    type: str
    choices: [full, brief]
    default: full
  progress_file:
    description:
      - >-
        A file to which a line is added every few seconds that says how many members are in which state, as
        C(fleet web: 137/200 running, 41 creating, 22 waiting).
      - Without this option those lines are shown while the module runs, if it runs on the controller (C(connection)
        is V(local)), not with C(async) or C(no_log), and not with C(become) to another user than root.
    type: path
  report:
    description:
      - A file to which a page of HTML is written that shows when each member was requested, moved, and settled, and
        what failed. It is written on the host that runs the module, also if the task fails, but not in check mode.
    type: path
  wait:
    description: Whether to wait until the last step of each member has taken effect.
    type: bool
    default: true
  wait_timeout:
    description:
      - How many seconds the whole task may take. When they are over nothing new is begun, and it fails; the next run
        carries on from there.
    type: int
    default: 3600
seealso:
  - module: magalu.cloud.vm_instance
"""

EXAMPLES = r"""
- name: Three web servers and a database
  magalu.cloud.vm_fleet:
    defaults:
      machine_type: BV1-1-40
      image: cloud-ubuntu-24.04 LTS
      ssh_key_name: deploy
      network: {associate_public_ip: false}
      state: running
    count: 3
    name_format: web-{index:02d}
    instances:
      - name: db-01
        machine_type: BV2-2-40
  register: fleet

- name: Use them in the play that follows
  ansible.builtin.add_host:
    name: "{{ item.name }}"
    ansible_host: "{{ item.instance.private_ipv4 }}"
    groups: [fleet]
  loop: "{{ fleet.members }}"
  loop_control:
    label: "{{ item.name }}"

- name: A larger machine type, one member after the other
  magalu.cloud.vm_fleet:
    defaults: {machine_type: BV2-2-40}
    count: 3
    name_format: web-{index:02d}
    batch: "1"
    max_failures: "0"

- name: Hundreds of them, and a picture of how that went
  magalu.cloud.vm_fleet:
    defaults:
      machine_type: BV1-1-40
      image: cloud-ubuntu-24.04 LTS
      ssh_key_name: deploy
      network: {associate_public_ip: false}
    count: 200
    name_format: worker-{index:03d}
    report: /tmp/fleet.html

- name: Two web servers, and no other whose name begins with web-
  magalu.cloud.vm_fleet:
    count: 2
    name_format: web-{index:02d}
    prune_match: web-*
    delete_public_ip: true

- name: No web servers at all
  magalu.cloud.vm_fleet:
    count: 0
    prune_match: web-*
    delete_public_ip: true
"""

RETURN = r"""
members:
  description:
    - What became of each member, in the order of the declaration, then of what was pruned. Each has its C(name), and
      what M(magalu.cloud.vm_instance) returns (C(changed), C(instance), C(actions) and so on), with C(failed) and
      C(msg) if it failed.
  returned: always
  type: list
  elements: dict
  sample:
    - name: web-01
      changed: true
      actions:
        - action: create
          description: create instance web-01
      instance:
        id: 9ec75090-2872-4f51-8111-53d05d96d2c6
        name: web-01
        state: running
        status: completed
        private_ipv4: 172.18.0.12
totals:
  description:
    - How many members there are, how many of them changed and failed, and how many instances were created, deleted
      and pruned.
  returned: always
  type: dict
  sample: {members: 4, changed: 4, failed: 0, created: 4, deleted: 0, pruned: 0}
error:
  description:
    - What the API answered, when the task failed before it did anything, or when what is to be pruned could not be
      listed. What failed for a member stands with that member.
  returned: on failure
  type: dict
  sample:
    doing: look at the fleet
    status: 403
    slug: forbidden
    message: The key has expired
    details: {}
    request_id: 0a1b2c3d
"""

from ansible_collections.magalu.cloud.plugins.module_utils import _fleet_module
from ansible_collections.magalu.cloud.plugins.module_utils._module import WAIT, Module


def main() -> None:
    spec = {**_fleet_module.SPEC, **WAIT, "wait_timeout": {"type": "int", "default": 3600}}
    module = Module(spec, required_one_of=[("instances", "count")])
    _fleet_module.run(module)


if __name__ == "__main__":
    main()
