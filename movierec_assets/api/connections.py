"""Connections to PostgreSQL, as the role of whoever asks.

A pool per role and per kind of work: what a connection may do is settled by `SET ROLE` when it is opened, and a request
takes one of its own role. Reads have connections on which every transaction is read only. Free SQL is answered on
connections that log in as the role itself, as `SET ROLE` could be taken back by a statement.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from anyio import to_thread
from fastapi import Depends, Request
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from movierec_assets.api.identity import Known
from movierec_assets.api.problems import Problem
from movierec_assets.schema.roles import ROLES

if TYPE_CHECKING:
    from psycopg import AsyncConnection

LARGEST = 8
"""Connections of a pool at most."""
WAIT_SECONDS = 10.0
"""How long a request waits for one."""


@dataclass(frozen=True)
class Logins:
    """Ways into the database.

    Attributes:
        url: Gives the libpq URI of the API's own login; asked for each new connection, so that an embedded server that
            has ended is started again.
        becomes: Whether this login works as other roles; if not, everybody works with its own rights.
        as_role: Gives the URI of a login as that role itself, for free SQL; None where there is none.
    """

    url: Callable[[], str]
    becomes: bool
    as_role: Callable[[str], str | None]


@dataclass
class Connections:
    """The pools, made when first needed.

    Attributes:
        logins: Ways into the database.
    """

    logins: Logins
    _pools: dict[tuple[str, str], AsyncConnectionPool[Any]] = field(default_factory=dict)

    async def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.close()
        self._pools.clear()

    @asynccontextmanager
    async def reading(self, role: str) -> AsyncIterator[AsyncConnection[Any]]:
        """A connection on which each statement is a read-only transaction of its own, or all within `transaction()`."""
        async with (await self._pool(role, "read")).connection() as connection:
            yield connection

    @asynccontextmanager
    async def streaming(self, role: str) -> AsyncIterator[AsyncConnection[Any]]:
        """As `reading`, for answers that take as long as who reads them: apart, so that others need not wait for it."""
        async with (await self._pool(role, "stream")).connection() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self, role: str) -> AsyncIterator[AsyncConnection[Any]]:
        """A connection in a transaction, which is kept at the end and undone where an error leaves it."""
        async with (await self._pool(role, "write")).connection() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def free(self, role: str) -> AsyncIterator[AsyncConnection[Any]]:
        """A connection that logged in as the role itself, on which each statement is a read-only transaction.

        Raises:
            Problem: Nobody can log in as this role.
        """
        if self.logins.as_role(role) is None:
            raise Problem(
                403,
                f"free SQL needs a login of the role {role}, which has no password: set "
                f"MOVIEREC_PASSWORDS__{role.upper()} and run `movierec grant`",
            )
        async with (await self._pool(role, "free")).connection() as connection:
            yield connection

    async def _pool(self, role: str, kind: str) -> AsyncConnectionPool[Any]:
        if (role, kind) not in self._pools:

            async def configure(connection: AsyncConnection[Any]) -> None:
                await self._configure(connection, role, kind)

            async def url() -> str:
                # It may have to start the embedded server.
                if kind == "free":
                    return str(await to_thread.run_sync(self.logins.as_role, role))
                return await to_thread.run_sync(self.logins.url)

            self._pools[role, kind] = pool = AsyncConnectionPool(
                url,
                min_size=0,
                max_size=LARGEST,
                timeout=WAIT_SECONDS,
                reconnect_timeout=WAIT_SECONDS,
                open=False,
                configure=configure,
                kwargs={"autocommit": True, "connect_timeout": 5, "application_name": "movierec api"},
            )
            await pool.open()
        return self._pools[role, kind]

    async def _configure(self, connection: AsyncConnection[Any], role: str, kind: str) -> None:
        if self.logins.becomes:
            for name, value in ROLES[role].settings().items():
                await connection.execute("SELECT set_config(%s, %s, false)", (name, value))
            if kind != "free":
                await connection.execute(SQL("SET ROLE {}").format(Identifier(role)))
        read_only = "on" if kind != "write" else "off"
        # The same text for the same row, whatever the server's own settings: ETags are made of it.
        await connection.execute(
            f"SET default_transaction_read_only = {read_only}; SET TIME ZONE 'UTC'; SET datestyle = 'ISO, YMD'".encode()
        )


def connections(request: Request) -> Connections:
    """Those of this application."""
    found: Connections = request.app.state.connections
    return found


async def _reading(request: Request, caller: Known) -> AsyncIterator[AsyncConnection[Any]]:
    async with connections(request).reading(caller.role) as connection:
        yield connection


async def _writing(request: Request, caller: Known) -> AsyncIterator[AsyncConnection[Any]]:
    async with connections(request).writing(caller.role) as connection:
        yield connection


if TYPE_CHECKING:
    Reading = AsyncConnection[Any]
    Writing = AsyncConnection[Any]
else:
    from psycopg import AsyncConnection as _Connection

    # What is written must be kept before the answer says so.
    Reading = Annotated[_Connection, Depends(_reading, scope="function")]
    Writing = Annotated[_Connection, Depends(_writing, scope="function")]
