# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs on the simulator with each value of its switches: the table of answers shows that value."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from tests.acceptance import report
from tests.acceptance.conftest import RUN, Cloud
from tests.acceptance.probes import HOST_KEYS, NO_SUCH_KEY, Choice
from tests.support.choice import ALL

Answers = dict[str, str]
CREATE = "POST /v1/instances"
GHOST = "9ec75090-2872-4f51-8111-53d05d96d2c6"


class Case(NamedTuple):
    """Switches or faults of the simulator, and the beginnings of the expected answers."""

    settings: dict[str, Any]
    answers: Answers
    fault: dict[str, Any] | None = None
    choice: Choice = Choice()


# The answers with the simulator's defaults; each case changes one default.
DEFAULTS: Answers = {
    "api_version": "as assumed: 2026-08",
    "own_client": "as assumed: yes",
    "page_limit": "as assumed: yes: 62 of 62",
    "limit_1001": "as assumed: refused: 422",
    "name_filter": "as assumed: yes",
    "sort_by_id": "as assumed: accepted",
    "joined_expand": "as assumed: yes",
    "backups": "as assumed: refused: 404",
    "custom_images": "as assumed: accepted",
    "refusal_form": "as assumed: 422 with message, slug",
    "wrong_key": "as assumed: refused: 403",
    "no_key": "as assumed: refused: 401",
    "headers": "as assumed: all three",
    "unique_names": "as assumed: yes: 409 instance.name.conflict",
    "capital_letters": "answered: accepted",
    "linux_without_key": "as assumed: yes",
    "unknown_key": "differs: accepted, then state running",
    "windows_key": "as assumed: refused: 400 generic",
    "creation_time": "answered: running after 15 s",
    "read_after_creation": "answered: found at once",
    "list_lag": "answered: a creation at once; a name at once; a deletion at once",
    "stale_reads": "answered: stop shows at once; start shows at once; suspend shows at once; a new name shows at once",
    "public_ip_default": "as assumed: yes",
    "public_ip_delay": "answered: not later than running and completed, which came after 15 s",
    "default_vpc": "as assumed: vpc_default",
    "primary": "as assumed: 1 of 1",
    "network_form": "as assumed: 1.1: interfaces; none: ports",
    "nulls": "differs: null: ",  # the tests' shared simulator sends nulls
    "user_data": "as assumed: yes",
    "created_at": "as assumed: form 0000-00-00T00:00:00Z",
    "id_case": "as assumed: yes",
    "other_case": "as assumed: yes",
    "host_keys": "differs: no, in 5 lines",
    "reboot": "answered: running, rebooting_pending > running, rebooting > running, completed",
    "reboot_suspended": "as assumed: accepted",
    "in_transition": "as assumed: refused: 409",
    "illegal_action": "as assumed: refused: 400",
    "deletion": "answered: 404 after 3 s",
    "second_deletion": "as assumed: refused: 409",
    "statuses": "as assumed: completed, creating, deleting",
}
CASES = {
    "any names": Case({"unique_names": False}, {"unique_names": "differs: no: a second instance"}),
    "lists behind": Case({"lag": 6}, {
        "list_lag": "answered: a creation after 6 s; a name after 6 s; a deletion after 6 s",
        "read_after_creation": DEFAULTS["read_after_creation"],
    }),
    "reads behind": Case({"stale": 4}, {
        "read_after_creation": "answered: found after 4 s",
        "stale_reads": "answered: stop shows after 4 s; start shows after 4 s; suspend shows after 4 s; a new name shows "
        "after 4 s",
    }),
    "late addresses": Case({"address_delay": 20}, {"public_ip_delay": "answered: 20 s after running and completed"}),
    "no addresses": Case({"address_delay": float("inf")}, {
        "public_ip_default": "differs: no, or", "public_ip_delay": "not seen",
    }),
    "small pages": Case({"page_limit": 7}, {"page_limit": "differs: no: 7 of 62", "own_client": "as assumed: yes"}),
    "nulls omitted": Case({"nulls": "omitted"}, {"nulls": "as assumed: omitted: "}),
    "an unseen reboot": Case({"durations": {"reboot": 0}}, {"reboot": "answered: nothing within 30 s"}),
    "host keys": Case({"init_log": f"boot\n{HOST_KEYS}\nssh-ed25519 AAAA\n-----END SSH HOST KEY KEYS-----"}, {
        "host_keys": "as assumed: yes, in 4 lines",
    }),
    "edition 2024-08": Case({"edition": "2024-08"}, {
        "api_version": "differs: 2024-08 or 2025-05", "limit_1001": "differs: accepted", "name_filter": "differs: no: ",
        "backups": "differs: accepted", "custom_images": "differs: refused: 404", "default_vpc": "differs: default",
        "network_form": "differs: 1.1: ports; none: ports", "host_keys": "differs: there is no init log: 404",
        "primary": "differs: 0 of 1", "unique_names": DEFAULTS["unique_names"], "page_limit": DEFAULTS["page_limit"],
    }),
    "edition 2025-05": Case({"edition": "2025-05"}, {
        "api_version": "differs: 2024-08 or 2025-05", "own_client": "as assumed: yes",
    }),
    "no order by id": Case({"sort_by_id": False}, {"sort_by_id": "differs: refused: 422"}),
    "no expand": Case({"ignore_expand": True}, {"joined_expand": "differs: no"}),
    "deleted rows": Case({"keep_deleted": 30}, {"deletion": "answered: shown as deleted from 3 s on; 404 after 33 s"}),
    "an unknown key": Case({"unknown_ssh_keys": (NO_SUCH_KEY,)}, {
        "unknown_key": "as assumed: accepted, then state new, status creating_error, slug create_instance.keypair",
    }),
    "no Linux without a key": Case({"linux_without_key": False}, {
        "linux_without_key": "differs: no: 400 ssh_key.required", "creation_time": DEFAULTS["creation_time"],
    }, choice=Choice(ssh_key="deploy")),
    "another default VPC": Case({"vpcs": ("home",)}, {"default_vpc": "differs: home"}),
    "another Windows answer": Case({}, {"windows_key": 'differs: refused: 422 odd "No."'},
                                   {"operation": CREATE, "match": 3, "kind": "status", "status": 422,
                                    "body": {"slug": "odd", "message": "No."}}),
    "Windows with a key": Case({}, {"windows_key": "differs: accepted (201)"},
                               {"operation": CREATE, "match": 3, "kind": "status", "status": 201, "body": {"id": GHOST}}),
    "no reboot of a suspended one": Case({}, {"reboot_suspended": "differs: refused: 400 odd"},
                                         {"operation": "reboot_instance", "match": 2, "kind": "status", "status": 400,
                                          "body": {"slug": "odd", "message": "No."}}),
    "an unknown status": Case({}, {"statuses": "differs: completed, creating, deleting"},
                              {"operation": "stop_instance", "kind": "unknown_status", "seconds": 3}),
    "ids only in lower case": Case({}, {"other_case": "differs: no"},
                                   {"operation": "instance_details", "match": 19, "kind": "status", "status": 404}),
    "a lost creation": Case({}, {"linux_without_key": "not seen", "unique_names": "not seen"},
                            {"operation": CREATE, "kind": "reset", "when": "after"}),
    "an odd creation": Case({}, {"linux_without_key": "not seen", "unique_names": "not seen"},
                            {"operation": CREATE, "kind": "html", "when": "after"}),
    "passing failures": Case({}, {key: DEFAULTS[key] for key in ("unique_names", "reboot", "in_transition")}, {
        "operation": "GET /v1/instances/{id}", "match": 30, "times": 40, "share": 0.3, "kind": "status",
    }),
    "an odd catalogue": Case({}, {"api_version": DEFAULTS["api_version"], "unique_names": "not seen"}, {
        "operation": "list_instance_types", "match": 2, "kind": "status", "status": 200, "body": {"machine_types": [5]},
    }),
    "no end": Case({}, {"creation_time": "not seen"}, {"operation": CREATE, "kind": "stuck", "seconds": 1200}),
    "more than the time of a run": Case({"durations": {"create": 880, "reboot": 280}}, {
        "creation_time": "answered: running after 88", "deletion": "not seen",
    }),
    "no capacity": Case({"capacity": {"BV1-1-40": 0}}, {"creation_time": "not seen", "unique_names": "not seen"}),
    "no room for addresses": Case({"quota_public_ips": 1}, {"creation_time": "not seen"}),
}  # fmt: skip
# For make test, the switches that do not affect each other, at once; make test-all tries each separately.
TOGETHER = ("any names", "lists behind", "late addresses", "small pages", "nulls omitted", "an unseen reboot", "host keys",
            "another Windows answer")  # fmt: skip
CASES["many switches"] = Case(
    {name: value for case in TOGETHER for name, value in CASES[case].settings.items()},
    {key: words for case in TOGETHER for key, words in CASES[case].answers.items()},
    CASES["another Windows answer"].fault,
)
FAILING = (
    "an odd catalogue",
    "a lost creation",
    "an odd creation",
    "no end",
    "more than the time of a run",
    "no capacity",
    "no room for addresses",
)
CHOSEN = CASES if ALL else ("many switches", "reads behind", "edition 2024-08", "a lost creation", "no capacity")


def test_the_table_of_a_calm_cloud(cloud: Cloud) -> None:
    assert cloud.accept() == 0
    found = read_answers(cloud)
    assert {key: found[key][: len(beginning)] for key, beginning in DEFAULTS.items()} == DEFAULTS
    assert cloud.left() == []


@pytest.mark.parametrize("name", CHOSEN)
def test_the_table_shows_the_answer_that_a_switch_defines(cloud: Cloud, name: str) -> None:
    case = CASES[name]
    cloud.begin(**case.settings)
    before = cloud.foreign()
    if case.fault:
        cloud.sim.add_fault(**case.fault)
    assert cloud.accept(case.choice) == int(name in FAILING)
    found = read_answers(cloud)
    assert {key: found[key][: len(beginning)] for key, beginning in case.answers.items()} == case.answers
    assert cloud.left() == []
    assert cloud.foreign() == before


def test_a_target_shows_how_an_early_password_is_refused(cloud: Cloud) -> None:
    gate = cloud.gate()
    body = {"name": f"{RUN}-win", "machine_type": {"name": "BV2-4-40"}, "image": {"name": "windows-server-2022"},
            "network": {"associate_public_ip": False}}  # fmt: skip
    made = gate.send("POST", "/v1/instances", body=body).body["id"]
    for seconds, status in ((0, 404), (60, 200), (0, 404)):
        cloud.sim.advance(seconds)
        answer = gate.send("GET", f"/v1/instances/config/{made}/first-windows-password")
        assert answer.status == status
    gate.session.close()
    rows = {row.key: row for row in report.answer_rows(gate.seen)}
    assert rows["early_password"].seen.startswith("refused: 404 windows_password_not_ready")


def read_answers(cloud: Cloud) -> Answers:
    """Return the answers of the report with their results."""
    found = json.loads((cloud.folder / RUN / "report.json").read_text())["answers"]
    return {key: f"{answer['result']}: {answer['seen']}" for key, answer in found.items()}
