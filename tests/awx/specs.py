# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The argument specs of the playbooks, and the surveys and the comments with variables that are made from them."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT
from tests.support.documents import load_yaml

PLAYBOOKS = ROOT / "playbooks"
SPECS = PLAYBOOKS / "argument_specs"
TEMPLATES = ROOT / "extensions/awx/job_templates"
HEAD = re.compile(r"(^# Variables[^\n]*\n)(?:#   .*\n)+", re.MULTILINE)
SURVEY = re.compile(r"\A---\n.*?(?=^schedules:|\Z)", re.DOTALL | re.MULTILINE)
QUESTIONS = {"str": "text", "path": "text", "int": "integer", "float": "float", "list": "textarea"}


def specs() -> dict[str, dict[str, Any]]:
    """Return the argument specs by playbook."""
    return {file.stem: load_yaml(file.read_text())["argument_spec"] for file in sorted(SPECS.glob("*.yml"))}


def question(name: str, option: dict[str, Any]) -> dict[str, Any]:
    """Return the question of a survey for an option. It has no default: a blank answer means that it is not given."""
    choices = ["true", "false"] if option["type"] == "bool" else option.get("choices")
    kind = "multiplechoice" if choices else "textarea" if option.get("multiline") else QUESTIONS[option["type"]]
    return {
        "variable": name, "question_name": option["label"], "question_description": described(option), "type": kind,
        **({"choices": choices} if choices else {}), "required": option.get("required", False),
    }  # fmt: skip


def described(option: dict[str, Any]) -> str:
    """Return the description of an option, with its default."""
    default = option.get("default")
    default = str(default).lower() if isinstance(default, bool) else default
    return option["description"] + ("" if default is None else f" If left out, {default}.")


def survey(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the survey for all options of a playbook."""
    return {"name": "", "description": "", "spec": [question(*each) for each in spec["options"].items()]}


def template(name: str, spec: dict[str, Any]) -> str:
    """Return the text of a job template up to its schedules, which are written by hand."""
    lines = ["---", f"name: Magalu Cloud - {name}", *scalar("description", spec["short_description"], "")]
    lines += ["survey_spec:", '  name: ""', '  description: ""', "  spec:"]
    for asked in survey(spec)["spec"]:
        for number, (key, value) in enumerate(asked.items()):
            lines += scalar(key, value, f"    {' ' if number else '-'} ")
    return "\n".join(lines) + "\n"


def scalar(key: str, value: Any, indent: str) -> list[str]:
    """Return the lines of a key and its value in YAML."""
    flow = yaml.safe_dump(value, width=10**6, default_flow_style=True, allow_unicode=True).removesuffix("...\n").strip()
    if key == "choices":
        flow = "[" + ", ".join(f'"{each}"' if each in ("true", "false", "off") else each for each in value) + "]"
    if len(indent) + len(key) + len(flow) < 118:
        return [f"{indent}{key}: {flow}"]
    start = " " * len(indent)
    return [
        f"{indent}{key}: >-",
        *textwrap.wrap(value, 120, initial_indent=f"{start}  ", subsequent_indent=f"{start}  "),
    ]


def head(spec: dict[str, Any]) -> str:
    """Return the variables as comments for the top of a playbook."""
    width = max(map(len, spec["options"])) + 2
    lines = []
    for name, option in spec["options"].items():
        choices = f" One of {', '.join(option['choices'])}." if "choices" in option else ""
        kind = ", true or false" if option["type"] == "bool" else ""
        text = f"{'required' if option.get('required') else 'optional'}{kind}. {option['label']}: {described(option)}{choices}"
        lines += textwrap.wrap(
            text,
            120,
            initial_indent=f"#   {name:{width}}",
            subsequent_indent="#   " + " " * width,
            break_on_hyphens=False,
        )
    return "\n".join(lines) + "\n"


def written() -> dict[Path, str]:
    """Return the paths and whole texts of the generated files."""
    found: dict[Path, str] = {}
    for name, spec in specs().items():
        text, count = HEAD.subn(lambda match, spec=spec: match[1] + head(spec), (PLAYBOOKS / f"{name}.yml").read_text())  # type: ignore[misc]
        assert count == 1, f"playbooks/{name}.yml has no place for its variables"
        found[PLAYBOOKS / f"{name}.yml"] = text
        if (TEMPLATES / f"{name}.yml").exists():  # awx_setup is not for jobs
            old = (TEMPLATES / f"{name}.yml").read_text()
            found[TEMPLATES / f"{name}.yml"] = template(name, spec) + SURVEY.sub("", old)
    return found
