# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Custom images and init logs over real HTTP: the module as Ansible runs it, on the simulator's clock."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._resources import image as resource
from tests.support import task
from tests.support.module import result

SIGNATURE = "kept-signature-7f21"
URL = f"https://objects.example.com/golden.qcow2?X-Amz-Signature={SIGNATURE}"
NEEDS = {"vcpu": 1, "ram": 2, "disk": 20}
GOLDEN: dict[str, Any] = {"name": "golden-1", "url": URL, "platform": "linux", "version": "1", "requirements": NEEDS}
CREATE = "POST /v1/images/custom"


def image(sim: Any, check: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
    """Run vm_image and return its result."""
    done = result(sim, "vm_image", options, check, diff)
    assert SIGNATURE not in json.dumps(done), done
    return done


def action_names(done: dict[str, Any]) -> list[str]:
    assert not done.get("failed"), done
    assert done["changed"] == bool(done["actions"])
    return [action["action"] for action in done["actions"]]


def list_images(sim: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = sim.state()["br-se1"]["images"]
    return rows


def list_changes(sim: Any) -> list[tuple[str, Any]]:
    """Return the requests that are not reads, in order."""
    return [(one["method"], one["body"]) for one in sim.requests() if one["method"] != "GET"]


def meanwhile(happens: Callable[[], Any]) -> Any:
    """Call `happens` between the first look and the first step."""
    observed = resource.find_in_kind
    left = [happens]

    def found(*given: Any) -> Any:
        rows = observed(*given)
        if left:
            left.pop()()
        return rows

    return mock.patch.object(resource, "find_in_kind", found)


@pytest.mark.parametrize("nulls", ["sent", "omitted"])
def test_whether_an_image_boots_by_uefi_is_compared_where_a_response_shows_it(sim: Any, nulls: str) -> None:
    """UEFI is compared if a response shows it, and check mode predicts how the response will show it."""
    sim.reset(nulls=nulls)
    planned, done = image(sim, check=True, **GOLDEN, uefi=True), image(sim, **GOLDEN, uefi=True)
    assert planned["image"]["metadata"] == done["image"]["metadata"] == {"uefi": "true"}
    (warning,) = image(sim, **GOLDEN, uefi=False)["warnings"]
    assert warning.endswith("differs in what the API cannot change: uefi is True, declared is False.")
    assert [image(sim, **GOLDEN, **given)["warnings"] for given in ({}, {"uefi": True})] == [[], []]
    image(sim, **{**GOLDEN, "name": "bios"})
    assert image(sim, **{**GOLDEN, "name": "bios"}, uefi=True)["warnings"] == [], "the response does not show it"


CHANGES: list[dict[str, Any]] = [{"description": "The base"}, {"version": "2"}, {"requirements": {**NEEDS, "disk": 40}}]


@pytest.mark.parametrize("settings", [{}, {"stale": 2}, {"lag": 5}, {"nulls": "omitted"}], ids=str)
def test_the_twelve_steps(sim: Any, settings: Any) -> None:
    """Create, change each field and delete, each twice, and first in check mode, which sends nothing."""
    sim.reset(**settings)
    declared = dict(GOLDEN)
    steps: list[tuple[dict[str, Any], list[str]]] = [(declared, ["create"])]
    for change in CHANGES:
        declared = {**declared, **change}
        steps.append((declared, ["update"]))
    steps.append(({"name": "golden-1", "state": "absent"}, ["delete"]))
    for options, expected in steps:
        for wanted in (expected, []):
            sim.clear_requests()
            planned = image(sim, check=True, **options)
            assert action_names(planned) == wanted
            assert list_changes(sim) == []
            done = image(sim, **options)
            assert done["actions"] == planned["actions"]
            shown = (planned["image"] or {}) | {"id": (done["image"] or {}).get("id")}
            assert {key: (done["image"] or {}).get(key) for key in shown} == shown
        sim.advance(60)
    assert list_images(sim) == []


def test_a_creation_is_sent_as_the_contract_says(sim: Any) -> None:
    done = image(sim, **GOLDEN, description="The base", license="licensed", uefi=True)
    assert done["image"]["metadata"] == {"uefi": "true"}
    assert list_changes(sim) == [("POST", {**GOLDEN, "description": "The base", "license": "licensed", "uefi": True,
                                           "architecture": "x86/64"})]  # fmt: skip
    assert (done["image"]["status"], done["image"]["license"]) == ("active", "licensed")
    sim.clear_requests()
    image(sim, name="bare", url=URL, platform="windows")
    assert list_changes(sim) == [("POST", {"name": "bare", "url": URL, "platform": "windows", "license": "unlicensed",
                                           "uefi": False, "architecture": "x86/64"})]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_each_changeable_field_is_sent_alone(sim: Any, change: Any) -> None:
    row = sim.seed("custom_image", name="golden-1")
    assert action_names(image(sim, id=row["id"], **change)) == ["update"]
    assert list_changes(sim) == [("PATCH", change)]
    assert action_names(image(sim, name="golden-1", **change)) == []


def test_an_unchanged_image_takes_one_request(sim: Any) -> None:
    row = sim.seed("custom_image", name="golden-1")
    for chosen in ({"name": "golden-1"}, {"id": row["id"]}):
        sim.clear_requests()
        assert action_names(image(sim, **chosen)) == []
        assert len(sim.requests()) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["reset", "html"])
def test_a_creation_with_a_lost_response_is_sent_once(sim: Any, kind: str, when: str) -> None:
    sim.reset(lag=5)
    sim.add_fault(operation=CREATE, when=when, kind=kind)
    assert action_names(image(sim, **GOLDEN)) == ["create"]
    assert [row["name"] for row in list_images(sim)] == ["golden-1"]
    assert len(list_changes(sim)) == (2 if when == "before" else 1)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_change_whose_answer_is_lost_happens(sim: Any, method: str, when: str) -> None:
    sim.seed("custom_image", name="golden-1", version="1")
    sim.add_fault(operation=f"{method} /v1/images/custom/{{id}}", when=when, kind="reset")
    change = {"version": "2"} if method == "PATCH" else {"state": "absent"}
    assert action_names(image(sim, name="golden-1", **change)) == ["update" if method == "PATCH" else "delete"]
    assert [row["version"] for row in list_images(sim)] == (["2"] if method == "PATCH" else [])


@pytest.mark.parametrize("lag", [0, 15])
def test_an_image_name_that_another_run_took_is_read_and_planned_again(sim: Any, lag: int) -> None:
    sim.reset(lag=lag)
    body = {"name": "golden-1", "url": URL, "platform": "linux", "license": "unlicensed", "architecture": "x86/64"}
    other = task.client(sim)
    with meanwhile(lambda: other.request("POST", "/v1/images/custom", body=body)):
        done = image(sim, name="golden-1", url=URL, platform="linux", version="2")
    assert action_names(done) == ["update"]
    assert [(row["status"], row["version"]) for row in list_images(sim)] == [("active", "2")]


def test_an_import_in_progress_is_awaited_and_not_repeated(sim: Any) -> None:
    first = image(sim, **GOLDEN, wait=False)
    assert (action_names(first), first["image"]["status"]) == (["create"], "pending")
    sim.clear_requests()
    assert image(sim, **GOLDEN)["image"]["status"] == "active"
    assert list_changes(sim) == []


@pytest.mark.parametrize(
    "wait_timeout",
    [
        pytest.param({}, marks=pytest.mark.test_all("four hours are thousands of reads"), id="default, four hours"),
        pytest.param({"wait_timeout": 400}, id="given"),
    ],
)
def test_an_import_takes_hours(sim: Any, wait_timeout: Any) -> None:
    longest = wait_timeout.get("wait_timeout", 4 * 3600)
    sim.reset(durations={"image": 0.75 * longest})
    assert action_names(image(sim, **GOLDEN, **wait_timeout)) == ["create"]
    sim.reset(durations={"image": 1.25 * longest})
    late = image(sim, **GOLDEN, **wait_timeout)
    assert late["failed"]
    assert late["created"] == [late["image"]["id"]]
    assert "importing" in late["msg"]


def test_a_failed_import_is_reported_with_its_remedy_and_can_be_deleted(sim: Any) -> None:
    sim.add_fault(operation=CREATE, kind="failing")
    done = image(sim, **GOLDEN)
    assert done["failed"]
    assert done["created"] == [done["image"]["id"]]
    assert [action["action"] for action in done["actions"]] == ["create"]
    assert "its status is error. Delete it with state: absent." in done["msg"]
    again = image(sim, **GOLDEN)
    assert "Delete it with state: absent." in again["msg"]
    assert len(list_changes(sim)) == 1
    assert action_names(image(sim, name="golden-1", state="absent")) == ["delete"]
    assert action_names(image(sim, **GOLDEN)) == ["create"]


def test_a_deletion_ends_before_the_successor_is_created(sim: Any) -> None:
    old = sim.seed("custom_image", name="golden-1")
    image(sim, id=old["id"], state="absent", wait=False)
    done = image(sim, **GOLDEN)
    assert (action_names(done), [row["id"] for row in list_images(sim)]) == (["create"], [done["image"]["id"]])
    assert done["image"]["id"] != old["id"]


def test_a_failed_deletion_gives_a_warning_and_can_be_repeated(sim: Any) -> None:
    sim.seed("custom_image", name="golden-1", status="deleting_error")
    done = image(sim, name="golden-1", check=True)
    assert done["warnings"] == ["The last operation on custom image golden-1 failed: its status is deleting_error."]
    assert action_names(image(sim, name="golden-1", state="absent")) == ["delete"]


@pytest.mark.parametrize("told", [URL, URL.partition("?")[2]], ids=["all of it", "its query"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_the_url_is_in_no_result(sim: Any, told: str, when: str) -> None:
    """No result has the URL; the helper `image` checks that in every result of this file."""
    body = {"slug": told, "message": f"cannot read {told}", "details": {told: [told]}}
    sim.add_fault(operation=CREATE, nth="every", kind="status", status=400, body=body, when=when)
    done = image(sim, **GOLDEN)
    assert done["failed"]
    assert done["error"]["message"] == "cannot read ********"


def test_a_url_that_expires_too_soon_gives_a_warning_in_both_modes(sim: Any) -> None:
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    url = f"{URL}&X-Amz-Date={now}&X-Amz-Expires=3600"
    for check in (True, False):
        done = image(sim, **{**GOLDEN, "url": url}, check=check)
        assert done["warnings"] == [
            "url expires in 1.0 hours; the import may take 12 hours, and fails when it expires before."
        ]
    assert image(sim, **{**GOLDEN, "url": url})["warnings"] == []


@pytest.mark.parametrize("chosen", ["id", "name"])
@pytest.mark.parametrize("check", [True, False])
def test_protected_names_are_never_deleted(sim: Any, chosen: str, check: bool) -> None:
    row = sim.seed("custom_image", name="golden-1")
    done = image(sim, **{chosen: row[chosen]}, state="absent", protect_names=["x", "gold*"], check=check)
    assert "is protected from deletion: its name matches 'gold*' of protect_names." in done["msg"]
    assert list_changes(sim) == []
    assert action_names(image(sim, **{chosen: row[chosen]}, state="absent", protect_names=["gold", "GOLD*"])) == [
        "delete"
    ]


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("chosen", [{"name": "golden-1"}, {"id": "9ec75090-2872-4f51-8111-53d05d96d2c6"}], ids=str)
def test_api_version_2024_08_has_no_custom_images(sim: Any, state: str, chosen: Any) -> None:
    sim.reset(edition="2024-08")
    done = image(sim, **chosen, state=state, **({"url": URL, "platform": "linux"} if "name" in chosen else {}))
    assert "API version 2024-08 has no custom images." in done["msg"]
    assert list_changes(sim) == []


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "one of the following is required: id, name"),
    ({**GOLDEN, "name": "golden 1"}, "names of custom images have letters, digits, '-' and '_' only."),
    ({**GOLDEN, "name": "dourada-\u00e9"}, "names of custom images have letters, digits, '-' and '_' only."),
    ({"id": "golden-1"}, "id is 'golden-1', but ids are UUIDs"),
    ({**GOLDEN, "url": "s3://bucket/image"}, "url is not a URL that begins with https:// or http://."),
    ({**GOLDEN, "url": "https://[bucket/image"}, "url is not a URL that begins with https:// or http://."),
    ({"name": "golden-1"}, "There is no custom image 'golden-1'; creating it needs url and platform."),
    ({"name": "golden-1", "url": URL}, "creating it needs platform."),
    ({"id": "9ec75090-2872-4f51-8111-53d05d96d2c6"}, "There is no custom image with id 9ec75090"),
    ({**GOLDEN, "platform": "bsd"}, "value of platform must be one of: linux, windows"),
    ({**GOLDEN, "requirements": {"vcpu": 1}}, "missing required arguments: disk, ram found in requirements"),
]


@pytest.mark.parametrize(("options", "said"), REFUSED)
@pytest.mark.parametrize("check", [True, False])
def test_an_impossible_image_is_refused_with_a_sentence(sim: Any, options: Any, said: str, check: bool) -> None:
    assert said in image(sim, **options, check=check)["msg"]
    assert list_changes(sim) == []


def info(sim: Any, **options: Any) -> dict[str, Any]:
    return result(sim, "vm_info", options)


def test_vm_info_returns_the_init_log_of_an_instance(sim: Any) -> None:
    row = sim.seed("instance", name="web")
    whole = info(sim, kind="init_logs", name="web")
    assert whole["count"] == len(whole["init_logs"]) == 5
    assert "Hostname set to <web>" in whole["init_logs"][1]
    last = info(sim, kind="init_logs", id=row["id"], lines=2)["init_logs"]
    assert last == whole["init_logs"][-2:]
    assert [one["query"] for one in sim.requests() if one["path"].endswith("/init-logs")] == [
        [], [("max-lines-count", "2")]
    ]  # fmt: skip
    assert info(sim, kind="init_logs", name="nobody")["msg"] == "There is no instance 'nobody'."


@pytest.mark.parametrize("by", ["id", "name"])
def test_api_version_2024_08_has_no_init_logs(sim: Any, by: str) -> None:
    sim.reset(edition="2024-08")
    row = sim.seed("instance", name="web")
    assert info(sim, kind="init_logs", **{by: row[by]})["msg"] == "API version 2024-08 has no init logs."


def test_the_apis_words_about_a_missing_init_log_are_passed_on(sim: Any) -> None:
    sim.seed("instance", name="web", state="new", status="creating")
    assert info(sim, kind="init_logs", name="web")["error"]["slug"] == "instance.logs.not_found"


@pytest.mark.parametrize("logs", [None, "one line", [1]])
def test_an_init_log_that_is_not_a_list_of_lines_is_an_error(sim: Any, logs: Any) -> None:
    sim.seed("instance", name="web")
    sim.add_fault(operation="GET /v1/instances/{id}/init-logs", kind="status", status=200, body={"logs": logs})
    assert ": the response has no list of lines (status 200, GET " in info(sim, kind="init_logs", name="web")["msg"]


def test_custom_images_are_listed(sim: Any) -> None:
    sim.seed("custom_image", name="golden-1")
    sim.seed("custom_image", name="broken", status="error", platform="windows")
    filters: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["golden-1", "broken"]), ({"usable": True}, ["golden-1"]), ({"status": ["error"]}, ["broken"]),
        ({"platform": ["windows"]}, ["broken"]), ({"name_pattern": "gold*"}, ["golden-1"]), ({"name": "x"}, []),
    ]  # fmt: skip
    for options, names in filters:
        listed = info(sim, kind="custom_images", **options)["custom_images"]
        assert sorted(row["name"] for row in listed) == sorted(names), options
    sim.reset(edition="2024-08")
    assert info(sim, kind="custom_images")["msg"] == "API version 2024-08 has no custom images."


def test_the_diff_shows_the_change(sim: Any) -> None:
    sim.seed("custom_image", name="golden-1", version="1")
    diff = result(sim, "vm_image", {"name": "golden-1", "version": "2"}, diff=True)["diff"]
    assert (diff["before"]["version"], diff["after"]["version"]) == ("1", "2")
