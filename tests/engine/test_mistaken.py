# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Declarations that can only be a mistake are refused before the first request, or before the first change."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from tests.support import copies, task
from tests.support.declarations import DECLARED
from tests.support.module import result

UUID = "9EC75090-2872-4f51-8111-53d05d96d2c6"
NEEDS: dict[str, dict[str, Any]] = {
    "vm_instance": {"name": "web"}, "vm_fleet": {"instances": [{"name": "web"}]},
    "vm_snapshot": {"name": "copy", "instance": "web"}, "vm_image": {"name": "golden", "state": "absent"},
}  # fmt: skip


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("seconds", [0, -5])
@pytest.mark.parametrize("module", NEEDS)
def test_a_wait_timeout_below_one_is_refused(sim: Any, module: str, seconds: int, check: bool) -> None:
    done = result(sim, module, {**NEEDS[module], "wait_timeout": seconds}, check)
    assert done["msg"] == f"wait_timeout is {seconds}; it must be 1 or more (seconds)."
    assert sim.requests() == []


@pytest.mark.parametrize(
    ("module", "options", "where"),
    [
        ("vm_instance", {**DECLARED, "name": UUID}, "name"),
        ("vm_instance", {"name": "web", "new_name": UUID}, "new_name"),
        ("vm_fleet", {"instances": [{"name": UUID}]}, "name"),
        ("vm_snapshot", {"name": UUID, "instance": "web"}, "name"),
        ("vm_snapshot", {"name": "copy", "state": "restored", "restore": {**copies.RESTORE, "name": UUID}}, "name"),
        ("vm_image", {"name": UUID, "state": "absent"}, "name"),
    ],
)
def test_an_id_in_the_place_of_a_name_is_refused(sim: Any, module: str, options: dict[str, Any], where: str) -> None:
    done = result(sim, module, options)
    assert f"{where} is {UUID!r}, which has the shape of an id. Give it as id." in done["msg"]
    assert sim.requests() == []


@pytest.mark.parametrize(
    "settings", [{}, {"unique_names": False}, {"unique_names": False, "lag": 5, "stale": 2}], ids=str
)
def test_an_id_with_the_name_of_another_instance_is_refused(sim: Any, settings: dict[str, Any]) -> None:
    sim.reset(**settings)
    one, other = (sim.seed("instance", name=name) for name in ("a", "b"))
    sim.advance(60)
    done = task.run(sim, id=one["id"], name="b")
    assert str(done.failure) == f"'a' ({one['id']}) cannot be renamed: 'b' exists too ({other['id']})."
    assert task.list_changes(sim) == []
    with pytest.raises(Refused, match="cannot be renamed"):
        task.check(sim, id=one["id"], name="b")


@pytest.mark.parametrize("kind", ["instance", "snapshot"])
def test_a_resource_without_a_name_is_refused_by_its_id(sim: Any, kind: str) -> None:
    one, other = (sim.seed(kind, name=name) for name in (None, "b"))
    done = result(sim, f"vm_{kind}", {"id": one["id"], "name": "b"})
    assert done["msg"] == f"The resource ({one['id']}) cannot be renamed: 'b' exists too ({other['id']})."


def test_an_id_with_a_free_name_renames(sim: Any) -> None:
    row = sim.seed("instance", name="a")
    assert task.run(sim, id=row["id"], name="b").actions == ["rename"]
    sim.clear_requests()
    assert task.run(sim, id=row["id"], name="b").actions == []
    assert len(sim.requests()) == 1, "the list of names is read only where it is to be renamed"


def test_an_id_with_the_name_of_another_copy_is_refused(sim: Any) -> None:
    one, other = (sim.seed("snapshot", name=name) for name in ("a", "b"))
    done = copies.run(sim, "snapshot", id=one["id"], name="b")
    assert str(done.failure) == f"'a' ({one['id']}) cannot be renamed: 'b' exists too ({other['id']})."
    assert task.list_changes(sim) == []


@pytest.mark.parametrize("pattern", ["None", "N*"])
def test_protection_patterns_do_not_match_a_missing_name(sim: Any, pattern: str) -> None:
    row = sim.seed("instance", name=None)
    options = {"id": row["id"], "state": "absent", "protect_names": [pattern]}
    assert result(sim, "vm_instance", options, check=True)["changed"]
    assert result(sim, "vm_instance", options)["changed"]
    assert sim.state()["br-se1"]["instances"] == []
