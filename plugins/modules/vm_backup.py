#!/usr/bin/python
# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: vm_backup
short_description: Manage backups of virtual machine instances on Magalu Cloud
version_added: 1.0.0
description:
  - Create, rename, restore, copy to another region, and delete backups, one by one or by age and number.
  - Only API version 2024-08 has backups. Where there are none the task fails, and
    M(magalu.cloud.vm_snapshot) does the job. A machine may have 100 backups.
author:
  - Magalu Cloud collection contributors (@magalucloud)
extends_documentation_fragment:
  - magalu.cloud._api
  - magalu.cloud._group
  - magalu.cloud._attributes
  - magalu.cloud._copy
seealso:
  - module: magalu.cloud.vm_instance
  - module: magalu.cloud.vm_info
"""

EXAMPLES = r"""
- name: A server to make backups of
  magalu.cloud.vm_instance:
    name: db-01
    machine_type: BV1-1-40
    image: cloud-ubuntu-24.04 LTS
    ssh_key_name: deploy
    network:
      associate_public_ip: false

- name: One backup a day, with the server stopped for it
  magalu.cloud.vm_backup:
    name: "nightly-{instance}-{date}"
    instance: db-01
    power_off: true

- name: Give it a name that stays
  magalu.cloud.vm_backup:
    name: "nightly-{instance}-{date}"
    instance: db-01
    new_name: before-the-upgrade

- name: Restore it to another server
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

- name: Keep the last seven of each server, and whatever is younger than 30 days
  magalu.cloud.vm_backup:
    state: pruned
    name_prefix: nightly-
    keep_last: 7
    keep_days: 30

- name: Delete it
  magalu.cloud.vm_backup:
    name: before-the-upgrade
    state: absent
"""

RETURN = r"""
backup:
  description:
    - The backup, as the API describes it. Null when it does not exist.
    - In check mode what it would be, with the same keys; what only the cloud knows is null.
  returned: when O(state) is not V(pruned)
  type: dict
  sample:
    id: 4830bfbe-0362-4ebb-a8ba-f36be4b4bc6a
    name: nightly-db-01-2026-11-25
    state: available
    status: completed
    size: 40
    created_at: "2026-11-25T03:00:00Z"
    instance: {id: 9ec75090-2872-4f51-8111-53d05d96d2c6}
instance:
  description: The instance that was restored, as M(magalu.cloud.vm_instance) returns it.
  returned: when O(state=restored)
  type: dict
  sample: {id: 1b2c7090-2872-4f51-8111-53d05d96d2c6, name: db-02, state: running, status: completed}
destination:
  description: The backup in O(destination_region).
  returned: when O(state=copied)
  type: dict
  sample: {id: 5a30bfbe-0362-4ebb-a8ba-f36be4b4bc6a, name: nightly-db-01-2026-11-25, state: available}
kept:
  description: The backups that stay, each with the reason.
  returned: when O(state=pruned)
  type: list
  elements: dict
  sample:
    - {id: 4830bfbe-0362-4ebb-a8ba-f36be4b4bc6a, name: nightly-db-01-2026-11-25, created_at: "2026-11-25T03:00:00Z",
       reason: it is one of the last 7 of its instance}
pruned:
  description: The backups that go.
  returned: when O(state=pruned)
  type: list
  elements: dict
  sample:
    - {id: 2130bfbe-0362-4ebb-a8ba-f36be4b4bc6a, name: nightly-db-01-2026-10-01, created_at: "2026-10-01T03:00:00Z"}
actions:
  description: The steps that were done (in check mode, that would be), in order.
  returned: always
  type: list
  elements: dict
  sample:
    - {action: create, description: create backup nightly-db-01-2026-11-25 of instance db-01}
creation_attempts:
  description: The creations that failed, in order, before another one of O(restore.alternatives) was tried, or none was left.
  returned: when O(restore.alternatives) are given
  type: list
  elements: dict
  sample:
    - machine_type: BV2-4-40
      availability_zone:
      error: {slug: create_instance.capacity.error, message: There is no capacity for BV2-4-40 in br-se1-a}
created:
  description: Ids of what this run created, when it failed afterwards.
  returned: on failure
  type: list
  elements: str
  sample: ["4830bfbe-0362-4ebb-a8ba-f36be4b4bc6a"]
error:
  description:
    - What failed, with the same keys at every failure. C(status), C(details) and C(request_id) are null where no request was
      refused - a check of the task failed, the time was up, or what was created failed later. C(slug) is the API's, also of
      what failed later, such as C(create_instance.capacity.error), and null where the API gave none.
  returned: on failure
  type: dict
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
from ansible_collections.magalu.cloud.plugins.module_utils._module import Module
from ansible_collections.magalu.cloud.plugins.module_utils._resources.copies import (
    COPY_SPEC,
    copy_task,
    restore_secrets,
)


def main() -> None:
    module = Module(COPY_SPEC, mutually_exclusive=[("id", "new_name")])
    client = module.client(*restore_secrets(module.params))
    module.reconcile(client, lambda check: copy_task(client, {**module.params, "assume_created": check}, BACKUPS))


if __name__ == "__main__":
    main()
