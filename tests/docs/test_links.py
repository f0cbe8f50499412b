# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Links in the pages on GitHub and Galaxy, in messages and in galaxy.yml have existing targets."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.documents import load_yaml

SITE = "https://magalu-cloud.github.io/magalu.cloud/"  # the site that .github/workflows/docs.yml publishes
REPOSITORY = "https://github.com/magalu-cloud/magalu.cloud"
READMES = ("README.md", "README.pt-BR.md")
PAGES = [
    *READMES,
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CODE_OF_CONDUCT.md",
    "examples/README.md",
    "simulator/README.md",
    "tests/README.md",
]
PAGES += sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("roles/*/README.md"))
LINK = re.compile(r"\]\((\S+?)\)|^\[[\w.-]+\]: (\S+)$", re.MULTILINE)
# Pages of the site, by the ends of their names, and their source files.
SOURCES = {
    r"docsite/(\w+)": "docs/docsite/rst/{}.rst", r"(\w+)_module": "plugins/modules/{}.py",
    r"(\w+)_inventory": "plugins/inventory/{}.py", r"(\w+)_role": "roles/{}/meta/argument_specs.yml",
}  # fmt: skip


def links(page: str) -> list[str]:
    return [one or other for one, other in LINK.findall((ROOT / page).read_text())]


def source(link: str, folder: Path = ROOT) -> Path | None:
    """Return the file behind a link to this project; None for a link to others."""
    link = link.partition("#")[0]
    if link.startswith(SITE):
        name = link.removeprefix(SITE).removesuffix(".html")
        found = [(re.fullmatch(pattern, name), file) for pattern, file in SOURCES.items()]
        files = [file.format(match[1]) for match, file in found if match]
        return ROOT / (files[0] if files else "docs/conf.py" if not name else name)
    if link.startswith(REPOSITORY):
        rest = link.removeprefix(REPOSITORY).lstrip("/")
        kind, _branch, path = (*rest.split("/", 2), "", "")[:3]
        return ROOT if rest in ("", "issues") else ROOT / path if kind in ("blob", "tree") else ROOT / rest
    return None if "://" in link else folder / link


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_existing_targets(page: str) -> None:
    found = [(link, source(link, (ROOT / page).parent)) for link in links(page)]
    assert [link for link, file in found if file and not file.exists()] == []


@pytest.mark.parametrize("page", READMES)
def test_links_of_the_readme_work_on_galaxy_and_show_rendered_text(page: str) -> None:
    """The README's links are absolute; links to guides lead to the site, since GitHub does not render all of RST."""
    found = links(page)
    assert len(found) > 20 and [link for link in found if "://" not in link] == []
    assert [link for link in found if link.endswith(".rst") and "CHANGELOG" not in link] == []
    text = (ROOT / page).read_text()
    used = re.findall(r"\]\[([\w.-]+)\]", text)
    assert set(used) == set(re.findall(r"^\[([\w.-]+)\]: ", text, re.MULTILINE))


def test_each_readme_names_the_other() -> None:
    for page, other in (READMES, READMES[::-1]):
        assert f"{REPOSITORY}/blob/main/{other}" in links(page)


def test_galaxy_and_messages_link_to_published_pages() -> None:
    galaxy = load_yaml((ROOT / "galaxy.yml").read_text())
    assert galaxy["documentation"] == SITE
    assert [galaxy[name] for name in ("repository", "homepage", "issues")] == [
        REPOSITORY,
        REPOSITORY,
        f"{REPOSITORY}/issues",
    ]
    workflow = (ROOT / ".github/workflows/docs.yml").read_text()
    assert "make docs" in workflow and "path: .build/docs/html" in workflow
    messages = importlib.import_module("ansible_collections.magalu.cloud.plugins.module_utils._api.messages")
    guide = source(messages.GUIDE)
    assert guide and guide.exists() and guide.suffix == ".rst"
