# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run of each job template: the answers, the resources before it, and its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Fields = dict[str, Any]
KEY = "kept-key-5d2c"
OLD = "2024-08"
# The resources in the account before each job. The third instance's name must never be read as a template.
HOSTILE = "db-{{ lookup('pipe', 'touch PROOF') }}"
SEEDS: list[Fields] = [
    {"kind": "instance", "name": "web-1", "public_ip": "192.0.2.10"},
    {"kind": "instance", "name": "web-2", "state": "stopped"},
    {"kind": "instance", "name": HOSTILE},
    {"kind": "snapshot", "name": "nightly-1", "instance": "web-1"},
    {"kind": "snapshot", "name": "nightly-2", "instance": "web-1"},
]


class Scenario(NamedTuple):
    """The answers to a survey, the state of the account after the job, and a part of its artifacts."""

    answers: Fields
    there: Callable[[Any], Any]
    expected: Any
    artifacts: Fields
    edition: str = "2026-08"


def rows(sim: Any, kind: str) -> list[Fields]:
    """Return all resources of a kind, in all regions."""
    return [row for region in sim.state().values() for row in region[kind] if row["status"] != "deleted"]


def states(sim: Any) -> Fields:
    return {row["name"]: row["state"] for row in rows(sim, "instances")}


def types(sim: Any) -> Fields:
    return {row["name"]: row["machine_type"]["name"] for row in rows(sim, "instances")}


def snapshots(sim: Any) -> list[str]:
    return sorted(row["name"] for row in rows(sim, "snapshots"))


def backups(sim: Any) -> list[str]:
    return sorted(row["name"] for row in rows(sim, "backups"))


BEFORE = {"web-1": "running", "web-2": "stopped", HOSTILE: "running"}
SCENARIOS = {
    "provision": Scenario(
        {"magalu_name": "app", "magalu_count": 2, "magalu_machine_type": "BV1-1-40", "magalu_public_ip": "false",
         "magalu_image": "cloud-ubuntu-24.04 LTS", "magalu_wait_for": "none", "magalu_host_keys": "off"},
        states, BEFORE | {"app-01": "running", "app-02": "running"}, {"created": 2, "failed": []},
    ),
    "decommission": Scenario(
        {"magalu_name_pattern": "web-*", "magalu_confirm_count": 2, "magalu_delete_public_ip": "true"},
        states, {HOSTILE: "running"}, {"deleted": ["web-1", "web-2"], "failed": [], "kept_public_ips": []},
    ),
    "power": Scenario(
        {"magalu_action": "start", "magalu_name_pattern": "web-*"}, states, BEFORE | {"web-2": "running"},
        {"selected": 2, "changed": ["web-2"], "unchanged": ["web-1"], "failed": []},
    ),
    "resize": Scenario(
        {"magalu_machine_type": "BV2-2-40", "magalu_group": "state_stopped", "magalu_confirm_count": 1}, types,
        {"web-1": "BV1-1-40", "web-2": "BV2-2-40", HOSTILE: "BV1-1-40"}, {"changed": ["web-2"]},
    ),
    "snapshot": Scenario(
        {"magalu_name_pattern": "web-*", "magalu_period": "now", "magalu_concurrency": 2, "magalu_power_off": "false"},
        snapshots, ["nightly-1", "nightly-2", "snapshot-web-1-now", "snapshot-web-2-now"], {"failed": []},
    ),
    "backup": Scenario(
        {"magalu_name_pattern": "web-*", "magalu_period": "now"}, backups, ["backup-web-1-now", "backup-web-2-now"],
        {"failed": []}, OLD,
    ),
    "restore": Scenario(
        {"magalu_copy": "nightly-1", "magalu_name": "web-1-again", "magalu_machine_type": "BV1-1-40",
         "magalu_public_ip": "false"}, states, BEFORE | {"web-1-again": "running"}, {"copy": "nightly-1"},
    ),
    "prune": Scenario(
        {"magalu_name_prefix": "nightly-", "magalu_keep_last": 1, "magalu_confirm_count": 1}, snapshots, ["nightly-2"],
        {"pruned": ["nightly-1"]},
    ),
    "report": Scenario(
        {}, states, BEFORE, {"instances": 3, "running": 2, "stopped_but_billed": ["web-2"], "snapshots": 2,
                             "public_addresses": ["192.0.2.10"], "regions": ["br-se1"]},
    ),
}  # fmt: skip


def seed_account(sim: Any, **settings: Any) -> None:
    """Empty the simulator, and create the resources that exist before each job."""
    sim.reset(keys={KEY: "tenant-1"}, api_key=KEY, keep_deleted=10**6, **settings)
    ids: dict[str, str] = {}
    for number, seed in enumerate(SEEDS):
        known = {"instance": ids[seed["instance"]]} if "instance" in seed else {}
        made = sim.seed(**{**seed, **known, "created_at": sim.now() - 7200 + number})
        ids[seed["name"]] = made["id"]
