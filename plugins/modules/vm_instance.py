#!/usr/bin/python
# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: vm_instance
short_description: Manage virtual machine instances on Magalu Cloud
version_added: 1.0.0
description:
  - Create, change, start, stop, suspend, reboot, rename and delete virtual machine instances.
  - The module compares the current with the desired state and applies the differences one step at a time, reading again
    after each step. The next run continues an interrupted run.
  - A task that changes nothing makes one request.
  - Check mode shows the steps that a run would take.
author:
  - Magalu Cloud collection contributors (@magalucloud)
extends_documentation_fragment:
  - magalu.cloud._api
  - magalu.cloud._approval
  - magalu.cloud._attributes
  - magalu.cloud._attributes.wait
options:
  id:
    description:
      - The instance's id, a UUID.
      - With O(name) as well, the instance is renamed to that name.
      - At least one of O(id) and O(name) is required.
    type: str
  name:
    description:
      - The instance's name, 1 to 255 characters. Case counts.
      - If several instances have this name, the task fails and lists their ids.
    type: str
  new_name:
    description:
      - Renames the instance O(name) to this name.
      - If only an instance with the new name exists, nothing is renamed. If both exist, or neither does, the task
        fails.
    type: str
  state:
    description:
      - V(present) - the instance exists; its power state is left as it is.
      - V(running), V(stopped), V(suspended) - the instance exists and has that power state. A stopped instance is
        billed like a running one.
      - V(rebooted) - the instance is rebooted, or started if it is stopped. This is always a change. An instance that
        the task created is not rebooted.
      - V(absent) - the instance does not exist.
      - An instance whose state is not running, stopped or suspended can be renamed or deleted. A task that needs its
        power state (V(running), V(stopped), V(suspended), V(rebooted), another machine type) fails.
    type: str
    choices: [present, running, stopped, suspended, rebooted, absent]
    default: present
  machine_type:
    description:
      - The machine type's name or id, for example V(BV1-1-40). Required to create an instance.
      - An existing instance of another type is changed to this type. A suspended instance is started for that, and then
        suspended again.
    type: str
  image:
    description:
      - The image's name or id, for example V(cloud-ubuntu-24.04 LTS). One of O(image), O(snapshot) and O(backup) is
        required to create an instance.
    type: str
  snapshot:
    description:
      - The name or id of a snapshot to restore the instance from, instead of O(image).
      - If an instance with this name exists, the snapshot is not read, and need not exist any more.
      - In check mode a snapshot that does not exist counts as created by an earlier task of the play, with a warning.
    type: str
  backup:
    description:
      - The name or id of a backup to restore the instance from, instead of O(image). Only API version 2024-08 has
        backups.
    type: str
  ssh_key_name:
    description:
      - The name of the SSH key for a new instance. The creation fails if there is no such key.
      - It is refused for Windows images, for which the API takes no SSH key.
    type: str
  availability_zone:
    description:
      - The zone of a new instance, for example V(br-se1-a). The cloud chooses if it is not given.
    type: str
  network:
    description:
      - The network of a new instance. The VPC, the security groups and the public address of an existing instance are
        compared if the API's response contains them (see O(on_immutable_change)); the other suboptions count only at
        creation.
    type: dict
    suboptions:
      vpc:
        description: The VPC's name or id. The tenant's default VPC if not given.
        type: str
      interface:
        description:
          - The id of an existing interface that becomes the primary interface. Only at creation.
          - Of the other suboptions only O(network.associate_public_ip) can be combined with it. The security groups are
            those of the interface.
          - The interface is deleted together with the instance.
        type: str
      security_groups:
        description:
          - The ids of the security groups of the interface that is created. An empty list is never compared.
          - API version 2024-08 does not show security groups, so they count only at creation there.
        type: list
        elements: str
      subnets:
        description: The id of the subnet of the interface that is created. Only at creation. Needs API version 2026-08.
        type: list
        elements: str
      associate_public_ip:
        description:
          - Whether the instance gets a public IPv4 address. The address is billed, also after the instance is deleted.
          - Without this option the API allocates an address. Always set it explicitly.
          - With O(network.interface) the module sends V(false) if this is not given.
          - An existing instance that has an address although this is V(false), or none although it is V(true), differs
            in something that the API cannot change (see O(on_immutable_change)).
          - API version 2024-08 does not show which of several interfaces is the primary interface. If only some of the
            interfaces have an address, this option therefore counts only at creation there.
        type: bool
  network_interfaces:
    description:
      - The ids of interfaces that are attached to the instance, compared as a set.
    type: list
    elements: str
  purge_network_interfaces:
    description:
      - Whether to detach interfaces that are neither primary nor in O(network_interfaces), which must be given. An
        empty list detaches all interfaces except the primary interface.
      - The task fails if the API does not say which interface is the primary interface.
    type: bool
    default: false
  user_data:
    description:
      - User data for cloud-init at the first boot, as plain text of at most 48,750 bytes. The module encodes it.
    type: str
  user_data_base64:
    description:
      - User data for cloud-init at the first boot, encoded in base64, at most 65,000 characters.
    type: str
  labels:
    description:
      - Labels of a new instance. They are refused on API version 2024-08, which has none, and on API version 2025-05
        while no instance has labels, because it cannot be distinguished from 2024-08 then.
    type: list
    elements: str
  volumes:
    description:
      - Names or ids of volumes to attach to a new instance. Only at creation. Needs API version 2026-08.
    type: list
    elements: str
  delete_public_ip:
    description:
      - Whether deleting the instance deletes its public IPv4 address too. An address that is kept is still billed, and
        the task warns about it.
    type: bool
  on_immutable_change:
    description:
      - What to do when an existing instance differs in something that the API cannot change - image, SSH key, zone,
        user data, labels, VPC, security groups, or whether it has a public IPv4 address. Only values that the API's
        response contains are compared.
      - V(recreate) deletes the instance and creates it again. It is refused with O(id), with O(network.interface), for
        an instance with interfaces besides the primary interface, and while the instance is in transition. With API
        version 2024-08, it is also refused for another O(availability_zone), because that version does not show whether
        the zone exists.
      - With V(fail) and V(recreate), the task waits for a missing public address in the first minute after the
        creation. In the first hour, V(recreate) does not recreate an instance only because the address is missing; it
        warns.
    type: str
    choices: [warn, fail, recreate, ignore]
    default: warn
  on_failed:
    description:
      - What to do with an instance whose creation failed. V(replace) deletes the instance with its public IP address
        and creates it again. Instances that have ever been running are never deleted.
      - V(replace) is refused with O(network.interface), because the interface would be deleted with the failed
        instance, and has no effect with O(id).
    type: str
    choices: [fail, replace]
    default: fail
  alternatives:
    description:
      - Other machine types and zones, at most 10, that are tried in this order when the creation fails for a reason in
        O(alternatives_on). For example, O(machine_type) is V(BV1-2-40) and O(availability_zone) is V(br-se1-a). With
        one entry that has the machine type V(BV2-4-40), and a second entry that has the zone V(br-se1-b), the task
        first tries V(BV1-2-40) in V(br-se1-a), then V(BV2-4-40) in V(br-se1-a), and then V(BV1-2-40) in V(br-se1-b).
      - O(machine_type) and O(availability_zone) are tried first. They also apply to an entry that leaves them out.
        Without O(machine_type) only the entries are tried, and the type of an existing instance is not changed.
      - A failed attempt is deleted with its public IPv4 address before the next attempt. If all attempts fail, the last
        failed instance is deleted too, and the task fails with the reason for each.
      - All entries are checked against the catalogues before the first attempt. Check mode predicts the first attempt.
      - An existing instance that matches any entry counts as declared. Its machine type and its zone are left as they
        are.
      - An interrupted run may leave an instance that matches an entry, has never been running, and failed for one of
        these reasons. The instance is deleted with its address. The task continues with the next entry, and tries the
        entry of the deleted instance last.
      - It is refused with O(network.interface), because the interface would be deleted with a failed attempt.
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
      - The reasons for which the next entry of O(alternatives) is tried - V(capacity), the zone has no room for the
        machine type, or V(quota), a quota does not allow it. A creation that fails for another reason fails the task.
    type: list
    elements: str
    choices: [capacity, quota]
    default: [capacity]
  protect_names:
    description:
      - Shell patterns. An instance whose whole name matches a pattern is never deleted.
    type: list
    elements: str
  protect_labels:
    description:
      - An instance that has one of these labels, or whose labels cannot be read, is never deleted.
    type: list
    elements: str
seealso:
  - module: magalu.cloud.vm_fleet
    description: Creates, changes and deletes many instances in one task.
  - module: magalu.cloud.vm_info
    description: Lists instances, and the machine types and images that an instance can be created from.
  - module: magalu.cloud.vm_snapshot
    description: Creates the snapshots that O(snapshot) restores.
  - module: magalu.cloud.vm_windows_password
    description: Reads the first password of a Windows instance.
  - plugin: magalu.cloud.vm_instances
    plugin_type: inventory
    description: Lists the instances as hosts for the plays that configure them.
  - ref: ansible_collections.magalu.cloud.docsite.cost
    description: Costs that are easily overlooked.
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

- name: A server that cloud-init sets up at its first boot
  magalu.cloud.vm_instance:
    name: web-02
    machine_type: BV1-1-40
    image: cloud-ubuntu-24.04 LTS
    ssh_key_name: deploy
    network:
      associate_public_ip: false
    user_data: |
      #cloud-config
      packages: [nginx]

- name: A server with a public address, security groups, and labels that protect it from being deleted
  magalu.cloud.vm_instance:
    name: web-03
    machine_type: BV1-1-40
    image: cloud-ubuntu-24.04 LTS
    ssh_key_name: deploy
    network:
      associate_public_ip: true
      security_groups: [5f6a1d1e-3c3b-4b6e-9b0a-6f0b9a4a2c55]
    labels: [prod, keep]
    protect_labels: [keep]

- name: A snapshot for the next task
  magalu.cloud.vm_snapshot:
    name: web-01-golden
    instance: web-01

- name: A server from a snapshot, instead of an image
  magalu.cloud.vm_instance:
    name: web-04
    machine_type: BV2-4-40
    snapshot: web-01-golden
    ssh_key_name: deploy
    network:
      associate_public_ip: false

- name: Replace the server if its image, its key or something else that the API cannot change differs
  magalu.cloud.vm_instance:
    name: web-02
    machine_type: BV1-1-40
    image: cloud-debian-12 LTS
    ssh_key_name: deploy
    network:
      associate_public_ip: false
    on_immutable_change: recreate
    delete_public_ip: true

# Each attempt is made only if there was no capacity for the one before:
# 1. BV2-4-40 in a zone that the cloud chooses
# 2. BV2-4-40 in br-se1-b
# 3. BV4-8-100 in a zone that the cloud chooses
- name: A server of the first type and zone with capacity
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

- name: Stop the server
  magalu.cloud.vm_instance:
    name: web-01
    state: stopped

- name: Rename the server
  magalu.cloud.vm_instance:
    name: web-01
    new_name: web-old

- name: Delete the server and its public address, if it has one
  magalu.cloud.vm_instance:
    name: web-old
    delete_public_ip: true
    state: absent
"""

RETURN = r"""
instance:
  description:
    - The instance as the API returns it, without user data, and with its addresses. Null if it does not exist.
    - In check mode, the predicted instance, with the same keys. Values that only the cloud knows, such as the id and
      the addresses of an instance that would be created, are null.
  returned: always
  type: dict
  contains:
    id:
      description: The instance's id, a UUID.
      returned: always
      type: str
    name:
      description: The instance's name.
      returned: always
      type: str
    machine_type:
      description: The machine type.
      returned: always
      type: dict
      contains:
        id:
          description: The machine type's id, a UUID.
          returned: always
          type: str
        name:
          description: The machine type's name, for example V(BV1-1-40).
          returned: always
          type: str
        vcpus:
          description: The number of vCPUs.
          returned: always
          type: int
        ram:
          description: The memory. The unit varies - the API returns GB for some and MB for others. Never compute with
            it.
          returned: always
          type: int
        disk:
          description: The size of the disk, in GB.
          returned: always
          type: int
    image:
      description: The image.
      returned: always
      type: dict
      contains:
        id:
          description: The image's id, a UUID.
          returned: always
          type: str
        name:
          description: The image's name, for example V(cloud-ubuntu-24.04 LTS).
          returned: always
          type: str
        platform:
          description: The operating system, V(linux) or V(windows).
          returned: always
          type: str
    status:
      description: What is happening to the instance, for example V(completed), V(creating) or V(retyping_error).
      returned: always
      type: str
    state:
      description: What the instance is, for example V(running), V(stopped), V(suspended) or V(new).
      returned: always
      type: str
    created_at:
      description: The time of the creation, in UTC (ISO 8601).
      returned: always
      type: str
    updated_at:
      description: The time of the last change, in UTC (ISO 8601). Null before the first change.
      returned: always
      type: str
    ssh_key_name:
      description: The name of the SSH key that the instance got at its creation.
      returned: always
      type: str
    availability_zone:
      description: The availability zone.
      returned: always
      type: str
    network:
      description: The VPC and the network interfaces.
      returned: always
      type: dict
      contains:
        ports:
          description: The network interfaces, in the form of API version 2024-08.
          returned: when the API returns it
          type: list
          elements: dict
          contains:
            id:
              description: The interface's id.
              returned: always
              type: str
            name:
              description: The interface's name.
              returned: always
              type: str
            ipAddresses:
              description: The addresses of the interface.
              returned: always
              type: dict
              contains:
                publicIpAddress:
                  description: The public IPv4 address. Null if there is none.
                  returned: always
                  type: str
                privateIpAddress:
                  description: The private IPv4 address.
                  returned: always
                  type: str
                ipV6Address:
                  description: The public IPv6 address.
                  returned: always
                  type: str
        vpc:
          description: The VPC.
          returned: always
          type: dict
          contains:
            id:
              description: The VPC's id.
              returned: always
              type: str
            name:
              description: The VPC's name.
              returned: always
              type: str
        interfaces:
          description: The network interfaces. API version 2024-08 does not return it.
          returned: when the API returns it
          type: list
          elements: dict
          contains:
            id:
              description: The interface's id.
              returned: always
              type: str
            name:
              description: The interface's name.
              returned: always
              type: str
            security_groups:
              description: The ids of the interface's security groups.
              returned: always
              type: list
              elements: str
            primary:
              description: Whether this is the primary interface.
              returned: always
              type: bool
            associated_public_ipv4:
              description: The public IPv4 address of the interface. Null if there is none.
              returned: always
              type: str
            ip_addresses:
              description: The other addresses of the interface.
              returned: always
              type: dict
              contains:
                private_ipv4:
                  description: The private IPv4 address.
                  returned: always
                  type: str
                public_ipv6:
                  description: The public IPv6 address.
                  returned: always
                  type: str
    error:
      description: The reason why the last operation failed. Null if it did not fail.
      returned: always
      type: dict
      contains:
        slug:
          description: The API's name for the error, for example V(create_instance.capacity.error).
          returned: always
          type: str
        message:
          description: The error in words.
          returned: always
          type: str
    labels:
      description: The labels that the instance got at its creation. API version 2024-08 does not return it.
      returned: always
      type: list
      elements: str
    private_ipv4:
      description: The private IPv4 address of the primary interface.
      returned: always
      type: str
    public_ipv4:
      description: The public IPv4 address of the primary interface. Null if there is none.
      returned: always
      type: str
    public_ipv6:
      description: The public IPv6 address of the primary interface. Null if there is none.
      returned: always
      type: str
    default_user:
      description: The user that the image accepts for logins. Null if that is not certain.
      returned: always
      type: str
    phase:
      description: What state and status mean - V(settled), V(in_transition), V(deleting), V(creation_failed) (the
        instance has certainly never run), V(operation_failed) or V(gone).
      returned: always
      type: str
    unreadable_fields:
      description: The names of the fields that are null because the response had a value of the wrong type.
      returned: when there are any
      type: list
      elements: str
  sample:
    id: 9ec75090-2872-4f51-8111-53d05d96d2c6
    name: web-01
    state: running
    status: completed
    machine_type: {id: 3a1f7d1c-6a1e-4d1e-9d5e-0f6d1b0c8a11, name: BV1-1-40, vcpus: 1, ram: 1, disk: 40}
    image: {id: 7d4c3c63-9d3c-4c33-8a4e-1f1c5c0a2b22, name: cloud-ubuntu-24.04 LTS, platform: linux}
    availability_zone: br-se1-a
    created_at: "2026-11-25T12:00:00Z"
    private_ipv4: 198.18.0.12
    public_ipv4:
    public_ipv6: 2001:db8::12
    default_user: ubuntu
actions:
  description: The steps that were done, or in check mode would be done, in order.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: The step's name, for example V(stop).
      returned: always
      type: str
    description:
      description: What was done to which resource, for example C(stop instance web-01).
      returned: always
      type: str
kept_public_ips:
  description: The public IPv4 addresses that remain, and are billed, after the instance was deleted.
  returned: when there are any
  type: list
  elements: str
  sample: ["203.0.113.7"]
creation_attempts:
  description: The creations that failed, in order, each before the next of O(alternatives) was tried.
  returned: when O(alternatives) are given
  type: list
  elements: dict
  contains:
    machine_type:
      description: The machine type of the attempt.
      returned: always
      type: str
    availability_zone:
      description: The zone of the attempt. Null if the cloud chose it.
      returned: always
      type: str
    error:
      description: The reason why the creation failed.
      returned: always
      type: dict
      contains:
        slug:
          description: The API's name for the error, for example V(create_instance.capacity.error).
          returned: always
          type: str
        message:
          description: The error in words.
          returned: always
          type: str
  sample:
    - machine_type: BV2-4-40
      availability_zone:
      error: {slug: create_instance.capacity.error, message: There is no capacity for BV2-4-40 in br-se1-a}
created:
  description: The ids of instances that this run created before it failed, and that still exist.
  returned: on failure
  type: list
  elements: str
  sample: ["9ec75090-2872-4f51-8111-53d05d96d2c6"]
plan:
  description:
    - The plan of this task before the first change. It is the same in check mode and in the real run.
    - O(expected_plan) takes this value. It contains no secrets; user data, for example, is only part of the digests.
  returned: when the task could plan
  type: dict
  contains:
    digest:
      description: The digest of the whole plan except C(at). It covers secrets without revealing them.
      returned: always
      type: str
    lines:
      description: The steps in words, in order, with ids, public addresses, and the clean-up after a failure.
      returned: always
      type: list
      elements: str
    at:
      description: The API's time when the plan was made, in seconds since 1970. Null if the plan has no steps.
      returned: always
      type: int
    members:
      description: The instances that are changed, or the resource of the task.
      returned: always
      type: list
      elements: dict
      contains:
        name:
          description: The resource's kind and name; in a fleet, the member's name or the id of an instance to prune.
          returned: always
          type: str
        steps:
          description: The digests of the steps. Each covers the request and the facts that it was planned from.
          returned: always
          type: list
          elements: str
        start:
          description: The instance's power state before the steps.
          returned: when the steps need it
          type: str
        updated:
          description: The time of the last change of an instance that is to be rebooted.
          returned: when the steps need it
          type: str
  sample:
    digest: 5f0c6bd3a0c1e2b8d9f4a7c6e5b4d3c2a1f0e9d8c7b6a5f4e3d2c1b0a9f8e7d6
    lines:
      - stop instance web-01 (9ec75090-2872-4f51-8111-53d05d96d2c6)
    members:
      - name: instance web-01
        steps: [0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9]
    at: 1796083200
error:
  description:
    - The failure, always with the same keys. C(status), C(details) and C(request_id) are null if the API did not
      refuse a request, for example because a check of the task failed, O(wait_timeout) expired, or a resource failed
      after its creation.
    - C(slug) is V(not_in_api_version) if the API version of this region does not have what the task needs, and null if
      the error has no name.
  returned: on failure
  type: dict
  contains:
    doing:
      description: What the module was doing, for example C(create instance web-01).
      returned: always
      type: str
    status:
      description: The HTTP status of the response.
      returned: always
      type: int
    slug:
      description: The API's name for the error, for example V(create_instance.capacity.error).
      returned: always
      type: str
    message:
      description: The error in words.
      returned: always
      type: str
    details:
      description: More about the error, as the API returned it.
      returned: always
      type: dict
    request_id:
      description: The API's id of the request. Magalu Cloud's support asks for it.
      returned: always
      type: str
  sample:
    doing: create instance web-01
    status: 409
    slug: instance_name_conflict
    message: An instance with this name already exists
    details: {}
    request_id: 0a1b2c3d
"""

# Ends the module on a Python that is too old.
from ansible_collections.magalu.cloud.plugins.module_utils import _python  # noqa: F401 # pylint: disable=unused-import

# isort: split
from ansible_collections.magalu.cloud.plugins.module_utils._module import EXPECTED_PLAN, Module
from ansible_collections.magalu.cloud.plugins.module_utils._plan.options import INSTANCE_SPEC, ONE_OF, desired_instance
from ansible_collections.magalu.cloud.plugins.module_utils._resources.instance import instance_task


def main() -> None:
    module = Module({**INSTANCE_SPEC, **EXPECTED_PLAN}, mutually_exclusive=ONE_OF, required_one_of=[("id", "name")])
    want = module.check(desired_instance, module.params)
    client = module.client(want.user_data, want.user_data_base64)
    module.reconcile(client, lambda check: instance_task(client, want, assume_created=check))


if __name__ == "__main__":
    main()
