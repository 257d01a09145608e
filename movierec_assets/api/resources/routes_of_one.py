"""Routes of one row: get it, create it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from movierec_assets.api.connections import Reading, connections
from movierec_assets.api.identity import Known
from movierec_assets.api.problems import responses
from movierec_assets.api.resources import documenting as doc
from movierec_assets.api.resources import etags
from movierec_assets.api.resources.answers import JSON, as_json, found_row
from movierec_assets.api.resources.batches import check, of_models
from movierec_assets.api.resources.json_bodies import read_json
from movierec_assets.api.resources.models import example_row, models
from movierec_assets.api.resources.parameters import ON_CONFLICT, key_parameters, read_path, read_query
from movierec_assets.api.resources.writing import write_one

if TYPE_CHECKING:
    from movierec_assets.api.resources.listing import Resource


def add_get(router: APIRouter, resource: Resource) -> None:
    """One row by its key."""
    parameters = key_parameters(resource)
    example = example_row(resource, resource.columns)

    @router.get(
        resource.path_of_one,
        operation_id=doc.operation_id(resource, "get"),
        summary=f"One row of {resource.name}",
        response_class=Response,
        responses=responses(304, 404),
        openapi_extra=doc.operation(
            {
                200: doc.answer(
                    "The row.",
                    doc.reference(models(resource).row),
                    example=example,
                    headers={"ETag": doc.ETAG_HEADER},
                ),
                304: {"headers": {"ETag": doc.ETAG_HEADER}},
            },
            [
                *parameters,
                doc.etag_parameter("If-None-Match", "Answers 304 where the row still is that version."),
            ],
        ),
    )
    async def get(request: Request, connection: Reading) -> Response:
        key = read_path(parameters, request)
        read_query((), request)
        known = request.headers.get("If-None-Match")
        tags = etags.read("If-None-Match", known, weak=True)
        row, etag = await found_row(connection, resource, key)
        if known is not None and (tags is None or etag in tags):
            return Response(status_code=304, headers={"ETag": etags.quoted(etag)})
        return as_json(row, ETag=etags.quoted(etag))


def add_create(router: APIRouter, resource: Resource) -> None:
    """A new row."""
    made = models(resource)
    new = made.new
    assert new is not None
    headers = {"ETag": doc.ETAG_HEADER, "Location": doc.LOCATION_HEADER}
    links, row = doc.links(resource), doc.reference(made.row)
    example = example_row(resource, resource.columns)

    @router.post(
        resource.path,
        status_code=201,
        operation_id=doc.operation_id(resource, "create"),
        summary=f"Create one row of {resource.name}",
        response_class=Response,
        responses=responses(409, 413, 415),
        openapi_extra=doc.operation(
            {
                201: doc.answer("The new row.", row, example=example, headers=headers, links=links),
                200: doc.answer("The row that was there, updated.", row, headers=headers, links=links),
            },
            [ON_CONFLICT],
            {JSON: doc.json_content(doc.reference(new), example)},
        ),
    )
    async def create(request: Request, caller: Known) -> Response:
        given = read_query([ON_CONFLICT], request)
        model = await read_json(request, new.model_validate_json)
        batch = of_models(resource, [model])
        check(resource, batch, "body", None)
        # Only now a connection, as others wait for it while a slow body comes.
        async with connections(request).writing(caller.role) as connection:
            is_new, text, etag = await write_one(
                connection, resource, batch, given.get("on_conflict", "error")
            )
        where = _address(resource, text)
        return as_json(text, 201 if is_new else 200, ETag=etags.quoted(etag), Location=where)


def _address(resource: Resource, row: str) -> str:
    values = json.loads(row)
    return "/".join([resource.path, *(quote(str(values[c.name]), safe="") for c in resource.key)])
