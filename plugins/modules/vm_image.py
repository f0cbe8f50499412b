#!/usr/bin/python
# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: vm_image
short_description: Manage custom images on Magalu Cloud
version_added: 1.0.0
description:
  - Import a custom image from a presigned URL, change its description, version and requirements, and delete it.
  - Only API version 2026-08 has custom images. They cannot be renamed.
author:
  - Magalu Cloud collection contributors (@magalucloud)
extends_documentation_fragment:
  - magalu.cloud._api
  - magalu.cloud._group
  - magalu.cloud._approval
  - magalu.cloud._attributes
options:
  id:
    description: The image's id, a UUID. Exactly one of O(id) and O(name) is required.
    type: str
  name:
    description: The image's name, of letters, digits, V(-) and V(_), unique in the tenant.
    type: str
  state:
    description: Whether the image exists.
    type: str
    choices: [present, absent]
    default: present
  url:
    description:
      - A presigned URL of a QCOW2 file, read once to create the image. It is a secret.
      - The URL must be valid for more than 12 hours, because an import takes hours. Otherwise the task warns.
    type: str
  platform:
    description: The operating system. Required to create an image.
    type: str
    choices: [linux, windows]
  license:
    description: Whether the operating system is licensed by the cloud. V(unlicensed) if not given.
    type: str
    choices: [unlicensed, licensed]
  architecture:
    description: The architecture of a new image.
    type: str
    choices: ["x86/64"]
    default: "x86/64"
  uefi:
    description:
      - Whether the image boots by UEFI. V(false) if not given. The API cannot change it later.
    type: bool
  description:
    description: What the image is for.
    type: str
  version:
    description: The image's version.
    type: str
  requirements:
    description: What a machine type must have for this image.
    type: dict
    suboptions:
      vcpu:
        description: Number of vCPUs.
        type: int
        required: true
      ram:
        description: Memory. The API does not document the unit, so compare with the values that it returns for other
          images.
        type: int
        required: true
      disk:
        description: Disk in GB.
        type: int
        required: true
  protect_names:
    description: Shell patterns. An image whose whole name matches a pattern is never deleted.
    type: list
    elements: str
  wait:
    description: Whether to wait until the last step has taken effect.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds the whole task may take. After that, it fails. The next run continues.
    type: int
    default: 14400
seealso:
  - module: magalu.cloud.vm_info
    description: Lists custom images and the cloud's own images.
  - module: magalu.cloud.vm_instance
    description: Creates an instance from the image.
"""

EXAMPLES = r"""
- name: Import an image
  magalu.cloud.vm_image:
    name: golden-1
    url: https://objects.example.com/images/golden-1.qcow2?X-Amz-Date=20991231T000000Z&X-Amz-Expires=86400
    platform: linux
    requirements:
      vcpu: 1
      ram: 1
      disk: 20
    version: "1"

- name: Describe the image
  magalu.cloud.vm_image:
    name: golden-1
    description: The base of all servers

- name: Delete the image
  magalu.cloud.vm_image:
    name: golden-1
    state: absent
"""

RETURN = r"""
image:
  description: The image as the API returns it. Null if it does not exist.
  returned: always
  type: dict
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
      returned: always
      type: str
    version:
      description: The version that the user gave.
      returned: always
      type: str
    requirements:
      description: What a machine type must have at least.
      returned: always
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
      returned: always
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
    id: 7d4c3c63-9d3c-4c33-8a4e-1f1c5c0a2b22
    name: golden-1
    status: active
    platform: linux
    license: unlicensed
    version: "1"
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
  sample: [{action: create, description: create custom image golden-1}]
created:
  description: The ids of images that this run created before it failed.
  returned: on failure
  type: list
  elements: str
  sample: ["7d4c3c63-9d3c-4c33-8a4e-1f1c5c0a2b22"]
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
      - create custom image golden-1
    members:
      - name: custom image golden-1
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
    doing: create custom image golden-1
    status: 409
    slug: conflict
    message: An image with this name already exists
    details: {}
    request_id: 0a1b2c3d
"""

# Ends the module on a Python that is too old.
from ansible_collections.magalu.cloud.plugins.module_utils import _python  # noqa: F401 # pylint: disable=unused-import

# isort: split
from ansible_collections.magalu.cloud.plugins.module_utils._module import EXPECTED_PLAN, Module
from ansible_collections.magalu.cloud.plugins.module_utils._plan.image import desired_image
from ansible_collections.magalu.cloud.plugins.module_utils._resources.image import (
    IMAGE_SPEC,
    image_task,
    presigned_secrets,
)


def main() -> None:
    module = Module(
        {**IMAGE_SPEC, **EXPECTED_PLAN}, required_one_of=[("id", "name")], mutually_exclusive=[("id", "name")]
    )
    want = module.check(desired_image, module.params)
    client = module.client(*presigned_secrets(want.url))
    module.reconcile(client, lambda _check: image_task(client, want))


if __name__ == "__main__":
    main()
