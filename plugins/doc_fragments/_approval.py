# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """The option of the modules that can be held to an approved plan."""

    DOCUMENTATION = r"""
options:
  expected_plan:
    description:
      - An approved plan, as a mapping or as JSON. It is the RV(plan) in the result of this task in check mode. The task
        plans again, and fails before the first change if the new plan differs. The message lists the added, missing and
        different steps. Every step is compared again right before it is sent.
      - If an earlier run of the same plan was interrupted, the task does its remaining steps.
      - The digest of the plan alone, RV(plan.digest), is enough too. The task then does the whole plan or nothing. It
        cannot distinguish the rest of an interrupted plan from another plan, and refuses both.
      - An empty value is an error. To run without an approved plan, leave the option out, for example with C(omit).
      - A plan is approved for one region and tenant, and for this version of the collection.
      - See R(the guide to approved plans, ansible_collections.magalu.cloud.docsite.plan_approve_apply).
    type: raw
    version_added: 1.1.0
"""
