#!/usr/bin/python
# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_instance
short_description: Manage virtual machine instances on Magalu Cloud
version_added: 1.0.0
description:
  - Create, change, start, stop, suspend, reboot, rename and delete virtual machine instances.
  - The module reads what is, plans the steps to what is declared, sends the first one, waits until it holds, and plans
    anew. A run that was interrupted is continued by the next one.
  - A task that changes nothing makes one request.
  - Check mode shows the steps that a run would do.
author:
  - Magalu Cloud collection contributors (@magalucloud)
extends_documentation_fragment:
  - magalu.cloud._api
  - magalu.cloud._attributes
  - magalu.cloud._attributes.wait
options:
  id:
    description:
      - The instance's id, a UUID.
      - With O(name) as well, the instance is renamed to it.
      - One of O(id) and O(name) is required.
    type: str
  name:
    description:
      - The instance's name, 1 to 255 characters. It is looked up exactly.
      - If several instances have it, the task fails and lists their ids.
    type: str
  new_name:
    description:
      - Renames the instance O(name) to this name.
      - An instance that has this name already is left as it is. If there are both, or neither, the task fails.
    type: str
  state:
    description:
      - V(present) - the instance exists; its power is left as it is.
      - V(running), V(stopped), V(suspended) - it exists and has that state. A stopped instance is billed like a running one.
      - V(rebooted) - it is rebooted (started if it is stopped). This is always a change. One that was just created is
        not rebooted.
      - V(absent) - it does not exist.
    type: str
    choices: [present, running, stopped, suspended, rebooted, absent]
    default: present
  machine_type:
    description:
      - The machine type's name or id, for example V(BV1-1-40). Required to create an instance.
      - An instance of another type is changed to this one. One that is suspended is started for that, and suspended again.
    type: str
  image:
    description:
      - The image's name or id, for example V(cloud-ubuntu-24.04 LTS). It, O(snapshot) or O(backup) is required to create
        an instance.
    type: str
  snapshot:
    description:
      - The name or id of a snapshot that the instance is restored from, in place of O(image).
      - An instance of this name that exists is as declared; the snapshot is not looked at then, and may be gone.
    type: str
  backup:
    description: The same with a backup, which only the API's edition of 2024 has.
    type: str
  ssh_key_name:
    description:
      - The name of the SSH key that is put into a new instance. A name that does not exist makes the creation fail.
    type: str
  availability_zone:
    description:
      - The zone of a new instance, for example V(br-se1-a). The cloud chooses if it is not given.
    type: str
  network:
    description:
      - The network of a new instance.
    type: dict
    suboptions:
      vpc:
        description: The VPC's name or id. The tenant's default VPC if not given.
        type: str
      interface:
        description:
          - The id of an interface of your own, to be the primary one. It excludes the other suboptions.
          - It is deleted together with the instance.
        type: str
      security_groups:
        description: The ids of the security groups of the interface that is created.
        type: list
        elements: str
      subnets:
        description: The id of the subnet of the interface that is created. Needs the API's edition of 2026.
        type: list
        elements: str
      associate_public_ip:
        description:
          - Whether the instance gets a public IPv4 address. It is billed, also after the instance is deleted.
          - The API does if this is not given. Set it explicitly.
        type: bool
  network_interfaces:
    description:
      - The ids of interfaces that are attached to the instance, compared as a set.
    type: list
    elements: str
  purge_network_interfaces:
    description:
      - Whether to detach interfaces that are neither primary nor in O(network_interfaces).
      - The task fails where the API does not say which interface is the primary one.
    type: bool
    default: false
  user_data:
    description:
      - What cloud-init gets at the first boot, as plain text, at most 48,750 bytes. It is encoded by the module.
    type: str
  user_data_base64:
    description:
      - The same, already in base64, at most 65,000 characters.
    type: str
  labels:
    description:
      - Labels of a new instance. Needs the API's edition of 2026.
    type: list
    elements: str
  volumes:
    description:
      - Names or ids of volumes to attach to a new instance. Needs the API's edition of 2026. Never compared.
    type: list
    elements: str
  delete_public_ip:
    description:
      - Whether deleting the instance deletes its public IPv4 address too. If it stays, it is billed on, the task warns
        and returns RV(kept_public_ips).
    type: bool
  on_immutable_change:
    description:
      - What to do when an existing instance differs in what the API cannot change - image, SSH key, zone, user data,
        labels, VPC. Only what the API's answer really tells is compared.
      - V(recreate) deletes it and creates it anew. It is refused with O(id), with interfaces beyond the primary one or
        of your own, and while the instance is in motion.
    type: str
    choices: [warn, fail, recreate, ignore]
    default: warn
  on_failed:
    description:
      - What to do with an instance whose creation failed. V(replace) deletes it with its public IP address and creates
        it anew. An instance that ever ran is never touched by this.
      - V(replace) is refused with O(network.interface), which would die with the failed attempt, and does nothing with O(id).
    type: str
    choices: [fail, replace]
    default: fail
  alternatives:
    description:
      - Other machine types and zones, tried in this order when the creation fails for what O(alternatives_on) says.
        What is declared by O(machine_type) and O(availability_zone) is tried first; without O(machine_type) only these
        are, and the type of an instance that exists is left as it is. What an entry leaves out is as declared. At most 10.
      - The failed attempt is deleted with its public IPv4 address before the next one, and after the last one, when the
        task fails and says why each one failed.
      - All are checked against the catalogs before the first attempt. Check mode predicts the first one.
      - An instance that equals any of them is as declared, and is neither changed to another type nor different in its
        zone.
      - An instance that an earlier run left (it was interrupted, or did not wait), that equals one of them, never ran,
        and failed for the same, is deleted with its address too. The next one of the list is tried then, and its own
        last.
      - It does not go with O(network.interface), which would be deleted with the failed attempt.
    type: list
    elements: dict
    suboptions:
      machine_type:
        description: The machine type's name or id.
        type: str
      availability_zone:
        description: The zone.
        type: str
  alternatives_on:
    description:
      - What makes the next one of O(alternatives) be tried - that the zone has no V(capacity) for the machine type, or that
        a V(quota) does not allow it. A creation that fails for another reason fails the task, as without O(alternatives).
    type: list
    elements: str
    choices: [capacity, quota]
    default: [capacity]
  protect_names:
    description:
      - Shell patterns. An instance whose whole name matches one of them is never deleted.
    type: list
    elements: str
  protect_labels:
    description:
      - An instance that has one of these labels, or whose labels cannot be read, is never deleted.
    type: list
    elements: str
seealso:
  - module: magalu.cloud.vm_info
"""

EXAMPLES = r"""
- name: A server without a public address
  magalu.cloud.vm_instance:
    name: web-01
    machine_type: BV1-1-40
    image: cloud-ubuntu-24.04 LTS
    ssh_key_name: deploy
    network:
      associate_public_ip: false
    state: running

- name: The same server, larger
  magalu.cloud.vm_instance:
    name: web-01
    machine_type: BV2-4-40

- name: A server of whichever type and zone there is room for
  magalu.cloud.vm_instance:
    name: batch-01
    machine_type: BV2-4-40
    image: cloud-ubuntu-24.04 LTS
    ssh_key_name: deploy
    network:
      associate_public_ip: false
    alternatives:
      - availability_zone: br-se1-b
      - machine_type: BV4-8-100

- name: Stop the first one
  magalu.cloud.vm_instance:
    name: web-01
    state: stopped

- name: Give it another name
  magalu.cloud.vm_instance:
    name: web-01
    new_name: web-old

- name: Delete it together with the public address that it may have
  magalu.cloud.vm_instance:
    name: web-old
    delete_public_ip: true
    state: absent
"""

RETURN = r"""
instance:
  description:
    - The instance, as the API describes it, with its addresses and C(default_user), where sure. Without user data.
    - In check mode what it would be, without what only the cloud knows. Null when it does not exist.
  returned: always
  type: dict
  sample:
    id: 9ec75090-2872-4f51-8111-53d05d96d2c6
    name: web-01
    state: running
    status: completed
    machine_type: {id: 3a1f7d1c-6a1e-4d1e-9d5e-0f6d1b0c8a11, name: BV1-1-40, vcpus: 1, ram: 1, disk: 40}
    image: {id: 7d4c3c63-9d3c-4c33-8a4e-1f1c5c0a2b22, name: cloud-ubuntu-24.04 LTS, platform: linux}
    availability_zone: br-se1-a
    created_at: "2026-11-25T12:00:00Z"
    private_ipv4: 172.18.0.12
    public_ipv4:
    public_ipv6: 2804:1234::12
    default_user: ubuntu
actions:
  description: The steps that were done (in check mode, that would be), in order.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: The step's name.
      returned: always
      type: str
      sample: stop
    description:
      description: What was done to what.
      returned: always
      type: str
      sample: stop instance web-01
kept_public_ips:
  description: Public IPv4 addresses that are left, and billed, after the instance was deleted.
  returned: when there are any
  type: list
  elements: str
  sample: ["201.23.12.7"]
attempts:
  description: The creations that failed, in order, before another one of O(alternatives) was tried, or none was left.
  returned: when there are any
  type: list
  elements: dict
  sample:
    - machine_type: BV2-4-40
      availability_zone:
      error: {slug: create_instance.capacity.error, message: There is no capacity for BV2-4-40 in br-se1-a}
created:
  description: Ids of instances that this run created and that are still there, when it failed afterwards.
  returned: on failure
  type: list
  elements: str
  sample: ["9ec75090-2872-4f51-8111-53d05d96d2c6"]
error:
  description: What the API answered, when the task failed by that.
  returned: on failure
  type: dict
  sample:
    doing: create instance web-01
    status: 409
    slug: instance_name_conflict
    message: An instance with this name already exists
    details: {}
    request_id: 0a1b2c3d
"""

from ansible_collections.magalu.cloud.plugins.module_utils import _instance
from ansible_collections.magalu.cloud.plugins.module_utils._api import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._module import WAIT, Module


def main() -> None:
    module = Module({**_instance.SPEC, **WAIT}, mutually_exclusive=_instance.ONE_OF, required_one_of=[("id", "name")])
    try:
        want = _instance.wanted(module.params)
    except Refused as error:
        module.fail_json(str(error))
    client = module.client(want["user_data"], want["user_data_base64"])
    module.converge(client, _instance.task(client, want))


if __name__ == "__main__":
    main()
