# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""With any value in an option, a task ends with a message, and sends only requests that its module may send."""

from __future__ import annotations

import re
from itertools import product
from typing import Any
from urllib.parse import unquote

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.connection import connection_spec
from ansible_collections.magalu.cloud.plugins.module_utils._module import GROUP
from ansible_collections.magalu.cloud.plugins.module_utils._plan.options import INSTANCE_SPEC
from ansible_collections.magalu.cloud.plugins.module_utils._resources.copies import COPY_SPEC
from ansible_collections.magalu.cloud.plugins.module_utils._resources.fleet import FLEET_SPEC
from ansible_collections.magalu.cloud.plugins.module_utils._resources.image import IMAGE_SPEC
from ansible_collections.magalu.cloud.plugins.module_utils._resources.info import INFO_SPEC
from ansible_collections.magalu.cloud.plugins.module_utils._resources.password import PASSWORD_SPEC
from tests.faults.answers import Cloud, answers, is_result
from tests.faults.rows import ID, IMAGE, MORE, OTHER, PORT, ROWS, TYPE
from tests.support.choice import one_in
from tests.support.module import result
from tests.support.operations_table import ROWS as OPERATIONS
from tests.support.servers import Server

# The other options of each module in a test of an option, for each code path of the module.
BASES: dict[str, list[dict[str, Any]]] = {
    "vm_instance": [
        {"name": "web", "machine_type": "BV1-1-40", "image": IMAGE["name"], "state": "running"},
        {"name": "new", "machine_type": "BV1-1-40", "image": IMAGE["name"], "ssh_key_name": "deploy"},
        {"id": ID, "state": "absent"},
    ],
    "vm_fleet": [
        {"instances": [{"name": "web"}], "defaults": {"image": IMAGE["name"], "state": "running"}, "prune_match": "copy*"},
        {"count": 1, "name_format": "new-{index}", "defaults": {"machine_type": "BV1-1-40", "image": IMAGE["name"]}},
    ],
    "vm_snapshot": [
        {"name": "copy", "instance": "web"}, {"name": "new", "instance": "web"}, {"name": "copy", "state": "absent"},
        {"name": "copy", "state": "restored", "restore": {"name": "web-2", "machine_type": "BV1-1-40"}},
        {"all": True, "keep_days": 1, "state": "pruned"},
    ],
    "vm_backup": [{"id": OTHER, "name": "copy-2"}, {"name": "copy", "state": "absent"}],
    "vm_image": [
        {"name": "golden", "description": "new"}, {"name": "golden", "state": "absent"},
        {"name": "new", "url": "https://example.com/a?b=c", "platform": "linux"},
    ],
    "vm_info": [{"kind": "instances"}, {"kind": "init_logs", "id": ID}, {"kind": "images"}],
    "vm_windows_password": [{"id": ID}, {"name": "web"}],
}  # fmt: skip
# Bad values. In ids and names they lead to other paths, unless they are refused or quoted.
BAD = [
    "..", "../../snapshots/x", f"{ID}/../{OTHER}", f"{ID}/stop", "%2e%2e%2fx", "a?name=b#c", "a\nb", "a\r\nX-Injected: 1",
    "a\0b", "\x7f", "\u00e9\u4e2d", "{{ 1 + 1 }}", "x" * 70_000, 5, -1, 10**30, 1.5, True, [], ["..", None, 5], {}, {"a": {"b": 1}},
]  # fmt: skip
ELSEWHERE = ("api_url", "region", "wait_timeout", "password_file", "progress_file", "report")  # have tests of their own
KNOWN = {ID, OTHER, PORT, MORE, IMAGE["id"], TYPE["id"]} | {row["id"] for row in ROWS.values()}


def spec(module: str) -> dict[str, Any]:
    """Return the options of a module."""
    specs: dict[str, dict[str, Any]] = {
        "vm_instance": INSTANCE_SPEC, "vm_fleet": FLEET_SPEC, "vm_snapshot": COPY_SPEC, "vm_backup": COPY_SPEC,
        "vm_image": IMAGE_SPEC, "vm_info": INFO_SPEC, "vm_windows_password": PASSWORD_SPEC,
    }  # fmt: skip
    return {**GROUP, **specs[module], **connection_spec()}


def options(module: str) -> list[tuple[str, ...]]:
    """Yield the paths of all options and suboptions."""
    found: list[tuple[str, ...]] = []
    todo = [((name,), option) for name, option in spec(module).items()]
    for path, option in todo:
        found.append(path)
        todo += [((*path, name), inner) for name, inner in option.get("options", {}).items()]
    # Members are set as a whole; their options are those of the defaults.
    return [path for path in found if path[0] not in ELSEWHERE and not (path[0] == "instances" and len(path) > 1)]


def replace_option(base: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return the options with another value at a path."""
    inner = base.get(path[0]) if isinstance(base.get(path[0]), dict) else {}
    return {**base, path[0]: value if len(path) == 1 else replace_option(inner or {}, path[1:], value)}


def run(server: Server, module: str, declared: dict[str, Any], check: bool = False) -> tuple[dict[str, Any], list[Any]]:
    """Run a task, and return its result and its requests."""
    server.answers[:] = [answers({})]
    server.asked.clear()
    found = result(Cloud(server), module, declared if module == "vm_info" else {"wait_timeout": 5, **declared}, check)
    assert is_result(found), (declared, found)
    found.pop("invocation", None)
    return found, sorted((asked.method, asked.target, asked.body) for asked in server.asked)  # concurrent reads


def refuse_stray(server: Server, module: str) -> None:
    """Assert that all requests are in the table, and that changes belong to the module and to ids that were read."""
    for asked in server.asked:
        assert "x-injected" not in asked.headers
        path = asked.target.partition("?")[0].removeprefix("/br-se1/compute")
        for row in OPERATIONS:
            method, _space, template = row.operation.partition(" ")
            match = re.fullmatch(re.sub(r"\{\w+\}", "([^/]+)", template), path)
            if match and method == asked.method and (method == "GET" or f"{module}#" in row.driven):
                assert set(map(unquote, match.groups())) <= KNOWN, asked
                break
        else:
            raise AssertionError(f"{module} asked for {asked.method} {asked.target}")


@pytest.mark.parametrize("module", BASES)
def test_bad_values_lead_to_no_other_path(server: Server, module: str) -> None:
    for base, (at, path), (number, value) in product(BASES[module], enumerate(options(module)), enumerate(BAD)):
        # make test tries each value in every twentieth option, with one of its bases in turn.
        if (at + number - BASES[module].index(base)) % one_in(20 * len(BASES[module])) == 0:
            run(server, module, replace_option(base, path, value))
            refuse_stray(server, module)


@pytest.mark.parametrize(
    "region", ["..", "../x", "br-se1/../../v1", "a/b", "%2e%2e", "a?b", "a#b", "a@b", "{x}", "a b"]
)
def test_a_region_must_be_one_segment_of_the_path(server: Server, region: str) -> None:
    found, asked = run(server, "vm_info", {"region": region})
    assert not asked
    assert "region" in found["msg"]


@pytest.mark.parametrize("module", BASES)
def test_null_and_empty_are_the_same_as_absent(server: Server, module: str) -> None:
    """Null and empty values count as absent, like `omit`."""
    for at, base in enumerate(BASES[module]):
        for number, path in enumerate(options(module)):
            # make test tries every sixth option, with one of its bases.
            if path[0] not in base and (at + number) % one_in(6 * len(BASES[module])) == 0:
                absent = run(server, module, base if len(path) == 1 else {**base, path[0]: {}}, check=True)
                for value in (None, "", "  "):
                    assert run(server, module, replace_option(base, path, value), check=True) == absent, (path, value)


def test_every_bad_value_reaches_a_module(server: Server) -> None:
    """Every bad value reaches a module, or this suite would prove nothing: a bad name is looked up, quoted."""
    found, asked = run(server, "vm_info", {"name": "../../snapshots/x"})
    assert found["count"] == 0
    assert "name=..%2F..%2Fsnapshots%2Fx" in asked[0][1]
