"""Rows as templates take them: by the names of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

if TYPE_CHECKING:
    from psycopg import AsyncConnection


async def rows(connection: AsyncConnection[Any], statement: str, **values: Any) -> list[dict[str, Any]]:
    """All rows of a statement."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement.encode(), values)
        return await cursor.fetchall()


async def row(connection: AsyncConnection[Any], statement: str, **values: Any) -> dict[str, Any] | None:
    """Its first row, None where it has none."""
    return next(iter(await rows(connection, statement, **values)), None)
