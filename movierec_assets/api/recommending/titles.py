"""The route for fabricated users, who see titles of the catalogue."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from movierec_assets.api.connections import connections
from movierec_assets.api.identity import Known
from movierec_assets.api.problems import FieldError, Problem, responses
from movierec_assets.api.recommending import statements
from movierec_assets.api.recommending.cursors import Cursor, question_of, read_cursor
from movierec_assets.api.recommending.lists import part_of, stored_list
from movierec_assets.api.recommending.memory import live_for, memory
from movierec_assets.api.recommending.ranking import MODEL, Person, recommend
from movierec_assets.api.recommending.shapes import Items, OfTitles
from movierec_assets.schema.simulation_tables import SCENARIO

router = APIRouter(prefix="/v1", tags=["recommending"])
MOVIE_LISTS = {"popular_movies", "similar_movies", "als_model"}
"""Recommenders of movies, whom nobody should take for one outside the graph."""


@router.get(
    "/users/{scenario}/{user_id}/recommendations",
    operation_id="recommend_to_simulated_user",
    responses=responses(410),
)
async def to_simulated_user(
    request: Request,
    caller: Known,
    scenario: Annotated[str, Path(pattern=f"^{SCENARIO.pattern}$", description=SCENARIO.description)],
    user_id: Annotated[int, Path(ge=1, lt=2**63, description="Fabricated user.")],
    asked: Annotated[OfTitles, Query()],
) -> Items:
    """Titles that a fabricated user has not seen, the best first.

    Viewings count from the next request on, one without a rating as three stars. A user of whom nothing is known gets
    what is popular.
    """
    question = question_of("titles", scenario, user_id, asked.narrowed)
    cursor = read_cursor(asked.cursor, question, str)
    if asked.recommender in MOVIE_LISTS:
        detail = f"{asked.recommender} orders movies; titles are ordered by ranking_model or popular_titles"
        raise Problem(422, f"query/recommender: {detail}", (FieldError("query/recommender", detail),))
    inside = asked.recommender in (MODEL, "popular_titles")
    async with connections(request).reading(caller.role) as connection:
        if not inside:
            rows = await statements.stored(connection, asked.recommender, scenario, user_id)
        else:
            seen = await statements.viewings(connection, scenario, user_id)
    if not inside:
        ranked = stored_list(rows, asked.recommender)
        start = Cursor(question=question, recommender=asked.recommender, version=ranked.version, shown=0)
        return part_of(ranked, ranked.shelf.passing(asked), asked.limit, cursor, start)
    live = await live_for(request, cursor)
    lists = live.titles, live.popular_titles
    person = Person.of_viewings(seen)
    return await memory(request).compute(
        partial(recommend, live, *lists, person, asked, asked.recommender, cursor, question)
    )
