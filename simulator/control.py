# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Control over HTTP: /_simulator/..., for those who are not in its process. It needs no key."""

# Annotations are evaluated at once here: FastAPI reads them.

from functools import cache
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field

from .faults import Fault
from .glance import glance
from .page import POLICY, page
from .resource import Fields, Refused


async def simulator(request: Request) -> Any:
    return request.scope["simulator"]


Simulator = Annotated[Any, Depends(simulator)]


class ClockChange(BaseModel, extra="forbid"):
    advance: float | None = Field(None, ge=-1e10, le=1e10)
    speed: float | None = Field(None, ge=0, le=1e6)


@cache
def control_app() -> FastAPI:
    app = FastAPI(title="The simulator's controls", docs_url="/_simulator/docs", openapi_url="/_simulator/openapi.json",
                  redoc_url=None)  # fmt: skip

    @app.get("/_simulator/clock")
    async def clock(simulator: Simulator) -> Fields:
        return {"now": simulator.now(), "speed": simulator.cloud.clock.speed}

    @app.post("/_simulator/clock")
    async def move_clock(simulator: Simulator, change: ClockChange) -> Fields:
        if change.speed is not None:
            simulator.cloud.clock.speed = change.speed
        simulator.advance(change.advance or 0)
        return await clock(simulator)

    @app.get("/_simulator/requests")
    async def requests(simulator: Simulator) -> list[Fields]:
        found: list[Fields] = simulator.requests()
        return found

    @app.delete("/_simulator/requests", status_code=204)
    async def clear_requests(simulator: Simulator) -> None:
        simulator.clear_requests()

    @app.get("/_simulator/faults")
    async def faults(simulator: Simulator) -> list[Fields]:
        found: list[Fields] = simulator.faults()
        return found

    @app.post("/_simulator/faults", status_code=201)
    async def add_fault(simulator: Simulator, fault: Fault) -> Fields:
        simulator.gateway.faults.append(fault)
        return fault.describe()

    @app.delete("/_simulator/faults", status_code=204)
    async def clear_faults(simulator: Simulator) -> None:
        simulator.clear_faults()

    @app.get("/_simulator/state")
    async def state(simulator: Simulator) -> Fields:
        found: Fields = simulator.state()
        return found

    @app.put("/_simulator/state")
    async def put_state(simulator: Simulator, resources: list[Fields]) -> list[Fields]:
        return [simulator.seed(**resource) for resource in resources]

    @app.post("/_simulator/reset", status_code=204)
    async def reset(simulator: Simulator, settings: Fields | None = None) -> None:
        simulator.reset(**(settings or {}))

    @app.get("/", include_in_schema=False)
    async def front(simulator: Simulator) -> HTMLResponse:
        return HTMLResponse(page(simulator.cloud.settings, simulator.url), headers={"content-security-policy": POLICY})

    @app.get("/_simulator/glance", include_in_schema=False)
    async def look(simulator: Simulator) -> Fields:
        return glance(simulator)

    @app.exception_handler(Refused)
    @app.exception_handler(TypeError)
    @app.exception_handler(ValueError)
    @app.exception_handler(KeyError)
    async def refused(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"message": str(error), "slug": "simulator.refused"}, 400)

    return app
