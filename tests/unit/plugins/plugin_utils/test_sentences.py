# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parts of sentences agree with their numbers."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.filter.provision_outcome import provision_outcome
from ansible_collections.magalu.cloud.plugins.plugin_utils import _protect, _rebuild_steps
from ansible_collections.magalu.cloud.plugins.plugin_utils._sentences import counted, totals


@pytest.mark.parametrize(("number", "noun", "verb", "text"), [
    (0, "copy", "", "no copies"), (1, "copy", "has", "1 copy has"), (2, "copy", "has", "2 copies have"),
    (1, "public address", "is", "1 public address is"), (3, "public address", "is", "3 public addresses are"),
])  # fmt: skip
def test_a_number_with_its_noun_and_verb(number: int, noun: str, verb: str, text: str) -> None:
    assert counted(number, noun, verb) == text


@pytest.mark.parametrize(("numbers", "text"), [
    ([], "none"), ([(0, "failed")], "none"), ([(3, "created"), (0, "failed"), (1, "skipped")], "3 created, 1 skipped"),
])  # fmt: skip
def test_zeros_are_left_out(numbers: list[tuple[int, str]], text: str) -> None:
    assert totals(*numbers, none="none") == text


@pytest.mark.parametrize(("kind", "check_mode", "numbers", "text"), [
    ("backup", False, (1, 0, 0, 2), "Backups of 1 instance: 1 created, 2 old backups deleted."),
    ("snapshot", True, (2, 1, 0, 1), "Snapshots of 3 instances: 2 would be created, 1 skipped, 1 old snapshot would be deleted."),
    ("snapshot", False, (0, 0, 0, 0), "Snapshots of 2 instances: nothing done."),
])  # fmt: skip
def test_copies(kind: str, check_mode: bool, numbers: tuple[int, ...], text: str) -> None:
    row = {"copy": "c", "instance": "web", "reason": "r"}
    counts = {
        key: [row] * number for key, number in zip(("created", "skipped", "failed", "pruned"), numbers, strict=True)
    }
    result: dict[str, Any] = {"kind": kind, "check_mode": check_mode, "found_stopped": [], **counts}
    assert next(_protect._summary_lines(result, sum(numbers[:3]) or 2)) == text


@pytest.mark.parametrize(("rebuilt", "earlier", "failed", "text"), [
    (1, 0, 0, "Rebuild x: 1 instance replaced."), (2, 1, 1, "Rebuild x: 2 instances replaced, 1 by an earlier run, 1 failed."),
    (0, 3, 0, "Rebuild x: no instances replaced, 3 by an earlier run."),
])  # fmt: skip
def test_rebuild(rebuilt: int, earlier: int, failed: int, text: str) -> None:
    result = {"id": "x", "rebuilt": [{"name": "web"}] * rebuilt, "earlier": ["a"] * earlier, "failed": [{}] * failed,
              "left": [], "cut_off": [], "kept_public_ips": []}  # fmt: skip
    assert next(_rebuild_steps._rebuild_lines(result)) == text


@pytest.mark.parametrize(("count", "created", "check_mode", "text"), [
    (1, 1, True, "1 instance: 1 would be created."), (2, 0, False, "2 instances: none created."),
    (0, 0, True, "No instances: none would be created."),
])  # fmt: skip
def test_provision(count: int, created: int, check_mode: bool, text: str) -> None:
    result = {"members": [{"name": "web"}] * count, "totals": {"created": created}}
    assert provision_outcome(result, check_mode=check_mode)["summary"] == [text]
