# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tests host_keys_read and host_keys_scanned, which end the waits of role fleet."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.test import host_keys_read as read
from ansible_collections.magalu.cloud.plugins.test import host_keys_scanned as scanned
from tests.support.fleet_role import console

BLOCK = console("ssh-ed25519 AAAAC3Nz")
BEGIN, END = "-----BEGIN SSH HOST KEY KEYS-----", "-----END SSH HOST KEY KEYS-----"


def failed(slug: str | None, msg: str = "It has no init logs.") -> dict[str, Any]:
    """Return a failed result of vm_info, as `until` sees it with failed_when false."""
    error = {
        "doing": "list init logs",
        "status": None,
        "slug": slug,
        "message": msg,
        "details": None,
        "request_id": None,
    }
    return {"failed": False, "failed_when_result": False, "attempts": 1, "msg": msg, "error": error}


@pytest.mark.parametrize(("result", "done"), [
    ({"init_logs": BLOCK}, True),
    ({"init_logs": [f"{BEGIN} {END}"]}, True),  # an image without keys never prints any
    ({"init_logs": [BEGIN, "ssh-ed25519 AAAAC3Nz", END, "more"]}, True),
    ({"init_logs": [BEGIN, "ssh-ed25519 AAAAC3Nz"]}, False),
    ({"init_logs": [END, BEGIN]}, False),
    ({"init_logs": []}, False),
    ({"init_logs": None}, False),
    ({}, False),
    ({"msg": "MODULE FAILURE", "rc": 1}, False),
    (failed("not_in_api_version"), True),
    (failed("not_in_api_version", "Another text"), True),
    (failed("instance.logs.not_found"), False),
    (failed(None), False),  # the message does not matter
    ({"msg": "x", "error": None}, False),
])  # fmt: skip
@pytest.mark.parametrize(("left", "over"), [(5, False), ("5", False), (0, True), ("0", True), (-1, True)])
def test_an_init_log_is_read_until_it_shows_host_keys(
    result: dict[str, Any], done: bool, left: Any, over: bool
) -> None:
    """An init log is read until it shows keys. Ansible before 2.19 passes the result of a template as a text."""
    assert read.host_keys_read(result, left) is (done or over)


ONE = ["192.0.2.7"]
TWO = [*ONE, "192.0.2.8"]


@pytest.mark.parametrize(("lines", "hosts", "done"), [
    (["192.0.2.7 ssh-ed25519 AAAA", "192.0.2.7 ssh-rsa AAAA"], ONE, True),
    (["192.0.2.7 ssh-ed25519 AAAA", "192.0.2.7 ssh-rsa AAAA"], TWO, False),
    (["192.0.2.7 ssh-ed25519 AAAA", "192.0.2.8 ssh-rsa AAAA"], TWO, True),
    (["[192.0.2.7]:2222 ssh-ed25519 AAAA", "", " "], ONE, True),
    ([], ONE, False),
    (None, ONE, False),
])  # fmt: skip
@pytest.mark.parametrize(("left", "over"), [(5, False), ("5", False), (0, True), ("0", True), (-1, True)])
def test_hosts_are_scanned_until_each_has_answered(
    lines: list[str] | None, hosts: list[str], done: bool, left: Any, over: bool
) -> None:
    result = {"rc": 0} if lines is None else {"rc": 0, "stdout_lines": lines}
    assert scanned.host_keys_scanned(result, hosts, left) is (done or over)


def test_ansible_finds_them() -> None:
    assert read.TestModule().tests() == {"host_keys_read": read.host_keys_read}
    assert scanned.TestModule().tests() == {"host_keys_scanned": scanned.host_keys_scanned}
