# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The simulator's OpenAPI page agrees with the contracts, operation by operation."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from simulator.editions import edition_app
from tests.support.contract import EDITIONS, check_answer, check_request, load, operation

load(EDITIONS[0])  # skips the whole file if there are no contracts
WORDS = ("title", "description", "example", "examples", "summary")  # keys that do not affect the form


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(method, path): found for path, methods in document["paths"].items() for method, found in methods.items()}


def plain(document: dict[str, Any], schema: Any) -> Any:
    """Return a schema with resolved references, without descriptions, and with its alternatives in a fixed order."""
    if isinstance(schema, list):
        return [plain(document, item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return plain(document, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    made = {key: plain(document, value) for key, value in schema.items() if key not in WORDS}
    for key in ("anyOf", "required"):
        if isinstance(made.get(key), list):
            made[key] = sorted(made[key], key=lambda item: json.dumps(item, sort_keys=True))
    if "properties" in made:
        made["properties"] = {name: plain(document, value) for name, value in schema["properties"].items()}
    if made.get("additionalProperties") is True:  # means the same as without the key
        del made["additionalProperties"]
    if "const" in made:
        made["enum"] = [made.pop("const")]
    return made


def content(document: dict[str, Any], part: dict[str, Any]) -> Any:
    schema = part.get("content", {}).get("application/json", {}).get("schema")
    return schema and plain(document, schema)


PAIRS = [(edition, method, path) for edition in EDITIONS for method, path in operations(load(edition))]


@pytest.mark.parametrize("edition", EDITIONS)
def test_same_operations(edition: str) -> None:
    ours, theirs = operations(edition_app(edition).openapi()), operations(load(edition))
    assert sorted(ours) == sorted(theirs)
    assert len(ours) == {"2024-08": 27, "2026-08": 29}[edition]
    assert {key: item["operationId"] for key, item in ours.items()} == {
        key: item["operationId"] for key, item in theirs.items()
    }


@pytest.mark.parametrize(("edition", "method", "path"), PAIRS)
def test_same_parameters(edition: str, method: str, path: str) -> None:
    def parameters(document: dict[str, Any]) -> dict[Any, Any]:
        found = operations(document)[method, path].get("parameters", [])
        return {(item["in"], item["name"]): (item["required"], plain(document, item["schema"])) for item in found}

    assert parameters(edition_app(edition).openapi()) == parameters(load(edition))


@pytest.mark.parametrize(("edition", "method", "path"), PAIRS)
def test_same_request(edition: str, method: str, path: str) -> None:
    def body(document: dict[str, Any]) -> Any:
        found = operations(document)[method, path].get("requestBody")
        return found and (found["required"], content(document, found))

    assert body(edition_app(edition).openapi()) == body(load(edition))


@pytest.mark.parametrize(("edition", "method", "path"), PAIRS)
def test_same_answers(edition: str, method: str, path: str) -> None:
    def answers(document: dict[str, Any]) -> Any:
        found = operations(document)[method, path]["responses"]
        return {status: content(document, answer) for status, answer in found.items()}

    assert answers(edition_app(edition).openapi()) == answers(load(edition))


UUID = "5f3b8a3e-3c5b-4f0e-9a67-0d6c1f0a7b11"
NIC = {"instance": {"name": "a"}, "network": {"interface": {"id": UUID}}}
TYPE, IMAGE = {"name": "BV2-4-40"}, {"name": "windows-server-2022"}
NEW = {"machine_type": TYPE, "ssh_key_name": "", "network": {"associate_public_ip": False}}
EVERYTHING = {"expand": ["image", "machine-type", "network", "labels", "instance"]}
IMPORT = {"name": "i", "url": "https://x.example/i", "platform": "linux", "license": "unlicensed",
          "architecture": "x86/64"}  # fmt: skip


REGIONS = {"2024-08": "br-ne-1", "2026-08": "br-ne1"}


class Tour:
    """A client that checks each request and each response against the contract."""

    def __init__(self, sim: Any, edition: str, version: str | None) -> None:
        self.sim, self.edition, self.base = sim, edition, sim.url.format(region="br-se1")
        self.headers = {"x-api-key": "simulator", "x-tenant-id": "t"}
        if version:
            self.headers["x-api-version"] = version
        self.done: set[tuple[str, str]] = set()

    def __call__(self, method: str, path: str, body: Any = None, expect: int = 204, **query: Any) -> Any:
        sent = requests.Request(method, self.base + path, headers=self.headers, json=body, params=query).prepare()
        with requests.Session() as session:
            answer = session.send(sent, timeout=10)
        assert answer.status_code == expect, answer.text
        found = answer.json() if answer.content else None
        if expect < 400:
            pairs = [(name, value) for name, value in self.sim.requests()[-1]["query"] if name != "name"]
            check_request(self.edition, method, path, pairs, self.headers, body)
        check_answer(self.edition, method, path, expect, found)
        self.done.add((method.lower(), operation(self.edition, method, path)[0]))
        return found

    def both(self, path: str, key: str, identifier: str) -> None:
        """Read a resource and the list, with and without expand."""
        for query in ({}, EVERYTHING):
            self("GET", f"{path}/{identifier}", expect=200, **query)
            assert len(self("GET", path, expect=200, **query)[key]) > 0

    def instances(self) -> str:
        made = self("POST", "/v1/instances", {"name": "a", "image": IMAGE, **NEW}, 201)["id"]
        self.both("/v1/instances", "instances", made)
        self("POST", f"/v1/instances/{made}/stop", expect=409)
        self.sim.advance(60)
        for verb in ("attach", "detach"):
            self("POST", f"/v1/instances/network-interface/{verb}", NIC)
            self.both("/v1/instances", "instances", made)
            self.sim.advance(2)
        for verb in ("stop", "start", "suspend", "reboot"):
            self("POST", f"/v1/instances/{made}/{verb}")
            self.sim.advance(4)
        self("POST", f"/v1/instances/{made}/start", expect=400)
        self("POST", f"/v1/instances/{made}/retype", {"machine_type": {"name": "BV4-8-40"}})
        self.sim.advance(6)
        self("PATCH", f"/v1/instances/{made}/rename", {"name": "b"})
        self("PATCH", f"/v1/instances/{UUID}/rename", {"name": "b"}, 404)
        self("POST", "/v1/instances", {"name": "b", "image": IMAGE, **NEW}, 409)
        self("POST", "/v1/instances", {}, 422)
        self("GET", "/v1/instances", expect=422, _limit=0)
        return str(made)

    def copies(self, kind: str, instance: str, field: str, restore: str = "") -> None:
        made = self("POST", f"/v1/{kind}s", {"name": "c", "instance": {"id": instance}}, 202)["id"]
        self.both(f"/v1/{kind}s", f"{kind}s", made)
        self.sim.advance(20)
        self("PATCH", f"/v1/{kind}s/{made}/rename", {"name": "d"})
        self("POST", f"/v1/{kind}s/{made}{restore}", {"name": f"from-{kind}", **NEW, "availability_zone": None}, 202)
        if field:
            self("POST", f"/v1/{kind}s/{made}/copy", {field: REGIONS[self.edition]})
        self("DELETE", f"/v1/{kind}s/{made}")

    def of_2026(self, instance: str) -> None:
        self("GET", f"/v1/instances/config/{instance}/first-windows-password", expect=200)
        self("GET", f"/v1/instances/config/{instance}/first-windows-password", expect=404)
        self("GET", f"/v1/instances/{instance}/init-logs", expect=200, **{"max-lines-count": 2})
        self("GET", "/v1/instance-types", expect=200)
        image = self("POST", "/v1/images/custom", IMPORT, 202)["id"]
        self.both("/v1/images/custom", "images", image)
        self.sim.advance(60)
        self("PATCH", f"/v1/images/custom/{image}", {"version": "2"})
        self("DELETE", f"/v1/images/custom/{image}")


@pytest.mark.parametrize("nulls", ["sent", "omitted"])
@pytest.mark.parametrize(("edition", "version"), [("2024-08", None), ("2026-08", None), ("2026-08", "1.1")])
def test_every_answer_of_a_tour_keeps_the_contract(sim: Any, edition: str, version: str | None, nulls: str) -> None:
    sim.reset(edition=edition, nulls=nulls, face="service")  # the gateway rewrites some error responses
    tour = Tour(sim, edition, version)
    instance = tour.instances()
    for path in ("/v1/images", "/v1/machine-types"):
        tour("GET", path, expect=200, _limit=200)
    tour.copies("snapshot", instance, "destination_region" if edition == "2026-08" else "")
    if edition == "2026-08":
        tour.of_2026(instance)
    else:
        tour.copies("backup", instance, "region", "/restore")
    tour("DELETE", f"/v1/instances/{instance}", delete_public_ip="true")
    assert sorted(tour.done) == sorted(operations(load(edition)))


@pytest.mark.parametrize(("method", "path", "query", "body", "wrong"), [
    ("POST", "/v1/instances", (), {"name": "a", "machine_type": {"nam": "x"}, "image": {"id": "x"}}, "machine_type"),
    ("POST", "/v1/instances", (), {"nam": "a"}, "body"), ("POST", "/v1/instances", (), None, "missing"),
    ("GET", "/v1/instances", [("_limit", "1001")], None, "_limit"), ("GET", "/v1/instances", [("x", "1")], None, "x"),
    ("DELETE", "/v1/instances/a", (), None, "id"), ("GET", "/v1/backups", (), None, "no GET"),
    ("POST", f"/v1/instances/{UUID}/start", (), {}, "no body"),
])  # fmt: skip
def test_requests_that_violate_the_contract_are_found(
    method: str, path: str, query: Any, body: Any, wrong: str
) -> None:
    with pytest.raises(AssertionError, match=wrong):
        check_request("2026-08", method, path, query, {}, body)


@pytest.mark.parametrize(("status", "body", "wrong"), [
    (200, {"id": "x"}, "knows only"), (201, {}, "required"), (201, {"id": 1}, "string"), (409, {"message": "m"}, "409"),
    (201, {"id": "x", "name": "y"}, "unexpected"),
])  # fmt: skip
def test_responses_that_violate_the_contract_are_found(status: int, body: Any, wrong: str) -> None:
    with pytest.raises(AssertionError, match=wrong):
        check_answer("2026-08", "POST", "/v1/instances", status, body)
