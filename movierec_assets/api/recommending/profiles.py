"""What somebody has rated, as a list in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.api.recommending.cursors import Cursor
from movierec_assets.api.recommending.shapes import Profile, Rated
from movierec_assets.domain.recommender.listing import best_places

if TYPE_CHECKING:
    from movierec_assets.api.recommending.models import Ratings
    from movierec_assets.api.recommending.shelf import Shelf


def profile_of(
    user_id: int, ratings: Ratings, movies: Shelf, limit: int, cursor: Cursor | None, question: str
) -> Profile:
    """One part of what somebody has rated, the best rated first, then by id.

    Args:
        user_id: Who.
        ratings: All their ratings, at least one.
        movies: For their titles.
        limit: At most so many.
        cursor: Where it goes on, None at the beginning.
        question: What is asked, for the next cursor.
    """
    by_id = np.argsort(ratings.movies)
    ids, stars = ratings.movies[by_id], ratings.stars[by_id]
    after = None
    if cursor is not None and cursor.score is not None and isinstance(cursor.last, int):
        after = cursor.score, int(np.searchsorted(ids, cursor.last, "right")) - 1
    found = best_places(stars, np.ones(ids.size, np.bool_), limit + 1, after)
    more, found = found.size > limit, found[:limit]
    following = None
    if more:
        score, last = float(stars[found[-1]]), int(ids[found[-1]])
        following = Cursor(
            question=question, recommender="", version="", shown=0, score=score, last=last
        ).text()
    return Profile(
        user_id=user_id,
        rating_count=ids.size,
        average_rating=round(float(stars.mean(dtype=np.float64)), 4),
        items=[_rated(int(ids[at]), float(stars[at]), movies) for at in found],
        next_cursor=following,
    )


def _rated(movie_id: int, stars: float, movies: Shelf) -> Rated:
    place = movies.place(movie_id)
    if place is None:
        return Rated(
            movie_id=movie_id, title_id=None, title=None, year=None, genres=[], kind="movie", rating=stars
        )
    return Rated.model_validate({**vars(movies.entries[place]), "rating": stars})
