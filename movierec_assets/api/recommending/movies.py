"""Routes that are the same for everybody: what is like a movie, and what is popular."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from movierec_assets.api.identity import Known
from movierec_assets.api.problems import Problem, responses
from movierec_assets.api.recommending.cursors import Cursor, question_of, read_cursor
from movierec_assets.api.recommending.lists import NOTHING_YET, part_of, popular_list, similar_list
from movierec_assets.api.recommending.memory import live_for, memory
from movierec_assets.api.recommending.shapes import Items, MovieId, OfMovies

router = APIRouter(prefix="/v1", tags=["recommending"])


@router.get("/movies/{movie_id}/similar", operation_id="similar_movies", responses=responses(404, 410))
async def similar(
    request: Request,
    caller: Known,
    movie_id: Annotated[MovieId, Path(description="Movie of MovieLens.")],
    asked: Annotated[OfMovies, Query()],
) -> Items:
    """Movies that the ranking model finds most like one movie, the most alike first; none for one that nobody rated."""
    question = question_of("similar", movie_id, asked.narrowed)
    cursor = read_cursor(asked.cursor, question, int)
    live = await live_for(request, cursor)
    if live.models is None:
        raise Problem(503, NOTHING_YET, headers={"Retry-After": "60"})
    if (place := live.movies.place(movie_id)) is None:
        raise Problem(404, f"there is no movie {movie_id} in MovieLens")
    models = live.models

    def ranked() -> Items:
        found = similar_list(models, live.movies, live.movies.entries[place])
        allowed = live.movies.passing(asked)
        allowed[place] = False
        start = Cursor(question=question, recommender=found.recommender, version=found.version, shown=0)
        return part_of(found, allowed, asked.limit, cursor, start)

    return await memory(request).compute(ranked)


@router.get("/popular", operation_id="popular_movies", responses=responses(410))
async def popular(request: Request, caller: Known, asked: Annotated[OfMovies, Query()]) -> Items:
    """Movies by their mean rating, drawn towards the mean of all where they have few ratings."""
    question = question_of("popular", asked.narrowed)
    cursor = read_cursor(asked.cursor, question, int)
    live = await live_for(request, cursor)

    def ranked() -> Items:
        found = popular_list(live.movies, live.popular_movies)
        start = Cursor(question=question, recommender=found.recommender, version=found.version, shown=0)
        return part_of(found, live.movies.passing(asked), asked.limit, cursor, start)

    return await memory(request).compute(ranked)
