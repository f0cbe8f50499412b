# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every status in the contracts has its meaning in the table of statuses."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import (
    BACKUPS,
    CREATION_FAILED,
    GONE,
    IMAGES,
    INSTANCES,
    MOVING,
    OPERATION_FAILED,
    PHASES,
    SETTLED,
    SNAPSHOTS,
    Resource,
)
from ansible_collections.magalu.cloud.plugins.module_utils._api.statuses import never_ran, phase_of, status_class
from tests.support.contract import EDITIONS, load

INSTANCE = {
    SETTLED: "completed",
    MOVING: """
        provisioning creating attaching_nic detaching_nic attach_nic_pending detach_nic_pending retyping_pending
        retyping retyping_confirmed stopping_pending stopping suspending_pending suspending rebooting_pending rebooting
        starting_pending starting deleting_pending deleting""",
    CREATION_FAILED: """
        creating_error creating_error_gpu creating_network_error creating_error_quota creating_error_quota_ram
        creating_error_quota_vcpu creating_error_quota_disk creating_error_quota_instance
        creating_error_quota_floating_ip creating_error_quota_network""",
    OPERATION_FAILED: """
        attaching_nic_error detaching_nic_error retyping_error retyping_error_quota_ram retyping_error_quota_vcpu
        retyping_error_quota stopping_error suspending_error rebooting_error starting_error deleting_error
        deleting_network_error""",
    GONE: "deleted",
}
COPY = {
    SETTLED: "completed",
    MOVING: "provisioning creating restoring deleting pending_copy copying",
    CREATION_FAILED: "creating_error creating_error_quota error",
    OPERATION_FAILED: "copy_error deleted_error",
    GONE: "deleted",
}
IMAGE = {
    SETTLED: "active deprecated",
    MOVING: "pending creating importing deleting",
    CREATION_FAILED: "error importing_error invalid_image",
    OPERATION_FAILED: "deleting_error",
    GONE: "deleted",
}
# The schema of a status -> the kinds of resources with it, and their column of the table.
SCHEMAS: dict[str, tuple[tuple[Resource, ...], dict[str, str]]] = {
    "InstanceV1Status": ((INSTANCES,), INSTANCE),
    "BackupStatus": ((BACKUPS, SNAPSHOTS), COPY),
    "ImageV1Status": ((IMAGES,), IMAGE),
}
# Not in a contract, but observed: their names say that they are failures.
UNHEARD_OF = {"creating_error_capacity": CREATION_FAILED, "retyping_error_capacity": OPERATION_FAILED,
              "migrating": MOVING, "something_new": MOVING, "": MOVING}  # fmt: skip


def meaning(table: dict[str, str], status: str) -> str:
    found = [kind for kind, statuses in table.items() if status in statuses.split()]
    assert len(found) == 1, f"{status} stands in the table {len(found)} times"
    return found[0]


def known() -> list[tuple[str, str, str]]:
    return [
        (edition, name, status)
        for edition in EDITIONS
        for name, schema in load(edition)["components"]["schemas"].items()
        for status in schema.get("x-known-values", ())
    ]


def test_every_list_of_statuses_in_the_contracts_is_known_here() -> None:
    assert {name for edition, name, status in known()} == set(SCHEMAS)


@pytest.mark.parametrize(("edition", "schema", "status"), known())
def test_every_status_of_the_contracts_has_the_class_of_the_table(edition: str, schema: str, status: str) -> None:
    resources, table = SCHEMAS[schema]
    state = {"creating_network_error": "new"}.get(status, "running")
    for resource in resources:
        assert status_class({"status": status, "state": state}, resource) == meaning(table, status)


@pytest.mark.parametrize(
    ("resource", "table", "status"),
    [(resource, table, status) for resources, table in SCHEMAS.values() for resource in resources
     for statuses in table.values() for status in statuses.split()],
)  # fmt: skip
def test_the_table_itself(resource: Resource, table: dict[str, str], status: str) -> None:
    assert status_class({"status": status}, resource) == meaning(table, status)
    assert status_class({"status": status, "state": "deleted"}, resource) == GONE


@pytest.mark.parametrize(("status", "expected"), UNHEARD_OF.items())
@pytest.mark.parametrize("resource", [INSTANCES, SNAPSHOTS, BACKUPS, IMAGES], ids=lambda value: value.kind)
def test_an_unknown_status_is_in_transition_unless_its_name_says_failed(
    resource: Resource, status: str, expected: str
) -> None:
    assert status_class({"status": status, "state": "running"}, resource) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (None, GONE),
        ({"status": "completed", "state": "error"}, OPERATION_FAILED),
        ({"status": "error", "state": "error"}, OPERATION_FAILED),
        ({"status": "retyping_error", "state": "error"}, OPERATION_FAILED),
        ({"status": "creating_error", "state": "error"}, CREATION_FAILED),
        ({"status": "stopping_error", "state": "new"}, CREATION_FAILED),
        ({"status": "completed", "state": "new"}, MOVING),
        ({"status": "completed", "state": "running"}, SETTLED),
        ({"status": "completed"}, SETTLED),
        ({}, MOVING),
    ],
)
def test_the_state_has_a_word_too(row: Any, expected: str) -> None:
    assert status_class(row) == expected


@pytest.mark.parametrize(
    ("row", "certain"),
    [
        ({"status": "creating_error_capacity", "state": "error"}, True),
        ({"status": "starting_error", "state": "new"}, True),
        *(({"status": status, "state": "error", "error": {"slug": slug}}, True)
          for status in ("completed", "error", "create_error_quota_vcpu", "provisioning_error")
          for slug in ("create_instance.capacity.error", "create_instance.keypair.not_found", "create_error_quota_vcpu")),
        *(({"status": status, "state": "error", "error": {"slug": slug}}, False)
          for status in ("completed", "error", "provisioning_error")
          for slug in ("start_instance.capacity.error", "create_snapshot.failed", "create_instances", "capacity", None)),
        *(({"status": f"{verb}_error", "state": "error", "error": {"slug": "create_instance.capacity.error"}}, False)
          for verb in ("starting", "stopping", "retyping", "rebooting", "attaching_nic", "deleting", "migrating")),
        *(({"status": "creating_error", "state": state}, False) for state in ("running", "stopped", "suspended")),
        ({"status": "completed", "state": "error", "error": "a text"}, False),
        ({}, False),
    ],
    ids=str,
)  # fmt: skip
def test_only_a_certain_resource_counts_as_never_running(row: Any, certain: bool) -> None:
    assert never_ran(row) is certain


# The meaning of a status -> its phase, unless the resource is being deleted, or may have run before.
PHASE_OF = dict(zip((SETTLED, MOVING, None, CREATION_FAILED, OPERATION_FAILED, GONE), PHASES, strict=True))


@pytest.mark.parametrize(
    ("resource", "table", "status"),
    [(resource, table, status) for resources, table in SCHEMAS.values() for resource in resources
     for statuses in table.values() for status in statuses.split()],
)  # fmt: skip
def test_every_status_has_a_phase(resource: Resource, table: dict[str, str], status: str) -> None:
    row = {"status": status, "state": "new" if meaning(table, status) == CREATION_FAILED else "available"}
    deleting = status in ("deleting", "deleting_pending")
    assert phase_of(row, resource) == ("deleting" if deleting else PHASE_OF[meaning(table, status)])
    assert phase_of({"status": status, "state": "deleted"}, resource) == "gone"


@pytest.mark.parametrize(
    ("row", "phase"),
    [
        ({"status": "completed", "state": "running"}, "settled"),
        ({"status": "completed", "state": "new"}, "in_transition"),
        ({"status": "something_new", "state": "running"}, "in_transition"),
        ({"status": "completed", "state": None}, "settled"),
        ({"status": None, "state": "running"}, "in_transition"),
        ({"status": None, "state": None}, None),
        ({}, None),
        ({"status": "deleting_pending", "state": "error"}, "deleting"),
        ({"status": "deleting", "state": "new"}, "deleting"),
        ({"status": "deleting_error", "state": "running"}, "operation_failed"),
        ({"status": "deleting_network_error", "state": "stopped"}, "operation_failed"),
        ({"status": "creating_error", "state": "error"}, "creation_failed"),
        ({"status": "starting_error", "state": "new"}, "creation_failed"),
        (
            {"status": "completed", "state": "error", "error": {"slug": "create_instance.capacity.error"}},
            "creation_failed",
        ),
        # These may have run before.
        ({"status": "creating_error", "state": "running"}, "operation_failed"),
        ({"status": "creating_error"}, "operation_failed"),
        ({"status": "completed", "state": "error", "error": {"slug": "start_instance.failed"}}, "operation_failed"),
        ({"status": "completed", "state": "error"}, "operation_failed"),
        ({"status": "completed", "state": "deleted"}, "gone"),
    ],
    ids=str,
)
def test_the_phase_of_an_instance(row: Any, phase: str | None) -> None:
    assert phase_of(row) == phase
