# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ways in which playbooks run tasks: in loops, in the background, with no_log, with several ansible-cores."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.declarations import DECLARED
from tests.support.play import Player, vm_info, vm_instance


@pytest.mark.every_core
def test_an_async_loop_returns_a_result_for_each_item(play: Player) -> None:
    names = ["web-1", "web-2", "web-3"]
    loop = {"loop": names, "async": 6000, "poll": 60}  # a second and 100 seconds: see quick/
    done = play(vm_instance(task=loop, **{**DECLARED, "name": "{{ item }}"}), vm_info(sort=["name:desc"]))
    created, listed = done.results
    assert [result["instance"]["name"] for result in created["results"]] == names
    assert all(result["finished"] for result in created["results"])
    assert [instance["name"] for instance in listed["instances"]] == names[::-1]


@pytest.mark.every_core
def test_results_and_text_of_the_api_go_into_the_next_tasks(play: Player, sim: Any) -> None:
    name = "{{ 7 * 7 }}-{% raw %}"
    sim.seed("instance", name=name)
    done = play(
        vm_info(), vm_instance(name="{{ result_0.instances[0].name }}", state="stopped"),
        vm_instance(id="{{ result_1.instance.id }}", name="web", state="running"),
    )  # fmt: skip
    stopped, renamed = done.results[1:]
    assert stopped["instance"]["name"] == name, "it is data, and never a template"
    assert [action["action"] for action in renamed["actions"]] == ["rename", "start"]
    assert renamed["instance"]["name"] == "web"


def test_no_log_hides_the_task_and_not_its_result(play: Player, sim: Any) -> None:
    sim.seed("instance", name="hidden-web")
    task = {"no_log": True}
    done = play(vm_instance(task=task, name="hidden-web", state="stopped"), options=["-vvv"])
    assert done.results[0]["instance"]["state"] == "stopped"
    assert "hidden-web" not in done.output + done.log


def test_check_mode_of_a_whole_play_lists_and_changes_nothing(play: Player, sim: Any) -> None:
    sim.seed("instance", name="web")
    tasks = [{key: value for key, value in vm_instance(name="web", state=state).items() if key != "check_mode"}
             for state in ("stopped", "absent")]  # fmt: skip
    done = play(*tasks, vm_info(), options=["--check"])
    assert [result["changed"] for result in done.results] == [True, True, False]
    assert done.results[2]["instances"][0]["state"] == "running"


def test_the_next_task_continues_after_wait_false(play: Player) -> None:
    done = play(vm_instance(**DECLARED, wait=False), vm_instance(**DECLARED, state="running"))
    first, second = done.results
    assert first["instance"]["status"] != "completed"
    assert first["instance"]["id"] == second["instance"]["id"]
    assert (first["changed"], second["changed"]) == (True, False)
    assert second["instance"]["status"] == "completed"


def test_a_kept_public_address_gives_a_warning(play: Player, sim: Any) -> None:
    sim.seed("instance", name="web", public_ip="203.0.113.7")
    gone = vm_instance(name="web", state="absent")
    done = play(vm_instance(True, name="web", state="absent"), gone, warned=["The public IP 203.0.113.7"])
    assert [result["kept_public_ips"] for result in done.results] == [["203.0.113.7"]] * 2
