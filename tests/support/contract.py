# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The contracts of the API (OpenAPI files), and checks of requests and responses against them."""

from __future__ import annotations

import copy
import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match

from tests.support.documents import load_yaml

ROOT = Path(__file__).resolve().parents[2]
EDITIONS = ("2024-08", "2026-08")
PROBED = {"name", "expand", "x-api-version"}  # sent to either API version, to find out the version


def folder() -> Path:
    """Return the folder of the contracts, which are not part of the project.

    Fail if MGC_CONTRACT is set and the files are missing, skip the module if it is not set.
    """
    given = os.environ.get("MGC_CONTRACT")
    path = Path(given) if given else ROOT / "../shared/api"
    if not (path / file_name(EDITIONS[0])).is_file():
        if given:
            raise AssertionError(f"MGC_CONTRACT is set, but {given} has no {file_name(EDITIONS[0])}")
        pytest.skip("no contracts: MGC_CONTRACT is not set and ../shared/api is missing", allow_module_level=True)
    return path


def file_name(edition: str) -> str:
    return f"virtual-machine-v1.{edition}.openapi.yaml"


@cache
def load(edition: str) -> dict[str, Any]:
    document: dict[str, Any] = load_yaml((folder() / file_name(edition)).read_text(encoding="utf-8"))
    return document


@cache
def _closed_components(edition: str) -> dict[str, Any]:
    """Return the schemas without additional properties, so that a misspelt name is an error."""
    schemas = copy.deepcopy(load(edition)["components"]["schemas"])
    for schema in schemas.values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return {"schemas": schemas}


@cache
def _operations(edition: str) -> list[tuple[str, re.Pattern[str], str, dict[str, Any]]]:
    """Return (method, pattern of the path, path, operation); paths without parameters first."""
    return [
        (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path, operation)
        for path, methods in sorted(load(edition)["paths"].items(), key=lambda item: "{" in item[0])
        for method, operation in methods.items()
    ]


def operation(edition: str, method: str, path: str) -> tuple[str, dict[str, Any]]:
    """Return the path with the names of its parameters, and the operation.

    Raise AssertionError if the API version does not have the operation.
    """
    for verb, pattern, template, found in _operations(edition):
        if verb == method.upper() and pattern.fullmatch(path):
            return template, found
    raise AssertionError(f"API version {edition} has no {method} {path}")


@cache
def _validator(edition: str, schema: str) -> Draft202012Validator:
    whole = {**json.loads(schema), "components": _closed_components(edition)}
    return Draft202012Validator(whole, format_checker=FormatChecker(["uuid"]))


_valid: set[tuple[str, str, str]] = set()  # values found valid before: the suites send the same values many times


def _check(edition: str, schema: dict[str, Any], value: Any, what: str) -> None:
    key = (edition, json.dumps(schema, sort_keys=True), json.dumps(value, sort_keys=True))
    if key in _valid:
        return
    error = best_match(_validator(edition, key[1]).iter_errors(value))
    if error is not None:
        raise AssertionError(f"{what} ({edition}), at {error.json_path}: {error.message}")
    _valid.add(key)


def _converted(schema: dict[str, Any], values: list[str]) -> Any:
    """Return the value that the text of a parameter stands for."""
    if schema.get("type") == "array":
        return values
    text = values[-1]
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if schema.get("type") == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return text


def check_request(edition: str, method: str, path: str, query: Any, headers: dict[str, str], body: Any) -> None:
    """Check a request, whose path begins with /v1. The gateway adds x-tenant-id, so it is not required."""
    template, found = operation(edition, method, path)
    pairs = parse_qsl(query, keep_blank_values=True) if isinstance(query, str) else list(query or ())
    what = f"{method} {path}"
    declared = {(item["in"], item["name"].lower()): item for item in found.get("parameters", [])}
    for name in {name for name, value in pairs}:
        assert ("query", name) in declared or name in PROBED, f"{what}: the query has no {name} in {edition}"
    in_path = dict(zip(re.findall(r"\{(\w+)\}", template), _path_values(template, path), strict=True))
    sent = {"query": pairs, "header": list({k.lower(): v for k, v in (headers or {}).items()}.items()),
            "path": list(in_path.items())}  # fmt: skip
    for (place, name), parameter in declared.items():
        values = [value for key, value in sent[place] if key == name]
        if values:
            _check(edition, parameter["schema"], _converted(parameter["schema"], values), f"{what}: {name}")
        elif name != "x-tenant-id":
            assert not parameter.get("required"), f"{what}: {name} is missing"
    declared_body = found.get("requestBody")
    if body is None:
        assert not (declared_body or {}).get("required"), f"{what}: the body is missing"
    else:
        assert declared_body, f"{what} takes no body"
        _check(edition, declared_body["content"]["application/json"]["schema"], body, f"{what}: body")


def _path_values(template: str, path: str) -> list[str]:
    match = re.fullmatch(re.sub(r"\{\w+\}", "([^/]+)", template), path)
    return list(match.groups()) if match else []


def check_answer(edition: str, method: str, path: str, status: int, body: Any) -> None:
    """Check the status and the body of a response; "default" declares all errors."""
    responses = operation(edition, method, path)[1]["responses"]
    what = f"{method} {path} -> {status}"
    declared = responses.get(str(status)) or (responses.get("default") if status >= 400 else None)
    assert declared, f"{what}: API version {edition} knows only {', '.join(responses)}"
    schema = declared.get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        assert body in (None, ""), f"{what} has a body: {str(body)[:200]}"
    else:
        _check(edition, schema, body, what)
