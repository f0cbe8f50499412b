# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults whose responses repeat the secrets of the request."""

from __future__ import annotations

import base64
from typing import Any

TEXT = "#cloud-config\nchpasswd:\n  list: 'root:kept-data-9b1e'\n"
ENCODED = base64.b64encode(TEXT.encode()).decode()


def leaking_faults(credential: str) -> list[dict[str, Any]]:
    """Return faults of all kinds, with the credential and the user data in each part of the response."""
    secrets = f"{credential} {TEXT} {ENCODED}"
    body = {"slug": f"no.{ENCODED}", "message": secrets, "details": {"given": [secrets, {secrets: secrets}]}}
    detail = {
        "detail": [{"loc": ["body", "user_data", ENCODED], "msg": secrets, "input": secrets, "type": "value_error"}]
    }
    page = f"<html><h1>Bad</h1>x-api-key: {credential}, Authorization: Bearer {credential}, {secrets}</html>"
    status: dict[str, Any] = {"kind": "status"}
    return [
        *({**status, "status": code, "body": body} for code in (400, 401, 403, 404, 409, 429, 500)),
        {**status, "status": 422, "body": detail},
        {**status, "status": 422, "body": {"detail": secrets}},
        {**status, "status": 302, "headers": {"Location": f"http://127.0.0.1/{credential}"}},
        {**status, "status": 200, "body": page},
        {**status, "status": 200, "body": {"instances": secrets}},
        {"kind": "html", "status": 502, "body": page},
        {"kind": "reset"},
        {"kind": "short_body", "when": "after"},
        {"kind": "hold", "seconds": 1},
    ]
