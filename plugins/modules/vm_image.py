#!/usr/bin/python
# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: vm_image
short_description: Manage custom images on Magalu Cloud
version_added: 1.0.0
description:
  - Import a custom image from a presigned URL, change what can be changed of it, and delete it.
  - Only API version 2026-08 has custom images. They cannot be renamed.
author:
  - Magalu Cloud collection contributors (@magalucloud)
extends_documentation_fragment:
  - magalu.cloud._api
  - magalu.cloud._group
  - magalu.cloud._attributes
options:
  id:
    description: The image's id, a UUID. One of O(id) and O(name) is required.
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
      - It must stay valid for more than 12 hours, since an import takes hours. The task warns if it does not.
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
    description: Whether a new image boots by UEFI.
    type: bool
    default: false
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
        description: Memory, in the unit that the API uses for this image.
        type: int
        required: true
      disk:
        description: Disk in GB.
        type: int
        required: true
  protect_names:
    description: Shell patterns. An image whose whole name matches one of them is never deleted.
    type: list
    elements: str
  wait:
    description: Whether to wait until the last step has taken effect.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds the whole task may take. When they are over it fails; the next run carries on from there.
    type: int
    default: 14400
seealso:
  - module: magalu.cloud.vm_info
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

- name: Describe it
  magalu.cloud.vm_image:
    name: golden-1
    description: The base of all servers

- name: Delete it
  magalu.cloud.vm_image:
    name: golden-1
    state: absent
"""

RETURN = r"""
image:
  description: The image, as the API describes it. Null when it does not exist.
  returned: always
  type: dict
  sample:
    id: 7d4c3c63-9d3c-4c33-8a4e-1f1c5c0a2b22
    name: golden-1
    status: active
    platform: linux
    license: unlicensed
    version: "1"
actions:
  description: The steps that were done (in check mode, that would be), in order.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, description: create custom image golden-1}]
created:
  description: Ids of images that this run created, when it failed afterwards.
  returned: on failure
  type: list
  elements: str
  sample: ["7d4c3c63-9d3c-4c33-8a4e-1f1c5c0a2b22"]
error:
  description:
    - What failed, with the same keys at every failure. C(status), C(details) and C(request_id) are null where no request was
      refused - a check of the task failed, the time was up, or what was created failed later. C(slug) is the API's, also of
      what failed later, such as C(create_instance.capacity.error), and null where the API gave none.
  returned: on failure
  type: dict
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
from ansible_collections.magalu.cloud.plugins.module_utils._module import Module
from ansible_collections.magalu.cloud.plugins.module_utils._resources.image import (
    IMAGE_SPEC,
    desired_image,
    image_task,
    url_secrets,
)


def main() -> None:
    module = Module(IMAGE_SPEC, required_one_of=[("id", "name")], mutually_exclusive=[("id", "name")])
    want = module.check(desired_image, module.params)
    client = module.client(*url_secrets(want["url"]))
    module.reconcile(client, lambda _check: image_task(client, want))


if __name__ == "__main__":
    main()
