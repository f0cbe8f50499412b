# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each result has the same keys in check mode, with null only for values that only the cloud can know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import shapes
from tests.support.declarations import DECLARED
from tests.support.module import result
from tests.support.shapes import ANSIBLES, OUTCOMES, Outcome

GROUP, INTERFACE = "aaaaaaaa-1111-4111-8111-111111111111", "bbbbbbbb-1111-4111-8111-111111111111"
# Outcomes that succeed, and whose result check mode can predict.
NO_CHECK = ("vm_windows_password",)
MORE = {
    "with a VPC and groups": Outcome({**DECLARED, "network": {
        "vpc": "vpc_default", "security_groups": [GROUP], "associate_public_ip": True}}),
    "attached": Outcome({"name": "web", "network_interfaces": [INTERFACE]},
                        shapes.WEB),
    "power and name at once": Outcome({"name": "web", "new_name": "www", "state": "suspended"}, shapes.WEB),
}  # fmt: skip
EDITIONS = ({}, {"edition": "2024-08"}, {"nulls": "omitted"})
ONLY_THE_CLOUD = {
    "id", "created_at", "updated_at", "private_ipv4", "public_ipv4", "public_ipv6", "availability_zone", "size", "min_disk",
    "backup_type", "network", "labels",
}  # fmt: skip
# A restore reads no images, and a backup has only the id of its image.
OF_BACKUPS = {".instance.default_user", ".instance.image.name", ".instance.image.platform"}


def cases() -> Iterator[Any]:
    for name, outcome in {**OUTCOMES, **MORE}.items():
        works = not outcome.fault and "failed" not in name and "fails" not in name and "none is begun" not in name
        if not works or outcome.module in NO_CHECK or outcome.check:
            continue
        for settings in EDITIONS:
            fits = "edition" not in settings or (outcome.module != "vm_image" and not outcome.options.get("labels")
                                                 and "custom_images" not in name and "VPC" not in name)  # fmt: skip
            if fits and (outcome.module != "vm_backup" or settings == {}):
                yield pytest.param(outcome, settings, id=f"{outcome.module} {name} {settings or 'as usual'}")


def differences(checked: Any, real: Any, path: str = "") -> Iterator[str]:
    """Return the paths of keys that differ; null in check mode stands for any value from the cloud."""
    if isinstance(checked, dict) and isinstance(real, dict):
        both = {*checked, *real} - ({*ANSIBLES, "diff"} if not path else set())  # a diff leaves out nulls
        for key in sorted(both):
            if key not in checked or key not in real:
                yield f"{path}.{key} is only there {'for real' if key in real else 'in check mode'}"
            else:
                yield from differences(checked[key], real[key], f"{path}.{key}")
    elif isinstance(checked, list) and isinstance(real, list):
        for one, other in zip(checked, real):
            yield from differences(one, other, f"{path}[]")
    elif (
        checked is None and real is not None and path.rpartition(".")[2] not in ONLY_THE_CLOUD and "network" not in path
    ):
        yield f"{path} is null in check mode, and {real!r} for real"


@pytest.mark.one_in(4)
@pytest.mark.parametrize(("outcome", "settings"), [*cases()])
def test_a_result_has_the_same_keys_in_check_mode(sim: Any, outcome: Outcome, settings: dict[str, Any]) -> None:
    given = outcome._replace(settings={**(outcome.settings or {}), **settings})
    checked, real = shapes.of(sim, given._replace(check=True)), shapes.of(sim, given)
    assert not real.get("failed"), real["msg"]
    found = [
        each
        for each in differences(checked, real)
        if outcome.module != "vm_backup" or each.split()[0] not in OF_BACKUPS
    ]
    assert not found


def test_check_mode_returns_the_values_of_the_catalogues(sim: Any) -> None:
    given = shapes.of(sim, OUTCOMES["created, in check mode"])["instance"]
    assert given["image"]["platform"] == "linux" and given["default_user"] == "ubuntu"
    assert given["machine_type"] == shapes.of(sim, OUTCOMES["created"])["instance"]["machine_type"]
    assert given["machine_type"]["vcpus"] == 1
    unknown = ("id", "created_at", "private_ipv4", "public_ipv4", "public_ipv6")
    assert [given[key] for key in unknown] == [None] * 5
    assert given["network"]["interfaces"][0]["id"] is None


def test_wait_false_returns_all_keys_even_without_a_read(sim: Any) -> None:
    whole = shapes.of(sim, OUTCOMES["created"])["instance"]
    sim.reset()
    sim.add_fault(operation="GET /v1/instances/{id}", nth="every", kind="status", status=403)
    given = result(sim, "vm_instance", {**DECLARED, "wait": False})["instance"]
    assert given.keys() == whole.keys()
    assert [key for key, value in given.items() if value is not None] == ["id"]


NETWORKS = {
    "left out": (None, {"vpc": "default", "security_groups": "default", "public_ipv4": "new, billed"}),
    "with an address": ({"associate_public_ip": True},
                        {"vpc": "default", "security_groups": "default", "public_ipv4": "new, billed"}),
    "without one": ({"associate_public_ip": False}, {"vpc": "default", "security_groups": "default"}),
    "all declared": ({"vpc": "vpc_default", "security_groups": [GROUP], "associate_public_ip": True},
                     {"vpc": "vpc_default", "security_groups": [GROUP], "public_ipv4": "new, billed"}),
    "an interface": ({"interface": INTERFACE}, {"network_interfaces": [INTERFACE]}),
    "an interface with an address": ({"interface": INTERFACE, "associate_public_ip": True},
                                     {"network_interfaces": [INTERFACE], "public_ipv4": "new, billed"}),
}  # fmt: skip
SHOWN = ("vpc", "security_groups", "public_ipv4")


@pytest.mark.parametrize("module", ["vm_instance", "vm_fleet"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_diff_of_a_creation_shows_the_network(sim: Any, module: str, name: str) -> None:
    network, expected = NETWORKS[name]
    sim.reset()
    options: dict[str, Any] = {**DECLARED, "network": network}
    options = options if module == "vm_instance" else {"instances": [options]}
    diffs = [result(sim, module, options, check, diff=True)["diff"] for check in (True, False)]
    checked, real = (diff if module == "vm_instance" else diff[0] for diff in diffs)
    for diff in (checked, real):
        assert {key: diff["after"].get(key) for key in expected if key in SHOWN} == {
            key: value for key, value in expected.items() if key in SHOWN
        }
        assert not {*SHOWN} & diff["after"].keys() - expected.keys()
    assert checked["after"]["network_interfaces"] == expected.get("network_interfaces", ["new"])


def test_the_diff_of_a_deletion_shows_the_network(sim: Any) -> None:
    before = shapes.of(sim, OUTCOMES["absent, in check mode with a diff"])["diff"]["before"]
    assert before["vpc"] == "vpc_default" and before["security_groups"]
    assert "new" not in before["public_ipv4"]
