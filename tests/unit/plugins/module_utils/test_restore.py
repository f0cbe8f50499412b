# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Restores without a server: requirements of a copy, routes, and instances that count as restored from it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._plan.options import DesiredInstance
from ansible_collections.magalu.cloud.plugins.module_utils._plan.restore import (
    refuse_other_instance,
    restore_body,
    restore_path,
    restore_source,
    restore_warnings,
)
from ansible_collections.magalu.cloud.plugins.module_utils._plan.step import Catalogs

TYPES = [{"id": "small", "disk": 10}, {"id": "large", "disk": 40}]
WANT = DesiredInstance(snapshot="copy")
BACKUP = DesiredInstance(backup="copy")


def known(**fields: Any) -> Catalogs:
    row = {"id": "1", "state": "available", "status": "completed", "created_at": "2026-11-25T03:00:00Z",
           "instance": {"id": "web", "image": {"id": "ubuntu"}, "machine_type": {"id": "large"}}}  # fmt: skip
    return Catalogs([], TYPES, "2026", {**row, **fields})


@pytest.mark.parametrize(
    ("fields", "disk"),
    [
        ({}, 40),
        ({"min_disk": 20}, 20),
        ({"min_disk": None}, 40),
        ({"instance": {"machine_type": {"id": "elsewhere", "disk": 100}}}, 100),
        ({"instance": {"machine_type": {"id": "elsewhere"}}}, None),
        ({"instance": {"machine_type": None}}, None),
        ({"instance": None}, None),
    ],
)
def test_the_needed_disk_is_read_from_several_fields(fields: Any, disk: int | None) -> None:
    needs = restore_source(WANT, known(**fields))[1]
    assert needs == ({"disk": disk} if disk else {})
    assert bool(restore_warnings(WANT, known(**fields))) == (disk is None)


def test_the_image_is_that_of_the_source_if_the_copy_shows_it() -> None:
    assert restore_source(WANT, known())[0] == {"id": "ubuntu"}
    assert restore_source(WANT, known(instance=None))[0] is None


@pytest.mark.parametrize(
    ("fields", "fails"),
    [
        ({}, False),
        ({"status": "copying"}, False),
        ({"status": "something_new"}, False),
        ({"status": "deleted_error"}, False),
        ({"status": "deleted_error", "state": None}, True),
        ({"status": "creating_error"}, True),
        ({"status": "error"}, True),
        ({"state": "error"}, True),
    ],
)
def test_a_failed_copy_is_refused_and_a_copy_in_transition_is_not(fields: Any, fails: bool) -> None:
    if not fails:
        restore_source(WANT, known(**fields))
        return
    with pytest.raises(Refused, match=r"snapshot copy \(1\) cannot be restored: its status is"):
        restore_source(WANT, known(**fields))


@pytest.mark.parametrize("source", [None, {"id": "1", "status": "deleting", "state": "available"}])
def test_there_must_be_a_copy_that_stays(source: Any) -> None:
    with pytest.raises(Refused, match="There is no backup copy to restore an instance from"):
        restore_source(BACKUP, Catalogs([], TYPES, "2026", source))


@pytest.mark.parametrize("option", ["labels", "volumes"])
def test_options_that_a_restore_cannot_have_are_refused(option: str) -> None:
    said = f"{option} cannot be given to an instance that is restored: the API does not take them there."
    with pytest.raises(Refused, match=said):
        restore_source(WANT._replace(**{option: ["x"]}), known())


def test_each_kind_has_its_route_and_body() -> None:
    assert restore_path(WANT, known()) == "/v1/snapshots/1"
    assert restore_path(BACKUP, known()) == "/v1/backups/1/restore"
    assert restore_body(WANT, {}) == {"availability_zone": None}
    assert restore_body(WANT, {"availability_zone": "a"}) == {"availability_zone": "a"}
    assert restore_body(BACKUP, {}) == {"network": {}}
    assert restore_body(BACKUP, {"network": {"vpc": {"id": "x"}}}) == {"network": {"vpc": {"id": "x"}}}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, None),
        ({"id": "web"}, "is the source of the copy"),
        ({"created_at": "2026-11-25T02:59:59Z"}, "is older than the copy"),
        ({"created_at": "2026-11-25T03:00:00Z"}, None),
        ({"image": {"id": "debian"}}, "was made from another image"),
        ({"image": {"name": "cloud-ubuntu"}}, None),
        ({"image": None}, None),
    ],
)
def test_an_instance_counts_as_restored_only_if_it_fits_the_copy(fields: Any, why: str | None) -> None:
    row = {"id": "2", "name": "web-2", "created_at": "2026-11-25T04:00:00Z", "image": {"id": "ubuntu"}, **fields}
    refuse_other_instance(WANT, row, None)
    if why is None:
        refuse_other_instance(WANT, row, known().source)
        return
    with pytest.raises(Refused, match=f"was not restored from snapshot copy: it {why}. Choose another name."):
        refuse_other_instance(WANT, row, known().source)
