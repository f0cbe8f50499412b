# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A field of a wrong type affects only that field of that resource."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import (
    BACKUPS,
    CUSTOM_IMAGES,
    FIELD_KINDS,
    IMAGES,
    INSTANCES,
    MACHINE_TYPES,
    SNAPSHOTS,
    UNREADABLE,
)
from tests.faults.answers import replace_value, value_paths
from tests.faults.rows import LISTS, ROWS
from tests.support import copies, fleet, task
from tests.support.clients import client
from tests.support.declarations import DECLARED, IMAGE, LARGE, SMALL
from tests.support.inventory_plugin import parse_inventory
from tests.support.module import result
from tests.support.servers import serve_responses

RESOURCES = {
    "instances": INSTANCES, "snapshots": SNAPSHOTS, "backups": BACKUPS, "images": IMAGES,
    "custom": CUSTOM_IMAGES, "machine-types": MACHINE_TYPES,
}  # fmt: skip
# Every typed field of every kind, except the id, without which a row is not a resource.
FIELDS = [
    (kind, path)
    for kind, row in ROWS.items()
    for path in value_paths(row)
    if path and path[-1] in FIELD_KINDS and path != ("id",)
]
OTHER_TYPES: list[Any] = [{"a": 1}, "1", 7.5, True, [7], [{"id": 5}]]
SAMPLES = {"labels": {"a": "b"}, "error": "boom", "machine_type.vcpus": "1"}
WARNING = "The API's response has a value of the wrong type in the field {} of {}. The field is ignored, as if"


def odd_values(field: str) -> list[Any]:
    kinds = FIELD_KINDS[field] if isinstance(FIELD_KINDS[field], tuple) else (FIELD_KINDS[field],)
    values = [value for value in OTHER_TYPES if not isinstance(value, kinds)]
    return values + (
        [[7], ["a", None]]
        if field in ("labels", "availability_zones")
        else [["a"]]
        if field in ("interfaces", "ports")
        else []
    )


@pytest.mark.one_in(4)
@pytest.mark.parametrize(("kind", "path"), FIELDS, ids=lambda value: ".".join(map(str, value)) if value else "")
def test_every_field(kind: str, path: tuple[Any, ...]) -> None:
    name, resource = ".".join(map(str, path)), RESOURCES[kind]
    if path[-1] == "id" and isinstance(path[-2], int):
        path, name = path[:-2], ".".join(map(str, path[:-2]))  # a row without an id is not an interface
        values: list[Any] = [[{"id": 5}]]
    else:
        values = odd_values(path[-1])
    for value in values:
        odd, even = replace_value(ROWS[kind], path, value), {**ROWS[kind], "id": "even", "name": "even"}
        told: list[str] = []
        with serve_responses((200, {LISTS[kind]: [odd, even]})) as server:
            api = client(server.url)
            api.warn = told.append
            rows = api.listing(resource)
            api.listing(resource)
        assert rows == [{**replace_value(ROWS[kind], path, None), UNREADABLE: [name]}, even]
        called = (
            f"{odd['name'] or 'without a name'} ({odd['id']})" if name != "name" else f"without a name ({odd['id']})"
        )
        assert len(told) == 1, "once in a run"
        assert told[0].startswith(WARNING.format(name, f"{resource.kind} {called}"))


def test_many_resources_share_one_warning() -> None:
    rows = [{**ROWS["instances"], "id": f"i{number}", "labels": 5, "error": "x"} for number in range(9)]
    told: list[str] = []
    with serve_responses((200, {"instances": copy.deepcopy(rows)})) as server:
        api = client(server.url)
        api.warn = told.append
        api.listing(INSTANCES)
    assert [text.split(" of instances ")[0].rpartition(" ")[2] for text in told] == ["labels", "error"]
    assert "instances web (i0), web (i1), web (i2), ... (9 in all). The field" in told[0]


@pytest.mark.parametrize("row", [None, 5, [], {}, {"id": 5}, {"id": None}, {"id": "a/b"}], ids=str)
def test_a_row_without_id_is_refused(row: Any) -> None:
    with (
        serve_responses((200, {"instances": [ROWS["instances"], row]})) as server,
        pytest.raises(ApiError, match="has no list of instances"),
    ):
        client(server.url).listing(INSTANCES)
    with serve_responses((200, row)) as server, pytest.raises(ApiError, match="has no valid instance|is empty"):
        client(server.url).get(INSTANCES, "1")


def seed(sim: Any, odd: dict[str, Any] | None = None) -> None:
    """Create an instance with odd fields, and one without."""
    for name in ("odd", "even"):
        fields = {
            "machine_type": SMALL,
            "image": IMAGE,
            "labels": ["a"],
            "odd": (odd or SAMPLES) if name == "odd" else None,
        }
        sim.seed("instance", name=name, created_at=sim.now() - 3600, **fields)


def warned_fields(given: dict[str, Any]) -> set[str]:
    """Return the fields in the warnings, which must all be about the odd instance."""
    found = [text for text in given["warnings"] if text.startswith("The API's response")]
    assert all("of instance odd (" in text for text in found)
    assert len(found) == len(set(found))
    return {text.partition(" in the field ")[2].partition(" of ")[0] for text in found}


@pytest.mark.parametrize("check", [True, False])
def test_modules_go_on_and_warn(sim: Any, check: bool) -> None:
    seed(sim)
    declared = {**DECLARED, "labels": ["a"], "on_immutable_change": "recreate"}
    for name in ("odd", "even"):
        given = result(sim, "vm_instance", {**declared, "name": name}, check)
        assert given["changed"] is False, given
        assert warned_fields(given) == (set(SAMPLES) if name == "odd" else set())
    given = result(sim, "vm_instance", {"name": "odd", "machine_type": LARGE}, check)
    assert [step["action"] for step in given["actions"]] == ["retype"]
    given = result(sim, "vm_info", {"kind": "instances"})
    assert (given["count"], warned_fields(given)) == (2, set(SAMPLES))
    assert {row["name"]: row["labels"] for row in given["instances"]} == {"odd": None, "even": ["a"]}
    for kind, options in (("vm_snapshot", {"name": "s", "instance": "odd"}), ("vm_windows_password", {"name": "odd"})):
        given = result(sim, kind, options, check and kind == "vm_snapshot")
        assert warned_fields(given) == set(SAMPLES)
        assert "the response has no" not in given.get("msg", "")


def test_a_failure_warns_too(sim: Any) -> None:
    seed(sim)
    given = result(sim, "vm_instance", {"name": "odd", "image": "other", "on_immutable_change": "fail"})
    assert given["failed"] and warned_fields(given) == set(SAMPLES)


def test_a_fleet_continues_with_one_warning(sim: Any) -> None:
    seed(sim)
    given = fleet.done(sim, instances=[{"name": "odd"}, {"name": "even"}], state="stopped")
    assert set(fleet.states(sim).values()) == {"stopped"}
    assert warned_fields(given) == set(SAMPLES)


@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
def test_the_inventory_continues_with_a_warning(sim: Any, tmp_path: Path, edition: str) -> None:
    sim.reset(edition=edition)
    ports = "interfaces" if edition == "2026-08" else "ports"
    samples = {**SAMPLES, f"network.{ports}.0.security_groups": 5}
    seed(sim, samples)
    found = parse_inventory(sim, tmp_path)
    assert sorted(found.hosts) == ["even", "odd"]
    assert (found.hosts["odd"]["mgc_labels"], found.hosts["odd"]["mgc_error"]) == ([], None)
    assert warned_fields({"warnings": found.warnings}) == set(samples)


@pytest.mark.parametrize("kind", ["snapshots", "custom_images"])
def test_other_kinds(sim: Any, kind: str) -> None:
    for name in ("odd", "even"):
        odd = {"status": 7} if kind == "snapshots" else {"requirements": "large", "version": 7}
        sim.seed(kind[:-1], name=name, odd=odd if name == "odd" else None)
    given = result(sim, "vm_info", {"kind": kind})
    assert given["count"] == 2
    assert len([text for text in given["warnings"] if f"of {kind[:-1].replace('_', ' ')} odd" in text]) == (
        1 if kind == "snapshots" else 2
    )


def test_unreadable_fields_of_a_custom_image_are_not_changed(sim: Any) -> None:
    sim.seed(
        "custom_image",
        name="odd",
        odd={"version": 7, "requirements.vcpu": "1"},
        requirements={"vcpu": 1, "ram": 1, "disk": 1},
    )
    options = {"name": "odd", "version": "8", "requirements": {"vcpu": 2, "ram": 2, "disk": 2}}
    assert result(sim, "vm_image", options)["changed"] is False


# Changes that a resource with an unreadable field must not undergo.
@pytest.mark.parametrize("protect", [None, ["keep-*"]])
def test_a_fleet_does_not_prune_an_instance_with_an_unreadable_name(sim: Any, protect: Any) -> None:
    """A fleet does not prune an instance whose name it cannot read, because it may be a member."""
    seed(sim, {"name": 7})
    fleet.done(sim, count=0, prune_all=True, protect_names=protect)
    assert fleet.names(sim) == ["odd"]


def test_a_retention_keeps_copies_that_may_be_protected(sim: Any) -> None:
    for number in range(2):
        sim.seed("snapshot", name=f"n-{number}", created_at=sim.now() - 9 * 86400, odd={"name": {}} if number else None)
    done = copies.run(sim, "snapshot", state="pruned", all=True, keep_days=1, protect_names=["keep-*"])
    assert (done.failure, [step.description for step in done.outcome.steps]) == (None, ["delete snapshot n-0"])
    done = copies.run(sim, "snapshot", state="pruned", all=True, keep_days=1)
    assert (done.failure, done.actions) == (None, ["delete"])


@pytest.mark.parametrize("odd", [{"labels": {"keep": 1}}, {"labels": ["keep", 1]}, {"labels": "keep"}])
def test_unreadable_labels_count_as_protected(sim: Any, odd: dict[str, Any]) -> None:
    seed(sim, odd)
    assert "protected from deletion" in str(task.run(sim, name="odd", state="absent", protect_labels=["x"]).failure)


@pytest.mark.parametrize("odd", [{"network.interfaces.0.primary": "yes"}, {"network.interfaces": {}}, {"network": []}])
def test_nothing_is_detached_where_interfaces_cannot_be_read(sim: Any, odd: dict[str, Any]) -> None:
    seed(sim, odd)
    done = task.run(sim, name="odd", network_interfaces=[], purge_network_interfaces=True)
    assert done.failure is not None
    assert task.list_changes(sim) == []


@pytest.mark.parametrize(
    "field", ["image", "ssh_key_name", "availability_zone", "user_data", "labels", "network.vpc", "network"]
)
def test_an_unreadable_field_does_not_cause_a_recreation(sim: Any, field: str) -> None:
    seed(sim, {field: 7})
    declared = {**DECLARED, "labels": ["a"], "user_data": "#!/bin/sh\n", "on_immutable_change": "recreate", "availability_zone": "br-se1-a",
                "name": "odd", "network": {"vpc": "vpc_default"}}  # fmt: skip
    if field != "user_data":
        del declared["user_data"]
    done = task.run(sim, **declared)
    assert (done.failure, done.actions) == (None, [])


@pytest.mark.parametrize("field", ["state", "status", "created_at", "instance", "instance.id"])
def test_a_retention_keeps_unreadable_copies(sim: Any, field: str) -> None:
    row = sim.seed("instance", name="web")
    for number in range(2):
        sim.seed(
            "snapshot",
            name=f"n-{number}",
            instance=row["id"],
            created_at=sim.now() - (9 - number) * 86400,
            odd={field: [7]},
        )
    done = copies.run(sim, "snapshot", state="pruned", all=True, keep_last=1)
    assert (done.failure, done.actions) == (None, [])
