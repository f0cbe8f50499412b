# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""With any response of the API, a module ends in time with a result or an error message, in little memory."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.module_utils._api import listing
from ansible_collections.magalu.cloud.plugins.module_utils._api.client import Answer
from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import (
    BACKUPS,
    CUSTOM_IMAGES,
    IMAGES,
    INSTANCES,
    MACHINE_TYPES,
    SNAPSHOTS,
)
from tests.faults.answers import VALUES, Cloud, answers, is_result, odd_row, replace_value
from tests.faults.rows import ID, INSTANCE, LISTS, MORE, OTHER, ROWS
from tests.support.choice import one_in
from tests.support.clients import Ticks, client
from tests.support.module import result
from tests.support.servers import Server, serve_responses

RESOURCES = (INSTANCES, SNAPSHOTS, BACKUPS, IMAGES, CUSTOM_IMAGES, MACHINE_TYPES)
DECLARED = {"name": "web", "machine_type": "BV1-1-40", "image": "cloud-ubuntu-24.04 LTS"}
COPY = {"name": "copy", "instance": "web"}
RESTORE = {"name": "web-2", "machine_type": "BV1-1-40"}
# Tasks that use every observer and planner, with the options that read most fields of a row.
TASKS: dict[str, list[dict[str, Any]]] = {
    "vm_instance": [
        {**DECLARED, "state": "running", "network_interfaces": [MORE], "purge_network_interfaces": True},
        {**DECLARED, "user_data": "#!/bin/sh\n", "labels": ["b"], "network": {"vpc": OTHER}, "state": "suspended",
         "on_immutable_change": "recreate", "protect_labels": ["a"]},
        {"name": "web", "state": "absent", "protect_names": ["w"], "protect_labels": ["b"]},
        {"id": ID, "name": "web-2", "machine_type": "BV2-2-40", "state": "rebooted"},
        {**DECLARED, "name": "new", "availability_zone": "br-se1-a", "user_data": "x", "on_failed": "replace"},
        {"name": "new", "snapshot": "copy", "machine_type": "BV1-1-40"},
    ],
    "vm_snapshot": [
        {**COPY, "power_off": True}, {**COPY, "name": "other", "power_off": True}, {"name": "copy", "new_name": "copy-2"},
        {"name": "copy", "state": "absent", "protect_names": ["x"]}, {"id": OTHER, "state": "restored", "restore": RESTORE},
        {"all": True, "keep_days": 1, "keep_last": 1, "state": "pruned", "instance": "web"},
        {"name": "copy", "state": "copied", "destination_region": "br-ne1"},
    ],
    "vm_backup": [{"all": True, "keep_days": 1, "state": "pruned"}, {"name": "copy", "state": "restored", "restore": RESTORE}],
    "vm_image": [
        {"name": "golden", "description": "new", "requirements": {"vcpu": 2, "ram": 1, "disk": 1}, "license": "licensed"},
        {"name": "golden", "state": "absent"}, {"name": "new", "url": "https://example.com/a?b=c", "platform": "linux"},
    ],
    "vm_info": [
        *({"kind": kind.replace("-", "_").replace("custom", "custom_images"), "sort": ["name", "disk:desc"]} for kind in LISTS),
        {"kind": "instances", "state": ["stopped"], "labels": ["a"], "machine_type": "BV1-1-40", "image": ID,
         "older_than": "1d", "name_pattern": "w*", "availability_zone": "br-se1-a", "sort": ["machine_type.name"]},
        {"kind": "images", "labels": ["a"], "platform": ["linux"], "usable": True, "availability_zone": "br-se1-a"},
        {"kind": "init_logs", "name": "web"}, {"kind": "snapshots", "instance": "web", "newer_than": "2026-01-01"},
    ],
    "vm_windows_password": [{"name": "web"}],
    "vm_fleet": [
        {"instances": [{"name": "web"}, {"id": OTHER}, {"name": "new", "snapshot": "copy"}], "state": "suspended",
         "defaults": {"machine_type": "BV1-1-40", "network_interfaces": [MORE]}, "batch": "1", "max_failures": "1"},
        {"count": 0, "prune_match": "web*", "protect_names": ["w"], "protect_labels": ["b"], "results": "brief"},
    ],
}  # fmt: skip
EVERY_TASK = st.sampled_from([(module, options) for module, tasks in TASKS.items() for options in tasks])


def examples(count: int) -> int:
    """Return the number of examples to try; make test tries a twentieth of them."""
    return count // one_in(20)


def run(server: Server, module: str, options: dict[str, Any], check: bool = False) -> dict[str, Any]:
    cloud = Cloud(server)
    began = cloud.time
    given = result(
        cloud, module, {"wait_timeout": 300, **options} if module != "vm_info" else options, check, diff=True
    )
    assert is_result(given), given
    assert cloud.time - began <= 700, "it waited beyond its deadline"
    return given


@pytest.mark.parametrize("module", TASKS)
def test_sound_answers_are_taken_by_every_task(server: Server, module: str) -> None:
    server.answers[:] = [answers({})]
    for options in TASKS[module]:
        given = run(server, module, options, check=module != "vm_windows_password")
        assert "the response has no" not in given.get("msg", ""), given


@settings(max_examples=examples(500))
@given(task=EVERY_TASK, kinds=st.sets(st.sampled_from(list(ROWS))), check=st.booleans(), data=st.data())
def test_odd_rows(server: Server, task: Any, kinds: set[str], check: bool, data: Any) -> None:
    server.answers[:] = [answers({kind: data.draw(odd_row(ROWS[kind])) for kind in sorted(kinds)})]
    run(server, *task, check=check)


@settings(max_examples=examples(200))
@given(task=EVERY_TASK, value=VALUES, where=st.sampled_from(["", "list", "meta", "page", "total"]))
def test_odd_bodies(server: Server, task: Any, value: Any, where: str) -> None:
    places = {"": (), "meta": ("meta",), "page": ("meta", "page"), "total": ("meta", "page", "total")}

    def wrap(body: Any) -> Any:
        listed = isinstance(body, dict) and "meta" in body
        path = (next(iter(body)),) if where == "list" and listed else places.get(where, ()) if listed else ()
        return replace_value(body, path, value)

    server.answers[:] = [answers({}, wrap)]
    run(server, *task, check=True)


@settings(max_examples=examples(300))
@given(
    status=st.integers(200, 599),
    body=st.one_of(VALUES, st.binary(max_size=30), st.dictionaries(
        st.sampled_from(["slug", "message", "details", "detail", "error"]), VALUES), st.lists(
        st.fixed_dictionaries({"loc": VALUES, "msg": VALUES})).map(lambda detail: {"detail": detail})),
    name=st.sampled_from(["Retry-After", "Date", "Location", "X-Request-ID", "Content-Type", "Content-Encoding"]),
    value=st.one_of(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20), st.sampled_from(
        ["9" * 400, "-1", "gzip", "deflate", "gzip, gzip, br", "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2359"])),
)  # fmt: skip
@example(429, {}, "Retry-After", "9" * 400)
def test_odd_answers(server: Server, status: int, body: Any, name: str, value: str) -> None:
    server.answers[:] = [(status, body if status not in (204, 304) else b"", {name: value})]
    ticks = Ticks()
    api = client(server.url, ticks)
    api.deadline = ticks.time + 600
    for ask in (lambda: api.request("GET", "/v1/instances"), lambda: api.request("POST", "/v1/instances", body={})):
        try:
            assert isinstance(ask(), Answer)
        except ApiError as error:
            assert isinstance(error.message, str)
    assert round(sum(ticks.slept), 6) <= 600


def test_rows_with_valid_essential_fields_are_accepted() -> None:
    strange = {**INSTANCE, "unknown": [[["x"]]], "sku": 1, "network": None, "labels": None, "error": None}
    with serve_responses((200, {"instances": [strange]})) as server:
        assert client(server.url).listing(INSTANCES) == [strange]


@pytest.mark.parametrize("identifier", ["..", ".", "", "a/b", "a b", "\u00e9", 5, None, True, [], {}])
def test_a_row_without_a_valid_id_is_refused(identifier: Any) -> None:
    with serve_responses((200, {"instances": [{**INSTANCE, "id": identifier}]})) as server, pytest.raises(ApiError):
        client(server.url).listing(INSTANCES)


def test_lists_without_an_end_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list ends with an error if every page is full of new rows."""
    monkeypatch.setattr(listing, "MOST_ROWS", 2000)
    counter = iter(range(10**9))

    def page(handler: Any, asked: Any) -> None:
        handler.reply(200, json.dumps({"instances": [{"id": f"i{next(counter)}"} for _row in range(50)]}).encode())

    with serve_responses(page) as server, pytest.raises(ApiError):
        client(server.url).listing(INSTANCES)
