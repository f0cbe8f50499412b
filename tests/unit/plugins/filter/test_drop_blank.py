# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter drop_blank removes blank values."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.magalu.cloud.plugins.filter.drop_blank import drop_blank


def test_blank_values_are_dropped() -> None:
    kept = {"zero": 0, "no": False, "list": [], "mapping": {}, "text": " a "}
    assert drop_blank({"null": None, "empty": "", **kept, "spaces": " \t\n", "omit": "__omit_place_holder__1"}) == kept


@pytest.mark.parametrize("value", [None, "", "text", [], 1])
def test_only_a_mapping_is_taken(value: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=f"needs a mapping, not {type(value).__name__}"):
        drop_blank(value)
