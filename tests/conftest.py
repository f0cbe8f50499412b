# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all suites share: the collection under its name, one simulator, and no other network than loopback."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.plugins.loader import init_plugin_loader
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
COLLECTIONS = ROOT / ".build/collections"


def link_collection() -> None:
    """Make the checkout the collection magalu.cloud, whatever its folder is called."""
    link = COLLECTIONS / "ansible_collections/magalu/cloud"
    link.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):  # made by an earlier run, or by another worker
        link.symlink_to("../../../..")


# Before anything imports ansible_collections: Ansible's loader finds the plugins only of what it imported itself.
link_collection()
init_plugin_loader([str(COLLECTIONS)])
os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(COLLECTIONS)  # for the playbooks that tests start

# A developer's own key and address never reach a test.
for name in [name for name in os.environ if name.startswith("MGC_") and name not in ("MGC_CI", "MGC_CONTRACT")]:
    del os.environ[name]

settings.register_profile(
    "magalu",
    deadline=None,
    database=None,
    derandomize=bool(os.environ.get("CI")),
    # Both depend on luck, and on what else the machine is doing.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("magalu")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """`needs("sshd")` names a program of `make system-packages`: skipped where it is missing, but never in the CI."""
    for program in [name for mark in item.iter_markers("needs") for name in mark.args]:
        if not shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin"):
            missing = pytest.fail if os.environ.get("MGC_CI") else pytest.skip
            missing(f"{program} is missing: make system-packages")


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise AssertionError(f"a test tried to connect to {address[0]}: only loopback is allowed")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session")
def simulator_server() -> Iterator[Any]:
    """One simulator for the whole session, its clock standing still until a test moves it."""
    from simulator import running

    with running(speed=0) as server:
        yield server


@pytest.fixture
def sim(simulator_server: Any) -> Any:
    """The simulator, empty and with the default settings; `sim.reset(edition=...)` changes them for one test."""
    simulator_server.reset()
    return simulator_server
