"""By which names the API may be called: a page of another site that has its name lead here is refused."""

from __future__ import annotations

from collections.abc import Sequence, Set

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from movierec_assets.api.problems import Problem, answer

ALL = "*"


class KnownHosts:
    """ASGI middleware: 400 for a `Host` header with another name."""

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self.app = app
        self.names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is asked by a known name."""
        if scope["type"] == "http" and not is_known(scope, self.names):
            refused = Problem(400, f"host {host_of(scope)!r} is not one of MOVIEREC_API__HOSTS")
            await answer(Request(scope), refused)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def is_known(scope: Scope, names: Set[str]) -> bool:
    """Whether a request came by one of these names, all in lower case."""
    return ALL in names or host_of(scope) in names


def host_of(scope: Scope) -> str:
    """The name by which a request came, without port and brackets."""
    header = Headers(scope=scope).get("host", "")
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()
