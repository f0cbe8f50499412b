# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The simulator's OpenAPI page says the same as the contracts, operation by operation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.editions import edition_app
from tests.contract.contract import EDITIONS, load

load(EDITIONS[0])  # without contracts the whole file is one skip
WORDS = ("title", "description", "example", "examples", "summary")  # say nothing about the form


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(method, path): found for path, methods in document["paths"].items() for method, found in methods.items()}


def plain(document: dict[str, Any], schema: Any) -> Any:
    """A schema with its references resolved and without words; the order of alternatives does not count."""
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
    if made.get("additionalProperties") is True:  # the same as not saying so
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
        return {
            (item["in"], item["name"]): (item["name"] == "x-tenant-id" or item["required"], plain(document, item["schema"]))
            for item in found
        }  # fmt: skip

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
