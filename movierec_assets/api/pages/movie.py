"""One movie of MovieLens: facts, ratings, movies like it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from movierec_assets.api.connections import connections
from movierec_assets.api.identity import Known
from movierec_assets.api.pages import facts_sql as sql
from movierec_assets.api.pages import forms, lists
from movierec_assets.api.pages.rendering import page
from movierec_assets.api.pages.rows import row
from movierec_assets.api.pages.tables_there import need, readable
from movierec_assets.api.pages.titles import described
from movierec_assets.api.problems import Problem
from movierec_assets.api.recommending.memory import live_for
from movierec_assets.api.recommending.shapes import OfMovies

router = APIRouter(include_in_schema=False)


@router.get("/explore/movies/{movie_id}")
async def movie(request: Request, caller: Known, movie_id: forms.Movie) -> HTMLResponse:
    """What is known of it, and the movies that the model finds most like it."""
    asked = forms.filters(request, OfMovies)
    async with connections(request).reading(caller.role) as connection:
        there = await readable(connection)
        need(there, "serving.movies", "serving.movie_stats", "serving.popular_movies")
        found = await row(connection, sql.MOVIE, movie_id=movie_id)
        if found is None:
            raise Problem(404, f"there is no movie {movie_id} in MovieLens; search by title instead")
        catalogue = None
        if "catalog.titles" in there and (
            same := await row(connection, sql.TITLE_OF_MOVIE, movie_id=movie_id)
        ):
            catalogue = await described(connection, same["title_id"])
    live = await live_for(request, None)
    return page(
        request,
        "movie",
        movie=found,
        catalogue=catalogue,
        similar=await lists.similar(request, caller, movie_id, asked),
        asked=asked,
        genres=lists.genres(live.movies),
    )
