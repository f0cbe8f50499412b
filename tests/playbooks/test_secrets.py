# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Credentials and user data are in no output or file of a playbook, even if the API repeats them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils import basic

from tests.support.declarations import DECLARED, LARGE
from tests.support.leaking import ENCODED, TEXT, leaking_faults
from tests.support.module import result
from tests.support.play import Played, Player, vm_info, vm_instance

SLOW = pytest.mark.test_all("the other failures are in make test, and all in this process")

KEY, TOKEN, PASSWORD = "kept-key-5d2c", "kept-token-81f0", "kept-password-33a9"
LOUD = {"options": ["-vvvvv", "--diff"], "env": {
    "ANSIBLE_PIPELINING": "false", "ANSIBLE_DISPLAY_TRACEBACK": "always", "ANSIBLE_INJECT_INVOCATION": "true",
}}  # fmt: skip


def assert_kept(done: Played, *secrets: str) -> None:
    """Assert that no secret is in the output, the log or the results, in any form of texts."""
    for place in (done.output, done.log, json.dumps(done.results), str(done.results)):
        for secret in (*secrets, "kept-data-9b1e", ENCODED, ENCODED[20:]):
            start = max(place.find(secret) - 300, 0)
            assert secret not in place, place[start : start + 700]


@pytest.mark.every_core
@pytest.mark.parametrize("option", ["api_key", "access_token"])
def test_a_successful_task_shows_no_secret(play: Player, sim: Any, option: str) -> None:
    """A successful task shows no secrets: a key as an option with plain user data, or a token with base64."""
    secret = KEY if option == "api_key" else TOKEN
    sim.reset(keys={secret: "tenant-1"})
    shared = {"api_key": KEY} if option == "api_key" else {}
    data = {"user_data": TEXT} if shared else {"user_data_base64": ENCODED}
    env = {**LOUD["env"], "MGC_API_KEY": "", **({} if shared else {"MGC_ACCESS_TOKEN": TOKEN})}
    done = play(
        vm_instance(**shared, **DECLARED, **data), vm_instance(**shared, **{**DECLARED, **data, "machine_type": LARGE}),
        vm_info(**shared), vm_instance(**shared, name="web", state="absent"), options=LOUD["options"], env=env,
    )  # fmt: skip
    assert [each["changed"] for each in done.results] == [True, True, False, True]
    assert_kept(done, secret)


@SLOW
def test_a_failed_read_shows_no_secret(play: Player, sim: Any) -> None:
    kinds = leaking_faults(KEY)
    for number, fault in enumerate(kinds, 1):
        sim.add_fault(operation="GET /v1/instances", match=number, times=1, **fault)
    shared = {"api_key": KEY, "api_retries": 0, "api_timeout": 0.5, "user_data": TEXT}
    done = play(*(vm_instance(**DECLARED, **shared) for _fault in kinds), **LOUD)
    assert all(each["failed"] for each in done.results)
    assert all("Failed to look at instance web" in each["msg"] for each in done.results)
    assert_kept(done, KEY)


@pytest.fixture
def no_other_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ansible-core leave secrets in a result, as it does from 2.22 on."""
    monkeypatch.setattr(basic, "remove_values", lambda value, _secrets: value)


@pytest.mark.usefixtures("no_other_mask")
@pytest.mark.one_in(9)
@pytest.mark.parametrize("operation", ["GET /v1/instances", "POST /v1/instances/{id}/stop", "POST /v1/instances"])
@pytest.mark.parametrize("option", ["api_key", "access_token"])
def test_no_failed_request_leaves_a_secret_in_a_result(sim: Any, operation: str, option: str) -> None:
    secret = KEY if option == "api_key" else TOKEN
    for fault in leaking_faults(secret):
        sim.reset(keys={secret: "tenant-1"})
        if operation.endswith("stop"):
            sim.seed("instance", name="web", user_data=ENCODED)
        sim.add_fault(operation=operation, nth="every", **fault)
        shared = {option: secret, "api_timeout": 0.2, "api_retries": 0, "wait_timeout": 60, "user_data": TEXT}
        given = result(sim, "vm_instance", {**DECLARED, **shared, "state": "stopped"}, env={"MGC_API_KEY": ""})
        shown = json.dumps(given)
        for hidden in (secret, ENCODED, "kept-data-9b1e"):
            assert hidden not in shown, (fault, shown)


@pytest.mark.usefixtures("no_other_mask")
def test_warnings_and_options_of_a_result_show_no_secret(sim: Any) -> None:
    """Also what the API repeats later, in an instance's error, and the options, which Ansible adds on demand."""
    error = {"slug": "create_instance.user_data", "message": f"cannot use {TEXT.strip()} or {ENCODED}"}
    sim.seed("instance", name="web", state="error", status="creating_error", error=error)
    options = {**DECLARED, "user_data": TEXT, "on_immutable_change": "fail"}
    given = result(sim, "vm_instance", options)
    assert given["instance"]["error"]["message"] == "cannot use ******** or ********"
    assert "kept-data-9b1e" not in json.dumps(given)
    sim.reset(keys={KEY: "tenant-1"})
    given = result(sim, "vm_instance", {**DECLARED, "name": f"{KEY} x"}, check=True, env={"MGC_API_KEY": KEY})
    assert given["warnings"][0].startswith("The name '******** x' may be refused") and KEY not in json.dumps(given), (
        given
    )


@pytest.mark.usefixtures("no_other_mask")
def test_the_address_of_an_image_is_a_secret_too(sim: Any) -> None:
    """The URL of an image is a secret, too: it is presigned, so anyone who has it can read the image."""
    url = f"https://objects.example.com/golden.qcow2?signature={PASSWORD}"
    for fault in [*leaking_faults(url), None]:
        sim.reset()
        if fault:
            sim.add_fault(operation="POST /v1/images/custom", nth="every", **fault)
        options = {"name": "golden", "url": url, "platform": "linux", "api_timeout": 0.2, "api_retries": 0}
        given = result(sim, "vm_image", {**options, "wait_timeout": 60}, diff=True)
        assert PASSWORD not in json.dumps(given), (fault, given)


def test_a_failed_creation_shows_no_secret(play: Player, sim: Any) -> None:
    """A failed creation shows no secrets, whether the API refuses it or repeats its input later."""
    told = {"slug": "create_instance.user_data", "message": f"cannot use {TEXT}"}
    for name in ("old", "replaced"):
        sim.seed("instance", name=name, state="error", status="creating_error", error=told, user_data=ENCODED)
    shared = {**DECLARED, "user_data": TEXT}
    done = play(
        vm_instance(**{**shared, "name": "old"}), vm_instance(**{**shared, "name": "replaced", "on_failed": "replace"}),
        **LOUD,
    )  # fmt: skip
    assert [each["failed"] for each in done.results] == [True, False]
    assert "could not be created" in done.results[0]["msg"]
    assert_kept(done)


@SLOW
@pytest.mark.parametrize("told", [TEXT.strip(), ENCODED], ids=["without white space around it", "in base64"])
def test_user_data_is_hidden_in_every_form(play: Player, sim: Any, told: str) -> None:
    error = {"slug": "create_instance.user_data", "message": f"cannot use {told}"}
    sim.seed("instance", name="web", state="error", status="creating_error", error=error)
    assert_kept(play(vm_instance(**DECLARED, user_data=TEXT), **LOUD))


@SLOW
def test_the_password_of_a_proxy_is_not_shown(play: Player) -> None:
    proxy = {"HTTP_PROXY": f"http://robot:{PASSWORD}@127.0.0.1:9", "NO_PROXY": ""}
    done = play(vm_info(api_retries=0), options=LOUD["options"], env={**LOUD["env"], **proxy})
    assert "the proxy (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY)" in done.results[0]["msg"]
    assert_kept(done, PASSWORD)
