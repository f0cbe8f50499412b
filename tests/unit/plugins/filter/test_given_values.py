# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The examples of filters and tests that need values of a role, a playbook or a program."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.filter.protect_choice import protect_choice
from ansible_collections.magalu.cloud.plugins.filter.rebuild_plan import rebuild_plan
from ansible_collections.magalu.cloud.plugins.filter.rebuild_settings import rebuild_settings
from ansible_collections.magalu.cloud.plugins.plugin_utils._joint_plan import NO_STEPS
from tests.support import protect
from tests.support.examples import GIVEN, examples, template
from tests.unit.plugins.plugin_utils import rebuild

ROW = rebuild.row(1)
PATTERN = {"name_pattern": "web-*"}
PROTECT = {**protect.VARIABLES, **PATTERN, "keep_last": 1}
CHOICE = protect_choice(PROTECT, [ROW])
(TARGET,) = CHOICE["targets"]
COPIES = [[TARGET, {"changed": True, "snapshot": {"name": "day", "id": rebuild.TWO}, "plan": NO_STEPS}]]
PRUNINGS = [[TARGET, {"changed": False, "pruned": [], "plan": NO_STEPS}]]
REBUILD = {**rebuild.VARIABLES, **PATTERN}
SETTINGS = rebuild_settings(REBUILD)
PLAN = rebuild_plan(SETTINGS, [ROW], [])
ASIDE = {"id": rebuild.ONE, "name": "web-1-old-x1", "state": "stopped"}
ASKED = [{"name": "web-1", "options": ASIDE}]
REFUSED = {"members": [{"failed": True, "msg": "not now"}]}
# The variables, a template of the example's result, and the expected value.
VALUES: dict[str, tuple[dict[str, Any], str, Any]] = {
    "awx_sync_failure": (
        {"synced": {"msg": "Project update failed", "id": 7}, "events": []}, "{{ msg }}",
        "AWX could not sync the project. Project update failed. AWX shows the whole output in job 7.",
    ),
    "protect_settings": ({"variables": PROTECT, "groups": {}}, "{{ [passes, fail_msg] }}", [True, ""]),
    "protect_choice": (
        {"variables": PROTECT, "listed": {"instances": [ROW]}, "groups": {"web": []}, "hostvars": {}},
        "{{ choice }}", CHOICE,
    ),
    "protect_plan": ({"choice": CHOICE, "copies": COPIES, "prunings": PRUNINGS}, "{{ trial.refusal }}", ""),
    "protect_retention": ({"copies": COPIES}, "{{ targets }}", [TARGET]),
    "protect_summary": (
        {"choice": CHOICE, "copies": COPIES, "prunings": PRUNINGS}, "{{ protect_result.message }}",
        "Snapshots of 1 instance: 1 created.\nCreated: day",
    ),
    "rebuild_settings": ({"variables": REBUILD}, "{{ [passes, fail_msg] }}", [True, ""]),
    "rebuild_plan": (
        {"settings": SETTINGS, "instances": {"instances": [ROW]}, "snapshots": {"snapshots": []}},
        "{{ plan.members | map(attribute='name') | list }}", ["web-1"],
    ),
    "rebuild_requests": ({"members": PLAN["members"], "settings": SETTINGS}, "{{ instances }}", [ASIDE]),
    "rebuild_after": (
        {"members": PLAN["members"], "result": REFUSED, "requests": ASKED}, "{{ members[0].reason }}", "not now",
    ),
    "rebuild_summary": (
        {"plan": PLAN, "settings": SETTINGS, "finished": []}, "{{ rebuild_result.left }}", ["web-1"],
    ),
    "host_keys_scanned": (
        {"scan": {"stdout_lines": ["192.0.2.7 ssh-rsa AAAA", "192.0.2.8 ssh-rsa AAAA"]}, "end": 9_999_999_999},
        "{{ [argv, passes] }}",
        [["ssh-keyscan", "-T", "5", "--", "192.0.2.7", "192.0.2.8"], True],
    ),
}  # fmt: skip

MODULES = {*(f"ansible.builtin.{name}" for name in ("assert", "command", "fail", "set_fact")), "magalu.cloud.vm_fleet"}


@pytest.mark.every_core
@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in GIVEN.items() for name in names])
def test_examples(kind: str, name: str) -> None:
    variables, result, value = VALUES[name]
    task = examples(kind, name)[-1]
    (module,) = task.keys() & MODULES
    known = {**variables, **task.get("vars", {})}
    options = dict(task[module])
    condition = options.pop("that", task.get("until"))
    found = {key: template(option, known) for key, option in options.items()}
    if condition:
        found["passes"] = template(f"{{{{ {condition} }}}}", known)
    assert template(result, found) == value
