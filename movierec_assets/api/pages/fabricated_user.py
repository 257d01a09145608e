"""One fabricated user of one scenario: what they watched, what is recommended to them by whom, and why."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from movierec_assets.api.connections import connections
from movierec_assets.api.identity import Known
from movierec_assets.api.pages import forms, lists
from movierec_assets.api.pages import users_sql as sql
from movierec_assets.api.pages.rendering import page
from movierec_assets.api.pages.rows import row, rows
from movierec_assets.api.problems import Problem
from movierec_assets.api.recommending.memory import live_for
from movierec_assets.api.recommending.shapes import OfTitles
from movierec_assets.api.recommending.titles import to_simulated_user

router = APIRouter(include_in_schema=False)
RECOMMENDERS = ("ranking_model", "popular_titles")
WATCHED = 12
"""Titles beside the recommendations."""


@router.get("/explore/scenarios/{scenario}/users/{user_id}")
async def fabricated_user(
    request: Request, caller: Known, scenario: forms.Scenario, user_id: forms.FabricatedUser
) -> HTMLResponse:
    """What they watched and rated best, and what is recommended."""
    asked = forms.filters(request, OfTitles)
    of_user = {"scenario": scenario, "user_id": user_id}
    async with connections(request).reading(caller.role) as connection:
        known = await row(connection, sql.FABRICATED_USER, **of_user)
        if known is None:
            raise Problem(404, f"scenario {scenario} has no user {user_id}, or there is no such scenario")
        watched = await rows(connection, sql.WATCHED, **of_user, limit=WATCHED)
        outside = await rows(connection, sql.RECOMMENDERS_OF_USER, **of_user)
    live = await live_for(request, None)
    return page(
        request,
        "fabricated_user",
        user=known,
        watched=watched,
        found=await to_simulated_user(request, caller, scenario, user_id, asked),
        asked=asked,
        genres=lists.genres(live.titles),
        recommenders=[*RECOMMENDERS, *(one["recommender"] for one in outside)],
    )
