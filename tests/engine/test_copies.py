# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots and backups: check mode names what a real run does, and what happens when the cloud does not."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine import copies, task
from tests.engine.copies import COPIED, KINDS, RESTORE

every_kind = pytest.mark.parametrize(("kind", "edition"), KINDS)
LOST = [({"kind": "reset"}, "before"), ({"kind": "reset"}, "after"), ({"kind": "html", "status": 502}, "after")]
NOBODY = "99999999-9999-4999-8999-999999999999"


def made(sim: Any, kind: str, **fields: Any) -> Any:
    return sim.seed(kind, name="copy", instance=copies.instance(sim)["id"], **fields)["id"]


def creating(sim: Any, kind: str) -> Any:
    body = {"name": "copy", "instance": {"name": "web"}}
    return task.client(sim).request("POST", f"/v1/{kind}s", body=body).body["id"]


def deleting(sim: Any, kind: str) -> Any:
    identifier = made(sim, kind)
    task.client(sim).request("DELETE", f"/v1/{kind}s/{identifier}")
    return identifier


def of_another(sim: Any, kind: str) -> Any:
    other = sim.seed("instance", name="other")
    return sim.seed(kind, name="copy", instance=other["id"])["id"]


CURRENT: dict[str, Callable[[Any, str], Any]] = {
    "absent": lambda sim, kind: NOBODY,
    "available": made,
    "creating": creating,
    "failed": lambda sim, kind: made(sim, kind, status="creating_error", state="error"),
    "not deleted": lambda sim, kind: made(sim, kind, status="deleted_error"),
    "of another instance": of_another,
    "of a gone instance": lambda sim, kind: sim.seed(kind, name="copy")["id"],
    "of nobody": lambda sim, kind: sim.seed(kind, name="copy", instance=None)["id"],
    "deleting": deleting,
}
THE_ID = "the id"
NAMED = {"name": "copy"}
OF_WEB = {**NAMED, "instance": "web"}
WANTED: list[dict[str, Any]] = [
    OF_WEB,
    NAMED,
    {**OF_WEB, "power_off": True},
    {"name": "co{instance}", "instance": "web"},
    {**OF_WEB, "new_name": "renamed"},
    {"id": THE_ID},
    {"id": THE_ID, "name": "renamed"},
    {**NAMED, "state": "absent"},
    {"id": THE_ID, "state": "absent", "protect_names": ["r*"]},
    {**NAMED, "state": "absent", "protect_names": ["c*y"]},
    {**NAMED, "state": "restored", "restore": RESTORE},
    {**NAMED, "state": "restored", "restore": {"name": "web", "machine_type": task.SMALL}},
    {"id": THE_ID, "state": "restored", "restore": RESTORE},
    {"state": "pruned", "all": True, "keep_days": 1},
    {"state": "pruned", "name_prefix": "co", "keep_last": 1},
    {"state": "pruned", "all": True, "keep_days": 0.0005, "instance": "web"},
    {**NAMED, "state": "copied", "destination_region": "br-ne1"},
    {"id": THE_ID, "state": "copied", "destination_region": "br-mgl1"},
]
CONDITIONS: list[tuple[dict[str, Any], int]] = [({}, 1), ({"stale": 2}, 5), ({"lag": 2, "nulls": "omitted"}, 5)]


@every_kind
@pytest.mark.parametrize(("settings", "every"), CONDITIONS, ids=["calm", "stale", "lag"])
def test_a_real_run_does_what_check_mode_names(sim: Any, kind: str, edition: str, settings: Any, every: int) -> None:
    pairs = list(itertools.product(CURRENT, WANTED))
    for current, wanted in pairs[every // 2 :: every]:
        copied = wanted.get("state") == "copied"
        if copied and (kind, edition) not in COPIED:
            continue
        if current == "not deleted" and (copied or "restore" in wanted or "renamed" in wanted.values()):
            continue  # whether that can be done is for the API to say
        sim.reset(edition=edition, **settings)
        sim.seed("instance", name="web", created_at=sim.now() - 60)
        identifier = CURRENT[current](sim, kind)
        sim.advance(0 if current in ("creating", "deleting") and not settings else 60)
        options = {key: identifier if value == THE_ID else value for key, value in wanted.items()}
        compare(sim, kind, options, f"from {current} to {wanted}")


def compare(sim: Any, kind: str, wanted: Any, where: str) -> None:
    sim.clear_requests()
    try:
        plan = copies.check(sim, kind, **wanted)
    except task.Refused as error:
        assert not task.sent(sim), where
        done = copies.run(sim, kind, **wanted)
        assert str(done.failure) == str(error), where
        assert not task.sent(sim), where
        return
    assert not task.sent(sim), f"check mode changes nothing, {where}"
    done = copies.run(sim, kind, **wanted)
    assert done.failure is None, f"{where}: {done.failure}"
    assert done.actions == [step.action for step in plan.steps], where
    row = done.seen.get(done.member.main)
    assert (row is None) == (plan.after is None), where
    if row and plan.after:
        assert [row["name"], row["state"]] == [plan.after["name"], plan.after["state"]], where
    sim.advance(10)
    assert not copies.check(sim, kind, **wanted).steps, f"planning again is empty, {where}"
    sim.clear_requests()
    assert copies.run(sim, kind, **wanted).actions == [], where
    assert not task.sent(sim), where
