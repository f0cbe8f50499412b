# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Playbooks as a job runs them: from the stub of a project, with the answers of a survey."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.magalu.cloud.plugins.plugin_utils._answers import answer_errors, spec_rules, typed_answers
from tests.conftest import ROOT
from tests.support.documents import load_yaml
from tests.support.play import environment
from tests.support.programs import run

Answers = dict[str, Any]


class Job(NamedTuple):
    """The end of a job."""

    code: int
    said: str  # stdout and stderr
    stats: dict[str, Any]  # passed on to a workflow

    @property
    def why(self) -> str:
        """Return the message of the last task that failed."""
        return json.loads(re.findall(r"^fatal: .*=> (\{.*\})$", self.said, re.MULTILINE)[-1])["msg"]  # type: ignore[no-any-return]

    @property
    def summary(self) -> list[str]:
        """Return the last message of the job."""
        return json.loads(re.findall(r"=> (\{\n.*?\n\})$", self.said, re.MULTILINE | re.DOTALL)[-1])["msg"]  # type: ignore[no-any-return]


def unsafe(value: Any) -> str:
    """Return the value in YAML as AWX writes it: each text, also a key, is marked as not being a template."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{unsafe(key)}: {unsafe(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(unsafe, value)) + "]"
    return f"!unsafe {json.dumps(value)}" if isinstance(value, str) else json.dumps(value)


def play(sim: Any, folder: Path, text: str, options: Iterable[str] = (), warnings: int = 0, **env: str) -> Job:
    """Run the playbook in a text. Fail unless it prints this number of `warnings`."""
    (folder / "ansible.cfg").touch()  # so that Ansible reads no other file
    (folder / "book.yml").write_text(text)
    more = {"ANSIBLE_SHOW_CUSTOM_STATS": "true", **env}
    done = run("playbook", "book.yml", *options, cwd=folder, env=environment(sim, folder, **more))
    assert "[DEPRECATION WARNING]" not in done.stdout and done.stdout.count("[WARNING]") == warnings, done.stdout
    stats = re.search(r"^\tRUN: (\{.*?)\n(?:\n|$)", done.stdout, re.MULTILINE | re.DOTALL)
    return Job(done.returncode, done.stdout, json.loads(stats.group(1)) if stats else {})


def launch(sim: Any, folder: Path, name: str, answers: Answers, options: Iterable[str] = (), **env: str) -> Job:
    """Run a playbook of the collection from the stub of a project."""
    (folder / "answers.yml").write_text(unsafe(answers))
    stub = f"- ansible.builtin.import_playbook: magalu.cloud.{name}\n"
    return play(sim, folder, stub, ("-e", "@answers.yml", *options), **env)


def errors_in_answers(name: str, answers: Answers) -> str:
    """Return the errors in a survey's answers as tasks/answers.yml finds them, or an empty text."""
    spec = load_yaml((ROOT / f"playbooks/argument_specs/{name}.yml").read_text())["argument_spec"]
    typed = typed_answers(answers, spec["options"])
    checked = ArgumentSpecValidator({"answers": spec_rules(spec)}).validate({"answers": typed})
    return " ".join(checked.error_messages or answer_errors(typed, spec["options"]))


def refusals(sim: Any, folder: Path, name: str, cases: Iterable[Answers]) -> list[str]:
    """Return the error message of a playbook for each of these surveys' answers.

    Fail if the playbook accepts one of them. One process runs its tasks for all of them.
    """
    book = load_yaml((ROOT / f"playbooks/{name}.yml").read_text())[0]
    for each in ("tasks", "argument_specs"):
        (folder / each).symlink_to(ROOT / "playbooks" / each)
    rescue = {"ansible.builtin.set_fact": {"refused": "{{ refused | default([]) + [ansible_failed_result.msg] }}"}}
    book["tasks"] = [{"block": book["tasks"], "vars": case, "rescue": [rescue]} for case in cases]
    book["tasks"].append({"ansible.builtin.debug": {"var": "refused"}})
    job = play(sim, folder, json.dumps([book]))
    assert job.code == 0, job.said
    said: list[str] = json.loads(re.findall(r"=> (\{\n.*?\n\})$", job.said, re.MULTILINE | re.DOTALL)[-1])["refused"]
    return said
