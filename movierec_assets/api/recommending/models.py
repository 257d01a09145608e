"""Both published models, asked for ratings that they were not trained on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.directions import Directions
from movierec_assets.domain.recommender.explaining import contributions, reason_places
from movierec_assets.domain.recommender.index import positions

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec_assets.domain.recommender.folding import FoldIn


@dataclass(frozen=True, eq=False)
class Ratings:
    """What one person has rated.

    Attributes:
        movies: int64[n] distinct movie ids.
        stars: float32[n] ratings.
    """

    movies: npt.NDArray[np.int64]
    stars: npt.NDArray[np.float32]

    @classmethod
    def of(cls, movies: Any, stars: Any) -> Ratings:
        """From lists or arrays of one length."""
        return cls(np.asarray(movies, np.int64), np.asarray(stars, np.float32))

    def overlaid(self, later: Ratings) -> Ratings:
        """With later ratings, which count in place of earlier ones of the same movies."""
        kept = ~np.isin(self.movies, later.movies)
        return Ratings(
            np.concatenate([self.movies[kept], later.movies]), np.concatenate([self.stars[kept], later.stars])
        )


@dataclass(frozen=True, eq=False)
class Models:
    """The models of one version.

    Attributes:
        ranking: Of implicit feedback: decides the order.
        rating: Of explicit feedback: predicts ratings.
        version: Data version of the ranking model.
    """

    ranking: FoldIn
    rating: FoldIn
    version: str

    @property
    def movie_ids(self) -> npt.NDArray[np.int64]:
        """int64[n], ascending: the movies that can be ranked."""
        return self.ranking.model.item_ids

    def rows(self, movies: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Rows of these movies in what `scores` and `likeness` give, int64[n]; -1 for those that cannot be ranked."""
        found: npt.NDArray[np.int64] = positions(self.movie_ids, movies)
        return found

    def factors(self, ratings: Ratings) -> npt.NDArray[np.float32]:
        """A person's factors, float32[rank]; zero where no rated movie is known."""
        return self.ranking.factors(ratings.movies, ratings.stars)

    def scores(self, factors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Preference of every movie, float32[n], the same in every process."""
        # Sums of 32 bits depend on where the array lies in memory, and pages of one list may come from two processes.
        found: npt.NDArray[np.float32] = (self._wide @ factors.astype(np.float64)).astype(np.float32)
        return found

    def likeness(self, movie_id: int) -> npt.NDArray[np.float32]:
        """Cosine of every movie with this one, float32[n], as the table `similar_movies` has it.

        Nan where one of the two is unknown or has no direction.
        """
        place = int(positions(self.movie_ids, np.array([movie_id]))[0])
        if place < 0:
            return np.full(self.movie_ids.size, np.nan, np.float32)
        # Requests run beside each other already.
        return self._directions.likeness(place, 1)

    def predicted(self, ratings: Ratings, movies: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Ratings to expect of these movies, float32[n] stars; nan where the rating model knows too little."""
        model = self.rating.model
        factors = self.rating.factors(ratings.movies, ratings.stars)
        at = positions(model.item_ids, movies)
        expected = model.item_factors[at] @ factors
        return np.where((at >= 0) & factors.any(), expected, np.float32(np.nan)).astype(np.float32)

    def because(self, ratings: Ratings, movies: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """For each movie, which must be known, the rated one that adds most to its score, as `reasons` has it.

        In whatever order the ratings are; -1 where none adds anything.

        Returns:
            int64[n] movie ids.
        """
        model = self.ranking.model
        rated = positions(model.item_ids, ratings.movies)
        known = np.flatnonzero(rated >= 0)
        known = known[np.argsort(rated[known], kind="stable")]
        if not known.size:
            return np.full(movies.size, -1)
        parts = contributions(
            model.item_factors,
            self._gram,
            model.params,
            rated[known],
            ratings.stars[known],
            positions(model.item_ids, movies),
        )
        # The last entry is where -1, no movie, leads.
        return np.append(ratings.movies[known], -1)[reason_places(parts)]

    @cached_property
    def _wide(self) -> npt.NDArray[np.float64]:
        return self.ranking.model.item_factors.astype(np.float64)

    @cached_property
    def _directions(self) -> Directions:
        return Directions.of(self.ranking.model.item_factors)

    @cached_property
    def _gram(self) -> npt.NDArray[np.float64]:
        found: npt.NDArray[np.float64] = self._wide.T @ self._wide
        return found
