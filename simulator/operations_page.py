# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page with the operations of an API, which works offline."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
STYLE = """:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 75em; margin: 1.5em auto;
padding: 0 1em } table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top;
padding: .25em 1em .25em 0; border-bottom: 1px solid #8885 }"""


def add_operations_page(app: FastAPI, *paths: str, document: str = "openapi.json") -> None:
    """Serve the page with an application's operations at these paths."""

    async def operations() -> HTMLResponse:
        return HTMLResponse(render_operations(app.openapi(), document), headers={"content-security-policy": POLICY})

    for path in paths:
        app.get(path, include_in_schema=False)(operations)


def render_operations(openapi: dict[str, Any], document: str) -> str:
    rows = "".join(
        render_row(method, path, operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    )
    title, text = escape(openapi["info"]["title"]), escape(openapi["info"].get("description", ""))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<link rel="icon" href="data:,"><title>{title}</title><style>{STYLE}</style><h1>{title}</h1><p>{text}'
        f'<p><a href="/">The simulator</a>, <a href="{escape(document)}">the OpenAPI document</a> (JSON) with '
        f"all fields."
        f"<table><thead><tr><th>Method<th>Path<th>Parameters<th>Body<th></thead><tbody>{rows}</table>"
    )


def render_row(method: str, path: str, operation: dict[str, Any]) -> str:
    given = ", ".join(item["name"] for item in operation.get("parameters", []) if item["in"] != "path")
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    body = content.get("$ref", content.get("title", "")).rpartition("/")[2] or content.get("title", "")
    cells = (method.upper(), path, given, body, operation.get("summary", ""))
    return "<tr>" + "".join(f"<td>{escape(cell)}" for cell in cells)
