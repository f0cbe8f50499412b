# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decisions of the role fleet: hosts to add, host keys to forget, usable members, and messages about the others."""

from __future__ import annotations

import base64
import json
import re
import typing as t

from ._given import texts_of
from ._sentences import label_of

Row = t.Mapping[str, t.Any]
SSH_PORT = 22
# Names that Ansible does not accept as names of hosts, or that have another meaning in it.
ODD_NAME = re.compile(r"-.*|[^:]*:[^:]*|True|False|None|all|ungrouped|localhost|127[.]0[.]0[.]1|::1|[\[{].*", re.DOTALL)
# The block that cloud-init prints at the first boot, and a key in it or in a line of ssh-keyscan.
KEY_BLOCK = re.compile("-----BEGIN SSH HOST KEY KEYS-----(.*?)-----END SSH HOST KEY KEYS-----", re.DOTALL)
KEY = re.compile(r"((?:ssh|ecdsa|sk)-[\w.@-]+)\s+(AAAA[\w+/]+={0,3})")
# Variables of a host that configure the connection to it.
CONNECTION = re.compile(
    r"ansible_(connection|host|port|user|password|timeout|remote_tmp|pipelining|private_key_file|host_key_checking"
    r"|python_interpreter|become(_.+)?|((ssh|sftp|scp|paramiko|psrp|winrm|shell)_.+))"
)
# The return codes of `cloud-init status --wait`, of `timeout`, and of a shell that does not find the command.
RECOVERED, TIMED_OUT, NO_COMMAND = 2, 124, 127
CHECKS = """\
What to check:
- that a security group lets this machine in to port {port}, and that there is a way to the address
  (fleet_connect_with chooses which one it is)
- that the image lets this user in (fleet_user), with the SSH key that the instance was created with (ssh_key_name)
- what cloud-init says in the init log
- ssh -v {option}USER@ADDRESS
The instances are left as they are. Fix the cause and run this again.
"""


def odd_names(instances: t.Iterable[Row], name_format: str = "") -> list[str]:
    """Return the names of members that cannot be hosts."""
    names = [str(row[key]) for key in ("name", "new_name") for row in instances if key in row]
    names.append(re.sub("[{][^}]*[}]", "1", str(name_format)))
    return [name for name in names if ODD_NAME.fullmatch(name)]


def same_names(instances: t.Iterable[Row], names: t.Container[str]) -> list[str]:
    """Return a sentence about each of these names that several instances have.

    An instance that is being deleted does not count.
    """
    found: dict[str, list[str]] = {}
    for row in instances:
        name = row.get("name")
        if name and name in names and row["phase"] != "deleting":
            found.setdefault(name, []).append(row["id"])
    return [
        f"{len(ids)} instances are named {name}: {', '.join(sorted(ids))}."
        for name, ids in sorted(found.items())
        if len(ids) > 1
    ]


def hosts_to_add(
    members: t.Iterable[Row], connect_with: str | t.Sequence[str], port: int, user: str | None, set_user: bool
) -> dict[str, t.Any]:
    """Return the hosts of the running members, the names of members without an address, and why they are not hosts.

    A member that is only planned has no id yet, and is not a host.
    """
    hosts, without, ways = [], [], texts_of(connect_with)
    for member in members:
        row = member.get("instance") or {}
        if member.get("failed") or row.get("state") != "running":
            continue
        # `ssh` and `ssh-keyscan` would take an address that begins with "-" for an option.
        address = next((row[way] for way in ways if row.get(way) and not row[way].startswith("-")), None)
        if address is None or row.get("id") is None:
            without.append(member["name"])
            continue
        hosts.append({
            "name": member["name"], "address": address,
            "user": user or (row.get("default_user") if set_user else None),
            "known_host": address if port == SSH_PORT else f"[{address}]:{port}",
            **{key: row.get(key) for key in ("id", "private_ipv4", "public_ipv4", "public_ipv6")},
        })  # fmt: skip
    reason = f"It has none of {', '.join(ways)} (fleet_connect_with)."
    return {"hosts": hosts, "without_address": without, "reason": reason}


def gone_instances(members: t.Iterable[Row], before: t.Iterable[Row]) -> list[dict[str, t.Any]]:
    """Return the id and name of each instance that existed before and that the fleet deleted."""
    there, deleted = set(), set()
    for member in members:
        if (member.get("instance") or {}).get("id"):
            there.add(member["instance"]["id"])
        if any(step["action"] == "delete" for step in member.get("actions", ())):
            deleted.add(str(member["name"]))
    ids = {name.lower() for name in deleted}  # a member may be declared by its id
    return [
        {"id": row["id"], "name": label_of(row)}
        for row in before
        if row["id"] not in there and (row.get("name") in deleted or row["id"].lower() in ids)
    ]


def host_keys(lines: t.Iterable[str], host: str | None = None) -> list[list[str]]:
    """Return the type and value of each host key.

    `lines` are the lines of an init log, whose last block counts, or with `host` the output of ssh-keyscan.
    """
    if host is None:
        text = (KEY_BLOCK.findall(" ".join(lines)) or [""])[-1]
    else:
        text = " ".join(line for line in lines if line.startswith(f"{host} "))
    return [list(pair) for pair in dict.fromkeys(KEY.findall(text))]


def inventory_text(members: t.Mapping[str, Row], common: Row) -> str:
    """Return an inventory in YAML of the members, with their connection variables.

    Texts are marked, so that no text becomes a template.
    """
    lines = ["---", "members:", "  vars:"]
    lines += [f"    {name}: {_scalar(value)}" for name, value in common.items()]
    lines.append("  hosts:")
    for number, (member, variables) in enumerate(members.items(), 1):
        lines += [f"    member{number}:", f"      fleet_member: {_scalar(member)}"]
        known = [name for name in variables if CONNECTION.fullmatch(name)]
        lines += [f"      {name}: {_scalar(variables[name])}" for name in known]
    return "\n".join(lines) + "\n"


def _scalar(value: t.Any) -> str:
    return json.dumps(value) if isinstance(value, (int, float)) else f"!unsafe {json.dumps(str(value))}"


def usability(awaited: t.Iterable[str], stdout: str, stderr: str) -> dict[str, t.Any]:
    """Return which members cannot be used and why, and the warnings about those that can.

    `stdout` and `stderr` come from the process that waited for the members. A member that it did not mention cannot be
    used.
    """
    silent = (
        "The ansible-playbook process that waited for this member ended without a result. "
        f"Its output: {stderr} {stdout}"
    )
    unusable = dict.fromkeys(awaited, silent)
    warnings = []
    for text in re.findall("USABLE:([^:]*):", stdout):
        for report in json.loads(base64.b64decode(text)):
            name, why = report["member"], reason(report)
            if is_usable(report):
                unusable.pop(name, None)
                warnings += [{"member": name, "lines": f"WARNING: {name}: {why}".splitlines()}] if why else []
            else:
                unusable[name] = why
    return {"unusable": unusable, "warnings": warnings}


def is_usable(report: Row) -> bool:
    """Return whether the login worked, and cloud-init, if it was asked, has ended without a lasting error."""
    waited = report["waited"]
    return "msg" not in report["login"] and not waited.get("unreachable") and _return_code(waited) in (0, RECOVERED)


def reason(report: Row) -> str:
    """Return why a member cannot be used, or the errors that cloud-init recovered from."""
    login, waited, asked = report["login"].get("msg"), report["waited"], report["asked"]
    code = _return_code(waited)
    if login is not None:
        if re.search("ping module test: 'ping'$", login):
            return "Login works, but no module runs. Install Python there, or set ansible_python_interpreter."
        return f"Login failed: {login.strip()}"
    if waited.get("unreachable"):
        return f"The connection broke while cloud-init ran: {str(waited.get('msg', '')).strip()}"
    if code == 0:
        return ""
    if code == TIMED_OUT:
        return "cloud-init was still at work when the time was over (fleet_usable_timeout)."
    if code == NO_COMMAND:
        error = str(waited.get("stderr", "")).strip()
        return f"cloud-init is not installed there. Use fleet_wait_for: ssh. ({error})"
    how = "with errors that it recovered from" if code == RECOVERED else "in error"
    parts = [f"cloud-init ended {how} (rc {code}):", str(asked.get("stdout", "")), str(asked.get("stderr", ""))]
    return "\n".join(parts).strip()


def _return_code(waited: Row) -> int:
    return int(waited.get("rc") or 0)


def diagnosis(
    members: t.Iterable[Row], unusable: Row, looks: t.Sequence[Row], logs: t.Sequence[Row], hostvars: t.Any, port: int
) -> list[str]:
    """Return lines about the members that cannot be used, and about what to check."""
    lines: list[str] = []
    for member, look, log in zip(members, looks, logs):
        row = next(iter(look.get("instances") or []), None) or member["instance"]
        # Ansible's hostvars have no KeyError for `get` to catch.
        host = hostvars[member["name"]] if member["name"] in hostvars else {}  # noqa: SIM401
        lines += [
            f"== {member['name']} ({row['id']})",
            *str(unusable[member["name"]]).splitlines(),
            f"address: {host.get('ansible_host') or 'none'}{'' if port == SSH_PORT else f', port {port}'}",
            f"user: {host.get('ansible_user') or '''the one of Ansible's configuration'''}",
            f"state: {row['state']} ({row['status']})",
            *_interface_lines(row.get("network") or {}),
            *_log_lines(log),
            "",
        ]
    option = "" if port == SSH_PORT else f"-p {port} "
    return lines + CHECKS.format(port=port, option=option).splitlines()


def _interface_lines(network: Row) -> list[str]:
    ports = network.get("interfaces") or network.get("ports") or []
    return [f"security groups of interface {port.get('name') or port['id']}: {_groups(port)}" for port in ports]


def _groups(port: Row) -> str:
    groups = port.get("security_groups")
    return "not in the API's response" if groups is None else ", ".join(groups) or "none"


def _log_lines(log: Row) -> list[str]:
    if log.get("init_logs") is None:
        return [f"no init log: {log.get('msg', 'there was no response')}"]
    lines = [f"| {line.strip()}" for line in log["init_logs"]]
    return [f"the last {len(lines)} lines of its init log:", *lines]
