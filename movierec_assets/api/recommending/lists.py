"""Lists as parts: what could stand in one, ranked, cut where the request says, and described."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.api.problems import Problem
from movierec_assets.api.recommending.cursors import Cursor, gone, question_of
from movierec_assets.api.recommending.shapes import Item, Items
from movierec_assets.api.recommending.shelf import Shelf
from movierec_assets.domain.recommender.diversity import diversify
from movierec_assets.domain.recommender.listing import best_places
from movierec_assets.domain.recommender.topn import TopN

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec_assets.api.recommending.loading import Popular
    from movierec_assets.api.recommending.models import Models, Ratings
    from movierec_assets.api.recommending.shelf import Entry
    from movierec_assets.api.recommending.statements import Stored

CANDIDATES = 200
"""From so many of the best a list is chosen whose items shall be unlike."""
NOTHING_YET = "nothing to recommend is published yet: run `movierec run`"


@dataclass(frozen=True)
class Said:
    """What is said of one item beside what it is.

    Attributes:
        score: What the order follows.
        predicted_rating: Rating to expect, in stars.
        model_version: Of the recommender.
        reason: Why, in words.
    """

    score: float | None
    predicted_rating: float | None
    model_version: str | None
    reason: str | None


@dataclass(frozen=True, eq=False)
class Ranked:
    """Everything that could stand in a list.

    Attributes:
        shelf: What its places are places of.
        order: float32[n] the higher the better; nan where the recommender knows nothing.
        recommender: Who decides the order.
        version: Of the model or the data that the order follows.
        say: Describes the items at these places.
        vectors: Their factors, float32[n, rank]; None where the recommender has none.
    """

    shelf: Shelf
    order: npt.NDArray[np.float32]
    recommender: str
    version: str
    say: Callable[[npt.NDArray[np.int64]], Sequence[Said]]
    vectors: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.float32]] | None = None


def part_of(
    ranked: Ranked, allowed: npt.NDArray[np.bool_], limit: int, cursor: Cursor | None, start: Cursor
) -> Items:
    """One part of a list.

    Args:
        ranked: What could stand in it.
        allowed: bool[n] what may.
        limit: At most so many items.
        cursor: Where it goes on; None at the beginning.
        start: What the cursor of the next part says beside where it goes on.

    Raises:
        Problem: 410: the cursor goes on a list of another version.
    """
    after, shown = None, 0
    if cursor is not None:
        if cursor.version != ranked.version:
            raise gone()
        shown = cursor.shown
        if cursor.score is not None:
            after = cursor.score, ranked.shelf.before(cursor.last)
    places = best_places(ranked.order, allowed & ~np.isnan(ranked.order), limit + 1, after)
    more, places = places.size > limit, places[:limit]
    items = _items(ranked, places, shown)
    if not more:
        return Items(items=items, next_cursor=None)
    last = int(places[-1])
    following = start.model_copy(
        update={"shown": shown + limit, "score": float(ranked.order[last]), "last": ranked.shelf.ids[last]}
    )
    return Items(items=items, next_cursor=following.text())


def diverse_list(ranked: Ranked, allowed: npt.NDArray[np.bool_], limit: int, diversity: float) -> Items:
    """The best of a list, less like each other, in one part.

    Args:
        ranked: What could stand in it, with factors.
        allowed: bool[n] what may.
        limit: At most so many items.
        diversity: As for `diversify`.
    """
    assert ranked.vectors is not None
    places = best_places(ranked.order, allowed & ~np.isnan(ranked.order), CANDIDATES, None)
    ranks = np.arange(1, places.size + 1, dtype=np.int32)
    best = TopN(np.zeros(places.size, np.int64), ranks, places, ranked.order[places])
    ascending = np.sort(places)
    chosen = diversify(best, ascending, ranked.vectors(ascending), limit, diversity)
    return Items(items=_items(ranked, chosen.item_ids, 0), next_cursor=None)


def _items(ranked: Ranked, places: npt.NDArray[np.int64], shown: int) -> list[Item]:
    return [
        item(shown + number, ranked.shelf.entries[place], ranked.recommender, said)
        for number, (place, said) in enumerate(zip(places.tolist(), ranked.say(places), strict=True), 1)
    ]


def item(rank: int, entry: Entry, recommender: str, said: Said) -> Item:
    """One place of a list."""
    return Item.model_validate({"rank": rank, "recommender": recommender, **vars(entry), **vars(said)})


def popular_list(shelf: Shelf, popular: Popular) -> Ranked:
    """What is the same for everybody.

    Raises:
        Problem: 503: there is none.
    """
    if not popular.places.size:
        raise Problem(503, NOTHING_YET, headers={"Retry-After": "60"})
    order = np.full(len(shelf), np.nan, np.float32)
    # By place: scores of 64 bits, some of them equal in 32.
    order[popular.places] = -np.arange(popular.places.size, dtype=np.float32)

    def say(places: npt.NDArray[np.int64]) -> list[Said]:
        ranks = (-order[places]).astype(np.int64)
        return [Said(float(popular.scores[at]), None, popular.version, popular.reasons[at]) for at in ranks]

    return Ranked(shelf, order, popular.recommender, popular.version, say)


def model_list(
    models: Models,
    movies: Shelf,
    shelf: Shelf,
    factors: npt.NDArray[np.float32],
    ratings: Ratings,
    watched: frozenset[int] = frozenset(),
) -> Ranked:
    """What the ranking model would take for somebody.

    Args:
        models: The models.
        movies: For the titles in reasons.
        shelf: What to rank: the movies themselves, or titles that are movies.
        factors: Of the person, float32[rank].
        ratings: Of the person: they explain the order and predict ratings.
        watched: Movies among these that have only been watched.
    """
    rows = models.rows(shelf.movie_ids)
    order = np.append(models.scores(factors), np.float32(np.nan))[rows]

    def say(places: npt.NDArray[np.int64]) -> list[Said]:
        ids = models.movie_ids[rows[places]]
        stars = models.predicted(ratings, ids)
        because = models.because(ratings, ids)
        return [
            Said(shortest(score), shortest(expected), models.version, _reason(movies, int(movie), watched))
            for score, expected, movie in zip(order[places], stars, because, strict=True)
        ]

    def vectors(places: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        return models.ranking.model.item_factors[rows[places]]

    return Ranked(shelf, order, "ranking_model", models.version, say, vectors)


def similar_list(models: Models, movies: Shelf, entry: Entry) -> Ranked:
    """Movies by the cosine of their factors with one movie's."""
    assert entry.movie_id is not None
    rows = models.rows(movies.movie_ids)
    order = np.append(models.likeness(entry.movie_id), np.float32(np.nan))[rows]

    def say(places: npt.NDArray[np.int64]) -> list[Said]:
        return [
            Said(shortest(x), None, models.version, f"similar to {entry.named}: cosine {x:.2f}")
            for x in order[places]
        ]

    return Ranked(movies, order, "similar_movies", models.version, say)


def stored_list(rows: Sequence[Stored], recommender: str) -> Ranked:
    """What a recommender outside the graph wrote for one user."""
    by_id = sorted(rows, key=lambda row: str(row.entry.title_id))
    shelf = Shelf([row.entry.title_id for row in by_id], [row.entry for row in by_id])
    order = np.array([np.nan if row.viewed else -row.rank for row in by_id], np.float32)

    def say(places: npt.NDArray[np.int64]) -> list[Said]:
        return [
            Said(row.score, None, row.model_version, row.reason) for row in map(by_id.__getitem__, places)
        ]

    version = question_of([(row.rank, row.entry.title_id, row.model_version) for row in rows])
    return Ranked(shelf, order, recommender, version, say)


def shortest(value: np.float32) -> float | None:
    """The shortest decimal that is this number of 32 bits; None for nan."""
    return None if np.isnan(value) else float(str(value))


def _reason(movies: Shelf, movie_id: int, watched: frozenset[int]) -> str | None:
    place = movies.place(movie_id)
    if place is None:
        return None
    done = "watched" if movie_id in watched else "rated"
    return f"because you {done} {movies.entries[place].named}"
