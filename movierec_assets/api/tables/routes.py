"""Routes of whole tables: out, and in."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from psycopg.sql import SQL

from movierec_assets.api.connections import connections
from movierec_assets.api.identity import Known
from movierec_assets.api.problems import Problem, responses
from movierec_assets.api.resources import documenting as doc
from movierec_assets.api.resources import statements
from movierec_assets.api.resources.answers import JSON
from movierec_assets.api.resources.filters import conditions, filters
from movierec_assets.api.resources.json_bodies import media_type
from movierec_assets.api.resources.listing import RESOURCES
from movierec_assets.api.resources.models import Counted
from movierec_assets.api.resources.parameters import ON_CONFLICT, Parameter, read_query
from movierec_assets.api.resources.writing import write
from movierec_assets.api.tables import formats
from movierec_assets.api.tables.fetching import CURSOR, fetch
from movierec_assets.api.tables.streams import stream
from movierec_assets.api.tables.uploads import EXPANSION, READERS, Upload, spool, temporary

if TYPE_CHECKING:
    import pyarrow as pa

    from movierec_assets.api.resources.listing import Resource

FORMATS = ("arrow", "parquet", "csv", "spreadsheet")
BINARY = {"schema": {"type": "string", "format": "binary"}}


def _read_format(text: str) -> str:
    if text not in FORMATS:
        raise ValueError(f"must be one of {', '.join(FORMATS)}")
    return text


FORMAT = Parameter(
    "format",
    "How the table is written; `spreadsheet` is CSV whose texts no spreadsheet takes for formulas.",
    {"type": "string", "enum": list(FORMATS), "default": "arrow"},
    _read_format,
)


@cache
def router() -> APIRouter:
    """The routes, made from the registry when they are first asked for."""
    made = APIRouter(tags=["tables"])
    for resource in RESOURCES:
        _add_export(made, resource)
        if resource.writable:
            _add_import(made, resource)
    return made


def _add_export(router: APIRouter, resource: Resource) -> None:
    parameters = [*(f.parameter for f in filters(resource).values()), FORMAT]

    @router.get(
        f"/v1/tables/{resource.name}",
        operation_id=doc.operation_id(resource, "export"),
        summary=f"{resource.name} as Arrow, Parquet or CSV",
        response_class=Response,
        responses=responses(),
        openapi_extra=doc.operation(
            {
                200: {
                    "description": "The rows, in no order. Where the body is cut off an error came up meanwhile.",
                    "content": {
                        formats.WRITERS[name].media_type.partition(";")[0]: BINARY for name in FORMATS
                    },
                }
            },
            parameters,
        ),
    )
    async def export(request: Request, caller: Known) -> Response:
        given = read_query(parameters, request)
        chosen, values = conditions(resource, given)
        query = SQL("DECLARE {} NO SCROLL CURSOR FOR {}").format(CURSOR, statements.rows(resource, chosen))

        async def batches() -> AsyncGenerator[pa.RecordBatch, None]:
            async with (
                connections(request).streaming(caller.role) as connection,
                connection.transaction(),
            ):
                await connection.execute(query, values)
                async for batch in fetch(connection):
                    yield batch

        name = given.get("format", "arrow")
        ending = "csv" if name == "spreadsheet" else name
        disposition = f'attachment; filename="{resource.name}.{ending}"'
        return await stream(request, batches(), formats.WRITERS[name], {"Content-Disposition": disposition})


def _add_import(router: APIRouter, resource: Resource) -> None:
    @router.post(
        f"/v1/tables/{resource.name}",
        operation_id=doc.operation_id(resource, "import"),
        summary=f"Write many rows of {resource.name} from Arrow, Parquet or CSV, all or none",
        response_class=Response,
        responses=responses(409, 413, 415),
        openapi_extra=doc.operation(
            {200: doc.answer("All are written.", doc.reference(Counted))},
            [ON_CONFLICT],
            dict.fromkeys(READERS, BINARY),
        ),
    )
    async def import_(request: Request, caller: Known) -> Response:
        given: dict[str, Any] = read_query([ON_CONFLICT], request)
        kind = media_type(request)
        if kind not in READERS:
            said = f"is {kind}" if kind else "has no Content-Type"
            raise Problem(415, f"the body {said}; it must be one of {', '.join(READERS)}")
        most = EXPANSION * request.app.state.settings.body_mb * 1_000_000
        with temporary() as file:
            # Only after that a connection, as others wait for it while a slow body comes.
            await spool(request, file)
            with closing(Upload(resource, file, kind, most).batches()) as upload:

                async def batches() -> AsyncGenerator[pa.RecordBatch, None]:
                    while (batch := await to_thread.run_sync(next, upload, None)) is not None:
                        yield batch

                async with connections(request).writing(caller.role) as connection:
                    count = await write(connection, resource, batches(), given.get("on_conflict", "error"))
        return Response(Counted(rows=count).model_dump_json(), media_type=JSON)
