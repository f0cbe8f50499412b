# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The examples in the pages of the documentation."""

from __future__ import annotations

import re
import textwrap

from tests.conftest import ROOT

RST = ROOT / "docs/docsite/rst"


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of the page in this language, each with one newline at its end."""
    found = re.findall(
        rf"^\.\. code-block:: {language}\n\n((?:    .*\n|\n)+)", (RST / f"{page}.rst").read_text(), re.MULTILINE
    )
    return [textwrap.dedent(block).strip() + "\n" for block in found]


def files(page: str) -> dict[str, str]:
    """Return the YAML files of the page by name. Each file begins with a comment that is its name."""
    shown = blocks(page, "yaml")
    assert all(re.match(r"# \S+", text) for text in shown), page
    return {text.split()[1]: text for text in shown}


def commands(page: str) -> list[str]:
    """Return the lines of the shell blocks of the page, continued lines joined."""
    return [line for block in blocks(page, "shell") for line in block.replace("\\\n", " ").splitlines()]
