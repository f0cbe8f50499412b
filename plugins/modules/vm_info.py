#!/usr/bin/python
# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: vm_info
short_description: List virtual machines, images, machine types, snapshots and backups on Magalu Cloud
version_added: 1.0.0
description:
  - Lists all resources of a kind, or those that the filters select. The list is complete, or the task fails.
  - An empty list is not a failure. The task fails if the API version in this region does not have the kind of resource
    (C(error.slug) is V(not_in_api_version) then), and for V(init_logs) if the instance does not exist.
  - Deleted resources that the API still returns are listed only if O(state), O(status) or O(id) selects them.
author:
  - Magalu Cloud collection contributors (@magalucloud)
extends_documentation_fragment:
  - magalu.cloud._api
  - magalu.cloud._group
  - magalu.cloud._group.names
  - magalu.cloud._group.wait
  - magalu.cloud._attributes.info
options:
  kind:
    description:
      - The kind of resource to list. The result has the list under the same name.
      - V(init_logs) are the lines that an instance wrote while it booted. They may contain secrets, and need O(id) or
        O(name).
      - V(init_logs) and V(custom_images) need API version 2026-08, V(backups) need API version 2024-08.
    type: str
    choices: [instances, snapshots, backups, images, custom_images, machine_types, init_logs]
    default: instances
  id:
    description: Only the resource with this id. O(id), O(name) and O(name_pattern) exclude each other.
    type: str
  name:
    description: Only resources with exactly this name.
    type: str
  name_pattern:
    description: Only resources whose whole name matches this shell pattern. Case counts.
    type: str
  state:
    description: Only instances, snapshots and backups in one of these states.
    type: list
    elements: str
  status:
    description: Only resources with one of these statuses.
    type: list
    elements: str
  availability_zone:
    description: Only instances in this zone, or images and machine types that are offered in it.
    type: str
  machine_type:
    description: Only instances of the machine type with this name or id.
    type: str
  image:
    description: Only instances created from the image with this name or id.
    type: str
  labels:
    description: Only instances and images that have all of these labels.
    type: list
    elements: str
  platform:
    description: Only images of one of these platforms, for example V(linux).
    type: list
    elements: str
  usable:
    description: Only images or machine types with which an instance can be created (V(true)), or only the others
      (V(false)).
    type: bool
  instance:
    description: Only snapshots and backups of the instance with this name or id. Give the id of an instance that was
      deleted.
    type: str
  older_than:
    description: Only resources that were created longer ago than this age (V(7d), V(12h), V(30m)), or before this time
      (ISO 8601, such as V(2026-11-25T12:00:00-03:00); in UTC without an offset).
    type: str
  newer_than:
    description: Only resources that were created more recently than this age, or after this time, as for O(older_than).
    type: str
  backup_type:
    description: Only backups of one of these types.
    type: list
    elements: str
  lines:
    description: The number of lines of the init log to return, at most 5000. The API returns 50 by default.
    type: int
  sort:
    description:
      - The order, as C(FIELD), C(FIELD:asc) or C(FIELD:desc). Fields of nested objects are written with a dot, for
        example V(machine_type.name).
      - By default, instances, snapshots and backups are in the order of their creation, and other kinds in the API's
        order.
    type: list
    elements: str
  expand:
    description:
      - The nested objects that the API returns in full, instead of only their ids - V(image), V(machine-type),
        V(network) and V(labels) of instances, V(image) and V(machine-type) of snapshots, V(instance) of backups.
      - All of them by default. An empty list makes responses small, without addresses and labels.
    type: list
    elements: str
  user_data:
    description: Whether to return the instances' user data, which is large and may contain secrets.
    type: bool
    default: false
  wait_timeout:
    description: How many seconds the whole task may take, retries included.
    type: int
    default: 600
seealso:
  - plugin: magalu.cloud.vm_instances
    plugin_type: inventory
    description: Lists the instances as hosts, for plays that work on them.
  - module: magalu.cloud.vm_instance
    description: Creates and changes an instance.
"""

EXAMPLES = r"""
- name: All running instances, by name
  magalu.cloud.vm_info:
    kind: instances
    state: [running]
    sort: [name]
  register: running

- name: Images that Linux servers can be created from
  magalu.cloud.vm_info:
    kind: images
    platform: [linux]
    usable: true

- name: Machine types that are offered in one zone
  magalu.cloud.vm_info:
    kind: machine_types
    availability_zone: br-se1-a
"""

RETURN = r"""
instances:
  description:
    - The instances as the API returns them, with their addresses. O(user_data=true) adds their user data.
    - C(labels) is an empty list if an instance has no labels. API version 2024-08 has no labels.
  returned: when O(kind=instances)
  type: list
  elements: dict
  contains:
    id:
      description: The instance's id, a UUID.
      returned: always
      type: str
    name:
      description: The instance's name.
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
          returned: when the API returns it
          type: str
    status:
      description: What is happening to the instance, for example V(completed), V(creating) or V(retyping_error).
      returned: always
      type: str
    state:
      description: What the instance is, for example V(running), V(stopped), V(suspended) or V(new).
      returned: always
      type: str
    user_data:
      description: The user data that the instance got at its creation, in base64. It may contain secrets.
      returned: when O(user_data=true)
      type: str
    created_at:
      description: The time of the creation, in UTC (ISO 8601).
      returned: always
      type: str
    updated_at:
      description: The time of the last change, in UTC (ISO 8601). Null before the first change.
      returned: when the API returns it
      type: str
    ssh_key_name:
      description: The name of the SSH key that the instance got at its creation.
      returned: when the API returns it
      type: str
    availability_zone:
      description: The availability zone.
      returned: when the API returns it
      type: str
    network:
      description: The VPC and the network interfaces.
      returned: when the API returns it
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
                  returned: when the API returns it
                  type: str
                privateIpAddress:
                  description: The private IPv4 address.
                  returned: when the API returns it
                  type: str
                ipV6Address:
                  description: The public IPv6 address.
                  returned: when the API returns it
                  type: str
        vpc:
          description: The VPC.
          returned: when the API returns it
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
              returned: when the API returns it
              type: list
              elements: str
            primary:
              description: Whether this is the primary interface.
              returned: when the API returns it
              type: bool
            associated_public_ipv4:
              description: The public IPv4 address of the interface. Null if there is none.
              returned: when the API returns it
              type: str
            ip_addresses:
              description: The other addresses of the interface.
              returned: when the API returns it
              type: dict
              contains:
                private_ipv4:
                  description: The private IPv4 address.
                  returned: when the API returns it
                  type: str
                public_ipv6:
                  description: The public IPv6 address.
                  returned: when the API returns it
                  type: str
    error:
      description: The reason why the last operation failed. Null if it did not fail.
      returned: when the API returns it
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
      returned: when the API returns it
      type: list
      elements: str
    phase:
      description: What state and status mean - V(settled), V(in_transition), V(deleting), V(creation_failed) (the
        instance has certainly never run), V(operation_failed) or V(gone).
      returned: always
      type: str
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
    unreadable_fields:
      description: The names of the fields that are null because the response had a value of the wrong type.
      returned: when there are any
      type: list
      elements: str
  sample:
    - id: 9ec75090-2872-4f51-8111-53d05d96d2c6
      name: web-01
      state: running
      status: completed
      machine_type: {id: 3a1f7d1c-6a1e-4d1e-9d5e-0f6d1b0c8a11, name: BV1-1-40}
      private_ipv4: 198.18.0.12
      public_ipv4:
      public_ipv6: 2001:db8::12
      default_user: ubuntu
snapshots:
  description: The snapshots.
  returned: when O(kind=snapshots)
  type: list
  elements: dict
  contains:
    id:
      description: The snapshot's id, a UUID.
      returned: always
      type: str
    name:
      description: The snapshot's name.
      returned: when the API returns it
      type: str
    status:
      description: What is happening to the snapshot, for example V(completed) or V(creating).
      returned: always
      type: str
    state:
      description: The state. A snapshot can be restored if this is V(available) and C(status) is V(completed).
      returned: always
      type: str
    created_at:
      description: The time of the creation, in UTC (ISO 8601).
      returned: always
      type: str
    updated_at:
      description: The time of the last change, in UTC (ISO 8601). Null before the first change.
      returned: when the API returns it
      type: str
    size:
      description: The size. The API does not document the unit. Never compute with it.
      returned: always
      type: int
    instance:
      description: The instance that the snapshot is of. Null if the API does not return it.
      returned: always
      type: dict
      contains:
        id:
          description: The instance's id, a UUID.
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
    - {id: 4830bfbe-0362-4ebb-a8ba-f36be4b4bc6a, name: web-01-2026-11-25, state: available, status: completed, size: 40}
backups:
  description: The backups.
  returned: when O(kind=backups)
  type: list
  elements: dict
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
          returned: when the API returns it
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
      returned: when the API returns it
      type: int
    min_disk:
      description: The size of the disk that an instance needs for a restore, in GB.
      returned: when the API returns it
      type: int
    created_at:
      description: The time of the creation, in UTC (ISO 8601).
      returned: always
      type: str
    updated_at:
      description: The time of the last change, in UTC (ISO 8601). Null before the first change.
      returned: when the API returns it
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
    - {id: 2ae0b896-855c-456c-b4a5-c8f4e6d2f4f6, name: web-01-weekly, state: available, status: completed, min_disk: 40}
images:
  description: The images.
  returned: when O(kind=images)
  type: list
  elements: dict
  contains:
    id:
      description: The image's id, a UUID.
      returned: always
      type: str
    name:
      description: The image's name, for example V(cloud-ubuntu-24.04 LTS).
      returned: always
      type: str
    status:
      description: The status. Instances can be created from images that are V(active) or V(deprecated).
      returned: always
      type: str
    version:
      description: The version of the operating system.
      returned: when the API returns it
      type: str
    platform:
      description: The operating system, V(linux) or V(windows).
      returned: when the API returns it
      type: str
    release_at:
      description: The time of the release.
      returned: when the API returns it
      type: str
    end_standard_support_at:
      description: The end of the standard support.
      returned: when the API returns it
      type: str
    end_life_at:
      description: The end of all support.
      returned: when the API returns it
      type: str
    minimum_requirements:
      description: What a machine type must have at least.
      returned: always
      type: dict
      contains:
        vcpu:
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
    labels:
      description: The image's labels. API version 2024-08 does not return it.
      returned: when the API returns it
      type: list
      elements: str
    availability_zones:
      description: The zones in which the image is offered. API version 2024-08 does not return it.
      returned: when the API returns it
      type: list
      elements: str
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
    - {id: 7d4c3c63-9d3c-4c33-8a4e-1f1c5c0a2b22, name: cloud-ubuntu-24.04 LTS, platform: linux, status: active}
machine_types:
  description: The machine types.
  returned: when O(kind=machine_types)
  type: list
  elements: dict
  contains:
    id:
      description: The machine type's id, a UUID.
      returned: always
      type: str
    name:
      description: The machine type's name, for example V(BV1-1-40). Not every name has this form. Do not parse it.
      returned: always
      type: str
    vcpus:
      description: The number of vCPUs.
      returned: always
      type: int
    ram:
      description: The memory. The unit varies - the API returns GB for some and MB for others. Never compute with it.
      returned: always
      type: int
    disk:
      description: The size of the disk, in GB.
      returned: always
      type: int
    gpu:
      description: The number of GPUs.
      returned: when the API returns it
      type: int
    status:
      description: The status. Instances can be created with types that are V(active) or V(deprecated).
      returned: always
      type: str
    sku:
      description: The name for billing.
      returned: when the API returns it
      type: str
    availability_zones:
      description: The zones in which the machine type is offered. API version 2024-08 does not return it.
      returned: when the API returns it
      type: list
      elements: str
    unreadable_fields:
      description: The names of the fields that are null because the response had a value of the wrong type.
      returned: when there are any
      type: list
      elements: str
  sample:
    - {id: 3a1f7d1c-6a1e-4d1e-9d5e-0f6d1b0c8a11, name: BV1-1-40, vcpus: 1, ram: 1, disk: 40, status: active}
custom_images:
  description: The custom images.
  returned: when O(kind=custom_images)
  type: list
  elements: dict
  contains:
    id:
      description: The image's id, a UUID.
      returned: always
      type: str
    name:
      description: The image's name, unique in the tenant.
      returned: always
      type: str
    status:
      description: The status, for example V(importing) or V(active).
      returned: always
      type: str
    description:
      description: The description.
      returned: when the API returns it
      type: str
    version:
      description: The version that the user gave.
      returned: when the API returns it
      type: str
    requirements:
      description: What a machine type must have at least.
      returned: when the API returns it
      type: dict
      contains:
        disk:
          description: The size of the disk, in GB.
          returned: always
          type: int
        ram:
          description: The memory. The unit varies - the API returns GB for some and MB for others. Never compute with
            it.
          returned: always
          type: int
        vcpu:
          description: The number of vCPUs.
          returned: always
          type: int
    platform:
      description: The operating system, V(linux) or V(windows).
      returned: always
      type: str
    metadata:
      description: Further data of the image.
      returned: when the API returns it
      type: dict
    license:
      description: Whether the cloud licenses the operating system, V(licensed) or V(unlicensed).
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
    - {id: 8d4c3c63-9d3c-4c33-8a4e-1f1c5c0a2b22, name: golden-1, platform: linux, status: active}
init_logs:
  description: The lines of the init log.
  returned: when O(kind=init_logs)
  type: list
  elements: str
  sample: ["Cloud-init v. 24.2 finished."]
count:
  description: The number of rows in the list.
  returned: success
  type: int
  sample: 1
api_time:
  description: The time of the API's response by the API's clock, in UTC. O(older_than) and O(newer_than) count from
    this time. Null if the response did not contain it.
  returned: success
  type: str
  sample: "2026-11-25T12:00:00Z"
api_version:
  description:
    - The version of the API in this region - V(2026-08), which the public gateway serves today, V(2024-08), or
      V(2025-05), a form between these two. V(2025-05) is recognized only by the labels in a list of instances; without
      labels, it is taken for V(2024-08).
    - Null if no response showed it, for example if only a resource was read by its O(id).
  returned: success
  type: str
  sample: "2026-08"
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
    doing: list instances
    status: 403
    slug: forbidden
    message: The key has expired
    details: {}
    request_id: 0a1b2c3d
"""

# Ends the module on a Python that is too old.
from ansible_collections.magalu.cloud.plugins.module_utils import _python  # noqa: F401 # pylint: disable=unused-import

# isort: split
import time

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError, Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import API_VERSIONS
from ansible_collections.magalu.cloud.plugins.module_utils._api.times import api_now
from ansible_collections.magalu.cloud.plugins.module_utils._module import Module
from ansible_collections.magalu.cloud.plugins.module_utils._resources.info import (
    INFO_SPEC,
    check_filters,
    read_init_logs,
    read_rows,
)


def main() -> None:
    module = Module(INFO_SPEC, mutually_exclusive=[("id", "name", "name_pattern")])
    module.check(check_filters, module.params)
    client = module.client()
    kind = module.params["kind"]
    try:
        rows = (read_init_logs if kind == "init_logs" else read_rows)(client, module.params)
    except (ApiError, Refused) as error:
        module.fail(client, f"list {kind.replace('_', ' ')}", error)
    now = api_now(client)
    api_time = now and time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    version = API_VERSIONS[client.api_version] if client.api_version else None
    module.exit_json(changed=False, count=len(rows), api_time=api_time, api_version=version, **{kind: rows})


if __name__ == "__main__":
    main()
