# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page of the playbooks' variables, the surveys, and the variables at the top of each playbook.

All are made from the argument specs in playbooks/argument_specs: python -m tests.awx.page.
"""

from __future__ import annotations

from typing import Any

from tests.awx import specs
from tests.awx.data import templates
from tests.conftest import ROOT

PAGE = ROOT / "docs/docsite/rst/playbooks.rst"
HEAD = """\
.. _ansible_collections.magalu.cloud.docsite.playbooks:

Playbooks
=========

.. This page is made by python -m tests.awx.page from playbooks/argument_specs.

What is done to many instances again and again stands in playbooks of the collection. They run on localhost, ask the
API which instances there are, and need no inventory:

.. code-block:: shell

    export MGC_API_KEY=...
    ansible-playbook magalu.cloud.power -e magalu_action=stop -e 'magalu_name_pattern=dev-*' --check

On the simulator nobody answers at the addresses of instances: there ``provision`` also needs
``-e magalu_wait_for=none``.

With ``--check`` they say what they would do. All input is by extra variables. A variable that is blank counts as not
given, lists may also be texts separated by commas or lines, and what is wrong is told before the first request. A
choice that matches nothing fails, unless ``magalu_allow_none`` is true or ``magalu_confirm_count`` is 0. Each
ends with a short summary, and gives it to workflows of AWX with ``set_stats``, as ``magalu_power`` for example.

Each is made for a job template: :ref:`ansible_collections.magalu.cloud.docsite.awx` sets them up, with a survey of
these variables.
"""


def section(name: str, template: dict[str, Any]) -> str:
    """One playbook."""
    rows = "".join(
        f"    * - ``{one['variable']}``\n"
        f"      - {'required' if one['required'] else 'optional'}{', integer' if one['type'] == 'integer' else ''}\n"
        f"      - {described(one)}\n"
        for one in template["survey_spec"]["spec"]
    )
    return (
        f"\nmagalu.cloud.{name}\n{'-' * (13 + len(name))}\n\n{template['description']}.\n\n"
        ".. list-table::\n    :header-rows: 1\n    :widths: 30 15 55\n\n"
        f"    * - Variable\n      -\n      - What it is\n{rows}"
    )


def described(question: dict[str, Any]) -> str:
    """The question with its choices, and text that RST would take for its own escaped."""
    choices = f" One of {', '.join(question['choices'])}." if "choices" in question else ""
    text = f"{question['question_name']}. {question['question_description']}{choices}"
    return "".join(f"\\{one}" if one in "\\*`|_" else one for one in text)


def written() -> str:
    """The page as it must be."""
    return HEAD + "".join(section(name, template) for name, template in templates().items())


if __name__ == "__main__":
    for file, text in specs.written().items():
        file.write_text(text)
    PAGE.write_text(written())
