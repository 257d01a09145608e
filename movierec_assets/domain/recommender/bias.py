"""The baseline for ratings: the overall mean, plus how far an item and a user lie from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.index import as_array, encode, positions
from movierec_assets.domain.recommender.popular import ItemOrder

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec_assets.domain.recommender.ratings import Ratings
    from movierec_assets.domain.recommender.topn import TopN

ITEM_DAMPING = 5.0
USER_DAMPING = 5.0


@dataclass(frozen=True, eq=False)
class BiasModel:
    """Predicts `μ + b_u + b_i`.

    Attributes:
        mean: μ, the mean of the training ratings in stars.
        user_ids: int64[n_users], ascending.
        item_ids: int64[n_items], ascending.
        user_bias: float32[n_users] stars.
        item_bias: float32[n_items] stars.
    """

    mean: float
    user_ids: npt.NDArray[np.int64]
    item_ids: npt.NDArray[np.int64]
    user_bias: npt.NDArray[np.float32]
    item_bias: npt.NDArray[np.float32]

    def recommend(self, users: Any, seen: tuple[Any, Any], n: int) -> TopN:
        """As `Recommender.recommend`. The score is b_i: the rest of the prediction is the same for all items."""
        return ItemOrder(self.user_ids, self.item_ids, self.item_bias).recommend(users, seen, n)

    def predict(self, users: Any, items: Any) -> npt.NDArray[np.float32]:
        """As `Predictor.predict`."""
        user = positions(self.user_ids, as_array(users, np.int64))
        item = positions(self.item_ids, as_array(items, np.int64))
        # The last entry, to which the position -1 leads, is that of the unknown.
        known = np.append(self.user_bias, np.nan)[user] + np.append(self.item_bias, np.nan)[item]
        predicted: npt.NDArray[np.float32] = (self.mean + known).astype(np.float32)
        return predicted


def fit_bias(
    train: Ratings, item_damping: float = ITEM_DAMPING, user_damping: float = USER_DAMPING
) -> BiasModel:
    """Learn the biases, items first (Koren, 2010, "Factor in the Neighbors", section 2.1).

    `b_i = Σ_u (r_ui - μ) / (item_damping + n_i)`, then `b_u = Σ_i (r_ui - μ - b_i) / (user_damping + n_u)`.

    Args:
        train: At least one rating.
        item_damping: Imaginary ratings without bias that each item starts with.
        user_damping: The same of each user.
    """
    mean = float(train.values.mean(dtype=np.float64))
    item_ids, item = encode(train.items)
    item_bias = np.bincount(item, train.values - mean) / (item_damping + np.bincount(item))
    return with_users(train, mean, item_ids, item, item_bias, user_damping)


def with_users(
    train: Ratings,
    mean: float,
    item_ids: npt.NDArray[np.int64],
    item: npt.NDArray[Any],
    item_bias: npt.NDArray[np.float64],
    user_damping: float = USER_DAMPING,
) -> BiasModel:
    """Add the biases of users to those of items.

    Args:
        train: All training ratings of these users.
        mean: μ.
        item_ids: int64[n_items], ascending.
        item: int[n] which of them each rating is of.
        item_bias: float64[n_items] stars.
        user_damping: As for `fit_bias`.
    """
    user_ids, user = encode(train.users)
    rest = train.values - mean - item_bias[item]
    user_bias = np.bincount(user, rest) / (user_damping + np.bincount(user))
    return BiasModel(mean, user_ids, item_ids, user_bias.astype(np.float32), item_bias.astype(np.float32))
