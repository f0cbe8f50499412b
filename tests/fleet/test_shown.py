# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Progress is shown while vm_fleet runs on the controller; elsewhere vm_fleet behaves like any other module."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.action import vm_fleet
from tests.support.awx import Run
from tests.support.declarations import DEFAULTS
from tests.support.play import SPEED, Played, Player

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]
CREATES = "fleet web: 0/3 running, 3 creating"
SETTLED = "fleet web: 3/3 running"
FLEET = {"defaults": DEFAULTS, "count": 3, "name_format": "web-{index}"}
# Tasks that run on the controller, without progress lines.
ELSEWHERE = """
DOCUMENTATION = "{name: elsewhere, short_description: elsewhere, description: [elsewhere], options: {}}"
from ansible.plugins.connection.local import Connection as Local
class Connection(Local):
    transport = "elsewhere"
"""
HOSTS = f"""
localhost ansible_connection=local ansible_python_interpreter={sys.executable}
other ansible_connection=elsewhere ansible_python_interpreter={sys.executable}
"""


def fleet(task: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    """Return a task; `task` has the keywords beside the module."""
    return {"magalu.cloud.vm_fleet": {**FLEET, **options}, **(task or {})}


def run_tasks(play: Player, *tasks: dict[str, Any], **more: Any) -> Played:
    """Run the tasks, and return what they printed and their results. Fail if a file is left behind."""
    temporary = play.folder / "local"
    left = {"ansible.builtin.find": {"paths": str(temporary), "patterns": "vm_fleet-*", "recurse": True},
            "vars": {"ansible_connection": "local"}, "check_mode": False}  # fmt: skip
    env = {"ANSIBLE_LOCAL_TEMP": str(temporary), **more.pop("env", {})}
    done = play(*tasks, left, env=env, **more)
    assert done.results[-1]["examined"] and not done.results[-1]["files"]
    return done


@pytest.mark.every_core(sample=True)
def test_lines_are_shown_before_the_result_and_in_the_log(play: Player) -> None:
    done = run_tasks(play, fleet(), options=["-vvv"])
    assert done.output.index(CREATES) < done.output.index(SETTLED) < done.output.index("changed: [localhost]")
    assert CREATES in done.log and SETTLED in done.log
    assert done.results[0]["totals"]["created"] == 3
    assert "WorkerProcess" not in done.output


@pytest.mark.every_core
def test_failed_looped_and_retried_tasks_show_their_lines(play: Player, sim: Any) -> None:
    sim.add_fault(operation="instance_create", match=2, kind="failing", value="creating_error")
    loop = {"loop": ["db", "web"]}
    again = {"register": "result_2", "until": "result_2 is success", "retries": 2, "delay": 0}
    sim.add_fault(operation="instance_create", match=7, times=3, kind="status", status=400)
    done = run_tasks(
        play, fleet(), fleet(loop, name_format="{{ item }}-{index}"), fleet(again, name_format="eu-{index}")
    )
    assert done.results[0]["failed"] and done.results[0]["totals"]["failed"] == 1
    assert all(CREATES.replace("web", name) in done.output for name in ("web", "db", "eu"))
    assert done.results[2]["attempts"] == 2 and done.results[2]["totals"]["created"] == 3


@pytest.mark.one_in(3)
@pytest.mark.every_core
@pytest.mark.parametrize("task", [
    {"no_log": True}, {"async": 6000, "poll": 60}, {"check_mode": True}, {"delegate_to": "other"},
], ids=str)  # fmt: skip
def test_no_lines_and_the_same_result(play: Player, task: dict[str, Any]) -> None:
    (play.folder / "connection_plugins").mkdir()
    (play.folder / "connection_plugins/elsewhere.py").write_text(ELSEWHERE)
    (play.folder / "hosts").write_text(HOSTS)
    done = run_tasks(play, fleet(task), options=["-i", "hosts", "-v"])
    assert "fleet web:" not in done.output + done.log
    assert done.results[0]["totals"]["created"] == 3
    assert ("web-1" in done.output) == ("no_log" not in task)


@pytest.mark.every_core
def test_delegated_tasks_show_their_lines(play: Player) -> None:
    (play.folder / "connection_plugins").mkdir()
    (play.folder / "connection_plugins/elsewhere.py").write_text(ELSEWHERE)
    (play.folder / "hosts").write_text(HOSTS)
    done = run_tasks(play, fleet({"delegate_to": "localhost"}), options=["-i", "hosts"], hosts="other")
    assert CREATES in done.output and done.results[0]["totals"]["created"] == 3


@pytest.mark.every_core
def test_module_defaults_apply_and_omitted_options_do_not_count(play: Player) -> None:
    options = {"name_format": "web-{index}", "defaults": DEFAULTS, "batch": "{{ omit }}", "progress_file": "{{ omit }}"}
    defaults = {"group/magalu.cloud.vm": {"results": "brief"}, "magalu.cloud.vm_fleet": {"count": 2}}
    done = run_tasks(play, {"magalu.cloud.vm_fleet": options}, module_defaults=defaults)
    assert CREATES.replace("3", "2") in done.output
    assert len(done.results[0]["members"]) == 2 and "image" not in done.results[0]["members"][0]["instance"]


@pytest.mark.needs("su")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user without a password")
def test_tasks_of_root_show_their_lines(play: Player) -> None:
    become = {"become": True, "become_method": "ansible.builtin.su", "become_user": "root"}
    done = run_tasks(play, fleet(become), env={"ANSIBLE_BECOME_ALLOW_SAME_USER": "true"})
    assert CREATES in done.output and done.results[0]["totals"]["created"] == 3


def test_progress_file_gets_the_lines_instead(play: Player) -> None:
    path = play.folder / "progress"
    done = run_tasks(play, fleet(progress_file=str(path)))
    assert "fleet web" not in done.output and path.read_text().splitlines()[0] == CREATES
    lost = run_tasks(play, fleet(progress_file=f"{path}/x", count=4), warned=["The progress cannot be written to"])
    assert lost.output.count("cannot be written") == 1 and lost.results[0]["totals"]["created"] == 1


@pytest.mark.every_core
def test_a_task_that_takes_too_long_ends_with_its_lines(play: Player, sim: Any) -> None:
    sim.add_fault(operation="instance_create", match="every", times=9, kind="stuck", value="creating", seconds=9999)
    done = run_tasks(play, fleet({"timeout": 8}), env={"ANSIBLE_DEPRECATION_WARNINGS": "false"})
    assert done.results[0]["failed"] and CREATES in done.output


@pytest.mark.every_core
def test_lines_in_the_output_of_an_awx_job(sim: Any, tmp_path: Path) -> None:
    job = Run("job_with_survey", tmp_path, **sim.environment)
    limit = job.args.index("-l")
    del job.args[limit : limit + 2]
    job.write("inventory/hosts", "[all]\nlocalhost ansible_connection=local\n")
    job.write("env/extravars", "{}")
    book = [{"hosts": "localhost", "gather_facts": False, "tasks": [fleet()],
             "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}}]  # fmt: skip
    job.write("project/show.yml", json.dumps(book))
    done = job()
    assert done.code == 0, done.output
    assert done.output.index(CREATES) < done.output.index("changed: [localhost]")


def action(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, send: Callable[..., None] = print, **args: Any
) -> vm_fleet.ActionModule:
    """Return the action plugin as in a worker; `send` is the method of the worker's queue."""
    monkeypatch.setattr(vm_fleet.constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    monkeypatch.setattr(vm_fleet, "display", SimpleNamespace(_final_q=SimpleNamespace(send_display=send)))
    made = vm_fleet.ActionModule.__new__(vm_fleet.ActionModule)
    made._task = SimpleNamespace(no_log=False, async_val=0, args=args)
    made._connection = SimpleNamespace(transport="local", become=None)
    return made


@pytest.mark.parametrize(("user", "shown"), [("root", True), ("nobody", False), (None, False)])
def test_no_file_for_other_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: str | None, shown: bool
) -> None:
    """Tasks that become another user get no file, because they could not write it."""
    made = action(tmp_path, monkeypatch)
    made._connection.become = SimpleNamespace(get_option={"become_user": user}.get)
    with made._shown() as path:
        assert bool(path) == shown


def test_the_progress_file_is_private_and_always_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, before = action(tmp_path, monkeypatch), set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt), made._shown() as path:
        assert path and stat.S_IMODE(os.stat(path).st_mode) == 0o600
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())
    assert not set(threading.enumerate()) - before  # files of other tests may disappear meanwhile
    monkeypatch.setattr(vm_fleet.constants, "DEFAULT_LOCAL_TMP", str(tmp_path / "not there"))
    with made._shown() as path:
        assert path is None


@pytest.mark.one_in(2)
@pytest.mark.parametrize(("callback", "stderr"), [("default", False), ("ansible.posix.json", True), ("jsonl", True)])
def test_who_reads_json_from_stdout_finds_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, callback: str, stderr: bool
) -> None:
    shown: list[tuple[str, str, bool]] = []
    monkeypatch.setattr(vm_fleet.constants, "DEFAULT_STDOUT_CALLBACK", callback)
    made = action(tmp_path, monkeypatch, lambda method, text, stderr: shown.append((method, text, stderr)))
    with made._shown() as path:
        assert path
        Path(path).write_text("one\ntwo\nnot yet")
    assert shown == [("display", "one", stderr), ("display", "two", stderr)]


@pytest.mark.one_in(2)
@pytest.mark.parametrize("display", [
    SimpleNamespace(), SimpleNamespace(_final_q=None), SimpleNamespace(_final_q=SimpleNamespace(put=print)),
], ids=["no such attribute", "not in a worker", "no such method"])  # fmt: skip
def test_without_a_queue_no_lines_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, display: Any) -> None:
    made = action(tmp_path, monkeypatch)
    monkeypatch.setattr(vm_fleet, "display", display)
    with made._shown() as path:
        assert path is None


def test_no_line_holds_up_a_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vm_fleet, "LAST", 0.1)
    reached, free = threading.Event(), threading.Event()
    made = action(tmp_path, monkeypatch, lambda *given, **more: reached.set() or free.wait())
    with made._shown() as path:
        assert path
        Path(path).write_text("one\n")
        assert reached.wait(30)
    assert not free.is_set() and not list(tmp_path.iterdir())
    free.set()


def test_a_queue_that_refuses_a_line_does_not_fail_the_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = action(tmp_path, monkeypatch, lambda method: None)
    with made._shown() as path:
        assert path
        Path(path).write_text("one\n")
    assert not list(tmp_path.iterdir())
