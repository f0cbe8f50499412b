# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The examples of filters have the results in the comments below them."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.documents import load_yaml
from tests.support.examples import examples, plugin, shown, template


@pytest.mark.every_core
@pytest.mark.parametrize("name", shown("filter"))
def test_examples(name: str) -> None:
    module = plugin("filter", name)
    assert load_yaml(module.DOCUMENTATION)["name"] == name and list(module.FilterModule().filters()) == [name]
    values = re.findall(r"^ +# ([\[{\"].*)$", module.EXAMPLES, re.MULTILINE)
    tasks = [task for task in examples("filter", name) if "ansible.builtin.debug" in task]
    assert values
    for task, value in zip(tasks, values, strict=True):
        assert template(task["ansible.builtin.debug"]["msg"], task.get("vars", {})) == json.loads(value)
