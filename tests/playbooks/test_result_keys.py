# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible neither overwrites a key of a result nor reads it with another meaning."""

from __future__ import annotations

import json
from importlib import import_module

import pytest

from tests.conftest import ROOT
from tests.playbooks import reserved
from tests.support import shapes
from tests.support.documents import load_yaml

MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
# Keys that modules return with Ansible's own meaning.
MEANT = {"changed", "failed", "msg", "diff"}
KNOWN = {"attempts", "retries", "results", "item", "warnings", "deprecations", "exception", "invocation", "stdout",
         "stderr", "rc", "start", "end", "delta", "skipped", "unreachable", "changed", "failed", "msg", "finished",
         "ansible_facts", "ansible_job_id", "diff"}  # fmt: skip


@pytest.mark.every_core
def test_the_keys_of_ansible_core_are_found_in_its_source() -> None:
    assert reserved.keys() >= KNOWN


@pytest.mark.every_core
@pytest.mark.parametrize("module", MODULES)
def test_no_documented_key_collides_with_ansible_core(module: str) -> None:
    returned = import_module(f"ansible_collections.magalu.cloud.plugins.modules.{module}").RETURN
    assert not load_yaml(returned).keys() & reserved.keys()


@pytest.mark.every_core
@pytest.mark.parametrize("module", MODULES)
def test_every_returned_key_is_documented_and_not_one_of_ansible_core(module: str) -> None:
    """Every returned key is documented and not one of ansible-core's, in the recorded results of `test_shapes`."""
    found = [shape for name, shape in json.loads(shapes.FILE.read_text()).items() if name.startswith(f"{module}: ")]
    returned = {key for shape in found for key in shape} - MEANT
    assert returned and not returned & reserved.keys()
    documented = load_yaml(import_module(f"ansible_collections.magalu.cloud.plugins.modules.{module}").RETURN)
    assert returned <= documented.keys()


def test_no_key_of_a_member_collides_with_ansible_core() -> None:
    """No key of a fleet's member is one of ansible-core's, because a member's result replaces a task's."""
    found = [shape for name, shape in json.loads(shapes.FILE.read_text()).items() if name.startswith("vm_fleet: ")]
    keys = {key for shape in found for member in shape.get("members", []) for key in member}
    assert "creation_attempts" in keys
    assert not keys & reserved.keys() - MEANT - {"warnings"}
