# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options as playbooks give them: once for a play, from the environment, blank, missing, wrong."""

from __future__ import annotations

import platform
from typing import Any

import pytest

from tests.playbooks.module import result
from tests.playbooks.play import DECLARED, QUICK, Player, vm_info, vm_instance

NONE = {"MGC_API_URL": "", "MGC_API_KEY": ""}  # as if they were not set
VARIABLES = ("API_KEY", "ACCESS_TOKEN", "TENANT_ID", "REGION", "API_URL", "VALIDATE_CERTS", "CA_PATH", "API_TIMEOUT",
             "API_RETRIES")  # fmt: skip
# What AWX sends for every input that was left out.
BLANK = {
    "access_token": "", "tenant_id": " ", "region": "", "validate_certs": "", "ca_path": "", "api_timeout": "",
    "api_retries": "",
}  # fmt: skip


@pytest.mark.every_core
def test_defaults_of_a_play_reach_every_module(play: Player, sim: Any) -> None:
    shared = {"api_url": sim.url, "api_key": "simulator", "region": "br-ne1", "api_timeout": 5}
    sim.seed("instance", region="br-ne1", name="web")
    done = play(
        vm_instance(name="web", state="present"), vm_info(name="web"), vm_info(name="web", region="br-se1"),
        env=NONE, module_defaults={"group/magalu.cloud.vm": shared},
    )  # fmt: skip
    assert done.results[0]["instance"]["availability_zone"] == "br-ne1-a"
    assert [each.get("count") for each in done.results] == [None, 1, 0]
    assert all(request["headers"]["x-api-key"] == "simulator" for request in sim.requests())


@pytest.mark.every_core
def test_blank_options_and_variables_are_not_given(play: Player, sim: Any) -> None:
    given = {**BLANK, "api_url": sim.url, "api_key": "simulator"}
    blank = {"id": "", "new_name": " ", "user_data": "", "user_data_base64": "", "wait_timeout": "", "wait": "",
             "availability_zone": "", "on_failed": "", "delete_public_ip": ""}  # fmt: skip
    network = {**DECLARED["network"], "vpc": "", "interface": ""}
    done = play(
        vm_instance(**given, **blank, **{**DECLARED, "network": network, "state": ""}),
        vm_info(**given, kind="", id="", name_pattern="", availability_zone="", usable="", user_data=""),
        env={f"MGC_{name}": "" for name in VARIABLES},
    )
    created, listed = done.results
    assert [action["action"] for action in created["actions"]] == ["create"]
    assert created["instance"]["state"] == "running"
    assert [instance["name"] for instance in listed["instances"]] == ["web"]


MISTAKES: list[tuple[str, str, dict[str, Any]]] = [
    ("Did you mean running?", "vm_instance", {"name": "web", "state": "started"}),
    ("Did you mean rebooted?", "vm_instance", {"name": "web", "state": "Restarted"}),
    ("got: sideways", "vm_instance", {"name": "web", "state": "sideways"}),
    ("one of the following is required: id, name", "vm_instance", {"state": "present"}),
    ("mutually exclusive: user_data|user_data_base64", "vm_instance",
     {"name": "web", "user_data": "#!one", "user_data_base64": "#!two"}),
    ("mutually exclusive: interface|vpc found in network", "vm_instance",
     {"name": "web", "network": {"interface": "one", "vpc": "two"}}),
    ("one of the following is required: machine_type, availability_zone found in alternatives", "vm_instance",
     {"name": "web", "alternatives": [{"machine_type": "", "availability_zone": None}]}),
    ("it would die with the failed attempt", "vm_instance",
     {"name": "web", "alternatives": [{"machine_type": "BV1-1-40"}],
      "network": {"interface": "9ec75090-2872-4f51-8111-53d05d96d2c6"}}),
    ("mutually exclusive: id|new_name", "vm_instance",
     {"id": "9ec75090-2872-4f51-8111-53d05d96d2c6", "name": "web", "new_name": "www"}),
    ("mutually exclusive: id|name|name_pattern", "vm_info", {"id": "one", "name": "two"}),
    ("is no base64", "vm_instance", {"name": "web", "user_data_base64": "%"}),
    ("ids are UUIDs", "vm_instance", {"id": "web"}),
    ("Unsupported parameters", "vm_instance", {"name": "web", "flavor": "BV1-1-40"}),
    ("is no URL that begins with https:// or http://", "vm_instance", {"name": "web", "api_url": "br-se1"}),
    ("usable is a filter of images", "vm_info", {"usable": True}),
]  # fmt: skip


@pytest.mark.parametrize(("remedy", "module", "options"), MISTAKES)
def test_a_mistake_is_told_with_its_remedy(frozen: Any, remedy: str, module: str, options: dict[str, Any]) -> None:
    frozen.reset()
    given = result(frozen, module, options)
    assert given["failed"]
    assert remedy in given["msg"]
    assert frozen.requests() == []


@pytest.mark.every_core
def test_the_message_on_a_state_is_the_same_with_every_core(play: Player) -> None:
    (started,) = play(vm_instance(name="web", state="started")).results
    for part in ("present, running, stopped, suspended, rebooted, absent", "got: started", "Did you mean running?"):
        assert part in started["msg"]


@pytest.mark.every_core
def test_credentials_that_are_missing_are_asked_for_by_name_and_host(play: Player) -> None:
    done = play(vm_instance(name="web"), vm_info(), env={"MGC_API_KEY": " "})
    for each in done.results:
        for part in ("MGC_API_KEY", "MGC_ACCESS_TOKEN", platform.node(), "delegate_to: localhost"):
            assert part in each["msg"]


@pytest.mark.every_core
def test_requests_that_is_missing_is_told_in_ansibles_words(play: Player) -> None:
    missing = play.folder / "missing/requests"
    missing.mkdir(parents=True)
    (missing / "__init__.py").write_text("raise ImportError('not here')\n")
    done = play(vm_instance(name="web"), vm_info(), env={"PYTHONPATH": f"{missing.parent}:{QUICK}"})
    for each in done.results:
        assert "Failed to import the required Python library (requests)" in each["msg"]
