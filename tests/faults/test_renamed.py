# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A resource that another operator renames while a task waits is no longer the declared one, and is not changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.copies import RESTORE
from tests.support.declarations import DEFAULTS
from tests.support.fleet import changes
from tests.support.module import result
from tests.support.raw_client import Api

WAIT = {"kind": "status", "status": 429, "headers": {"Retry-After": "60"}}
DELETE, STOP = "DELETE /v1/instances/{id}", "POST /v1/instances/{id}/stop"
OTHER_IMAGE = {**DEFAULTS, "image": "cloud-debian-12 LTS", "on_immutable_change": "recreate"}


class Renaming:
    """A simulator in which another operator renames resources as soon as time passes after the first change."""

    def __init__(self, sim: Any, renames: dict[str, str]) -> None:
        self.sim, self.renames = sim, renames  # path -> new name

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sim, name)

    def advance(self, seconds: float) -> None:
        self.sim.advance(seconds)
        if seconds > 0 and changes(self.sim):
            while self.renames:
                assert Api(self.sim)("PATCH", *rename(*self.renames.popitem())).status_code == 204


def rename(path: str, name: str) -> tuple[str, dict[str, str]]:
    return f"{path}/rename", {"name": name}


@pytest.mark.parametrize(
    ("kind", "module", "step", "options"),
    [
        ("instance", "vm_instance", DELETE, {"state": "absent"}),
        ("instance", "vm_instance", DELETE, OTHER_IMAGE),
        ("instance", "vm_instance", STOP, {"state": "stopped"}),
        ("instance", "vm_fleet", DELETE, {"state": "absent"}),
        ("instance", "vm_fleet", STOP, {"state": "stopped"}),
        ("snapshot", "vm_snapshot", "DELETE /v1/snapshots/{id}", {"state": "absent"}),
        ("snapshot", "vm_snapshot", "PATCH /v1/snapshots/{id}/rename", {"new_name": "web-2"}),
    ],
)
def test_a_deferred_step_is_not_sent_to_a_renamed_resource(
    sim: Any, kind: str, module: str, step: str, options: dict[str, Any]
) -> None:
    row = sim.seed(kind, name="web", created_at=sim.now() - 9000)
    sim.add_fault(operation=step, **WAIT)
    member = {"name": "web", **options}
    given = result(Renaming(sim, {f"/{kind}s/{row['id']}": "keep"}), module,
                   {"instances": [member]} if module == "vm_fleet" else member)  # fmt: skip
    assert given["failed"] and f"{kind} keep ({row['id']}) is no longer named 'web'" in given["msg"]
    [stays] = sim.state()["br-se1"][f"{kind}s"]
    assert (stays["name"], stays["state"], stays["status"]) == ("keep", row["state"], "completed")
    assert len(changes(sim)) == 2, "the step that was refused, and the other operator's"


def test_a_deferred_copy_does_not_stop_a_renamed_instance(sim: Any) -> None:
    row = sim.seed("instance", name="web", created_at=sim.now() - 9000)
    sim.add_fault(operation=STOP, **WAIT)
    cloud = Renaming(sim, {f"/instances/{row['id']}": "keep"})
    given = result(cloud, "vm_snapshot", {"name": "copy", "instance": "web", "power_off": True})
    assert given["failed"] and "is no longer named 'web'" in given["msg"]
    assert sim.state()["br-se1"]["instances"][0]["state"] == "running"


def test_an_instance_stopped_for_a_copy_is_started_again(sim: Any) -> None:
    sim.reset(durations={"stop": 0})
    row = sim.seed("instance", name="web", created_at=sim.now() - 9000)
    cloud = Renaming(sim, {f"/instances/{row['id']}": "keep"})
    given = result(cloud, "vm_snapshot", {"name": "copy", "instance": "web", "power_off": True})
    assert not given.get("failed"), given
    [there] = sim.state()["br-se1"]["instances"]
    assert (there["name"], there["state"]) == ("keep", "running")


@pytest.mark.parametrize("concurrency", [1, 3])
def test_pruning_reads_again_after_retry_after(sim: Any, concurrency: int) -> None:
    web = [sim.seed("instance", name=f"web-{number}", created_at=sim.now() - 9000) for number in range(6)]
    sim.add_fault(operation=DELETE, nth="every", times=concurrency, **WAIT)
    cloud = Renaming(sim, {f"/instances/{row['id']}": f"keep-{number}" for number, row in enumerate(web)})
    options = {"instances": [], "allow_empty": True, "prune_match": "web-*", "prune_max": "100%",
               "concurrency": concurrency}  # fmt: skip
    given = result(cloud, "vm_fleet", options)
    assert given["totals"]["deleted"] == 0, given
    assert sorted(row["name"] for row in sim.state()["br-se1"]["instances"]) == [f"keep-{n}" for n in range(6)]


@pytest.mark.parametrize("check", [True, False])
def test_a_restore_whose_copy_is_missing_changes_nothing(sim: Any, check: bool) -> None:
    sim.seed("instance", name="web-2", machine_type="BV2-2-40", state="suspended")
    given = result(sim, "vm_snapshot", {"name": "befor-upgrade", "state": "restored", "restore": RESTORE}, check)
    assert given["failed"] and "There is no snapshot 'befor-upgrade', so it cannot be verified" in given["msg"]
    assert not changes(sim)


@pytest.mark.parametrize(
    ("switch", "options"),
    [
        ("hide_network", {"state": "absent"}),
        ("ignore_expand", {"state": "absent"}),
        ("ignore_expand", {**DEFAULTS, "ssh_key_name": "other", "on_immutable_change": "recreate"}),
    ],
)
def test_a_deletion_warns_of_a_hidden_public_address(sim: Any, switch: str, options: dict[str, Any]) -> None:
    sim.reset(**{switch: True})
    sim.seed("instance", name="web", public_ip=True, created_at=sim.now() - 9000)
    words = "The API does not show whether instance web has a public IPv4 address"
    given = result(sim, "vm_instance", {"name": "web", **options}, check=True)
    assert [warning for warning in given["warnings"] if warning.startswith(words)], given
    given = result(sim, "vm_instance", {"name": "web", **options, "delete_public_ip": True}, check=True)
    assert not [warning for warning in given["warnings"] if warning.startswith(words)], given


@pytest.mark.parametrize("check", [True, False])
def test_a_retention_ignores_old_names_in_late_lists(sim: Any, check: bool) -> None:
    sim.reset(lag=5)
    web = sim.seed("instance", name="web", created_at=sim.now() - 9000)
    for number in (1, 2):
        sim.seed("snapshot", name=f"web-{number}", instance=web["id"], created_at=sim.now() - 86400 * number)
    assert Api(sim)("PATCH", *rename(f"/instances/{web['id']}", "keep")).status_code == 204
    options = {"state": "pruned", "instance": "web", "all": True, "keep_last": 1}
    given = result(sim, "vm_snapshot", options, check)
    if check:  # an earlier task may create it
        assert given["pruned"] == [] and "instance 'web'" in given["warnings"][0]
    else:
        assert given["failed"] and "There is no instance 'web'" in given["msg"]
    assert len(sim.state()["br-se1"]["snapshots"]) == 2
    sim.advance(5)
    given = result(sim, "vm_snapshot", {**options, "instance": "keep"}, check)
    assert [row["name"] for row in given["pruned"]] == ["web-2"]


def test_the_password_module_ignores_old_names_in_late_lists(sim: Any) -> None:
    sim.reset(lag=5)
    web = sim.seed("instance", name="web", image="windows-server-2022", machine_type="BV2-4-40")
    assert Api(sim)("PATCH", *rename(f"/instances/{web['id']}", "keep")).status_code == 204
    given = result(sim, "vm_windows_password", {"name": "web"})
    assert given["failed"] and "is no longer named 'web'" in given["msg"]
    sim.advance(5)
    assert result(sim, "vm_windows_password", {"name": "keep"})["password"]
