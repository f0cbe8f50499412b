# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page "The task failed: what now" quotes messages that the code prints, and its commands lead to some of them."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from simulator.command import build_parser, parse_settings
from tests.conftest import ROOT
from tests.support.documents import load_yaml
from tests.support.module import result
from tests.support.pages import RST, commands, files

PAGE = "troubleshooting"
# The first line of an entry has the messages, with ... for what differs from case to case.
TERMS = re.findall(r"(?m)^(``.+)\n    \S", (RST / f"{PAGE}.rst").read_text())
MESSAGES = [message for term in TERMS for message in re.findall(r"``(.+?)``", term)]
ANSIBLE = ("ansible.inventory.manager", "ansible.plugins.callback.default", "ansible.module_utils.basic")
# What the page's commands show, in their order.
SHOWN = ("scope virtual-machine.write.", "Check the region 'br-xx1'", "creating_error_capacity",
         "or have the quota raised.", "Create the SSH key first")  # fmt: skip


def sources() -> Iterator[Path]:
    """Give the files whose texts users see."""
    for folder in ("module_utils", "plugin_utils", "inventory", "filter"):
        yield from (ROOT / "plugins" / folder).rglob("*.py")
    for module in ANSIBLE:
        spec = importlib.util.find_spec(module)
        assert spec and spec.origin
        yield Path(spec.origin)


@cache
def texts() -> list[str]:
    """Return the texts of the source, with a NUL for each value in them."""
    found = []
    for node in (node for path in sources() for node in ast.walk(ast.parse(path.read_text()))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
        elif isinstance(node, ast.JoinedStr):
            parts = (str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
            found.append("".join(parts))
    return found


def is_printed(message: str) -> bool:
    """Return whether the fixed parts of the message stand in one text of the source, in this order."""
    fixed = [re.escape(part) for part in message.split("...") if part.strip()]
    return any(re.search(".*".join(fixed), text) for text in texts())


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_of_the_page_is_printed_by_the_code(message: str) -> None:
    assert is_printed(message)
    assert len(message.replace("...", "")) > 10


def test_messages_are_found() -> None:
    assert len(MESSAGES) == len(set(MESSAGES)) > 50
    assert not is_printed("... would be deleted, and prune_max is ...")


def test_the_commands_lead_to_the_messages(sim: Any) -> None:
    """Their switches, environment and playbook, in this process."""
    (task,) = (task for task in load_yaml(files("getting_started")["first.yml"])[0]["tasks"] if "register" in task)
    lines = [shlex.split(line) for line in commands(PAGE) if not line.startswith("#")]
    for (program, *given), expected in zip(lines, SHOWN, strict=True):
        switches, command = given[: given.index("--")], given[given.index("--") + 1 :]
        env = dict(word.split("=", 1) for word in command if re.match(r"MGC_\w+=", word))
        assert program == "magalu-cloud-simulator" and command[-2:] == ["ansible-playbook", "first.yml"]
        options = vars(build_parser().parse_args(switches))
        settings = parse_settings(options)
        sim.reset(**{key: getattr(settings, key) for key in options if key in vars(settings)})
        said = result(sim, "vm_instance", task["magalu.cloud.vm_instance"], env=env)
        assert expected in said["msg"]
