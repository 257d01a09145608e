"""Explicit alternating least squares with weighted regularisation (ALS-WR), with MLlib's objective.

Minimises, over user factors u and item factors v,
`Σ (r_ui - u·v)² + reg_param · (Σ_u n_u |u|² + Σ_i n_i |v|²)`, n being a row's number of ratings (Zhou et
al., 2008, "Large-Scale Parallel Collaborative Filtering for the Netflix Prize"; Apache Spark's `ALS`
minimises the same).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.index import Csr, as_array, csr, encode, positions
from movierec_assets.domain.recommender.params import AlsParams
from movierec_assets.domain.recommender.threads import each_range

if TYPE_CHECKING:
    import numpy.typing as npt


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
    params: AlsParams
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
        user, item = (
            positions(self.user_ids, as_array(users, np.int64)),
            positions(self.item_ids, as_array(items, np.int64)),
        )
        known = (user >= 0) & (item >= 0)
        user, item = user[known], item[known]
        score = np.zeros(user.size, np.float32)
        # One factor after the other, as top_n adds them: the same pair has the same score there, to the bit.
        for k in range(self.params.rank):
            score += self.user_factors[user, k] * self.item_factors[item, k]
        result = np.full(known.size, np.nan, np.float32)
        result[known] = score
        return result


def fit(
    users: Any,
    items: Any,
    ratings: Any,
    params: AlsParams,
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
    user_ids, user_code = encode(user)
    item_ids, item_code = encode(item)
    by_item = csr(item_code, user_code, rating, item_ids.size)
    # Sorted twice, each row lists its columns in ascending order, whatever the order of the input was.
    by_user = csr(by_item.columns, by_item.rows(), by_item.values, user_ids.size)
    by_item = csr(by_user.columns, by_user.rows(), by_user.values, item_ids.size)
    if (twice := by_user.first_repeated()) is not None:
        pair = f"user {user_ids[twice[0]]} rated item {item_ids[twice[1]]}"
        raise ValueError(f"{pair} more than once: keep one rating of each pair")

    rank = params.rank
    user_factors = np.random.default_rng(params.seed).standard_normal((user_ids.size, rank), np.float32)
    # As MLlib starts, nonnegative or not: unit vectors of any sign. Absolute values, all of one quadrant, start the
    # factors too alike (held-out RMSE on ml-latest-small 0.871 instead of 0.865, mean of 12 seeds).
    user_factors /= np.linalg.norm(user_factors, axis=1, keepdims=True)
    item_factors = np.ones((item_ids.size, rank), np.float32)
    losses = []
    for iteration in range(1, params.max_iter + 1):
        _solve_side(by_item, user_factors, item_factors, params, threads)
        if iteration == 1 and params.nonnegative:
            # Where the start pointed away from all its raters an item is zero now, and would stay so with them.
            item_factors[~item_factors.any(axis=1)] = rank**-0.5
        squared = _solve_side(by_user, item_factors, user_factors, params, threads)
        losses.append(float(np.sqrt(squared / rating.size)))
        if progress is not None:
            progress(iteration, losses[-1])
    return AlsModel(user_ids, item_ids, user_factors, item_factors, params, tuple(losses))


def _solve_side(
    ratings: Csr,
    fixed: npt.NDArray[np.float32],
    out: npt.NDArray[np.float32],
    params: AlsParams,
    threads: int | None,
) -> float:
    """Solve every row of one side into `out`; returns the sum of squared residuals."""
    from movierec_assets.domain.recommender import kernels

    errors = np.empty(len(out), np.float64)
    common = (
        ratings.indptr,
        ratings.columns,
        ratings.values,
        fixed,
        params.reg_param,
        params.nonnegative,
        out,
        errors,
    )
    # A row costs its ratings and, for the factorisation, about as much as `rank` more.
    work = ratings.indptr + np.arange(ratings.indptr.size) * params.rank
    each_range(lambda start, stop: kernels.solve_rows(start, stop, *common), work, threads)
    return float(errors.sum())
