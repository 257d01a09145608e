"""Routes for people who rate movies of MovieLens: its users, and new ones."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from movierec_assets.api.connections import connections
from movierec_assets.api.identity import Known
from movierec_assets.api.problems import Problem, responses
from movierec_assets.api.recommending import statements
from movierec_assets.api.recommending.cursors import Cursor, question_of, read_cursor
from movierec_assets.api.recommending.memory import live_for, memory
from movierec_assets.api.recommending.models import Ratings
from movierec_assets.api.recommending.profiles import profile_of
from movierec_assets.api.recommending.ranking import MODEL, Person, recommend
from movierec_assets.api.recommending.shapes import (
    ForMovieLens,
    Items,
    NewUser,
    Part,
    Profile,
    UserOfMovieLens,
)
from movierec_assets.api.recommending.together import Together

router = APIRouter(prefix="/v1", tags=["recommending"])


@router.get(
    "/movielens-users/{user_id}/recommendations",
    operation_id="recommend_to_movielens_user",
    response_model=Items,
    responses=responses(410),
)
async def to_movielens_user(
    request: Request, caller: Known, user_id: UserOfMovieLens, asked: Annotated[ForMovieLens, Query()]
) -> Any:
    """Movies that a user of MovieLens has not rated, the best first.

    What applications have written to `/v1/ratings` counts from the next request on. A user of whom nothing is known
    gets what is popular.
    """
    question = question_of("movies", user_id, asked.narrowed)
    cursor = read_cursor(asked.cursor, question, int)
    if cursor is None and asked.open and asked.recommender == MODEL:
        together: Together = request.app.state.together
        if found := await together.published(caller.role, user_id, asked.limit):
            return published_answer(*found, asked.limit, question)
    async with connections(request).reading(caller.role) as connection:
        began = (cursor.published, cursor.version) if cursor else (0, "")
        history = await statements.history(connection, user_id, *began)
    live = await live_for(request, cursor)
    person = Person(history.all, history.published, history.listed)
    lists = live.movies, live.popular_movies
    return await memory(request).compute(
        partial(recommend, live, *lists, person, asked, asked.recommender, cursor, question)
    )


def published_answer(items: str, version: str, limit: int, question: str) -> Response:
    """The first part of a published list.

    Args:
        items: As JSON, with commas between.
        version: Of the model.
        limit: How many they are.
        question: As `question_of` makes it of the request.
    """
    following = Cursor(
        question=question, recommender=MODEL, version=version, shown=limit, published=limit
    ).text()
    return Response(f'{{"items":[{items}],"next_cursor":"{following}"}}', media_type="application/json")


@router.post("/recommend", operation_id="recommend_to_new_user", responses=responses(410, 413))
async def to_new_user(
    request: Request, caller: Known, body: NewUser, asked: Annotated[ForMovieLens, Query()]
) -> Items:
    """Movies for somebody with these ratings, who need not be known; nothing is kept of it."""
    question = question_of("new user", asked.narrowed)
    cursor = read_cursor(asked.cursor, question, int)
    live = await live_for(request, cursor)
    stars = {rating.movie_id: rating.rating for rating in body.ratings}
    person = Person.of(Ratings.of(list(stars), list(stars.values())))
    lists = live.movies, live.popular_movies
    return await memory(request).compute(
        partial(recommend, live, *lists, person, asked, asked.recommender, cursor, question)
    )


@router.get("/movielens-users/{user_id}", operation_id="movielens_user", responses=responses(404))
async def movielens_user(
    request: Request, caller: Known, user_id: UserOfMovieLens, asked: Annotated[Part, Query()]
) -> Profile:
    """What a user of MovieLens has rated, the best rated first."""
    question = question_of("profile", user_id)
    cursor = read_cursor(asked.cursor, question, int)
    async with connections(request).reading(caller.role) as connection:
        history = await statements.history(connection, user_id)
    ratings = history.all
    if not ratings.movies.size:
        raise Problem(404, f"nothing is known of user {user_id} of MovieLens")
    live = await live_for(request, None)
    return profile_of(user_id, ratings, live.movies, asked.limit, cursor, question)
