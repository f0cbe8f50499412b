# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A FastAPI application for each API version."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from . import schemas_2024, schemas_2025, schemas_2026
from .operations_page import add_operations_page
from .resource import Refused
from .routes import catalog_routes, instance_routes
from .routes_copies import backup_routes, custom_image_routes, snapshot_routes
from .shared import answer

MODELS = {"2024-08": schemas_2024, "2025-05": schemas_2025, "2026-08": schemas_2026}


@cache
def edition_app(edition: str) -> FastAPI:
    new = edition == "2026-08"
    models = MODELS[edition]
    app = FastAPI(
        title="Virtual Machine Api Product - v1", version="v1", description=f"API version {edition}, simulated.",
        docs_url=None, redoc_url=None, redirect_slashes=False, strict_content_type=False,
    )  # fmt: skip
    for routes in (instance_routes, catalog_routes):
        app.include_router(routes(models, new))
    app.include_router(snapshot_routes(models, new, copied=edition != "2024-08"))
    app.include_router(custom_image_routes() if new else backup_routes())

    add_operations_page(app, "/docs")

    @app.exception_handler(Refused)
    async def answer_refusal(request: Request, refusal: Refused) -> Response:
        body = {"slug": refusal.slug, "message": refusal.message, "details": refusal.details}
        return answer(body, refusal.status)

    @app.exception_handler(HTTPException)
    async def answer_http_error(request: Request, error: HTTPException) -> Response:
        body = {"slug": error.detail.lower().replace(" ", "_"), "message": error.detail, "details": {}}
        return answer(body, error.status_code)

    @app.exception_handler(RequestValidationError)
    async def answer_invalid_request(request: Request, error: RequestValidationError) -> Response:
        found = [{key: item[key] for key in ("loc", "msg", "type")} for item in error.errors()]
        return answer({"detail": found}, 422)

    return app


def find_invalid(scope: dict[str, Any], status: int, body: bytes) -> str | None:
    """Return why a response does not fit the model of its route, or None."""
    model = getattr(scope.get("route"), "response_model", None)
    if model is None or status >= 300:
        return None
    try:
        model.model_validate_json(body)
    except ValidationError as error:
        return str(error)
    return None
