# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is written in Portuguese has the same commands, examples and names as in English, and its links lead somewhere."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

RST = ROOT / "docs/docsite/rst"
PAIRS = {
    "README": (ROOT / "README.md", ROOT / "README.pt-BR.md", r"```\w+\n.*?```"),
    "first steps": (
        RST / "getting_started.rst", RST / "primeiros_passos.rst", r"^\.\. code-block:: \w+\n\n(?:    .*\n|\n(?=    ))+"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_the_examples_are_the_same(name: str) -> None:
    english, portuguese, block = PAIRS[name]
    found = [
        re.findall(block, file.read_text(), re.DOTALL if name == "README" else re.MULTILINE)
        for file in (english, portuguese)
    ]
    assert found[0] == found[1] and len(found[0]) > 6


@pytest.mark.parametrize("name", PAIRS)
def test_it_has_as_many_sections_and_names_the_same_things(name: str) -> None:
    english, portuguese, _block = PAIRS[name]
    heading = r"^## .*$" if name == "README" else r"^-{3,}$"
    texts = [file.read_text() for file in (english, portuguese)]
    assert len({len(re.findall(heading, text, re.MULTILINE)) for text in texts}) == 1
    named = [
        set(re.findall(r"`(magalu\.cloud\.\w+|\w+\.(?:read|write)|MGC_\w+|delete_public_ip: true)`", text))
        for text in texts
    ]
    assert named[0] == named[1] and named[0]


def test_links_of_both_readmes_lead_to_files() -> None:
    for name in ("README.md", "README.pt-BR.md"):
        links = re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / name).read_text())
        assert len(links) > 8
        assert [link for link in links if not (ROOT / link).exists()] == []
    assert "(README.pt-BR.md)" in (ROOT / "README.md").read_text()
    assert "(README.md)" in (ROOT / "README.pt-BR.md").read_text()
