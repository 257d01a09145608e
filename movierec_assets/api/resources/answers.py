"""Answers about one row, as the routes of a row share them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Response

from movierec_assets.api.problems import Problem
from movierec_assets.api.resources import etags, statements

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from movierec_assets.api.resources.listing import Resource

JSON = "application/json"


def as_json(row: str, status: int = 200, **headers: str) -> Response:
    """A row that is JSON already."""
    return Response(row, status, headers, media_type=JSON)


def absent(resource: Resource, key: list[Any]) -> Problem:
    """That there is no row of that key."""
    named = ", ".join(f"{c.name} {value}" for c, value in zip(resource.key, key, strict=True))
    return Problem(404, f"there is no row of {resource.name} with {named}")


async def found_row(connection: AsyncConnection[Any], resource: Resource, key: list[Any]) -> tuple[str, str]:
    """The row as JSON, and its ETag.

    Raises:
        Problem: 404 where there is none.
    """
    found = await (await connection.execute(statements.get(resource), key)).fetchone()
    if found is None:
        raise absent(resource, key)
    return found[0], found[1]


async def missed(
    connection: AsyncConnection[Any], resource: Resource, key: list[Any], *, matched: bool
) -> Problem:
    """Why a statement found no row of that key, and of that version if `matched`: 404 or 412."""
    if not matched:
        # Another look might find what somebody made meanwhile.
        return absent(resource, key)
    _, etag = await found_row(connection, resource, key)
    return Problem(
        412,
        "the row has changed since: get it again, and decide anew",
        headers={"ETag": etags.quoted(etag)},
    )
