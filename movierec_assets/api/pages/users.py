"""Users: a list to pick from or search by number, of MovieLens or of one scenario."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from movierec_assets.api.connections import Reading
from movierec_assets.api.pages import facts_sql, forms
from movierec_assets.api.pages import users_sql as sql
from movierec_assets.api.pages.links import address
from movierec_assets.api.pages.rendering import page
from movierec_assets.api.pages.rows import row, rows
from movierec_assets.api.pages.tables_there import nothing_yet, readable
from movierec_assets.api.problems import Problem
from movierec_assets.schema.feedback_tables import LARGEST_ID

router = APIRouter(include_in_schema=False)
SHOWN = 40
"""Users of one page."""


@router.get("/explore/users", response_model=None)
async def users(
    request: Request,
    connection: Reading,
    user: forms.Number = None,
    scenario: forms.OfScenario = None,
    after: forms.Number = None,
) -> HTMLResponse | RedirectResponse:
    """Users by number; one that is asked for by number is gone to."""
    there = await readable(connection)
    scenarios = await rows(connection, facts_sql.SCENARIOS) if "simulation.scenarios" in there else []
    if scenario is not None and scenario not in {one["scenario"] for one in scenarios}:
        raise Problem(404, f"there is no scenario {scenario}; `movierec scenario create` makes one")
    people = "serving.rating_histories" in there and await row(connection, sql.ANY_USER) is not None
    if scenario is None and not people:
        if not scenarios:
            raise nothing_yet("serving.rating_histories", "simulation.scenarios")
        return RedirectResponse(address("users", scenario=scenarios[0]["scenario"]), 303)
    if user is not None:
        await _exists(connection, there, scenario, user)
        where = ("users", user) if scenario is None else ("scenarios", scenario, "users", user)
        return RedirectResponse(address(*where), 303)
    part: dict[str, Any] = {"after": after or 0, "limit": SHOWN + 1}
    found = (
        await rows(connection, sql.USERS, **part)
        if scenario is None
        else await rows(connection, sql.FABRICATED, scenario=scenario, **part)
    )
    return page(
        request,
        "users",
        scenario=scenario,
        scenarios=scenarios,
        with_movielens=people,
        users=found[:SHOWN],
        more=len(found) > SHOWN,
        after=after,
    )


async def _exists(connection: Reading, there: frozenset[str], scenario: str | None, user: int) -> None:
    """Go on where there is such a user.

    Raises:
        Problem: 404.
    """
    if scenario is not None:
        if await row(connection, sql.FABRICATED_USER, scenario=scenario, user_id=user) is None:
            raise Problem(404, f"scenario {scenario} has no user {user}")
        return
    statement = sql.USER_EXISTS if "feedback.ratings" in there else sql.USER_PUBLISHED
    found = await row(connection, statement, user_id=user) if 1 <= user <= LARGEST_ID else None
    if found is None or not found["there"]:
        raise Problem(404, f"MovieLens has no user {user}, and nobody has written a rating of theirs")
