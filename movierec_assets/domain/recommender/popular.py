"""Baselines with one order of items for everybody: by number of ratings, or by damped mean rating."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.index import encode
from movierec_assets.domain.recommender.seen import Request

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec_assets.domain.recommender.ratings import Ratings
    from movierec_assets.domain.recommender.topn import TopN

DAMPING = 50.0
"""Imaginary ratings at the overall mean that each item starts with in `damped_mean`."""


@dataclass(frozen=True, eq=False)
class ItemOrder:
    """Recommends to each user the first unseen items of one order.

    Attributes:
        user_ids: int64[n_users], ascending.
        item_ids: int64[n_items], ascending.
        scores: float32[n_items], the higher the better.
    """

    user_ids: npt.NDArray[np.int64]
    item_ids: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]

    def order(self) -> npt.NDArray[np.int64]:
        """int64[n_items] positions of the items, the best first; equal scores by ascending item id."""
        return np.argsort(-self.scores, kind="stable")

    def recommend(self, users: Any, seen: tuple[Any, Any], n: int) -> TopN:
        """As `Recommender.recommend`; memory grows with users times n, never with users times items."""
        request = Request.of(users, seen, n, self.user_ids, self.item_ids)
        order = self.order()
        place = np.empty_like(order)
        place[order] = np.arange(order.size)
        n = min(n, order.size)

        # The unseen item of rank r + 1 stands at place r + (seen items before it). Of the seen items, ascending by
        # place, the j-th (from 0) has `place - j` unseen ones before it, so it is before rank r + 1 if those are at
        # most r.
        user = np.repeat(np.arange(request.user_ids.size), np.diff(request.indptr))
        taken = np.sort(user * order.size + place[request.seen]) - user * order.size
        before = taken - (np.arange(user.size) - request.indptr[user])
        early = before < n
        counted = np.bincount(user[early] * n + before[early], minlength=request.user_ids.size * n)
        at = np.arange(n) + np.cumsum(counted.reshape(-1, n), axis=1)
        items = order[np.minimum(at, order.size - 1)]
        return request.answer(self.item_ids, items, self.scores[items], (at < order.size).sum(axis=1))


def popularity(train: Ratings) -> ItemOrder:
    """Items by their number of ratings, which is the score.

    Args:
        train: At least one rating.
    """
    items, counts = np.unique(train.items, return_counts=True)
    return ItemOrder(np.unique(train.users), items, counts.astype(np.float32))


def damped_mean(train: Ratings, damping: float = DAMPING) -> ItemOrder:
    """Items by their mean rating, drawn towards the mean of all ratings.

    The score of an item with n ratings of sum s is `(s + damping · μ) / (n + damping)`, μ being the mean of all
    ratings: the posterior mean under a prior of `damping` ratings at μ, known as the weighted rating of IMDb.

    Args:
        train: At least one rating.
        damping: 0 gives the plain mean; the larger, the more ratings an item needs to rank high.
    """
    items, code = encode(train.items)
    overall = float(train.values.mean(dtype=np.float64))
    scores = (np.bincount(code, train.values) + damping * overall) / (np.bincount(code) + damping)
    return ItemOrder(np.unique(train.users), items, scores.astype(np.float32))


def damped_scores(means: npt.NDArray[np.float64], counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Means that are drawn towards the mean of all, the more the fewer ratings they are of.

    `(n · mean + k · m) / (n + k)`, m being the mean of all ratings and k the mean number of ratings, as in the table
    `popular_movies`.

    Args:
        means: float64[n] mean ratings.
        counts: float64[n] numbers of ratings, not all of them zero.
    """
    prior = float(counts.mean())
    overall = float((means * counts).sum() / counts.sum())
    result: npt.NDArray[np.float64] = (counts * means + prior * overall) / (counts + prior)
    return result
