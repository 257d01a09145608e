"""Explicit alternating least squares with weighted regularisation (ALS-WR), with MLlib's objective.

Minimises, over user factors u and item factors v,
`Σ (r_ui - u·v)² + reg_param · (Σ_u n_u |u|² + Σ_i n_i |v|²)`, n being a row's number of ratings (Zhou et
al., 2008, "Large-Scale Parallel Collaborative Filtering for the Netflix Prize"; Apache Spark's `ALS`
minimises the same).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.index import (
    Csr,
    RepeatedError,
    as_array,
    both_ways,
    encode,
    positions,
)
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.threads import each_range

if TYPE_CHECKING:
    import numpy.typing as npt


ALIGNMENT = 16
"""Factors are laid out from an address that is a multiple of so many float32 numbers: a line of the cache."""

GRAM_ROWS = 4096
"""Rows whose outer products are added up by one thread."""


@dataclass(frozen=True, eq=False)
class AlsModel:
    """A trained model. The predicted rating of a user and an item is the dot product of their factors.

    Attributes:
        user_ids: int64[n_users], ascending.
        item_ids: int64[n_items], ascending.
        user_factors: float32[n_users, rank].
        item_factors: float32[n_items, rank].
        params: What it was trained with.
        training_loss: Root mean squared error on the training ratings after each iteration, in stars; empty
            for a model that MLlib trained, which does not tell.
    """

    user_ids: npt.NDArray[np.int64]
    item_ids: npt.NDArray[np.int64]
    user_factors: npt.NDArray[np.float32]
    item_factors: npt.NDArray[np.float32]
    params: AlsParams | RankingParams
    training_loss: tuple[float, ...] = ()

    @cached_property
    def version(self) -> str:
        """Hash of parameters, ids and factors: 16 hexadecimal digits, equal for equal models only."""
        digest = hashlib.sha256(repr(self.params).encode())
        for array, kind in (
            (self.user_ids, "<i8"),
            (self.item_ids, "<i8"),
            (self.user_factors, "<f4"),
            (self.item_factors, "<f4"),
        ):
            digest.update(repr(array.shape).encode())
            digest.update(np.ascontiguousarray(array, kind).data)
        return digest.hexdigest()[:16]

    def predict(self, users: Any, items: Any) -> npt.NDArray[np.float32]:
        """Predicted ratings of pairs, in stars.

        Args:
            users: [n] user ids, NumPy or Arrow.
            items: [n] item ids.

        Returns:
            float32[n], nan where the user or the item is unknown; not clipped to the scale of the ratings.
        """
        from movierec_assets.domain.recommender import top_kernels

        user, item = (
            positions(ids, as_array(wanted, np.int64))
            for ids, wanted in ((self.user_ids, users), (self.item_ids, items))
        )
        result = np.empty(user.size, np.float32)
        data = (user, item, self.user_factors, self.item_factors, result)
        each_range(
            lambda start, stop: top_kernels.predict_pairs(start, stop, *data), np.arange(user.size + 1)
        )
        return result


def fit(
    users: Any,
    items: Any,
    ratings: Any,
    params: AlsParams | RankingParams,
    progress: Callable[[int, float], None] | None = None,
    threads: int | None = None,
) -> AlsModel:
    """Train a model. Equal ratings give equal bytes, in any order and with any number of threads.

    Args:
        users: [n] user ids, NumPy or Arrow, no nulls.
        items: [n] item ids.
        ratings: [n] ratings in stars.
        params: Parameters.
        progress: Called after each iteration with its number, from 1, and the training error in stars.
        threads: Threads to use; default one per core that this process may use.

    Raises:
        ValueError: There are no ratings, lengths differ, a value is null or not finite, or a pair has two
        ratings.
    """
    user, item = as_array(users, np.int64), as_array(items, np.int64)
    rating = as_array(ratings, np.float32)
    if not user.size == item.size == rating.size:
        raise ValueError(
            f"users, items and ratings must be of one length, not {user.size}, {item.size}, {rating.size}"
        )
    if user.size == 0:
        raise ValueError("there are no ratings to train on: check that cleaned_ratings has rows")
    if not np.isfinite(rating).all():
        raise ValueError(
            f"rating {int(np.argmin(np.isfinite(rating)))} of the training set is not a finite number"
        )
    with ThreadPoolExecutor(2) as pool:
        (user_ids, user_code), (item_ids, item_code) = pool.map(encode, (user, item))
    shape = user_ids.size, item_ids.size
    try:
        by_user, by_item = both_ways(user_code, item_code, rating, shape, threads)
    except RepeatedError as twice:
        pair = f"user {user_ids[twice.row]} rated item {item_ids[twice.column]}"
        raise ValueError(f"{pair} more than once: keep one rating of each pair") from twice
    sides = _alternate(by_user, by_item, params, progress, threads)
    return AlsModel(user_ids, item_ids, *sides[:2], params, sides[2])


def _alternate(
    by_user: Csr,
    by_item: Csr,
    params: AlsParams | RankingParams,
    progress: Callable[[int, float], None] | None,
    threads: int | None,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], tuple[float, ...]]:
    """User factors, item factors, and the loss after each iteration."""
    from movierec_assets.domain.recommender.vector import PAD

    n_users, n_items, rank = by_user.indptr.size - 1, by_item.indptr.size - 1, params.rank
    width = -(-rank // PAD) * PAD
    user_factors, item_factors = _zeros(n_users, width), _zeros(n_items, width)
    start = np.random.default_rng(params.seed).standard_normal((n_users, rank), np.float32)
    # As MLlib starts, nonnegative or not: unit vectors of any sign. Absolute values, all of one quadrant, start the
    # factors too alike (held-out RMSE on ml-latest-small 0.871 instead of 0.865, mean of 12 seeds).
    user_factors[:, :rank] = start / np.linalg.norm(start, axis=1, keepdims=True)
    item_factors[:, :rank] = 1
    solver = _Solver(params, threads)
    losses = []
    for iteration in range(1, params.max_iter + 1):
        solver.solve_side(by_item, user_factors, item_factors)
        if iteration == 1 and solver.nonnegative:
            # Where the start pointed away from all its raters an item is zero now, and would stay so with them.
            item_factors[~item_factors.any(axis=1), :rank] = rank**-0.5
        squared = solver.solve_side(by_user, item_factors, user_factors)
        losses.append(float(np.sqrt(squared / by_user.columns.size)))
        if progress is not None:
            progress(iteration, losses[-1])
    return user_factors[:, :rank].copy(), item_factors[:, :rank].copy(), tuple(losses)


def _zeros(rows: int, width: int) -> npt.NDArray[np.float32]:
    """float32[rows, width] of zeros, each row on as few lines of the cache as can be."""
    room = np.zeros(rows * width + ALIGNMENT, np.float32)
    skip = -(room.ctypes.data // 4) % ALIGNMENT
    return room[skip : skip + rows * width].reshape(rows, width)


class _Solver:
    """Solves one side of the factors with the other fixed."""

    def __init__(self, params: AlsParams | RankingParams, threads: int | None) -> None:
        self.rank, self.reg_param, self.threads = params.rank, params.reg_param, threads
        self.nonnegative = params.nonnegative
        self.alpha = params.alpha if isinstance(params, RankingParams) else 0.0

    def solve_side(self, ratings: Csr, fixed: npt.NDArray[np.float32], out: npt.NDArray[np.float32]) -> float:
        """Solve every row into `out`; returns the weighted sum of squared residuals."""
        from movierec_assets.domain.recommender import kernels

        base = self._gram(fixed) if self.alpha else np.zeros((fixed.shape[1], fixed.shape[1]))
        losses = np.empty(len(out), np.float64)
        data = (ratings.indptr, ratings.columns, ratings.values, fixed, base)
        weights = (self.rank, self.alpha, self.reg_param, self.nonnegative)
        # A row costs its ratings and, for the factorisation, about as much as `rank` more.
        work = ratings.indptr + np.arange(ratings.indptr.size) * self.rank
        each_range(
            lambda start, stop: kernels.solve_rows(start, stop, *data, *weights, out, losses),
            work,
            self.threads,
        )
        return float(losses.sum())

    def _gram(self, factors: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Upper triangle of the sum of the rows' outer products, the same with any number of threads."""
        from movierec_assets.domain.recommender import kernels

        parts = np.zeros((-(-len(factors) // GRAM_ROWS), factors.shape[1], factors.shape[1]))

        def add(start: int, stop: int) -> None:
            for part in range(start, stop):
                end = min((part + 1) * GRAM_ROWS, len(factors))
                kernels.gram_rows(part * GRAM_ROWS, end, factors, parts[part])

        each_range(add, np.arange(len(parts) + 1), self.threads)
        total: npt.NDArray[np.float64] = parts.sum(axis=0)
        return total
