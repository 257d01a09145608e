"""Write batches of rows, and say which row PostgreSQL refused."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from psycopg import errors

from movierec_assets.api.database_problems import problem_of
from movierec_assets.api.problems import FieldError, Problem
from movierec_assets.api.resources.batches import arrays
from movierec_assets.api.resources.insert_statements import insert

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import AsyncConnection

    from movierec_assets.api.resources.listing import Resource

KEY = re.compile(
    r"Key \((?P<columns>.+?)\)=\((?P<values>.*)\) (?:already exists|is not present|conflicts)", re.S
)


async def write(
    connection: AsyncConnection[Any],
    resource: Resource,
    batches: AsyncIterator[pa.RecordBatch],
    on_conflict: str,
) -> int:
    """Write all batches, one statement each.

    Args:
        connection: In a transaction.
        resource: Into which.
        batches: Of checked rows.
        on_conflict: `error` or `update`.

    Returns:
        Number of rows.

    Raises:
        Problem: A row is refused; the message says which. The transaction is to be undone.
    """
    statement = insert(resource, on_conflict, returning=False)
    first = 0
    async for batch in batches:
        bound = await to_thread.run_sync(arrays, batch)
        try:
            await connection.execute(statement, bound)
        except errors.IntegrityError as error:
            raise _named(error, batch, first) from error
        first += batch.num_rows
    return first


async def write_one(
    connection: AsyncConnection[Any], resource: Resource, row: pa.RecordBatch, on_conflict: str
) -> tuple[bool, str, str]:
    """Write one row.

    Returns:
        Whether it is a new one, the row as JSON, its ETag.
    """
    bound = arrays(row)
    ways = ("error",) if on_conflict == "error" else ("keep", "update")
    for way in ways:
        done = await connection.execute(insert(resource, way, returning=True), bound)
        if found := await done.fetchone():
            return way != "update", found[0], found[1]
    raise AssertionError("an update writes its row")


def _named(error: errors.IntegrityError, batch: pa.RecordBatch, first: int) -> Problem:
    """The problem with the number of the row, where the message lets it be found."""
    problem = problem_of(error, "POST")
    found = KEY.match(str(error.diag.message_detail))
    if found is None:
        return problem
    columns = found["columns"].replace('"', "").split(", ")
    row = _row_of(batch, columns, found["values"])
    if row is None:
        return problem
    what = problem.errors[0].detail if problem.errors else problem.detail
    fields = tuple(FieldError(f"body/{first + row}/{name}", what) for name in columns)
    return Problem(problem.status, f"row {first + row + 1}: {problem.detail}", fields)


def _row_of(batch: pa.RecordBatch, columns: list[str], values: str) -> int | None:
    """The last row with those values, which of several with one key is the one that was refused."""
    if not set(columns) <= set(batch.schema.names):
        return None
    texts = [[str(v) for v in batch.column(name).to_pylist()] for name in columns]
    matching = [
        number for number, of_row in enumerate(zip(*texts, strict=True)) if ", ".join(of_row) == values
    ]
    return matching[-1] if matching else None
