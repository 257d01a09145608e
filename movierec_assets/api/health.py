"""Whether the process lives, whether it can answer, and its figures."""

from __future__ import annotations

import os
from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from pydantic import BaseModel

from movierec_assets.api.connections import connections
from movierec_assets.api.observing import REQUESTS, SECONDS
from movierec_assets.api.problems import responses

router = APIRouter(tags=["operations"])


class Health(BaseModel):
    """That all is well; anything else is a problem."""

    status: Literal["ok"] = "ok"


@router.get("/health/live", operation_id="live")
async def live() -> Health:
    """Whether the process answers at all."""
    return Health()


@router.get("/health/ready", operation_id="ready", responses={503: responses(503)[503]})
async def ready(request: Request) -> Health:
    """Whether requests can be answered: the database does and the API's login has its rights."""
    found = connections(request)
    async with found.reading(request.app.state.own_role) as connection:
        await connection.execute("SELECT 1")
    return Health()


@router.get(
    "/metrics",
    operation_id="metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics() -> Response:
    """Figures for Prometheus, of all processes together."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REQUESTS)
        registry.register(SECONDS)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
