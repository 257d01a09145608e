"""Routes of one row that is there: change it, delete it, in the version that the caller knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response

from movierec_assets.api.connections import connections
from movierec_assets.api.identity import Known
from movierec_assets.api.problems import Problem, responses
from movierec_assets.api.resources import documenting as doc
from movierec_assets.api.resources import etags, statements
from movierec_assets.api.resources.answers import JSON, as_json, missed
from movierec_assets.api.resources.json_bodies import read_json
from movierec_assets.api.resources.models import example_row, models
from movierec_assets.api.resources.parameters import key_parameters, read_path, read_query

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from movierec_assets.api.resources.listing import Resource
    from movierec_assets.schema import Column


def add_update(router: APIRouter, resource: Resource) -> None:
    """Changes of one row."""
    parameters = key_parameters(resource)
    made = models(resource)
    changes = made.changes
    assert changes is not None

    @router.patch(
        resource.path_of_one,
        operation_id=doc.operation_id(resource, "update"),
        summary=f"Change one row of {resource.name}",
        response_class=Response,
        responses=responses(404, 409, 412, 413, 415, 428),
        openapi_extra=doc.operation(
            {
                200: doc.answer(
                    "The row as it is now.", doc.reference(made.row), headers={"ETag": doc.ETAG_HEADER}
                )
            },
            [
                *parameters,
                doc.etag_parameter(
                    "If-Match",
                    "The version that is to be changed, answered 412 where it is another by now; `*` for any.",
                    required=True,
                ),
            ],
            {JSON: doc.json_content(doc.reference(changes), example_row(resource, resource.others[-1:]))},
        ),
    )
    async def update(request: Request, caller: Known) -> Response:
        key = read_path(parameters, request)
        read_query((), request)
        header = request.headers.get("If-Match")
        tags = etags.read("If-Match", header, weak=False)
        model = await read_json(request, changes.model_validate_json)
        columns = [c for c in resource.others if c.name in model.model_fields_set]
        if not columns:
            raise Problem(
                422, f"body: nothing to change; name one of {', '.join(c.name for c in resource.others)}"
            )
        if header is None:
            raise Problem(
                428, "an update needs `If-Match` with the ETag of the row, or `*` for whatever is there"
            )
        values = [getattr(model, c.name) for c in columns]
        async with connections(request).writing(caller.role) as connection:
            row, etag = await _changed(
                connection,
                resource,
                columns,
                values,
                key,
                tags,
            )
        return as_json(row, ETag=etags.quoted(etag))


async def _changed(
    connection: AsyncConnection[Any],
    resource: Resource,
    columns: list[Column],
    values: list[Any],
    key: list[Any],
    tags: list[str] | None,
) -> tuple[str, str]:
    matched = tags is not None
    done = await connection.execute(
        statements.update(resource, columns, matched=matched), [*values, *key, *([tags] if matched else [])]
    )
    if found := await done.fetchone():
        return found[0], found[1]
    raise await missed(connection, resource, key, matched=matched)


def add_delete(router: APIRouter, resource: Resource) -> None:
    """No more of one row."""
    parameters = key_parameters(resource)

    @router.delete(
        resource.path_of_one,
        status_code=204,
        operation_id=doc.operation_id(resource, "delete"),
        summary=f"Delete one row of {resource.name}",
        response_class=Response,
        responses=responses(404, 409, 412),
        openapi_extra=doc.operation(
            {204: doc.answer("Deleted, with what refers to it where the table says so.")},
            [*parameters, doc.etag_parameter("If-Match", "Deletes that version only, and else answers 412.")],
        ),
    )
    async def delete(request: Request, caller: Known) -> Response:
        key = read_path(parameters, request)
        read_query((), request)
        tags = etags.read("If-Match", request.headers.get("If-Match"), weak=False)
        async with connections(request).writing(caller.role) as connection:
            done = await connection.execute(
                statements.delete(resource, matched=tags is not None),
                [*key, *([] if tags is None else [tags])],
            )
            if not done.rowcount:
                raise await missed(connection, resource, key, matched=tags is not None)
        return Response(status_code=204)
