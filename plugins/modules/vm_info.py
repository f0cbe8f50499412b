#!/usr/bin/python
# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: vm_info
short_description: List virtual machines, images, machine types, snapshots and backups on Magalu Cloud
version_added: 1.0.0
description:
  - Lists what there is, completely, or one by id or name.
  - Finding none is no error, but for V(init_logs), which are of one instance. A kind that the API's edition in this region does not have is one.
  - What was deleted, and is still shown by the API, is only listed where O(state), O(status) or O(id) asks for it.
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
      - What to list. The result has it under the same name.
      - V(init_logs) are the lines that one instance wrote while it booted. They may hold secrets. They need
        O(id) or O(name), and they and V(custom_images) API version 2026-08.
    type: str
    choices: [instances, snapshots, backups, images, custom_images, machine_types, init_logs]
    default: instances
  id:
    description: Only the one with this id. Of O(id), O(name) and O(name_pattern) only one can be given.
    type: str
  name:
    description: Only those with exactly this name.
    type: str
  name_pattern:
    description: Only those whose whole name matches this shell pattern. Case counts.
    type: str
  state:
    description: Only those in one of these states. For instances, snapshots and backups.
    type: list
    elements: str
  status:
    description: Only those with one of these statuses.
    type: list
    elements: str
  availability_zone:
    description: Only instances in this zone, or images and machine types that are offered in it.
    type: str
  machine_type:
    description: Only instances of the machine type with this name or id.
    type: str
  image:
    description: Only instances made from the image with this name or id.
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
    description: Only images or machine types that an instance can be made with (V(true)), or only the others (V(false)).
    type: bool
  instance:
    description: Only snapshots and backups of the instance with this name or id. One that is gone is given by its id.
    type: str
  older_than:
    description: Only those made longer ago than this age (V(7d), V(12h), V(30m)), or before this time
      (ISO 8601, such as V(2026-11-25T12:00:00-03:00); in UTC without an offset).
    type: str
  newer_than:
    description: Only those made more recently than this age, or after this time, as for O(older_than).
    type: str
  backup_type:
    description: Only backups of one of these types.
    type: list
    elements: str
  lines:
    description: How many lines of the init log to return, at most 5000. The API returns 50 if this is not given.
    type: int
  sort:
    description:
      - The order, as C(FIELD), C(FIELD:asc) or C(FIELD:desc). Fields of nested objects are written with a dot, for
        example V(machine_type.name). Without it the API's own order, that of
        instances, snapshots and backups by the time of creation.
    type: list
    elements: str
  expand:
    description:
      - Which nested objects the API is to give in full, and not by their ids only - V(image), V(machine-type),
        V(network) and V(labels) of instances, V(image) and V(machine-type) of snapshots, V(instance) of backups.
      - All of them if this is not given. An empty list gives small answers; addresses and labels are missing then.
    type: list
    elements: str
  user_data:
    description: Whether instances are returned with their user data, which is large and may hold secrets.
    type: bool
    default: false
  wait_timeout:
    description: How many seconds the whole task may take, with all retries.
    type: int
    default: 600
seealso:
  - module: magalu.cloud.vm_instance
"""

EXAMPLES = r"""
- name: All running instances, by name
  magalu.cloud.vm_info:
    kind: instances
    state: [running]
    sort: [name]
  register: running

- name: Images that Linux servers can be made from
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
    - The instances, as the API describes them, with their addresses and C(default_user). Without user data unless asked for.
    - C(labels) are an empty list where an instance has none. API version 2024-08 has no labels.
  returned: when O(kind=instances)
  type: list
  elements: dict
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
  sample:
    - {id: 4830bfbe-0362-4ebb-a8ba-f36be4b4bc6a, name: web-01-2026-11-25, state: available, status: completed, size: 40}
backups:
  description: The backups.
  returned: when O(kind=backups)
  type: list
  elements: dict
  sample:
    - {id: 2ae0b896-855c-456c-b4a5-c8f4e6d2f4f6, name: web-01-weekly, state: available, status: completed, min_disk: 40}
images:
  description: The images.
  returned: when O(kind=images)
  type: list
  elements: dict
  sample:
    - {id: 7d4c3c63-9d3c-4c33-8a4e-1f1c5c0a2b22, name: cloud-ubuntu-24.04 LTS, platform: linux, status: active}
machine_types:
  description: The machine types.
  returned: when O(kind=machine_types)
  type: list
  elements: dict
  sample:
    - {id: 3a1f7d1c-6a1e-4d1e-9d5e-0f6d1b0c8a11, name: BV1-1-40, vcpus: 1, ram: 1, disk: 40, status: active}
custom_images:
  description: The custom images.
  returned: when O(kind=custom_images)
  type: list
  elements: dict
  sample:
    - {id: 8d4c3c63-9d3c-4c33-8a4e-1f1c5c0a2b22, name: golden-1, platform: linux, status: active}
init_logs:
  description: The lines of the init log.
  returned: when O(kind=init_logs)
  type: list
  elements: str
  sample: ["Cloud-init v. 24.2 finished."]
count:
  description: How many there are.
  returned: success
  type: int
  sample: 1
api_time:
  description: When the API answered, by its own clock, in UTC. Ages are told by it. Null if it did not say.
  returned: success
  type: str
  sample: "2026-11-25T12:00:00Z"
error:
  description:
    - What failed, with the same keys at every failure. C(status), C(details) and C(request_id) are null where no request was
      refused - a check of the task failed, the time was up, or what was created failed later. C(slug) is the API's, also of
      what failed later, such as C(create_instance.capacity.error), and null where the API gave none.
  returned: on failure
  type: dict
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
    module.exit_json(changed=False, count=len(rows), api_time=api_time, **{kind: rows})


if __name__ == "__main__":
    main()
