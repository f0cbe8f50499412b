# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots, backups and custom images."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.raw_client import LINUX, Api, creation_body

KINDS = [("snapshot", "2024-08"), ("snapshot", "2026-08"), ("backup", "2024-08")]
every_kind = pytest.mark.parametrize(("kind", "edition"), KINDS)
SECONDS = {"snapshot": 10, "backup": 20}


def ready(api: Api, kind: str, edition: str) -> tuple[str, str]:
    """Return the ids of an instance and of a finished copy of it."""
    api.sim.reset(edition=edition)
    identifier = api.sim.seed("instance", name="web-1")["id"]
    answer = api("POST", f"/{kind}s", {"name": "copy", "instance": {"name": "web-1"}})
    assert answer.status_code == 202, answer.text
    api.sim.advance(SECONDS[kind])
    return identifier, answer.json()["id"]


def restore_path(kind: str, identifier: str) -> str:
    return f"/{kind}s/{identifier}" + ("/restore" if kind == "backup" else "")


def restored(**fields: Any) -> dict[str, Any]:
    body = creation_body("web-2", **fields)
    del body["image"]
    return body


@every_kind
def test_a_copy_passes_through_its_statuses(api: Api, kind: str, edition: str) -> None:
    api.sim.reset(edition=edition)
    identifier = api.sim.seed("instance", name="web-1")["id"]
    made = api("POST", f"/{kind}s", {"name": "copy", "instance": {"id": identifier}}).json()["id"]
    found = []
    for _second in range(SECONDS[kind] + 1):
        row = api.get(f"/{kind}s/{made}")
        found.append((row["status"], row["state"]))
        api.sim.advance(1)
    assert list(dict.fromkeys(found)) == [("provisioning", "new"), ("creating", "new"), ("completed", "available")]
    assert row["instance"]["id"] == identifier
    assert row["size"] == 40
    if kind == "backup":
        assert (row["backup_type"], row["min_disk"]) == ("manual", 40)
        expanded = api.get(f"/backups/{made}", expand="instance")["instance"]
        assert (expanded["name"], expanded["state"]) == ("web-1", "running")
    else:
        expanded = api.get(f"/snapshots/{made}", expand="image,machine-type")["instance"]
        assert (expanded["image"]["name"].split("-")[1], expanded["machine_type"]["name"]) == ("ubuntu", "BV1-1-40")


@every_kind
def test_names_of_copies_are_unique(api: Api, kind: str, edition: str) -> None:
    identifier = ready(api, kind, edition)[0]
    body = {"name": "copy", "instance": {"id": identifier}}
    assert api.refused("POST", f"/{kind}s", body) == (409, f"{kind}.name.conflict")
    other = api("POST", f"/{kind}s", body | {"name": "other"}).json()["id"]
    assert api.refused("PATCH", f"/{kind}s/{other}/rename", {"name": "new"})[0] == 409
    api.sim.advance(SECONDS[kind])
    assert api.refused("PATCH", f"/{kind}s/{other}/rename", {"name": "copy"})[0] == 409
    assert api("PATCH", f"/{kind}s/{other}/rename", {"name": "new"}).status_code == 204
    assert sorted(api.names(f"/{kind}s")) == ["copy", "new"]


@every_kind
def test_restoring(api: Api, kind: str, edition: str) -> None:
    identifier, made = ready(api, kind, edition)
    path = restore_path(kind, made)
    assert api.refused("POST", path, restored(machine_type={"name": "BV1-1-20"})) == (400, "machine_type.insufficient")
    answer = api("POST", path, restored(machine_type={"name": "BV2-4-40"}))
    assert answer.status_code == 202
    api.sim.advance(15)
    row = api.instance(answer.json()["id"], expand="image,machine-type")
    assert (row["name"], row["status"], row["machine_type"]["name"]) == ("web-2", "completed", "BV2-4-40")
    assert row["image"]["id"] == api.instance(identifier)["image"]["id"]


@every_kind
def test_an_unfinished_copy_cannot_be_used(api: Api, kind: str, edition: str) -> None:
    identifier = ready(api, kind, edition)[0]
    other = api("POST", f"/{kind}s", {"name": "other", "instance": {"id": identifier}}).json()["id"]
    assert api.refused("POST", restore_path(kind, other), restored())[0] == 409
    assert api.refused("DELETE", f"/{kind}s/{other}")[0] == 409


@every_kind
def test_a_failed_copy_cannot_be_restored(api: Api, kind: str, edition: str) -> None:
    api.sim.reset(edition=edition)
    failed = api.sim.seed(kind, name="bad", status="error", state="error")["id"]
    assert api.refused("POST", restore_path(kind, failed), restored()) == (400, f"{kind}.invalid_state")
    renamed = api("PATCH", f"/{kind}s/{failed}/rename", {"name": "n"})
    assert renamed.ok if kind == "snapshot" else renamed.json()["slug"] == "backup.invalid_state"
    assert api("DELETE", f"/{kind}s/{failed}").status_code == 204


@every_kind
def test_an_instance_whose_creation_failed_cannot_be_copied(api: Api, kind: str, edition: str) -> None:
    api.sim.reset(edition=edition)
    unborn = api.sim.seed("instance", name="unborn", status="creating_error", state="error")["id"]
    refused = api.refused("POST", f"/{kind}s", {"name": "of-unborn", "instance": {"id": unborn}})
    assert refused == (400, f"{kind}.instance.invalid_state")


@every_kind
def test_a_copy_is_deleted_in_time(api: Api, kind: str, edition: str) -> None:
    made = ready(api, kind, edition)[1]
    assert api("DELETE", f"/{kind}s/{made}").status_code == 204
    assert api.get(f"/{kind}s/{made}")["status"] == "deleting"
    assert api.refused("DELETE", f"/{kind}s/{made}")[0] == 409
    api.sim.advance(3)
    assert api.refused("GET", f"/{kind}s/{made}") == (404, f"{kind}.not_found")
    assert api.names(f"/{kind}s") == []


def test_a_snapshot_restore_without_a_zone_means_br_se1(api: Api) -> None:
    there = Api(api.sim, "br-ne1")
    made = api.sim.seed("snapshot", region="br-ne1")["id"]
    assert there.refused("POST", f"/snapshots/{made}", restored()) == (400, "availability_zone.not_found")
    assert there("POST", f"/snapshots/{made}", restored(availability_zone=None)).status_code == 202


@every_kind
def test_copies_outlive_their_instance(api: Api, kind: str, edition: str) -> None:
    identifier, made = ready(api, kind, edition)
    api("DELETE", f"/instances/{identifier}")
    api.sim.advance(3)
    instance = api.get(f"/{kind}s/{made}", expand="instance")["instance"]
    assert (instance["id"], instance.get("state")) == (identifier, "deleted" if kind == "backup" else None)
    assert api("POST", restore_path(kind, made), restored()).status_code == 202


def test_an_instance_has_at_most_a_hundred_backups(api: Api) -> None:
    identifier, made = ready(api, "backup", "2024-08")
    for number in range(99):
        api.sim.seed("backup", name=f"b{number}", instance=identifier)
    body = {"name": "more", "instance": {"id": identifier}}
    assert api.refused("POST", "/backups", body) == (400, "backup.quota")
    api("DELETE", f"/backups/{made}")
    api.sim.advance(3)
    assert api("POST", "/backups", body).status_code == 202


@pytest.mark.parametrize(("kind", "edition", "field", "region"), [
    ("snapshot", "2026-08", "destination_region", "br-ne1"),
    ("backup", "2024-08", "region", "br-ne-1"),
])  # fmt: skip
def test_a_copy_can_be_copied_to_another_region(api: Api, kind: str, edition: str, field: str, region: str) -> None:
    made = ready(api, kind, edition)[1]
    path = f"/{kind}s/{made}/copy"
    assert api("POST", path, {field: region}).status_code == 204
    there = Api(api.sim, region)
    [row] = there.get(f"/{kind}s")[f"{kind}s"]
    assert (row["name"], row["status"], row["state"]) == ("copy", "pending_copy", "new")
    api.sim.advance(20)
    assert there.get(f"/{kind}s/{row['id']}")["status"] == "copying"
    api.sim.advance(10)
    assert there.get(f"/{kind}s/{row['id']}")["state"] == "available"
    assert row["id"] != made
    assert api.refused("POST", path, {field: region})[0] == 409
    assert api.refused("POST", path, {field: "br-se1"}) == (400, f"{kind}.copy.same_region")
    assert api.refused("POST", path, {field: "br-xx1"})[0] == 422


def image(name: str = "mine", **fields: Any) -> dict[str, Any]:
    return {"name": name, "url": "https://bucket.example/mine.qcow2?signature=x", "platform": "linux",
            "license": "unlicensed", "architecture": "x86/64", **fields}  # fmt: skip


def test_custom_images(api: Api) -> None:
    needs = {"vcpu": 2, "ram": 4, "disk": 20}
    made = api("POST", "/images/custom", image(requirements=needs, description="d"))
    assert made.status_code == 202
    identifier = made.json()["id"]
    path = f"/images/custom/{identifier}"
    assert api.get(path)["status"] == "pending"
    assert api.refused("POST", "/instances", creation_body(image={"id": identifier})) == (400, "image.not_available")
    api.sim.advance(30)
    assert api.get(path)["status"] == "importing"
    assert api.refused("DELETE", path)[0] == 409
    api.sim.advance(30)
    row = api.get(path)
    assert (row["status"], row["requirements"], row["description"], row["version"]) == ("active", needs, "d", None)
    assert "url" not in row
    assert api.names("/images/custom", name="mine") == ["mine"]
    assert api.refused("POST", "/instances", creation_body(image={"name": "mine"})) == (
        400,
        "machine_type.insufficient",
    )
    big = api.running(image={"name": "mine"}, machine_type={"name": "BV2-4-40"})
    assert api.instance(big, expand="image")["image"]["name"] == "mine"
    assert api("PATCH", path, {"version": "2", "description": None}).status_code == 204
    assert (api.get(path)["version"], api.get(path)["description"]) == ("2", None)
    assert api("DELETE", path).status_code == 204
    api.sim.advance(3)
    assert api.refused("GET", path) == (404, "custom_image.not_found")
    assert api.instance(big)["image"] == {"id": identifier}


@pytest.mark.parametrize(("change", "status", "slug"), [
    ({"name": "a b"}, 400, "image.name.invalid"), ({"url": "file:///x"}, 400, "image.url.invalid"),
    ({"platform": "plan9"}, 422, ""), ({"architecture": "arm"}, 422, ""),
])  # fmt: skip
def test_invalid_custom_images_are_refused(api: Api, change: dict[str, Any], status: int, slug: str) -> None:
    assert api.refused("POST", "/images/custom", image() | change) == (status, slug)


def test_image_names_are_unique(api: Api) -> None:
    api.sim.seed("custom_image", name="mine")
    assert api.refused("POST", "/images/custom", image()) == (409, "custom_image.name.conflict")
    assert api.names("/images/custom") == ["mine"]
    assert LINUX in api.names("/images")
    assert "mine" not in api.names("/images")
