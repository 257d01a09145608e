"""What holds for every answer of the explorer: what a browser may do with it, and problems as pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request

from movierec_assets.api.pages.rendering import page
from movierec_assets.api.problems import MEDIA_TYPE, unexpected

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    # Nothing but the pages' own stylesheet and icon, and forms that ask this server.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Pages:
    """ASGI middleware: answers under `/` and `/explore` have these headers, and their problems are pages."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and turn what comes back."""
        if scope["type"] != "http" or not _is_page(scope["path"]):
            await self.app(scope, receive, send)
            return
        problem: dict[str, Any] = {}
        began = False

        async def turned(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith(MEDIA_TYPE):
                    problem.update(start=message, body=b"")
                    return
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "private, no-cache")
            elif problem:
                problem["body"] += message.get("body", b"")
                if not message.get("more_body", False):
                    await self._tell(scope, receive, send, problem)
                return
            await send(message)

        try:
            await self.app(scope, receive, turned)
        except Exception as error:
            if began:
                raise
            await unexpected(Request(scope), error)(scope, receive, turned)

    @staticmethod
    async def _tell(scope: Scope, receive: Receive, send: Send, problem: dict[str, Any]) -> None:
        told = json.loads(problem["body"])
        answer = page(Request(scope), "problem", status=told["status"], problem=told)
        kept = MutableHeaders(scope=problem["start"])
        for name in ("WWW-Authenticate", "Retry-After", "Allow"):
            if name in kept:
                answer.headers[name] = kept[name]
        answer.headers.update({**HEADERS, "Cache-Control": "no-store"})
        await answer(scope, receive, send)


def _is_page(path: str) -> bool:
    return path == "/" or path == "/explore" or path.startswith("/explore/")
