#!/usr/bin/python
# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: vm_backup
short_description: Manage backups of virtual machine instances on Magalu Cloud
version_added: 1.0.0
description:
  - Create, rename, restore, copy to another region, and delete backups, by name or by age and number.
  - Only API version 2024-08 has backups. With a newer version the task fails; use M(magalu.cloud.vm_snapshot) instead.
  - An instance may have 100 backups.
author:
  - Magalu Cloud collection contributors (@magalucloud)
extends_documentation_fragment:
  - magalu.cloud._api
  - magalu.cloud._group
  - magalu.cloud._approval
  - magalu.cloud._attributes
  - magalu.cloud._copy.backup
seealso:
  - module: magalu.cloud.vm_instance
    description: Takes a backup instead of an image, to declare an instance that is created from it.
  - module: magalu.cloud.vm_info
    description: Lists backups, with filters by age and instance.
  - name: Role magalu.cloud.protect
    link: https://magalu-cloud.github.io/magalu.cloud/protect_role.html
    description: Makes backups of many instances at once, and deletes old ones.
  - ref: ansible_collections.magalu.cloud.docsite.copies
    description: Snapshots and backups by examples.
"""

EXAMPLES = r"""
- name: A server for the examples
  magalu.cloud.vm_instance:
    name: db-01
    machine_type: BV1-1-40
    image: cloud-ubuntu-24.04 LTS
    ssh_key_name: deploy
    network:
      associate_public_ip: false

- name: One consistent backup a day, for which the server is stopped
  magalu.cloud.vm_backup:
    name: "nightly-{instance}-{date}"
    instance: db-01
    power_off: true

- name: Rename the backup, so that no retention deletes it
  magalu.cloud.vm_backup:
    name: "nightly-{instance}-{date}"
    instance: db-01
    new_name: before-the-upgrade

# The attempts, each only if there was no capacity for the one before: BV1-1-40 in a zone that the cloud chooses,
# BV1-1-40 in br-se1-c, BV2-2-40 in a zone that the cloud chooses.
- name: Restore the backup to another server
  magalu.cloud.vm_backup:
    name: before-the-upgrade
    state: restored
    restore:
      name: db-02
      machine_type: BV1-1-40
      ssh_key_name: deploy
      network:
        associate_public_ip: false
      alternatives:
        - availability_zone: br-se1-c
        - machine_type: BV2-2-40

- name: Keep the last seven backups of each server, and all that are younger than 30 days
  magalu.cloud.vm_backup:
    state: pruned
    name_prefix: nightly-
    keep_last: 7
    keep_days: 30

- name: Delete the backup
  magalu.cloud.vm_backup:
    name: before-the-upgrade
    state: absent
"""

RETURN = r"""
backup:
  description:
    - The backup as the API returns it. Null if it does not exist.
    - In check mode, the predicted backup, with the same keys. Values that only the cloud knows are null.
  returned: when O(state) is not V(pruned)
  type: dict
  contains:
    id:
      description: The backup's id, a UUID.
      returned: always
      type: str
    name:
      description: The backup's name.
      returned: always
      type: str
    backup_type:
      description: Whether the backup was made manually or by a schedule.
      returned: always
      type: str
    instance:
      description: The instance that the backup is of.
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
        status:
          description: What is happening to the instance, for example V(completed), V(creating) or V(retyping_error).
          returned: always
          type: str
        state:
          description: What the instance is, for example V(running), V(stopped), V(suspended) or V(new).
          returned: always
          type: str
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
              returned: when the API returns it
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
              description: The memory. The unit varies - the API returns GB for some and MB for others. Never compute
                with it.
              returned: always
              type: int
            disk:
              description: The size of the disk, in GB.
              returned: always
              type: int
    status:
      description: What is happening to the backup, for example V(completed) or V(creating).
      returned: always
      type: str
    state:
      description: The state. A backup can be restored if this is V(available) and C(status) is V(completed).
      returned: always
      type: str
    size:
      description: The size. The API does not document the unit. Never compute with it.
      returned: always
      type: int
    min_disk:
      description: The size of the disk that an instance needs for a restore, in GB.
      returned: always
      type: int
    created_at:
      description: The time of the creation, in UTC (ISO 8601).
      returned: always
      type: str
    updated_at:
      description: The time of the last change, in UTC (ISO 8601). Null before the first change.
      returned: always
      type: str
    phase:
      description: What the status means - V(settled), V(in_transition), V(deleting), V(creation_failed),
        V(operation_failed) or V(gone).
      returned: always
      type: str
    unreadable_fields:
      description: The names of the fields that are null because the response had a value of the wrong type.
      returned: when there are any
      type: list
      elements: str
  sample:
    id: 4830bfbe-0362-4ebb-a8ba-f36be4b4bc6a
    name: nightly-db-01-2026-11-25
    state: available
    status: completed
    size: 40
    created_at: "2026-11-25T03:00:00Z"
    instance: {id: 9ec75090-2872-4f51-8111-53d05d96d2c6}
instance:
  description: The restored instance, as M(magalu.cloud.vm_instance) returns it.
  returned: when O(state=restored)
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
  sample: {id: 1b2c7090-2872-4f51-8111-53d05d96d2c6, name: db-02, state: running, status: completed}
destination:
  description: The backup in O(destination_region).
  returned: when O(state=copied)
  type: dict
  contains:
    id:
      description: The backup's id, a UUID.
      returned: always
      type: str
    name:
      description: The backup's name.
      returned: always
      type: str
    backup_type:
      description: Whether the backup was made manually or by a schedule.
      returned: always
      type: str
    instance:
      description: The instance that the backup is of.
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
        status:
          description: What is happening to the instance, for example V(completed), V(creating) or V(retyping_error).
          returned: always
          type: str
        state:
          description: What the instance is, for example V(running), V(stopped), V(suspended) or V(new).
          returned: always
          type: str
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
              returned: when the API returns it
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
              description: The memory. The unit varies - the API returns GB for some and MB for others. Never compute
                with it.
              returned: always
              type: int
            disk:
              description: The size of the disk, in GB.
              returned: always
              type: int
    status:
      description: What is happening to the backup, for example V(completed) or V(creating).
      returned: always
      type: str
    state:
      description: The state. A backup can be restored if this is V(available) and C(status) is V(completed).
      returned: always
      type: str
    size:
      description: The size. The API does not document the unit. Never compute with it.
      returned: always
      type: int
    min_disk:
      description: The size of the disk that an instance needs for a restore, in GB.
      returned: always
      type: int
    created_at:
      description: The time of the creation, in UTC (ISO 8601).
      returned: always
      type: str
    updated_at:
      description: The time of the last change, in UTC (ISO 8601). Null before the first change.
      returned: always
      type: str
    phase:
      description: What the status means - V(settled), V(in_transition), V(deleting), V(creation_failed),
        V(operation_failed) or V(gone).
      returned: always
      type: str
    unreadable_fields:
      description: The names of the fields that are null because the response had a value of the wrong type.
      returned: when there are any
      type: list
      elements: str
  sample: {id: 5a30bfbe-0362-4ebb-a8ba-f36be4b4bc6a, name: nightly-db-01-2026-11-25, state: available}
kept:
  description: The backups that are kept, each with the reason.
  returned: when O(state=pruned)
  type: list
  elements: dict
  contains:
    id:
      description: The id, a UUID.
      returned: always
      type: str
    name:
      description: The name.
      returned: always
      type: str
    created_at:
      description: The time of the creation, in UTC (ISO 8601).
      returned: always
      type: str
    reason:
      description: The reason why it is kept.
      returned: always
      type: str
  sample:
    - {id: 4830bfbe-0362-4ebb-a8ba-f36be4b4bc6a, name: nightly-db-01-2026-11-25, created_at: "2026-11-25T03:00:00Z",
       reason: it is one of the last 7 of its instance}
pruned:
  description: The backups that were deleted, or in check mode would be deleted.
  returned: when O(state=pruned)
  type: list
  elements: dict
  contains:
    id:
      description: The id, a UUID.
      returned: always
      type: str
    name:
      description: The name.
      returned: always
      type: str
    created_at:
      description: The time of the creation, in UTC (ISO 8601).
      returned: always
      type: str
  sample:
    - {id: 2130bfbe-0362-4ebb-a8ba-f36be4b4bc6a, name: nightly-db-01-2026-10-01, created_at: "2026-10-01T03:00:00Z"}
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
  sample:
    - {action: create, description: create backup nightly-db-01-2026-11-25 of instance db-01}
creation_attempts:
  description: The creations that failed, in order, each before the next of O(restore.alternatives) was tried.
  returned: when O(restore.alternatives) are given
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
  description: The ids of resources that this run created before it failed.
  returned: on failure
  type: list
  elements: str
  sample: ["4830bfbe-0362-4ebb-a8ba-f36be4b4bc6a"]
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
      - create backup nightly-db-01-2026-11-25 of instance db-01
    members:
      - name: "backup nightly-{instance}-{date}"
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
    doing: create backup nightly-db-01
    status: 409
    slug: conflict
    message: A backup with this name already exists
    details: {}
    request_id: 0a1b2c3d
"""

# Ends the module on a Python that is too old.
from ansible_collections.magalu.cloud.plugins.module_utils import _python  # noqa: F401 # pylint: disable=unused-import

# isort: split
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import BACKUPS
from ansible_collections.magalu.cloud.plugins.module_utils._module import EXPECTED_PLAN, Module
from ansible_collections.magalu.cloud.plugins.module_utils._resources.copies import (
    COPY_SPEC,
    copy_task,
    restore_secrets,
)


def main() -> None:
    module = Module({**COPY_SPEC, **EXPECTED_PLAN}, mutually_exclusive=[("id", "new_name")])
    client = module.client(*restore_secrets(module.params))
    module.reconcile(client, lambda check: copy_task(client, module.params, BACKUPS, check))


if __name__ == "__main__":
    main()
