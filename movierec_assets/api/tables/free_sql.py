"""Free SQL: one query of the caller's own, read only, no more rows than the cap."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import cache
from typing import TYPE_CHECKING, Any

import psycopg
from fastapi import APIRouter, Request, Response
from psycopg import AsyncRawCursor, errors
from psycopg.sql import SQL
from pydantic import BaseModel, ConfigDict, Field

from movierec_assets.api.connections import connections
from movierec_assets.api.identity import Known
from movierec_assets.api.problems import FieldError, Problem, responses
from movierec_assets.api.resources import documenting as doc
from movierec_assets.api.resources.json_bodies import read_json
from movierec_assets.api.resources.values import WITHOUT_NUL
from movierec_assets.api.tables import formats
from movierec_assets.api.tables.accepting import chosen
from movierec_assets.api.tables.fetching import CURSOR, fetch
from movierec_assets.api.tables.streams import stream

if TYPE_CHECKING:
    import pyarrow as pa

    from movierec_assets.api.connections import Connections

DECLARE = "DECLARE fetched SCROLL CURSOR FOR "
FORMATS = ("json", "arrow", "csv")
RESTORE = "SELECT set_config('statement_timeout', %s, true)"
"""Before each part of the answer, as a query can change the setting, and may be run again for each part."""
NOT_ITS_FAULT = ("08", "25006", "40", "42501", "53", "55P03", "57", "58", "XX001", "XX002")
"""Errors, by the beginning of their codes, that a statement is not to blame for: of the server, of rights."""
BINARY = {"schema": {"type": "string", "format": "binary"}}
RESULT = {
    "type": "object",
    "required": ["columns", "rows"],
    "properties": {
        "columns": {"type": "array", "items": {"type": "string"}, "description": "Names, in order."},
        "rows": {
            "type": "array",
            "items": {"type": "array"},
            "description": "Values in the columns' order; types that JSON does not have are text.",
        },
    },
}


class Query(BaseModel):
    """A query and its parameters."""

    model_config = ConfigDict(extra="forbid", strict=True)

    statement: str = Field(
        description="One SELECT, WITH, VALUES or TABLE statement; `$1`, `$2`, … stand for the parameters.",
        min_length=1,
        max_length=100_000,
        pattern=f"^{WITHOUT_NUL}$",
        examples=["SELECT title, imdb_score FROM catalog.titles WHERE release_year = $1 ORDER BY 2 DESC"],
    )
    parameters: list[bool | int | float | str | None] = Field(
        default_factory=list,
        description="Values, in order; PostgreSQL takes text for whatever type it needs.",
        max_length=1000,
        examples=[[1976]],
    )


@cache
def router() -> APIRouter:
    """The route."""
    made = APIRouter(tags=["tables"])
    body = {formats.JSON: doc.json_content(doc.reference(Query), None)}
    of_formats = {
        formats.JSON: {"schema": RESULT},
        **dict.fromkeys((formats.ARROW, formats.CSV), BINARY),
    }

    @made.post(
        "/v1/sql",
        operation_id="sql",
        summary="The answer to a query of one's own",
        response_class=Response,
        responses=responses(406, 413, 415),
        openapi_extra=doc.operation(
            {200: {"description": "The rows, in the format of `Accept`.", "content": of_formats}}, (), body
        ),
    )
    async def sql(request: Request, caller: Known) -> Response:
        media_types = {formats.WRITERS[name].media_type.partition(";")[0]: name for name in FORMATS}
        name = media_types[chosen(request.headers.get("Accept"), list(media_types))]
        query: Query = await read_json(request, Query.model_validate_json)
        most = request.app.state.settings.row_cap
        answered = _batches(connections(request), caller.role, query, most)
        return await stream(request, answered, formats.WRITERS[name], {"Vary": "Accept"})

    return made


async def _batches(
    found: Connections, role: str, query: Query, most: int
) -> AsyncGenerator[pa.RecordBatch, None]:
    async with found.free(role) as connection:
        try:
            # Undone at the end, and with it whatever the query set for the session.
            async with connection.transaction(force_rollback=True):
                timeout = await (await connection.execute("SHOW statement_timeout")).fetchone()
                cursor = AsyncRawCursor(connection)
                # By the extended protocol, which takes one statement only; it is used where the answer is binary.
                await cursor.execute(
                    (DECLARE + query.statement).encode(), query.parameters or None, binary=True, prepare=False
                )
                moved = await connection.execute(SQL("MOVE {} FROM {}").format(most + 1, CURSOR))
                if moved.rowcount > most:
                    raise Problem(413, f"the answer has more than {most:,} rows: add a LIMIT, or aggregate")
                await connection.execute(SQL("MOVE ABSOLUTE 0 FROM {}").format(CURSOR))
                await connection.execute(RESTORE, timeout)
                async for batch in fetch(connection):
                    yield batch
                    await connection.execute(RESTORE, timeout)
        except psycopg.Error as error:
            raise _problem(error) from error
        finally:
            await _forget(connection)


async def _forget(connection: Any) -> None:
    if not connection.closed:
        await connection.execute("SELECT pg_advisory_unlock_all()")


def _problem(error: psycopg.Error) -> Exception:
    """What the caller is told of an error that the statement is to blame for; any other stays what it is."""
    state = error.sqlstate or ""
    # Too many parameters, or too few, count as a violation of the protocol.
    if not state or (state.startswith(NOT_ITS_FAULT) and not isinstance(error, errors.ProtocolViolation)):
        return error
    said = str(error.diag.message_primary or error)
    place = error.diag.statement_position
    if place is not None and int(place) > len(DECLARE):
        said += f", at character {int(place) - len(DECLARE)}"
    if error.diag.message_hint:
        said += f" ({error.diag.message_hint})"
    return Problem(422, f"the statement fails: {said}", (FieldError("body/statement", said),))
