"""One user of MovieLens: what they liked, what is recommended to them, and why."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from movierec_assets.api.connections import connections
from movierec_assets.api.identity import Known
from movierec_assets.api.pages import forms, lists
from movierec_assets.api.pages import users_sql as sql
from movierec_assets.api.pages.rendering import page
from movierec_assets.api.pages.rows import rows
from movierec_assets.api.recommending.memory import live_for
from movierec_assets.api.recommending.movielens import movielens_user
from movierec_assets.api.recommending.shapes import ForMovieLens, Part

router = APIRouter(include_in_schema=False)
RECOMMENDERS = ("ranking_model", "popular_movies")
LIKED, ALL_LIKED = 12, 100
"""Rated movies beside the recommendations, and on a page of their own."""


@router.get("/explore/users/{user_id}")
async def user(request: Request, caller: Known, user_id: forms.MovieLensUser) -> HTMLResponse:
    """What they liked most, and what is recommended."""
    asked = forms.filters(request, ForMovieLens)
    profile = await movielens_user(request, caller, user_id, Part(limit=LIKED))
    async with connections(request).reading(caller.role) as connection:
        tastes = await rows(connection, sql.GENRES_OF_USER, user_id=user_id)
    live = await live_for(request, None)
    return page(
        request,
        "user",
        profile=profile,
        tastes=tastes,
        found=await lists.to_movielens_user(request, caller, user_id, asked),
        asked=asked,
        genres=lists.genres(live.movies),
        recommenders=RECOMMENDERS,
    )


@router.get("/explore/users/{user_id}/ratings")
async def ratings(
    request: Request, caller: Known, user_id: forms.MovieLensUser, cursor: forms.Cursor = None
) -> HTMLResponse:
    """All that they rated, the best rated first."""
    asked = Part(limit=ALL_LIKED, cursor=cursor)
    return page(
        request, "ratings", profile=await movielens_user(request, caller, user_id, asked), asked=asked
    )
