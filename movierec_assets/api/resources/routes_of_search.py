"""The route that searches: rows by filters, in order, page by page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from movierec_assets.api.connections import Reading
from movierec_assets.api.problems import responses
from movierec_assets.api.resources import cursors, statements
from movierec_assets.api.resources import documenting as doc
from movierec_assets.api.resources.answers import JSON
from movierec_assets.api.resources.filters import conditions, filters
from movierec_assets.api.resources.models import example_row, models
from movierec_assets.api.resources.parameters import Parameter, of_type, read_query

if TYPE_CHECKING:
    from movierec_assets.api.resources.listing import Resource

USUAL_LIMIT = 50
LIMIT = of_type(
    "limit",
    "Rows of a page.",
    "int32",
    Annotated[int, Field(ge=1, le=1000)],
    {"type": "integer", "minimum": 1, "maximum": 1000, "default": USUAL_LIMIT},
)
TOTAL = of_type("total", "Whether to count all rows that the filters let through.", "bool", bool)
CURSOR = Parameter(
    "cursor",
    "`next_cursor` of the page before; the other parameters are to be the same.",
    {"type": "string", "pattern": "^[A-Za-z0-9_-]+$", "maxLength": cursors.LONGEST_CURSOR},
    str,
)


def add_search(router: APIRouter, resource: Resource) -> None:
    """Rows by filters, in order, page by page."""
    of_rows = [f.parameter for f in filters(resource).values()]
    parameters = [*of_rows, cursors.sort_parameter(resource), LIMIT, CURSOR, TOTAL]
    usual = cursors.order(resource, [])
    example = {
        "items": [example_row(resource, resource.columns)],
        "next_cursor": None,
        "total": None,
    }

    @router.get(
        resource.path,
        operation_id=doc.operation_id(resource, "search"),
        summary=f"Search {resource.name}",
        response_class=Response,
        responses=responses(),
        openapi_extra=doc.operation(
            {
                200: doc.answer(
                    "A page.",
                    doc.reference(models(resource).page),
                    example=example,
                    headers={"Link": doc.LINK_HEADER},
                )
            },
            parameters,
        ),
    )
    async def search(request: Request, connection: Reading) -> Response:
        given = read_query(parameters, request)
        by, limit = given.get("sort", usual), given.get("limit", USUAL_LIMIT)
        chosen, values = conditions(resource, given)
        further, bound = [*chosen], [*values]
        if "cursor" in given:
            behind, last = statements.after(by, cursors.decode(resource, by, given["cursor"]))
            further.append(behind)
            bound += last
        found = await connection.execute(statements.search(resource, further, by), [*bound, limit + 1])
        rows = await found.fetchall()
        total = None
        if given.get("total"):
            counted = await (await connection.execute(statements.count(resource, chosen), values)).fetchone()
            total = counted[0] if counted else None
        following = None
        if len(rows) > limit:
            following = cursors.encode(resource, by, rows[limit - 1][1])
        items = ",".join(row for row, _ in rows[:limit])
        body = f'{{"items":[{items}],"next_cursor":{json.dumps(following)},"total":{json.dumps(total)}}}'
        return Response(body, headers=_next(request, following), media_type=JSON)


def _next(request: Request, cursor: str | None) -> dict[str, str]:
    if cursor is None:
        return {}
    url = request.url.include_query_params(cursor=cursor)
    return {"Link": f'<{url.path}?{url.query}>; rel="next"'}
