"""Routes that write many rows: create, delete by filter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import Field

from movierec_assets.api.connections import connections
from movierec_assets.api.identity import Known
from movierec_assets.api.problems import FieldError, Problem, responses
from movierec_assets.api.resources import documenting as doc
from movierec_assets.api.resources import statements
from movierec_assets.api.resources.answers import JSON
from movierec_assets.api.resources.batches import check, of_models
from movierec_assets.api.resources.filters import conditions, filters
from movierec_assets.api.resources.json_bodies import read_json
from movierec_assets.api.resources.models import MOST_AT_ONCE, Counted, Deleted, example_row, models
from movierec_assets.api.resources.parameters import ON_CONFLICT, of_type, read_query
from movierec_assets.api.resources.writing import write

if TYPE_CHECKING:
    import pyarrow as pa

    from movierec_assets.api.resources.listing import Resource

EXPECTED = of_type(
    "expected",
    "How many rows the filters let through; where it is another number nothing is deleted.",
    "int64",
    Annotated[int, Field(ge=0, le=2**63 - 1)],
    required=True,
)


def add_create_many(router: APIRouter, resource: Resource) -> None:
    """New rows, all or none."""
    made = models(resource)
    new, rows = made.new, made.new_rows
    assert new is not None
    assert rows is not None
    example = [example_row(resource, resource.columns)]
    schema = {"type": "array", "items": doc.reference(new), "minItems": 1, "maxItems": MOST_AT_ONCE}

    def parse(body: bytes) -> pa.RecordBatch:
        found = rows.validate_json(body)
        if not 1 <= len(found) <= MOST_AT_ONCE:
            detail = f"has {len(found):,} rows; 1 to {MOST_AT_ONCE:,} are taken at once"
            raise Problem(422, f"body: {detail}", (FieldError("body", detail),))
        batch = of_models(resource, found)
        check(resource, batch, "body", 0)
        return batch

    @router.post(
        f"{resource.path}/batch",
        operation_id=doc.operation_id(resource, "create_many"),
        summary=f"Create many rows of {resource.name}, all or none",
        response_class=Response,
        responses=responses(409, 413, 415),
        openapi_extra=doc.operation(
            {200: doc.answer("All are written.", doc.reference(Counted))},
            [ON_CONFLICT],
            {JSON: doc.json_content(schema, example)},
        ),
    )
    async def create_many(request: Request, caller: Known) -> Response:
        given = read_query([ON_CONFLICT], request)
        batch = await read_json(request, parse)

        async def batches() -> AsyncIterator[pa.RecordBatch]:
            yield batch

        async with connections(request).writing(caller.role) as connection:
            count = await write(connection, resource, batches(), given.get("on_conflict", "error"))
        return Response(Counted(rows=count).model_dump_json(), media_type=JSON)

    # Without this the word would be taken for a key.
    @router.api_route(
        f"{resource.path}/batch", methods=["GET", "PATCH", "PUT", "DELETE"], include_in_schema=False
    )
    async def no_other() -> None:
        raise HTTPException(405)


def add_delete_many(router: APIRouter, resource: Resource) -> None:
    """Rows by filters, if they are as many as expected."""
    of_rows = [f.parameter for f in filters(resource).values()]

    @router.delete(
        resource.path,
        operation_id=doc.operation_id(resource, "delete_many"),
        summary=f"Delete rows of {resource.name} by filters",
        response_class=Response,
        responses=responses(409),
        openapi_extra=doc.operation(
            {200: doc.answer("As many as expected are deleted.", doc.reference(Deleted))},
            [*of_rows, EXPECTED],
        ),
    )
    async def delete_many(request: Request, caller: Known) -> Response:
        given = read_query([*of_rows, EXPECTED], request)
        chosen, values = conditions(resource, given)
        if not chosen:
            raise Problem(422, f"a filter is needed, one of {', '.join(p.name for p in of_rows)}")
        expected: Any = given["expected"]
        async with connections(request).writing(caller.role) as connection:
            counted = await (await connection.execute(statements.count(resource, chosen), values)).fetchone()
            found = counted[0] if counted else 0
            if found == expected:
                done = await connection.execute(statements.delete_many(resource, chosen), values)
                found = done.rowcount
            if found != expected:
                # Leaving by an error undoes the deletion.
                raise Problem(
                    409,
                    f"the filters let {found:,} rows through and not {expected:,}: nothing was deleted",
                    (FieldError("query/expected", f"would be {found}"),),
                )
        return Response(Deleted(deleted=found).model_dump_json(), media_type=JSON)
