"""Popular movies, by genre and year."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from movierec_assets.api.identity import Known
from movierec_assets.api.pages import forms, lists
from movierec_assets.api.pages.rendering import page
from movierec_assets.api.pages.tables_there import nothing_yet
from movierec_assets.api.recommending.memory import live_for
from movierec_assets.api.recommending.shapes import OfMovies

router = APIRouter(include_in_schema=False)


@router.get("/explore/popular")
async def popular(request: Request, caller: Known) -> HTMLResponse:
    """What to show to whom nothing is known of."""
    asked = forms.filters(request, OfMovies)
    found = await lists.popular(request, caller, asked)
    if found is None:
        raise nothing_yet("serving.popular_movies")
    live = await live_for(request, None)
    return page(request, "popular", found=found, asked=asked, genres=lists.genres(live.movies))
