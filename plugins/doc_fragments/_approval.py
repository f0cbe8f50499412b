# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """The option of the modules that can be held to an approved plan."""

    DOCUMENTATION = r"""
options:
  expected_plan:
    description:
      - An approved plan, as the result of this task has it in RV(plan) in check mode, as a mapping or as JSON. The task
        plans again, and fails before the first change if its plan is another one. The message lists the steps that are
        more, less or different. Every step is compared again right before it is sent.
      - If an earlier run of the same plan was interrupted, the task does its remaining steps.
      - The digest of the plan alone, RV(plan.digest), is enough too. The task then does the whole plan or nothing. It
        cannot tell the rest of an interrupted plan from another plan, and refuses it.
      - An empty value is an error. Leave the option out, for example with C(omit), to do what was not approved.
      - A plan is approved for one region and tenant, and for this version of the collection.
      - See R(the guide to approved plans, ansible_collections.magalu.cloud.docsite.plan_approve_apply).
    type: raw
    version_added: 1.1.0
"""
