# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Portuguese pages have the same commands, examples and names as the English pages, and valid links."""

from __future__ import annotations

import re
import textwrap
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.documents import load_yaml

RST = ROOT / "docs/docsite/rst"
BLOCK = r"^\.\. code-block:: \w+\n\n(?:    .*\n|\n(?=    ))+"
PAIRS = {
    "README": (ROOT / "README.md", ROOT / "README.pt-BR.md", r"```\w+\n.*?```"),
    "first steps": (RST / "getting_started.rst", RST / "primeiros_passos.rst", BLOCK),
    "before your first instance": (RST / "before_first_instance.rst", RST / "antes_da_primeira_instancia.rst", BLOCK),
}
TEXTS = ("msg", "fail_msg")  # printed messages are in the page's language


def without_words(node: Any) -> Any:
    """Return YAML without the texts in the page's language: names of plays and tasks, and messages."""
    if isinstance(node, list):
        return [without_words({**each, "name": ""} if isinstance(each, dict) else each) for each in node]
    if isinstance(node, dict):
        return {key: "" if key in TEXTS else without_words(value) for key, value in node.items()}
    return node


def example(block: str) -> Any:
    """Return an example without names, messages and comments, except the comment with its file name."""
    head, code = re.split(r"\n+", block.rstrip("`"), maxsplit=1)
    kind, code = re.findall(r"\w+", head)[-1], textwrap.dedent(code)
    file = re.match(r"# ([\w./]+)$", code.splitlines()[0])
    if kind == "yaml":
        return file and file[1], without_words(load_yaml(code))
    return kind, file and file[1], re.sub(r" *#.*", "", code)


@pytest.mark.parametrize("name", PAIRS)
def test_the_examples_are_the_same(name: str) -> None:
    """The examples are equal except for names of plays and tasks, messages and comments."""
    english, portuguese, block = PAIRS[name]
    found = [
        [example(text) for text in re.findall(block, file.read_text(), re.DOTALL if name == "README" else re.MULTILINE)]
        for file in (english, portuguese)
    ]
    assert found[0] == found[1] and len(found[0]) > 6


def words(block: str) -> set[str]:
    """Return the names of plays and tasks, and the comments except the file name."""
    names = re.findall(r"(?m)^ *- name: +(.*)", block)
    comments = [text for text in re.findall(r"# +(\S.*)", block) if not re.fullmatch(r"[\w./]+", text)]
    return {text for text in (*names, *comments) if " " in text}


@pytest.mark.parametrize("name", PAIRS)
def test_names_and_comments_are_translated(name: str) -> None:
    english, portuguese, block = PAIRS[name]
    found = [
        words("".join(re.findall(block, file.read_text(), re.DOTALL if name == "README" else re.MULTILINE)))
        for file in (english, portuguese)
    ]
    assert min(map(len, found)) > 1 and found[0] & found[1] == set()


@pytest.mark.parametrize("name", PAIRS)
def test_a_portuguese_page_has_the_sections_and_names_of_the_english_page(name: str) -> None:
    english, portuguese, _block = PAIRS[name]
    heading = r"^## .*$" if name == "README" else r"^-{3,}$"
    texts = [file.read_text() for file in (english, portuguese)]
    assert len({len(re.findall(heading, text, re.MULTILINE)) for text in texts}) == 1
    named = [
        set(re.findall(r"`(magalu\.cloud\.\w+|\w+\.(?:read|write)|MGC_\w+|delete_public_ip: true)`", text))
        for text in texts
    ]
    assert named[0] == named[1] and named[0]
