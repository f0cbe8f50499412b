# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter plan_document."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.magalu.cloud.plugins.plugin_utils._plan_document import FORMS, document_blocks, find_plans

DOCUMENTATION = r"""
name: plan_document
short_description: Write a plan as Markdown or HTML, for a ticket
version_added: 1.1.0
author:
  - Magalu Cloud collection contributors (@magalucloud)
description:
  - Writes a plan that is to be approved as a document, with the steps in words and the digest that
    O(magalu.cloud.vm_instance#module:expected_plan) takes. Names from the API cannot become markup in it, and it holds
    no secrets.
positional: _input
options:
  _input:
    description:
      - A plan, as M(magalu.cloud.vm_instance), M(magalu.cloud.vm_fleet), M(magalu.cloud.vm_snapshot),
        M(magalu.cloud.vm_backup) and M(magalu.cloud.vm_image) return it in check mode; a result with a plan; or a list
        of plans and results.
    type: raw
    required: true
  title:
    description: The title.
    type: str
    default: Plan
  form:
    description: The form of the document.
    type: str
    choices: [markdown, html]
    default: markdown
"""

EXAMPLES = r"""
- name: Show a plan
  vars:
    result:
      plan:
        digest: 5f0c6bd3
        lines: [stop instance web-01 (9ec75090-2872-4f51-8111-53d05d96d2c6)]
        at: 1796083200
  ansible.builtin.debug:
    msg: "{{ (result | magalu.cloud.plan_document(title='Stop web-01')).splitlines()[4] }}"
  # "1. `stop instance web-01 (9ec75090-2872-4f51-8111-53d05d96d2c6)`"

- name: Show a plan without steps as HTML
  vars:
    plan: {digest: 2e2850a6, lines: []}
  ansible.builtin.debug:
    msg: "{{ plan | magalu.cloud.plan_document(form='html') }}"
  # "<h1>Plan</h1>\n<p>Nothing is to be done.</p>\n"
"""

RETURN = r"""
_value:
  description: The document.
  type: str
"""


def plan_document(value: t.Any, title: str = "Plan", form: str = "markdown") -> str:
    """Return the document of one or several plans."""
    if form not in FORMS:
        raise AnsibleFilterError(f"plan_document: form is {form!r}, and must be one of {', '.join(FORMS)}.")
    try:
        plans = find_plans(value)
    except ValueError as error:
        raise AnsibleFilterError(f"plan_document: its input is {error}.") from None
    return FORMS[form](document_blocks(plans, title))


class FilterModule:
    """The filter, in the form that Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"plan_document": plan_document}
