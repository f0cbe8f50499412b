# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The members of a fleet: each option reaches the desired state, from the member itself and from `defaults`."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._plan.fleet import fleet_members
from ansible_collections.magalu.cloud.plugins.module_utils._plan.options import (
    OPTIONS,
    DesiredInstance,
    desired_instance,
)

ID = "9ec75090-2872-4f51-8111-53d05d96d2c6"
NAMED: dict[str, Any] = {
    "new_name": "db", "user_data_base64": "YQ==", "alternatives_on": ["quota"],
    "alternatives": [{"machine_type": "BV2-4-40"}],
}  # fmt: skip
EMPTY: dict[str, Any] = {
    "count": None, "name_format": None, "state": "present", "delete_public_ip": None, "protect_names": None,
    "protect_labels": None, "allow_empty": False, "wait": True, "batch": None, "defaults": None,
}  # fmt: skip


def sample(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """Return the option with a value that is not its default."""
    choices = [choice for choice in spec.get("choices", [ID]) if choice not in (spec.get("default"), "present")]
    kinds = {"bool": not spec.get("default"), "list": choices[:1]}
    value = NAMED.get(name, kinds.get(spec.get("type", "str"), choices[0]))
    parent, _dot, last = name.rpartition(".")
    return {parent: {last: value}} if parent else {last: value}


def member(own: dict[str, Any], **params: Any) -> DesiredInstance:
    (options,) = fleet_members({**EMPTY, "instances": [{"name": "web", **own}], **params})
    return desired_instance(options)


@pytest.mark.parametrize("option", [each for each in OPTIONS if each.name != "name"], ids=lambda option: option.name)
def test_an_option_has_the_same_effect_in_defaults_and_in_a_member(option: Any) -> None:
    given = sample(option.name, option.spec)
    assert member(given) == member({}, defaults=given) != member({})
    assert desired_instance({"name": "web", **given}) == member(given)
