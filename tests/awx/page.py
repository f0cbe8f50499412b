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

The collection has playbooks for recurring work on many instances. They run on localhost, list the instances themselves,
and need no inventory:

.. code-block:: shell

    export MGC_API_KEY=...
    ansible-playbook magalu.cloud.report

With ``--check`` they show what they would do. All input comes from extra variables. A blank variable counts as not
given, a list may also be a text separated by commas or lines, and mistakes are reported before the first request. A
choice that matches nothing fails, unless ``magalu_allow_none`` is true or ``magalu_confirm_count`` is 0. Each playbook
ends with a short summary, and passes it to workflows of AWX with ``set_stats``, for example as ``magalu_power``.

Each playbook except ``report`` takes ``magalu_expected_plan``: an approved plan that check mode has shown, or its
digest. The playbook then applies exactly that plan, or nothing. With ``magalu_approved_only: true`` a job of an AWX
workflow takes the plan of the check job before it, and does nothing without a plan. See :ref:`Plan, approve, apply
<ansible_collections.magalu.cloud.docsite.plan_approve_apply>`.

Each playbook is written for a job template. :ref:`ansible_collections.magalu.cloud.docsite.awx` says how to set up the
job templates, with surveys of these variables.
"""
EXAMPLES = """
An example of each playbook
---------------------------

These commands run in this order, in the simulator too. A file of variables takes any value:

.. code-block:: yaml

    # shop.yml
    magalu_name: shop
    magalu_count: 2
    magalu_machine_type: BV1-1-40
    magalu_image: cloud-ubuntu-24.04 LTS
    magalu_ssh_key_name: deploy
    magalu_public_ip: false
    magalu_wait_for: none     # only in the simulator, where no instance answers

On the command line, a value with a blank, such as the image, needs its own quotes inside the quotes of the shell. First
``shop-01``, ``shop-02`` and ``old-lab`` are created. Then ``old-lab`` is stopped, and the others are resized one at a
time:

.. code-block:: shell

    ansible-playbook magalu.cloud.provision -e @shop.yml
    ansible-playbook magalu.cloud.provision -e @shop.yml -e magalu_name=old-lab -e magalu_count=1 -e 'magalu_image="cloud-debian-12 LTS"'
    ansible-playbook magalu.cloud.power -e magalu_action=stop -e 'magalu_name_pattern=old-*'
    ansible-playbook magalu.cloud.resize -e 'magalu_name_pattern=shop-*' -e magalu_machine_type=BV2-2-40

Then snapshots of both are created, one of them is restored, and old snapshots are deleted:

.. code-block:: shell

    ansible-playbook magalu.cloud.snapshot -e 'magalu_name_pattern=shop-*' -e magalu_name_prefix=daily- -e magalu_period=monday
    ansible-playbook magalu.cloud.restore -e @shop.yml -e magalu_machine_type=BV2-2-40 -e magalu_copy=daily-shop-01-monday -e magalu_name=shop-03
    ansible-playbook magalu.cloud.prune -e magalu_name_prefix=daily- -e magalu_keep_last=7 -e magalu_prune_max=5

The report shows the current resources. To delete instances, confirm their number. A second run fails, because no
instance matches any more:

.. code-block:: shell

    ansible-playbook magalu.cloud.report -e magalu_regions=br-se1,br-ne1
    ansible-playbook magalu.cloud.decommission -e 'magalu_name_pattern=old-*' -e magalu_confirm_count=1 -e magalu_delete_public_ip=true

Only API version 2024-08 has backups:

.. code-block:: shell

    ansible-playbook magalu.cloud.backup -e 'magalu_name_pattern=shop-*' -e magalu_name_prefix=weekly- -e magalu_keep_last=4
"""


def section(name: str, template: dict[str, Any]) -> str:
    """Return the section of a playbook."""
    rows = "".join(
        f"    * - ``{one['variable']}``\n"
        f"      - {'required' if one['required'] else 'optional'}{', integer' if one['type'] == 'integer' else ''}\n"
        f"      - {described(one)}\n"
        for one in template["survey_spec"]["spec"]
    )
    return (
        f"\nmagalu.cloud.{name}\n{'-' * (13 + len(name))}\n\n{template['description']}.\n\n"
        ".. list-table::\n    :header-rows: 1\n    :widths: 30 15 55\n\n"
        f"    * - Variable\n      -\n      - Meaning\n{rows}"
    )


def described(question: dict[str, Any]) -> str:
    """Return the question with its choices, with RST's special characters escaped."""
    choices = f" One of {', '.join(question['choices'])}." if "choices" in question else ""
    text = f"{question['question_name']}. {question['question_description']}{choices}"
    return "".join(f"\\{one}" if one in "\\*`|_" else one for one in text)


def written() -> str:
    """Return the whole page."""
    return HEAD + EXAMPLES + "".join(section(name, template) for name, template in templates().items())


if __name__ == "__main__":
    for file, text in specs.written().items():
        file.write_text(text)
    PAGE.write_text(written())
