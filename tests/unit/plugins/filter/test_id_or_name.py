# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter id_or_name distinguishes ids and names."""

from __future__ import annotations

import pytest

from ansible_collections.magalu.cloud.plugins.filter.id_or_name import FilterModule, id_or_name

ID = "9ec75090-2872-4f51-8111-53d05d96d2c6"


@pytest.mark.parametrize(("text", "option"), [
    (ID, "id"),
    (ID.upper(), "id"),
    ("00000000-0000-0000-0000-000000000000", "id"),
    ("web-01", "name"),
    ("", "name"),
    (ID.replace("-", ""), "name"),
    (f"{ID} ", "name"),
    (f"{ID}\n", "name"),
    (f"{{{ID}}}", "name"),
    (f"web-{ID}", "name"),
    (ID[:-1], "name"),
    (f"{ID[:-1]}g", "name"),
])  # fmt: skip
def test_a_uuid_is_an_id_and_all_else_a_name(text: str, option: str) -> None:
    assert id_or_name(text) == {option: text}


def test_ansible_finds_the_plugin() -> None:
    assert FilterModule().filters() == {"id_or_name": id_or_name}
