"""The world that the sample is drawn from: its movies, their popularity and tastes, and each user's activity.

Everything here has the size of the catalogue or of the user list, never of the ratings. Numbers that decide a
rating are whole (in float32 far below 2**24, where sums are exact): every machine draws the same sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

RANK = 8
"""Latent tastes."""

STAR = 52_000
"""Score units a star; a rating's noise, a sum of four 16-bit numbers, then has a deviation of 0.73 stars."""

TASTE = 104
"""Deviation of a factor; the taste term of a rating then has about 0.6 stars."""

TABLE_BITS = 20
MOVIE_BITS = 17
MAX_MOVIES = 100_000
RATINGS_PER_USER = 165
FEWEST_RATINGS = 20


@dataclass(frozen=True)
class World:
    """A catalogue and a population for so many ratings.

    Attributes:
        ratings: How many there are in all.
        seed: Of everything.
    """

    ratings: int
    seed: int

    @property
    def users(self) -> int:
        """How many users there are: as many for each rating as in ml-latest-small."""
        return max(1, round(self.ratings / RATINGS_PER_USER))

    @property
    def movies(self) -> int:
        """How many movies there are: 9,700 for 100 thousand ratings, about 88,000 for 30 million."""
        grown: float = 9_700 * (self.ratings / 1e5) ** 0.385
        return min(MAX_MOVIES, max(100, round(grown)))

    def generator(self, *stream: int) -> np.random.Generator:
        """The random numbers of one purpose, the same whatever else was drawn before."""
        return np.random.Generator(np.random.SFC64(np.random.SeedSequence([self.seed, *stream])))

    @cached_property
    def movie_ids(self) -> Ints:
        """Ids, increasing, with gaps as MovieLens has them. Shape (movies,)."""
        gaps = self.generator(0).geometric(0.45 if self.movies > 20_000 else 0.9, self.movies)
        ids: Ints = np.cumsum(gaps).astype(np.int64)
        return ids

    @cached_property
    def tastes(self) -> Floats:
        """What each movie offers to each latent taste. Shape (movies, RANK), whole numbers."""
        return whole_normal(self.generator(1), (self.movies, RANK), TASTE)

    @cached_property
    def quality(self) -> Floats:
        """How much better than others everybody finds each movie, in score units. Shape (movies,)."""
        return whole_normal(self.generator(2), self.movies, 0.42 * STAR)

    @cached_property
    def tables(self) -> npt.NDArray[np.int32]:
        """For each taste, movies as often as someone of that taste picks them. Shape (RANK, 2**TABLE_BITS).

        Popularity is Zipf-Mandelbrot; the best-known movie gets about 0.3 % of all ratings, as in MovieLens.
        """
        order = self.generator(3).permutation(self.movies)
        # The better a movie, the better known, loosely: half of its place is luck.
        fame = np.argsort(np.argsort(-self.quality / STAR + 0.6 * order / self.movies))
        popularity = (fame + 60.0) ** -1.1
        popularity[np.setdiff1d(np.arange(self.movies), self.debut)] = 0
        weights = popularity * np.exp(1.3 * self.tastes.T / TASTE)
        steps = np.cumsum(weights, axis=1)
        slots = (np.arange(1 << TABLE_BITS) + 0.5) / (1 << TABLE_BITS)
        rows = [np.searchsorted(row, slots * row[-1]) for row in steps]
        return np.stack(rows).astype(np.int32)

    @cached_property
    def debut(self) -> npt.NDArray[np.int32]:
        """Movies in the order in which users are given them first: all but 0.2 % get a rating."""
        return (
            self.generator(4).permutation(self.movies)[: max(1, self.movies * 998 // 1000)].astype(np.int32)
        )

    @cached_property
    def counts(self) -> Ints:
        """Ratings of each user, a power law above `FEWEST_RATINGS`, `ratings` in all. Shape (users,)."""
        least = min(FEWEST_RATINGS, self.ratings // self.users)
        most = max(self.movies * 3 // 10, 2 * -(-self.ratings // self.users)) - least
        share = self.generator(5).pareto(1.6, self.users) + 1e-3
        spare = self.ratings - least * self.users
        while (total := share.sum()) and (over := share * (spare / total) > most * 1.000001).any():
            free = share[~over].sum()
            share[over] = most * free / (spare - most * over.sum())
        ends = np.floor(np.cumsum(share) * (spare / share.sum())).astype(np.int64)
        ends[-1] = spare
        counts: Ints = least + np.diff(ends, prepend=0)
        return counts

    @cached_property
    def debut_ends(self) -> Ints:
        """Where each user's part of `debut` ends, at most a tenth of the user's ratings. Shape (users,)."""
        share = min(len(self.debut) / self.ratings, 0.1)
        ends: Ints = np.floor(np.cumsum(self.counts) * share).astype(np.int64)
        return ends


def whole_normal(generator: np.random.Generator, shape: int | tuple[int, ...], deviation: float) -> Floats:
    """Normally distributed whole numbers, none beyond four deviations."""
    drawn = np.rint(generator.standard_normal(shape) * deviation)
    return np.clip(drawn, -4 * deviation, 4 * deviation).astype(np.float32)
