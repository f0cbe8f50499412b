# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Only resources that are certainly meant are deleted: null, unexpanded, unlisted and protected ones stay."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.answers import GONE, Cloud, answers, replace_value
from tests.faults.rows import ID, IMAGE, INSTANCE, MORE, OTHER, PORT, SNAPSHOT, TYPE, port
from tests.support.module import result
from tests.support.servers import Server

UNKNOWN = [None, GONE]
ONE_PORT = replace_value(INSTANCE, ("network", "interfaces"), [port(PORT, True)])
DECLARED: dict[str, Any] = {"name": "web", "machine_type": TYPE["name"], "image": IMAGE["name"], "wait_timeout": 60}
TODAY = "Wed, 25 Nov 2026 00:00:00 GMT"


@pytest.fixture(autouse=True)
def no_requests(server: Server) -> None:
    """Forget the requests of the previous test."""
    server.asked.clear()


def removed_resources(server: Server, module: str, options: dict[str, Any], rows: dict[str, Any]) -> list[str]:
    """Return the resources that a real run deleted or detached."""
    server.answers[:] = [answers(rows, headers={"Date": TODAY})]
    given = result(Cloud(server), module, options)
    assert "Traceback" not in str(given)
    return [f"{asked.method} {asked.target}" for asked in server.asked
            if asked.method == "DELETE" or "/detach" in asked.target]  # fmt: skip


def names(case: Any) -> str:
    return str(case)[:60]


# An option of `recreate` that differs, and the path of the field with which it is compared.
FIXED: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "image": ("other", ("image",)),
    "ssh_key_name": ("other", ("ssh_key_name",)),
    "availability_zone": ("br-se1-b", ("availability_zone",)),
    "user_data": ("#!/bin/other\n", ("user_data",)),
    "labels": (["b"], ("labels",)),
    "network": ({"vpc": "other"}, ("network", "vpc")),
}
IMAGES = {"images": {**IMAGE, "name": "other", "status": "active"}}


def recreate(server: Server, row: Any, field: str, **options: Any) -> list[str]:
    declared = {**DECLARED, "on_immutable_change": "recreate", field: FIXED[field][0], **options}
    rows = {"instances": row, **(IMAGES if field == "image" else {"images": {**IMAGE, "status": "active"}})}
    return removed_resources(server, "vm_instance", declared, rows)


@pytest.mark.parametrize("field", FIXED)
def test_recreate_deletes_an_instance_that_certainly_differs(server: Server, field: str) -> None:
    assert set(recreate(server, ONE_PORT, field)) == {f"DELETE /br-se1/compute/v1/instances/{ID}"}


@pytest.mark.parametrize("field", FIXED)
@pytest.mark.parametrize("value", [*UNKNOWN, "not expanded"])
def test_recreate_keeps_an_instance_with_unknown_fields(server: Server, field: str, value: Any) -> None:
    if value == "not expanded":
        value = {"id": OTHER} if field in ("image", "network") else "?" if field == "user_data" else None
    assert recreate(server, replace_value(ONE_PORT, FIXED[field][1], value), field) == []


KEPT: dict[str, Callable[[Any], tuple[Any, dict[str, Any]]]] = {
    "interfaces unknown": lambda row: (replace_value(row, ("network",), None), {}),
    "interfaces not told": lambda row: (replace_value(row, ("network", "interfaces"), GONE), {}),
    "more interfaces": lambda row: (
        replace_value(row, ("network", "interfaces"), [port(PORT, True), port(MORE, False)]),
        {},
    ),
    "an unlisted status": lambda row: (replace_value(row, ("status",), "frobbing"), {}),
    "no status": lambda row: (replace_value(row, ("status",), None), {}),
    "a protected name": lambda row: (row, {"protect_names": ["w*"]}),
    "a protected label": lambda row: (row, {"protect_labels": ["a"]}),
    "labels unknown": lambda row: (replace_value(row, ("labels",), None), {"protect_labels": ["z"]}),
    "labels not told": lambda row: (replace_value(row, ("labels",), GONE), {"protect_labels": ["z"]}),
    "a type too small": lambda row: (row, {"machine_type": "none of this name"}),
}


@pytest.mark.parametrize("case", KEPT)
def test_recreate_keeps(server: Server, case: str) -> None:
    row, options = KEPT[case](ONE_PORT)
    assert recreate(server, row, "ssh_key_name", **options) == []


FAILED = {**ONE_PORT, "status": "creating_error", "state": "error"}


def replace(server: Server, row: Any, **options: Any) -> list[str]:
    declared = {**DECLARED, "on_failed": "replace", **options}
    return removed_resources(
        server, "vm_instance", declared, {"instances": row, "images": {**IMAGE, "status": "active"}}
    )


@pytest.mark.parametrize("state", ["new", "error"])
def test_replace_deletes_an_instance_that_never_ran_with_its_public_ip(server: Server, state: str) -> None:
    wanted = f"DELETE /br-se1/compute/v1/instances/{ID}?delete_public_ip=true"
    assert set(replace(server, {**FAILED, "state": state})) == {wanted}


@pytest.mark.parametrize(
    "changes",
    [
        *({"state": state} for state in ("running", "stopped", "suspended", "unlisted", None, GONE)),
        *({"status": status} for status in ("starting_error", "retyping_error", "deleting_error", "unlisted", "")),
        {"status": None, "state": "new"}, {"status": GONE, "state": "new"},
    ],
    ids=names,
)  # fmt: skip
def test_replace_keeps_an_instance_that_may_have_run(server: Server, changes: dict[str, Any]) -> None:
    row: Any = {**FAILED, "state": "running"} if "state" not in changes else FAILED
    for key, value in changes.items():
        row = replace_value(row, (key,), value)
    assert replace(server, row) == []


@pytest.mark.parametrize("options", [{"protect_names": ["web"]}, {"protect_labels": ["a"]}, {"id": ID}], ids=names)
def test_replace_keeps_an_instance_that_is_protected_or_given_by_id(server: Server, options: dict[str, Any]) -> None:
    assert replace(server, FAILED, **options) == []


def purge(server: Server, ports: Any) -> list[str]:
    declared = {"name": "web", "network_interfaces": [], "purge_network_interfaces": True, "wait_timeout": 60}
    return removed_resources(
        server, "vm_instance", declared, {"instances": replace_value(INSTANCE, ("network", "interfaces"), ports)}
    )


def test_purge_detaches_interfaces_that_are_certainly_not_primary(server: Server) -> None:
    assert purge(server, [port(PORT, True), port(MORE, False)])


@pytest.mark.parametrize("first", [True, False, None, GONE])
@pytest.mark.parametrize("second", [True, None, GONE])
def test_purge_detaches_nothing_without_exactly_one_primary_interface(server: Server, first: Any, second: Any) -> None:
    ports = [
        replace_value(port(PORT, True), ("primary",), first),
        replace_value(port(MORE, True), ("primary",), second),
    ]
    clear = first is True and second is not True or first is not True and second is True
    assert bool(purge(server, ports)) == clear
    assert not any(PORT in str(asked.body) for asked in server.asked if first is True)


@pytest.mark.parametrize("ports", [None, GONE, "unlisted", [{"primary": True}], [{"id": "../x", "primary": False}]])
def test_purge_detaches_nothing_if_interfaces_are_unreadable(server: Server, ports: Any) -> None:
    assert purge(server, ports) == []


@pytest.mark.parametrize(
    "given", [{}, {"delete_public_ip": None}, {"delete_public_ip": False}, {"delete_public_ip": ""}]
)
def test_a_public_ip_stays_unless_its_deletion_is_asked_for(server: Server, given: dict[str, Any]) -> None:
    options = {"name": "web", "state": "absent", "wait_timeout": 60, **given}
    assert all("delete_public_ip" not in one for one in removed_resources(server, "vm_instance", options, {}))
    assert server.asked[-1].target


def prune(server: Server, module: str, row: Any, **options: Any) -> list[str]:
    declared = {"state": "pruned", "all": True, "keep_days": 1, "wait_timeout": 60, **options}
    kind = "snapshots" if module == "vm_snapshot" else "backups"
    return removed_resources(server, module, declared, {kind: row})


BACKUP = {**SNAPSHOT, "backup_type": "manual"}


@pytest.mark.parametrize(
    ("module", "row"), [("vm_snapshot", SNAPSHOT), ("vm_backup", BACKUP)], ids=["snapshot", "backup"]
)
@pytest.mark.parametrize("years", [-1, 0, 1])
def test_ages_are_those_of_the_api_and_not_of_the_controller(
    server: Server, module: str, row: Any, years: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + years * 365 * 86400)
    assert prune(server, module, row)
    server.asked.clear()
    assert prune(server, module, {**row, "created_at": "2026-11-24T12:00:00Z"}) == []
    assert prune(server, module, row, keep_days=30) == []


@pytest.mark.parametrize("value", [*UNKNOWN, "", "unlisted"])
@pytest.mark.parametrize("field", ["created_at", "state", "status", "backup_type"])
def test_pruning_keeps_copies_with_unknown_fields(server: Server, field: str, value: Any) -> None:
    assert prune(server, "vm_backup", replace_value(BACKUP, (field,), value)) == []


@pytest.mark.parametrize("value", UNKNOWN)
@pytest.mark.parametrize(
    ("place", "options"),
    [(("name",), {"name_prefix": "c", "all": False}), (("instance",), {"instance": ID}),
     (("instance", "id"), {"instance": ID})],
    ids=names,
)  # fmt: skip
def test_pruning_keeps_copies_that_may_be_out_of_scope(
    server: Server, place: Any, options: dict[str, Any], value: Any
) -> None:
    assert prune(server, "vm_snapshot", SNAPSHOT, **options)
    server.asked.clear()
    assert prune(server, "vm_snapshot", replace_value(SNAPSHOT, place, value), **options) == []


def test_pruning_counts_nothing_whose_instance_is_not_known(server: Server) -> None:
    """A copy of an unknown instance is not pruned, because it may be the instance's last copy."""
    copies = [
        {**SNAPSHOT, "id": f"c{day}", "created_at": f"2026-11-0{day}T00:00:00Z", "instance": None} for day in (1, 2)
    ]
    body = {"snapshots": copies, "meta": {"page": {"total": 2}}}
    assert prune(server, "vm_snapshot", body, keep_days=None, keep_last=1) == []


def test_pruning_keeps_protected_copies(server: Server) -> None:
    assert prune(server, "vm_snapshot", SNAPSHOT, protect_names=["c*"]) == []


@pytest.mark.parametrize("total", [2, 5000, -1, "1", None], ids=names)
def test_pruning_needs_a_complete_list(server: Server, total: Any) -> None:
    """Pruning needs a complete list. A very short page is complete without a total."""
    body = {"snapshots": [SNAPSHOT], "meta": {"page": {"total": total}}, **SNAPSHOT}  # also the body of a read by id
    assert bool(prune(server, "vm_snapshot", body)) == (total is None)


def test_pruning_needs_to_know_the_time(server: Server) -> None:
    server.answers[:] = [answers({})]
    given = result(Cloud(server), "vm_snapshot", {"state": "pruned", "all": True, "keep_days": 1})
    assert given["failed"]
    assert "does not return the time" in given["msg"]
    assert {asked.method for asked in server.asked} == {"GET"}
