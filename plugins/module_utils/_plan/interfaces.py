# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps that attach network interfaces to an instance and detach them."""

from __future__ import annotations

from .._api.exceptions import Refused
from .._api.resources import INSTANCES, Row
from .._api.rows import interfaces_key, interfaces_of
from .options import DesiredInstance
from .step import Step, instance_label, instance_step


def new_interface(key: str, port: str | None, primary: bool = False, security_groups: list[str] | None = None) -> Row:
    """Return an interface as it is known before the cloud creates or attaches it.

    `key` is where the API version has interfaces in a response (see `interfaces_key`).
    """
    if key == "ports":
        return {"id": port, "ipAddresses": {}}
    return {"id": port, "primary": primary, "security_groups": security_groups, "ip_addresses": {}}


def attachment_steps(row: Row, want: DesiredInstance) -> list[Step]:
    """Return the steps that attach and detach interfaces as declared.

    Return no steps if `network_interfaces` is not given. Missing interfaces are attached; with
    `purge_network_interfaces`, undeclared interfaces other than the primary are detached. Raise `Refused` if the
    response does not show the interfaces, or not exactly one as primary for a purge.
    """
    wanted = want.network_interfaces
    if wanted is None:
        return []
    ports = interfaces_of(row)
    if ports is None:
        raise Refused(
            f"The API does not return the interfaces of {instance_label(row)}, so network_interfaces cannot be "
            "compared."
        )
    # Declared ids are in lower case already; an interface that is yet to be created has no id.
    present = {port["id"].lower(): port["id"] for port in ports if port["id"]}
    changes = [("attach", port) for port in dict.fromkeys(wanted) if port not in present]
    # Without an id in the response yet, it is the primary interface of an instance that is yet to be created.
    if want.purge_network_interfaces and any(port["id"] is None or port["id"].lower() not in wanted for port in ports):
        primary = [port["id"] for port in ports if port["primary"]]
        if len(primary) != 1:
            raise Refused(
                f"The API does not mark exactly one interface of {instance_label(row)} as primary ({len(primary)} of "
                f"{len(ports)} are), so purge_network_interfaces could detach the wrong one."
            )
        changes += [("detach", port) for key, port in present.items() if key not in wanted and port not in primary]
    steps, key = [], interfaces_key(row)
    interfaces = row["network"][key]
    for verb, port in changes:
        if verb == "attach":
            interfaces = [*interfaces, new_interface(key, port)]
        else:
            interfaces = [interface for interface in interfaces if interface["id"] != port]
        steps.append(
            instance_step(
                verb, row, {"network": {**row["network"], key: interfaces}}, {f"{verb}ed": port},
                description=f"{verb} interface {port} {'to' if verb == 'attach' else 'from'} {instance_label(row)}",
                path=f"{INSTANCES.path}/network-interface/{verb}", way=port,
                body={"instance": {"id": row["id"]}, "network": {"interface": {"id": port}}},
            )
        )  # fmt: skip
    return steps
