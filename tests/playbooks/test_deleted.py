# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A resource that the API still shows as deleted counts as absent: it is not deleted again, and its name is free."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.declarations import DECLARED
from tests.support.fleet import changes, done
from tests.support.module import result

OLD = "2024-08"


@pytest.fixture
def kept(sim: Any) -> Any:
    """Return a simulator that shows deleted resources for days."""
    sim.reset(keep_deleted=10**6)
    return sim


def gone_and_back(sim: Any, module: str, kind: str, declared: dict[str, Any]) -> None:
    """Create, delete by id, delete again by id and by name, and create again under the same name."""
    made = result(sim, module, declared)[kind]
    sim.advance(60)
    for named in ({"id": made["id"]}, {"id": made["id"]}, {"name": made["name"]}):
        sim.clear_requests()
        told = result(sim, module, {**named, "state": "absent", "delete_public_ip": True} if kind == "instance" else
                      {**named, "state": "absent"})  # fmt: skip
        assert not told.get("failed"), told["msg"]
        assert told["changed"] is bool(changes(sim))
    assert not changes(sim)
    again = result(sim, module, declared)
    assert not again.get("failed"), again["msg"]
    assert again[kind]["id"] != made["id"]


def test_instances(kept: Any) -> None:
    gone_and_back(kept, "vm_instance", "instance", DECLARED)


@pytest.mark.parametrize(("module", "edition"), [("vm_snapshot", "2026-08"), ("vm_backup", OLD)])
def test_copies(kept: Any, module: str, edition: str) -> None:
    kept.reset(keep_deleted=10**6, edition=edition)
    result(kept, "vm_instance", DECLARED)
    gone_and_back(kept, module, module[3:], {"name": "day", "instance": "web"})


def test_images(kept: Any) -> None:
    gone_and_back(
        kept, "vm_image", "image", {"name": "golden", "url": "https://images.example.com/a.qcow2", "platform": "linux"}
    )


def test_members_by_id(kept: Any) -> None:
    made = result(kept, "vm_instance", DECLARED)["instance"]["id"]
    declared = {"instances": [{"id": made, "state": "absent", "delete_public_ip": True}]}
    assert [done(kept, **declared)["changed"] for _turn in range(2)] == [True, False]


def test_a_deleted_instance_given_by_id_is_missing(kept: Any) -> None:
    made = result(kept, "vm_instance", DECLARED)["instance"]["id"]
    result(kept, "vm_instance", {"id": made, "state": "absent", "delete_public_ip": True})
    told = result(kept, "vm_instance", {"id": made, "state": "running"})
    assert told["failed"] and f"There is no instance with id {made}" in told["msg"]


def test_a_deleted_instance_is_listed_only_on_request(kept: Any) -> None:
    made = result(kept, "vm_instance", DECLARED)["instance"]["id"]
    result(kept, "vm_instance", {"id": made, "state": "absent", "delete_public_ip": True})
    asked = [{}, {"name": "web"}, {"state": ["deleted"]}, {"status": ["deleted"]}, {"id": made}]
    assert [result(kept, "vm_info", options)["count"] for options in asked] == [0, 0, 1, 1, 1]


def test_a_deleted_copy_is_not_restored(kept: Any) -> None:
    result(kept, "vm_instance", DECLARED)
    copy = result(kept, "vm_snapshot", {"name": "day", "instance": "web"})["snapshot"]["id"]
    result(kept, "vm_snapshot", {"id": copy, "state": "absent"})
    told = result(kept, "vm_instance", {**{key: value for key, value in DECLARED.items() if key != "image"},
                                        "name": "copy", "snapshot": copy})  # fmt: skip
    assert told["failed"] and changes(kept)[-1].startswith("DELETE")
