# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sphinx: the documentation site that `make docs` builds from what antsibull-docs writes."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

project = "magalu.cloud"
project_copyright = "2026, Magalu Cloud collection contributors"
extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
html_theme = "sphinx_ansible_theme"
html_title = "Ansible collection magalu.cloud"
html_show_sphinx = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
pygments_style = "ansible"
nitpicky = True
smartquotes = False  # it would turn the two hyphens of an option into a dash

# The only pages of Ansible's documentation with links to them, listed here so that the build needs no network.
ANSIBLE_LABELS = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
    **{
        f"ansible_collections.ansible.builtin.{page}": f"collections/ansible/builtin/{page}.html"
        for page in ("constructed_inventory", "env_lookup", "validate_argument_spec_module")
    },
}
ANSIBLE_VARIABLES = ("", "_CONNECTION", "_PREFIX", "_TIMEOUT")  # environment variables such as ANSIBLE_CACHE_PLUGIN


def write_inventory(path: Path) -> str:
    """Write these pages as the inventory that intersphinx would otherwise download."""
    anchors = ((label, page, re.sub("[^a-z0-9]+", "-", label)) for label, page in ANSIBLE_LABELS.items())
    rows = "".join(f"{label} std:label -1 {page}#{anchor} {label}\n" for label, page, anchor in anchors)
    for name in (f"ANSIBLE_CACHE_PLUGIN{end}" for end in ANSIBLE_VARIABLES):
        rows += f"{name} std:envvar 1 reference_appendices/config.html#envvar-{name} -\n"
    head = (
        "# Sphinx inventory version 2\n# Project: Ansible\n# Version:\n"
        "# The remainder of this file is compressed using zlib.\n"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head.encode() + zlib.compress(rows.encode()))
    return str(path)


INVENTORY = write_inventory(Path(__file__).parent.parent / ".build/docs/ansible.inv")
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/ansible/latest/", INVENTORY)}
