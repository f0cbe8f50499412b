#!/usr/bin/python
# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

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
        description:
          - The instance's id, a UUID.
          - With O(magalu.cloud.vm_instance#module:name) as well, the instance is renamed to that name.
          - One of O(magalu.cloud.vm_instance#module:id) and O(magalu.cloud.vm_instance#module:name) is required.
        type: str
      name:
        description:
          - The instance's name, 1 to 255 characters. Case counts.
          - If several instances have this name, the task fails and lists their ids.
        type: str
      new_name:
        description:
          - Renames the instance O(magalu.cloud.vm_instance#module:name) to this name.
          - If only an instance with the new name exists, nothing is renamed. If both exist, or neither does, the task
            fails.
        type: str
      machine_type:
        description:
          - The machine type's name or id, for example V(BV1-1-40). Required to create an instance.
          - An instance of another type is changed to this type. A suspended instance is started for that, and suspended
            again.
        type: str
      image:
        description:
          - The image's name or id, for example V(cloud-ubuntu-24.04 LTS). One of
            O(magalu.cloud.vm_instance#module:image), O(magalu.cloud.vm_instance#module:snapshot) and
            O(magalu.cloud.vm_instance#module:backup) is required to create an instance.
        type: str
      snapshot:
        description:
          - The name or id of a snapshot to restore the instance from, instead of
            O(magalu.cloud.vm_instance#module:image).
          - If an instance with this name exists, the snapshot is not read, and need not exist any more.
          - In check mode a snapshot that does not exist counts as created by an earlier task of the play, with a
            warning.
        type: str
      backup:
        description:
          - The name or id of a backup to restore the instance from, instead of
            O(magalu.cloud.vm_instance#module:image). Only API version 2024-08 has backups.
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
          - The network of a new instance. The VPC, the security groups and the public address of an existing instance
            are compared where the API's response shows them (see
            O(magalu.cloud.vm_instance#module:on_immutable_change)); the others count only at creation.
        type: dict
        suboptions:
          vpc:
            description: The VPC's name or id. The tenant's default VPC if not given.
            type: str
          interface:
            description:
              - The id of an existing interface that becomes the primary interface. Only at creation.
              - Of the other suboptions only O(magalu.cloud.vm_instance#module:network.associate_public_ip) can be
                combined with it. The security groups are those of the interface.
              - The interface is deleted together with the instance.
            type: str
          security_groups:
            description:
              - The ids of the security groups of the interface that is created. An empty list is never compared.
              - API version 2024-08 does not show security groups, so they count only at creation there.
            type: list
            elements: str
          subnets:
            description: The id of the subnet of the interface that is created. Only at creation. Needs API version
              2026-08.
            type: list
            elements: str
          associate_public_ip:
            description:
              - Whether the instance gets a public IPv4 address. The address is billed, also after the instance is
                deleted.
              - Without this option the API allocates an address. Always set it explicitly.
              - With O(magalu.cloud.vm_instance#module:network.interface) the module sends V(false) if this is not
                given.
              - An existing instance with an address where this is V(false), or without one where it is V(true), differs
                in what the API cannot change (see O(magalu.cloud.vm_instance#module:on_immutable_change)).
            type: bool
      network_interfaces:
        description:
          - The ids of interfaces that are attached to the instance, compared as a set.
        type: list
        elements: str
      purge_network_interfaces:
        description:
          - Whether to detach interfaces that are neither primary nor in
            O(magalu.cloud.vm_instance#module:network_interfaces).
          - The task fails where the API does not say which interface is the primary one.
        type: bool
      labels:
        description:
          - Labels of a new instance. Needs an API version newer than 2024-08.
        type: list
        elements: str
      volumes:
        description:
          - Names or ids of volumes to attach to a new instance. Only at creation. Needs API version 2026-08.
        type: list
        elements: str
      user_data:
        description:
          - User data for cloud-init at the first boot, as plain text of at most 48,750 bytes. The module encodes it.
        type: str
      user_data_base64:
        description:
          - User data for cloud-init at the first boot, encoded in base64, at most 65,000 characters.
        type: str
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
      delete_public_ip:
        description:
          - Whether deleting the instance deletes its public IPv4 address too. An address that is kept is still billed,
            and the task warns about it.
        type: bool
      on_immutable_change:
        description:
          - What to do when an existing instance differs in something that the API cannot change - image, SSH key, zone,
            user data, labels, VPC, security groups, or whether it has a public IPv4 address. Only values that the API's
            response contains are compared.
          - V(recreate) deletes the instance and creates it again. It is refused with
            O(magalu.cloud.vm_instance#module:id), with other interfaces than the primary interface, with
            O(magalu.cloud.vm_instance#module:network.interface), and while the instance is in transition.
          - With V(fail) and V(recreate), a missing public address is waited for in the first minute after the creation.
            V(recreate) does not recreate an instance for that alone in its first hour, and warns.
        type: str
        choices: [warn, fail, recreate, ignore]
      on_failed:
        description:
          - What to do with an instance whose creation failed. V(replace) deletes the instance with its public IP
            address and creates it again. Instances that have ever been running are never deleted.
          - V(replace) is refused with O(magalu.cloud.vm_instance#module:network.interface), because the interface would
            be deleted with the failed instance, and has no effect with O(magalu.cloud.vm_instance#module:id).
        type: str
        choices: [fail, replace]
      alternatives:
        description:
          - Other machine types and zones, at most 10, that are tried in this order when the creation fails for a reason
            in O(magalu.cloud.vm_instance#module:alternatives_on). For example, with one entry whose machine type is
            V(BV2-4-40) and a second entry whose zone is V(br-se1-b), the task tries what is declared, then the other
            machine type in the declared zone, then the declared machine type in the other zone.
          - O(magalu.cloud.vm_instance#module:machine_type) and O(magalu.cloud.vm_instance#module:availability_zone) are
            tried first. An entry takes from them what it leaves out. Without
            O(magalu.cloud.vm_instance#module:machine_type) only the entries are tried, and the type of an existing
            instance is not changed.
          - A failed attempt is deleted with its public IPv4 address before the next attempt. If all attempts fail, the
            last failed instance is deleted too, and the task fails with the reason for each.
          - All entries are checked against the catalogues before the first attempt. Check mode predicts the first
            attempt.
          - An existing instance that equals any entry is as declared. Its machine type and its zone are left as they
            are.
          - An instance that an interrupted run left, that equals an entry, has never been running, and failed for such
            a reason, is deleted with its address. The task continues with the entry after it, and tries that entry
            again last.
          - It is refused with O(magalu.cloud.vm_instance#module:network.interface), because the interface would be
            deleted with a failed attempt.
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
          - The reasons for which the next entry of O(magalu.cloud.vm_instance#module:alternatives) is tried -
            V(capacity), the zone has no room for the machine type, or V(quota), a quota does not allow it. A creation
            that fails for another reason fails the task.
        type: list
        elements: str
        choices: [capacity, quota]
      state:
        description:
          - V(present) - the instance exists; its power is left as it is.
          - V(running), V(stopped), V(suspended) - the instance exists and has that power state. A stopped instance is
            billed like a running one.
          - V(rebooted) - the instance is rebooted, or started if it is stopped. This is always a change. An instance
            that the task created is not rebooted.
          - V(absent) - the instance does not exist.
          - An instance with another power state than running, stopped and suspended can be renamed or deleted. A task
            that needs its power state (V(running), V(stopped), V(suspended), V(rebooted), another machine type) fails.
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
      - Whether deleting an instance deletes its public IPv4 address too. If it stays, it is billed on, and the task warns.
      - This holds for members, unless O(defaults) or the member itself says otherwise, and for instances that are pruned.
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
        C(fleet web: 137/200 running, 41 creating, 22 waiting). The last line says how the task ended.
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
      C(msg) if it failed. C(warnings) are those of this member. The keys are the same in check mode.
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
        private_ipv4: 198.18.0.12
totals:
  description:
    - How many members there are, how many of them changed and failed, and how many instances were created, deleted
      and pruned.
  returned: always
  type: dict
  sample: {members: 4, changed: 4, failed: 0, created: 4, deleted: 0, pruned: 0}
error:
  description:
    - What failed, with the same keys at every failure. C(status), C(details) and C(request_id) are null where no request was
      refused - a check of the task failed, the time was up, or what was created failed later. C(slug) is the API's, also of
      what failed later, such as C(create_instance.capacity.error), and null where the API gave none.
    - Where members failed it is that of the first one; each failed member has its own.
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

# Ends the module on a Python that is too old.
from ansible_collections.magalu.cloud.plugins.module_utils import _python  # noqa: F401 # pylint: disable=unused-import

# isort: split
from ansible_collections.magalu.cloud.plugins.module_utils._engine.fleet import FleetClient
from ansible_collections.magalu.cloud.plugins.module_utils._module import Module
from ansible_collections.magalu.cloud.plugins.module_utils._resources.fleet import (
    FLEET_SPEC,
    desired_members,
    run_fleet,
)


def main() -> None:
    module = Module(FLEET_SPEC, required_one_of=[("instances", "count")])
    wants = module.check(desired_members, module.params)
    client = module.client(
        *(want[key] for want in wants for key in ("user_data", "user_data_base64")), make=FleetClient
    )
    outcome = module.check_or_do(run_fleet, client, wants, module.params, module._diff, module.warn)
    if outcome.message:
        module.fail_json(outcome.message, **outcome.result)
    if outcome.error:
        module.fail(client, outcome.doing, outcome.error, **outcome.result)
    module.exit_json(**outcome.result)


if __name__ == "__main__":
    main()
