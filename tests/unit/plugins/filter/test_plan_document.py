# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter plan_document: its contents, in which no name becomes markup."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.filter.plan_document import plan_document

PLAN: dict[str, Any] = {
    "digest": "5f0c",
    "lines": ["stop instance a", "delete instance b"],
    "at": 1796083200,
    "members": [],
}


def test_several_plans_are_one_document() -> None:
    text = plan_document(
        [{"plan": PLAN, "changed": True}, {**PLAN, "digest": "77aa", "lines": ["start instance c"]}], "T"
    )
    assert text.startswith("# T\n\n3 steps to be approved. Only these steps are done. ")
    assert text.count("The digest of the plan is `") == 2
    assert text.count("1. `") == 2 and "`5f0c`" in text and "`77aa`" in text
    assert text.count("Planned at 2026-12-01 00:00:00 UTC.") == 2


def test_plans_without_steps_are_left_out() -> None:
    assert "77aa" not in plan_document([PLAN, {"digest": "77aa", "lines": []}])
    assert "Nothing is to be done." in plan_document([])


@given(st.text(min_size=1), st.sampled_from(["markdown", "html"]))
def test_no_name_becomes_markup(name: str, form: str) -> None:
    text = plan_document({**PLAN, "lines": [f"delete instance {name}"]}, name, form)
    lines = text.split("\n")
    shown = "".join(char if char.isprintable() else "?" for char in name)
    if form == "html":
        assert re.findall(r"<[^>]*>", text) == [
            "<h1>", "</h1>", "<p>", "</p>", "<ol>", "<li>", "<code>", "</code>", "</li>", "</ol>", "<p>", "<code>", "</code>",
            "</p>",
        ]  # fmt: skip
        assert html.unescape(text.split("<li><code>")[1].split("</code>")[0]) == f"delete instance {shown}"
        return
    assert len(lines) == 8, "no name makes a line of its own"
    assert not re.search(r"(?<!\\)[*_\[\]`<@]", lines[0]), lines[0]
    span = lines[4].removeprefix("1. ")
    fence = re.match("`+", span)
    assert fence
    assert span.endswith(fence.group())
    inside = span[len(fence.group()) : -len(fence.group())]
    assert fence.group() not in re.findall("`+", inside)
    assert inside.strip() == f"delete instance {shown}".strip()


@pytest.mark.parametrize("value", [None, "plan", {}, {"lines": []}, {"digest": "a", "lines": "b"}, [1]])
def test_a_value_that_is_not_a_plan_is_refused(value: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="neither a plan"):
        plan_document(value)


def test_an_unknown_form() -> None:
    with pytest.raises(AnsibleFilterError, match="must be one of markdown, html"):
        plan_document(PLAN, form="pdf")
