# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page Architecture agrees with the code: its pictures, and its text about layers and statuses."""

from __future__ import annotations

import importlib
import re

import pytest

from tests.conftest import ROOT
from tests.docs import draw

PAGE = (ROOT / "docs/docsite/rst/architecture.rst").read_text()


@pytest.mark.parametrize("name", draw.PICTURES)
def test_each_picture_is_drawn_from_the_code(name: str) -> None:
    """Each picture is as drawn from the code. After an intended change, run python -m tests.docs.draw."""
    assert draw.PICTURES[name]() == (draw.FOLDER / name).read_text()
    assert f"/images/{name}" in PAGE


def test_every_move_of_power_is_in_the_picture_of_states(monkeypatch: pytest.MonkeyPatch) -> None:
    api = importlib.import_module(f"{draw.API}.resources")
    assert [draw.states().count(f">{verb}<") for verb in ("stop", "start", "suspend", "reboot")] == [1, 2, 1, 1]
    monkeypatch.setattr(api, "POWER", {**api.POWER, ("stopped", "suspended"): ("freeze",)})
    assert ">freeze<" in draw.states()


def test_statuses_have_the_classes_of_the_table() -> None:
    api = importlib.import_module(f"{draw.API}.statuses")
    rows = re.findall(r"^   \* - ([a-z ]+)\n     - (.*)\n", PAGE.split("What a status means")[1], re.MULTILINE)
    assert [kind for kind, _examples in rows][1:] == [
        "settled",
        "in transition",
        "creation failed",
        "operation failed",
        "gone",
    ]
    for kind, examples in rows[1:]:
        for status in re.findall(r"``(\w+)``", examples):
            state = "new" if status.startswith("creating") else "running"
            expected = api.MOVING if kind == "in transition" else kind
            assert api.status_class({"status": status, "state": state}) == expected, status
    assert api.status_class({"status": "never_heard_of", "state": "running"}) == api.MOVING
