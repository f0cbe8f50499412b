# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A creation with a public IP ends when the address is shown, or when it is certain that it cannot be shown."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.declarations import DECLARED
from tests.support.module import result

PUBLIC = {**DECLARED, "network": {"associate_public_ip": True}}
RESTORED = {key: value for key, value in PUBLIC.items() if key != "image"}
UNSEEN = "The API does not return the addresses of instance web, so its public IPv4 address is not known."
SERVERS: dict[str, dict[str, Any]] = {
    "expand is ignored": {"ignore_expand": True},
    "expand is ignored, 2024": {"ignore_expand": True, "edition": "2024-08"},
    "network is null": {"hide_network": True},
    "network is left out": {"hide_network": True, "nulls": "omitted"},
    "network is null, 2024": {"hide_network": True, "edition": "2024-08"},
}
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "created": ("vm_instance", PUBLIC),
    "by default": ("vm_instance", {key: value for key, value in DECLARED.items() if key != "network"}),
    "restored": ("vm_instance", {**RESTORED, "snapshot": "copy"}),
    "restored by the copy": ("vm_snapshot", {"name": "copy", "state": "restored", "restore": RESTORED}),
    "of a fleet": ("vm_fleet", {"instances": [PUBLIC]}),
}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("what", TASKS)
@pytest.mark.parametrize("server", SERVERS)
def test_a_hidden_public_address_gives_a_warning_and_no_wait(sim: Any, server: str, what: str) -> None:
    sim.reset(**SERVERS[server])
    module, options = TASKS[what]
    sim.seed("snapshot", name="copy", instance=sim.seed("instance", name="old")["id"])
    start = sim.now()
    told = result(sim, module, options)
    assert not told.get("failed"), told
    assert UNSEEN in told["warnings"]
    assert sim.now() - start < 90
    again = result(sim, module, options)
    assert (again["changed"], UNSEEN in again["warnings"]) == (False, False)


@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
def test_a_late_public_address_is_awaited(sim: Any, edition: str) -> None:
    sim.reset(edition=edition, address_delay=100)
    told = result(sim, "vm_instance", PUBLIC)
    assert told["instance"]["public_ipv4"] and told["warnings"] == []


def test_a_network_that_appears_late_is_awaited(sim: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sim.reset(hide_network=True)
    late = sim.now() + 30
    advance = sim.advance

    def shown(seconds: float) -> None:
        advance(seconds)
        if sim.now() > late:
            monkeypatch.setattr(sim.cloud, "settings", sim.cloud.settings.but(hide_network=False))

    monkeypatch.setattr(sim, "advance", shown)
    told = result(sim, "vm_instance", PUBLIC)
    assert told["instance"]["public_ipv4"] and told["warnings"] == []
