# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The servers to which modules and the inventory send credentials: certificates, redirects and .netrc."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from tests.support.certificates import Authority
from tests.support.inventory_programs import Programs
from tests.support.servers import Server, serve_responses

pytestmark = pytest.mark.every_core
KEY = "kept-key-5d2c"
ROW = {"id": "9ec75090-2872-4f51-8111-53d05d96d2c6", "name": "web", "state": "running", "status": "completed"}
ANSWER = (200, {"instances": [ROW], "meta": {"page": {"total": 1}}})
NETRC = "".join(
    f"{who} login robot password kept-netrc\n" for who in ("machine localhost", "machine 127.0.0.1", "default")
)


class Sites(NamedTuple):
    """A server named localhost, one with another name, the authority of both, and an unrelated authority."""

    server: Server
    misnamed: Server
    good: Authority
    other: Authority


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[Sites]:
    good, other = Authority(tmp_path, "good"), Authority(tmp_path, "other")
    named, otherwise = good.server("localhost"), good.server("api.test")
    with serve_responses(ANSWER, tls=named) as server, serve_responses(ANSWER, tls=otherwise) as misnamed:
        yield Sites(server, misnamed, good, other)


def try_cases(folder: Path, cases: dict[str, dict[str, Any]], **env: str) -> dict[str, tuple[bool, bool, str]]:
    """Return whether vm_info and the inventory got a response with each case's options, else the error of vm_info."""
    programs = Programs(SimpleNamespace(environment={"MGC_API_KEY": KEY}), folder)
    (folder / ".netrc").write_text(NETRC)
    (folder / ".netrc").chmod(0o600)
    sources: list[str] = []
    for name, options in cases.items():
        programs.write(**options, api_retries=0, group=name, name=f"{name}.magalu.yml")
        sources += ["-i", f"{name}.magalu.yml"]
    tasks: list[dict[str, Any]] = [
        {"magalu.cloud.vm_info": {**options, "api_retries": 0}, "register": name} for name, options in cases.items()
    ]
    kept = f"{{{{ [[{', '.join(cases)}], groups] | to_json }}}}"
    tasks.append({"ansible.builtin.copy": {"content": kept, "dest": str(folder / "kept.json")}})
    book = {"hosts": "localhost", "gather_facts": False, "ignore_errors": True, "tasks": tasks}
    (folder / "play.json").write_text(json.dumps([book]))
    ran = programs("playbook", *sources, "play.json", **env)
    assert ran.code == 0, ran.stdout
    results, groups = json.loads((folder / "kept.json").read_text())
    return {
        name: (result.get("count") == 1, groups.get(name) == [ROW["name"]], result.get("msg", ""))
        for name, result in zip(cases, results, strict=True)
    }


def assert_trusted(found: dict[str, tuple[bool, bool, str]], *trusted: str) -> None:
    """Assert that exactly these cases trust the server; the others get an error about certificates."""
    assert {name: case[:2] for name, case in found.items()} == {name: (name in trusted,) * 2 for name in found}
    assert all(
        "is not trusted" in message for name, (_module, _inventory, message) in found.items() if name not in trusted
    )


def assert_only_the_key(*servers: Server) -> None:
    """Assert that no server received the credentials in .netrc."""
    asked = [one.headers for server in servers for one in server.asked]
    assert asked
    assert all(headers["x-api-key"] == KEY and "authorization" not in headers for headers in asked)


@pytest.mark.programs
def test_a_server_is_trusted_only_by_options(sites: Sites, tmp_path: Path) -> None:
    url, misnamed = {"api_url": sites.server.url}, {"api_url": sites.misnamed.url}
    good = {"ca_path": str(sites.good.path)}
    found = try_cases(tmp_path, {
        "unknown": url, "known": {**url, **good}, "folder": {**url, "ca_path": str(sites.good.folder)},
        "by_another": {**url, "ca_path": str(sites.other.path)}, "unchecked": {**url, "validate_certs": False},
        "misnamed": {**misnamed, **good}, "misnamed_unchecked": {**misnamed, "validate_certs": False},
    })  # fmt: skip
    assert_trusted(found, "known", "folder", "unchecked", "misnamed_unchecked")
    assert "Hostname mismatch" in found["misnamed"][2]
    assert len(sites.server.asked) == 2 * 3 and len(sites.misnamed.asked) == 2
    assert_only_the_key(sites.server, sites.misnamed)


@pytest.mark.programs
@pytest.mark.parametrize("bundle", ["good", "other"])
def test_the_environments_bundle_counts_where_no_option_says_otherwise(
    sites: Sites, tmp_path: Path, bundle: str
) -> None:
    url = {"api_url": sites.server.url}
    found = try_cases(
        tmp_path,
        {
            "by_environment": url,
            "by_option": {**url, "ca_path": str(sites.good.path)},
            "by_another": {**url, "ca_path": str(sites.other.path)},
            "unchecked": {**url, "validate_certs": False},
        },
        REQUESTS_CA_BUNDLE=str(getattr(sites, bundle).path),
    )
    assert_trusted(found, "by_option", "unchecked", *(["by_environment"] if bundle == "good" else []))
    assert_only_the_key(sites.server)


@pytest.mark.programs
def test_redirects_are_not_followed(tmp_path: Path) -> None:
    with serve_responses(ANSWER) as elsewhere:
        location = {"Location": f"{elsewhere.url}/v1/instances"}
        with serve_responses((301, b"", location), (307, b"", location)) as server:
            found = try_cases(tmp_path, {"redirected": {"api_url": server.url}})
    assert found["redirected"][:2] == (False, False)
    assert f"redirects to {elsewhere.url}/v1/instances, which is not followed" in found["redirected"][2]
    assert elsewhere.asked == [] and len(server.asked) == 2
    assert_only_the_key(server)
