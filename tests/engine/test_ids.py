# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ids are UUIDs: they are compared without regard to case, in options and in responses; zones likewise."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.catalog import IMAGES_BY_NAME, TYPES_BY_NAME
from tests.support import copies, fleet, task
from tests.support.declarations import DECLARED, IMAGE, LARGE, SMALL
from tests.support.module import result

WEB, VPC = "abcdef01-aaaa-4bbb-8ccc-abcdefabcdef", "abcdef02-aaaa-4bbb-8ccc-abcdefabcdef"
OWN, GROUP = "abcdef03-aaaa-4bbb-8ccc-abcdefabcdef", "abcdef04-aaaa-4bbb-8ccc-abcdefabcdef"
COPY = "abcdef05-aaaa-4bbb-8ccc-abcdefabcdef"
KIND, MADE_FROM = TYPES_BY_NAME[SMALL].id, IMAGES_BY_NAME[IMAGE].id
# The case in which the API and the user write ids.
cases = pytest.mark.parametrize(
    ("api", "user"),
    [(str.lower, str.upper), (str.upper, str.lower), (str.upper, str.upper), (str.title, str.swapcase)],
    ids=["options", "rows", "both", "mixed"],
)


def seed_web(sim: Any, api: Any, **fields: Any) -> None:
    """Create an instance; write its id and the ids of its parts in the API's case."""
    odd = {"machine_type.id": api(KIND), "image.id": api(MADE_FROM), **fields.pop("odd", {})}
    vpc, interfaces = {"id": api(VPC), "name": "own"}, fields.pop("interfaces", [api(OWN)])
    seed = {"id": api(WEB), "name": "web", "vpc": vpc, "interfaces": interfaces, "odd": odd, **fields}
    sim.seed("instance", machine_type=SMALL, image=IMAGE, **seed)


@cases
@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
def test_an_instance_in_its_desired_state_is_unchanged(sim: Any, edition: str, api: Any, user: Any) -> None:
    sim.reset(edition=edition)
    seed_web(sim, api)
    declared = {"machine_type": user(KIND), "image": user(MADE_FROM), "network": {"vpc": user(VPC)},
                "network_interfaces": [user(OWN)], "on_immutable_change": "recreate"}  # fmt: skip
    for named in ({"name": "web"}, {"id": user(WEB)}):
        done = task.run(sim, **named, **declared)
        assert (done.failure, done.actions) == (None, [])
        assert done.row and done.row["id"] == api(WEB), "the API's own spelling is what a result has"
    assert task.list_changes(sim) == []


@cases
def test_the_users_own_interface_is_not_purged(sim: Any, api: Any, user: Any) -> None:
    other = "abcdef06-aaaa-4bbb-8ccc-abcdefabcdef"
    seed_web(sim, api, interfaces=[api(OWN), api(other)])
    declared = {"name": "web", "network_interfaces": [user(OWN)], "purge_network_interfaces": True}
    done = task.run(sim, **declared)
    assert (done.failure, done.actions) == (None, ["detach"])
    [body] = copies.bodies(sim)
    assert body == {"instance": {"id": api(WEB)}, "network": {"interface": {"id": api(other)}}}
    assert task.run(sim, **declared).actions == []


@cases
def test_attached_interfaces_are_recognized_and_kept(sim: Any, api: Any, user: Any) -> None:
    seed_web(sim, api, interfaces=[])
    done = task.run(sim, name="web", network_interfaces=[user(OWN), api(OWN)])
    assert (done.failure, done.actions) == (None, ["attach"])
    assert copies.bodies(sim)[0]["network"]["interface"]["id"] == OWN
    declared = {"name": "web", "network": {"interface": user(OWN)}, "image": "cloud-debian-12 LTS"}
    failure = task.run(sim, **declared, on_immutable_change="recreate").failure
    assert "cannot be recreated" in str(failure)


@cases
def test_a_retype_by_id_is_seen(sim: Any, api: Any, user: Any) -> None:
    large = TYPES_BY_NAME[LARGE].id
    sim.seed("instance", name="web", id=api(WEB), machine_type=SMALL, state="stopped")
    done = task.run(sim, id=user(WEB), machine_type=user(large))
    assert (done.failure, done.actions) == (None, ["retype"])
    assert [request["path"] for request in sim.requests() if request["method"] == "POST"] == [
        f"/v1/instances/{api(WEB)}/retype"
    ]
    assert task.run(sim, id=user(WEB), machine_type=user(large)).actions == []


def test_ids_are_sent_in_lower_case(sim: Any) -> None:
    ids = {"machine_type": KIND.upper(), "image": MADE_FROM.upper(),
           "network": {"vpc": VPC.upper(), "security_groups": [GROUP.upper()], "associate_public_ip": False},
           "volumes": [OWN.upper()]}  # fmt: skip
    assert task.run(sim, **{**DECLARED, **ids}).failure is None
    [body] = copies.bodies(sim)
    assert (body["machine_type"], body["image"], body["volumes"]) == ({"id": KIND}, {"id": MADE_FROM}, [{"id": OWN}])
    assert body["network"]["vpc"] == {"id": VPC}
    assert body["network"]["interface"] == {"security_groups": [{"id": GROUP}]}


@pytest.mark.one_in(5)
@cases
@pytest.mark.parametrize(("kind", "edition"), copies.KINDS)
def test_copies_are_of_their_instance(sim: Any, kind: str, edition: str, api: Any, user: Any) -> None:
    sim.reset(edition=edition)
    seed_web(sim, api)
    for day in (1, 2, 3):
        spelt = (api, user, str.lower)[day - 1]
        sim.seed(kind, name=f"n-{day}", created_at=sim.now() - day * 86400, instance=spelt(WEB))
    assert copies.run(sim, kind, name="n-1", instance=user(WEB)).failure is None
    pruned = {"state": "pruned", "all": True, "keep_last": 2}
    done = copies.run(sim, kind, **pruned, instance=user(WEB))
    assert ([step.description for step in done.outcome.steps], done.failure) == ([f"delete {kind} n-3"], None)
    assert copies.run(sim, kind, **{**pruned, "keep_last": 1}).actions == ["delete"], "all of them are of one instance"
    rows = result(sim, "vm_info", {"kind": f"{kind}s", "instance": user(WEB)})[f"{kind}s"]
    assert [row["name"] for row in rows] == ["n-1"]


@pytest.mark.one_in(5)
@cases
@pytest.mark.parametrize(("kind", "edition"), copies.KINDS)
def test_a_copy_given_by_id_is_restored_once(sim: Any, kind: str, edition: str, api: Any, user: Any) -> None:
    sim.reset(edition=edition)
    sim.seed(kind, name="copy", id=api(COPY), created_at=sim.now() - 60)
    restore = {"state": "restored", "id": user(COPY), "restore": copies.RESTORE}
    done = copies.run(sim, kind, **restore)
    assert (done.failure, done.actions) == (None, ["restore"])
    assert copies.run(sim, kind, **restore).actions == []
    assert task.run(sim, **{**DECLARED, "name": "web-3", "image": None, kind: user(COPY)}).actions == ["restore"]
    done = copies.run(sim, kind, id=user(COPY), state="absent")
    assert (done.failure, done.actions) == (None, ["delete"])


@cases
def test_the_source_of_a_copy_is_not_its_restored_instance(sim: Any, api: Any, user: Any) -> None:
    seed_web(sim, api, created_at=sim.now() - 60)
    sim.seed("snapshot", name="copy", instance=user(WEB), created_at=sim.now() - 120)
    done = copies.run(sim, "snapshot", name="copy", state="restored", restore={**copies.RESTORE, "name": "web"})
    assert "it is the source of the copy" in str(done.failure)


@cases
def test_vm_info_returns_a_resource_given_by_id_once(sim: Any, api: Any, user: Any) -> None:
    seed_web(sim, api)
    for kind in ("instances", "init_logs"):
        given = result(sim, "vm_info", {"kind": kind, "id": user(WEB)})
        assert "failed" not in given
    assert given["init_logs"]
    rows = result(sim, "vm_info", {"kind": "instances", "machine_type": user(KIND), "image": user(MADE_FROM)})
    assert [row["id"] for row in rows["instances"]] == [api(WEB)]
    done = task.run(sim, id=user(WEB), name="web-2")
    assert (done.failure, done.actions) == (None, ["rename"])


@cases
def test_a_fleet_keeps_its_members_by_id(sim: Any, api: Any, user: Any) -> None:
    seed_web(sim, api)
    sim.seed("instance", name="web-old")
    members = {"instances": [{"id": user(WEB)}], "prune_all": True, "prune_max": "5"}
    given = fleet.done(sim, **members)
    assert fleet.names(sim) == ["web"]
    assert given["totals"]["pruned"] == 1
    assert "are the same instance" in fleet.refused(sim, instances=[{"id": user(WEB)}, {"name": "web"}])
    assert "Each member needs its own id" in fleet.refused(sim, instances=[{"id": WEB.upper()}, {"id": WEB}])


@pytest.mark.parametrize("api", ["br-se-1-a", "BR-SE1-A", "br-se1-a"])
@pytest.mark.parametrize("user", ["br-se1-a", "br-se-1-a"])
def test_a_zone_may_be_spelt_otherwise(sim: Any, api: str, user: str) -> None:
    sim.seed("instance", name="web", machine_type=SMALL, image=IMAGE, odd={"availability_zone": api})
    declared = {**DECLARED, "availability_zone": user, "on_immutable_change": "recreate"}
    assert task.run(sim, **declared).actions == []
    assert task.run(sim, **{**declared, "machine_type": LARGE}).actions == ["retype"]
    ways = [{"availability_zone": "br-se1-b"}, {"availability_zone": user}]
    assert (
        task.run(sim, **{**declared, "machine_type": LARGE, "availability_zone": "br-se1-c"}, alternatives=ways).actions
        == []
    )
    rows = result(sim, "vm_info", {"kind": "instances", "availability_zone": user})["instances"]
    assert [row["name"] for row in rows] == ["web"]
    assert task.run(sim, **{**declared, "name": "new"}).failure is None
    assert copies.bodies(sim)[-1]["availability_zone"] == "br-se1-a", "as the API offers it"


def test_a_different_zone_is_a_difference(sim: Any) -> None:
    sim.seed("instance", name="web", machine_type=SMALL, image=IMAGE)
    declared = {**DECLARED, "availability_zone": "br-se-1-b", "on_immutable_change": "recreate"}
    assert [step.action for step in task.check(sim, **declared).steps] == ["delete", "create"]


def test_a_zone_of_another_region_is_refused(sim: Any) -> None:
    """A zone of another region is refused: br-mgl1 is br-se-1 in URLs, but br-se-1-a would be zone br-se1-a."""
    done = task.run(sim, **{**DECLARED, "availability_zone": "br-mgl1-a"})
    assert "There is no availability zone 'br-mgl1-a' in this region; its zones are br-se1-a" in str(done.failure)
    assert task.list_changes(sim) == []
    sim.seed("instance", name="web", machine_type=SMALL, image=IMAGE)
    for zone, names in (("br-mgl1-a", []), ("br-se-1-a", ["web"])):
        rows = result(sim, "vm_info", {"kind": "instances", "availability_zone": zone})["instances"]
        assert [row["name"] for row in rows] == names
