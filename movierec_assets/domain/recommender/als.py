"""Alternating least squares with weighted regularisation (ALS-WR), with MLlib's objectives.

Explicit feedback minimises, over user factors u and item factors v,
`Σ (r_ui - u·v)² + reg_param · (Σ_u n_u |u|² + Σ_i n_i |v|²)`, the first sum being over the given ratings and n a
row's number of ratings (Zhou et al., 2008, "Large-Scale Parallel Collaborative Filtering for the Netflix Prize").

Implicit feedback minimises `Σ c_ui (p_ui - u·v)²` with the same regularisation, over all pairs: a rated pair has the
preference p = 1 and the confidence c = 1 + alpha · r, any other p = 0 and c = 1 (Hu, Koren and Volinsky, 2008,
"Collaborative Filtering for Implicit Feedback Datasets"). Apache Spark's `ALS` minimises both the same way.
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
    RepeatedError,
    as_array,
    both_ways,
    encode,
    positions,
)
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.solver import alternate
from movierec_assets.domain.recommender.threads import each_range

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class AlsModel:
    """A trained model. What it predicts for a user and an item is the dot product of their factors.

    With `AlsParams` that is a rating, with `RankingParams` a preference: about 1 for what the user would take and 0
    for what not.

    Attributes:
        user_ids: int64[n_users], ascending.
        item_ids: int64[n_items], ascending.
        user_factors: float32[n_users, rank].
        item_factors: float32[n_items, rank].
        params: What it was trained with.
        training_loss: After each iteration the root of the weighted squared error per training rating, in stars for
            explicit feedback; empty for a model that MLlib trained, which does not tell.
    """

    user_ids: npt.NDArray[np.int64]
    item_ids: npt.NDArray[np.int64]
    user_factors: npt.NDArray[np.float32]
    item_factors: npt.NDArray[np.float32]
    params: AlsParams | RankingParams
    training_loss: tuple[float, ...] = ()

    @property
    def users(self) -> int:
        """Users with factors."""
        return self.user_ids.size

    @property
    def movies(self) -> int:
        """Movies with factors."""
        return self.item_ids.size

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
        """Predicted ratings of pairs, in stars, or their preferences.

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
    stop: Callable[[int, AlsModel], bool] | None = None,
) -> AlsModel:
    """Train a model. Equal ratings give equal bytes, in any order and with any number of threads.

    Args:
        users: [n] user ids, NumPy or Arrow, no nulls.
        items: [n] item ids.
        ratings: [n] ratings in stars.
        params: Parameters.
        progress: Called after each iteration with its number, from 1, and its `training_loss`.
        threads: Threads to use; default one per core that this process may use.
        stop: Asked after each iteration with its number and the model so far, which tells no `training_loss`; training
            ends where it says yes.

    Raises:
        ValueError: There are no ratings, lengths differ, a value is null, not finite or, for implicit feedback, not
            above 0, or a pair has two ratings; or the factors come out as no numbers.
    """
    user, item = as_array(users, np.int64), as_array(items, np.int64)
    rating = as_array(ratings, np.float32)
    if not user.size == item.size == rating.size:
        raise ValueError(
            f"users, items and ratings must be of one length, not {user.size}, {item.size}, {rating.size}"
        )
    if user.size == 0:
        raise ValueError("there are no ratings to train on: check that cleaned_ratings has rows")
    refuse_unusable(rating, params, "of the training set")
    with ThreadPoolExecutor(2) as pool:
        (user_ids, user_code), (item_ids, item_code) = pool.map(encode, (user, item))
    shape = user_ids.size, item_ids.size
    try:
        by_user, by_item = both_ways(user_code, item_code, rating, shape, threads)
    except RepeatedError as twice:
        pair = f"user {user_ids[twice.row]} rated item {item_ids[twice.column]}"
        raise ValueError(f"{pair} more than once: keep one rating of each pair") from twice

    def ended(
        iteration: int, users_so_far: npt.NDArray[np.float32], items_so_far: npt.NDArray[np.float32]
    ) -> bool:
        so_far = AlsModel(user_ids, item_ids, users_so_far, items_so_far, params)
        return stop is not None and stop(iteration, so_far)

    sides = alternate(by_user, by_item, params, progress, threads, ended if stop else None)
    if not all(np.isfinite(side).all() for side in sides[:2]):
        raise ValueError(
            f"training gave factors that are no numbers: take a larger reg_param or a smaller alpha in {params}"
        )
    return AlsModel(user_ids, item_ids, *sides[:2], params, sides[2])


def refuse_unusable(ratings: npt.NDArray[np.float32], params: AlsParams | RankingParams, which: str) -> None:
    """Raise where a rating is none that such a model can be asked with.

    Args:
        ratings: float32[n] stars.
        params: Of the model.
        which: What to call them in the message.

    Raises:
        ValueError: One is not finite or, for implicit feedback, not above 0.
    """
    if not np.isfinite(ratings).all():
        raise ValueError(f"rating {int(np.argmin(np.isfinite(ratings)))} {which} is not a finite number")
    if isinstance(params, RankingParams) and (ratings <= 0).any():
        raise ValueError(f"rating {int(np.argmax(ratings <= 0))} {which} is not above 0")
