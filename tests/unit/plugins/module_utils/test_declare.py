# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A declaration and the catalogues: matches, refusals and their messages, and the body of the request."""

from __future__ import annotations

import base64
import typing as t

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._plan.catalogs import choose_machine_type, find_in_catalog
from ansible_collections.magalu.cloud.plugins.module_utils._plan.checks import encode_user_data
from ansible_collections.magalu.cloud.plugins.module_utils._plan.creation import (
    _name_warnings,
    creation_step,
    creation_warnings,
)
from ansible_collections.magalu.cloud.plugins.module_utils._plan.options import DesiredInstance, desired_instance
from ansible_collections.magalu.cloud.plugins.module_utils._plan.step import Catalogs
from ansible_collections.magalu.cloud.plugins.module_utils._resources.results import RESULT_FIELDS

IDS = [f"{number}0000000-0000-4000-8000-000000000000" for number in range(10)]
ZONES = ["br-se1-a", "br-se1-b"]
TYPES = [
    {"id": IDS[0], "name": "BV1-1-20", "vcpus": 1, "ram": 1, "disk": 20, "status": "active",
     "availability_zones": ZONES},
    {"id": IDS[1], "name": "BV2-4-40", "vcpus": 2, "ram": 4096, "disk": 40, "status": "active",
     "availability_zones": ZONES},
    {"id": IDS[2], "name": "L40x1-DP8", "vcpus": 8, "ram": 65536, "disk": 100, "status": "active",
     "availability_zones": ZONES[1:]},
    {"id": IDS[3], "name": "old", "vcpus": 8, "ram": 8, "disk": 100, "status": "inactive"},
]  # fmt: skip
IMAGES: list[dict[str, t.Any]] = [
    {"id": IDS[4], "name": "cloud-ubuntu-24.04 LTS", "status": "active", "platform": "linux",
     "availability_zones": ZONES, "minimum_requirements": {"vcpu": 1, "ram": 1, "disk": 10}},
    {"id": IDS[5], "name": "windows-server-2022", "status": "active", "platform": "Windows",
     "minimum_requirements": {"vcpu": 2, "ram": 2, "disk": 40}},
    {"id": IDS[6], "name": "cloud-debian-9", "status": "deprecated", "platform": "linux"},
    {"id": IDS[7], "name": "broken", "status": "error", "platform": "linux"},
]  # fmt: skip
CATALOGS = Catalogs(IMAGES, TYPES, "2026")
BASE = {"name": "web", "machine_type": "BV1-1-20", "image": "cloud-ubuntu-24.04 LTS", "ssh_key_name": "deploy"}


def want(**options: t.Any) -> DesiredInstance:
    return desired_instance({**BASE, **options})


def body(edition: str = "2026", **options: t.Any) -> t.Any:
    return creation_step(want(**options), CATALOGS._replace(api_version=edition)).body


def refusal(function: t.Callable[..., t.Any], *arguments: t.Any, **options: t.Any) -> str:
    with pytest.raises(Refused) as caught:
        function(*arguments, **options)
    return str(caught.value)


def test_a_catalogs_row_is_found_by_name_or_id() -> None:
    assert find_in_catalog("image", "cloud-debian-9", IMAGES)["id"] == IDS[6]
    assert find_in_catalog("image", IDS[6], IMAGES)["name"] == "cloud-debian-9"


@pytest.mark.parametrize(
    ("wanted", "rows", "hint"),
    [
        ("cloud-ubuntu-24.04", IMAGES, "nearest: cloud-ubuntu-24.04 LTS"),
        ("CLOUD-UBUNTU-24.04 lts", IMAGES, "nearest: cloud-ubuntu-24.04 LTS"),
        ("xyz", IMAGES, "there are broken, cloud-debian-9, cloud-ubuntu-24.04 LTS, windows-server-2022"),
        (IDS[9], IMAGES, "there are broken"),
        ("x", [], "there are none"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_names(wanted: str, rows: t.Any, hint: str) -> None:
    text = refusal(find_in_catalog, "image", wanted, rows)
    assert text.startswith(f"There is no image {wanted!r} in this region ({hint}")


MANY = [{"id": str(number), "name": f"BV{number}-{2 * number}-10", "vcpus": number, "ram": 2 * number, "disk": 10}
        for number in (16, 8, 4, 2, 1)]  # fmt: skip
CLOUDS = [{"id": str(number), "name": f"cloud-{name}"} for number, name in enumerate(
    [*(f"almalinux-{number}" for number in range(1, 11)), "ubuntu-24.04 LTS", "Ubuntu-22.04 LTS"])]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "wanted", "rows", "hint"),
    [
        # Names that contain the desired text, in any case, come before the ten others.
        ("image", "ubuntu", CLOUDS, (
            "nearest: cloud-Ubuntu-22.04 LTS, cloud-ubuntu-24.04 LTS; and 10 more; vm_info with kind: images lists all")),
        ("image", "zzz", CLOUDS, "there are cloud-Ubuntu-22.04 LTS, " + ", ".join(
            f"cloud-almalinux-{number}" for number in (1, 10, *range(2, 9))) + ", and 2 more; "
            "vm_info with kind: images lists all"),
        ("image", "zzz", CLOUDS[:1], "there are cloud-almalinux-1"),
        ("image", "alma", CLOUDS[:1], "nearest: cloud-almalinux-1"),
        ("machine type", "bv", MANY, "nearest: BV1-2-10, BV2-4-10, BV4-8-10, BV8-16-10, BV16-32-10"),
        ("machine type", "zzz", MANY, "there are BV1-2-10, BV2-4-10, BV4-8-10, BV8-16-10, BV16-32-10"),
        ("machine type", "zzz", [*MANY, {"id": "0", "name": "new"}], "there are new, BV1-2-10, BV2-4-10"),
    ],
)  # fmt: skip
def test_names_that_contain_the_given_text_come_first(kind: str, wanted: str, rows: t.Any, hint: str) -> None:
    text = refusal(find_in_catalog, kind, wanted, rows)
    assert text.startswith(f"There is no {kind} {wanted!r} in this region ({hint}")
    assert text.endswith(").") and ("; vm_info with kind: " in text) == ("; vm_info with kind: " in hint)


def test_the_smallest_large_enough_machine_types_are_named_first() -> None:
    rows = [{"id": "0", "name": "BV1-1-5", "vcpus": 1, "ram": 1, "disk": 5},
            *({"id": str(disk), "name": f"BV2-4-{disk}", "vcpus": 2, "ram": 4 if disk % 20 else 4096, "disk": disk}
              for disk in range(100, 0, -10))]  # fmt: skip
    text = refusal(choose_machine_type, "BV1-1-5", None, "image x", {"disk": 10}, rows)
    names = ", ".join(f"BV2-4-{disk}" for disk in range(10, 90, 10))
    assert text.endswith(f"Large enough: {names}, and 2 more; vm_info with kind: machine_types lists all.")


def test_a_shared_image_name_means_the_only_usable_image() -> None:
    double = {"id": IDS[8], "name": "cloud-ubuntu-24.04 LTS", "status": "deprecated"}
    assert find_in_catalog("image", double["name"], [double, *IMAGES])["id"] == IDS[4]
    text = refusal(find_in_catalog, "image", double["name"], [dict(double, status="active"), *IMAGES])
    assert text == f"2 images are named 'cloud-ubuntu-24.04 LTS': {IDS[8]}, {IDS[4]}. Give the id."


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"machine_type": None}, "There is no instance 'web'; creating it needs machine_type."),
        ({"image": None}, "There is no instance 'web'; creating it needs image, snapshot or backup."),
        ({"machine_type": "BV2-4-4"}, "There is no machine type 'BV2-4-4' in this region (nearest: BV2-4-40"),
        ({"machine_type": "old"}, "Machine type old cannot be used: its status is inactive."),
        ({"image": "broken"}, "Image broken cannot be used: its status is error."),
        (
            {"image": "windows-server-2022"},
            (
                "Machine type BV1-1-20 is too small for image windows-server-2022: it has 1 vCPUs, needed are 2, it has "
                "20 GB of disk, needed are 40. Large enough: BV2-4-40, L40x1-DP8"
            ),
        ),
        (
            {"image": "windows-server-2022", "availability_zone": "br-se1-a"},
            (
                "Machine type BV1-1-20 is too small for image windows-server-2022: it has 1 vCPUs, needed are 2, it has "
                "20 GB of disk, needed are 40. Large enough: BV2-4-40"
            ),
        ),
        (
            {"machine_type": "L40x1-DP8", "availability_zone": "br-se1-a"},
            "Machine type L40x1-DP8 is not offered in availability_zone 'br-se1-a'; it is in br-se1-b.",
        ),
        (
            {"availability_zone": "br-se1-z"},
            "There is no availability zone 'br-se1-z' in this region; its zones are br-se1-a, br-se1-b.",
        ),
    ],
)
def test_a_declaration_that_the_catalogs_refuse(options: dict[str, t.Any], text: str) -> None:
    assert refusal(body, **options).startswith(text)


def test_only_machine_types_of_the_zone_are_proposed() -> None:
    assert "L40x1-DP8" in refusal(body, image="windows-server-2022")
    assert "L40x1-DP8" not in refusal(body, image="windows-server-2022", availability_zone="br-se1-a")


@pytest.mark.parametrize(
    "options",
    [{"labels": ["a"]}, {"volumes": ["data"]}, {"network": {"subnets": [IDS[8]]}}],
    ids=lambda value: next(iter(value)),
)
def test_options_only_of_api_version_2026_08_are_refused_before_the_request(options: dict[str, t.Any]) -> None:
    assert body(**options)
    name = "network.subnets" if "network" in options else next(iter(options))
    text = f"This region has API version 2024-08, which does not know {name}."
    doubt = " It may be 2025-05 instead, which is only recognized if an instance has labels."
    assert refusal(body, "2024", **options) == text + (doubt if name == "labels" else "")


def test_the_body_has_only_given_options() -> None:
    ids = {"machine_type": {"id": IDS[0]}, "image": {"id": IDS[4]}}
    assert body() == {"name": "web", "ssh_key_name": "deploy", **ids}
    assert body(ssh_key_name=None) == {"name": "web", **ids}
    assert body("2024", ssh_key_name=None) == {"name": "web", "ssh_key_name": "", **ids}
    assert body(new_name="db")["name"] == "db"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"availability_zone": "br-se1-a"}, {"availability_zone": "br-se1-a"}),
        ({"user_data": "#!/bin/sh"}, {"user_data": "IyEvYmluL3No"}),
        ({"user_data_base64": "IyEvYmluL3No"}, {"user_data": "IyEvYmluL3No"}),
        ({"labels": ["a", "b"]}, {"labels": ["a", "b"]}),
        ({"volumes": ["data", IDS[8]]}, {"volumes": [{"name": "data"}, {"id": IDS[8]}]}),
        ({"network": {"vpc": "vpc-apps"}}, {"network": {"vpc": {"name": "vpc-apps"}}}),
        ({"network": {"vpc": IDS[8]}}, {"network": {"vpc": {"id": IDS[8]}}}),
        (
            {"network": {"interface": IDS[8]}},
            {"network": {"interface": {"id": IDS[8]}, "associate_public_ip": False}},
        ),
        (
            {"network": {"interface": IDS[8], "associate_public_ip": True}},
            {"network": {"interface": {"id": IDS[8]}, "associate_public_ip": True}},
        ),
        ({"network": {"associate_public_ip": False}}, {"network": {"associate_public_ip": False}}),
        ({"network": {"associate_public_ip": True}}, {"network": {"associate_public_ip": True}}),
        (
            {"network": {"security_groups": [IDS[8], IDS[9]], "subnets": [IDS[7]]}},
            {"network": {"interface": {"security_groups": [{"id": IDS[8]}, {"id": IDS[9]}],
                                       "subnets": [{"id": IDS[7]}]}}},
        ),
    ],
)  # fmt: skip
def test_each_option_stands_where_the_api_has_it(options: dict[str, t.Any], expected: t.Any) -> None:
    base = body()
    assert {key: value for key, value in body(**options).items() if base.get(key) != value} == expected


@pytest.mark.parametrize("groups", [[], [IDS[9]]])
def test_security_groups_beside_an_interface_are_refused_in_the_api_s_words(groups: list[str]) -> None:
    text = refusal(want, network={"interface": IDS[8], "security_groups": groups})
    assert "the interface id will take priority" in text


@pytest.mark.parametrize("platform", ["windows", "Windows", "windows-server"])
def test_windows_takes_no_ssh_key(platform: str) -> None:
    images = [dict(IMAGES[1], platform=platform)]
    declared = {"image": images[0]["name"], "machine_type": "BV2-4-40"}
    text = refusal(creation_step, want(**declared), CATALOGS._replace(images=images))
    assert "Windows" in text and "Leave ssh_key_name out" in text
    made = creation_step(want(**declared, ssh_key_name=None), CATALOGS._replace(images=images))
    assert "ssh_key_name" not in made.body


@pytest.mark.parametrize("image", [None, {"id": IDS[5]}, {"id": IDS[5], "name": "windows-server-2022"}])
def test_an_unknown_platform_is_left_to_the_api(image: dict[str, t.Any] | None) -> None:
    copy = {"id": IDS[9], "status": "completed", "state": "available", "instance": {"image": image}}
    declared = want(image=None, snapshot="day", machine_type="BV2-4-40")
    assert creation_step(declared, CATALOGS._replace(source=copy)).body["ssh_key_name"] == "deploy"


def test_a_restore_of_windows_takes_no_ssh_key() -> None:
    copy = {"id": IDS[9], "status": "completed", "state": "available", "instance": {"image": IMAGES[1]}}
    declared = want(image=None, snapshot="day", machine_type="BV2-4-40")
    text = refusal(creation_step, declared, CATALOGS._replace(source=copy))
    assert "snapshot day is of Windows" in text


def test_the_public_address_is_awaited_unless_it_is_declined() -> None:
    def waits(**network: t.Any) -> t.Any:
        return creation_step(want(network=network or None), CATALOGS).goal["public_ipv4"]

    assert waits() is waits(associate_public_ip=True) is waits(vpc="default") is True
    assert waits(associate_public_ip=False) is waits(interface=IDS[8]) is False


LARGEST = 48750


@given(st.integers(0, LARGEST + 2000), st.binary(min_size=1, max_size=8))
@example(LARGEST, b"a")
@example(LARGEST + 1, b"a")
def test_user_data_may_be_as_long_as_the_api_takes(length: int, pattern: bytes) -> None:
    raw = (pattern * (length // len(pattern) + 1))[:length]
    encoded = base64.b64encode(raw).decode()
    if length <= LARGEST:
        assert encode_user_data(None, encoded) == encoded
        return
    text = refusal(encode_user_data, None, encoded)
    assert f"{len(encoded)} characters of base64 ({length} bytes of text), of 65000 characters (48750 bytes)" in text
    assert encoded not in text


@given(st.text(min_size=1))
def test_user_data_is_encoded_as_utf_8(text: str) -> None:
    assert base64.b64decode(encode_user_data(text, None) or "").decode() == text


def test_the_length_of_user_data_is_that_of_its_bytes() -> None:
    assert encode_user_data("\u00e9" * (LARGEST // 2), None)
    assert "97502 bytes" not in refusal(encode_user_data, "\u00e9" * (LARGEST // 2 + 1), None)
    assert "48752 bytes of text" in refusal(encode_user_data, "\u00e9" * (LARGEST // 2 + 1), None)


@given(st.text(st.characters(max_codepoint=0x2FF)))
@example("#!/bin/sh")
@example("IyEvYmluL3No=")
@example("IyEvY mluL3No")
@example("a" * 65001)
def test_user_data_base64_is_checked_and_passed_on_unchanged(encoded: str) -> None:
    try:
        passed = encode_user_data(None, encoded)
    except Refused as error:
        assert "user_data" in str(error) or "user data" in str(error)
        assert len(encoded) < 20 or encoded not in str(error)
        return
    assert passed == encoded
    assert base64.b64decode("".join(encoded.split()), validate=True) is not None


def test_user_data_base64_may_have_lines_as_base64_prints_them() -> None:
    lines = base64.encodebytes(b"#cloud-config\n" + b"a: b\n" * 30).decode()
    assert "\n" in lines.strip() and encode_user_data(None, lines) == lines


def test_missing_user_data_is_null() -> None:
    assert encode_user_data(None, None) is None


def creation_warnings_of(**options: t.Any) -> list[str]:
    return creation_warnings(want(**options), CATALOGS)


@pytest.mark.parametrize(
    "text",
    ["#!/bin/sh\n", "#cloud-config\n", "#cloud-boothook\n", "#include\nhttps://x", "## template: jinja\n#cloud-config",
     "Content-Type: multipart/mixed", "MIME-Version: 1.0\n", "#part-handler\n", "\n  #CLOUD-config\n"],
)  # fmt: skip
def test_user_data_for_cloud_init_gives_no_warning(text: str) -> None:
    assert creation_warnings_of(user_data=text) == []


@pytest.mark.parametrize("text", ["echo hello", "# cloud-config", "#", "packages: [nginx]", "cloud-config"])
def test_user_data_that_cloud_init_ignores_gives_a_warning(text: str) -> None:
    assert [warning[:28] for warning in creation_warnings_of(user_data=text)] == ["cloud-init ignores user data"]
    assert creation_warnings_of(user_data=text, image="windows-server-2022", machine_type="BV2-4-40") == []


def test_compressed_user_data_gives_no_warning() -> None:
    assert creation_warnings_of(user_data_base64=base64.b64encode(b"\x1f\x8b\x08 ...").decode()) == []


def test_linux_without_a_way_to_log_in_gives_a_warning() -> None:
    assert [warning[:28] for warning in creation_warnings_of(ssh_key_name=None)] == ["Without ssh_key_name and use"]
    assert creation_warnings_of(ssh_key_name=None, user_data="#!/bin/sh") == []
    assert creation_warnings_of(ssh_key_name=None, image="windows-server-2022") == []


def test_a_deprecated_image_gives_a_warning() -> None:
    assert creation_warnings_of(image="cloud-debian-9") == ["Image cloud-debian-9 is deprecated."]


@pytest.mark.parametrize(("name", "key", "told"), [
    ("web-01", "deploy", []), ("0_a-b", "Deploy_2024-x", []), ("web", "", []),
    ("Web", "deploy", ["'Web'"]), ("web.01", "deploy", ["'web.01'"]), ("web--01", "deploy", ["'web--01'"]),
    ("-web", "deploy", ["'-web'"]), ("web 01", "deploy", ["'web 01'"]), ("wéb", "deploy", ["'wéb'"]),
    ("web\n", "deploy", ["'web\\n'"]), ("web", "deploy.2024", ["'deploy.2024'"]), ("web", "k" * 46, ["'kkk"]),
    ("A", "b c", ["'A'", "'b c'"]),
])  # fmt: skip
def test_names_that_other_tools_refuse_are_warned_of(name: str, key: str, told: list[str]) -> None:
    warnings = _name_warnings(DesiredInstance(name="old", new_name=name, ssh_key_name=key))
    assert len(warnings) == len(told) and all(text in note for text, note in zip(told, warnings, strict=True))


def test_a_warning_of_a_name_says_which_names_work() -> None:
    assert _name_warnings(DesiredInstance(name="A", ssh_key_name="b c")) == [
        (
            "The name 'A' may be refused: the vendor's console and Terraform provider take only lower case letters and digits, "
            "with single '-' or '_' between them."
        ),
        (
            "The instance may fail with the SSH key 'b c': names of SSH keys are known to work with letters, digits, '-' and "
            "'_', up to 45 characters."
        ),
    ]


def test_a_field_that_check_mode_predicts_from_an_option_is_in_every_result() -> None:
    predicted = creation_step(want(), CATALOGS).effect
    assert predicted is not None
    assert set(predicted) <= set(RESULT_FIELDS["instance"])
