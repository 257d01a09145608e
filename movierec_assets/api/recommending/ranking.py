"""Which list answers whom: the model's for those of whom something is known, the popular one for all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.api.recommending.cursors import Cursor, gone, unreadable
from movierec_assets.api.recommending.lists import diverse_list, model_list, part_of, popular_list
from movierec_assets.api.recommending.models import Ratings

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec_assets.api.recommending.loading import Live, Popular
    from movierec_assets.api.recommending.shapes import ForSomebody, Items
    from movierec_assets.api.recommending.shelf import Shelf
    from movierec_assets.api.recommending.statements import Viewing

MODEL = "ranking_model"
UNRATED = 3.0
"""Stars that a viewing without a rating counts as: the middle of the scale."""


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody, by what is known of them.

    Attributes:
        ratings: All their ratings.
        began: Those that a list began with which began with what is published; elsewhere the same.
        listed: Movies at the beginning of such a list.
        watched: Movies among the ratings that have only been watched.
        viewed: Titles seen.
    """

    ratings: Ratings
    began: Ratings
    listed: Sequence[int] = ()
    watched: frozenset[int] = frozenset()
    viewed: Sequence[str] = field(default=())

    @classmethod
    def of(cls, ratings: Ratings) -> Person:
        """Somebody of whom these ratings are known."""
        return cls(ratings, ratings)

    @classmethod
    def of_viewings(cls, viewings: Sequence[Viewing]) -> Person:
        """A fabricated user; of two titles of one movie the later one counts."""
        stars = {v.movie_id: v.stars for v in viewings if v.movie_id is not None}
        values = [UNRATED if given is None else float(given) for given in stars.values()]
        ratings = Ratings.of(list(stars), values)
        watched = frozenset(movie for movie, given in stars.items() if given is None)
        return cls(ratings, ratings, (), watched, [v.title_id for v in viewings])


def recommend(
    live: Live,
    shelf: Shelf,
    popular: Popular,
    person: Person,
    filters: ForSomebody,
    recommender: str,
    cursor: Cursor | None,
    question: str,
) -> Items:
    """One part of somebody's list.

    Args:
        live: What is live.
        shelf: What to recommend, movies or titles.
        popular: For those of whom nothing is known.
        person: Who asks.
        filters: What may stand in the list, and how long the part is.
        recommender: `ranking_model` or the name of the popular list.
        cursor: Where the list goes on, None at the beginning.
        question: What is asked, for the next cursor.

    Raises:
        Problem: 410: the list of the cursor is gone; 422: it cannot be read; 503: nothing is published.
    """
    allowed = shelf.passing(filters) & ~np.isin(shelf.movie_ids, person.ratings.movies)
    allowed[shelf.places(person.viewed)] = False
    decides = recommender if cursor is None else cursor.recommender
    factors = _factors(live, person, cursor) if decides == MODEL else None
    if factors is None or live.models is None:
        if cursor is not None and decides != popular.recommender:
            raise gone()
        ranked = popular_list(shelf, popular)
    else:
        allowed &= ~np.isin(shelf.movie_ids, np.asarray(person.listed, np.int64))
        ranked = model_list(live.models, live.movies, shelf, factors, person.ratings, person.watched)
        if filters.diversity:
            return diverse_list(ranked, allowed, filters.limit, filters.diversity)
    start = Cursor(
        question=question,
        recommender=ranked.recommender,
        version=ranked.version,
        shown=0,
        published=len(person.listed),
        factors=factors,
    )
    return part_of(ranked, allowed, filters.limit, cursor, start)


def _factors(live: Live, person: Person, cursor: Cursor | None) -> npt.NDArray[np.float32] | None:
    """The person's factors as the list began; None where the model knows nothing of them."""
    if live.models is None:
        return None
    if cursor is None:
        factors = live.models.factors(person.ratings)
    elif cursor.version != live.models.version or len(person.listed) != cursor.published:
        raise gone()
    elif cursor.factors is None:
        factors = live.models.factors(person.began)
    elif cursor.factors.size != live.models.ranking.model.params.rank:
        raise unreadable()
    else:
        factors = cursor.factors
    return factors if factors.any() else None
