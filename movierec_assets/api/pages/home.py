"""The start page: what this is, the two searches, what is popular, how good the model is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from movierec_assets.api.connections import connections
from movierec_assets.api.identity import Known
from movierec_assets.api.pages import facts_sql as sql
from movierec_assets.api.pages import lists
from movierec_assets.api.pages.evaluations import HEADLINE, headline
from movierec_assets.api.pages.rendering import page
from movierec_assets.api.pages.rows import row, rows
from movierec_assets.api.pages.tables_there import nothing_yet, readable
from movierec_assets.api.recommending.shapes import OfMovies

router = APIRouter(include_in_schema=False)
SHOWN = 8
"""Popular movies on the start page."""


@router.get("/")
@router.get("/explore")
async def home(request: Request, caller: Known) -> HTMLResponse:
    """The start page."""
    totals: dict[str, Any] = {}
    async with connections(request).reading(caller.role) as connection:
        there = await readable(connection)
        if there >= {"serving.movies", "serving.movie_stats"}:
            totals |= await row(connection, sql.MOVIES_IN_ALL) or {}
        if "catalog.titles" in there:
            totals |= await row(connection, sql.TITLES_IN_ALL) or {}
        if not any(totals.values()):
            raise nothing_yet("serving.movies", "catalog.titles")
        evaluated = await rows(connection, HEADLINE) if "serving.model_evaluation" in there else []
        scenarios = await rows(connection, sql.SCENARIOS) if "simulation.scenarios" in there else []
    popular = await lists.popular(request, caller, OfMovies(limit=SHOWN))
    return page(
        request,
        "home",
        totals=totals,
        quality=headline(evaluated),
        popular=popular.items if popular else [],
        scenarios=scenarios,
    )
