# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Credentials and user data reach nothing that a playbook shows or keeps, whatever the API tells of them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.playbooks.play import DECLARED, LARGE, Played, Player, vm_info, vm_instance

KEY, TOKEN, PASSWORD = "kept-key-5d2c", "kept-token-81f0", "kept-password-33a9"
TEXT = "#cloud-config\nchpasswd:\n  list: 'root:kept-data-9b1e'\n"
ENCODED = base64.b64encode(TEXT.encode()).decode()
LOUD = {"options": ["-vvvvv", "--diff"], "env": {"ANSIBLE_PIPELINING": "false", "ANSIBLE_DISPLAY_TRACEBACK": "always"}}


def assert_kept(done: Played, *secrets: str) -> None:
    """None of them is anywhere, in any of the forms in which texts are written."""
    for place in (done.output, done.log, json.dumps(done.results), str(done.results)):
        for secret in (*secrets, "kept-data-9b1e", ENCODED, ENCODED[20:]):
            start = max(place.find(secret) - 300, 0)
            assert secret not in place, place[start : start + 700]


def faults(credential: str) -> list[dict[str, Any]]:
    """Every kind of failure of a request, and every place where it can tell what it was told."""
    told = f"{credential} {TEXT} {TEXT.strip()} {ENCODED}"
    body = {"slug": f"no.{ENCODED}", "message": told, "details": {"given": [told, {told: told}]}}
    detail = {"detail": [{"loc": ["body", "user_data", ENCODED], "msg": told, "input": told, "type": "value_error"}]}
    page = f"<html><h1>Bad</h1>x-api-key: {credential}, Authorization: Bearer {credential}, {told}</html>"
    status: dict[str, Any] = {"kind": "status"}
    return [
        *({**status, "status": code, "body": body} for code in (400, 401, 403, 404, 409, 429, 500)),
        {**status, "status": 422, "body": detail},
        {**status, "status": 422, "body": {"detail": told}},
        {**status, "status": 302, "headers": {"Location": f"http://127.0.0.1/{credential}"}},
        {**status, "status": 200, "body": page},
        {**status, "status": 200, "body": {"instances": told}},
        {"kind": "html", "status": 502, "body": page},
        {"kind": "reset"},
        {"kind": "short_body", "when": "after"},
        {"kind": "hold", "seconds": 1},
    ]


@pytest.mark.every_core
@pytest.mark.parametrize("option", ["api_key", "access_token"])
@pytest.mark.parametrize("given", ["option", "environment"])
def test_a_task_that_succeeds_shows_none(play: Player, sim: Any, option: str, given: str) -> None:
    secret = KEY if option == "api_key" else TOKEN
    sim.reset(keys={secret: "tenant-1"})
    env = {**LOUD["env"], "MGC_API_KEY": "", **({f"MGC_{option.upper()}": secret} if given == "environment" else {})}
    shared = {option: secret} if given == "option" else {}
    data = {"user_data": TEXT} if option == "api_key" else {"user_data_base64": ENCODED}
    done = play(
        vm_instance(**shared, **DECLARED, **data), vm_instance(**shared, **{**DECLARED, **data, "machine_type": LARGE}),
        vm_info(**shared), vm_instance(**shared, name="web", state="absent"), options=LOUD["options"], env=env,
    )  # fmt: skip
    assert [result["changed"] for result in done.results] == [True, True, False, True]
    assert_kept(done, secret)


@pytest.mark.parametrize("option", ["api_key", "access_token"])
def test_a_read_that_fails_shows_none(play: Player, sim: Any, option: str) -> None:
    secret = KEY if option == "api_key" else TOKEN
    kinds = faults(secret)
    for number, fault in enumerate(kinds, 1):
        sim.add_fault(operation="GET /v1/instances", match=number, times=1, **fault)
    shared = {option: secret, "api_retries": 0, "api_timeout": 0.5, "user_data": TEXT, "state": "running"}
    done = play(*(vm_instance(**DECLARED, **shared) for _fault in kinds), **{**LOUD, "env": {**LOUD["env"], "MGC_API_KEY": ""}})
    assert all(result["failed"] for result in done.results)
    assert all("Failed to look at instance web" in result["msg"] for result in done.results)
    assert_kept(done, secret)


def test_a_change_that_fails_shows_none(play: Player, sim: Any) -> None:
    sim.reset(keys={KEY: "tenant-1"})
    kinds = faults(KEY)
    names = [f"web-{number}" for number in range(len(kinds))]
    shared = {"api_key": KEY, "api_retries": 0, "api_timeout": 0.5, "wait_timeout": 1, "state": "stopped"}
    for number, fault in enumerate(kinds, 1):
        sim.seed("instance", name=names[number - 1], user_data=ENCODED)
        sim.add_fault(operation="POST /v1/instances/{id}/stop", match=number, times=1, **fault)
    done = play(*(vm_instance(**shared, name=name, user_data=TEXT) for name in names), **LOUD)
    assert sum(result["failed"] for result in done.results) > len(kinds) // 3
    assert_kept(done, KEY)


def test_a_creation_that_fails_shows_none(play: Player, sim: Any) -> None:
    """The API refuses it, or accepts it and tells later what it had been given."""
    told = {"slug": "create_instance.user_data", "message": f"cannot use {TEXT} ({TEXT.strip()}, {ENCODED})"}
    for name in ("old", "replaced"):
        sim.seed("instance", name=name, state="error", status="creating_error", error=told, user_data=ENCODED)
    sim.add_fault(operation="POST /v1/instances", match=2, kind="status", status=422, body={"detail": told["message"]})
    sim.add_fault(operation="POST /v1/instances", match=3, times=9, kind="status", status=500, body=told)
    shared = {**DECLARED, "user_data": TEXT, "wait_timeout": 1, "api_retries": 0}
    done = play(
        vm_instance(**{**shared, "name": "old"}),
        vm_instance(**{**shared, "name": "replaced", "on_failed": "replace", "wait_timeout": 60}),
        vm_instance(**shared), vm_instance(**shared), **LOUD,
    )  # fmt: skip
    assert [result["failed"] for result in done.results] == [True, False, True, True]
    assert "could not be created" in done.results[0]["msg"]
    assert_kept(done)


def test_the_password_of_a_proxy_is_not_shown(play: Player) -> None:
    proxy = {"HTTP_PROXY": f"http://robot:{PASSWORD}@127.0.0.1:9", "NO_PROXY": ""}
    done = play(vm_info(api_retries=0), options=LOUD["options"], env={**LOUD["env"], **proxy})
    assert "the proxy (HTTPS_PROXY, HTTP_PROXY, NO_PROXY)" in done.results[0]["msg"]
    assert_kept(done, PASSWORD)
