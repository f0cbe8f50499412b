# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans of custom images: for every status, and for every change; and when a presigned URL expires."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._plan.image import (
    DesiredImage,
    desired_image,
    expiry_warnings,
    plan_image,
)
from ansible_collections.magalu.cloud.plugins.module_utils._plan.step import Memory
from ansible_collections.magalu.cloud.plugins.module_utils._resources.image import IMAGE_SPEC as SPEC

ID = "9ec75090-2872-4f51-8111-53d05d96d2c6"
NOW = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.timezone.utc)
DEFAULTS: dict[str, t.Any] = {name: option.get("default") for name, option in SPEC.items()}
GOLDEN = {"name": "golden-1", "url": "https://objects.example.com/x?Signature=secret", "platform": "linux"}
NEEDS = {"vcpu": 1, "ram": 2, "disk": 20}
ROW = {"id": ID, "name": "golden-1", "status": "active", "platform": "linux", "license": "unlicensed",
       "description": None, "version": "1", "requirements": NEEDS}  # fmt: skip


def want(**options: t.Any) -> DesiredImage:
    return desired_image({**DEFAULTS, "name": "golden-1", **options})


def plan(row: dict[str, t.Any] | None, **options: t.Any) -> t.Any:
    return plan_image({"image": row}, want(**options), Memory())


texts = st.sampled_from([None, "1", "2", "The base"])
rows = st.none() | st.fixed_dictionaries(
    {"status": st.sampled_from(["active", "deprecated", "pending", "importing", "deleting", "deleting_error", "new_one"]),
     "platform": st.sampled_from(["linux", "windows"]), "license": st.sampled_from(["licensed", "unlicensed", None])},
    optional={"description": texts, "version": texts, "requirements": st.sampled_from([None, NEEDS])},
).map(lambda row: {"id": ID, "name": "golden-1", **row})  # fmt: skip
wants = st.fixed_dictionaries(
    {"state": st.sampled_from(["present", "absent"]), "description": texts, "version": texts,
     "requirements": st.sampled_from([None, NEEDS, {**NEEDS, "disk": 40}]),
     "license": st.sampled_from([None, "licensed"]), "uefi": st.booleans()}
)  # fmt: skip


@given(rows, wants)
def test_effects_lead_to_the_desired_state_and_an_empty_plan(row: t.Any, options: t.Any) -> None:
    made = plan(row, **GOLDEN, **options)
    assert len(made.steps) <= 1
    assert "secret" not in str([step.description for step in made.steps] + [made.after, made.warnings])
    if options["state"] == "absent":
        assert (made.after, plan(None, **GOLDEN, **options).steps) == (None, ())
        return
    for name in ("description", "version", "requirements"):
        assert options[name] is None or made.after[name] == options[name]
    after = {"id": ID, **made.after}
    if made.steps or row["status"] != "deleting":
        assert plan(after, **GOLDEN, **options).steps == ()


@given(rows, wants, st.sampled_from(["description", "version", "requirements", "license", "uefi"]))
def test_dropping_an_option_never_adds_a_step(row: t.Any, options: t.Any, dropped: str) -> None:
    fewer = {name: value for name, value in options.items() if name != dropped}
    assert len(plan(row, **GOLDEN, **fewer).steps) <= len(plan(row, **GOLDEN, **options).steps)


@pytest.mark.parametrize("status", ["error", "importing_error", "invalid_image"])
def test_a_failed_import_can_only_be_deleted(status: str) -> None:
    row = {**ROW, "status": status}
    said = rf"custom image golden-1 \({ID}\) failed: its status is {status}\. Delete it with state: absent\."
    with pytest.raises(Refused, match=said):
        plan(row)
    assert [step.method for step in plan(row, state="absent").steps] == ["DELETE"]


def test_an_image_being_deleted_is_awaited_or_created_again() -> None:
    row = {**ROW, "status": "deleting"}
    assert plan(row, state="absent").steps == ()
    assert [step.method for step in plan(row, **GOLDEN).steps] == ["POST"]


@pytest.mark.parametrize(("option", "value"), [("platform", "windows"), ("license", "licensed")])
def test_an_immutable_difference_gives_a_warning_only_if_it_was_read(option: str, value: str) -> None:
    options = {option: value}
    made = plan(ROW, **options)
    assert made.steps == ()
    assert made.warnings == (
        f"custom image golden-1 differs in what the API cannot change: {option} is {ROW[option]!r}, declared is {value!r}.",
    )
    assert plan({key: item for key, item in ROW.items() if key != option}, **options).warnings == ()


def test_an_update_names_the_changed_fields() -> None:
    (step,) = plan(ROW, description="The base", version="1", requirements={**NEEDS, "ram": 4}).steps
    assert step.description == "update custom image golden-1 (description, requirements)"
    assert step.body == {"description": "The base", "requirements": {**NEEDS, "ram": 4}}


@pytest.mark.parametrize(
    ("query", "hours"),
    [
        ("X-Amz-Date=20261125T120000Z&X-Amz-Expires=3600", 1.0),
        ("x-amz-date=20261125T060000Z&x-amz-expires=86400", None),
        ("X-Amz-Date=20261125T120000Z&X-Amz-Expires=43200", None),
        ("X-Amz-Date=20261125T115959Z&X-Amz-Expires=43200", 12.0),
        ("X-Amz-Date=20261124T110000Z&X-Amz-Expires=3600", -24.0),
        (f"Signature=x&Expires={int(NOW.timestamp()) + 7200}", 2.0),
        (f"Signature=x&Expires={int(NOW.timestamp()) + 90000}", None),
    ],
)
def test_a_url_that_expires_too_soon(query: str, hours: float | None) -> None:
    told = expiry_warnings(f"https://objects.example.com/x?{query}", NOW)
    assert len(told) == (hours is not None)
    when = "has expired" if (hours or 0) < 0 else f"expires in {hours:.1f} hours" if hours else ""
    assert all(f"url {when};" in text and "example" not in text for text in told)


@example("http://[::1/x?Expires=1")
@given(st.text() | st.from_regex(r"https://h/\?(X-Amz-Date|X-Amz-Expires|Expires)=[0-9TZ.e+-]*(&X-Amz-Expires=\w*)?"))
def test_any_url_can_be_looked_at(url: str) -> None:
    assert len(expiry_warnings(url, NOW)) <= 1


@given(st.text(min_size=1))
def test_names_have_letters_digits_dashes_and_underscores(name: str) -> None:
    allowed = all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in name)
    try:
        want(name=name)
    except Refused:
        assert not allowed
    else:
        assert allowed


@pytest.mark.parametrize("url", ["s3://bucket/x", "golden.qcow2", "https:", "//host/x", "https:///x", "https://?/"])
def test_an_invalid_url_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(Refused, match="^url is not a URL that begins with https:// or http://.$"):
        want(url=url)
