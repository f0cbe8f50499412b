# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The step that creates an instance, and the warnings about a creation."""

from __future__ import annotations

import base64
import re

from .._api.exceptions import NotInVersion, Refused
from .._api.resources import API_VERSIONS, INSTANCES, RESULT_KEYS, Row
from .._api.rows import same_zone, with_addresses
from .catalogs import choose_image, choose_machine_type, is_windows
from .interfaces import new_interface
from .options import DesiredInstance, as_reference, creation_body, creation_effect, too_new_options
from .restore import restore_body, restore_path, restore_source, restore_warnings, source_label
from .step import Catalogs, Step

# Instance names that the vendor's console and Terraform provider accept, and names of SSH keys that are known to work.
_NAME = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
_KEY_NAME = re.compile(r"[A-Za-z0-9_-]{1,45}")
# The beginnings by which cloud-init recognises user data; it ignores case and leading white space.
_CLOUD_INIT = (
    b"#!", b"#cloud-", b"#include", b"#part-handler", b"## template:", b"content-type:", b"mime-version:", b"\x1f\x8b",
)  # fmt: skip


def creation_step(want: DesiredInstance, catalogs: Catalogs) -> Step:
    """Return the step that creates the instance.

    The declaration is checked against the catalogues first. The instance is created from an image, or restored from the
    copy in `catalogs.source`. Raise `Refused` if the declaration cannot be created.
    """
    name, zone, api_version = want.new_name or str(want.name), want.availability_zone, catalogs.api_version
    machine_type = want.machine_type
    if machine_type is None:
        raise Refused(f"There is no instance {name!r}; creating it needs machine_type.")
    too_new = too_new_options(want, api_version or "2024")
    if too_new:
        doubt = " It may be 2025-05 instead, which is only recognized if an instance has labels."
        raise NotInVersion(
            f"This region has API version {API_VERSIONS[api_version or '2024']}, which does not know "
            f"{', '.join(too_new)}.{doubt if 'labels' in too_new else ''}"
        )
    want = want._replace(name=name)
    body = _body(want, api_version)
    if want.snapshot or want.backup:
        source = source_label(want)
        image, needs = restore_source(want, catalogs)
        path, does = restore_path(want, catalogs), f"restore instance {name} from {source}"
        body = restore_body(want, body)
    else:
        image = choose_image(want, catalogs)
        source, needs = f"image {image['name']}", image.get("minimum_requirements") or {}
        path, does = INSTANCES.path, f"create instance {name}"
        body["image"] = {"id": image["id"]}
    kind = choose_machine_type(machine_type, zone, source, needs, catalogs.machine_types)
    if want.ssh_key_name and is_windows(image):
        raise Refused(
            f"ssh_key_name cannot be given to an instance with Windows, and {source} is of Windows: the API refuses "
            "SSH "
            "keys there. Leave ssh_key_name out; vm_windows_password reads the first password."
        )
    body["machine_type"] = {"id": kind["id"]}
    zone = next((each for each in kind.get("availability_zones") or [] if zone and same_zone(each, zone)), zone)
    if zone:
        body["availability_zone"] = zone  # in the API's spelling: ours is compared without regard to case
    address = want.network.interface is None and want.network.associate_public_ip is not False
    effect = with_addresses({
        **creation_effect(want), "id": None, "state": "running", "status": "completed",
        "machine_type": as_shown(kind, "machine_type"), "image": image and as_shown(image, "image"),
        "availability_zone": zone, "network": _desired_network(want, api_version),
    })  # fmt: skip
    goal, verb = {"state": "running", "public_ipv4": address}, does.partition(" ")[0]
    return Step(
        verb, does, "POST", path, goal, effect, body, sends=2, target=name, counts_as="create",
        needs=("instance", "source"), creates=True,
    )  # fmt: skip


def as_shown(row: Row, field: str) -> Row:
    """Return the part of a catalogue's row that an instance's response has."""
    return {key: row.get(key) for key in RESULT_KEYS["instance"][field]}


def _desired_network(want: DesiredInstance, api_version: str | None) -> Row:
    """Return the network of the instance to be created, as far as it is declared."""
    vpc, key = want.network.vpc, "interfaces" if api_version == "2026" else "ports"
    groups = want.network.security_groups
    port = new_interface(key, want.network.interface, primary=True, security_groups=groups)
    return {"vpc": as_reference(vpc) if vpc else {}, key: [port]}


def _body(want: DesiredInstance, api_version: str | None) -> Row:
    """Return the body of a creation with the given options only."""
    body = creation_body(want)
    if want.network.interface:  # the API's default is true, which may bill an address
        body["network"].setdefault("associate_public_ip", False)
    if api_version != "2026":
        body.setdefault("ssh_key_name", "")  # required by API version 2024-08, where empty means no key
    return body


def creation_warnings(want: DesiredInstance, catalogs: Catalogs) -> list[str]:
    """Return warnings about a creation that the user probably does not want.

    The API accepts such a creation.
    """
    if want.snapshot or want.backup:
        return [*_name_warnings(want), *restore_warnings(want, catalogs)]
    image = choose_image(want, catalogs)
    windows = is_windows(image)
    warnings = _name_warnings(want)
    if image.get("status") == "deprecated":
        warnings.append(f"Image {image['name']} is deprecated.")
    data = want.user_data_base64
    if data and not windows and not base64.b64decode(data).lstrip().lower().startswith(_CLOUD_INIT):
        warnings.append("cloud-init ignores user data that does not begin with '#!', '#cloud-config' or a MIME header.")
    if not data and not want.ssh_key_name and not windows:
        warnings.append("Without ssh_key_name and user_data nobody will be able to log in to this Linux instance.")
    return warnings


def _name_warnings(want: DesiredInstance) -> list[str]:
    """Return warnings about names of instances and keys that may cause a failure."""
    warnings, name, key = [], want.new_name or want.name, want.ssh_key_name
    if name and not _NAME.fullmatch(name):
        warnings.append(
            f"The name {name!r} may be refused: the vendor's console and Terraform provider take only lower case "
            "letters "
            "and digits, with single '-' or '_' between them."
        )
    if key and not _KEY_NAME.fullmatch(key):
        warnings.append(
            f"The instance may fail with the SSH key {key!r}: names of SSH keys are known to work with letters, "
            "digits, "
            "'-' and '_', up to 45 characters."
        )
    return warnings
