#!/usr/bin/python
# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_windows_password
short_description: Read the first password of a Windows instance on Magalu Cloud
version_added: 1.0.0
description:
  - Reads the password of the first administrator of a Windows instance. The API gives it out B(once), and it expires.
  - It is never read in check mode, and never asked for again after a request that may have been answered. If that answer
    is lost, the password is lost too, and has to be set anew inside of the instance.
  - Only the edition of 2026 of the API has it.
author:
  - Magalu Cloud collection contributors (@magalucloud)
extends_documentation_fragment:
  - magalu.cloud._api
  - magalu.cloud._attributes.secret
options:
  id:
    description: The instance's id, a UUID. One of O(id) and O(name) is required.
    type: str
  name:
    description: The instance's name.
    type: str
  password_file:
    description:
      - A file on the host that the module runs on, that the password is written to, readable by its owner only, before
        the module returns. Its folder must exist.
      - If it exists no request is made, and nothing is changed. The password is not in the result then.
    type: path
  wait:
    description: Whether to wait until the password is ready, which the API says without giving it out.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds the whole task may take.
    type: int
    default: 600
seealso:
  - module: magalu.cloud.vm_instance
"""

EXAMPLES = r"""
- name: A Windows server
  magalu.cloud.vm_instance:
    name: win-01
    machine_type: BV2-4-40
    image: windows-server-2022
    network:
      associate_public_ip: false

- name: Keep its first password in a file
  magalu.cloud.vm_windows_password:
    name: win-01
    password_file: "/tmp/win-01.password"
"""

RETURN = r"""
user:
  description: The user that the password is of.
  returned: when it was read
  type: str
  sample: admin
password:
  description: The password, without O(password_file).
  returned: when it was read, and not written to a file
  type: str
  sample: example
password_file:
  description: The file that has the password.
  returned: when O(password_file) is given
  type: str
  sample: /root/win-01.password
instance:
  description: The instance's id and name.
  returned: when it was looked for
  type: dict
  sample: {id: 9ec75090-2872-4f51-8111-53d05d96d2c6, name: win-01}
error:
  description: What the API answered, when the task failed by that.
  returned: on failure
  type: dict
  sample: {doing: read the first password of instance win-01, status: 404, slug: windows_password_not_found}
"""

import os

from ansible_collections.magalu.cloud.plugins.module_utils._api import INSTANCES, Refused
from ansible_collections.magalu.cloud.plugins.module_utils._checks import require_uuid
from ansible_collections.magalu.cloud.plugins.module_utils._client import ApiError
from ansible_collections.magalu.cloud.plugins.module_utils._module import Module
from ansible_collections.magalu.cloud.plugins.module_utils._read import find

SPEC = {
    "id": {"type": "str"},
    "name": {"type": "str"},
    "password_file": {"type": "path", "no_log": False},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 600},
}
NOT_READY = "windows_password_not_ready"


def read(client, instance_id, wait):
    """The API's answer. It is asked again only after the API said that the password is not ready."""
    path = f"{INSTANCES.path}/config/{instance_id}/first-windows-password"
    while True:
        try:
            return client.request("GET", path, once=True).body["instance"]
        except ApiError as error:
            if error.slug != NOT_READY or not wait or client.clock.now() + 10 > client.deadline:
                raise
            client.clock.sleep(10)


class Part:
    """A file for its owner only, opened before the password is read: a full disk must not lose it."""

    def __init__(self, path):
        self.path, self.name = path, f"{path}.{os.getpid()}.part"
        self.handle = os.open(self.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def keep(self, password):
        """Writes the password and gives the file its name."""
        with os.fdopen(self.handle, "w", encoding="utf-8") as file:
            file.write(password + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.rename(self.name, self.path)

    def drop(self):
        """Takes the file away."""
        os.close(self.handle)
        os.unlink(self.name)


def main() -> None:
    one = [("id", "name")]
    module = Module(SPEC, required_one_of=one, mutually_exclusive=one, supports_check_mode=False)
    name, target = module.params["name"] or module.params["id"], module.params["password_file"]
    told = {"password_file": target} if target else {}
    if target and os.path.exists(target):
        module.exit_json(changed=False, **told)
    if target and not os.access(os.path.dirname(os.path.abspath(target)), os.W_OK):
        module.fail_json(f"password_file {target!r} cannot be written: its folder is missing or not writable.")
    client, part = module.client(), None
    doing = f"read the first password of instance {name}"
    try:
        if module.params["id"]:
            require_uuid("id", module.params["id"])
        names = [module.params["name"]] if module.params["name"] else []
        row = next(iter(find(client, names, module.params["id"], True).values()), None)
        if row is None:
            raise Refused(f"There is no instance {name!r}.")
        told["instance"] = {"id": row["id"], "name": row.get("name")}
        part = Part(target) if target else None
        answer = read(client, row["id"], module.params["wait"])
    except (ApiError, Refused) as error:
        if part:
            part.drop()
        module.fail(client, doing, error, **told)
    if part:
        part.keep(answer["password"])
        module.exit_json(changed=True, user=answer.get("user"), **told)
    module.exit_json(changed=True, user=answer.get("user"), password=answer["password"], **told)


if __name__ == "__main__":
    main()
