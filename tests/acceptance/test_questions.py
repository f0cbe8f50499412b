# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables of observations with their answers, and of answers with their report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import report
from tests.acceptance.gate import REFUSED_HERE
from tests.acceptance.observations import BY_ID, BY_LIST, Look, Observations, Response, outline, redact
from tests.acceptance.questions import ANSWERED, AS_ASSUMED, DIFFERS, NOT_SEEN, QUESTIONS, verdict
from tests.acceptance.report import Report, Row

BY_KEY = {question.key: question for question in QUESTIONS}
Watches = dict[str, list[Look]]


def by_id(seconds: float, state: str | None = None, status: str | None = None, name: str = "first",
          public_ip: bool = False) -> Look:  # fmt: skip
    return Look(seconds, BY_ID, status is not None, state, status, name, public_ip)


def by_list(seconds: float, found: bool = True) -> Look:
    return Look(seconds, BY_LIST, found)


def verdict_of(key: str, responses: dict[str, Response] | None = None, watches: Watches | None = None,
               statuses: set[tuple[str, str, str]] | None = None, **facts: Any) -> tuple[str, str]:  # fmt: skip
    """Return the verdict and the words of the answer to a question."""
    seen = Observations()
    seen.responses, seen.watches, seen.facts = responses or {}, watches or {}, facts
    seen.statuses = statuses or set()
    answer = BY_KEY[key].answer(seen)
    return verdict(answer), answer.seen if answer else "-"


def responded(
    label: str, status: int, slug: str = "", message: str = "", keys: tuple[str, ...] = ()
) -> dict[str, Response]:
    return {label: Response(status, slug, message, keys)}


def test_nothing_is_answered_by_no_observation() -> None:
    assert {row.verdict for row in report.answer_rows(Observations())} == {NOT_SEEN}
    assert len(BY_KEY) == len(QUESTIONS)


@pytest.mark.parametrize(
    ("key", "label", "assumed", "differing"),
    [
        ("limit_1000", "limit 1000", 200, 422),
        ("limit_1001", "limit 1001", 422, 200),
        ("sort_by_id", "sort by id", 200, 400),
        ("backups", "backups", 404, 200),
        ("custom_images", "custom images", 200, 404),
        ("no_uuid", "no uuid", 404, 400),
        ("no_uuid", "no uuid", 422, 200),
        ("wrong_key", "wrong key", 403, 401),
        ("no_key", "no key", 401, 403),
        ("unique_names", "same name", 409, 201),
        ("unique_names", "same name", 409, 400),
        ("linux_without_key", "linux without key", 201, 400),
        ("windows_key", "windows with key", 400, 422),
        ("windows_key", "windows with key", 400, 201),
        ("early_password", "early password", 404, 400),
        ("reboot_suspended", "reboot while suspended", 204, 400),
        ("in_transition", "stop during stop", 409, 204),
        ("illegal_action", "start while running", 400, 204),
        ("second_deletion", "deletion during deletion", 409, 204),
        ("second_deletion", "deletion during deletion", 404, 500),
        ("host_keys", "init log", 404, 404),
    ],
)
def test_answers_by_a_status(key: str, label: str, assumed: int, differing: int) -> None:
    if key != "host_keys":
        assert verdict_of(key, responded(label, assumed))[0] == AS_ASSUMED
    found, words = verdict_of(key, responded(label, differing, "a.slug", "Why."))
    assert found == DIFFERS
    assert str(differing) in words or differing == 201
    # Neither the run's own refusals nor lost responses say anything about the API.
    assert verdict_of(key, responded(label, 403, REFUSED_HERE))[0] == NOT_SEEN
    assert {verdict_of(key, responded(label, status))[0] for status in (0, 429, 503)} == {NOT_SEEN}


MEANINGS = "melting_error (taken as operation failed), migrating (taken as moving)"
CATALOGUE = responded("machine types", 200)
CREATION = [by_id(0), by_list(0, False), by_id(2, "new", "creating"), by_list(2, False), by_id(4, "running", "completed"),
            by_list(4), by_id(9, "running", "completed", public_ip=True), by_list(9)]  # fmt: skip
STOP = [by_id(0, "running", "completed"), by_id(3, "running", "stopping"), by_id(5, "stopped", "completed")]
QUIET = [by_id(0, "running", "completed"), by_id(31, "running", "completed")]
DELETION = [by_id(0, "running", "deleting"), by_list(0), by_id(3), by_list(3), by_id(8), by_list(8, False)]


@pytest.mark.parametrize(
    ("key", "observed", "expected"),
    [
        ("api_version", {"responses": CATALOGUE, "has total": True}, (AS_ASSUMED, "2026-08 (lists have a total)")),
        ("api_version", {"responses": CATALOGUE, "has total": False},
         (DIFFERS, "2024-08 or 2025-05 (lists have no total)")),
        ("page_limit", {"rows": 62, "rows in all": 62, "rows asked": 1000}, (AS_ASSUMED, "yes: 62 of 62 machine types")),
        ("page_limit", {"rows": 20, "rows in all": 62, "rows asked": 1000, "default limit": 200},
         (DIFFERS, "no: 20 of 62 machine types came; the default of that list is 200")),
        ("page_limit", {"rows": 1000, "rows in all": 1200, "rows asked": 1000},
         (AS_ASSUMED, "yes: 1000 of 1200 machine types")),
        ("name_filter", {"named": ["a"]}, (AS_ASSUMED, "yes, exactly")),
        ("name_filter", {"named": ["a", "b"]}, (DIFFERS, "no: 2 names came")),
        ("name_filter", {"named": []}, (DIFFERS, "no: 0 names came")),
        ("refusal_form", {"responses": responded("limit 0", 422, keys=("message", "slug"))},
         (AS_ASSUMED, "422 with message, slug")),
        ("refusal_form", {"responses": responded("limit 0", 422, keys=("detail",))}, (DIFFERS, "422 with detail")),
        ("headers", {"headers": ["date", "x-request-id", "x-mgc-trace-id"], "encoding": "gzip"},
         (AS_ASSUMED, "all three; content-encoding: gzip")),
        ("headers", {"headers": ["date"], "encoding": "none"},
         (DIFFERS, "without x-request-id, x-mgc-trace-id; content-encoding: none")),
        ("ram_units", {"ram": [4, 131072]}, (ANSWERED, "values from 4 to 131072")),
        ("own_client", {"own client": True}, (AS_ASSUMED, "yes")),
        ("own_client", {"own client": "ApiError"}, (DIFFERS, "ApiError")),
        ("default_vpc", {"vpc": "default"}, (DIFFERS, "default")),
        ("user_data", {"user data as sent": False}, (DIFFERS, "no")),
        ("created_at", {"created_at": "0000-00-00T00:00:00Z"}, (AS_ASSUMED, "form 0000-00-00T00:00:00Z")),
        ("created_at", {"created_at": "0000-00-00T00:00:00.000Z"}, (DIFFERS, "form 0000-00-00T00:00:00.000Z")),
        ("nulls", {"nulls sent": [], "omitted": ["error"]}, (AS_ASSUMED, "omitted: error")),
        ("nulls", {"nulls sent": ["error"], "omitted": []}, (DIFFERS, "null: error")),
        ("nulls", {"nulls sent": ["error"], "omitted": ["labels"]}, (DIFFERS, "null: error; omitted: labels")),
        ("nulls", {"nulls sent": [], "omitted": []}, (ANSWERED, "every field has a value")),
        ("primary", {"primary": [True, False], "security groups shown": True},
         (AS_ASSUMED, "1 of 2 interfaces; security groups are shown")),
        ("primary", {"primary": [None]}, (DIFFERS, "0 of 1 interfaces; no security groups are shown")),
        ("network_form", {"network by x-api-version": {"1.1": ["interfaces"], "none": ["ports"]}},
         (AS_ASSUMED, "1.1: interfaces; none: ports")),
        ("network_form", {"network by x-api-version": {"1.1": ["ports"], "none": []}},
         (DIFFERS, "1.1: ports; none: neither")),
        ("host_keys", {"responses": responded("init log", 200), "init log": {"lines": 9, "host keys": True}},
         (AS_ASSUMED, "yes, in 9 lines")),
        ("host_keys", {"responses": responded("init log", 200), "init log": {"lines": 9, "host keys": False}},
         (DIFFERS, "no, in 9 lines")),
        ("unknown_key", {"responses": responded("unknown key", 201), "unknown key error": "no.key",
                         "watches": {"unknown key": [by_id(4, "error", "creating_error")]}},
         (AS_ASSUMED, "accepted, then state error, status creating_error, slug no.key")),
        ("unknown_key", {"responses": responded("unknown key", 201),
                         "watches": {"unknown key": [by_id(4, "running", "completed")]}},
         (DIFFERS, "accepted, then state running, status completed")),
        ("unknown_key", {"responses": responded("unknown key", 400, "x", "No.")}, (DIFFERS, 'refused: 400 x "No."')),
        ("creation_time", {"watches": {"creation": CREATION}}, (ANSWERED, "running after 4 s")),
        ("read_after_creation", {"watches": {"creation": CREATION}}, (ANSWERED, "found after 2 s")),
        ("public_ip_default", {"watches": {"creation": CREATION}}, (AS_ASSUMED, "yes")),
        ("public_ip_default", {"watches": {"creation": CREATION[:6]}},
         (DIFFERS, "no, or it did not come within the time of the test")),
        ("public_ip_default", {"watches": {"creation": CREATION[:4]}}, (NOT_SEEN, "-")),
        ("public_ip_delay", {"watches": {"creation": CREATION}},
         (ANSWERED, "5 s after running and completed, which came after 4 s")),
        ("public_ip_delay", {"watches": {"creation": CREATION[:6]}}, (NOT_SEEN, "-")),
        ("list_lag", {"watches": {"creation": CREATION, "deletion": DELETION}},
         (ANSWERED, "a creation after 4 s; a deletion after 5 s")),
        ("list_lag", {"watches": {"rename": [by_id(0, name="new"), by_list(0, False)]}},
         (ANSWERED, "a name not within the time of the test")),
        ("stale_reads", {"watches": {"stop": STOP}}, (ANSWERED, "stop shows after 3 s")),
        ("stale_reads", {"watches": {"stop": QUIET}}, (ANSWERED, "stop shows not within the time of the test")),
        ("stop_course", {"watches": {"stop": STOP}},
         (ANSWERED, "running, completed > running, stopping > stopped, completed")),
        ("reboot", {"watches": {"reboot": QUIET}}, (ANSWERED, "nothing within 31 s")),
        ("reboot", {"watches": {"reboot": [by_id(0, "running", "rebooting"), *QUIET]}},
         (ANSWERED, "running, rebooting > running, completed")),
        ("deletion", {"watches": {"deletion": DELETION}}, (ANSWERED, "404 after 3 s")),
        ("deletion", {"watches": {"deletion": [by_id(2, "deleted", "deleted"), by_id(62)]}},
         (ANSWERED, "shown as deleted from 2 s on; 404 after 62 s")),
        ("statuses", {"statuses": {("instance", "running", "completed")}}, (AS_ASSUMED, "completed")),
        ("statuses", {"statuses": {("instance", "running", "migrating"), ("instance", "error", "melting_error")}},
         (DIFFERS, f"melting_error, migrating; not known before: {MEANINGS}")),
    ],
)  # fmt: skip
def test_answers(key: str, observed: dict[str, Any], expected: tuple[str, str]) -> None:
    assert verdict_of(key, **observed) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key of-mine here", "key <secret> here"),
        ("of-mine-longer", "<secret>-longer"),
        ("Instance 9ec75090-2872-4F51-8111-53d05d96d2c6 is stopping", "Instance <id> is stopping"),
        ("at 203.0.113.7 and 2001:db8::1:2", "at <address> and <address>"),
        ("2001:db8::2%eth0, ::1", "<address>%eth0, <address>"),
        ("from 10:22:33 to 2026-11-30T05:06:07Z", "from 10:22:33 to 2026-11-30T05:06:07Z"),
        (
            "cloud-ubuntu-24.04 LTS, 1.1: interfaces; none: ports",
            "cloud-ubuntu-24.04 LTS, 1.1: interfaces; none: ports",
        ),
        ("I2Nsb3VkLWNvbmZpZwp7fQoI2Nsb3VkLWNvbmZpZwp7fQo=", "<data>"),
        ("mgc-acceptance-bcdfghjk-first", "mgc-acceptance-bcdfghjk-first"),
    ],
)
def test_texts_are_redacted(text: str, expected: str) -> None:
    assert redact(text, ["of-mine", ""]) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"slug": "a.b", "message": "Key of-mine."}, Response(403, "a.b", "Key <secret>.", ("message", "slug"))),
        ({"developerMessage": "No", "errorCode": "x"}, Response(403, "x", "No", ("developerMessage", "errorCode"))),
        ({"message": ["odd"]}, Response(403, "", "", ("message",))),
        ("<html>", Response(403)),
        (None, Response(403)),
    ],
)
def test_outlines_of_responses(body: Any, expected: Response) -> None:
    assert outline(403, body, ["of-mine"]) == expected


def test_a_report_as_page_text_and_data(tmp_path: Path) -> None:
    rows = [Row("a", "One | two?", "yes", "seen of-mine", DIFFERS), Row("b", "Three?", "no", "-", NOT_SEEN)]
    made = Report({"region": "br-se1"}, rows, {"vm_info": "passed"}, ["A note of-mine."], {"x": [1, {"of-mine": True}]})
    page, data = report.write(made, tmp_path, ["of-mine"])
    assert page.read_text().splitlines() == [
        "# Acceptance run of magalu.cloud", "", "- region: br-se1", "",
        "| question | assumed | seen | result |", "| --- | --- | --- | --- |",
        "| One \\| two? | yes | seen <secret> | differs |", "| Three? | no | - | not seen |", "",
        "| integration target | result |", "| --- | --- |", "| vm_info | passed |", "", "- A note <secret>.",
    ]  # fmt: skip
    found = json.loads(data.read_text())
    assert found["answers"]["a"] == {
        "question": "One | two?", "assumed": "yes", "seen": "seen <secret>", "result": DIFFERS,
    }  # fmt: skip
    assert found["observations"] == {"x": [1, {"<secret>": True}]}
    assert report.as_text(made).splitlines()[0] == "not seen    Three?"
    assert report.summary(rows) == "2 questions: 1 differ, 1 not seen"
