"""Published lists, asked for together: requests that come while a statement runs are all answered by the next one.

One statement for several costs the database, and this process, little more than one for one; whoever comes alone does
not wait. (GraphQL servers call it a data loader.)
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from movierec_assets.api.connections import Connections
from movierec_assets.api.recommending import statements

MOST = 64
"""Requests answered by one statement."""


@dataclass
class Together:
    """Collects what is asked, by role.

    Attributes:
        connections: Ways into the database.
    """

    connections: Connections
    _waiting: dict[str, list[tuple[int, int, asyncio.Future[tuple[str, str] | None]]]] = field(
        default_factory=dict
    )
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def published(self, role: str, user: int, limit: int) -> tuple[str, str] | None:
        """The first items of a user's published list, as `statements.published_items` has them.

        What was written before this is asked counts.

        Args:
            role: Who asks.
            user: User of MovieLens.
            limit: Items.
        """
        answer: asyncio.Future[tuple[str, str] | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(role, []).append((user, limit, answer))
        if role not in self._tasks:
            self._tasks[role] = asyncio.create_task(self._answer(role))
        return await answer

    async def _answer(self, role: str) -> None:
        try:
            while waiting := self._waiting.pop(role, []):
                now, later = waiting[:MOST], waiting[MOST:]
                if later:
                    self._waiting[role] = later
                await self._answer_these(role, now)
        finally:
            del self._tasks[role]

    async def _answer_these(
        self, role: str, asked: list[tuple[int, int, asyncio.Future[tuple[str, str] | None]]]
    ) -> None:
        try:
            async with self.connections.reading(role) as connection:
                found = await statements.published_items(connection, [(user, n) for user, n, _ in asked])
        except Exception as error:
            for _, _, answer in asked:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, _, answer), items in zip(asked, found, strict=True):
            # Whoever has gone meanwhile waits no more.
            if not answer.done():
                answer.set_result(items)
