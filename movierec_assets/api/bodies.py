"""How long a body may be; refused while it is read, before anything is done with it."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from movierec_assets.api.problems import Problem, answer

JSON_BYTES = 8_000_000
"""Of all but whole tables."""
TABLES = "/v1/tables/"


class BoundedBodies:
    """ASGI middleware: 413 for a body above the bound."""

    def __init__(self, app: ASGIApp, table_bytes: int) -> None:
        self.app = app
        self.table_bytes = table_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is within the bound."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = self.table_bytes if scope["path"].startswith(TABLES) else JSON_BYTES
        too_long = Problem(413, f"the body has more than {most:,} bytes: send it in parts")
        said = Headers(scope=scope).get("content-length", "0")
        if said.isdecimal() and int(said) > most:
            await answer(Request(scope), too_long)(scope, receive, send)
            return
        read, told = 0, False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise too_long
            return message

        async def corrected(message: Message) -> None:
            # Whoever was reading the body takes the end of it for a body that cannot be read.
            nonlocal told
            if read <= most:
                await send(message)
            elif not told:
                told = True
                await answer(Request(scope), too_long)(scope, receive, send)

        await self.app(scope, counted, corrected)
