# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options in playbooks: for a whole play, from the environment, blank, missing, wrong."""

from __future__ import annotations

import copy
import json
import platform
import subprocess
from typing import Any
from unittest import mock

import pytest
from ansible.module_utils import basic

from ansible_collections.magalu.cloud.plugins.module_utils._api.messages import plain_error
from tests.conftest import COLLECTIONS, ROOT
from tests.cores import find_python
from tests.support.declarations import DECLARED
from tests.support.module import result
from tests.support.play import QUICK, Player, vm_info, vm_instance

NONE = {"MGC_API_URL": "", "MGC_API_KEY": ""}  # hides the credentials of the test's environment
VARIABLES = ("API_KEY", "ACCESS_TOKEN", "TENANT_ID", "REGION", "API_URL", "VALIDATE_CERTS", "CA_PATH", "API_TIMEOUT",
             "API_RETRIES")  # fmt: skip
# The values that AWX sends for inputs that were left out.
BLANK = {
    "access_token": "", "tenant_id": " ", "region": "", "validate_certs": "", "ca_path": "", "api_timeout": "",
    "api_retries": "",
}  # fmt: skip


@pytest.mark.every_core(sample=True)
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


# A task of each module that succeeds if there are an instance, a snapshot and a password.
TASKS: list[tuple[str, dict[str, Any]]] = [
    ("vm_instance", {"name": "web", "state": "present"}),
    ("vm_fleet", {"instances": [{"name": "web"}], "state": "present"}),
    *[("vm_info", {"kind": kind}) for kind in ("instances", "machine_types", "images", "custom_images")],
    *[("vm_snapshot", options) for options in (
        {"name": "saved", "state": "present", "instance": "web"},
        {"name": "saved", "state": "restored", "restore": {"name": "again", "machine_type": "BV1-1-40"}},
        {"name": "none", "state": "absent"},
        {"state": "pruned", "name_prefix": "saved", "keep_last": 9},
    )],
    ("vm_image", {"name": "none", "state": "absent"}),
]  # fmt: skip


@pytest.mark.parametrize("name, options", TASKS, ids=lambda value: value if isinstance(value, str) else "")
def test_every_module_accepts_the_options_of_the_action_group(sim: Any, name: str, options: dict[str, Any]) -> None:
    sim.reset()
    web = sim.seed("instance", name="web")["id"]
    sim.seed("snapshot", name="saved", instance=web)
    shared = {
        "wait": True,
        "wait_timeout": 900,
        "protect_names": ["x-*"],
        "protect_labels": ["x"],
        "delete_public_ip": True,
    }
    done = result(sim, name, {**shared, **options})
    assert not done.get("failed"), done


@pytest.mark.every_core(sample=True)
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


SECRET = "kept-secret-7f21"
MISTAKES: list[tuple[str, str, dict[str, Any]]] = [
    ("Did you mean running?", "vm_instance", {"name": "web", "state": "started"}),
    ("Did you mean rebooted?", "vm_instance", {"name": "web", "state": "Restarted"}),
    ("Did you mean running?", "vm_instance", {"name": "web", "state": "runing"}),
    ("Did you mean recreate?", "vm_instance", {"name": "web", "on_immutable_change": "re-create"}),
    ("Did you mean capacity?", "vm_instance", {"name": "web", "alternatives_on": ["capasity"]}),
    ("Did you mean replace?", "vm_snapshot", {"name": "day", "restore": {"name": "web", "on_failed": "replaced"}}),
    ("Did you mean instances?", "vm_info", {"kind": "instance"}),
    ("Did you mean instances?", "vm_info", {"kind": "VMs"}),
    ("Did you mean machine_types?", "vm_info", {"kind": "machine-types"}),
    ("Did you mean machine_types?", "vm_info", {"kind": "flavors"}),
    ("Did you mean machine_types?", "vm_info", {"kind": "flavor"}),
    ("Did you mean instances?", "vm_info", {"kind": "server"}),
    ("Did you mean rebooted?", "vm_instance", {"name": "web", "state": "restart"}),
    ("got: zzz", "vm_info", {"kind": "zzz"}),
    ("user_data is a mapping; it must be text", "vm_instance", {"name": "web", "user_data": {"a": SECRET}}),
    ("(user_data: |) whose first line is #cloud-config", "vm_instance", {"name": "web", "user_data": [{"a": SECRET}]}),
    ("instances[1].user_data is a mapping; it must be text", "vm_fleet",
     {"instances": [{"name": "web"}, {"name": "db", "user_data": {"a": [SECRET]}}]}),
    ("defaults.user_data_base64 is a list; it must be text", "vm_fleet",
     {"instances": [{"name": "web"}], "defaults": {"user_data_base64": [SECRET]}}),
    ("restore.user_data is a mapping; it must be text", "vm_snapshot",
     {"name": "day", "state": "restored", "restore": {"name": "web", "user_data": {"a": SECRET}}}),
    ("name is a mapping; it must be text", "vm_instance", {"name": {"web": 1}}),
    ("restore.name is a list; it must be text", "vm_snapshot", {"name": "day", "restore": {"name": ["web"]}}),
    ("labels[1] is a mapping; it must be text", "vm_instance", {"name": "web", "labels": ["a", {"role": "web"}]}),
    ("api_key is a list; it must be text", "vm_info", {"api_key": [SECRET]}),
    ("wait_timeout is 0; it must be 1 or more", "vm_info", {"wait_timeout": 0}),
    ("; it must be 1000000000 or less", "vm_info", {"wait_timeout": 10**400}),
    ("got: sideways", "vm_instance", {"name": "web", "state": "sideways"}),
    ("one of the following is required: id, name", "vm_instance", {"state": "present"}),
    ("mutually exclusive: user_data|user_data_base64", "vm_instance",
     {"name": "web", "user_data": "#!one", "user_data_base64": "#!two"}),
    ("mutually exclusive: user_data|user_data_base64 found in restore", "vm_snapshot",
     {"name": "day", "state": "restored", "restore": {"name": "web", "user_data": "#!one", "user_data_base64": "IyEy"}}),
    ("mutually exclusive: interface|vpc found in network", "vm_instance",
     {"name": "web", "network": {"interface": "one", "vpc": "two"}}),
    ("the interface id will take priority", "vm_instance",
     {"name": "web", "network": {"interface": "9ec75090-2872-4f51-8111-53d05d96d2c6", "security_groups": []}}),
    ("the interface id will take priority", "vm_fleet",
     {"instances": [{"name": "web", "network": {"interface": "9ec75090-2872-4f51-8111-53d05d96d2c6",
                                                "security_groups": ["9ec75090-2872-4f51-8111-53d05d96d2c6"]}}]}),
    ("the interface id will take priority", "vm_snapshot",
     {"name": "day", "state": "restored",
      "restore": {"name": "web", "network": {"interface": "9ec75090-2872-4f51-8111-53d05d96d2c6",
                                             "security_groups": ["9ec75090-2872-4f51-8111-53d05d96d2c6"]}}}),
    ("one of the following is required: machine_type, availability_zone found in alternatives", "vm_instance",
     {"name": "web", "alternatives": [{"machine_type": "", "availability_zone": None}]}),
    ("the interface would be deleted with a failed attempt", "vm_instance",
     {"name": "web", "alternatives": [{"machine_type": "BV1-1-40"}],
      "network": {"interface": "9ec75090-2872-4f51-8111-53d05d96d2c6"}}),
    ("it is the URL name of br-mgl1; did you mean br-se1?", "vm_instance", {"name": "web", "region": "br-se-1"}),
    ("it is the URL name of br-mgl1; did you mean br-se1?", "vm_info", {"region": "br-se-1"}),
    ("mutually exclusive: id|new_name", "vm_instance",
     {"id": "9ec75090-2872-4f51-8111-53d05d96d2c6", "name": "web", "new_name": "www"}),
    ("mutually exclusive: id|name|name_pattern", "vm_info", {"id": "one", "name": "two"}),
    ("is not valid base64", "vm_instance", {"name": "web", "user_data_base64": "%"}),
    ("ids are UUIDs", "vm_instance", {"id": "web"}),
    ("Unsupported parameters", "vm_instance", {"name": "web", "flavor": "BV1-1-40"}),
    ("is not a URL that begins with https:// or http://", "vm_instance", {"name": "web", "api_url": "br-se1"}),
    ("usable is a filter of images", "vm_info", {"usable": True}),
]  # fmt: skip


@pytest.mark.parametrize(("remedy", "module", "options"), MISTAKES)
def test_a_mistake_is_reported_with_its_remedy(sim: Any, remedy: str, module: str, options: dict[str, Any]) -> None:
    sim.reset()
    given = result(sim, module, options)
    assert given["failed"]
    assert remedy in given["msg"]
    assert SECRET not in json.dumps(given)
    assert ("zzz" in remedy or "sideways" in remedy) <= ("Did you mean" not in given["msg"])
    assert sim.requests() == []


@pytest.mark.parametrize(
    ("module", "options", "text"),
    [
        ("vm_instance", {"name": "web", "user_data": "\udc8b"}, "Give binary data in base64, as user_data_base64."),
        (
            "vm_snapshot",
            {"name": "day", "restore": {"name": "web", "user_data": "\udc8b"}},
            "restore.user_data is binary",
        ),
        ("vm_instance", {"name": "web\udc8b"}, "name is binary data; it must be text."),
        ("vm_instance", {"name": "web", "labels": ["a", "\udc8b"]}, "labels[1] is binary data; it must be text."),
    ],
)
def test_binary_data_is_refused(sim: Any, module: str, options: dict[str, Any], text: str) -> None:
    """ansible-core 2.16 passes binary data to modules; 2.19 refuses it before a module starts."""
    with mock.patch.object(basic, "_load_params", lambda: copy.deepcopy(options)):
        assert text in result(sim, module, {})["msg"]
    assert sim.requests() == []


@pytest.mark.every_core
def test_the_message_on_a_state_is_the_same_with_every_core(play: Player) -> None:
    (started,) = play(vm_instance(name="web", state="started")).results
    for part in ("present, running, stopped, suspended, rebooted, absent", "got: started", "Did you mean running?"):
        assert part in started["msg"]


MISSING = ("MGC_API_KEY", "MGC_ACCESS_TOKEN", platform.node())


@pytest.mark.every_core
def test_missing_credentials_are_requested_by_name_and_host(play: Player) -> None:
    """Missing credentials are requested by name and host; on the controller the message does not advise to delegate."""
    done = play(vm_instance(name="web"), vm_info(), env={"MGC_API_KEY": " "})
    for each in done.results:
        assert all(part in each["msg"] for part in MISSING)
        assert "delegate_to" not in each["msg"]


def test_missing_credentials_off_the_controller_advise_to_delegate(sim: Any) -> None:
    told = result(sim, "vm_info", {}, env={"MGC_API_KEY": " "})["msg"]
    assert all(part in told for part in (*MISSING, "delegate_to: localhost"))


@pytest.mark.every_core
def test_shared_options_can_be_given_to_the_action_group(play: Player) -> None:
    shared = {"region": "br-ne1", "wait_timeout": 60, "api_retries": 1}
    tasks: list[dict[str, Any]] = [
        {f"magalu.cloud.{name}": options}
        for name, options in (
            ("vm_instance", {"name": "a", "state": "absent"}), ("vm_fleet", {"instances": [{"name": "a", "state": "absent"}]}),
            ("vm_info", {}), ("vm_snapshot", {"name": "a", "state": "absent"}), ("vm_image", {"name": "a", "state": "absent"}),
            ("vm_windows_password", {"name": "a", "password_file": __file__}),
        )
    ]  # fmt: skip
    done = play(*tasks, module_defaults={"group/magalu.cloud.vm": shared})
    assert not any(each.get("failed") for each in done.results), done.results
    assert {request["region"] for request in play.sim.requests()} == {"br-ne1"}


def test_wait_timeout_limits_the_whole_task_of_vm_info(sim: Any) -> None:
    sim.reset()
    sim.add_fault(operation="*", nth="every", kind="status", status=429, body={"slug": "rate.limit"})
    before = sim.now()
    assert result(sim, "vm_info", {"wait_timeout": 40})["failed"]
    assert 20 <= sim.now() - before <= 40


OLD = [python for python in map(find_python, ("3.6", "3.7", "3.8")) if python]


@pytest.mark.programs
@pytest.mark.skipif(not OLD, reason="there is no Python that is too old")
@pytest.mark.parametrize("python", OLD)
@pytest.mark.parametrize("module", [path.stem for path in sorted((ROOT / "plugins/modules").glob("vm_*.py"))])
def test_a_too_old_python_is_refused_with_a_sentence(python: str, module: str) -> None:
    """A Python that is too old is one clear sentence, checked before any import of Ansible, which is missing here."""
    ran = subprocess.run(
        [python, "-B", ROOT / f"plugins/modules/{module}.py"], env={"PYTHONPATH": str(COLLECTIONS)},
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    told = json.loads(ran.stdout)
    assert (ran.returncode, told["failed"], ran.stderr) == (1, True, "")
    assert "need Python 3.9 or newer" in told["msg"] and "ansible_python_interpreter" in told["msg"]
    assert told["error"] == plain_error("check the Python", told["msg"])


@pytest.mark.every_core(sample=True)
def test_a_missing_requests_library_is_reported_in_ansibles_words(play: Player) -> None:
    missing = play.folder / "missing/requests"
    missing.mkdir(parents=True)
    (missing / "__init__.py").write_text("raise ImportError('not here')\n")
    done = play(vm_instance(name="web"), vm_info(), env={"PYTHONPATH": f"{missing.parent}:{QUICK}"})
    for each in done.results:
        assert "Failed to import the required Python library (requests)" in each["msg"]


SOMEBODY = "9ec75090-2872-4f51-8111-53d05d96d2c6"


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("vm_instance", {"id": SOMEBODY, "state": "absent"}),
        ("vm_instance", {"id": SOMEBODY}),
        ("vm_instance", {"name": "web"}),
        ("vm_snapshot", {"id": SOMEBODY, "state": "absent"}),
        ("vm_snapshot", {"name": "day", "state": "absent"}),
        ("vm_image", {"id": SOMEBODY, "state": "absent"}),
        ("vm_fleet", {"instances": [{"name": "web"}]}),
        ("vm_info", {"id": SOMEBODY}),
        ("vm_info", {"kind": "backups"}),
        ("vm_windows_password", {"id": SOMEBODY}),
    ],
    ids=str,
)
def test_an_unknown_region_is_an_error(sim: Any, module: str, options: dict[str, Any]) -> None:
    """A wrong region is an error: a resource that is missing there by id does not count as deleted or absent."""
    told = result(sim, module, {**options, "region": "br-xx1"})
    assert told["failed"]
    assert "Check the region 'br-xx1' (region, MGC_REGION)" in told["msg"]
