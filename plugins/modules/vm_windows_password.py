#!/usr/bin/python
# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: vm_windows_password
short_description: Read the first password of a Windows instance on Magalu Cloud
version_added: 1.0.0
description:
  - Reads the password of the first administrator of a Windows instance. The API returns it B(once), and it expires.
  - The module never reads the password in check mode, and never requests it again after a request that may have been
    answered. If that response is lost, the password is lost too, and has to be reset inside the instance.
  - Needs API version 2026-08.
author:
  - Magalu Cloud collection contributors (@magalucloud)
extends_documentation_fragment:
  - magalu.cloud._api
  - magalu.cloud._group
  - magalu.cloud._group.names
  - magalu.cloud._attributes.secret
options:
  id:
    description: The instance's id, a UUID. Exactly one of O(id) and O(name) is required.
    type: str
  name:
    description: The instance's name.
    type: str
  password_file:
    description:
      - A file to which the module writes the password before it returns, readable only by its owner, on the host that
        the module runs on. Its folder must exist. With this option, the result does not contain the password.
      - A path that is a folder is an error.
      - If the file exists, the module makes no request and changes nothing.
    type: path
  wait:
    description: Whether to wait until the password is ready. The API reports that without returning the password.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds the whole task may take.
    type: int
    default: 600
seealso:
  - module: magalu.cloud.vm_instance
    description: Creates the Windows instance.
  - ref: ansible_collections.magalu.cloud.docsite.windows
    description: An example of a Windows server.
"""

EXAMPLES = r"""
- name: A Windows server
  magalu.cloud.vm_instance:
    name: win-01
    machine_type: BV2-4-40
    image: windows-server-2022
    network:
      associate_public_ip: false

- name: Write its first password to a file
  magalu.cloud.vm_windows_password:
    name: win-01
    password_file: "/tmp/win-01.password"
"""

RETURN = r"""
user:
  description: The user to whom the password belongs.
  returned: when the password was read
  type: str
  sample: admin
password:
  description: The password. With O(password_file), it is returned only if the file could not be written, so that the
    password is not lost.
  returned: when the password was read, and not written to a file
  type: str
  sample: example
password_file:
  description: The file that contains the password.
  returned: when O(password_file) is given
  type: str
  sample: /root/win-01.password
instance:
  description: The instance's id and name.
  returned: when the module looked for it
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
  sample: {id: 9ec75090-2872-4f51-8111-53d05d96d2c6, name: win-01}
error:
  description:
    - The failure, always with the same keys. C(status), C(details) and C(request_id) are null if the API did not
      refuse a request, for example because a check of the task failed, O(wait_timeout) expired, or a resource failed
      after its creation.
    - C(slug) is V(not_in_api_version) if the API version of this region does not have what the task needs, and null if
      the error has no name.
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
    doing: read the first password of instance win-01
    status: 404
    slug: windows_password_not_found
    message: The first password was read already
    details: {}
    request_id: 0a1b2c3d
"""

# Ends the module on a Python that is too old.
from ansible_collections.magalu.cloud.plugins.module_utils import _python  # noqa: F401 # pylint: disable=unused-import

# isort: split
import os

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError, Failed, Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.messages import plain_error
from ansible_collections.magalu.cloud.plugins.module_utils._module import Module
from ansible_collections.magalu.cloud.plugins.module_utils._resources.password import (
    PASSWORD_SPEC,
    find_instance,
    keep_password,
    open_part,
    read_password,
)


def main() -> None:
    id_or_name = [("id", "name")]
    module = Module(PASSWORD_SPEC, required_one_of=id_or_name, mutually_exclusive=id_or_name, supports_check_mode=False)
    params, target = module.params, module.params["password_file"]
    if target and os.path.isdir(target):
        module.fail_json(f"password_file {target!r} is a folder. Give the path of a file in it.")
    if target and os.path.exists(target):
        module.exit_json(changed=False, password_file=target)
    client, result = module.client(), {"password_file": target} if target else {}
    password = None
    try:
        with open_part(target) as part:
            result["instance"] = find_instance(client, params)
            result.update(read_password(client, result["instance"]["id"], params["wait"]))
            password = result["password"]
            if part:
                keep_password(part, target, password)
    except (ApiError, Refused, Failed) as error:
        module.fail(client, f"read the first password of instance {params['name'] or params['id']}", error, **result)
    except (OSError, ValueError) as cause:  # the password, if it was read, must not be lost
        why = getattr(cause, "strerror", None) or "the password is not valid UTF-8"
        text = f"password_file {target!r} cannot be written: {why}."
        failed = {"changed": True, **result} if password else {"changed": False}
        module.fail_json(text, error=plain_error(f"write {target!r}", text), **failed)
    if target:
        del result["password"]
    module.exit_json(changed=True, **result)


if __name__ == "__main__":
    main()
