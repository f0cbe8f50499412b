# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One FastAPI application for each edition of the API."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from . import schemas_2024, schemas_2026
from .resource import Refused
from .routes import catalog_routes, instance_routes
from .routes_copies import backup_routes, custom_image_routes, snapshot_routes
from .shared import answer


@cache
def edition_app(edition: str) -> FastAPI:
    new = edition != "2024-08"
    models = schemas_2026 if new else schemas_2024
    app = FastAPI(title="Virtual Machine Api Product - v1", version="v1", redoc_url=None, redirect_slashes=False,
                  description=f"Edition {edition}, simulated.")  # fmt: skip
    for routes in (instance_routes, catalog_routes, snapshot_routes):
        app.include_router(routes(models, new))
    app.include_router(custom_image_routes(models) if new else backup_routes(models))

    @app.exception_handler(Refused)
    async def refused(request: Request, refusal: Refused) -> Response:
        body = {"slug": refusal.slug, "message": refusal.message, "details": refusal.details}
        return answer(body, refusal.status)

    @app.exception_handler(HTTPException)
    async def no_such_route(request: Request, error: HTTPException) -> Response:
        body = {"slug": error.detail.lower().replace(" ", "_"), "message": error.detail, "details": {}}
        return answer(body, error.status_code)

    @app.exception_handler(RequestValidationError)
    async def unprocessable(request: Request, error: RequestValidationError) -> Response:
        found = [{key: item[key] for key in ("loc", "msg", "type")} for item in error.errors()]
        return answer({"detail": found}, 422)

    return app


def checked(scope: dict[str, Any], status: int, body: bytes) -> str | None:
    """What an answer lacks that the models of its route ask for."""
    model = getattr(scope.get("route"), "response_model", None)
    if model is None or status >= 300:
        return None
    try:
        model.model_validate_json(body)
    except ValidationError as error:
        return str(error)
    return None
