"""What is known of every request: its number, a line in the log, figures for Prometheus."""

from __future__ import annotations

import random
import re
import time
from typing import Any

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from movierec_assets.api.logs import tell_request
from movierec_assets.api.problems import unexpected

REQUEST_ID = re.compile(r"[\w.:-]{1,100}")
UNKNOWN_ROUTE = "(none)"
QUIET = ("/health", "/metrics")
"""Paths that are asked for all the time by machines: counted, not logged unless they fail."""

REQUESTS = Counter(
    "movierec_api_requests_total", "Requests answered.", ("method", "route", "status"), registry=None
)
SECONDS = Histogram(
    "movierec_api_request_seconds",
    "Seconds from a request's first byte to its answer's last.",
    ("method", "route"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=None,
)


class Observed:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Number, pass on, count, log."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        number = given if REQUEST_ID.fullmatch(given) else f"{random.getrandbits(128):032x}"
        scope.setdefault("state", {})["request_id"] = number
        structlog.contextvars.bind_contextvars(request_id=number)
        began, answered = time.perf_counter(), {"status": 0, "bytes": 0}

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered["status"] = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = number
            elif message["type"] == "http.response.body":
                answered["bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if answered["status"]:
                raise
            await unexpected(Request(scope), error)(scope, receive, watched)
        finally:
            self._tell(scope, answered, time.perf_counter() - began)
            structlog.contextvars.unbind_contextvars("request_id")

    @staticmethod
    def _tell(scope: Scope, answered: dict[str, int], seconds: float) -> None:
        method, route = scope["method"], getattr(scope.get("route"), "path", UNKNOWN_ROUTE)
        REQUESTS.labels(method, route, answered["status"]).inc()
        SECONDS.labels(method, route).observe(seconds)
        if answered["status"] < 500 and scope["path"].startswith(QUIET):
            return
        caller: Any = scope["state"].get("caller")
        tell_request(
            method=method,
            path=scope["path"],
            route=route,
            status=answered["status"],
            bytes=answered["bytes"],
            ms=round(seconds * 1000, 2),
            caller=caller.name if caller else None,
        )
