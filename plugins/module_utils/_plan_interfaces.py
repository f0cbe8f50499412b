# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Interfaces that are attached to an instance and detached from it. Imported where a declaration lists them."""

from __future__ import annotations

from ._api import INSTANCES, Refused, Row
from ._read import interfaces
from ._step import Step, action, label


def attachments(row: Row, want: Row) -> list[Step]:
    """Attaches what is missing; with `purge_network_interfaces` detaches what is neither declared nor primary."""
    wanted = want["network_interfaces"]
    ports = interfaces(row)
    if ports is None:
        raise Refused(
            f"The API does not tell the interfaces of {label(row)}, so network_interfaces cannot be compared."
        )
    present = [port["id"] for port in ports]
    changes = [("attach", port) for port in dict.fromkeys(wanted) if port not in present]
    if want["purge_network_interfaces"] and set(present) - set(wanted):
        primary = [port["id"] for port in ports if port["primary"]]
        if len(primary) != 1:
            raise Refused(
                f"The API does not mark exactly one interface of {label(row)} as primary ({len(primary)} of "
                f"{len(ports)} are), so purge_network_interfaces could detach the wrong one."
            )
        changes += [("detach", port) for port in present if port not in wanted and port not in primary]
    steps = []
    for verb, port in changes:
        ports = [*ports, {"id": port}] if verb == "attach" else [other for other in ports if other["id"] != port]
        steps.append(
            action(
                verb, row, {"network": dict(row.get("network") or {}, interfaces=ports)}, {f"{verb}ed": port},
                does=f"{verb} interface {port} {'to' if verb == 'attach' else 'from'} {label(row)}",
                path=f"{INSTANCES.path}/network-interface/{verb}", key=f"{verb} {row['id']} {port}",
                body={"instance": {"id": row["id"]}, "network": {"interface": {"id": port}}},
            )
        )  # fmt: skip
    return steps
