"""Which of the published tables a page can show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from movierec_assets.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Collection

    from psycopg import AsyncConnection

READABLE = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY('{catalog,feedback,serving,simulation}') AND c.relkind IN ('r', 'p', 'v')
    AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
"""


async def readable(connection: AsyncConnection[Any]) -> frozenset[str]:
    """Tables and views that are there and that the caller's role may read: `serving.movies`."""
    found = await connection.execute(READABLE)
    return frozenset(name for (name,) in await found.fetchall())


def need(there: Collection[str], *names: str) -> None:
    """Go on where all of them are there.

    Raises:
        Problem: 503, as nothing was published yet.
    """
    if missing := [name for name in names if name not in there]:
        raise nothing_yet(*missing)


def nothing_yet(*names: str) -> Problem:
    """That these have nothing to show."""
    said = f"{' and '.join(names)}: nothing is published yet; `movierec run` makes it"
    return Problem(503, said, headers={"Retry-After": "60"})
