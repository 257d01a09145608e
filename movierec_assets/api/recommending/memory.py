"""What is live in the memory of this process: loaded beside the event loop, and again when something else is live."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from anyio import CapacityLimiter, to_thread

from movierec_assets.api.logs import log
from movierec_assets.api.recommending.loading import Live, load, read_state

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Request

    from movierec_assets.api.connections import Logins
    from movierec_assets.api.recommending.cursors import Cursor
    from movierec_assets.api.recommending.shapes import Items

FRESH_SECONDS = 1.0
"""For so long what is in memory counts as live without another look."""
THREADS = 2
"""Lists made at once; more would only take the interpreter from each other and from the event loop."""
ROLE = "movierec_api"
"""Reads what is published, which everybody may read who has a key."""


class Memory:
    """What is live, as this process knows it.

    Attributes:
        logins: Ways into the database.
    """

    def __init__(self, logins: Logins) -> None:
        self.logins = logins
        self._live: Live | None = None
        self._looked_at = 0.0
        self._look: asyncio.Task[Live] | None = None
        self._threads = CapacityLimiter(THREADS)

    async def live(self) -> Live:
        """What was live at most about `FRESH_SECONDS` before; while something newer is being loaded, what was before.

        Where nothing was there to recommend, something newer is waited for.

        Raises:
            psycopg.Error: Nothing is in memory yet, and the database cannot be read.
        """
        if self._live is None:
            # Cancelling who waits must not end it for the others.
            return await asyncio.shield(self.begin())
        if time.monotonic() - self._looked_at > FRESH_SECONDS:
            look = self.begin()
            if self._live.empty:
                return await asyncio.shield(look)
        return self._live

    async def newest(self) -> Live:
        """What is live now.

        Raises:
            psycopg.Error: The database cannot be read.
        """
        await self.close()
        return await asyncio.shield(self.begin())

    async def compute(self, work: Callable[[], Items]) -> Items:
        """What this gives, computed beside the event loop."""
        return await to_thread.run_sync(work, limiter=self._threads)

    async def close(self) -> None:
        """Wait for the look that is under way."""
        if self._look is not None:
            await asyncio.wait([self._look])

    def begin(self) -> asyncio.Task[Live]:
        """Have a look at the database, beside all else; where one is under way that one counts."""
        if self._look is None:
            self._look = asyncio.create_task(self._refresh())
            self._look.add_done_callback(self._ended)
        return self._look

    async def _refresh(self) -> Live:
        self._live = await to_thread.run_sync(self._read, self._live)
        self._looked_at = time.monotonic()
        return self._live

    def _ended(self, task: asyncio.Task[Live]) -> None:
        self._look = None
        if not task.cancelled() and (error := task.exception()) is not None:
            self._looked_at = time.monotonic()
            log.warning("what is live cannot be read", error=str(error))

    def _read(self, before: Live | None) -> Live:
        import psycopg
        from psycopg.sql import SQL, Identifier

        with psycopg.connect(
            self.logins.url(), application_name="movierec api", connect_timeout=5
        ) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            if self.logins.becomes:
                connection.execute(SQL("SET ROLE {}").format(Identifier(ROLE)))
            if before is not None and read_state(connection) == before.state:
                return before
            started = time.monotonic()
            live = load(connection)
        log.info(
            "loaded what is live",
            movies=len(live.movies),
            titles=len(live.titles),
            model_version=live.models.version if live.models else None,
            seconds=round(time.monotonic() - started, 3),
        )
        return live


def memory(request: Request) -> Memory:
    """That of this application."""
    found: Memory = request.app.state.memory
    return found


async def live_for(request: Request, cursor: Cursor | None) -> Live:
    """What is live; after a look at the database where the cursor is of something else."""
    live = await memory(request).live()
    if cursor is not None and cursor.version not in live.versions:
        live = await memory(request).newest()
    return live
