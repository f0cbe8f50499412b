# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controls over HTTP, at /_simulator/..., which need no key."""

# Annotations are evaluated at once here, since FastAPI reads them.

import json
import traceback
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field

from .faults import Fault
from .glance import build_glance
from .handle import Handle
from .kinds import Fields
from .operations_page import add_operations_page
from .page import POLICY, render_page
from .resource import Mistake, Refused

BUG = "The simulator itself has failed; see its stderr"


async def refuse_half_characters(request: Request) -> None:
    """Refuse a body with half of a surrogate pair: no later response could carry it."""
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):  # FastAPI refuses it
        return
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Mistake("The body has half of a surrogate pair, which is not a character") from error


routes = APIRouter(dependencies=[Depends(refuse_half_characters)])


async def find_simulator(request: Request) -> Handle:
    simulator: Handle = request.scope["simulator"]
    return simulator


Simulator = Annotated[Handle, Depends(find_simulator)]


class ClockChange(BaseModel, extra="forbid"):
    advance: float | None = Field(None, ge=-1e10, le=1e10)
    speed: float | None = Field(None, ge=0, le=1e6)


@cache
def control_app() -> FastAPI:
    app = FastAPI(title="The simulator's controls", docs_url=None, openapi_url="/_simulator/openapi.json",
                  redoc_url=None)  # fmt: skip
    add_operations_page(app, "/_simulator", "/_simulator/", "/_simulator/docs", document="/_simulator/openapi.json")
    app.include_router(routes)

    @app.exception_handler(Refused)
    async def answer_refusal(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"message": str(error), "slug": "simulator.refused"}, 400)

    @app.exception_handler(RequestValidationError)
    async def answer_invalid_request(request: Request, error: RequestValidationError) -> JSONResponse:
        """Answer without the input, since a response cannot carry NaN and infinite numbers."""
        return JSONResponse(
            {"detail": [{key: item[key] for key in ("loc", "msg", "type")} for item in error.errors()]}, 422
        )

    @app.exception_handler(Exception)
    async def answer_bug(request: Request, error: Exception) -> JSONResponse:
        """Answer 500 to an exception that no check foresaw: a bug of the simulator."""
        traceback.print_exception(error)
        return JSONResponse({"message": BUG, "slug": "simulator.error"}, 500)

    return app


@routes.get("/_simulator/clock")
async def clock(simulator: Simulator) -> Fields:
    return {"now": simulator.now(), "speed": simulator.cloud.clock.speed}


@routes.post("/_simulator/clock")
async def move_clock(simulator: Simulator, change: ClockChange) -> Fields:
    simulator.advance(change.advance or 0)  # first, since it may be refused
    if change.speed is not None:
        simulator.cloud.clock.speed = change.speed
    return await clock(simulator)


@routes.get("/_simulator/requests")
async def requests(simulator: Simulator) -> list[Fields]:
    return simulator.requests()


@routes.delete("/_simulator/requests", status_code=204)
async def clear_requests(simulator: Simulator) -> None:
    simulator.clear_requests()


@routes.get("/_simulator/faults")
async def faults(simulator: Simulator) -> list[Fields]:
    return simulator.faults()


@routes.post("/_simulator/faults", status_code=201)
async def add_fault(simulator: Simulator, fault: Fault) -> Fields:
    return simulator.gateway.add_fault(fault)


@routes.delete("/_simulator/faults", status_code=204)
async def clear_faults(simulator: Simulator) -> None:
    simulator.clear_faults()


@routes.get("/_simulator/state")
async def state(simulator: Simulator) -> Fields:
    return simulator.state()


@routes.put("/_simulator/state")
async def put_state(simulator: Simulator, resources: list[Fields]) -> list[Fields]:
    return simulator.seed_all(resources)


@routes.post("/_simulator/reset", status_code=204)
async def reset(simulator: Simulator, settings: Fields | None = None) -> None:
    simulator.reset(**(settings or {}))


@routes.get("/", include_in_schema=False)
async def front(simulator: Simulator) -> HTMLResponse:
    content = render_page(simulator.cloud.settings, simulator.url)
    return HTMLResponse(content, headers={"content-security-policy": POLICY})


@routes.get("/_simulator/glance", include_in_schema=False)
async def glance(simulator: Simulator) -> Fields:
    return build_glance(simulator)
