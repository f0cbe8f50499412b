# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbook decommission deletes only what was confirmed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.fleet import changes, names, rows, seed
from tests.support.launch import Answers, errors_in_answers, launch, refusals
from tests.support.play import SPEED

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]
SLOW = pytest.mark.test_all("one run of the playbook and its refusals are in make test")

WEB = ["web-01", "web-02", "web-03"]
ALL: Answers = {"magalu_name_pattern": "web-*", "magalu_delete_public_ip": "true", "magalu_confirm_count": "3"}
BLANK = ("ids", "protect_names", "protect_labels", "known_hosts", "batch", "max_failures",
         "concurrency", "wait_timeout", "region")  # fmt: skip


def test_confirmed_instances_are_deleted_with_their_addresses(sim: Any, tmp_path: Path) -> None:
    seed(sim, WEB[:2], public_ip=True)
    seed(sim, [WEB[2], "db-01"])
    answers = {**ALL, **{f"magalu_{name}": "" for name in BLANK}}
    planned = launch(sim, tmp_path, "decommission", answers, ("--check",))
    assert planned.code == 0 and changes(sim) == [], planned.said
    assert planned.summary[0] == f"3 instances would be deleted: {', '.join(WEB)}"
    job = launch(sim, tmp_path, "decommission", answers)
    assert job.code == 0 and names(sim) == ["db-01"], job.said
    assert job.stats["magalu_decommission"] == {
        "check_mode": False, "selected": 3, "deleted": WEB, "failed": [], "kept_public_ips": [],
    }  # fmt: skip
    assert sim.state()["br-se1"]["public_ips"] == []
    nothing = launch(sim, tmp_path, "decommission", {**answers, "magalu_confirm_count": 0})
    assert nothing.code == 0 and nothing.summary == ["No instances were deleted."]


def test_variables_of_the_inventory_delete_no_other_instance(sim: Any, tmp_path: Path) -> None:
    """The role fleet also reads variables that the inventory has for another fleet."""
    seed(sim, [*WEB, "db-01"])
    another = {
        "fleet_count": 2,
        "fleet_name_format": "web-{index:02d}",
        "fleet_prune_match": "web-*",
        "fleet_prune_all": True,
    }
    (tmp_path / "hosts.yml").write_text(json.dumps({"all": {"vars": another}}))
    job = launch(
        sim,
        tmp_path,
        "decommission",
        {**ALL, "magalu_name_pattern": "db-*", "magalu_confirm_count": 1},
        ("-i", "hosts.yml"),
    )
    assert job.code == 0 and names(sim) == WEB, job.said


@SLOW
def test_mistakes_are_refused_before_any_deletion(sim: Any, tmp_path: Path) -> None:
    """Nothing is deleted if a name is unconfirmed or missing, or if one of the instances is protected."""
    seed(sim, WEB[:2], labels=[])
    seed(sim, [WEB[2]], labels=["keep", "x"])
    matching = "magalu_name_pattern"
    cases: list[tuple[Answers, str]] = [
        (
            {"magalu_confirm_count": ""},
            "3 instances would be deleted. Nothing was done. To confirm it, give magalu_confirm_count: 3.",
        ),
        (
            {"magalu_confirm_count": 2},
            "3 instances match, but magalu_confirm_count is 2. Nothing was done. They are: web-01,",
        ),
        ({matching: "x*"}, "No instances match, but magalu_confirm_count is 3."),
        (
            {matching: "x*", "magalu_confirm_count": ""},
            f"No instance of this region has a name that matches {matching} x*.",
        ),
        (
            {"magalu_protect_names": "db-*\n*-02"},
            "is protected from deletion: its name matches '*-02' of protect_names",
        ),
        (
            {"magalu_protect_labels": ["y", "keep"]},
            "is protected from deletion: it has the label 'keep' of protect_labels",
        ),
    ]
    said = refusals(sim, tmp_path, "decommission", [{**ALL, **case} for case, _message in cases])
    assert [message for text, (_case, message) in zip(said, cases, strict=True) if message not in text] == [], said
    assert all("Nothing was deleted." in text for text in said[-2:]) and changes(sim) == []


@SLOW
def test_kept_addresses_are_reported(sim: Any, tmp_path: Path) -> None:
    """Addresses that stay are reported, and known_hosts loses only the marked lines of deleted instances."""
    seed(sim, WEB, public_ip=True)
    addresses = {row["name"]: row["public_ip"] for row in rows(sim)}
    marks = [*(f"magalu.cloud:{row['id']}" for row in rows(sim)), "by-hand"]
    hosts = [*addresses.values(), next(iter(addresses.values()))]
    lines = [f"[{host}]:2222 ssh-ed25519 AAAA {mark}" for host, mark in zip(hosts, marks, strict=True)]
    (tmp_path / "known").write_text("\n".join(lines) + "\n")
    answers = {"magalu_ids": "\n".join(row["id"] for row in rows(sim)[:2]), "magalu_delete_public_ip": "no",
               "magalu_confirm_count": 2, "magalu_known_hosts": str(tmp_path / "known")}  # fmt: skip
    with pytest.raises(AssertionError, match="is kept, and billed"):  # causes a warning
        launch(sim, tmp_path, "decommission", answers, ("--check",))
    assert (tmp_path / "known").read_text().splitlines() == lines
    with pytest.raises(AssertionError, match="2 public addresses are kept, and billed") as told:
        launch(sim, tmp_path, "decommission", answers)
    assert all(addresses[name] in str(told.value) for name in WEB[:2])
    assert (tmp_path / "known").read_text().splitlines() == lines[2:] and names(sim) == ["web-03"]


@SLOW
def test_batches_are_small_and_no_batch_follows_a_failure(sim: Any, tmp_path: Path) -> None:
    seed(sim, WEB)
    no = {"kind": "status", "status": 403, "body": {"slug": "forbidden", "message": "Not this one"}}
    sim.add_fault(operation="DELETE /v1/instances/{id}", nth=2, **no)
    pace = {"magalu_batch": 1, "magalu_max_failures": "0", "magalu_concurrency": 3, "magalu_wait_timeout": "900"}
    job = launch(sim, tmp_path, "decommission", {**ALL, **pace})
    told = job.stats["magalu_decommission"]
    assert job.code == 2 and (len(told["deleted"]), len(told["failed"])) == (1, 2), job.said
    assert len(names(sim)) == 2 and "Not this one" in job.said


@SLOW
def test_the_given_region_is_used(sim: Any, tmp_path: Path) -> None:
    for region in ("br-se1", "br-ne1"):
        sim.seed("instance", region, name="web-01")
    job = launch(sim, tmp_path, "decommission", {**ALL, "magalu_confirm_count": 1, "magalu_region": "br-ne1"})
    assert job.code == 0, job.said
    assert [len(sim.state()[region]["instances"]) for region in ("br-se1", "br-ne1")] == [1, 0]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({}, ""),
        ({"magalu_delete_public_ip": ""}, "missing required arguments: magalu_delete_public_ip found in answers"),
        ({"magalu_delete_public_ip": "some"}, "magalu_delete_public_ip"),
        (
            {"magalu_name_pattern": " "},
            "one of the following is required: magalu_name_pattern, magalu_ids found in answers",
        ),
        (
            {"magalu_ids": "9ec75090-2872-4f51-8111-53d05d96d2c6"},
            "parameters are mutually exclusive: magalu_name_pattern|magalu_ids found in answers",
        ),
        (
            {"magalu_name_pattern": "", "magalu_ids": "web-01"},
            "magalu_ids contains 'web-01'; it must contain only ids (UUIDs).",
        ),
        ({"magalu_allow_none": 2}, "magalu_allow_none"),
        ({"magalu_batch": "some"}, "magalu_batch is 'some'; it must be a number from 1 on"),
        ({"magalu_max_failures": "-1"}, "magalu_max_failures is '-1'; it must be a number"),
        ({"magalu_concurrency": "0"}, "magalu_concurrency is 0; it must be greater than 0."),
        ({"magalu_wait_timeout": "1h"}, "magalu_wait_timeout"),
        ({"magalu_confirm_count": "all"}, "magalu_confirm_count"),
        ({"magalu_confirm_count": "-3"}, "magalu_confirm_count is -3; it must not be less than 0."),
    ],
)
def test_bad_answers_are_refused(answers: Any, message: str) -> None:
    said = errors_in_answers("decommission", {**ALL, **answers})
    assert message in said and bool(message) == bool(said)


def test_refusal_before_any_request(sim: Any, tmp_path: Path) -> None:
    cases = [{**ALL, "magalu_batch": "some"}, {**ALL, "magalu_group": "web"}]
    batch, group = refusals(sim, tmp_path, "decommission", cases)
    assert batch.startswith("magalu_batch is 'some'") and group.startswith("magalu_group cannot choose what is deleted")
    assert sim.requests() == []
