# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings and fixtures of all suites: the collection under its name, one simulator, no network except loopback."""

from __future__ import annotations

import contextlib
import gc
import ipaddress
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ansible.plugins.loader import init_plugin_loader
from hypothesis import HealthCheck, settings

from tests.support import choice, programs

ROOT = Path(__file__).resolve().parent.parent
COLLECTIONS = ROOT / ".build/collections"


def link_collection() -> None:
    """Make the checkout the collection magalu.cloud, whatever its folder is called."""
    link = COLLECTIONS / "ansible_collections/magalu/cloud"
    link.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):  # made by an earlier run, or by another worker
        link.symlink_to("../../../..")


# Before anything imports ansible_collections: Ansible's loader finds plugins only in collections that it imported.
link_collection()
init_plugin_loader([str(COLLECTIONS)])
os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(COLLECTIONS)  # for the playbooks that tests start

# Tests never see a developer's own API key and URL.
for name in [name for name in os.environ if name.startswith("MGC_") and name not in ("MGC_CI", "MGC_CONTRACT")]:
    del os.environ[name]

# Folders whose programs need a running clock, and fixtures that start programs.
RUNNING = ("playbooks", "roles")
STARTERS = {"play", "programs"}
STARTING = ("package", "site")  # folders all of whose tests start programs

settings.register_profile(
    "magalu",
    deadline=None,
    max_examples=100 // choice.one_in(2),
    database=None,
    derandomize=bool(os.environ.get("CI")),
    # Both depend on chance, and on the load of the machine.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("magalu")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests that start programs or need a running clock, by folder and fixtures, and run the longest first.

    Deselect tests that make test leaves out, unless make test-all runs or a test is named on the command line.
    """
    for item in items:
        if STARTERS & set(getattr(item, "fixturenames", ())) or item.path.parent.name in STARTING:
            item.add_marker("programs")
        if item.path.parent.name in RUNNING and item.get_closest_marker("programs"):
            item.add_marker(pytest.mark.clock(60))
    items.sort(key=lambda item: not item.get_closest_marker("programs"))
    if not choice.ALL and not any("::" in argument for argument in config.args):
        kept = choice.chosen(items)
        config.hook.pytest_deselected(items=list(set(items).difference(kept)))
        items[:] = kept


def pytest_collection_finish() -> None:
    """Exclude thousands of tests, and Ansible, from garbage collection: they live until the end."""
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test with the mark `needs("sshd")` if that program is missing; fail it in the CI."""
    for program in [name for mark in item.iter_markers("needs") for name in mark.args]:
        if not shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin"):
            missing = pytest.fail if os.environ.get("MGC_CI") else pytest.skip
            missing(f"{program} is missing: make system-packages")


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that connects to another machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise AssertionError(f"a test tried to connect to {address[0]}: only loopback is allowed")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def programs_are_marked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that starts a program without the mark, because make quick leaves out only marked tests."""

    def refused(*_given: Any) -> None:
        raise AssertionError("this test starts a program: it wants the mark `programs`")

    if not request.node.get_closest_marker("programs"):
        monkeypatch.setattr(subprocess.Popen, "_execute_child", refused)
        monkeypatch.setattr(programs, "_ask", refused)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session")
def simulators() -> Iterator[Callable[[float], Any]]:
    """Return a function that gives the session's simulator with a clock of this speed, started when first used."""
    from simulator import running

    with contextlib.ExitStack() as stack:
        # A null means the same as a missing field; tests read fields that the simulator leaves out by default.
        yield cache(lambda speed: stack.enter_context(running(speed=speed, **({} if speed else {"nulls": "sent"}))))


@pytest.fixture(scope="session")
def simulator_server(simulators: Callable[[float], Any]) -> Any:
    """Return the simulator whose clock stands still until a test moves it."""
    return simulators(0)


@pytest.fixture
def sim(simulators: Callable[[float], Any], request: pytest.FixtureRequest) -> Any:
    """Return the simulator, empty and with default settings; `sim.reset(edition=...)` changes the settings for a test.

    With the mark `clock(60)` its clock runs at that speed, for programs, which cannot move it.
    """
    mark = request.node.get_closest_marker("clock")
    server = simulators(mark.args[0] if mark else 0)
    server.reset()
    return server


@pytest.fixture
def play(sim: Any, tmp_path: Path) -> Any:
    """Return a `Player`, which runs tasks in a playbook."""
    from tests.support.play import Player

    return Player(sim, tmp_path)


@pytest.fixture(name="programs")
def inventory_programs(sim: Any, tmp_path: Path) -> Any:
    """Return a runner of `Programs` in a folder with inventory files."""
    from tests.support.inventory_programs import Programs

    return Programs(sim, tmp_path)
