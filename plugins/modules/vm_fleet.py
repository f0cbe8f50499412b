#!/usr/bin/python
# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: vm_fleet
short_description: Manage many virtual machine instances on Magalu Cloud at once
version_added: 1.0.0
description:
  - Brings many instances to their desired state in one task, with one listing for all of them.
  - A member takes the options of M(magalu.cloud.vm_instance), and gets the same steps. The failure of a member does not
    stop the others, and the next run does only what is missing.
  - If the O(prune_match) patterns of two fleets match each other's instances, each fleet deletes the instances of the
    other fleet. Give the names of each fleet a prefix of their own.
author:
  - Magalu Cloud collection contributors (@magalucloud)
extends_documentation_fragment:
  - magalu.cloud._api
  - magalu.cloud._approval
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
          - At least one of O(magalu.cloud.vm_instance#module:id) and O(magalu.cloud.vm_instance#module:name) is
            required.
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
          - An existing instance of another type is changed to this type. A suspended instance is started for that, and
            then suspended again.
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
            are compared if the API's response contains them (see
            O(magalu.cloud.vm_instance#module:on_immutable_change)); the other suboptions count only at creation.
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
              - An existing instance that has an address although this is V(false), or none although it is V(true),
                differs in something that the API cannot change (see
                O(magalu.cloud.vm_instance#module:on_immutable_change)).
              - API version 2024-08 does not show which of several interfaces is the primary interface. If only some of
                the interfaces have an address, this option therefore counts only at creation there.
            type: bool
      network_interfaces:
        description:
          - The ids of interfaces that are attached to the instance, compared as a set.
        type: list
        elements: str
      purge_network_interfaces:
        description:
          - Whether to detach interfaces that are neither primary nor in
            O(magalu.cloud.vm_instance#module:network_interfaces), which must be given. An empty list detaches all
            interfaces except the primary interface.
          - The task fails if the API does not say which interface is the primary interface.
        type: bool
      labels:
        description:
          - Labels of a new instance. They are refused on API version 2024-08, which has none, and on API version
            2025-05 while no instance has labels, because it cannot be distinguished from 2024-08 then.
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
            O(magalu.cloud.vm_instance#module:id), with O(magalu.cloud.vm_instance#module:network.interface), for an
            instance with interfaces besides the primary interface, and while the instance is in transition. With API
            version 2024-08, it is also refused for another O(magalu.cloud.vm_instance#module:availability_zone),
            because that version does not show whether the zone exists.
          - With V(fail) and V(recreate), the task waits for a missing public address in the first minute after the
            creation. In the first hour, V(recreate) does not recreate an instance only because the address is missing;
            it warns.
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
            in O(magalu.cloud.vm_instance#module:alternatives_on). For example,
            O(magalu.cloud.vm_instance#module:machine_type) is V(BV1-2-40) and
            O(magalu.cloud.vm_instance#module:availability_zone) is V(br-se1-a). With one entry that has the machine
            type V(BV2-4-40), and a second entry that has the zone V(br-se1-b), the task first tries V(BV1-2-40) in
            V(br-se1-a), then V(BV2-4-40) in V(br-se1-a), and then V(BV1-2-40) in V(br-se1-b).
          - O(magalu.cloud.vm_instance#module:machine_type) and O(magalu.cloud.vm_instance#module:availability_zone) are
            tried first. They also apply to an entry that leaves them out. Without
            O(magalu.cloud.vm_instance#module:machine_type) only the entries are tried, and the type of an existing
            instance is not changed.
          - A failed attempt is deleted with its public IPv4 address before the next attempt. If all attempts fail, the
            last failed instance is deleted too, and the task fails with the reason for each.
          - All entries are checked against the catalogues before the first attempt. Check mode predicts the first
            attempt.
          - An existing instance that matches any entry counts as declared. Its machine type and its zone are left as
            they are.
          - An interrupted run may leave an instance that matches an entry, has never been running, and failed for one
            of these reasons. The instance is deleted with its address. The task continues with the next entry, and
            tries the entry of the deleted instance last.
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
          - V(present) - the instance exists; its power state is left as it is.
          - V(running), V(stopped), V(suspended) - the instance exists and has that power state. A stopped instance is
            billed like a running one.
          - V(rebooted) - the instance is rebooted, or started if it is stopped. This is always a change. An instance
            that the task created is not rebooted.
          - V(absent) - the instance does not exist.
          - An instance whose state is not running, stopped or suspended can be renamed or deleted. A task that needs
            its power state (V(running), V(stopped), V(suspended), V(rebooted), another machine type) fails.
        type: str
        choices: [present, running, stopped, suspended, rebooted, absent]
  defaults:
    description:
      - The options of all members that do not set them. Mappings, such as C(network), are merged key by key.
      - If a member sets an option that excludes a default, such as C(snapshot) with the default C(image), the default
        does not apply.
    type: dict
    suboptions: *member
  count:
    description:
      - The number of members with numbered names, from 1 on, in addition to those in O(instances). O(name_format) makes
        their names.
    type: int
  name_format:
    description: The format of numbered names. It must contain C({index}), for example V(web-{index:03d}).
    type: str
  state:
    description: The state of all members that do not set it, as in O(magalu.cloud.vm_instance#module:state).
    type: str
    choices: [present, running, stopped, suspended, rebooted, absent]
    default: present
  concurrency:
    description: The number of requests that are sent at once.
    type: int
    default: 10
  batch:
    description:
      - How many members may be in transition at a time, as a number or a percentage such as V(20%) (at least one
        member), so that a resize or a reboot never stops the whole fleet. No limit by default.
      - Members that are already in transition count too. It needs O(wait=true).
    type: str
  max_failures:
    description:
      - How many members may fail, as a number or a percentage (rounded down). If more fail, no further member is
        started, and the members that were started are finished. No limit by default.
    type: str
  prune_match:
    description:
      - Deletes the instances whose names match this shell pattern and that are not declared. Case counts. The pattern
        must start with three literal characters, unless O(prune_all=true).
      - Nothing is pruned if a member failed (so O(wait=true) is required if there are members), or if the list of
        instances cannot be proved complete. Without members, nothing is pruned unless O(count=0) or
        O(allow_empty=true).
    type: str
  prune_all:
    description: Allows any O(prune_match). Without O(prune_match), all instances that are not declared are deleted.
    type: bool
    default: false
  prune_max:
    description:
      - How many instances may be pruned, as a number or a percentage (rounded down) of the instances that match. If
        there are more, the task fails before it changes anything.
    type: str
    default: "5"
  allow_empty:
    description: Allows O(instances) to be an empty list. One of O(instances) and O(count) is required.
    type: bool
    default: false
  protect_names:
    description:
      - Shell patterns. An instance whose whole name matches a pattern is never deleted. Pruning keeps it, and a member
        that would delete it fails. The patterns of the member itself count too.
    type: list
    elements: str
  protect_labels:
    description:
      - An instance that has one of these labels, or whose labels cannot be read, is never deleted, as with
        O(protect_names).
    type: list
    elements: str
  delete_public_ip:
    description:
      - Whether deleting an instance deletes its public IPv4 address too. An address that is kept is still billed, and
        the task warns about it.
      - It applies to pruned instances, and to members if neither O(defaults) nor the member sets it.
    type: bool
  results:
    description:
      - Whether to return each member's instance in full, or only its id, name, state, status and addresses.
    type: str
    choices: [full, brief]
    default: full
  progress_file:
    description:
      - >-
        A file to which the module adds a line every few seconds that says how many members are in which state, such as
        C(fleet web: 137/200 running, 41 creating, 22 waiting). The last line says how the task ended.
      - Without this option Ansible shows those lines while the module runs, if it runs on the controller (C(connection)
        is V(local)), without C(async) and C(no_log), and without C(become) to another user than root.
    type: path
  report:
    description:
      - A file to which the module writes an HTML page that shows when each member was requested, in transition and
        settled, and what failed. It is on the host that runs the module, and is also written if the task fails, but not
        in check mode.
    type: path
  wait:
    description: Whether to wait until the last step of each member has taken effect.
    type: bool
    default: true
  wait_timeout:
    description:
      - How many seconds the whole task may take. When they have passed, no new step is started and the task fails. The
        next run continues.
    type: int
    default: 3600
seealso:
  - module: magalu.cloud.vm_instance
    description: Explains the options of a member, with examples.
  - name: Role magalu.cloud.fleet
    link: https://magalu-cloud.github.io/magalu.cloud/fleet_role.html
    description: Uses this module, waits until Ansible can log in, and adds the members to the inventory.
  - ref: ansible_collections.magalu.cloud.docsite.fleets
    description: Fleets by examples, and the safety of pruning.
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

- name: Add the members as hosts of the plays that follow
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

- name: Two hundred instances, and a report of how long each took
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
    - The result of each member, in the order of the declaration, and then of each pruned instance. The keys are the
      same in check mode.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The member's name.
      returned: always
      type: str
    changed:
      description: Whether the member was changed.
      returned: always
      type: bool
    failed:
      description: Whether the member failed.
      returned: when the member failed
      type: bool
    msg:
      description: The message that says why the member failed.
      returned: when the member failed
      type: str
    error:
      description: What failed, as in the RV(error) of the task.
      returned: when the member failed
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
    instance:
      description: The instance. Null if it does not exist. With O(results=brief) only its C(id), C(name), C(state),
        C(status), C(phase), C(private_ipv4), C(public_ipv4) and C(public_ipv6).
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
              description: The memory. The unit varies - the API returns GB for some and MB for others. Never compute
                with it.
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
    creation_attempts:
      description: The creations that failed, in order.
      returned: when the member has C(alternatives)
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
    kept_public_ips:
      description: Public IPv4 addresses that remain, and are billed, after the instance was deleted.
      returned: when there are any
      type: list
      elements: str
    created:
      description: Ids of instances that this run created and that still exist.
      returned: when the member failed after a creation
      type: list
      elements: str
    pruned:
      description: Whether the instance was pruned because it was not declared.
      returned: when the instance was pruned
      type: bool
    warnings:
      description: The warnings about the member.
      returned: always
      type: list
      elements: str
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
    - The numbers of members and of what happened to them.
  returned: always
  type: dict
  contains:
    members:
      description: The number of declared members.
      returned: always
      type: int
    changed:
      description: The number of members that changed, pruned instances included.
      returned: always
      type: int
    failed:
      description: The number of members that failed.
      returned: always
      type: int
    created:
      description: The number of instances that were created or restored.
      returned: always
      type: int
    deleted:
      description: The number of instances that were deleted.
      returned: always
      type: int
    pruned:
      description: The number of deleted instances that were not declared.
      returned: always
      type: int
  sample: {members: 4, changed: 4, failed: 0, created: 4, deleted: 0, pruned: 0}
plan:
  description:
    - The plan of the whole fleet before the first change, including the instances to prune. It is the same in check
      mode and in the real run.
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
      - "create instance web-01 (BV1-1-40, cloud-ubuntu-24.04 LTS)"
    members:
      - name: web-01
        steps: [0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9]
    at: 1796083200
error:
  description:
    - The failure, always with the same keys. C(status), C(details) and C(request_id) are null if the API did not
      refuse a request, for example because a check of the task failed, O(wait_timeout) expired, or a resource failed
      after its creation.
    - C(slug) is V(not_in_api_version) if the API version of this region does not have what the task needs, and null if
      the error has no name.
    - If members failed, this is the error of the first failed member. Each failed member has its own C(error).
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
from ansible_collections.magalu.cloud.plugins.module_utils._module import EXPECTED_PLAN, Module
from ansible_collections.magalu.cloud.plugins.module_utils._resources.fleet import (
    FLEET_SPEC,
    desired_members,
    run_fleet,
)


def main() -> None:
    module = Module({**FLEET_SPEC, **EXPECTED_PLAN}, required_one_of=[("instances", "count")])
    wants = module.check(desired_members, module.params)
    client = module.client(
        *(text for want in wants for text in (want.user_data, want.user_data_base64)), make=FleetClient
    )
    outcome = module.check_or_do(run_fleet, client, wants, module.params, module._diff, module.warn)
    if outcome.message:
        module.fail_json(outcome.message, **outcome.result)
    if outcome.error:
        module.fail(client, outcome.doing, outcome.error, **outcome.result)
    module.exit_json(**outcome.result)


if __name__ == "__main__":
    main()
