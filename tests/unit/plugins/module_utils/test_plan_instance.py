# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The planner of instances alone: pure functions, any row with any declaration."""

from __future__ import annotations

import base64
import itertools
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import CatalogsNeeded, Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import CREATION_FAILED, RETYPE_STATES, SETTLED
from ansible_collections.magalu.cloud.plugins.module_utils._api.rows import interfaces_of, with_addresses
from ansible_collections.magalu.cloud.plugins.module_utils._api.statuses import is_deleting, settled_row, status_class
from ansible_collections.magalu.cloud.plugins.module_utils._plan.instance import plan_instance
from ansible_collections.magalu.cloud.plugins.module_utils._plan.options import (
    INSTANCE_SPEC,
    DesiredInstance,
    desired_instance,
)
from ansible_collections.magalu.cloud.plugins.module_utils._plan.step import Catalogs, Memory, Plan, predict
from ansible_collections.magalu.cloud.plugins.module_utils._plan.unchanged import unchanged_plan

IDS = [f"{number}0000000-0000-4000-8000-000000000000" for number in range(10)]
TYPES = [
    {"id": IDS[0], "name": "BV1-1-40", "vcpus": 1, "ram": 1, "disk": 40, "status": "active"},
    {"id": IDS[1], "name": "BV2-4-40", "vcpus": 2, "ram": 4096, "disk": 40, "status": "active"},
]
IMAGES = [
    {"id": IDS[2], "name": "cloud-ubuntu", "status": "active", "platform": "linux"},
    {"id": IDS[3], "name": "cloud-debian", "status": "active", "platform": "linux"},
]
CATALOGS = Catalogs(IMAGES, TYPES, "2026")
PORTS = IDS[4:8]
KEYS = ["deploy", "other", None]
SCRIPTS = [base64.b64encode(text).decode() for text in (b"#!/bin/sh\n", b"#cloud-config\n")]
STATUSES = (
    "completed", "retyping_error", "starting", "stopping_pending", "suspending", "rebooting", "retyping", "provisioning",
    "creating_error", "deleting", "attaching_nic", "something_new",
)  # fmt: skip
# The reference's rules: the states in which an action is allowed.
ALLOWED = {
    "start": ("stopped", "suspended"), "stop": ("running",), "suspend": ("running",),
    "reboot": ("running", "suspended"), "retype": RETYPE_STATES,
}  # fmt: skip


def reference(rows: list[dict[str, Any]]) -> st.SearchStrategy[Any]:
    """Return a strategy for a reference in a response: complete, with only the id, or missing."""
    whole = [{"id": row["id"], "name": row["name"]} for row in rows]
    return st.sampled_from([*whole, *({"id": row["id"]} for row in rows), None])


@st.composite
def rows(draw: Any, statuses: tuple[str, ...] = STATUSES, names: tuple[str, ...] = ("web", "db")) -> dict[str, Any]:
    """Draw an instance as a response may have it, in the form of either API version, with missing parts."""
    ids = [IDS[8], *draw(st.lists(st.sampled_from(PORTS), unique=True, max_size=3))]
    status = draw(st.sampled_from(statuses))
    new = draw(st.booleans())
    if new:
        ports: Any = {"interfaces": [{"id": one, "primary": one == IDS[8]} for one in ids]}
    else:
        ports = {"ports": [{"id": one, "ipAddresses": {"privateIpAddress": "198.18.0.2"}} for one in ids]}
    unborn = status in ("provisioning", "creating_error")
    row = {
        "id": IDS[9], "name": draw(st.sampled_from(names)), "status": status,
        "state": "new" if unborn else draw(st.sampled_from(["running", "stopped", "suspended"])),
        "machine_type": draw(reference(TYPES)), "image": draw(reference(IMAGES)),
        "ssh_key_name": draw(st.sampled_from(KEYS)), "availability_zone": draw(st.sampled_from(["br-se1-a", None])),
        "labels": draw(st.sampled_from([None, [], ["prod"]])), "user_data": draw(st.sampled_from([*SCRIPTS, None])),
        "network": draw(st.sampled_from([ports, ports, None])), "created_at": "2026-11-25T00:00:00Z",
    }  # fmt: skip
    for key in ("labels", "user_data", "availability_zone"):
        if row[key] is None and draw(st.booleans()):
            del row[key]
    return with_addresses(row)


@st.composite
def wants(draw: Any) -> dict[str, Any]:
    """Draw a declaration by name."""

    def maybe(*values: Any) -> Any:
        return draw(st.sampled_from([None, *values]))

    want = {
        "name": "web", "state": draw(st.sampled_from(INSTANCE_SPEC["state"]["choices"])),
        "machine_type": maybe("BV1-1-40", "BV2-4-40", IDS[1]), "image": maybe("cloud-ubuntu", IDS[3]),
        "ssh_key_name": maybe("deploy"), "availability_zone": maybe("br-se1-a", "br-se1-b"), "labels": maybe(["prod"]),
        "user_data_base64": maybe(*SCRIPTS), "network": maybe({"associate_public_ip": False}, {"interface": IDS[8]}),
        "network_interfaces": maybe(PORTS[:1], PORTS[1:], []), "purge_network_interfaces": draw(st.booleans()),
        "delete_public_ip": maybe(True, False), "protect_names": maybe(["w*"], ["db"]), "protect_labels": maybe(["prod"]),
        "on_immutable_change": draw(st.sampled_from(INSTANCE_SPEC["on_immutable_change"]["choices"])),
        "on_failed": draw(st.sampled_from(["fail", "replace"])),
        "alternatives": maybe([{"machine_type": "BV2-4-40"}, {"availability_zone": "br-se1-b"}], [{"machine_type": IDS[0]}]),
    }  # fmt: skip
    if want["state"] != "absent":
        want["new_name"] = maybe("db")
    try:
        return desired_instance(want)
    except Refused:
        assume(False)
        raise


def planned(row: Any, want: Any, memory: Memory | None = None) -> Plan:
    """Return the plan. Skip the example if the declaration is refused."""
    renamed = row if row and want.new_name == row["name"] else None
    seen = {"instance": row if row and row["name"] == want.name else renamed, "renamed": renamed}
    try:
        return plan_instance(seen, want, CATALOGS, memory or Memory())
    except Refused:
        assume(False)
        raise


@given(st.none() | rows(), wants())
def test_effects_lead_to_the_desired_state_and_an_empty_plan(row: Any, want: Any) -> None:
    made = planned(row, want)
    if want.state == "absent":
        assert made.after is None
        assert planned(None, want).steps == ()
        return
    assert made.after is not None
    assert made.after["name"] == (want.new_name or want.name)
    if want.state in ("running", "stopped", "suspended"):
        assert made.after["state"] == want.state
    memory = Memory()
    memory.sent = {step.identity: 1 for step in made.steps}
    memory.created = [IDS[9]] if any(step.action == "create" for step in made.steps) else []
    after = {"id": IDS[9], **made.after, "status": "completed"}
    before = None if is_deleting(made.before) or status_class(made.before) == CREATION_FAILED else made.before
    memory.note_power_state(settled_row(before) if before else after)
    again = planned(after, want._replace(on_immutable_change="ignore"), memory)
    assert [step.description for step in again.steps] == []


@given(rows(), wants())
def test_no_step_breaks_a_rule_of_the_reference(row: Any, want: Any) -> None:
    made = planned(row, want)
    now = settled_row(row)
    for step in made.steps:
        if step.action == "create":
            now = None
        elif step.action in ALLOWED:
            assert now is not None
            assert now["state"] in ALLOWED[step.action], step.description
        now = predict(now, [step])


@given(rows(), wants())
def test_each_step_has_a_description_and_a_goal(row: Any, want: Any) -> None:
    for step in planned(row, want).steps:
        assert step.description.startswith(step.action)
        assert step.goal
        assert step.sends == {"reboot": 1, "create": 2}.get(step.action, 3)
        assert step.path.startswith("/v1/instances")
        assert "{id}" not in step.path or any(one.action == "create" for one in planned(row, want).steps)


OPTIONAL = [
    "machine_type", "image", "ssh_key_name", "availability_zone", "labels", "user_data_base64", "network",
    "network_interfaces", "delete_public_ip", "protect_names", "protect_labels", "new_name",
]  # fmt: skip


@given(
    rows(tuple(status for status in STATUSES if status not in ("creating_error", "deleting")), ("web",)),
    wants(),
    st.sampled_from(OPTIONAL),
)
def test_dropping_an_option_never_adds_a_step(row: Any, want: Any, option: str) -> None:
    before = [step.action for step in planned(row, want).steps]
    after = [step.action for step in planned(row, want._replace(**{option: getattr(DesiredInstance(), option)})).steps]
    assume("create" not in before)
    assert len(after) <= len(before)
    assert set(after) <= set(before)


@given(rows(("completed", "retyping_error"), ("web",)), wants())
def test_a_field_that_was_not_read_is_not_different(row: Any, want: Any) -> None:
    """Removing fields from a response never makes an immutable field different."""
    want = want._replace(on_immutable_change="fail", state="present", network_interfaces=None)
    planned(row, want)
    for key in ("image", "ssh_key_name", "availability_zone", "user_data", "labels", "network"):
        planned({**row, key: None}, want)
        planned({other: value for other, value in row.items() if other != key}, want)


@given(rows(), wants())
def test_protected_instances_are_never_deleted(row: Any, want: Any) -> None:
    made = planned(row, want._replace(protect_names=["*"]))
    assert all(step.action != "delete" for step in made.steps)
    labels = row.get("labels")
    made = planned(row, want._replace(protect_labels=["prod"]))
    if labels is None or "prod" in labels:
        assert all(step.action != "delete" for step in made.steps)


@given(rows(), wants())
def test_only_a_failed_creation_is_replaced_and_with_its_address(row: Any, want: Any) -> None:
    made = planned(row, want._replace(on_immutable_change="warn", on_failed="replace"))
    deletions = [step for step in made.steps if step.action == "delete"]
    if want.state != "absent" and deletions:
        assert status_class(row) == CREATION_FAILED
        assert deletions[0].query == (("delete_public_ip", "true"),)


@given(rows(), wants())
def test_the_primary_interface_is_never_detached(row: Any, want: Any) -> None:
    made = planned(row, want._replace(purge_network_interfaces=True))
    primary = [port["id"] for port in interfaces_of(row) or [] if port["primary"]]
    assert not [step for step in made.steps if step.action == "detach" and step.goal["detached"] in primary]


def test_nothing_is_recreated_that_this_run_created() -> None:
    row = {"id": IDS[9], "name": "web", "state": "running", "status": "completed", "image": {"id": IDS[2], "name": "x"},
           "network": {"interfaces": []}}  # fmt: skip
    want = desired_instance({"name": "web", "image": IDS[3], "on_immutable_change": "recreate"})
    memory = Memory()
    memory.created = [IDS[9]]
    made = plan_instance({"instance": row}, want, CATALOGS, memory)
    assert made.steps == ()
    assert "differs in what the API cannot change later" in made.warnings[0]


def test_catalogs_are_asked_for_only_where_the_plan_depends_on_them() -> None:
    row = {"id": IDS[9], "name": "web", "state": "running", "status": "completed", "machine_type": TYPES[0]}
    want = desired_instance({"name": "web", "machine_type": "BV1-1-40"})
    assert plan_instance({"instance": row}, want, None, Memory()).steps == ()
    for seen in (
        {"instance": None},
        {"instance": {**row, "machine_type": TYPES[1]}},
        {"instance": {**row, "machine_type": {"id": IDS[0]}}},
    ):
        with pytest.raises(CatalogsNeeded):
            plan_instance(seen, want, None, Memory())


def compare_with_the_whole_planner(seen: Any, want: DesiredInstance, memory: Memory) -> bool:
    """Assert that the quick plan and the whole planner's plan are equal. Return whether there is a quick plan."""
    quick, row = unchanged_plan(seen, want, memory), seen["instance"]
    try:
        whole = plan_instance(seen, want, None, memory)
    except (Refused, CatalogsNeeded):
        assert quick is None
        return False
    plain = status_class(row) == SETTLED and not want.alternatives and want.network_interfaces is None
    empty = plain and not whole.steps and not whole.warnings
    assert quick == (whole if empty else None)
    return empty


@given(rows(), wants(), st.sampled_from([None, "running", "stopped"]))
def test_an_instance_that_is_as_desired_has_the_plan_of_the_whole_planner(row: Any, want: Any, start: Any) -> None:
    memory = Memory()
    memory.start_state = start
    compare_with_the_whole_planner({"instance": row, "renamed": None}, want, memory)


# Every field that can differ, with a value that is as desired, and others that are different or unknown.
SEEN = {
    "name": ["web", "db"], "state": ["running", "stopped"], "status": ["completed", "starting", "stopping_error"],
    "machine_type": [TYPES[0], {"id": IDS[1]}, None], "ssh_key_name": ["deploy", "other"],
    "renamed": [None, {"id": IDS[9].upper(), "name": "db"}, {"id": IDS[0], "name": "db"}],
}  # fmt: skip
DESIRED = {
    "name": ["web"], "new_name": [None, "db"], "state": ["present", "running", "rebooted", "absent"],
    "machine_type": [None, "BV1-1-40", IDS[0]], "ssh_key_name": [None, "deploy"], "network_interfaces": [None, []],
    "alternatives": [None, [{"machine_type": "BV2-4-40"}]], "on_immutable_change": ["warn", "ignore", "recreate"],
    "start": [None, "stopped"],
}  # fmt: skip


def test_a_quick_plan_is_the_plan_of_the_whole_planner_for_every_difference() -> None:
    cases = itertools.product(*SEEN.values(), *DESIRED.values())
    quick = 0
    for case in itertools.islice(cases, 0, None, 29):  # 29 divides no number of values, so all are covered
        row = {"id": IDS[9], **dict(zip(SEEN, case))}
        options = dict(zip(DESIRED, case[len(SEEN) :]))
        memory, renamed = Memory(), row.pop("renamed")
        memory.start_state = options.pop("start")
        if not (options["state"] == "absent" and options["new_name"]):
            seen = {"instance": row, "renamed": renamed}
            quick += compare_with_the_whole_planner(seen, desired_instance(options), memory)
    assert quick > 20


PAST = {"id": IDS[9], "name": "web", "state": "running", "status": "completed", "machine_type": TYPES[0],
        "image": IMAGES[0], "ssh_key_name": "deploy", "network": {"interfaces": [{"id": IDS[8], "primary": True}]}}  # fmt: skip
REFUSED = [
    ({"id": IDS[1]}, None, f"There is no instance with id {IDS[1]}; an instance cannot be created with a given id."),
    ({"name": "web", "new_name": "db"}, None, "There is no instance 'web' to rename, and no instance 'db'."),
    ({"name": "web", "image": "cloud-debian", "on_immutable_change": "fail"}, PAST,
     ("instance web differs in what the API cannot change later: image is 'cloud-ubuntu', declared is 'cloud-debian'. "
     "Declare it as it is, or set on_immutable_change to recreate, warn or ignore.")),
    ({"id": IDS[9], "image": "cloud-debian", "on_immutable_change": "recreate"}, PAST, "it is declared by id"),
    ({"name": "web", "image": "cloud-debian", "on_immutable_change": "recreate"}, {**PAST, "status": "stopping"},
     "it is in transition"),
    ({"name": "web", "image": "cloud-debian", "on_immutable_change": "recreate"}, {**PAST, "network": None},
     "the API does not return its interfaces"),
    ({"name": "web", "image": "cloud-debian", "on_immutable_change": "recreate"},
     {**PAST, "network": {"interfaces": [{"id": IDS[8]}, {"id": IDS[7]}]}}, "it has interfaces beyond the primary"),
    ({"name": "web", "image": "cloud-debian", "on_immutable_change": "recreate", "network": {"interface": IDS[8]}}, PAST,
     "its interface is the user's own"),
    ({"name": "web", "state": "absent", "protect_names": ["w?b"]}, PAST, "its name matches 'w?b' of protect_names"),
    ({"name": "web", "state": "absent", "protect_labels": ["a"]}, PAST, "the API did not return its labels"),
    ({"name": "web", "state": "absent", "protect_labels": ["a"]}, {**PAST, "labels": ["a"]},
     "it has the label 'a' of protect_labels"),
    ({"name": "web", "network_interfaces": []}, {**PAST, "network": None}, "does not return the interfaces"),
    ({"name": "web", "network_interfaces": [], "purge_network_interfaces": True},
     {**PAST, "network": {"ports": [{"id": IDS[7]}, {"id": IDS[8]}]}},
     "does not mark exactly one interface of instance web as primary (0 of 2 are)"),
    ({"name": "web"}, {**PAST, "status": "creating_error", "state": "error", "error": {"slug": "a.b", "message": "Bad"}},
     (f"instance web ({IDS[9]}) could not be created (creating_error): Bad (slug a.b). Delete it with state: absent and "
     "delete_public_ip: true (it may own a public IP), or set on_failed: replace")),
    ({"name": "web"}, None, "There is no instance 'web'; creating it needs machine_type."),
]  # fmt: skip


@pytest.mark.parametrize(("options", "row", "text"), REFUSED)
def test_an_impossible_declaration_is_refused_with_a_sentence(options: Any, row: Any, text: str) -> None:
    want = desired_instance(options)
    with pytest.raises(Refused) as refused:
        plan_instance({"instance": row}, want, CATALOGS, Memory())
    assert text in str(refused.value)


def test_two_names_that_both_exist_are_both_named() -> None:
    want = desired_instance({"name": "web", "new_name": "db"})
    with pytest.raises(Refused) as refused:
        plan_instance({"instance": PAST, "renamed": {**PAST, "id": IDS[3], "name": "db"}}, want, CATALOGS, Memory())
    assert IDS[9] in str(refused.value)
    assert IDS[3] in str(refused.value)


BAD = [
    ({"id": "web-01"}, "id is 'web-01', but ids are UUIDs"),
    ({"name": "w" * 256}, "name is 256 characters long; the limit is 255."),
    ({"name": "web", "network": {"interface": "eth0"}}, "network.interface is 'eth0', but ids are UUIDs"),
    ({"name": "web", "network": {"security_groups": ["web"]}}, "network.security_groups is 'web'"),
    ({"name": "web", "network": {"subnets": IDS[:2]}}, "network.subnets has 2 entries; the limit is 1."),
    ({"name": "web", "network_interfaces": ["eth1"]}, "network_interfaces is 'eth1'"),
    ({"name": "web", "new_name": "db", "state": "absent"}, "new_name cannot be combined with state: absent."),
    (
        {"name": "web", "network": {"interface": IDS[0]}, "on_failed": "replace"},
        "on_failed: replace cannot be combined with",
    ),
    (
        {"name": "web", "network": {"interface": IDS[0]}, "alternatives": [{"machine_type": "a"}]},
        "alternatives cannot be combined with network.interface",
    ),
    ({"name": "web", "alternatives": [{"machine_type": "a"}] * 11}, "alternatives has 11 entries; the limit is 10."),
    ({"name": "web", "user_data_base64": "#!/bin/sh"}, "user_data_base64 is not valid base64"),
    ({"name": "web", "user_data": "x" * 48751}, "65004 characters of base64 (48751 bytes of text)"),
]


@pytest.mark.parametrize(("options", "text"), BAD)
def test_bad_input_is_refused_before_any_request(options: Any, text: str) -> None:
    with pytest.raises(Refused) as refused:
        desired_instance(options)
    assert text in str(refused.value)
