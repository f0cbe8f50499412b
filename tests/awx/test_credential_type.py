# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The credential type, rendered by AWX's own code: modules and the inventory work with any filling of its fields."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from awx_plugins.interfaces._temporary_private_inject_api import ENV_BLOCKLIST
from jinja2 import Environment
from jinja2.meta import find_undeclared_variables

from tests.awx.data import AWX, PROJECT, environment, load
from tests.support.awx import CREDENTIAL
from tests.support.certificates import Authority
from tests.support.inventory_programs import Programs
from tests.support.servers import Server, serve_responses

TYPE = load(AWX / "credential_type.yml")
ROW = {"id": "9ec75090-2872-4f51-8111-53d05d96d2c6", "name": "web", "state": "running", "status": "completed"}
ANSWER = (200, {"instances": [ROW], "meta": {"page": {"total": 1}}})
SECRETS = {"api_key": "kept-key-5d2c", "access_token": "kept-token-5d2c"}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "own")


@pytest.fixture
def api(authority: Authority) -> Iterator[Server]:
    with serve_responses(ANSWER, tls=authority.server("localhost")) as server:
        yield server


@pytest.mark.programs
@pytest.mark.every_core
def test_modules_and_inventory_run_with_every_filling(api: Server, authority: Authority, tmp_path: Path) -> None:
    url = {"api_url": f"{api.url}/{{region}}/compute"}
    trusted = {**url, "ca_cert": authority.path.read_text()}
    fillings: dict[str, dict[str, Any]] = {
        "all": {**trusted, "api_key": SECRETS["api_key"], "tenant_id": "tenant-1", "region": "br-ne1",
                "insecure": False},
        "token": {**trusted, "access_token": SECRETS["access_token"]},
        "insecure": {**url, "api_key": SECRETS["api_key"], "insecure": True},
        "untrusted": {**url, "api_key": SECRETS["api_key"]},
        "both": {**trusted, **SECRETS},
        "none": {},
    }  # fmt: skip
    envs = {name: environment(tmp_path, **inputs) for name, inputs in fillings.items()}
    assert all(set(env) == set(CREDENTIAL) for env in envs.values()), "each variable is always there"
    said = {name: updated(name, env, tmp_path) for name, env in envs.items()}
    answered = {"all", "token", "insecure"}
    for name, (module, inventory) in said.items():
        assert (module is None, inventory is None) == (name in answered,) * 2, (name, module, inventory)
    for told in said["untrusted"]:
        assert told is not None and "isnottrusted" in told
    for told in said["both"] + said["none"]:
        assert told is not None and "api_key" in told and "access_token" in told
    sent = {name: [one.headers for one in api.asked if f"/{region}/" in one.target]
            for name, region in (("all", "br-ne1"), ("others", "br-se1"))}  # fmt: skip
    assert [(one["x-api-key"], one["x-tenant-id"]) for one in sent["all"]] == [(SECRETS["api_key"], "tenant-1")] * 2
    assert (
        sorted((one.get("x-api-key"), one.get("authorization")) for one in sent["others"] if "x-api-key" in one)
        == [(SECRETS["api_key"], None)] * 2
    )
    assert [one["authorization"] for one in sent["others"] if "authorization" in one] == [
        f"Bearer {SECRETS['access_token']}"
    ] * 2
    assert not any("x-tenant-id" in one for one in sent["others"])


def updated(name: str, env: dict[str, str], folder: Path) -> tuple[str | None, str | None]:
    """Return the errors of vm_info and of the project's inventory, None where they succeed."""
    shutil.copytree(PROJECT, folder / name)
    programs = Programs(SimpleNamespace(environment=env), folder / name)
    task = {"magalu.cloud.vm_info": {"api_retries": 0}}
    (programs.folder / "play.json").write_text(
        json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}])
    )
    source = "inventories/magalu.vm_instances.yml"
    both = (programs("playbook", "play.json"), programs("inventory", "-i", source, "--list", MGC_API_RETRIES="0"))
    assert both[1].code != 0 or "web" in both[1].hosts
    told = tuple(None if ran.code == 0 else "".join((ran.stdout + ran.stderr).split()) for ran in both)
    for ran in both:
        assert not any(secret in ran.stdout + ran.stderr + ran.log for secret in SECRETS.values())
    return told  # type: ignore[return-value]


def test_files_hold_the_certificates_and_are_private(tmp_path: Path) -> None:
    env = environment(tmp_path, ca_cert="-----BEGIN")
    file = Path(env["MGC_CA_PATH"])
    assert file.read_text() == "-----BEGIN" and file.stat().st_mode & 0o777 == 0o600


def test_awx_accepts_the_credential_type() -> None:
    """AWX's checks of a new credential type accept it."""
    fields = {field["id"]: field for field in TYPE["inputs"]["fields"]}
    assert set(TYPE["inputs"]) == {"fields", "required"} and TYPE["inputs"]["required"] == []
    allowed = {"id", "label", "type", "secret", "multiline", "help_text", "choices", "format", "default"}
    assert all(set(field) <= allowed and field["type"] in ("string", "boolean") for field in fields.values())
    assert TYPE["kind"] in ("cloud", "net") and set(TYPE["injectors"]) <= {"env", "file"}
    for variable, template in TYPE["injectors"]["env"].items():
        assert not variable.startswith("ANSIBLE_") and variable not in ENV_BLOCKLIST and template.isascii()
        assert find_undeclared_variables(Environment().parse(template)) <= {*fields, "tower"}, template
    assert {name for name, field in fields.items() if field.get("secret")} == set(SECRETS)
