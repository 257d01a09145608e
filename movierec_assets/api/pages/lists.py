"""The lists that pages show, from those who answer the same questions under `/v1`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Response

from movierec_assets.api.recommending import movielens, movies
from movierec_assets.api.recommending.memory import live_for
from movierec_assets.api.recommending.shapes import ForMovieLens, Item, Items, OfMovies

if TYPE_CHECKING:
    from fastapi import Request

    from movierec_assets.api.identity import Caller
    from movierec_assets.api.recommending.shelf import Shelf

HIGHEST = {"ranking_model": 1.5, "similar_movies": 1.0, "popular_movies": 5.0, "popular_titles": 10.0}
"""The highest score of each recommender: of the model hardly ever more than this, a cosine, stars, points at IMDb."""
MEASURES = {"similar_movies": "Likeness", "popular_movies": "Damped mean", "popular_titles": "Damped mean"}
"""What the scores of some recommenders are."""


async def to_movielens_user(request: Request, caller: Caller, user_id: int, asked: ForMovieLens) -> Items:
    """What to recommend to a user of MovieLens."""
    found = await movielens.to_movielens_user(request, caller, user_id, asked)
    # The beginning of the list comes from the database as it is sent.
    return Items.model_validate_json(bytes(found.body)) if isinstance(found, Response) else found


async def similar(request: Request, caller: Caller, movie_id: int, asked: OfMovies) -> Items | None:
    """Movies like one; None where no model is published yet."""
    if (await live_for(request, None)).models is None:
        return None
    return await movies.similar(request, caller, movie_id, asked)


async def popular(request: Request, caller: Caller, asked: OfMovies) -> Items | None:
    """Popular movies; None where nobody's ratings are published yet."""
    if not (await live_for(request, None)).popular_movies.places.size:
        return None
    return await movies.popular(request, caller, asked)


def genres(shelf: Shelf) -> list[str]:
    """All genres that something on the shelf has, by name."""
    return sorted({genre for entry in shelf.entries for genre in entry.genres})


def share(item: Item) -> float | None:
    """An item's score as a share of the highest that there can be; None where that is not known."""
    highest = HIGHEST.get(item.recommender)
    return None if item.score is None or highest is None else item.score / highest


def measure(recommender: str) -> str:
    """What the scores of a recommender are called."""
    return MEASURES.get(recommender, "Score")
