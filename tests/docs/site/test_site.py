# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The site that `make docs` has just built: its contents, and its layout in wide and narrow windows."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from docs import pages
from tests.conftest import ROOT
from tests.support.browser import browsing

SITE = ROOT / ".build/docs/html"
PAGES = sorted(path for path in SITE.rglob("*.html") if "_static" not in path.parts)
# Elements that exceed the right edge of the window, and that do not scroll sideways inside it.
OUT = """[...document.querySelectorAll('.rst-content *')].filter(one => {
  const right = one.getBoundingClientRect().right
  if (!one.offsetWidth || right <= window.innerWidth + 1) return false
  for (let box = one.parentElement; box; box = box.parentElement)
    if (box !== document.documentElement && box !== document.body && getComputedStyle(box).overflowX !== 'visible'
        && box.getBoundingClientRect().right <= window.innerWidth + 1) return false
  return true
}).map(one => `${one.tagName} ${one.className}: ${one.textContent.slice(0, 60)}`)"""
SQUEEZED = (
    "[...document.querySelectorAll('td')].filter(one => one.textContent.length > 80 && one.offsetWidth < 120).length"
)


def test_every_module_role_and_guide_has_its_page() -> None:
    plugins = {f"{path.stem}_module" for path in (ROOT / "plugins/modules").glob("*.py")} | {"vm_instances_inventory"}
    roles = {f"{path.parent.parent.name}_role" for path in (ROOT / "roles").glob("*/meta/argument_specs.yml")}
    guides = {f"docsite/{path.stem}" for path in (ROOT / "docs/docsite/rst").glob("*.rst")}
    assert len(roles) > 2 and len(guides) > 10
    pages = {str(path.relative_to(SITE).with_suffix("")) for path in PAGES}
    assert plugins | roles | guides <= pages
    index = (SITE / "index.html").read_text()
    assert [guide for guide in guides if f'href="{guide}.html"' not in index] == []


def test_the_sidebar_has_groups_of_short_titles() -> None:
    sidebar = (SITE / "index.html").read_text().split('role="navigation"')[1].split("</nav>")[0]
    captions = re.findall(r'class="caption-text">([^<]+)<', sidebar)
    assert captions == ["First steps", "Guides", "How it behaves", *(group[0] for group in pages.GROUPS), "Changelog"]
    titles = re.findall(r'href="[^"#]+">([^<]+)</a>', sidebar)
    assert {"vm_instance", "vm_instances", "fleet", "Changelog"} <= set(titles)
    assert [title for title in titles if len(title) > 32] == []


def test_the_first_page_has_code_and_the_changelog_is_a_page() -> None:
    index = (SITE / "index.html").read_text()
    assert index.index("highlight-yaml") < index.index("Plugin Index")
    changelog = (SITE / "changelog.html").read_text()
    versions = re.findall(r"^v\d+\.\d+\.\d+$", (ROOT / "CHANGELOG.rst").read_text(), re.MULTILINE)
    assert versions and [version for version in versions if f"<h2>{version}<" not in changelog] == []


def test_options_keep_their_two_hyphens() -> None:
    """Options keep their two hyphens: users cannot type a dash instead of them."""
    assert [page.name for page in PAGES if re.search("[\u2013\u2014]", page.read_text())] == []
    titles = re.findall(r"<title>([^<]*)</title>", "".join(page.read_text() for page in PAGES))
    assert [title for title in titles if " -- " in title] == []


def test_links_between_pages_lead_somewhere() -> None:
    texts = {page: page.read_text() for page in PAGES}
    for page, text in texts.items():
        for link in re.findall(r'(?:href|src)="([^"#:?]*(?:#[^"]*)?)"', text):
            path, anchor = urldefrag(unquote(link))
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), f"{page.name}: {link}"
            if anchor and target in texts:
                assert f'id="{anchor}"' in texts[target] or f'name="{anchor}"' in texts[target], f"{page.name}: {link}"


@pytest.mark.needs("chromium")
@pytest.mark.parametrize(
    "width",
    [400, pytest.param(1280, marks=pytest.mark.test_all("what fits into a narrow window fits into a wide one"))],
)
def test_nothing_runs_out_of_the_window(tmp_path: Path, width: int) -> None:
    with browsing(tmp_path) as browser:
        browser.size(width, 900)
        for page in PAGES:
            browser.open(f"file://{page}")
            wide = browser.value("document.documentElement.scrollWidth")
            assert (page.name, wide, browser.value(OUT)) == (page.name, min(wide, width), [])
            assert (page.name, browser.value(SQUEEZED)) == (page.name, 0)
            assert browser.value("[...document.images].every(one => one.complete && one.naturalWidth)"), page.name
