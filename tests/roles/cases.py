# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A role that is used several times in a playbook, and the outcome of each use."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.launch import Job, play
from tests.support.play import keep

Fields = dict[str, Any]


class Case(NamedTuple):
    """A use of the role: its variables, and tasks before it."""

    given: Fields
    before: tuple[Fields, ...] = ()


class Outcome(NamedTuple):
    """The outcome of a use of the role."""

    result: Any  # its fact NAME_result
    failed: str  # its error message, or nothing


def post(sim: Any, path: str, body: Fields) -> Fields:
    """Return a task that sends a request to the simulator."""
    url = f"http://127.0.0.1:{sim.port}/_simulator/{path}"
    return {
        "ansible.builtin.uri": {
            "url": url,
            "method": "POST",
            "body_format": "json",
            "body": body,
            "status_code": [200, 201, 204],
        }
    }


def use(
    sim: Any, folder: Path, role: str, *cases: Case, options: Iterable[str] = (), warnings: int = 0, **keywords: Any
) -> tuple[list[Outcome], Job]:
    """Use the role on localhost for each case in turn, also after a failure. `keywords` belong to the play."""
    tasks: list[Fields] = [{"ansible.builtin.set_fact": {"outcomes": []}}]
    for case in cases:
        used = {"ansible.builtin.include_role": {"name": f"magalu.cloud.{role}"}, "vars": case.given}
        none = {"ansible.builtin.set_fact": {f"{role}_result": None, "why": ""}}
        why = {"ansible.builtin.set_fact": {"why": "{{ ansible_failed_result.msg }}"}}
        kept = {"ansible.builtin.set_fact": {"outcomes": f"{{{{ outcomes + [[{role}_result, why]] }}}}"}}
        tasks += [none, *case.before, {"block": [used], "rescue": [why]}, kept]
    results = folder / "outcomes.json"
    tasks.append(keep("outcomes", results))
    book = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}, **keywords}  # fmt: skip
    job = play(sim, folder, json.dumps([book]), options, warnings)
    assert job.code == 0, job.said
    return [Outcome(*pair) for pair in json.loads(results.read_text())], job
