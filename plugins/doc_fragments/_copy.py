# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

# COPY and COPIES stand for the name of the resource.
_OPTIONS = r"""
options:
  id:
    description:
      - The COPY's id, a UUID. With O(name) as well and O(state=present), the COPY is renamed to that name.
    type: str
  name:
    description:
      - The COPY's name, 1 to 255 characters, unique in the tenant.
      - With O(state=present), C({instance}) is replaced by the instance's name, and C({date}) by the date of the API's
        clock in UTC (YYYY-MM-DD). A second run on the same day finds the COPY that the first run created.
    type: str
  new_name:
    description: Renames the COPY O(name) to this name.
    type: str
  instance:
    description:
      - The name or id of the instance to create the COPY of. Required to create a COPY.
      - If the COPY exists but belongs to another instance, the task fails. If O(instance) does not exist, the task
        fails if the COPY's own instance exists; it warns, and leaves the COPY as it is, if that instance was deleted or
        the API does not return it.
      - In check mode an instance that does not exist counts as created by an earlier task of the play, with a warning,
        because the result cannot be predicted.
      - With O(state=pruned), only COPIES of this instance are considered. Give the id of an instance that was deleted.
    type: str
  power_off:
    description:
      - Whether to stop a running instance for a consistent COPY, and to start it again afterwards, also if the COPY
        failed. Otherwise the COPY of a running instance is only crash-consistent.
      - A run that is killed in between leaves the instance stopped.
      - The task fails if the state of the instance is not running, stopped or suspended.
    type: bool
    default: false
  restore:
    description:
      - The instance to create from the COPY, with O(state=restored), as in M(magalu.cloud.vm_instance).
      - An existing instance of this name counts as restored only if it is not the instance that the COPY is of, is
        younger than the COPY, and has its image. Otherwise the task fails. If the COPY does not exist any more, the
        task cannot check that. Then it warns, or fails if it would have to change the instance.
      - In check mode a COPY that does not exist counts as created by an earlier task of the play, with a warning.
    type: dict
    suboptions:
      name:
        description: The name of the instance.
        type: str
        required: true
      machine_type:
        description:
          - The machine type's name or id, for example V(BV1-1-40). Required to create an instance.
          - An existing instance of another type is changed to this type. A suspended instance is started for that, and
            then suspended again.
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
      labels:
        description: Refused, since restores take no labels.
        type: list
        elements: str
      volumes:
        description: Refused, since restores take no volumes.
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
      on_failed:
        description:
          - What to do with an instance whose creation failed. V(replace) deletes the instance with its public IP
            address and creates it again. Instances that have ever been running are never deleted.
          - V(replace) is refused with O(magalu.cloud.vm_instance#module:network.interface), because the interface would
            be deleted with the failed instance, and has no effect with O(magalu.cloud.vm_instance#module:id).
        type: str
        choices: [fail, replace]
        default: fail
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
        default: [capacity]
  destination_region:
    description:
      - The region to copy the COPY to, with O(state=copied) - another region of V(br-se1), V(br-ne1) and V(br-mgl1).
      - The API does not return the id of the new COPY. The module looks for the name in that region, so it can only
        promise that a COPY with this name exists there. O(api_url) must contain C({region}).
    type: str
  keep_last:
    description: How many of the newest COPIES of each instance to keep, with O(state=pruned).
    type: int
  keep_days:
    description: With O(state=pruned), COPIES that are younger than this number of days are kept. Ages count by the
      API's clock.
    type: float
  name_prefix:
    description: With O(state=pruned), only COPIES whose names start with this text are considered.
    type: str
  all:
    description: With O(state=pruned), all COPIES are considered, instead of those with O(name_prefix).
    type: bool
    default: false
  prune_max:
    description: With O(state=pruned), nothing is deleted if more COPIES than this would be deleted.
    type: int
  protect_names:
    description:
      - Shell patterns. A COPY whose whole name matches a pattern is never deleted. This option has no other effect, so
        it can be set in C(module_defaults) of the group C(magalu.cloud.vm).
    type: list
    elements: str
  new_copy:
    description:
      - With O(state=pruned) and O(instance), the name of a COPY of the instance that an earlier task creates. In check
        mode that COPY counts as existing, so that check mode predicts the deletions of the real run. It has no other
        effect.
    type: str
    version_added: 1.1.0
  state:
    description:
      - V(present) - the COPY exists, is available and completed. Requires O(instance) to create it.
      - V(absent) - the COPY does not exist.
      - V(restored) - the instance O(restore) exists, created from the COPY. Requires O(restore).
      - V(copied) - the COPY exists in O(destination_region) too. Requires O(destination_region).
      - V(pruned) - old COPIES are deleted, oldest first. A COPY that O(keep_last) or O(keep_days) keeps is kept. Only
        COPIES that are available, completed, and made manually are deleted. Requires O(name_prefix) or O(all=true), and
        O(keep_last) or O(keep_days), and cannot be combined with O(id) and O(name).
      - All states but V(pruned) require O(name) or O(id).
    type: str
    choices: [present, absent, restored, copied, pruned]
    default: present
  wait:
    description: Whether to wait until the last step has taken effect. The module always waits for the steps before it.
    type: bool
    default: true
  wait_timeout:
    description:
      - How many seconds the whole task may take. When they have passed, no new step is started and the task fails. The
        next run continues.
      - Even then, an instance that was stopped for the COPY is started again.
    type: int
    default: 3600
"""


class ModuleDocFragment:
    """The options that vm_snapshot and vm_backup share, each in the words of its resource."""

    # Annotated, since ansible-test takes every plain assignment in a fragment for a literal text.
    SNAPSHOT: str = _OPTIONS.replace("COPY", "snapshot").replace("COPIES", "snapshots")
    BACKUP: str = _OPTIONS.replace("COPY", "backup").replace("COPIES", "backups")
