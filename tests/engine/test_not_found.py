# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A 404 without a slug comes from a gateway, and does not prove that a resource or a list is gone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import copies, task
from tests.support.declarations import DECLARED, SMALL
from tests.support.module import result

READ = "GET /v1/instances/{id}"
FOREIGN = {
    "nginx": {"kind": "html", "status": 404, "body": "<html><h1>404 Not Found</h1></html>"},
    "kong": {"kind": "status", "status": 404, "body": {"message": "no Route matched with those values"}},
    "empty": {"kind": "status", "status": 404, "body": ""},
}
every_form = pytest.mark.parametrize("form", FOREIGN)


@every_form
@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
@pytest.mark.parametrize("times", [1, 3, 20])
def test_a_404_does_not_lead_to_a_second_instance(sim: Any, form: str, edition: str, times: int) -> None:
    sim.reset(edition=edition, unique_names=False)
    sim.seed("instance", name="web", state="stopped")
    for number in range(times):
        sim.add_fault(operation=READ, nth=2 + number, **FOREIGN[form])
    done = task.run(sim, **DECLARED, state="running")
    assert (done.failure, done.actions) == (None, ["start"])
    assert [row["state"] for row in sim.state()["br-se1"]["instances"]] == ["running"]


@every_form
def test_an_instance_in_the_list_is_not_absent(sim: Any, form: str) -> None:
    web = sim.seed("instance", name="web")
    sim.add_fault(operation=READ, nth="every", **FOREIGN[form])
    given = result(sim, "vm_instance", {"id": web["id"], "state": "absent"})
    assert given["failed"] and given["error"]["status"] == 404
    assert "not the API's own 404: its list has this instance" in given["msg"]
    assert len(sim.state()["br-se1"]["instances"]) == 1


@every_form
@pytest.mark.parametrize("settings", [{}, {"lag": 5}, {"keep_deleted": 3600.0}], ids=str)
def test_a_deletion_ends_behind_such_a_gateway(sim: Any, form: str, settings: dict[str, Any]) -> None:
    """A deletion behind such a gateway ends, also if a list still shows the instance as deleted."""
    sim.reset(**settings)
    web = sim.seed("instance", name="web")
    for nth in range(2, 60):  # the first read by id finds it
        sim.add_fault(operation=READ, nth=nth, **FOREIGN[form])
    began = sim.now()
    done = task.run(sim, id=web["id"], state="absent")
    assert (done.failure, done.actions) == (None, ["delete"])
    assert sim.now() - began < 30
    assert task.run(sim, id=web["id"], state="absent").actions == []


@every_form
@pytest.mark.parametrize("kind", ["snapshot", "backup"])
def test_a_copy_in_the_list_is_deleted_despite_a_404(sim: Any, form: str, kind: str) -> None:
    sim.reset(edition="2024-08")
    web = sim.seed("instance", name="web")
    copy = sim.seed(kind, name="copy", instance=web["id"])
    sim.add_fault(operation=f"GET /v1/{kind}s/{{id}}", **FOREIGN[form])
    done = copies.run(sim, kind, id=copy["id"], state="absent")
    assert (done.failure, done.actions) == (None, ["delete"])


@every_form
def test_vm_info_reads_an_instance_despite_a_404(sim: Any, form: str) -> None:
    web = sim.seed("instance", name="web", machine_type=SMALL)
    sim.add_fault(operation=READ, **FOREIGN[form])
    assert result(sim, "vm_info", {"kind": "instances", "id": web["id"]})["count"] == 1


@every_form
def test_a_list_with_a_404_is_read_again_if_it_existed_before(sim: Any, form: str) -> None:
    """The wait until lists show the new name continues after the gateway's 404."""
    sim.reset(lag=20)
    sim.seed("instance", name="web", state="stopped")
    sim.advance(60)
    for nth in (3, 5):
        sim.add_fault(operation="GET /v1/instances", nth=nth, **FOREIGN[form])
    renamed = {"name": "web", "new_name": "www"}
    assert [action["action"] for action in result(sim, "vm_instance", renamed)["actions"]] == ["rename"]
    again = result(sim, "vm_instance", renamed)
    assert (again.get("msg"), again["changed"]) == (None, False)


@every_form
def test_a_list_that_never_existed_means_a_wrong_url(sim: Any, form: str) -> None:
    sim.add_fault(operation="GET /v1/instances", nth="every", **FOREIGN[form])
    given = result(sim, "vm_instance", DECLARED)
    assert given["failed"] and "Check the region 'br-se1'" in given["msg"]
    assert len(sim.requests()) == 1
