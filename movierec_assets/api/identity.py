"""Who asks: the key of a request, and the role of the database that it works as."""

from __future__ import annotations

import asyncio
import base64
import binascii
import math
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request

from movierec_assets.access.keys import Key, digest
from movierec_assets.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

FRESH_SECONDS = 2.0
"""How long the keys are taken as read; a key that was revoked works no longer than this."""
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="movierec", Basic realm="movierec", charset="UTF-8"'}


@dataclass(frozen=True)
class Caller:
    """Whoever asks.

    Attributes:
        name: The key's name, `anonymous` without one.
        role: Role of the database.
    """

    name: str
    role: str


ANONYMOUS = Caller("anonymous", "movierec_api")


@dataclass
class Identities:
    """The keys, read by one reader for all requests: ahead of time, and waited for when older than `FRESH_SECONDS`.

    Attributes:
        load: Reads them: digest -> key.
        open_without_keys: Whether everybody may ask as long as there is no key at all.
        fixed: Whom every request counts as, whatever key it shows; None where keys decide.
    """

    load: Callable[[], Awaitable[dict[str, Key]]]
    open_without_keys: bool
    fixed: Caller | None = None
    _keys: dict[str, Key] = field(default_factory=dict)
    _read_at: float = -math.inf
    _reading: asyncio.Task[None] | None = None

    async def identify(self, request: Request) -> Caller:
        """Who asks.

        Raises:
            Problem: 401 without a key or with one that is not accepted.
        """
        if self.fixed is not None:
            return self.fixed
        age = time.monotonic() - self._read_at
        if age > FRESH_SECONDS / 2:
            reading = self._begin()
            if age > FRESH_SECONDS:
                # Cancelling who waits must not end it for the others.
                await asyncio.shield(reading)
        shown = _shown(request.headers.get("Authorization"))
        if shown is None and self.open_without_keys and not self._keys:
            return ANONYMOUS
        if shown is None:
            raise Problem(401, "a key is needed: `Authorization: Bearer KEY`", headers=CHALLENGE)
        found = self._keys.get(digest(shown))
        if found is None or not found.valid(datetime.now(UTC)):
            raise Problem(401, "the key is not accepted: unknown, expired or revoked", headers=CHALLENGE)
        return Caller(found.name, found.role)

    def _begin(self) -> asyncio.Task[None]:
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
            self._reading.add_done_callback(self._ended)
        return self._reading

    async def _read(self) -> None:
        began = time.monotonic()
        self._keys = await self.load()
        self._read_at = began

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._reading = None
        # What went wrong is told by a request that has to wait for the keys.
        if not task.cancelled():
            task.exception()


def _shown(header: str | None) -> str | None:
    """The key of an `Authorization` header: a bearer token, or a browser's password."""
    scheme, _, value = (header or "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() or None
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2] or None
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None


async def read_keys(connections: Any, role: str) -> dict[str, Key]:
    """Every key by its digest."""
    async with connections.reading(role) as connection:
        found = await connection.execute(
            "SELECT digest, name, role, created_at, expires_at, revoked_at FROM access.keys"
        )
        return {row[0]: Key(*row[1:]) for row in await found.fetchall()}


async def identified(request: Request) -> Caller:
    """Who asks; kept with the request for its log line and its limit."""
    if (known := getattr(request.state, "caller", None)) is not None:
        return known  # type: ignore[no-any-return]
    identities: Identities = request.app.state.identities
    request.state.caller = caller = await identities.identify(request)
    request.app.state.limiter.count(caller)
    return caller


Known = Annotated[Caller, Depends(identified)]
