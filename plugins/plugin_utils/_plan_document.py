# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan as a document for a ticket: one template, written as Markdown or as HTML."""

from __future__ import annotations

import re
import time
import typing as t
from html import escape

from ansible_collections.magalu.cloud.plugins.plugin_utils._sentences import capitalized, counted

_MARKUP = re.compile(r"[\\`*_\[\]~|!#<>&@]")
HEADING, TEXT, STEPS = "heading", "text", "steps"
Block = tuple[str, t.Any]  # a kind of block and its content; in a text, every second part is code


def find_plans(value: t.Any) -> list[dict[str, t.Any]]:
    """Return the plans in a plan, a result, or a list of them.

    Raise `ValueError` for any other value.
    """
    if isinstance(value, (list, tuple)):
        return [plan for each in value for plan in find_plans(each)]
    plan = value.get("plan", value) if isinstance(value, dict) else None
    if not isinstance(plan, dict) or not isinstance(plan.get("lines"), (list, tuple)) or "digest" not in plan:
        raise ValueError("neither a plan nor a result with one")
    return [plan]


def document_blocks(plans: t.Sequence[dict[str, t.Any]], title: str) -> list[Block]:
    """Return the document: the request for approval, and the steps of each plan with its digest."""
    count = sum(len(plan["lines"]) for plan in plans)
    blocks: list[Block] = [(HEADING, title)]
    if not count:
        return [*blocks, (TEXT, ("Nothing is to be done.",))]
    rule = "Only these steps are done. The steps of each instance are done in this order."
    blocks.append((TEXT, (f"{capitalized(counted(count, 'step'))} to be approved. {rule}",)))
    for plan in plans:
        if not plan["lines"]:
            continue
        blocks.append((STEPS, [_one_line(line) for line in plan["lines"]]))
        at = plan.get("at")
        when = time.strftime("Planned at %Y-%m-%d %H:%M:%S UTC. ", time.gmtime(int(at))) if at is not None else ""
        blocks.append((TEXT, (f"{when}The digest of the plan is ", _one_line(plan["digest"]), ".")))
    return blocks


def _one_line(text: t.Any) -> str:
    return "".join(char if char.isprintable() else "?" for char in str(text))


def as_markdown(blocks: t.Sequence[Block]) -> str:
    """Return the blocks as Markdown. Steps are code, in which nothing is a link, a mention or HTML."""
    return "\n\n".join(_markdown(kind, content) for kind, content in blocks) + "\n"


def _markdown(kind: str, content: t.Any) -> str:
    if kind == HEADING:
        return f"# {_MARKUP.sub(_escaped, _one_line(content))}"
    if kind == STEPS:
        return "\n".join(f"{number}. {_code_span(line)}" for number, line in enumerate(content, 1))
    return "".join(_code_span(text) if index % 2 else text for index, text in enumerate(content))


def _escaped(found: re.Match[str]) -> str:
    return f"&#{ord(found.group())};" if found.group() in "<>&@" else f"\\{found.group()}"


def _code_span(text: str) -> str:
    """Return the text as a code span: its fence is longer than any run of backticks in it."""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def as_html(blocks: t.Sequence[Block]) -> str:
    """Return the blocks as HTML, to be put into a page."""
    return "\n".join(_html(kind, content) for kind, content in blocks) + "\n"


def _html(kind: str, content: t.Any) -> str:
    if kind == HEADING:
        return f"<h1>{escape(_one_line(content))}</h1>"
    if kind == STEPS:
        return "<ol>\n" + "\n".join(f"<li><code>{escape(line)}</code></li>" for line in content) + "\n</ol>"
    parts = [f"<code>{escape(text)}</code>" if index % 2 else escape(text) for index, text in enumerate(content)]
    return f"<p>{''.join(parts)}</p>"


FORMS: dict[str, t.Callable[[t.Sequence[Block]], str]] = {"markdown": as_markdown, "html": as_html}
