# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter power_plan does not start an instance in order to suspend or reboot it."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.magalu.cloud.plugins.filter.power_plan import power_plan

RUNS = [("running", "completed"), ("running", "retyping"), ("running", "rebooting_pending"), ("running", "attaching_nic"),
        ("running", "stopping_error"), ("running", "something_new")]  # fmt: skip
DOES_NOT = [("stopped", "completed"), ("suspended", "completed"), ("error", "completed"), ("new", "creating"),
            ("stopped", "starting"), ("running", "stopping"), ("running", "stopping_pending"),
            ("running", "suspending")]  # fmt: skip


@pytest.mark.parametrize("action", ["start", "stop", "suspend", "reboot"])
@pytest.mark.parametrize(("state", "status"), [*RUNS, *DOES_NOT])
def test_whom_an_action_is_for(action: str, state: str, status: str) -> None:
    row = {"id": "1", "state": state, "status": status}
    taken = action in ("start", "stop") or (state, status) in RUNS
    assert power_plan([row], action) == {
        "state": {"start": "running", "stop": "stopped", "suspend": "suspended", "reboot": "rebooted"}[action],
        "members": [{"id": "1"}] if taken else [],
        "left_alone": [] if taken else [row],
    }


def test_an_unknown_action() -> None:
    with pytest.raises(AnsibleFilterError, match="'halt' is not an action; it must be one of start, stop,"):
        power_plan([], "halt")
