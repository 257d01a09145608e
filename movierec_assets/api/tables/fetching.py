"""Rows of a query in batches of a few megabytes, however many there are and however long they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from psycopg.sql import SQL

from movierec_assets.api.problems import Problem
from movierec_assets.api.tables import column_types

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import AsyncConnection

MOST_ROWS = 20_000
BATCH_BYTES = 4_000_000
FIRST_ROWS = 2
"""As nobody knows yet how long they are: of some there is room for no more."""
CURSOR = SQL("fetched")
"""The cursor's name in the transaction."""


async def fetch(connection: AsyncConnection[Any]) -> AsyncIterator[pa.RecordBatch]:
    """The rows of the declared cursor; one batch at least, which has the schema.

    Raises:
        Problem: 422 where a value is none that its column can hold in an answer.
    """
    cursor = connection.cursor()
    column_types.prepare(cursor)
    fields: pa.Schema | None = None
    count = FIRST_ROWS
    while True:
        await cursor.execute(SQL("FETCH {} FROM {}").format(count, CURSOR))
        try:
            rows = await cursor.fetchall()
        except OverflowError:
            raise Problem(422, "a numeric is larger than a double can be: cast it to text") from None
        if fields is None:
            fields = column_types.schema(cursor)
        elif not rows:
            return
        made = await to_thread.run_sync(column_types.batch, fields, rows)
        yield made
        if len(rows) < count:
            return
        # As many as fit, going by these; no more than four times as many, as others may be longer.
        fitting = BATCH_BYTES * len(rows) // max(made.nbytes, 1)
        count = max(1, min(MOST_ROWS, 4 * count, fitting))
