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
  description: The password. With O(password_file) only when that could not be written, so that it is not lost.
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

import contextlib
import os

from ansible_collections.magalu.cloud.plugins.module_utils._api import INSTANCES, Refused
from ansible_collections.magalu.cloud.plugins.module_utils._checks import require_uuid
from ansible_collections.magalu.cloud.plugins.module_utils._client import ApiError
from ansible_collections.magalu.cloud.plugins.module_utils._engine import Failed
from ansible_collections.magalu.cloud.plugins.module_utils._info import before_2026
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
LOST = (
    "The answer is lost, and may have had the password, which is given out once: it is not asked for again. If another "
    "run says that it was read already, set a new one inside of the instance."
)


def read(client, instance_id, wait):
    """The API's answer. It is asked again only after the API said that the password is not ready."""
    path = f"{INSTANCES.path}/config/{instance_id}/first-windows-password"
    while True:
        try:
            # A client of its own: a kept connection that the server has closed looks exactly like a lost answer.
            body = client.client_for(client.connection.region).request("GET", path, once=True).body
            user, password = body["instance"].get("user"), body["instance"]["password"]
            if not (isinstance(password, str) and password):
                raise TypeError
            return {"user": user, "password": password}
        except ApiError as error:
            if error.slug != NOT_READY and before_2026(client, error):
                raise Refused("The edition of the API of 2024 has no first passwords.") from None
            if error.slug != NOT_READY or not wait or client.clock.now() + 10 > client.deadline:
                raise lost(error) if error.lost else error from None
            client.clock.sleep(10)
        except (AttributeError, KeyError, TypeError):
            raise lost(ApiError("GET", path, "", 200)) from None


def lost(error):
    """The error for an answer that may have been the password; none of what was read of it is told."""
    if error.status is not None and error.status < 300:
        error = ApiError(error.method, error.path, "the answer has no password that can be read", error.status)
    return Failed(LOST, error=error)


def first_password(module):
    """Whose password it is, its user, and itself. Ends the module where it cannot be read."""
    want, client = module.params, module.client()
    got = {"password_file": want["password_file"]} if want["password_file"] else {}
    try:
        if want["id"]:
            require_uuid("id", want["id"])
        names = [want["name"]] if want["name"] else []
        row = next(iter(find(client, names, want["id"], True).values()), None)
        if row is None:
            raise Refused(f"There is no instance {want['name'] or want['id']!r}.")
        got["instance"] = {"id": row["id"], "name": row.get("name")}
        return dict(got, **read(client, row["id"], want["wait"]))
    except (ApiError, Refused, Failed) as error:
        module.fail(client, f"read the first password of instance {want['name'] or want['id']}", error, **got)


@contextlib.contextmanager
def part_of(path):
    """A file beside it for its owner only, made before the password is read, since that cannot be read again."""
    if not path:
        yield None
        return
    name = f"{path}.{os.getpid()}.part"
    with open(name, "x", encoding="utf-8", opener=lambda file, flags: os.open(file, flags, 0o600)) as part:
        try:
            yield part
        finally:
            with contextlib.suppress(FileNotFoundError):  # it has its name
                os.unlink(name)


def keep(part, path, password):
    """Writes the password, and gives the file its name."""
    part.write(password + "\n")
    part.flush()
    os.fsync(part.fileno())
    os.rename(part.name, path)


def main() -> None:
    one = [("id", "name")]
    module = Module(SPEC, required_one_of=one, mutually_exclusive=one, supports_check_mode=False)
    target = module.params["password_file"]
    if target and os.path.exists(target):
        module.exit_json(changed=False, password_file=target)
    got = {}
    try:
        with part_of(target) as part:
            got = first_password(module)
            if part:
                keep(part, target, got["password"])
    except (OSError, ValueError) as cause:  # the password, if it was read, must not be lost
        why = getattr(cause, "strerror", None) or "it is no text in UTF-8"
        module.fail_json(f"password_file {target!r} cannot be written: {why}.", changed=bool(got), **got)
    if target:
        del got["password"]
    module.exit_json(changed=True, **got)


if __name__ == "__main__":
    main()
