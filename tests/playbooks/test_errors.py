# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every failure has an `error` of the same shape, so that a `rescue` or `until` can read its slug."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.support import shapes
from tests.support.declarations import DECLARED, LARGE, SMALL
from tests.support.module import result
from tests.support.play import Player, vm_instance
from tests.support.shapes import LIST, NO, STOP, STOPPED, WEB

KEYS = {"doing", "status", "slug", "message", "details", "request_id"}
CAPACITY, KEYPAIR = "create_instance.capacity.error", "create_instance.keypair.not_found"
QUOTA = "create_instance.quota.instance"
CREATE, FILL = "create instance web", {"capacity": {SMALL: 0}}


NOT_IN_VERSION = "not_in_api_version"


def failures(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every failed result, including those of a fleet's members."""
    if "failed" in value:
        yield value
    for members in value.get("members", []) if isinstance(value.get("members"), list) else []:
        yield from failures(members)


@pytest.mark.parametrize("name", [name for name, value in json.loads(shapes.FILE.read_text()).items()
                                  if list(failures(value))])  # fmt: skip
def test_every_recorded_failure_has_an_error_with_the_same_keys(name: str) -> None:
    for failure in failures(json.loads(shapes.FILE.read_text())[name]):
        assert failure["error"].keys() == KEYS
        assert (failure["error"]["doing"], failure["error"]["message"]) == ("str", "str")


class Case(NamedTuple):
    """A failing task, and the contents of its error."""

    options: dict[str, Any]
    doing: str
    status: int | None
    slug: str | None
    message: str
    settings: dict[str, Any] | None = None
    seeds: tuple[dict[str, Any], ...] = ()
    fault: dict[str, Any] | None = None
    env: dict[str, str] | None = None


BROKEN = {"kind": "instance", "name": "web", "state": "new", "status": "creating_error",
          "error": {"slug": KEYPAIR, "message": "No such key"}}  # fmt: skip
BOTH = [{"availability_zone": "br-se1-b"}]
CASES = {
    "a refused creation": Case(DECLARED, CREATE, 403, "forbidden", "No", fault={"operation": "POST /v1/instances", **NO}),
    "a refused action": Case(STOPPED, "stop instance web", 403, "forbidden", "No", seeds=WEB, fault={**STOP, **NO}),
    "a refused list": Case(DECLARED, "look at instance web", 403, "forbidden", "No", fault={**LIST, **NO}),
    "no capacity later": Case(DECLARED, CREATE, None, CAPACITY, "There is no capacity for BV1-1-40", FILL),
    "no quota later": Case(DECLARED, CREATE, None, QUOTA, "Quota of 0 exceeded: instance", {"quota_instances": 0}),
    "no key later": Case(DECLARED, CREATE, None, KEYPAIR, "Keypair deploy not found", {"unknown_ssh_keys": ["deploy"]}),
    "no capacity for any alternative": Case({**DECLARED, "alternatives": BOTH}, CREATE, None, CAPACITY,
                                            "There is no capacity for BV1-1-40 in br-se1-b", FILL),
    "a creation that failed before": Case(DECLARED, CREATE, None, KEYPAIR, "No such key", seeds=(BROKEN,)),
    "no capacity for a retype": Case({"name": "web", "machine_type": LARGE}, f"retype instance web to {LARGE}", None,
                                     "retype_instance.capacity.error", f"No capacity for {LARGE}",
                                     {"capacity": {LARGE: 0}}, WEB),
    "an option of a wrong type": Case({"name": "web", "wait": "x"}, "check the options", None, None, "argument 'wait'"),
    "an unknown option": Case({"name": "web", "nmae": "x"}, "check the options", None, None, "nmae"),
    "an unknown state": Case({"name": "web", "state": "started"}, "check the options", None, None, "mean running?"),
    "an option that no request could have": Case({"name": "web", "user_data_base64": "%"}, "check the options", None, None,
                                                 "user_data_base64"),
    "no credentials": Case(DECLARED, "check the options", None, None, "No credentials", env={"MGC_API_KEY": ""}),
    "a failed check": Case({**DECLARED, "image": "cloud-debian"}, "look at instance web", None, None, "no image 'cloud-deb"),
    "nothing to connect to": Case({**DECLARED, "api_retries": 0}, "look at instance web", None, None, "no connection to",
                                  env={"MGC_API_URL": "http://127.0.0.1:9/{region}"}),
    "a time-out": Case(STOPPED, "stop instance web", None, None, "Timed out after 600 s", seeds=WEB,
                       fault={**STOP, "kind": "stuck"}),
}  # fmt: skip
NOT_OF_MEMBERS = ("a refused list", "no credentials", "nothing to connect to")


def error_of(sim: Any, case: Case, module: str, options: dict[str, Any]) -> dict[str, Any]:
    sim.reset(**(case.settings or {}))
    for seed in case.seeds:
        sim.seed(**seed)
    if case.fault:
        sim.add_fault(**case.fault)
    return result(sim, module, options, env=case.env)


def matches(error: dict[str, Any], case: Case) -> None:
    assert error.keys() == KEYS
    assert (error["doing"], error["status"], error["slug"]) == (case.doing, case.status, case.slug)
    assert case.message in error["message"]
    assert (error["request_id"] is None) == (case.status is None)


@pytest.mark.parametrize("name", CASES)
def test_the_error_describes_the_failure(sim: Any, name: str) -> None:
    given = error_of(sim, CASES[name], "vm_instance", CASES[name].options)
    assert given["failed"]
    matches(given["error"], CASES[name])


@pytest.mark.parametrize("name", [name for name in CASES if "option" not in name and "state" not in name])
def test_a_fleet_and_its_members_say_the_same(sim: Any, name: str) -> None:
    case = CASES[name]
    declared = {key: value for key, value in case.options.items() if key != "api_retries"}
    shared = {"api_retries": case.options.get("api_retries"), "wait_timeout": 600}
    given = error_of(sim, case, "vm_fleet", {"instances": [declared], **shared})
    if name in NOT_OF_MEMBERS:
        matches(given["error"], case._replace(doing=case.doing.replace("instance web", "the fleet")))
        return
    member = given["members"][0]
    assert member["failed"] and given["error"] == member["error"], "what failed first stands for the fleet"
    matches(member["error"], case)


OLD, NEW = "2024-08", "2026-08"
NIGHTLY = {"name": "day", "state": "restored", "restore": {"name": "new", "machine_type": SMALL}}
LACKING: dict[str, tuple[str, str, dict[str, Any]]] = {
    "backups": (NEW, "vm_info", {"kind": "backups"}),
    "a backup to delete": (NEW, "vm_backup", {"name": "day", "state": "absent"}),
    "a backup to restore": (NEW, "vm_backup", NIGHTLY),
    "a backup as a source": (NEW, "vm_instance", {"name": "new", "backup": "day", "machine_type": SMALL}),
    "custom images": (OLD, "vm_info", {"kind": "custom_images"}),
    "a custom image": (OLD, "vm_image", {"name": "golden", "state": "absent"}),
    "init logs": (OLD, "vm_info", {"kind": "init_logs", "name": "web"}),
    "labels": (OLD, "vm_instance", {**DECLARED, "name": "new", "labels": ["a"]}),
    "labels with every alternative": (
        OLD,
        "vm_instance",
        {**DECLARED, "name": "new", "labels": ["a"], "alternatives": BOTH},
    ),
    "a copy of a snapshot": (OLD, "vm_snapshot", {"name": "day", "state": "copied", "destination_region": "br-ne1"}),
    "first passwords": (OLD, "vm_windows_password", {"name": "win"}),
}


@pytest.mark.parametrize("name", LACKING)
def test_a_slug_identifies_what_the_api_version_lacks(sim: Any, name: str) -> None:
    """A slug says what the API version lacks, so playbooks need not parse the text."""
    edition, module, options = LACKING[name]
    sim.reset(edition=edition)
    for seed in (*WEB, {"kind": "snapshot", "name": "day"}, *shapes.WINDOWS):
        sim.seed(**seed)
    given = result(sim, module, options)
    assert given["error"] == {**dict.fromkeys(KEYS), "doing": given["error"]["doing"], "slug": NOT_IN_VERSION,
                              "message": given["msg"]}, given  # fmt: skip
    assert edition in given["msg"]


@pytest.mark.parametrize(("options", "slug"), [
    ({"kind": "init_logs", "name": "nobody"}, None),
    ({"kind": "backups", "api_url": "{url}/nowhere"}, "not_found"),
])  # fmt: skip
def test_no_other_failure_has_the_slug_of_a_missing_feature(
    sim: Any, options: dict[str, Any], slug: str | None
) -> None:
    sim.reset(edition=OLD)
    options = {key: value.replace("{url}", sim.url.split("/{", 1)[0]) for key, value in options.items()}
    given = result(sim, "vm_info", options)
    assert given["failed"] and given["error"]["slug"] == slug


def test_members_not_started_have_an_error_that_is_not_the_fleets(sim: Any) -> None:
    given = shapes.of(sim, shapes.OUTCOMES["fleet of which none is begun"])
    idle, failed = given["members"]
    assert idle["error"]["message"].startswith("Not started")
    assert given["error"] == failed["error"] != idle["error"]


@pytest.mark.parametrize(("name", "doing"), [("snapshot", "create snapshot day"), ("image", "create custom image day")])
def test_a_later_failure_has_the_same_error_keys(sim: Any, name: str, doing: str) -> None:
    options = {"snapshot": {"name": "day", "instance": "web"},
               "image": {**shapes.IMPORTED, "name": "day"}}[name]  # fmt: skip
    operation = {"snapshot": "POST /v1/snapshots", "image": "POST /v1/images/custom"}[name]
    sim.reset()
    sim.seed(**WEB[0])
    sim.add_fault(operation=operation, kind="failing")
    given = result(sim, f"vm_{name}", options)
    assert (given["error"].keys(), given["error"]["doing"], given["error"]["status"]) == (KEYS, doing, None)


def test_an_unwritable_password_file_has_the_same_error_keys(sim: Any, tmp_path: Any) -> None:
    sim.reset()
    given = result(sim, "vm_windows_password", {"name": "win", "password_file": str(tmp_path / "no/file")})
    assert given["error"].keys() == KEYS and given["error"]["doing"].startswith("write ")


@pytest.mark.every_core
def test_a_task_is_tried_again_by_the_slug_of_its_error(play: Player, sim: Any) -> None:
    """A task is retried by the slug of its error, and `until` does not hide the failed creations."""
    sim.reset(capacity={SMALL: 0})
    again = {"register": "result_0", "until": "result_0.error.slug | default('') != 'create_instance.capacity.error'",
             "retries": 2, "delay": 0}  # fmt: skip
    ways = {**DECLARED, "alternatives": [{"availability_zone": "br-se1-b"}]}
    failed, checked = play(vm_instance(task=again, **ways), vm_instance(name="web", user_data_base64="%")).results
    assert (failed["attempts"], failed["error"]["slug"]) == (2, CAPACITY)
    assert [one["error"]["slug"] for one in failed["creation_attempts"]] == [CAPACITY, CAPACITY]
    assert (checked["error"]["status"], checked["error"]["slug"]) == (None, None)
