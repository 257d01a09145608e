"""Search of movies and titles by text, and one title of the catalogue."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from movierec_assets.api.connections import Reading
from movierec_assets.api.pages import facts_sql, forms, search_sql
from movierec_assets.api.pages.rendering import page
from movierec_assets.api.pages.rows import row, rows
from movierec_assets.api.pages.tables_there import need, readable
from movierec_assets.api.problems import Problem

router = APIRouter(include_in_schema=False)
FEW, MANY = 8, 24
"""Found ones of each kind together, and of one kind on a page."""
LAST_PAGE = 1000


@router.get("/explore/titles")
async def titles(
    request: Request,
    connection: Reading,
    q: forms.Text = None,
    within: Annotated[Literal["movies", "catalogue"] | None, forms.BLANK, Query(alias="in")] = None,
    number: Annotated[int, Query(alias="page", ge=1, le=LAST_PAGE)] = 1,
) -> HTMLResponse:
    """Search of movies and of titles of the catalogue."""
    there = await readable(connection)
    kinds = {
        kind: statement
        for kind, table, statement in (
            ("movies", "serving.movies", search_sql.MOVIES),
            ("catalogue", "catalog.titles", search_sql.TITLES),
        )
        if table in there
    }
    if not kinds:
        need(there, "serving.movies", "catalog.titles")
    asked = [kind for kind in kinds if within in (None, kind)]
    limit = MANY if within else FEW
    found: dict[str, list[dict[str, Any]]] = {}
    if q:
        part = {"limit": limit, "offset": (number - 1) * limit if within else 0}
        for kind in asked:
            found[kind] = await rows(connection, kinds[kind], **search_sql.patterns(q), **part)
    return page(request, "titles", q=q or "", within=within, number=number, limit=limit, found=found)


@router.get("/explore/titles/{title_id}")
async def title(request: Request, connection: Reading, title_id: forms.Title) -> HTMLResponse:
    """One title of the catalogue."""
    need(await readable(connection), "catalog.titles")
    found = await described(connection, title_id)
    if found is None:
        raise Problem(404, f"there is no title {title_id} in the catalogue; search by its name instead")
    return page(request, "title", title=found)


async def described(connection: Reading, title_id: str) -> dict[str, Any] | None:
    """A title with its people and its places in the lists of the best; None where there is no such title."""
    found = await row(connection, facts_sql.TITLE, title_id=title_id)
    if found is not None:
        found["people"] = await rows(connection, facts_sql.PEOPLE, title_id=title_id)
        found["lists"] = await rows(connection, facts_sql.LISTS, title_id=title_id)
    return found
