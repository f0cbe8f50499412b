# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pages of the documentation site: those of antsibull-docs, with our own first page, sidebar and changelog.

`make docs` runs `python docs/pages.py FOLDER` between antsibull-docs and Sphinx.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The groups of the sidebar after those of docs/docsite/extra-docs.yml: title, and suffix of the files of its pages.
GROUPS = (
    ("Modules", "_module"),
    ("Inventory", "_inventory"),
    ("Roles", "_role"),
    ("Filters and tests", "_filter", "_test"),
)
INTRODUCTION = """\
{title}
{underline}

Declare virtual machines on Magalu Cloud, with their snapshots, backups and images, and Ansible creates what is missing
and changes only what differs. A simulator of the API comes with the collection, so you can try everything
without an account:

.. code-block:: shell

    python -m pip install ansible-core requests
    ansible-galaxy collection install magalu.cloud

.. code-block:: yaml

    # first.yml
    - name: My first instance
      hosts: localhost
      gather_facts: false
      tasks:
        - name: Create a running instance
          magalu.cloud.vm_instance:
            name: web-01
            machine_type: BV1-1-40
            image: cloud-ubuntu-24.04 LTS
            ssh_key_name: deploy
            network: {{associate_public_ip: false}}
            state: running

.. code-block:: shell

    python -m pip install ~/.ansible/collections/ansible_collections/magalu/cloud/simulator
    magalu-cloud-simulator --port 0 -- ansible-playbook first.yml

:ref:`First steps <ansible_collections.magalu.cloud.docsite.getting_started>` shows the next steps; in Portuguese,
:ref:`Primeiros passos <ansible_collections.magalu.cloud.docsite.primeiros_passos>`.

"""
LISTED = re.compile(r"^\* (:ansplugin:`)(\w+) \w+( <[^>]+>`) -- ", re.MULTILINE)


def first_page(text: str) -> str:
    """Return the first page: our introduction, and the links and plugin lists of antsibull-docs."""
    head, rest = text.split("\nMagalu.Cloud\n", 1)
    links = rest[rest.index(".. ansible-links::") : rest.index(".. toctree::")].rstrip()
    guides, plugins = rest[rest.index(".. toctree::") :].split("\n.. _plugin_index_for_magalu.cloud:\n", 1)
    version = re.search(r"Collection version (\S+)", rest)
    assert version
    title = f"magalu.cloud {version.group(1)}"
    plugins = re.sub(r"\n\.\. toctree::\n(?:    .*\n|\n(?=    ))+", "", plugins)
    return "".join(
        (
            f"{head}\n{INTRODUCTION.format(title=title, underline='=' * len(title))}{links}\n\n",
            *guide_groups(guides),
            "\n.. _plugin_index_for_magalu.cloud:\n",
            LISTED.sub(r"* \1\2\3: ", plugins),
            *plugin_groups(text),
            toctree("Changelog", ["Changelog <changelog>"]),
        )
    )


def guide_groups(text: str) -> list[str]:
    """Return the groups of guides, in the sidebar and on the first page."""
    groups = re.findall(r"(?m)^(\S.*)\n-+\n\n\.\. toctree::\n    :maxdepth: 1\n\n((?:    \S+\n)+)", text)
    return [toctree(title, pages.split(), hidden=False) for title, pages in groups]


def plugin_groups(text: str) -> list[str]:
    """Return the groups of plugins and roles in the sidebar, by their names alone."""
    pages = re.findall(r"(?m)^    (\w+)$", text)
    return [
        toctree(title, [f"{page.rpartition('_')[0]} <{page}>" for page in pages if page.endswith(endings)])
        for title, *ends in GROUPS
        if (endings := tuple(ends))
    ]


def toctree(caption: str, entries: Iterable[str], hidden: bool = True) -> str:
    options = f"    :caption: {caption}\n    :maxdepth: 1\n" + ("    :hidden:\n" if hidden else "")
    return f"\n.. toctree::\n{options}\n" + "".join(f"    {entry}\n" for entry in entries)


def plugin_page(text: str) -> str:
    """Return a plugin's page without the two hyphens in its title."""
    title = re.search(r"(?m)^(magalu\.cloud\.\w+ \w+) -- (.*)\n\++$", text)
    return text if title is None else text.replace(title.group(0), _title(f"{title.group(1)}: {title.group(2)}"))


def _title(text: str) -> str:
    return f"{text}\n{'+' * len(text)}"


def changelog(text: str) -> str:
    """Return the changelog as a page without its table of contents, which the sidebar has."""
    return f"Changelog\n#########\n{text.split('.. contents:: Topics', 1)[1]}"


def main(folder: Path) -> None:
    index = folder / "index.rst"
    index.write_text(first_page(index.read_text()))
    for page in folder.glob("*.rst"):
        page.write_text(plugin_page(page.read_text()))
    (folder / "changelog.rst").write_text(changelog((ROOT / "CHANGELOG.rst").read_text()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
