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
      - A copy of that name whose instance is gone is left as it is; one of another instance is an error.
      - With O(state=pruned), only copies of this instance are looked at. One that is gone is given by its id.
    type: str
  power_off:
    description:
      - Whether to stop a running instance for a consistent copy, and to bring it back afterwards, also if the copy
        failed. Without it a copy of a running instance is only crash-consistent.
      - A run that is killed in between leaves the instance stopped.
    type: bool
    default: false
  restore:
    description:
      - The instance to restore the copy to, with O(state=restored), as in M(magalu.cloud.vm_instance).
      - An instance of this name that exists counts as restored only if it is not what the copy is of, is younger than
        the copy, and has its image. Otherwise the task fails.
    type: dict
    suboptions:
      name:
        description: The instance's name.
        type: str
        required: true
      machine_type:
        description: The machine type's name or id. Its disk must be as large as the original's.
        type: str
      ssh_key_name:
        description: The name of an SSH key.
        type: str
      availability_zone:
        description: The zone.
        type: str
      network:
        description: The network, as in M(magalu.cloud.vm_instance).
        type: dict
        suboptions:
          vpc:
            description: The VPC's name or id.
            type: str
          interface:
            description: The id of an interface of your own. It excludes the other suboptions.
            type: str
          security_groups:
            description: The ids of security groups.
            type: list
            elements: str
          subnets:
            description: The id of a subnet. Needs the API's edition of 2026.
            type: list
            elements: str
          associate_public_ip:
            description: Whether the instance gets a public IPv4 address. The API does if this is not given.
            type: bool
      network_interfaces:
        description: The ids of interfaces that are attached.
        type: list
        elements: str
      user_data:
        description: What cloud-init gets, as plain text.
        type: str
      user_data_base64:
        description: The same in base64.
        type: str
      labels:
        description: Refused, since restores take no labels.
        type: list
        elements: str
      volumes:
        description: Refused, since restores take no volumes.
        type: list
        elements: str
      on_failed:
        description:
          - What to do with an instance of this name whose creation failed. V(replace) deletes it with its public IP
            address and restores the copy anew. An instance that ever ran is never touched by this.
        type: str
        choices: [fail, replace]
        default: fail
      alternatives:
        description: Other machine types and zones, as in M(magalu.cloud.vm_instance).
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
        description: What makes the next one of them be tried.
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
    description: Shell patterns. A copy whose whole name matches one of them is never deleted.
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
