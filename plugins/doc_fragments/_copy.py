# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """The options that vm_snapshot and vm_backup share."""

    DOCUMENTATION = r"""
options:
  id:
    description:
      - The copy's id, a UUID. With O(name) as well and O(state=present), it is renamed to that.
    type: str
  name:
    description:
      - The copy's name, 1 to 255 characters, unique in the tenant.
      - With O(state=present), C({instance}) in it stands for the instance's name, and C({date}) for the day by the API's
        clock in UTC (YYYY-MM-DD), so that a second run on the same day finds what the first one made.
    type: str
  new_name:
    description: Renames the copy O(name) to this name.
    type: str
  instance:
    description:
      - The name or id of the instance that the copy is of. Required to create one.
      - A copy of that name that belongs to another instance is an error, also where O(instance) does not exist and the
        copy's own instance does. If its own instance is gone, or the API does not tell which one it is, the task warns,
        and leaves the copy as it is.
      - In check mode an instance that does not exist counts as created by an earlier task of the play, with a warning,
        since the result cannot be predicted.
      - With O(state=pruned), only copies of this instance are looked at. One that is gone is given by its id.
    type: str
  power_off:
    description:
      - Whether to stop a running instance for a consistent copy, and to bring it back afterwards, also if the copy
        failed. Without it a copy of a running instance is only crash-consistent.
      - A run that is killed in between leaves the instance stopped.
      - It fails for an instance whose state is not one of running, stopped and suspended.
    type: bool
    default: false
  restore:
    description:
      - The instance to restore the copy to, with O(state=restored), as in M(magalu.cloud.vm_instance).
      - An instance of this name that exists counts as restored only if it is not what the copy is of, is younger than
        the copy, and has its image. Otherwise the task fails. If the copy does not exist any more, none of that can be
        told, and the task warns.
      - In check mode a copy that does not exist counts as created by an earlier task of the play, with a warning.
    type: dict
    suboptions:
      name:
        description: The name of the instance.
        type: str
        required: true
      machine_type:
        description:
          - The machine type's name or id, for example V(BV1-1-40). Required to create an instance.
          - An instance of another type is changed to this type. A suspended instance is started for that, and suspended
            again.
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
        default: [capacity]
  destination_region:
    description:
      - The region to copy to, with O(state=copied), another one of V(br-se1), V(br-ne1) and V(br-mgl1).
      - The API answers without the new copy's id. It is looked for by its name in that region, so the collection cannot
        promise more than that one of this name is there. O(api_url) must contain C({region}).
    type: str
  keep_last:
    description: How many of the newest copies of each instance stay, with O(state=pruned).
    type: int
  keep_days:
    description: Copies that are younger than this many days stay, with O(state=pruned), by the API's clock.
    type: float
  name_prefix:
    description: Only copies whose names begin with this are looked at, with O(state=pruned).
    type: str
  all:
    description: Looks at all copies, with O(state=pruned), in place of O(name_prefix).
    type: bool
    default: false
  prune_max:
    description: Deletes nothing if more copies than this would go, with O(state=pruned).
    type: int
  protect_names:
    description:
      - Shell patterns. A copy whose whole name matches one of them is never deleted. The module has no other use for it, so
        that it can be set in C(module_defaults) of the group C(magalu.cloud.vm).
    type: list
    elements: str
  state:
    description:
      - V(present) - the copy exists, is available and completed.
      - V(absent) - it does not exist.
      - V(restored) - the instance O(restore) exists, made from it.
      - V(copied) - it is in O(destination_region) too.
      - V(pruned) - old copies are deleted, oldest first. What any of O(keep_last) and O(keep_days) keeps is kept. Only
        copies that are available, completed, and made by hand are touched.
    type: str
    choices: [present, absent, restored, copied, pruned]
    default: present
  wait:
    description: Whether to wait until the last step has taken effect. Steps before it are always waited for.
    type: bool
    default: true
  wait_timeout:
    description:
      - How many seconds the whole task may take. When they are over nothing new is begun, and it fails; the next run
        carries on from there.
      - An instance that was powered off for the copy is brought back to its power state also then.
    type: int
    default: 3600
"""
